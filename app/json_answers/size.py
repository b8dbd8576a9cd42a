"""How much memory an answer takes once it is read, told from its bytes; and what is nested too deep, cut out of them."""

from __future__ import annotations

import re

MOST_COST = 48 * 1024 * 1024
"""Bytes of memory. A page of a thousand orders takes half of that. `{}` takes thirty times its own bytes."""
MOST_ODD_COST = 24 * 1024 * 1024
"""Of an answer that is not plain JSON: it is read in a way that takes twice as much."""
MOST_ODD_BYTES = 8 * 1024 * 1024
MOST_ENTRIES = 20_000
"""So many entries no page of a list has. Each of them is looked at."""
_PER_MEMBER = 100
_PER_LIST = 80
_PER_VALUE = 60
SHORT = 40
"""Texts of so few bytes are not looked into."""
MOST_NESTED = 100
"""What is nested deeper is cut off."""
DEEP = 900
"""Answers with fewer brackets are not too deep to be read."""

_TEXT = rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)'
_TEXTS = re.compile(_TEXT, re.DOTALL)
_TOKENS = re.compile(_TEXT + rb"|[\[\]{}]", re.DOTALL)


def is_too_much(content: bytes, most: int = MOST_COST) -> bool:
    """Whether its values would take more memory. What stands in texts counts only if it must."""
    cost = _cost(content)
    if cost <= most:
        return False
    for text in _TEXTS.finditer(content):
        if text.end() - text.start() > SHORT:
            cost -= _cost(text.group())
    return cost > most


def _cost(content: bytes) -> int:
    lists = content.count(b"{") + content.count(b"[")
    return content.count(b":") * _PER_MEMBER + lists * _PER_LIST + content.count(b",") * _PER_VALUE


def may_be_deep(content: bytes) -> bool:
    return content.count(b"[") + content.count(b"{") > DEEP


def without_depths(content: bytes) -> bytes:
    """The same with null in place of what is nested deeper than `MOST_NESTED`."""
    depth, begin = 0, 0
    kept: list[bytes] = []
    for token in _TOKENS.finditer(content):
        mark = content[token.start()]
        if mark in b"[{":
            depth += 1
            if depth == MOST_NESTED + 1:
                kept += [content[begin : token.start()], b"null"]
        elif mark in b"]}":
            if depth == MOST_NESTED + 1:
                begin = token.end()
            depth -= 1
    return b"".join([*kept, content[begin:]]) if depth <= MOST_NESTED else content
