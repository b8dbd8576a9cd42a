"""Takes the next jobs of a lane, in the transaction of whoever holds its lease.

Every look is a few rows of an index, however many jobs wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, exists, literal_column, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.engine.core.leases import Lease
from app.engine.jobs.turns import CLASSES, PRIORITIES, Progress, Queues, Rules, Waiting
from app.records.jobs import Job, opened
from app.storage.tables import connections, jobs, lanes

FEW = 4
"""So many connections are looked at one by one; of more, those that have something waiting are found first."""
LEAST_REACH = 3
"""So many jobs of a connection are looked at, at least."""
MOST_PLACES = 120
"""Places that one statement looks at. (SQLite joins at most 500 selects.)"""
LaneSlot = tuple[str, Process]
"""A connection and a process whose jobs may not be taken now."""


def is_state(state: JobState) -> ColumnElement[bool]:
    """The state as a constant of the statement, so that both databases always find its partial index."""
    return jobs.c.state == literal_column(f"'{state.value}'")


@dataclass(frozen=True)
class OnLane:
    """Whose jobs may be taken, and about which processes: those of the lane's connections, without what is blocked.

    The jobs of `closed` connections belong here and are not taken.
    """

    lane: str
    connection_ids: tuple[str, ...]
    processes: tuple[Process, ...]
    blocked: frozenset[LaneSlot]
    closed: frozenset[str] = frozenset()

    def strays(self, found: Iterable[str]) -> tuple[str, ...]:
        """Those connections that are not among the lane's."""
        return tuple(sorted(set(found).difference(self.connection_ids, self.closed)))

    def of(self, priority: int) -> tuple[Process, ...]:
        """The processes that jobs of this priority may be about here."""
        return tuple(process for process in CLASSES[priority] if process in self.processes)

    def free(self, connection_id: str, priority: int) -> tuple[Process, ...]:
        return tuple(process for process in self.of(priority) if (connection_id, process) not in self.blocked)


@dataclass(frozen=True)
class Taken:
    """Jobs that were claimed, in their order; how far the lane is; whether more waits that may be taken.

    `strays`: connections with jobs here that are not among the lane's.
    """

    jobs: tuple[Job, ...]
    progress: Progress
    has_more: bool
    strays: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A connection's jobs of one priority that are suspect, or that are not. Only of these processes; all of them if empty."""

    suspect: int
    priority: int
    connection_id: str
    processes: tuple[Process, ...] = ()


async def claim(db: AsyncConnection, lease: Lease, now: datetime, on_lane: OnLane, rules: Rules, progress: Progress) -> Taken:
    """Takes the next jobs, in the caller's transaction, which holds the lane's lease."""
    queues, strays = await look(db, on_lane, rules)
    chosen, after = queues.take(progress, rules)
    if not chosen:
        return Taken((), progress, has_more=False, strays=strays)
    ids = [each.id for each in chosen]
    # A job that somebody else is changing now, or has settled since the look, is left: its own wake-up follows.
    free = select(jobs.c.id).where(jobs.c.id.in_(ids), is_state(JobState.WAITING))
    found = await db.execute(
        update(jobs)
        .where(jobs.c.id.in_(free.with_for_update(key_share=True, skip_locked=True)), is_state(JobState.WAITING))
        .values(state=JobState.RUNNING, taken_generation=jobs.c.generation, fence=lease.fence, updated_at=now)
        .returning(jobs)
    )
    JobState.RUNNING.sources(JobState.WAITING)
    taken = sorted((opened(row) for row in found), key=lambda job: ids.index(job.id))
    return Taken(tuple(taken), after, has_more=not queues.is_empty() or len(taken) < len(chosen), strays=strays)


