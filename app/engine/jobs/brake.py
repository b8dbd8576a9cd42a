"""The brake: a run that would cancel too much is held until an operator confirms it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import Conflict
from app.logs import get_logger
from app.records import alerts, runs
from app.records.connections import Connection
from app.records.runs import Run, RunPart
from app.storage.audit.changes import Change, note
from app.storage.tables import OPEN_ORDER, jobs, mappings

log = get_logger(__name__)

FROM = 5
"""Fewer cancellations than this never trigger the brake, whatever their share."""
COUNTED_ALWAYS = 1000
"""Open orders are counted up to this number at least. More are counted only if the share depends on them."""


async def apply_brake(db: AsyncConnection, connection: Connection, part: RunPart, now: datetime) -> bool:
    """Lets the cancellations that a part has found go through.

    Returns True when they are too many: an operator must confirm them first.
    """
    kept = await runs.held_by_brake(db, part.id)
    if not kept:
        return False
    limits = connection.settings.brake
    most = max(COUNTED_ALWAYS, math.ceil(len(kept) / limits.max_share) + 1 if limits.max_share else 0)
    in_warehouse = await _open_orders(db, connection.id, most)
    share = len(kept) / max(1, in_warehouse)
    if len(kept) > limits.max_count or (len(kept) >= FROM and share > limits.max_share):
        of_all = f"{in_warehouse}" if in_warehouse < most else f"{most} or more"
        text = f"A run would cancel {len(kept)} of {of_all} open orders; confirm it with POST /runs/{part.run_id}/confirm"
        await alerts.raise_alert(db, "brake", connection.id, part.run_id, text, now)
        log.warning("run_braked", cancellations=len(kept), open=in_warehouse)
        return True
    await release_braked(db, part.id, now)
    return False


async def _open_orders(db: AsyncConnection, connection_id: str, most: int) -> int:
    """Counts up to `most` orders that are in the warehouse and open, as the deep sweep reads them."""
    is_open = (mappings.c.connection_id == connection_id, text(OPEN_ORDER), mappings.c.transfer == "sent")
    counted = select(mappings.c.id).where(*is_open).limit(most).subquery()
    return int(await db.scalar(select(func.count()).select_from(counted)) or 0)


async def release_braked(db: AsyncConnection, part_id: int, now: datetime) -> int:
    """Lets go through what the brake held of this part. Returns how many."""
    kept = await runs.held_by_brake(db, part_id)
    if kept:
        held = jobs.c.state.in_(JobState.WAITING.sources(JobState.HELD))
        values = {"state": JobState.WAITING, "ready_at": now, "reason_code": None, "reason": None, "updated_at": now}
        await db.execute(update(jobs).where(jobs.c.id.in_(kept), held).values(**values))
    return len(kept)


async def confirm(gateway: Gateway, run: Run, connection_ids: Sequence[str] | None) -> int:
    """Lets go through all that the brake held of a run. Returns how many. Raises Conflict when there is nothing."""
    parts = run.of(connection_ids).parts
    now, released = gateway.clock(), 0
    async with gateway.database.begin() as db:
        for part in parts:
            count = await release_braked(db, part.id, now)
            released += count
            changes = [Change(f"{part.process}.released", None, count)] if count else []
            note(db, f"run {run.id}", changes, connection_ids=(part.connection_id,))
        if released:
            await runs.reopen(db, [part.id for part in parts])
    if not released:
        raise Conflict(f"the brake keeps nothing of run {run.id}", fix="only a run that is braked can be confirmed")
    for connection_id in sorted({part.connection_id for part in parts}):
        await gateway.wake_ups.send(Task.DRAIN, (await gateway.connection(connection_id)).lane)
    return released
