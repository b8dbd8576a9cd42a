"""The lease of a lane, together with what its worker must know: one statement takes or renews the lease and reads the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    ScalarSelect,
    String,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState
from app.engine.core.leases import Lease
from app.engine.jobs.claim import is_state
from app.errors import LeaseLost
from app.ids import unguessable
from app.storage.side_tables import leases
from app.storage.tables import budgets, jobs, lanes
from app.storage.types import UtcTime, db_now
from app.storage.upserts import insert_missing


@dataclass(frozen=True)
class LaneNow:
    """A lane under our lease.

    `turns`: how many jobs it has given out; `last_connection_id`: whose the last one was. `is_troubled`: a counter of its methods
    is not at zero. `has_due`: a parked job is due. `has_running`: a job is marked as running.
    """

    lease: Lease
    is_open: bool
    turns: int
    last_connection_id: str
    is_troubled: bool
    has_due: bool
    has_running: bool


@dataclass(frozen=True)
class Look:
    """What a statement on a lane's lease looks at besides: the counters of its methods, and what is due `now` (UTC)."""

    counters: Sequence[str]
    now: datetime

    def values(self, key: str) -> dict[str, Any]:
        return {"lane": key, "counters": list(self.counters), "now": self.now}


# --- the statements, built once -------------------------------------------------------------------------------------------

_KEY = bindparam("lane", type_=String())
_NOW = bindparam("now", type_=UtcTime())
_UNTIL = db_now(bindparam("seconds", type_=Float()))
_MINE = (leases.c.key == _KEY, leases.c.holder == bindparam("me"))
_IN_TROUBLE = or_(budgets.c.failures > 0, budgets.c.pauses > 0, budgets.c.blocked_until > _NOW)
_TROUBLES = select(func.count()).select_from(budgets).where(budgets.c.key.in_(bindparam("counters", expanding=True)), _IN_TROUBLE)


def _of_lane(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return select(column).where(lanes.c.key == _KEY).scalar_subquery()


def _there_is(state: JobState, *which: ColumnElement[bool], by: Sequence[ColumnElement[Any]] = ()) -> ColumnElement[bool]:
    """`by`: the rest of the index that finds it, so that the database never reads the table instead."""
    found = select(jobs.c.id).where(jobs.c.lane == _KEY, is_state(state), *which).order_by(*by).limit(1)
    return found.scalar_subquery().is_not(None)


_HAS_DUE = _there_is(JobState.PARKED, jobs.c.due_at <= _NOW, by=(jobs.c.due_at,))
_SHOWN = (
    leases.c.holder,
    leases.c.fence,
    _of_lane(lanes.c.paused).label("paused"),
    _of_lane(lanes.c.turns).label("turns"),
    _of_lane(lanes.c.last_connection_id).label("last_connection_id"),
    _TROUBLES.scalar_subquery().label("troubles"),
    _HAS_DUE.label("has_due"),
    _there_is(JobState.RUNNING).label("has_running"),
)
_IS_FREE = or_(leases.c.until.is_(None), leases.c.until < db_now())
# The row of a lease that another worker holds is written too, as it is. So this waits for a worker that is just giving the lease
# back: a wake-up that comes in that moment is not lost.
_ACQUIRE = (
    update(leases)
    .where(leases.c.key == _KEY)
    .values(
        holder=case((_IS_FREE, bindparam("me")), else_=leases.c.holder),
        until=case((_IS_FREE, _UNTIL), else_=leases.c.until),
        fence=case((_IS_FREE, leases.c.fence + 1), else_=leases.c.fence),
    )
    .returning(*_SHOWN)
)
_RENEW = update(leases).where(*_MINE, leases.c.until > db_now()).values(until=_UNTIL).returning(*_SHOWN)
_BY_TURN = (jobs.c.suspect, jobs.c.priority, jobs.c.connection_id, jobs.c.ready_at)
_HAS_WORK = or_(_there_is(JobState.WAITING, by=_BY_TURN), _HAS_DUE)
_CAME_AGAIN = _there_is(JobState.RUNNING, jobs.c.generation != jobs.c.taken_generation)
_KEPT = or_(bindparam("keep", type_=Boolean()), _HAS_WORK, _CAME_AGAIN)
# What is stored after this has looked finds the lease free: whoever wants it waits for the end of this transaction.
_RENEW_FOR_WORK = (
    update(leases)
    .where(*_MINE, leases.c.until > db_now())
    .values(holder=case((_KEPT, leases.c.holder), else_=null()), until=case((_KEPT, _UNTIL), else_=null()))
    .returning(*_SHOWN)
)
_RELEASE = update(leases).where(*_MINE).values(holder=None, until=None)


# --- what is done with it -------------------------------------------------------------------------------------------------


async def acquire(db: AsyncConnection, key: str, seconds: float, look: Look) -> LaneNow | None:
    """Takes the lane's lease in the caller's transaction. None when another worker holds it: then the caller rolls back."""
    me = unguessable()
    values = {**look.values(key), "me": me, "seconds": seconds}
    row = (await db.execute(_ACQUIRE, values)).first()
    if row is None:
        await insert_missing(db, leases, key=key, fence=0)
        row = (await db.execute(_ACQUIRE, values)).one()
    return _seen(Lease(key, me, int(row.fence), seconds), row) if row.holder == me else None


async def renew(db: AsyncConnection, lease: Lease, look: Look, at_least: float = 0.0) -> LaneNow:
    """Sets the lease's full time again, or `at_least` seconds if that is longer. Raises LeaseLost when it has run out.

    Nobody else takes the lease until the transaction ends, and whoever tries to waits for it.
    """
    values = {**look.values(lease.key), "me": lease.holder, "seconds": max(lease.seconds, at_least)}
    row = (await db.execute(_RENEW, values)).first()
    if row is None:
        raise LeaseLost(f"the lease on {lease.key} ran out")
    return _seen(lease, row)


async def renew_for_work(db: AsyncConnection, lease: Lease, look: Look, *, keep: bool) -> tuple[LaneNow, bool]:
    """Renews the lease if something waits in the lane or is due, else gives it back. Returns whether it was kept.

    `keep`: the caller is about to let something wait again. Raises LeaseLost when it has run out.
    """
    values = {**look.values(lease.key), "me": lease.holder, "seconds": lease.seconds, "keep": keep}
    row = (await db.execute(_RENEW_FOR_WORK, values)).first()
    if row is None:
        raise LeaseLost(f"the lease on {lease.key} ran out")
    return _seen(lease, row), row.holder is not None


async def give_back(db: AsyncConnection, lease: Lease) -> None:
    await db.execute(_RELEASE, {"lane": lease.key, "me": lease.holder})


def _seen(lease: Lease, row: Any) -> LaneNow:
    return LaneNow(
        lease=lease,
        is_open=row.paused is not None and not row.paused,
        turns=row.turns or 0,
        last_connection_id=row.last_connection_id or "",
        is_troubled=bool(row.troubles),
        has_due=bool(row.has_due),
        has_running=bool(row.has_running),
    )
