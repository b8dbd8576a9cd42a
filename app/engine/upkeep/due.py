"""What is due, read in few statements: their number does not depend on how many connections there are.

Every look is one row of an index, however much waits and however much is done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, String, and_, bindparam, cast, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState, PartState, Process
from app.engine.core.queue import Task
from app.engine.jobs.turns import PRIORITIES
from app.records import runs
from app.storage.callers.tables import outgoing_addresses, outgoing_webhooks
from app.storage.engine import Database
from app.storage.outbound_tables import stock_levels
from app.storage.side_tables import long_works
from app.storage.tables import connections, cursors, inbox, jobs, lanes, run_parts
from app.storage.tables import runs as run_rows
from app.storage.types import UtcTime, spelled

WakeUp = tuple[Task, str]
AT_A_TIME = 500
MOST_TIMES = 20
"""The most transactions of one sweep that let events wait again. The next one goes on."""
_NOW = bindparam("now", type_=UtcTime())


class Sign(StrEnum):
    """Something that a sweep has to write about."""

    PARKED_EVENTS = "parked-events"
    PARKED_STOCK = "parked-stock"
    WORKING_PARTS = "working-parts"
    OPEN_RUNS = "open-runs"


async def signs(db: AsyncConnection, now: datetime) -> frozenset[Sign]:
    """Reads what has to be written. Mostly there is nothing, and no sweep takes a write lock for that."""
    found = (await db.execute(_SIGNS, {"now": now})).one()
    return frozenset(sign for sign, there in zip(Sign, found, strict=True) if there)


async def waiting(db: AsyncConnection, now: datetime) -> list[WakeUp]:
    """Connections with events or quantities that wait, lanes with jobs, parts of runs to read, long work, and events for
    addresses, in one statement.

    A lane is due for jobs that wait, parked ones that are due, and those left running by a worker that ended.
    """
    return [(Task(row.task), row.key) for row in await db.execute(_WAITING, {"now": now})]


async def polls(db: AsyncConnection, now: datetime) -> list[tuple[str, Process]]:
    """Polls that are due, the longest due first. Their process may be switched off meanwhile."""
    known = {process.value: process for process in Process}
    found = await db.execute(_POLLS, {"now": now})
    return [(row.connection_id, known[row.process]) for row in found if row.process in known]


async def wake_events(database: Database, now: datetime) -> set[str]:
    """Parked events that are due wait again. Returns their connections. Each transaction changes few enough to be short."""
    woken: set[str] = set()
    parked_and_due = (_is(inbox.c.state, *EventState.RECEIVED.sources(EventState.PARKED)), inbox.c.due_at <= now)
    some = select(inbox.c.id).where(*parked_and_due).order_by(inbox.c.due_at).limit(AT_A_TIME).with_for_update(skip_locked=True)
    wake = update(inbox).where(inbox.c.id.in_(some.scalar_subquery())).values(state=EventState.RECEIVED, due_at=None)
    for _ in range(MOST_TIMES):
        async with database.begin() as db:
            found = [row.connection_id for row in await db.execute(wake.returning(inbox.c.connection_id))]
        woken |= set(found)
        if len(found) < AT_A_TIME:
            break
    return woken


async def workable(db: AsyncConnection, keys: Collection[str], connection_ids: Collection[str], now: datetime) -> set[str]:
    """Those of these lanes in which one of these connections has a job: in a shared lane, a paused one's jobs stay."""
    mine = (jobs.c.lane == connections.c.lane, jobs.c.connection_id == connections.c.id)
    has_job = or_(
        *(
            _some(select(jobs.c.id).where(*mine, place, _is(jobs.c.state, JobState.WAITING)), jobs.c.ready_at)
            for place in _PLACES
        ),
        _some(select(jobs.c.id).where(*mine, _is(jobs.c.state, JobState.RUNNING))),
        _some(select(jobs.c.id).where(*mine, _is(jobs.c.state, JobState.PARKED), jobs.c.due_at <= now), jobs.c.due_at),
    )
    query = select(connections.c.lane).where(connections.c.lane.in_(keys), connections.c.id.in_(connection_ids), has_job)
    return {row.lane for row in await db.execute(query)}


# --- the statements, made once -------------------------------------------------------------------------------------------


def _is(column: Column[str], state: str) -> ColumnElement[bool]:
    """The state is written into the statement: only then do both databases know that a partial index holds all such rows."""
    return column == literal(str(state), String, literal_execute=True)


