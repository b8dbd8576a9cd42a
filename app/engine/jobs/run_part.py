"""One part of a run while it is being read, and what was counted of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Unpack

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.errors import LeaseLost, RemoteError
from app.integrations.kit.side_reads import FailuresInRow
from app.records import runs
from app.records.connections import Connection
from app.records.runs import Pacing, PartChange, PartStep, RunPart
from app.records.runs.left import measured

MOST_WAITS = 20
"""After so many waits in a row for a system's pace, in which it got no further, a part fails."""


@dataclass
class Beside:
    """What came of the reads beside a part's records.

    `waiting`: ids of the records that wait for one, in the order in which they are read again. `polls`: after so many polls in a
    row they still waited. `failed`: those of them that failed in this slice, and `error`, why the last one did. `stopped`: why
    nothing more is asked for in this slice. `not_before`: when the system wants to be asked again (UTC).

    `gone`: orders, by id, that the system said it has not, where one such answer is no proof: how many parts were told so, and
    the id of the last of these.
    """

    waiting: dict[str, None] = field(default_factory=dict)
    polls: int = 0
    failed: set[str] = field(default_factory=set)
    error: str = "the system failed"
    in_row: FailuresInRow = field(default_factory=FailuresInRow)
    stopped: RemoteError | None = None
    not_before: datetime | None = None
    gone: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class PartRun:
    """One part being read, until `ends` (monotonic seconds). `counts`, `reasons` and `calls` grow until they are stored."""

    gateway: Gateway
    connection: Connection
    process: Process
    part: RunPart
    lease: Lease
    ends: float
    sweeps: bool
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    beside: Beside = field(default_factory=Beside)

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() >= self.ends or self.gateway.stopping


async def save_progress(db: AsyncConnection, part_run: PartRun, calls: int, **values: Unpack[PartStep]) -> None:
    """Adds what was counted since the last time to the part. Raises LeaseLost when another worker has ended the part."""
    stored = await runs.progress_of(db, part_run.part.id)
    counts, reasons = part_run.counts, Counter(stored.reasons) + part_run.reasons
    if (cursor := values.get("cursor")) is not None:
        values["cursor"] = measured(stored.cursor, cursor, stored.started_at, part_run.gateway.clock())
    change: PartChange = {
        "read": stored.read + counts["read"],
        "unchanged": stored.unchanged + counts["unchanged"],
        "skipped": stored.skipped + counts["skipped"],
        "calls": stored.calls + calls,
        "reasons": dict(reasons),
        **values,
    }
    if not await runs.change_part(db, part_run.part.id, **change):
        raise LeaseLost(f"part {part_run.part.id} of {part_run.part.run_id} was ended by another worker")
    part_run.counts.clear()
    part_run.reasons.clear()


async def wait_for_pace(db: AsyncConnection, part_run: PartRun, seconds: float) -> bool:
    """Stores that the part goes on where it stands, so many seconds from now. Returns False when it has waited too often."""
    stored = await runs.progress_of(db, part_run.part.id)
    waits = 1 if stored.pacing.until is None else stored.pacing.waits + 1
    if waits > MOST_WAITS:
        return False
    until = part_run.gateway.clock() + timedelta(seconds=seconds)
    await save_progress(db, part_run, 0)
    await runs.change_part(db, part_run.part.id, cursor=Pacing(until, waits).put_in(stored.cursor))
    return True


async def part_cursor(part_run: PartRun) -> dict[str, Any]:
    """The cursor as stored now. An earlier step of this slice may have moved it since the part was taken."""
    async with part_run.gateway.database.read() as db:
        return dict((await runs.progress_of(db, part_run.part.id)).cursor)
