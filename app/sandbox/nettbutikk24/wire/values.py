"""Single values: as they are kept, and as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.wire.kinds import Fields, Kind

PLACES: Mapping[Kind, int] = {"money": 2, "weight": 3}
_FLAGS = {"digits": ("0", "1"), "booleans": (False, True), "words": ("no", "yes")}


def kept(kind: Kind, value: Any) -> Any:
    """A value that somebody enters, as the shop keeps it: text, int, Decimal, bool. Raises ValueError."""
    if value is None or kind == "any":
        return value
    if kind == "flag":
        if value not in (0, 1, "0", "1"):
            raise ValueError(f"not a flag: {value}")
        return value in (1, "1")
    if kind == "whole":
        return int(value)
    if kind in ("money", "weight", "measure", "quantity"):
        return decimal(str(value))
    return on_day(str(value)) if kind == "date" else str(value)


def decimal(text: str) -> Decimal:
    """Raises ValueError for anything but a finite decimal with a dot."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {text}") from error
    if not number.is_finite():
        raise ValueError(f"not a number: {text}")
    return number


def on_day(text: str) -> str:
    """Raises ValueError for anything but a day as `YYYY-MM-DD`."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(f"not a day: {text}")
    return text


def stamp(at: datetime, zone: str) -> str:
    """`2026-11-21 09:12:00`, the server's local time."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def shown(values: Mapping[str, Any], fields: Fields, config: NettbutikkConfig, numbers: frozenset[str]) -> dict[str, Any]:
    """The members in their order; those in `numbers` as JSON numbers even where the rest is text."""
    return {
        name: _written(kind, values.get(name), config, as_number=name in numbers or config.types == "numbers")
        for name, kind in fields.items()
    }


def _written(kind: Kind, value: Any, config: NettbutikkConfig, *, as_number: bool) -> Any:
    if value is None or value == "":
        return None if config.empty_values == "null" else ""
    if kind == "flag":
        return int(value) if as_number else _FLAGS[config.flag_form][bool(value)]
    if kind == "whole":
        return value if as_number else str(value)
    if isinstance(value, Decimal):
        if as_number:
            return int(value) if value == value.to_integral_value() else float(value)
        text = _decimal_text(value, config.quantity_places if kind == "quantity" else PLACES.get(kind, 0))
        return text.replace(".", ",") if config.decimal_comma else text
    return value


def _decimal_text(value: Decimal, places: int) -> str:
    """With at least so many places; more only where the value has them."""
    text = format(value.normalize(), "f")
    _, _, fraction = text.partition(".")
    return text if len(fraction) >= places and fraction else format(value, f".{places}f")
