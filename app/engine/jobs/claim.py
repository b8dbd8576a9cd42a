"""Which job a lane's worker takes next.

Cancellations come first, then orders, then articles. Connections take turns. Every fourth time the job that has waited longest
goes first. Every look is one row of an index, however many jobs wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import INBOUND, JobState, Process
from app.engine.core.leases import Lease, renew
from app.records.jobs import Job, opened
from app.storage.tables import jobs, lanes

CLASSES = {
    0: (Process.ORDERS,),  # cancellations
    1: (Process.ORDERS, Process.ACKNOWLEDGEMENTS, Process.SHIPMENTS, Process.RETURNS, Process.NOTES),
    2: tuple(process for process in INBOUND if process is not Process.ORDERS),
}
"""The processes that a job of each priority may be about: a record's `priority`, and 1 for every report."""
PRIORITIES = tuple(CLASSES)
AGED_EVERY = 4
LaneSlot = tuple[str, Process]
"""A connection and a process whose jobs may not be taken now."""


@dataclass(frozen=True)
class ClaimedJob:
    """A job that was claimed, and the lease under which it was."""

    job: Job
    lease: Lease


async def claim(
    db: AsyncConnection, lease: Lease, now: datetime, ageing: timedelta, blocked: Iterable[LaneSlot], *, suspects: bool
) -> ClaimedJob | None:
    """Takes the next job of the lane, in the caller's transaction. Raises LeaseLost.

    `suspects`: whether a job that was refused before may be taken. Two of them never run back to back.
    """
    await renew(db, lease)
    lane = (await db.execute(select(lanes).where(lanes.c.key == lease.key))).first()
    if lane is None or lane.paused:
        return None
    rules = _Rules(now - ageing, frozenset(blocked), (0, 1) if suspects else (0,))
    job_id = await _next(db, _LaneProgress(lane.key, lane.turns, lane.last_connection_id or ""), rules)
    if job_id is None:
        return None
    taken = await db.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_(JobState.RUNNING.sources()))
        .values(state=JobState.RUNNING, taken_generation=jobs.c.generation, fence=lease.fence, updated_at=now)
        .returning(jobs)
    )
    job = opened(taken.one())
    await db.execute(
        update(lanes).where(lanes.c.key == lease.key).values(last_connection_id=job.connection_id, turns=lanes.c.turns + 1)
    )
    return ClaimedJob(job, lease)


@dataclass(frozen=True)
class _LaneProgress:
    """The lane's progress: how many jobs it has given out, and whose the last one was."""

    lane: str
    claimed: int
    last_connection_id: str


@dataclass(frozen=True)
class _Rules:
    """What may be taken. A job that has waited since before `aged_before` goes first every fourth time.

    In `suspicion`, 1 stands for jobs that were refused before.
    """

    aged_before: datetime
    blocked: frozenset[LaneSlot]
    suspicion: tuple[int, ...]


async def _next(db: AsyncConnection, progress: _LaneProgress, rules: _Rules) -> int | None:
    """Returns the next job's id. Within a class, jobs that were refused before come last, but before the classes below."""
    if progress.claimed % AGED_EVERY == AGED_EVERY - 1:
        for suspect in rules.suspicion:
            aged = await _aged(db, progress.lane, rules, suspect)
            if aged is not None:
                return aged
    for priority in PRIORITIES:
        for suspect in rules.suspicion:
            found = await _next_connection(db, progress, _Class(progress.lane, suspect, priority), rules.blocked)
            if found is not None:
                return found
    return None


async def _next_connection(
    db: AsyncConnection, progress: _LaneProgress, place: _Class, blocked: frozenset[LaneSlot]
) -> int | None:
    """Goes round the connections: the oldest job of the one that follows the last."""
    last = progress.last_connection_id
    first = await _oldest_after(db, place, blocked)
    if first is None:
        return None
    following = first if first.connection_id > last else await _oldest_after(db, place, blocked, last)
    return (following or first).id


