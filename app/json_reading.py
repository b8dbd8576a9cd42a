"""Lenient readers of JSON from outside: any answer can be read, and what is odd counts as not given.

One set for every system: a wrong type never raises and never passes for a value. `required_…` is for what makes a record one; it
raises `Unreadable`.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html.entities import html5
from typing import Any

import orjson

from app.characters import is_blank

Body = Mapping[str, Any]

MOST_WHOLE = 2**63 - 1
"""The largest whole number that a database keeps."""
MOST_NESTED = 100
"""What is nested deeper is cut off when an answer is too deep to be stored."""
FIRST_YEAR, LAST_YEAR = 2, 9998

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_PLACE = re.compile("[0-9]{1,19}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unreadable(ValueError):
    """The answer lacks what makes it a record: its id, its number or its status."""


class NotJson(ValueError):
    """The bytes are no JSON."""


# --- a whole answer ---------------------------------------------------------------------------------------------------


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
    try:
        found, junk = orjson.loads(content), ""
    except orjson.JSONDecodeError:
        found, junk = _parse_odd(content)
    try:
        orjson.dumps([[[[[[[[[[found]]]]]]]]]])  # what is stored may lie a few levels deeper
    except TypeError:
        found = _cut(found, MOST_NESTED)
    return found, junk


def is_json(content: bytes) -> bool:
    """Whether `parse` would read it."""
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            _parse_odd(content)
        except NotJson:
            return False
    return True


def has_junk(content: bytes) -> bool:
    """Whether something may stand around the JSON in these bytes. It looks at both ends only."""
    return not (content.lstrip()[:1] in (b"{", b"[") and content.rstrip()[-1:] in (b"}", b"]"))


def _parse_odd(content: bytes) -> tuple[Any, str]:
    text = content.decode("utf-8", errors="replace")
    bare = text.lstrip("\ufeff \t\r\n")
    mark = "\ufeff" if "\ufeff" in text[: len(text) - len(bare)] else ""
    try:
        return _without_surrogates(_ODD.decode(bare)), mark
    except (ValueError, RecursionError) as error:
        found = _dig_out(bare)
        if found is None:
            raise NotJson("no JSON") from error
        return _without_surrogates(found[0]), mark + found[1]


# --- what stands around it

_BEGINS = re.compile(r"""\{\s{0,20}["}]|\[\s{0,20}[\[\]{"0-9tfn-]""")
_PAGE = re.compile(r"<(?:!doctype|html|head|body|script|title|iframe)\b", re.IGNORECASE)
_MEMBER = re.compile(r'"\s*:')
_UNSEEN = " \t\r\n\ufeff\x00"
MOST_FALSE_STARTS = 200
"""So many brackets that begin nothing are looked at in one answer. PHP's messages have a few."""
MOST_JUNK = 2000
"""So many characters are kept of what stands before an answer, and of what stands behind it."""


def _dig_out(text: str) -> tuple[Any, str] | None:
    """The one document among other text, and that text. The effort grows with the length, whatever stands in it."""
    found: list[tuple[int, int, Any]] = []
    place, left = 0, MOST_FALSE_STARTS
    while (start := _BEGINS.search(text, place)) is not None:
        try:
            value, place = _ODD.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            left -= 1
            if not left or _is_broken(text, start.start(), error):
                return None
            place = max(error.pos, start.start() + 1)
        except (ValueError, RecursionError):
            return None
        else:
            if _is_document(value):
                found.append((start.start(), place, value))
    answer = _the_answer(text, found)
    if answer is None or _PAGE.search(text, 0, answer[0]):
        return None
    begin, end, value = answer
    return value, f"{text[:begin][-MOST_JUNK:]}\n{text[end : end + MOST_JUNK]}".strip()


def _the_answer(text: str, found: list[tuple[int, int, Any]]) -> tuple[int, int, Any] | None:
    """The only one on a line of its own; the only one at all when none is.

    An empty one counts where there is no other, and before one in a sentence when it stands first or last of all.
    """
    alone = [each for each in found if _stands_alone(text, each[0], each[1])]
    first, last = len(text) - len(text.lstrip(_UNSEEN)), len(text.rstrip(_UNSEEN))
    full = [each for each in alone if each[2]] or [each for each in alone if each[0] == first or each[1] == last]
    if not full and len(some := [each for each in found if each[2]]) == 1 and _is_no_part(text, *some[0][:2]):
        full = some
    elif not full and not some:
        full = alone[-1:]
    return full[0] if len(full) == 1 else None


def _is_broken(text: str, start: int, error: json.JSONDecodeError) -> bool:
    """Whether this is an answer that was cut off or written into. PHP's `[file] => …` is none: no member of it was read."""
    unended = error.msg.startswith("Unterminated") or not text[error.pos : error.pos + MOST_JUNK].strip()
    return unended or _MEMBER.search(text, start, error.pos) is not None


def _is_document(value: Any) -> bool:
    """An object, a list of objects or an empty list. `[0]` in a message is none."""
    return isinstance(value, dict) or (isinstance(value, list) and (not value or any(isinstance(each, dict) for each in value)))


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - MOST_JUNK) : start].rstrip(" \t\ufeff\x00")
    return (not before or before[-1] in "\r\n>/]}") and _is_no_part(text, start, end)


