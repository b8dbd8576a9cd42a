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
from typing import Any

Body = Mapping[str, Any]

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class Unreadable(ValueError):
    """The answer lacks what makes it a record: its id, its number or its status."""


# --- one member of an object ------------------------------------------------------------------------------------------


def text(body: Body, key: str) -> str:
    """The text under `key` as it stands there; a number as text, anything else as nothing."""
    return as_text(body.get(key))


def plain(body: Body, key: str) -> str:
    """Text that is stored for display: without its tags, its entities (`&amp;`) decoded."""
    return html.unescape(_TAG.sub("", text(body, key))).strip()


def section(body: Body, key: str) -> Body:
    """The object under `key`; an empty one when it is anything else (null, or PHP's empty object, which is a list)."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def objects(body: Body, key: str) -> list[Body]:
    """The objects of the list under `key`; none when it is null or no list."""
    value = body.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def whole(body: Body, key: str) -> int | None:
    """A JSON number without decimals. Text that looks like one is none."""
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


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
    return str(value) if isinstance(value, str | int | float) else ""


def identity(value: Any) -> str | None:
    """A record's id as text, given as number or as digits; None for 0 and for anything that is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= 20 else 0
    return str(value) if isinstance(value, int) and value > 0 else None


def number(value: Any) -> Decimal | None:
    """A JSON number, or the text of one; None for anything else, and for sizes that nobody means."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found.adjusted()) > 20 or len(found.as_tuple().digits) > 40:
        return None
    return Decimal(format(found, "f"))


def moment(value: Any) -> datetime | None:
    """A time in UTC. A bare date is its midnight; a time without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def at_path(body: Body, path: str) -> Any:
    """What stands at a dotted path, like `billing.phone`, `shipping_lines.0.method_title` or `meta_data.delivery`.

    In a list a number is a place, and a name the `key` of an item that has a `value`. None when nothing stands there, or when it
    is neither text, number nor truth value.
    """
    found: Any = body
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list):
            found = _in_list(found, part)
        else:
            return None
    return found if isinstance(found, str | int | float | bool) else None


def _in_list(items: list[Any], part: str) -> Any:
    if part.isascii() and part.isdigit() and len(part) < 6:
        return items[int(part)] if int(part) < len(items) else None
    return next((item.get("value") for item in items if isinstance(item, Mapping) and item.get("key") == part), None)
