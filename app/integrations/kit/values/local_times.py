"""Times that a system writes in its own time zone, without naming it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1971, 9998
"""Years that somebody may mean: systems write zeros where they mean no time."""


def local_moment(value: object, zone: str) -> datetime | None:
    """`2026-11-21 09:12:00` in the zone (IANA name), in UTC; one that names its zone is taken at its word.

    Of the hour that comes twice the first is meant. None for anything else.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        local = found.replace(tzinfo=ZoneInfo(zone)) if found.tzinfo is None else found
        utc = local.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
    return utc if FIRST_YEAR <= utc.year <= LAST_YEAR else None
