"""Cuts out of an answer's XML what is nested deeper than libxml2 reads: it costs its record, and not the whole list."""

from __future__ import annotations

import re

MOST_LEVELS = 100

_NO_TAG = rb"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>|\Z)|<!--(?:[^-]|-(?!->))*+(?:-->|\Z)|<\?(?:[^?]|\?(?!>))*+(?:\?>|\Z)"
_QUOTED = rb"\"[^\"]*+\"|'[^']*+'"
_TAGS = re.compile(_NO_TAG + rb"|<[^<>!?\"'](?:[^<>\"']|" + _QUOTED + rb")*+>")


def without_depths(content: bytes) -> bytes:
    """The same without the elements that lie deeper than `MOST_LEVELS`."""
    depth, begin = 0, 0
    kept: list[bytes] = []
    for tag in _TAGS.finditer(content):
        second, last = content[tag.start() + 1], content[tag.end() - 2]
        if second in b"!?":
            continue
        if second == ord("/"):
            if depth == MOST_LEVELS + 1:
                begin = tag.end()
            depth -= 1
        elif last != ord("/"):
            depth += 1
            if depth == MOST_LEVELS + 1:
                kept.append(content[begin : tag.start()])
    return b"".join([*kept, content[begin:]]) if depth <= MOST_LEVELS else content
