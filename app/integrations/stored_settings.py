"""Settings as an earlier version has saved them: what has a bound or another name by now is brought to it, never refused.

A connection must not become unreadable by an upgrade. What was changed on the way is told, and saved with the next change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.errors import BadInput
from app.integrations.former_statuses import made_to_sets
from app.integrations.protocol import ConnectionSettings, Integration
from app.integrations.protocol.capabilities import without_impossible
from app.warehouse.settings import FORMER_STATUSES

MOST_ROUNDS = 3
"""Checks of the whole may follow those of its fields."""
_BOUNDS = {"less_than_equal": "le", "greater_than_equal": "ge", "less_than": "lt", "greater_than": "gt"}
_FORMER_PATTERNS = {
    "warehouse.login_refused_pattern": r"(?i)\b(log ?in|password|user ?name|credentials|authenticat|unauthori[sz]ed)",
    "warehouse.started_pattern": (
        r"(?i)(started|picked|picking|being handled|can(?:not|'t) be (?:changed|updated|edited|cancel))"
    ),
    "warehouse.already_cancelled_pattern": r"(?i)already.*cancel",
}
"""The former defaults. Today's mean the same."""
_WORDS = re.compile(r"[\w '-]+(?:\.\*[\w '-]+)*")


@dataclass(frozen=True)
class Stored:
    """`adjusted`: what does not hold as it was saved, each in words."""

    settings: ConnectionSettings
    adjusted: tuple[str, ...] = ()


def stored_settings(system: Integration, saved: Any) -> Stored:
    """Reads saved settings. Raises ValidationError, and what odd rows raise, for what no version has saved."""
    given = without_impossible(saved, system.capabilities, also_given=True)
    try:
        return Stored(system.settings_model.model_validate(given))
    except ValidationError:
        given = deepcopy(given)
    adjusted = _renamed(given, system.settings_model.retired)
    for _ in range(MOST_ROUNDS):
        try:
            return Stored(system.settings_model.model_validate(given), tuple(adjusted))
        except ValidationError as error:
            found = [_brought_within(given, mistake) for mistake in error.errors(include_url=False)]
            if not all(found):
                raise
            adjusted += [words for words in found if words]
    return Stored(system.settings_model.model_validate(given), tuple(adjusted))


def _renamed(given: dict[str, Any], retired: Mapping[str, str]) -> list[str]:
    warehouse, _ = _place(given, ["warehouse", ""])
    adjusted = made_to_sets(warehouse) if warehouse is not None and FORMER_STATUSES.keys() & warehouse.keys() else []
    for former, name in retired.items():
        place, leaf = _place(given, former.removeprefix("settings.").split("."))
        if place is None or leaf not in place:
            continue
        value = place.pop(leaf)
        if _FORMER_PATTERNS.get(former.removeprefix("settings.")) == value:
            continue
        phrases = _phrases(value)
        target, new = _place(given, name.removeprefix("settings.").split("."))
        if phrases is not None and target is not None and former.endswith("_pattern"):
            target.setdefault(new, phrases)
            adjusted.append(f"{former} has become {name}: {', '.join(phrases)}")
        else:
            adjusted.append(f"{former} is not a setting any more: set {name} instead")
    return adjusted


def _phrases(pattern: Any) -> list[str] | None:
    """The phrases that a regular expression stands for, where it is nothing but words; None for any other."""
    if not isinstance(pattern, str):
        return None
    bare = pattern.removeprefix("(?i)").removeprefix(r"\b")
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1]
    parts = bare.split("|")
    return [part.replace(".*", "*") for part in parts] if all(_WORDS.fullmatch(part) for part in parts) else None


def _place(given: dict[str, Any], path: list[str]) -> tuple[dict[str, Any] | None, str]:
    """The table that the last name of the path stands in."""
    place: Any = given
    for part in path[:-1]:
        place = place.get(part) if isinstance(place, Mapping) else None
    return (place if isinstance(place, dict) else None), path[-1]


def _brought_within(given: dict[str, Any], mistake: Mapping[str, Any]) -> str | None:
    """Puts what is out of its bounds to the nearest that is within, and says so; None where that is not what is wrong."""
    kind, path = mistake["type"], [str(part) for part in mistake["loc"]]
    place, leaf = _place(given, path)
    if place is None or leaf not in place:
        return None
    was, name = place[leaf], ".".join(path)
    bound = mistake.get("ctx", {}).get(_BOUNDS.get(kind, ""))
    if kind in ("less_than_equal", "greater_than_equal"):
        place[leaf] = bound
    elif kind in ("less_than", "greater_than", "finite_number", "int_from_float"):
        del place[leaf]
        return f"settings.{name}: {was!r} was out of its range, and is the default now"
    elif kind == "timezone_aware":
        place[leaf] = f"{was}Z"
        return f"settings.{name}: {was!r} names no zone, and is taken as UTC"
    elif kind == "time_out_of_range":
        place[leaf] = mistake["ctx"]["nearest"]
    elif kind == "string_too_long":
        place[leaf] = str(was)[: mistake["ctx"]["max_length"]]
        return f"settings.{name}: was longer than {mistake['ctx']['max_length']} characters, and is cut"
    else:
        return None
    return f"settings.{name}: {was!r} was out of its range, and is {place[leaf]} now"


def why_unreadable(error: Exception) -> str:
    """Why saved values cannot be read, without any of them: they may be secrets."""
    if isinstance(error, BadInput):
        return error.message
    if not isinstance(error, ValidationError):
        return type(error).__name__
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['type']}"
