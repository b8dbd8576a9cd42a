"""One part of a run while it is being read, and what was counted of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.records import runs
from app.records.connections import Connection


@dataclass
class PartRun:
    """One part being read."""

    gateway: Gateway
    connection: Connection
    process: Process
    part: Row[Any]
    lease: Lease
    ends: float
    sweeps: bool
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() >= self.ends or self.gateway.stopping


async def save_progress(db: AsyncConnection, part_run: PartRun, calls: int, **values: Any) -> None:
    """Adds what was counted since the last time to the part."""
    part = await runs.part_row(db, part_run.part.id)
    counts, reasons = part_run.counts, Counter(part.reasons or {}) + part_run.reasons
    await runs.change_part(
        db,
        part.id,
        read=part.read + counts["read"],
        unchanged=part.unchanged + counts["unchanged"],
        skipped=part.skipped + counts["skipped"],
        calls=part.calls + calls,
        reasons=dict(reasons),
        **values,
    )
    part_run.counts.clear()
    part_run.reasons.clear()


async def part_cursor(part_run: PartRun) -> dict[str, Any]:
    """As it is stored now: an earlier step of this slice may have moved it on since the part was taken."""
    async with part_run.gateway.database.read() as db:
        return dict((await runs.part_row(db, part_run.part.id)).cursor or {})
