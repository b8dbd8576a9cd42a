"""One part of a run while it is being read, and what was counted of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Unpack

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.errors import LeaseLost
from app.records import runs
from app.records.connections import Connection
from app.records.runs import PartChange, PartStep, RunPart


@dataclass(frozen=True)
class PartRun:
    """One part being read, until `ends` (monotonic seconds). Only `counts` and `reasons` grow meanwhile."""

    gateway: Gateway
    connection: Connection
    process: Process
    part: RunPart
    lease: Lease
    ends: float
    sweeps: bool
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() >= self.ends or self.gateway.stopping


async def save_progress(db: AsyncConnection, part_run: PartRun, calls: int, **values: Unpack[PartStep]) -> None:
    """Adds what was counted since the last time to the part. Raises LeaseLost when another worker has ended the part."""
    stored = await runs.progress_of(db, part_run.part.id)
    counts, reasons = part_run.counts, Counter(stored.reasons) + part_run.reasons
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


async def part_cursor(part_run: PartRun) -> dict[str, Any]:
    """The cursor as stored now. An earlier step of this slice may have moved it since the part was taken."""
    async with part_run.gateway.database.read() as db:
        return dict((await runs.progress_of(db, part_run.part.id)).cursor)
