"""Long work on request: begun, paused, gone on with, stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.queue import LongWork, Task
from app.engine.core.runtime import Gateway
from app.engine.longwork import backfill
from app.engine.longwork.adopt import steps as adoption
from app.engine.longwork.reconcile.steps import steps_of
from app.errors import BadInput, Conflict, NotFound
from app.integrations.protocol.capabilities import NEEDED
from app.integrations.protocol.integration import can, refuse
from app.records.connections import Connection, Status
from app.records.longwork import works
from app.records.longwork.works import BEFORE_ACTIVATION, Work, WorkChange, WorkKind, WorkState
from app.storage.audit.changes import Change, note

LATE_MINUTES = 60
"""Default: an order that is on its way is stuck when it has been for so long."""
MOST_LATE_MINUTES = 30 * 24 * 60


@dataclass(frozen=True)
class Period:
    """Orders that were made in it (UTC). `until` None: up to now."""

    since: datetime
    until: datetime | None = None


async def reconcile(gateway: Gateway, connection: Connection, period: Period, late_minutes: int = LATE_MINUTES) -> Work:
    """Begins to compare shop and warehouse. Raises Conflict, BadInput."""
    if period.until is not None and period.until <= period.since:
        raise BadInput("until: the period ends before it begins", field="until", fix="give a later time, or leave it out")
    steps, notes = steps_of(connection)
    options = {
        "since": period.since.isoformat(),
        "until": (period.until or gateway.clock()).isoformat(),
        "late_minutes": late_minutes,
        "steps": list(steps),
    }
    return await _begin(gateway, connection, WorkKind.RECONCILE, options, notes)


async def start_backfill(gateway: Gateway, connection: Connection, since: datetime, *, dry_run: bool) -> Work:
    """Begins to transfer the orders made since then, or to show what would be. Raises Conflict, BadInput."""
    if not can(connection.system, Process.ORDERS):
        raise refuse(connection.system, NEEDED[Process.ORDERS], "connection")
    if since > gateway.clock():
        raise BadInput("since: this time is still to come", field="since", fix="give the day from which on orders are to come")
    if not dry_run and not connection.settings.processes.is_on(Process.ORDERS):
        raise Conflict(
            f"orders is switched off for {connection.name}",
            field="connection",
            fix=f"set settings.processes.orders to true with PATCH /connections/{connection.name}",
        )
    options = {"since": since.isoformat(), "dry_run": dry_run, "steps": list(backfill.STEPS)}
    return await _begin(gateway, connection, WorkKind.BACKFILL, options, ())


@dataclass(frozen=True)
class Adoption:
    """`since`: the shop's orders that were changed from then on (UTC). `apply` False: only shown.

    `trust_numbers`: an order that bears another system's id in the WMS is taken over too, when its lines or recipient agree.
    """

    since: datetime
    apply: bool = False
    trust_numbers: bool = False


async def adopt(gateway: Gateway, connection: Connection, asked: Adoption) -> Work:
    """Begins to take over what the WMS has already, or to show what would be. Raises Conflict, BadInput."""
    if asked.since > gateway.clock():
        raise BadInput("since: this time is still to come", field="since", fix="give the day from which on orders are looked at")
    steps, notes = adoption.steps_of(connection)
    if not steps:
        raise Conflict(
            f"articles and orders are both switched off for {connection.name}",
            field="connection",
            fix=f"set settings.processes.orders to true with PATCH /connections/{connection.name}",
        )
    options = {
        "since": asked.since.isoformat(),
        "apply": asked.apply,
        "dry_run": not asked.apply,
        "trust_numbers": asked.trust_numbers,
        "steps": list(steps),
    }
    return await _begin(gateway, connection, WorkKind.ADOPT, options, notes)


async def _begin(gateway: Gateway, connection: Connection, kind: WorkKind, options: dict[str, Any], notes: Sequence[str]) -> Work:
    if connection.status is not Status.ACTIVE and kind not in BEFORE_ACTIVATION:
        act = "resume" if connection.status is Status.PAUSED else "activate"
        raise Conflict(
            f"{connection.name} is {connection.status.value}",
            field="connection",
            fix=f"POST /connections/{connection.name}/{act}",
        )
    async with gateway.database.begin() as db:
        await works.lock_connection(db, connection.id)
        running = await works.open_one(db, kind, connection.id)
        if running is not None:
            raise Conflict(
                f"{kind.value} {running} of {connection.name} has not ended",
                field="connection",
                fix=f"wait for it (GET /{kind.value}/{running}), or end it: POST /{kind.value}/{running}/stop",
            )
        work_id = await works.create(db, kind, connection.id, options, gateway.clock())
        await works.change(db, work_id, WorkState.WAITING, notes=list(notes))
        asked = (Change("since", None, options["since"]), Change("dry_run", None, options.get("dry_run", True)))
        note(db, f"{kind.value} {work_id}", asked, connection_ids=(connection.id,))
        made = await works.find(db, work_id)
    assert made is not None
    await gateway.wake_ups.send(Task.LONG_WORK, LongWork(connection.id, work_id).key)
    return made


async def find(gateway: Gateway, kind: WorkKind, work_id: int, connection_ids: Sequence[str] | None) -> Work:
    """Raises NotFound, also for one of another connection than these (None: all)."""
    async with gateway.database.read() as db:
        found = await works.find(db, work_id, kind)
    if found is None or (connection_ids is not None and found.connection_id not in connection_ids):
        raise NotFound(f"there is no {kind.value} {work_id}", field="id", fix=f"list them with GET /{kind.value}")
    return found


async def pause(gateway: Gateway, work: Work) -> Work:
    """It stops before its next record. What is queued already still goes."""
    return await _move(gateway, work, WorkState.PAUSED, works.TO_WORK)


async def resume(gateway: Gateway, work: Work) -> Work:
    """It goes on where it was."""
    moved = await _move(gateway, work, WorkState.WAITING, (WorkState.PAUSED,))
    await gateway.wake_ups.send(Task.LONG_WORK, LongWork(work.connection_id, work.id).key)
    return moved


async def stop(gateway: Gateway, work: Work) -> Work:
    """It ends where it is. What it has done and found stays."""
    return await _move(gateway, work, WorkState.STOPPED, works.OPEN)


async def _move(gateway: Gateway, work: Work, to: WorkState, among: Sequence[WorkState]) -> Work:
    """Raises Conflict when it is in none of these states. To ask twice is no error."""

    async def change(db: AsyncConnection) -> bool:
        now = gateway.clock()
        values: WorkChange = {"state": to, "due_at": None}
        if to is WorkState.STOPPED:
            values["finished_at"] = now
        if not await works.change(db, work.id, *among, **values):
            return False
        if to is WorkState.STOPPED:
            await backfill.end_part(db, work, now)
        note(
            db,
            f"{work.kind.value} {work.id}",
            (Change("state", work.state.value, to.value),),
            connection_ids=(work.connection_id,),
        )
        return True

    moved = await gateway.database.run(change)
    after = await find(gateway, work.kind, work.id, None)
    same = after.state is to or (to is WorkState.WAITING and after.state is WorkState.RUNNING)
    if not moved and not same:
        raise Conflict(
            f"{work.kind.value} {work.id} is {after.state.value}", field="id", fix=f"look at it: GET /{work.kind.value}/{work.id}"
        )
    return after
