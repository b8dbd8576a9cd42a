"""Reads the JSON of a whole answer or delivery, as it can be stored again: bounded in memory and depth, whatever it holds."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from app.json_answers.junk import dig_out
from app.json_answers.odd_values import ODD, cut, without_surrogates
from app.json_answers.size import (
    MOST_ENTRIES,
    MOST_NESTED,
    MOST_ODD_BYTES,
    MOST_ODD_COST,
    is_too_much,
    may_be_deep,
    without_depths,
)

SMALL = 64 * 1024
"""So many bytes are read at once, without a thread."""
_threads = ThreadPoolExecutor(1, thread_name_prefix="json")
"""One large answer is read at a time: it takes its bytes many times over."""


class NotJson(ValueError):
    """The bytes are no JSON."""


class TooMuch(NotJson):
    """It is JSON of more values than fit into memory beside others'."""


async def read(content: bytes) -> tuple[Any, str]:
    """`with_junk`, without holding up anybody else. Raises NotJson."""
    if len(content) <= SMALL:
        return with_junk(content)
    return await asyncio.get_running_loop().run_in_executor(_threads, with_junk, content)


def parse(content: bytes) -> Any:
    """The JSON in these bytes, as it can be stored again. Raises NotJson.

    One odd value does not spoil the rest: a number that is too large becomes None, half a character (a lone surrogate, bytes that
    are no UTF-8) the character for that, and what is nested too deep is cut off. Nor does what stands around it (`with_junk`).
    """
    return with_junk(content)[0]


def with_junk(content: bytes) -> tuple[Any, str]:
    """The same, and what else stands in these bytes: a byte order mark, PHP's messages, a cache's comment; empty for plain JSON.

    One document must plainly be the answer. A cut-off one, a web page with JSON in its scripts and two answers in one are none.
    """
    found, junk = _parsed(content)
    for entries in (found, *(found.values() if isinstance(found, dict) else ())):
        if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
            raise TooMuch("more entries than a page has")
    try:
        orjson.dumps([[[[[[[[[[found]]]]]]]]]])  # what is stored may lie a few levels deeper
    except TypeError:
        found = cut(found, MOST_NESTED)
    return found, junk


def is_json(content: bytes) -> bool:
    """Whether `parse` would read it."""
    try:
        _parsed(content)
    except NotJson:
        return False
    return True


def has_junk(content: bytes) -> bool:
    """Whether something may stand around the JSON in these bytes. It looks at both ends only."""
    return not (content.lstrip()[:1] in (b"{", b"[") and content.rstrip()[-1:] in (b"}", b"]"))


def _parsed(content: bytes) -> tuple[Any, str]:
    if is_too_much(content):
        raise TooMuch("more values than can be kept in memory")
    try:
        return orjson.loads(content), ""
    except orjson.JSONDecodeError:
        if not may_be_deep(content):
            return _parse_odd(content)
    content = without_depths(content)
    try:
        return orjson.loads(content), ""
    except orjson.JSONDecodeError:
        return _parse_odd(content)


def _parse_odd(content: bytes) -> tuple[Any, str]:
    if len(content) > MOST_ODD_BYTES or is_too_much(content, MOST_ODD_COST):
        raise TooMuch("more than is read of what is not plain JSON")
    text = content.decode("utf-8", errors="replace")
    bare = text.lstrip("\ufeff \t\r\n")
    mark = "\ufeff" if "\ufeff" in text[: len(text) - len(bare)] else ""
    del text
    mend = without_surrogates if "\\ud" in bare or "\\uD" in bare else _as_it_is
    try:
        return mend(ODD.decode(bare)), mark
    except (ValueError, RecursionError) as error:
        found = dig_out(bare)
        if found is None:
            raise NotJson("no JSON") from error
    try:
        return mend(found[0]), mark + found[1]
    except RecursionError as error:
        raise NotJson("nested too deep") from error


def _as_it_is(value: Any) -> Any:
    return value
