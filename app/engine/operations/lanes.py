"""Lanes as operators see them: what waits in them and for how long, who works on them, and what keeps them from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.calls import all_keys
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import NotFound
from app.records import connections
from app.records.connections import SHOP_LANE, Connection, shop_lane
from app.storage.tables import budgets as budget_rows
from app.storage.tables import jobs, lanes, leases
from app.storage.types import db_now

TO_WAREHOUSE = ("cancellations", "orders", "articles")
"""What every lane of a goods owner shows, none waiting included."""
CANCELLATION = 0
"""The priority of an order that is taken back."""


@dataclass(frozen=True)
class Blocked:
    """A method of the WMS with failures in a row; nothing is sent by it until `until` (UTC)."""

    call: str
    failures: int
    until: datetime | None
    error: str | None


@dataclass(frozen=True)
class Lane:
    """A goods owner's, or one shop's. `id` stands for the key in addresses.

    `waiting` by class; `oldest` is since when the longest waiting one waits (UTC).
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
        rows = list(await db.execute(select(lanes).order_by(lanes.c.key)))
        held = list(await db.execute(select(leases.c.key, leases.c.until).where(leases.c.until > db_now())))
        counts = list(await db.execute(_counts()))
        until = {each.key: each.until for each in held}
        return [await _lane(db, row, [each for each in on_lanes if _is_on(each, row.key)], counts, until) for row in rows]


def _is_on(connection: Connection, key: str) -> bool:
    return key in (connection.lane, shop_lane(connection.id))


async def find(gateway: Gateway, lane_id: str) -> Lane:
    """Raises NotFound."""
    for lane in await every(gateway):
        if lane.id == lane_id:
            return lane
    raise no_lane(lane_id)


def no_lane(lane_id: str) -> NotFound:
    """The same for one that is not there and for one that is not to be seen."""
    return NotFound(f"there is no lane {lane_id!r}", field="lane_id", fix="list them with GET /lanes")


def _counts() -> Any:
    places = (jobs.c.lane, jobs.c.state, jobs.c.process, jobs.c.priority)
    counted = select(*places, func.count().label("n"), func.min(jobs.c.ready_at).label("since"))
    return counted.where(jobs.c.state.in_(("waiting", "parked", "running", "held", "dead"))).group_by(*places)


async def _lane(
    db: AsyncConnection, row: Row[Any], on_it: Sequence[Connection], counts: Sequence[Row[Any]], held: dict[str, datetime]
) -> Lane:
    mine = [each for each in counts if each.lane == row.key]
    waiting = Counter(dict.fromkeys(() if row.key.startswith(SHOP_LANE) else TO_WAREHOUSE, 0))
    states = dict.fromkeys(("waiting", "parked", "running", "held", "dead"), 0)
    for each in mine:
        states[each.state] += each.n
        if each.state == "waiting":
            cancels = each.process == Process.ORDERS and each.priority == CANCELLATION
            waiting["cancellations" if cancels else each.process] += each.n
    return Lane(
        id=id_of(row.key),
        key=row.key,
        connection_ids=tuple(each.id for each in on_it),
        connections=tuple(each.name for each in on_it),
        paused=row.paused,
        pause_reason=row.pause_reason,
        waiting=dict(waiting),
        states=states,
        oldest=min((each.since for each in mine if each.state == "waiting"), default=None),
        worked_on=row.key in held,
        lease_until=held.get(row.key),
        blocked=await _blocked(db, on_it),
    )


async def _blocked(db: AsyncConnection, on_it: Sequence[Connection]) -> tuple[Blocked, ...]:
    """Without the keys' user names."""
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
