"""Lenient readers of JSON from outside: any answer can be read, and what is odd counts as not given.

One set for every system: a wrong type never raises and never passes for a value. `required_…` is for what makes a record one; it
raises `Unreadable`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html.entities import html5
from typing import Any

from app.characters import is_blank

Body = Mapping[str, Any]

MOST_WHOLE = 2**63 - 1
"""The largest whole number that a database keeps."""
LONGEST_SHOWN = 20_000
"""So many characters are looked at of a text for display. The WMS takes 500 of the longest."""
FIRST_YEAR, LAST_YEAR = 2, 9998

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_PLACE = re.compile("[0-9]{1,19}")


class Unreadable(ValueError):
    """The answer lacks what makes it a record: its id, its number or its status."""


# --- one member of an object ------------------------------------------------------------------------------------------


def text(body: Body, key: str) -> str:
    """The text under `key` as it stands there; a number as text, anything else as nothing."""
    return as_text(body.get(key))


def plain(body: Body, key: str) -> str:
    """Text that is stored for display: without its tags, its entities (`&amp;`) decoded; empty when nothing of it can be seen."""
    return _as_plain(text(body, key))


def _as_plain(value: str) -> str:
    found = unescaped(_TAG.sub("", value[:LONGEST_SHOWN])).strip()
    return "" if is_blank(found) else found


def unescaped(value: str) -> str:
    """The text with its entities decoded. Only what ends in a semicolon is one: `Bygg&regnskap AS` stays as it is. What is longer
    than anybody shows is cut."""
    value = value[:LONGEST_SHOWN]
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