async def _aged(db: AsyncConnection, key: str, rules: _Rules, suspect: int) -> int | None:
    """The oldest job that has waited too long, from the lowest class that has one."""
    for priority in reversed(PRIORITIES):
        place, oldest = _Class(key, suspect, priority), None
        found = await _oldest_after(db, place, rules.blocked)
        while found is not None:
            if found.ready_at < rules.aged_before and (oldest is None or found.ready_at < oldest.ready_at):
                oldest = found
            found = await _oldest_after(db, place, rules.blocked, found.connection_id)
        if oldest is not None:
            return oldest.id
    return None


@dataclass(frozen=True)
class _Class:
    """A lane's jobs of one priority that are suspect, or that are not."""

    lane: str
    suspect: int
    priority: int


@dataclass(frozen=True)
class _Waiting:
    """What decides when a waiting job is taken."""

    id: int
    connection_id: str
    process: Process
    ready_at: datetime


async def _oldest_after(db: AsyncConnection, place: _Class, blocked: frozenset[LaneSlot], after: str = "") -> _Waiting | None:
    """The oldest job of the first connection behind `after` that has one which may be taken.

    Goes from connection to connection by the index: however many jobs of a blocked connection wait, they are skipped at once.
    """
    waiting = (
        jobs.c.lane == place.lane,
        jobs.c.state == JobState.WAITING,
        jobs.c.suspect == place.suspect,
        jobs.c.priority == place.priority,
    )
    query: Select[Any] = select(jobs.c.id, jobs.c.connection_id, jobs.c.process, jobs.c.ready_at).where(*waiting).limit(1)
    while True:
        behind = query.where(jobs.c.connection_id > after).order_by(jobs.c.connection_id, jobs.c.ready_at)
        found = await _first(db, behind)
        if found is None or (found.connection_id, found.process) not in blocked:
            return found
        after = found.connection_id
        free = [process for process in CLASSES[place.priority] if (after, process) not in blocked]
        if free:
            other = query.where(jobs.c.connection_id == after, jobs.c.process.in_(free)).order_by(jobs.c.ready_at)
            found = await _first(db, other)
            if found is not None:
                return found


async def _first(db: AsyncConnection, query: Select[Any]) -> _Waiting | None:
    row = (await db.execute(query)).first()
    return _Waiting(row.id, row.connection_id, Process(row.process), row.ready_at) if row else None


async def has_free_work(db: AsyncConnection, key: str, blocked: Iterable[LaneSlot]) -> bool:
    """Whether a job waits that may be done now. Suspect jobs do not count: they may have to wait for a pause."""
    places = frozenset(blocked)
    for priority in PRIORITIES:
        if await _oldest_after(db, _Class(key, 0, priority), places) is not None:
            return True
    return False


async def wake_parked(db: AsyncConnection, key: str, now: datetime) -> None:
    """Parked jobs that are due wait in the lane again."""
    await db.execute(
        update(jobs)
        .where(jobs.c.lane == key, jobs.c.state.in_(JobState.WAITING.sources(JobState.PARKED)), jobs.c.due_at <= now)
        .values(state=JobState.WAITING, due_at=None)
    )


async def take_back_orphans(db: AsyncConnection, lease: Lease, now: datetime) -> int:
    """Takes back jobs that an earlier holder claimed and did not end. Each costs a try: the record may be what ends the workers.

    Only the holder of the lane's lease may do this: nobody else runs anything here.
    """
    done = await db.execute(
        update(jobs)
        .where(
            jobs.c.lane == lease.key, jobs.c.state.in_(JobState.WAITING.sources(JobState.RUNNING)), jobs.c.fence != lease.fence
        )
        .values(state=JobState.WAITING, tries=jobs.c.tries + 1, updated_at=now)
    )
    return int(done.rowcount)


async def has_work(db: AsyncConnection, key: str) -> bool:
    query = (
        select(jobs.c.id)
        .join(lanes, lanes.c.key == jobs.c.lane)
        .where(jobs.c.lane == key, jobs.c.state == JobState.WAITING, lanes.c.paused.is_(False))
    )
    return await db.scalar(query.limit(1)) is not None
