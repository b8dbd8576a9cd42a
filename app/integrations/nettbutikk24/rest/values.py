"""24Nettbutikk's values as they come (A3): text or number, dot or comma, flags in many forms. Nothing here raises."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from app.integrations.kit.values.local_times import local_moment
from app.json_reading import Body, as_text, number

_YES = frozenset({"1", "true", "yes", "ja", "on", "y", "j"})
_THOUSANDS = re.compile(r"[\s\u00a0\u202f]")


def flag(body: Body, key: str) -> bool:
    """1, "1", true and "yes" are yes; anything else is no."""
    value = body.get(key)
    if isinstance(value, bool):
        return value
    found = amount(value)
    return found == 1 if found is not None else as_text(value).strip().casefold() in _YES


def amount(value: Any) -> Decimal | None:
    """A number with a decimal dot or comma; blanks and the other sign group thousands."""
    if not isinstance(value, str):
        return number(value)
    bare = _THOUSANDS.sub("", value)
    comma, dot = bare.rfind(","), bare.rfind(".")
    if comma > dot:
        bare = bare.replace(".", "").replace(",", ".") if dot >= 0 or bare.count(",") == 1 else bare.replace(",", "")
    else:
        bare = bare.replace(",", "")
    return number(bare)


def record_id(value: Any) -> str | None:
    """An id or number as text; None for nothing and for 0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = as_text(value).strip()
    return None if found.strip("0") == "" else found


def moment_of(body: Body, zone: str, key: str = "modified_on") -> Any:
    """A time of the shop in UTC; None when there is none."""
    return local_moment(body.get(key), zone)


def plain_number(value: Decimal) -> str:
    """A number as text, without trailing zeros: 125.0 and 125 are the same."""
    return format(value.normalize() + 0, "f")
