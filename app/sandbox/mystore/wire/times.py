"""Times on the wire: the shop's own, to the second, without a zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

FORM = "%Y-%m-%d %H:%M:%S"


def stamp(at: datetime, zone: str) -> str:
    """`2026-11-21 08:00:00` for a time with a zone."""
    return at.astimezone(ZoneInfo(zone)).strftime(FORM)


def check(text: str) -> str:
    """Raises ValueError when it has another form."""
    if datetime.strptime(text, FORM).strftime(FORM) != text:  # noqa: DTZ007 - it has no zone on the wire
        raise ValueError("must be YYYY-MM-DD HH:MM:SS")
    return text
