"""Values that JSON allows and nobody can keep: numbers without end, half characters."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from app.json_reading import MOST_WHOLE

MOST_DIGITS = 1_000
"""A number of more is none that anybody means, and takes long to be read."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def _odd_whole(digits: str) -> int | float | None:
    found = int(digits) if len(digits) <= 20 else None
    return found if found is not None and abs(found) <= MOST_WHOLE else _odd_float(digits)


def _odd_float(digits: str) -> float | None:
    found = float(digits) if len(digits) <= MOST_DIGITS else math.inf
    return found if math.isfinite(found) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


ODD = json.JSONDecoder(parse_int=_odd_whole, parse_float=_odd_float, parse_constant=_refuse)


def without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {without_surrogates(key): without_surrogates(inner) for key, inner in value.items()}
        case list():
            return [without_surrogates(inner) for inner in value]
    return value


def cut(value: Any, levels: int) -> Any:
    match value:
        case dict():
            return {key: cut(inner, levels - 1) for key, inner in value.items()} if levels else None
        case list():
            return [cut(inner, levels - 1) for inner in value] if levels else None
    return value
