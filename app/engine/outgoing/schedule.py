"""When an event is tried again, and when it is given up. docs/outgoing-webhooks.md shows the same table."""

from __future__ import annotations

from datetime import datetime, timedelta

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each try of one event that failed. When there is none left, the event is dead."""
LASTS = sum(PAUSES, timedelta())
"""75 hours, 35 minutes and 5 seconds: an event that has waited so long behind an address that fails is dead, however often it was
tried."""

ADDRESS_PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
)
"""After each failure in a row of one address, whatever was sent: a dead address costs a call in five minutes. The last one
repeats."""


def next_try(tries: int, waits_since: datetime, now: datetime) -> datetime | None:
    """When an event is tried again that has now failed `tries` times, and waits for an address that has failed since then; None:
    it is dead."""
    if tries > len(PAUSES) or now - waits_since >= LASTS:
        return None
    return now + PAUSES[tries - 1]


def address_pause(failures: int) -> timedelta:
    """How long nothing is sent to an address that has failed so many times in a row."""
    return ADDRESS_PAUSES[min(failures, len(ADDRESS_PAUSES)) - 1]
