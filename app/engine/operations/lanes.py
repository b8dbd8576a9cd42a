"""Lanes as operators see them: what waits in them and for how long, who works on them, and what keeps them from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.engine.core.circuit import all_keys
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import NotFound
from app.records import connections
from app.records.connections import SHOP_LANE, Connection, shop_lane
from app.storage.tables import budgets as budget_rows
from app.storage.tables import jobs, lanes, leases
from app.storage.types import db_now

TO_WAREHOUSE = ("cancellations", "orders", "articles")
"""What every lane of a goods owner shows, even when none of it waits."""
OPEN = (JobState.WAITING, JobState.PARKED, JobState.RUNNING, JobState.HELD, JobState.DEAD)
CANCELLATION = 0
"""The priority of an order that is taken back."""


@dataclass(frozen=True)
class Blocked:
    """A method of the WMS with failures in a row. It is not called until `until` (UTC)."""

    call: str
    failures: int
    until: datetime | None
    error: str | None


@dataclass(frozen=True)
class Lane:
    """A goods owner's lane, or a shop's. `id` stands for the key in addresses.

    `waiting` counts by class. `oldest` is since when the longest waiting job waits (UTC).
    """

    id: str
    key: str
    connection_ids: tuple[str, ...]
    connections: tuple[str, ...]
    paused: bool
    pause_reason: str | None
    waiting: dict[str, int]
    states: dict[str, int]
    oldest: datetime | None
    worked_on: bool
    lease_until: datetime | None
    blocked: tuple[Blocked, ...]


def id_of(key: str) -> str:
    """Short and stable; the key itself holds slashes."""
    return f"lane_{hashlib.sha256(key.encode()).hexdigest()[:12]}"


async def every(gateway: Gateway) -> list[Lane]:
    """All lanes by key."""
    async with gateway.database.read() as db:
        on_lanes = await connections.every(db, gateway.vault)
        rows = await db.execute(select(lanes.c.key, lanes.c.paused, lanes.c.pause_reason).order_by(lanes.c.key))
        stored = [_Stored(row.key, row.paused, row.pause_reason) for row in rows]
        held = list(await db.execute(select(leases.c.key, leases.c.until).where(leases.c.until > db_now())))
        counts = await _counts(db)
        until = {each.key: each.until for each in held}
        return [await _lane(db, lane, [each for each in on_lanes if _is_on(each, lane.key)], counts, until) for lane in stored]


def _is_on(connection: Connection, key: str) -> bool:
    return key in (connection.lane, shop_lane(connection.id))


async def find(gateway: Gateway, lane_id: str) -> Lane:
    """Raises NotFound."""
    for lane in await every(gateway):
        if lane.id == lane_id:
            return lane
    raise no_lane(lane_id)


def no_lane(lane_id: str) -> NotFound:
    """One error for a lane that is not there and for one that the key may not see."""
    return NotFound(f"there is no lane {lane_id!r}", field="lane_id", fix="list them with GET /lanes")


@dataclass(frozen=True)
class _Count:
    """Jobs of one lane, state, process and priority; the oldest of them is ready since `since`."""

    lane: str
    state: JobState
    process: Process
    priority: int
    n: int
    since: datetime


async def _counts(db: AsyncConnection) -> list[_Count]:
    places = (jobs.c.lane, jobs.c.state, jobs.c.process, jobs.c.priority)
    counted = select(*places, func.count().label("n"), func.min(jobs.c.ready_at).label("since"))
    counted = counted.where(jobs.c.state.in_(OPEN)).group_by(*places)
    return [
        _Count(row.lane, JobState(row.state), Process(row.process), row.priority, row.n, row.since)
        for row in await db.execute(counted)
    ]


@dataclass(frozen=True)
class _Stored:
    """A lane's own row."""

    key: str
    paused: bool
    pause_reason: str | None


async def _lane(
    db: AsyncConnection, lane: _Stored, on_it: Sequence[Connection], counts: Sequence[_Count], held: dict[str, datetime]
) -> Lane:
    mine = [each for each in counts if each.lane == lane.key]
    waiting = Counter(dict.fromkeys(() if lane.key.startswith(SHOP_LANE) else TO_WAREHOUSE, 0))
    states = dict.fromkeys((state.value for state in OPEN), 0)
    for each in mine:
        states[each.state] += each.n
        if each.state is JobState.WAITING:
            cancels = each.process is Process.ORDERS and each.priority == CANCELLATION
            waiting["cancellations" if cancels else each.process.value] += each.n
    return Lane(
        id=id_of(lane.key),
        key=lane.key,
        connection_ids=tuple(each.id for each in on_it),
        connections=tuple(each.name for each in on_it),
        paused=lane.paused,
        pause_reason=lane.pause_reason,
        waiting=dict(waiting),
        states=states,
        oldest=min((each.since for each in mine if each.state is JobState.WAITING), default=None),
        worked_on=lane.key in held,
        lease_until=held.get(lane.key),
        blocked=await _blocked(db, on_it),
    )


async def _blocked(db: AsyncConnection, on_it: Sequence[Connection]) -> tuple[Blocked, ...]:
    """The blocked methods, without the user names that are in the keys."""
    calls = all_keys(on_it)
    query = select(budget_rows).where(budget_rows.c.key.in_(calls), budget_rows.c.failures > 0).order_by(budget_rows.c.key)
    found = await db.execute(query)
    return tuple(Blocked(calls[row.key], row.failures, row.blocked_until, row.last_error) for row in found)


async def pause_lane(gateway: Gateway, key: str, reason: str) -> None:
    """Nothing new is begun in the lane; what runs is finished."""
    async with gateway.database.begin() as db:
        await db.execute(update(lanes).where(lanes.c.key == key).values(paused=True, pause_reason=reason))


async def resume_lane(gateway: Gateway, key: str) -> None:
    async with gateway.database.begin() as db:
        await db.execute(update(lanes).where(lanes.c.key == key).values(paused=False, pause_reason=None))
    await gateway.wake_ups.send(Task.DRAIN, key)