def _is_no_part(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a sentence, a program or a larger document."""
    before, after = text[max(0, start - MOST_JUNK) : start].rstrip(), text[end : end + MOST_JUNK].lstrip()
    return not before.endswith(tuple("=:(,\"'[{+?&|")) and not after.startswith(tuple(",;:]})=.\"'"))


def _odd_whole(digits: str) -> int | float | None:
    found = int(digits) if len(digits) <= 20 else None
    return found if found is not None and abs(found) <= MOST_WHOLE else _odd_float(digits)


def _odd_float(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


_ODD = json.JSONDecoder(parse_int=_odd_whole, parse_float=_odd_float, parse_constant=_refuse)


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
        case list():
            return [_without_surrogates(inner) for inner in value]
    return value


def _cut(value: Any, levels: int) -> Any:
    match value:
        case dict():
            return {key: _cut(inner, levels - 1) for key, inner in value.items()} if levels else None
        case list():
            return [_cut(inner, levels - 1) for inner in value] if levels else None
    return value


# --- one member of an object ------------------------------------------------------------------------------------------


def text(body: Body, key: str) -> str:
    """The text under `key` as it stands there; a number as text, anything else as nothing."""
    return as_text(body.get(key))


def plain(body: Body, key: str) -> str:
    """Text that is stored for display: without its tags, its entities (`&amp;`) decoded; empty when nothing of it can be seen."""
    return _as_plain(text(body, key))


def _as_plain(value: str) -> str:
    found = unescaped(_TAG.sub("", value)).strip()
    return "" if is_blank(found) else found


def unescaped(value: str) -> str:
    """The text with its entities decoded. Only what ends in a semicolon is one: `Bygg&regnskap AS` stays as it is."""
    return _ENTITY.sub(_character, value) if "&" in value else value


def _character(found: re.Match[str]) -> str:
    name = found[1]
    return html.unescape(found[0]) if name.startswith("#") else html5.get(f"{name};", found[0])


def section(body: Body, key: str) -> Body:
    """The object under `key`; an empty one when it is anything else (null, or PHP's empty object, which is a list)."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def objects(body: Body, key: str) -> list[Body]:
    """The objects of the list under `key`; none when it is null or no list."""
    return [item for item in as_list(body.get(key)) or () if isinstance(item, Mapping)]


def as_list(value: Any) -> list[Any] | None:
    """The list; None when it is none. PHP writes a list with holes as an object whose keys are numbers."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and value and all(isinstance(key, str) and _PLACE.fullmatch(key) for key in value):
        return list(value.values())
    return None


def whole(body: Body, key: str) -> int | None:
    """A JSON number without decimals, as a database keeps it. Text that looks like one is none."""
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_WHOLE else None


def flag(body: Body, key: str) -> bool | None:
    value = body.get(key)
    return value if isinstance(value, bool) else None


def decimal(body: Body, key: str) -> Decimal | None:
    return number(body.get(key))


def required_text(body: Body, key: str) -> str:
    value = text(body, key)
    if not value:
        raise Unreadable(f"{key} is missing")
    return value


def required_whole(body: Body, key: str) -> int:
    value = whole(body, key)
    if value is None:
        raise Unreadable(f"{key} is missing")
    return value


def required_id(body: Body, key: str) -> int:
    """Raises Unreadable when it is missing, null or not a positive whole number."""
    value = required_whole(body, key)
    if value <= 0:
        raise Unreadable(f"{key} is missing")
    return value


# --- one value --------------------------------------------------------------------------------------------------------


def as_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    try:
        return str(value) if isinstance(value, str | int | float) else ""
    except ValueError:  # thousands of digits
        return ""


def identity(value: Any) -> str | None:
    """A record's id as text, given as number or as digits; None for 0, for more than a database keeps, and for what is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= 20 else 0
    return str(value) if isinstance(value, int) and 0 < value <= MOST_WHOLE else None


def number(value: Any) -> Decimal | None:
    """A JSON number, or the text of one; None for anything else, and for sizes that nobody means."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    if not found.is_finite() or abs(found.adjusted()) > 20 or len(found.as_tuple().digits) > 40:
        return None
    return Decimal(format(found, "f"))


def moment(value: Any) -> datetime | None:
    """A time in UTC. A bare date is its midnight; a time without a zone is UTC. The first and the last year that there can be
    are none: nobody means them, and nothing can be added to them."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if FIRST_YEAR <= utc.year <= LAST_YEAR else None


def at_path(body: Body, path: str) -> Any:
    """What stands at a dotted path, like `billing.phone`, `shipping_lines.0.method_title` or `meta_data.delivery`.

    In a list a number is a place, and a name the `key` of an item that has a `value`. None when nothing stands there, or when it
    is neither text, number nor truth value.
    """
    found: Any = body
    for part in path.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif (items := as_list(found)) is not None:
            found = _in_list(items, part)
        else:
            return None
    return found if isinstance(found, str | int | float | bool) else None


def plain_at(body: Body, path: str) -> Any:
    """The same; a text as `plain` gives it."""
    found = at_path(body, path)
    return _as_plain(found) if isinstance(found, str) else found


def _in_list(items: list[Any], part: str) -> Any:
    if part.isascii() and part.isdigit() and len(part) < 6:
        return items[int(part)] if int(part) < len(items) else None
    return next((item.get("value") for item in items if isinstance(item, Mapping) and item.get("key") == part), None)