async def look(db: AsyncConnection, on_lane: OnLane, rules: Rules) -> tuple[Queues, tuple[str, ...]]:
    """What waits, as far as `rules.most` turns can reach, and the connections whose jobs do not belong here."""
    suspicion = (0, 1) if rules.suspects else (0,)
    strays: tuple[str, ...] = ()
    if len(on_lane.connection_ids) <= FEW:
        there = [(suspect, priority, each) for suspect in suspicion for priority in PRIORITIES for each in on_lane.connection_ids]
    else:
        found = await _with_work(db, on_lane.lane)
        strays = on_lane.strays(each[2] for each in found)
        there = [each for each in found if each[0] in suspicion and each[2] in on_lane.connection_ids]
    places = [place for each in there if (place := _place(on_lane, each)) is not None]
    few = len(on_lane.connection_ids) <= FEW
    reach = rules.most if few else max(LEAST_REACH, 2 * rules.most // max(1, len(places)))
    waiting = [each for part in _parts(places) for each in await _oldest(db, on_lane.lane, part, reach)]
    return Queues.of(waiting, reach if reach < rules.most else None), strays


def _place(on_lane: OnLane, which: tuple[int, int, str]) -> _Place | None:
    """None when all processes of the place are blocked."""
    suspect, priority, connection_id = which
    free = on_lane.free(connection_id, priority)
    if not free:
        return None
    return _Place(suspect, priority, connection_id, () if len(free) == len(on_lane.of(priority)) else free)


def _parts(places: Sequence[_Place]) -> Iterable[Sequence[_Place]]:
    return (places[first : first + MOST_PLACES] for first in range(0, len(places), MOST_PLACES))


async def _oldest(db: AsyncConnection, lane: str, places: Sequence[_Place], most: int) -> list[Waiting]:
    """The `most` oldest jobs of each place; of suspect ones one, because no more are taken together."""
    values: dict[str, Any] = {"lane": lane}
    for number, place in enumerate(places):
        values |= {f"suspect{number}": place.suspect, f"priority{number}": place.priority}
        values |= {f"connection{number}": place.connection_id, f"most{number}": 1 if place.suspect else most}
        if place.processes:
            values[f"processes{number}"] = list(place.processes)
    rows = await db.execute(_looks(tuple(bool(each.processes) for each in places)), values)
    return [
        Waiting(row.id, row.connection_id, Process(row.process), row.mapping_id, row.priority, row.suspect, row.ready_at)
        for row in rows
    ]


@cache
def _looks(limited: tuple[bool, ...]) -> CompoundSelect[Any]:
    """One select for each place; `limited`: only some processes of it."""
    return union_all(*(select(_look(number, is_limited).subquery()) for number, is_limited in enumerate(limited)))


def _look(number: int, is_limited: bool) -> Select[Any]:
    shown = (jobs.c.id, jobs.c.connection_id, jobs.c.process, jobs.c.mapping_id, jobs.c.priority, jobs.c.suspect, jobs.c.ready_at)
    query = (
        select(*shown)
        .where(
            jobs.c.lane == bindparam("lane"),
            is_state(JobState.WAITING),
            jobs.c.suspect == bindparam(f"suspect{number}"),
            jobs.c.priority == bindparam(f"priority{number}"),
            jobs.c.connection_id == bindparam(f"connection{number}"),
        )
        .order_by(jobs.c.ready_at)
        .limit(bindparam(f"most{number}"))
    )
    return query.where(jobs.c.process.in_(bindparam(f"processes{number}", expanding=True))) if is_limited else query


_PLACES = " UNION ALL ".join(
    f"SELECT {suspect} AS suspect, {priority} AS priority" for suspect in (0, 1) for priority in PRIORITIES
)
_FIRST = (
    "(SELECT jobs.connection_id FROM jobs WHERE jobs.lane = :lane AND jobs.state = 'waiting' AND jobs.suspect = {0}.suspect"
    " AND jobs.priority = {0}.priority{1} ORDER BY jobs.connection_id LIMIT 1)"
)
_BEHIND = _FIRST.format("found", " AND jobs.connection_id > found.connection_id")
_WITH_WORK = text(
    f"WITH RECURSIVE found(suspect, priority, connection_id) AS ("  # noqa: S608 - nothing in it comes from outside
    f"SELECT place.suspect, place.priority, {_FIRST.format('place', '')} FROM ({_PLACES}) AS place"
    f" UNION ALL SELECT found.suspect, found.priority, {_BEHIND} FROM found WHERE found.connection_id IS NOT NULL)"
    " SELECT suspect, priority, connection_id FROM found WHERE connection_id IS NOT NULL"
)


async def _with_work(db: AsyncConnection, lane: str) -> list[tuple[int, int, str]]:
    """Which connections have something waiting, by suspicion and priority: from one to the next by the index."""
    return [(row.suspect, row.priority, row.connection_id) for row in await db.execute(_WITH_WORK, {"lane": lane})]


async def find_strays(db: AsyncConnection, on_lane: OnLane) -> tuple[str, ...]:
    """Connections with jobs waiting here that are not among the lane's."""
    found = await _with_work(db, on_lane.lane)
    return on_lane.strays(each[2] for each in found)


async def move_strays(db: AsyncConnection, lane: str, connection_ids: Collection[str], now: datetime) -> list[str]:
    """Moves what waits for connections that were moved to another goods owner. Returns the lanes they have now."""
    theirs = select(connections.c.lane).where(connections.c.id == jobs.c.connection_id, connections.c.lane != lane)
    done = await db.execute(
        update(jobs)
        .where(
            jobs.c.lane == lane,
            is_state(JobState.WAITING),
            jobs.c.connection_id.in_(connection_ids),
            exists(theirs),
        )
        .values(lane=theirs.scalar_subquery(), updated_at=now)
        .returning(jobs.c.lane)
    )
    return sorted({row.lane for row in done})


async def wake_parked(db: AsyncConnection, key: str, now: datetime) -> None:
    """Parked jobs that are due wait in the lane again. One that somebody is changing now is left for the next time."""
    due = select(jobs.c.id).where(jobs.c.lane == key, is_state(JobState.PARKED), jobs.c.due_at <= now)
    await db.execute(
        update(jobs)
        .where(jobs.c.id.in_(due.with_for_update(key_share=True, skip_locked=True)))
        .values(state=JobState.WAITING.after(JobState.PARKED), due_at=None)
    )


@dataclass(frozen=True)
class Orphans:
    """Jobs that an earlier worker took and did not end."""

    count: int
    by_a_crash: bool


async def take_back_orphans(db: AsyncConnection, lease: Lease, now: datetime, alive: Collection[int] = ()) -> Orphans:
    """Takes back jobs that an earlier holder claimed and did not end. Only the holder of the lane's lease may do this.

    A worker that lives lets go of its jobs itself (`let_go`), whatever has stopped it; `alive` are the fences of those that
    could not. The others have died, and the record may be what ends them. It costs a try only if it was the only one: of several,
    nobody knows which it was, and they are taken one by one the next time.
    """
    theirs = (jobs.c.lane == lease.key, is_state(JobState.RUNNING), jobs.c.fence != lease.fence)
    query = select(jobs.c.id, jobs.c.fence).where(*theirs).order_by(jobs.c.id)
    found = list(await db.execute(query.with_for_update(key_share=True)))
    crashed = [row.id for row in found if row.fence and row.fence not in alive]
    waits = {"state": JobState.WAITING.after(JobState.RUNNING), "updated_at": now}
    if len(crashed) == 1:
        await db.execute(update(jobs).where(jobs.c.id == crashed[0]).values(tries=jobs.c.tries + 1))
    if found:
        await db.execute(update(jobs).where(jobs.c.id.in_([row.id for row in found])).values(**waits))
    return Orphans(len(found), bool(crashed))


async def let_go(db: AsyncConnection, lease: Lease) -> None:
    """Marks the jobs that this worker has taken and will not end, so that the next one takes them back without a try."""
    mine = (jobs.c.lane == lease.key, is_state(JobState.RUNNING), jobs.c.fence == lease.fence)
    await db.execute(update(jobs).where(*mine).values(fence=0))


async def save_progress(db: AsyncConnection, lane: str, progress: Progress) -> None:
    values = {"turns": progress.turns, "last_connection_id": progress.last_connection_id or None}
    await db.execute(update(lanes).where(lanes.c.key == lane).values(**values))
