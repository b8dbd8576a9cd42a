"""Old runs are deleted, and sooner those by schedule that found nothing to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import PartState
from app.storage.batches import delete_batch, progress_of, save_progress
from app.storage.tables import run_items, run_parts, runs

SCHEDULE = "schedule"
QUIET_RUNS = "retention:quiet-runs"
RUNS_AT_ONCE = 50


async def prune(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Deletes finished runs that were made before `before`, up to `limit` rows of a kind. Returns whether there may be more."""
    old = select(runs.c.id).where(runs.c.created_at < before, runs.c.finished_at.is_not(None)).order_by(runs.c.created_at)
    ids = list(await db.scalars(old.limit(RUNS_AT_ONCE)))
    if not ids:
        return False
    if not await _delete(db, ids, limit):
        return True
    return len(ids) == RUNS_AT_ONCE


async def _delete(db: AsyncConnection, ids: Sequence[str], limit: int) -> bool:
    """Deletes these runs with all that is in them. Returns False when there was more in them than `limit`."""
    parts = select(run_parts.c.id).where(run_parts.c.run_id.in_(ids))
    if await delete_batch(db, run_items, (run_items.c.part_id.in_(parts),), limit):
        return False
    if await delete_batch(db, run_parts, (run_parts.c.run_id.in_(ids),), limit):
        return False
    await db.execute(delete(runs).where(runs.c.id.in_(ids)))
    return True


async def prune_quiet(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Looks at up to `limit` runs that were made before `before`, and deletes those by schedule that found nothing to do.

    Goes on behind those that it has looked at already. Returns whether there may be more.
    """
    reached = (await progress_of(db, QUIET_RUNS)).moment
    query = select(runs.c.id, runs.c.created_at, runs.c.trigger, runs.c.finished_at).where(runs.c.created_at < before)
    if reached is not None:
        query = query.where(runs.c.created_at >= reached)
    rows = list(await db.execute(query.order_by(runs.c.created_at, runs.c.id).limit(limit)))
    if not rows:
        return False
    ids = [row.id for row in rows if row.trigger == SCHEDULE and row.finished_at is not None]
    quiet = sorted(set(ids) - await _with_something(db, ids))
    if quiet:
        await db.execute(delete(run_parts).where(run_parts.c.run_id.in_(quiet)))
        await db.execute(delete(runs).where(runs.c.id.in_(quiet)))
    last: datetime = rows[-1].created_at
    await save_progress(db, QUIET_RUNS, moment=last + timedelta(microseconds=1) if last == reached else last)
    return len(rows) == limit


async def _with_something(db: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Which of these runs found something, or failed."""
    found = or_(run_parts.c.state != PartState.DONE, run_parts.c.read != run_parts.c.unchanged, run_parts.c.error.is_not(None))
    parts = select(run_parts.c.id, run_parts.c.run_id, found.label("found")).where(run_parts.c.run_id.in_(ids))
    rows = list(await db.execute(parts))
    quiet = {row.id: row.run_id for row in rows if not row.found}
    items = select(run_items.c.part_id).where(run_items.c.part_id.in_(quiet)).distinct()
    worked = await db.scalars(items) if quiet else ()
    return {row.run_id for row in rows if row.found} | {quiet[part_id] for part_id in worked}
