"""What an attribute may hold. Each check returns what is kept, or raises ValueError with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[Any], Any]


def text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def number(value: Any) -> float | int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError("must be a number")
    return value


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def switch(value: Any) -> int:
    """0 or 1; a text of it is taken too, as the vendor's own sample sends one."""
    if value not in (0, 1, "0", "1"):
        raise ValueError("must be 0 or 1")
    return int(value)


def languages(value: Any) -> dict[str, str]:
    """An object with a text for each language."""
    if not isinstance(value, dict) or not value or not all(isinstance(one, str) for one in value.values()):
        raise ValueError("must be an object with a text for each language")
    return value


def anything(value: Any) -> Any:
    """Attributes that are sent as a number or as a text (`tax_rate` of a total)."""
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError("must be a text or a number")
    return value
