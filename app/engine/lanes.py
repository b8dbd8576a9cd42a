"""Whose turn it is in a lane: cancellations, then orders, then articles; connections in turn; what has waited long gets every fourth turn.

Every look is one row of an index, however much waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.leases import Lease, renew
from app.storage.tables import jobs, lanes

PRIORITIES = (0, 1, 2)
AGED_TURN = 4
Place = tuple[str, Process]
"""A connection and a process that may not be taken just now, because its WMS methods are blocked."""


@dataclass(frozen=True)
class Turn:
    """A job that was taken: its row, and the lease under which it was."""

    job: Row[Any]
    lease: Lease


async def claim(
    db: AsyncConnection, lease: Lease, now: datetime, ageing: timedelta, blocked: Iterable[Place], *, suspects: bool
) -> Turn | None:
    """Takes the next job of the lane, in the caller's transaction. Raises LeaseLost.

    `suspects`: whether one that was refused before may be taken (never two of them back to back).
    """
    await renew(db, lease)
    lane = (await db.execute(select(lanes).where(lanes.c.key == lease.key))).first()
    if lane is None or lane.paused:
        return None
    free = not_blocked(blocked)
    job_id = await _next(db, lane, now, ageing, free, (0, 1) if suspects else (0,))
    if job_id is None:
        return None
    taken = await db.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == "waiting")
        .values(state="running", taken_generation=jobs.c.generation, fence=lease.fence, updated_at=now)
        .returning(jobs)
    )
    job = taken.one()
    await db.execute(
        update(lanes).where(lanes.c.key == lease.key).values(last_connection_id=job.connection_id, turns=lanes.c.turns + 1)
    )
    return Turn(job, lease)


def not_blocked(blocked: Iterable[Place]) -> Any:
    places = list(blocked)
    if not places:
        return None
    return not_(or_(*(and_(jobs.c.connection_id == connection, jobs.c.process == process) for connection, process in places)))


async def _next(
    db: AsyncConnection, lane: Row[Any], now: datetime, ageing: timedelta, free: Any, suspicion: tuple[int, ...]
) -> int | None:
    """Within a class those that were refused before come last, but not after the classes below."""
    if lane.turns % AGED_TURN == AGED_TURN - 1:
        for suspect in suspicion:
            aged = await _aged(db, lane.key, now - ageing, free, suspect)
            if aged is not None:
                return aged
    for priority in PRIORITIES:
        for suspect in suspicion:
            found = await _in_turn(db, lane, priority, free, suspect)
            if found is not None:
                return found
    return None


def _waiting(key: str, suspect: int, priority: int, free: Any) -> Select[tuple[int]]:
    query = select(jobs.c.id).where(
        jobs.c.lane == key, jobs.c.state == "waiting", jobs.c.suspect == suspect, jobs.c.priority == priority
    )
    return query if free is None else query.where(free)


async def _in_turn(db: AsyncConnection, lane: Row[Any], priority: int, free: Any, suspect: int) -> int | None:
    """The oldest of the connection that follows the one that was last, going round."""
    base = _waiting(lane.key, suspect, priority, free).order_by(jobs.c.connection_id, jobs.c.ready_at).limit(1)
    last = lane.last_connection_id or ""
    found: int | None = await db.scalar(base.where(jobs.c.connection_id > last))
    if found is None:
        found = await db.scalar(base)
    return found


async def _aged(db: AsyncConnection, key: str, before: datetime, free: Any, suspect: int) -> int | None:
    """The oldest of a lower class that has waited since before `before`."""
    for priority in reversed(PRIORITIES):
        query = _waiting(key, suspect, priority, free).where(jobs.c.ready_at < before).order_by(jobs.c.ready_at).limit(1)
        found: int | None = await db.scalar(query)
        if found is not None:
            return found
    return None


async def wake_parked(db: AsyncConnection, key: str, now: datetime) -> None:
    """What is due waits for its turn again."""
    await db.execute(
        update(jobs)
        .where(jobs.c.lane == key, jobs.c.state == "parked", jobs.c.due_at <= now)
        .values(state="waiting", due_at=None)
    )


async def take_back_orphans(db: AsyncConnection, lease: Lease, now: datetime) -> int:
    """What an earlier holder had taken and not ended; a try each, for a record may be what ends the workers.

    Only the holder of the lane's lease may do this: nobody else runs anything here.
    """
    done = await db.execute(
        update(jobs)
        .where(jobs.c.lane == lease.key, jobs.c.state == "running", jobs.c.fence != lease.fence)
        .values(state="waiting", tries=jobs.c.tries + 1, updated_at=now)
    )
    return int(done.rowcount)


async def has_work(db: AsyncConnection, key: str) -> bool:
    query = (
        select(jobs.c.id)
        .join(lanes, lanes.c.key == jobs.c.lane)
        .where(jobs.c.lane == key, jobs.c.state == "waiting", lanes.c.paused.is_(False))
    )
    return await db.scalar(query.limit(1)) is not None
