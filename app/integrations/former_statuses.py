"""Order statuses of the WMS as earlier versions have saved them, as thresholds and single numbers, made to sets."""

from __future__ import annotations

from typing import Any

from app.warehouse.settings import FORMER_STATUSES, STATUS_SETS, OngoingSettings

_DEFAULTS = {
    "booked_from_status": 450,
    "shipped_from_status": 450,
    "collected_from_status": 500,
    "returned_status": 800,
    "cancelled_status": 1000,
}
"""The former defaults. Today's sets stand for them."""


def made_to_sets(warehouse: dict[str, Any]) -> list[str]:
    """Changes saved settings of `warehouse` in place. Returns what has become of them, each in words.

    A threshold becomes its own number and those of the default set that are above it: "at least" is no test any more.
    """
    adjusted, fresh = [], OngoingSettings()
    for former, name in FORMER_STATUSES.items():
        value = warehouse.pop(former, None)
        if type(value) is not int or value == _DEFAULTS[former] or name in warehouse:
            continue
        above = [number for number in getattr(fresh, name) if former.endswith("_from_status") and number > value]
        warehouse[name] = [value, *above]
        numbers = ", ".join(map(str, warehouse[name]))
        adjusted.append(
            f"settings.warehouse.{former} has become settings.warehouse.{name}: {numbers}. Look whether these are all"
        )
    _leave_apart(warehouse, fresh)
    return adjusted


def _leave_apart(warehouse: dict[str, Any], fresh: OngoingSettings) -> None:
    """No number is in two sets: what was saved comes before a default, cancelled and sent before all others."""
    taken: set[int] = set()
    for name in sorted(
        STATUS_SETS, key=lambda each: (each != "cancelled_statuses", each != "shipped_statuses", each not in warehouse)
    ):
        default = getattr(fresh, name)
        numbers = warehouse.get(name, default)
        left = [number for number in numbers if number not in taken]
        if not left and name in ("cancelled_statuses", "shipped_statuses"):
            left = [number for number in default if number not in taken]
        if left != numbers:
            warehouse[name] = left
        taken.update(left)
