"""Lanes as operators see them: what waits in them and for how long, who works on them, and what keeps them from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.engine.core.circuit import (
    CALLS,
    OF_SHOPS,
    OF_WAREHOUSES,
    READS,
    TO_SHOP,
    all_keys,
    all_paused,
    key_for,
    of_source,
    of_warehouse,
)
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import NotFound
from app.records import connections
from app.records.connection_lanes import DRAFT_LANE, SHOP_LANE, shop_lane
from app.records.connections import Connection
from app.storage.audit.changes import Change, note
from app.storage.side_tables import leases
from app.storage.tables import budgets as budget_rows
from app.storage.tables import jobs, lanes
from app.storage.types import db_now, spelled

TO_WAREHOUSE = ("cancellations", "orders", "articles")
"""What every lane of a goods owner shows, even when none of it waits."""
OPEN = (JobState.WAITING, JobState.PARKED, JobState.RUNNING, JobState.HELD, JobState.DEAD)
CANCELLATION = 0
"""The priority of an order that is taken back."""


@dataclass(frozen=True)
class Blocked:
    """A method of the WMS or the shop with failures in a row. It is not called until `until` (UTC)."""

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
    """All lanes by key. One that no connection uses is left out, unless something in it is not done. A draft uses none
    before it was tested."""
    async with gateway.database.read() as db:
        on_lanes = await connections.every(db, gateway.vault)
        rows = await db.execute(select(lanes.c.key, lanes.c.paused, lanes.c.pause_reason).order_by(lanes.c.key))
        stored = [_Stored(row.key, row.paused, row.pause_reason) for row in rows]
        held = list(await db.execute(select(leases.c.key, leases.c.until).where(leases.c.until > db_now())))
        counts = await _counts(db)
        until = {each.key: each.until for each in held}
        failing = await _failing(db)
        now = gateway.clock()
        on = {lane.key: [each for each in on_lanes if _is_on(each, lane.key)] for lane in stored}
        unfinished = {each.lane for each in counts}
        used = {lane.key for lane in stored if on[lane.key] and not lane.key.startswith(DRAFT_LANE)}
        shown = [lane for lane in stored if lane.key in used | unfinished]
        return [_lane(lane, on[lane.key], counts, until, _blocked(lane.key, on[lane.key], failing, now)) for lane in shown]


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
    # One state at a time: none is read for what is done.
    by_state = union_all(*(counted.where(jobs.c.state == each).group_by(*places) for each in spelled(*OPEN)))
    return [
        _Count(row.lane, JobState(row.state), Process(row.process), row.priority, row.n, row.since)
        for row in await db.execute(by_state)
    ]


@dataclass(frozen=True)
class _Stored:
    """A lane's own row."""

    key: str
    paused: bool
    pause_reason: str | None


def _lane(
    lane: _Stored,
    on_it: Sequence[Connection],
    counts: Sequence[_Count],
    held: dict[str, datetime],
    blocked: tuple[Blocked, ...],
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
        blocked=blocked,
    )


@dataclass(frozen=True)
class _Failing:
    """A counter with failures in a row."""

    failures: int
    until: datetime | None
    error: str | None


async def _failing(db: AsyncConnection) -> dict[str, _Failing]:
    """By key. Reads nothing of calls that went well."""
    columns = (budget_rows.c.key, budget_rows.c.failures, budget_rows.c.blocked_until, budget_rows.c.last_error)
    rows = await db.execute(select(*columns).where(text("failures > 0")))
    return {key: _Failing(failures, until, error) for key, failures, until, error in rows}


def _blocked(lane: str, on_it: Sequence[Connection], failing: dict[str, _Failing], now: datetime) -> tuple[Blocked, ...]:
    """The blocked methods of the system that the lane writes to, without the user names that are in the keys."""
    if lane.startswith(SHOP_LANE):
        calls = {key_for(of_source(each), call): call for each in on_it for call in OF_SHOPS}
    else:
        calls = all_keys(on_it, CALLS.keys() - TO_SHOP)
    reads = {key_for(of_warehouse(each), READS) for each in on_it}
    locked_out = {key for key in reads if key in failing and (until := failing[key].until) is not None and until > now}
    named = calls | dict.fromkeys(sorted(locked_out), READS)
    return tuple(
        Blocked(named[key], failing[key].failures, failing[key].until, failing[key].error)
        for key in (*sorted(calls), *sorted(locked_out))
        if key in failing
    )


@dataclass(frozen=True)
class PausedCall:
    """A call that a connection does not make before `until` (UTC), and what the system said last."""

    call: str
    failures: int
    until: datetime
    error: str
    words: str
    fix: str


async def paused_calls(db: AsyncConnection, connection: Connection, now: datetime) -> tuple[PausedCall, ...]:
    """The calls that this connection cannot make now, to its shop and to the WMS."""
    of_shop = {key_for(of_source(connection), call): call for call in OF_SHOPS}
    of_wms = {key_for(of_warehouse(connection), call): call for call in OF_WAREHOUSES}
    calls, noun = of_shop | of_wms, connection.system.noun
    paused = await all_paused(db, calls, now)
    return tuple(
        PausedCall(
            calls[each.key],
            each.failures,
            each.until,
            each.error,
            each.said(calls[each.key], noun),
            f"any good answer of the {noun} ends it, also to a connection test" if each.key in of_shop else "wait until then",
        )
        for each in paused
    )


async def pause_lane(gateway: Gateway, lane: Lane, reason: str) -> None:
    """Nothing new is begun in the lane; what runs is finished."""
    await _set_paused(gateway, lane, True, reason)


async def resume_lane(gateway: Gateway, lane: Lane) -> None:
    await _set_paused(gateway, lane, False, None)
    await gateway.wake_ups.send(Task.DRAIN, lane.key)


async def _set_paused(gateway: Gateway, lane: Lane, paused: bool, reason: str | None) -> None:
    async with gateway.database.begin() as db:
        row = lanes.c.key == lane.key
        before = (await db.execute(select(lanes.c.paused, lanes.c.pause_reason).where(row).with_for_update())).first()
        await db.execute(update(lanes).where(row).values(paused=paused, pause_reason=reason))
        was, why = (before.paused, before.pause_reason) if before is not None else (None, None)
        changes = [Change("paused", was, paused)] if was is not paused else []
        changes += [Change("pause_reason", why, reason)] if why != reason else []
        note(db, f"lane {lane.key}", changes, connection_ids=lane.connection_ids or (None,))