def _some(query: Select[Any], *order: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether there is a row. Looks for one row instead of reading all to compare them, as `EXISTS` may.

    `order` is the index's: PostgreSQL reads the whole table for a lane without jobs when all that it knows of are in another.
    """
    return query.order_by(*order).limit(1).scalar_subquery().is_not(None)


def _each(column: Column[str], state: ColumnElement[bool], name: str) -> Select[tuple[str]]:
    """Every value that the column has in rows of this state. Jumps by the index from one value to the next."""

    def next_one(*behind: ColumnElement[bool]) -> ColumnElement[str]:
        return select(column).where(state, *behind).order_by(column).limit(1).scalar_subquery()

    found = select(next_one().label("value")).cte(name, recursive=True)
    found = found.union_all(select(next_one(column > found.c.value)).where(found.c.value.is_not(None)))
    return select(found.c.value.label("key")).where(found.c.value.is_not(None))


def _lanes() -> Select[tuple[str]]:
    """Lanes with work, without those that are paused. Every state has an index of its own that begins with the lane.

    SQLite takes it for waiting jobs only if one more of its columns is asked for.
    """
    mine = jobs.c.lane == lanes.c.key
    has_work = or_(
        _some(select(jobs.c.id).where(mine, jobs.c.suspect >= 0, _is(jobs.c.state, JobState.WAITING)), jobs.c.suspect),
        _some(select(jobs.c.id).where(mine, _is(jobs.c.state, JobState.RUNNING))),
        _some(select(jobs.c.id).where(mine, _is(jobs.c.state, JobState.PARKED), jobs.c.due_at <= _NOW), jobs.c.due_at),
    )
    return select(lanes.c.key).where(lanes.c.paused.is_(False), has_work)


def _parts_to_read() -> Select[tuple[str]]:
    """Parts that wait or were left in the middle, without those that follow an unread part of the same run."""
    earlier = run_parts.alias("earlier")
    first = select(earlier.c.id).where(
        earlier.c.run_id == run_parts.c.run_id,
        earlier.c.connection_id == run_parts.c.connection_id,
        earlier.c.id < run_parts.c.id,
        earlier.c.state.in_(runs.TO_READ),
    )
    key = run_parts.c.connection_id + ":" + run_parts.c.process
    return select(key.label("key")).where(run_parts.c.state.in_(spelled(*runs.TO_READ)), ~first.exists())


def _long_works() -> Select[tuple[str]]:
    """Those that have not ended, are not paused, and are due."""
    key = long_works.c.connection_id + "|" + cast(long_works.c.id, String)
    is_due = or_(long_works.c.due_at.is_(None), long_works.c.due_at <= _NOW)
    return select(key.label("key")).where(long_works.c.finished_at.is_(None), long_works.c.state != "paused", is_due)


def _addresses() -> Select[tuple[str]]:
    """Connections with an event that is due for their address, without the addresses that failed just now."""
    found = _each(outgoing_webhooks.c.connection_id, _is(outgoing_webhooks.c.state, "waiting"), "with_outgoing").subquery()
    mine = (outgoing_webhooks.c.connection_id == found.c.key, _is(outgoing_webhooks.c.state, "waiting"))
    is_due = _some(select(outgoing_webhooks.c.id).where(*mine, outgoing_webhooks.c.due_at <= _NOW), outgoing_webhooks.c.due_at)
    blocked = select(outgoing_addresses.c.connection_id).where(
        outgoing_addresses.c.connection_id == found.c.key, outgoing_addresses.c.blocked_until > _NOW
    )
    return select(found.c.key).where(is_due, ~blocked.exists())


def _named(task: Task, query: Select[tuple[str]]) -> Select[tuple[str, str]]:
    return query.with_only_columns(
        literal(task.value, String, literal_execute=True).label("task"), query.selected_columns[0].label("key")
    )


_PLACES = [and_(jobs.c.suspect == suspect, jobs.c.priority == priority) for suspect in (0, 1) for priority in PRIORITIES]
"""The beginnings of the index of waiting jobs: thousands of jobs of another connection are not looked at."""
_SIGNS = select(
    _some(select(inbox.c.id).where(_is(inbox.c.state, EventState.PARKED), inbox.c.due_at <= _NOW), inbox.c.due_at),
    _some(
        select(stock_levels.c.id).where(_is(stock_levels.c.state, "parked"), stock_levels.c.due_at <= _NOW), stock_levels.c.due_at
    ),
    _some(select(run_parts.c.id).where(_is(run_parts.c.state, PartState.WORKING))),
    _some(select(run_rows.c.id).where(run_rows.c.finished_at.is_(None))),
)
"""In the order of `Sign`."""

_WAITING = union_all(
    _named(Task.INGEST, _each(inbox.c.connection_id, _is(inbox.c.state, EventState.RECEIVED), "with_events")),
    _named(Task.STOCK, _each(stock_levels.c.connection_id, _is(stock_levels.c.state, "waiting"), "with_quantities")),
    _named(Task.DRAIN, _lanes()),
    _named(Task.POLL, _parts_to_read()),
    _named(Task.LONG_WORK, _long_works()),
    _named(Task.OUTGOING, _addresses()),
)
_POLLS = (
    select(cursors.c.connection_id, cursors.c.process)
    .where(cursors.c.next_poll_at <= _NOW)
    .order_by(cursors.c.next_poll_at, cursors.c.connection_id, cursors.c.process)
)
