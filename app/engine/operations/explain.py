"""What happens next with a record, and why: read from its job, its lane and the WMS's failure budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Kind
from app.engine.core import circuit
from app.engine.core.circuit import TO_SHOP, keys_of
from app.engine.core.runtime import Gateway
from app.engine.operations.records import RELEASABLE
from app.flows.outcomes import Transfer
from app.flows.report import Delivery
from app.records import jobs
from app.records.connections import Connection, Status
from app.records.jobs import ListedJob
from app.records.mappings import Mapping
from app.storage.tables import lanes


@dataclass(frozen=True)
class Next:
    """One sentence, a stable code for it, and when (UTC). None: as soon as the lane gets there, or when somebody acts."""

    code: str
    text: str
    at: datetime | None = None


async def what_next(gateway: Gateway, mapping: Mapping) -> Next:
    """Says what happens next with the mapping's record."""
    connection = await gateway.connection(mapping.connection_id)
    async with gateway.database.read() as db:
        found = await jobs.of_mapping(db, mapping.id)
        job = next((each for each in found if each.state is not JobState.DONE), None)
        if job is None:
            return _nothing_waits(mapping, connection)
        if job.state in (JobState.WAITING, JobState.PARKED):
            pause = timedelta(seconds=gateway.settings.budget_pause_seconds)
            return await _waiting(db, job, connection, gateway.clock(), pause)
    return _standing(job, connection.system.noun)


def _nothing_waits(mapping: Mapping, connection: Connection) -> Next:
    """What comes next when nothing waits in the gateway: it comes from the warehouse or the shop."""
    noun = connection.system.noun
    if mapping.transfer == Transfer.NONE and mapping.reason:
        return Next("nothing", f"Nothing, until it changes in the {noun} or a setting does: {mapping.reason}")
    is_there = mapping.kind == Kind.ORDER and mapping.transfer == Transfer.SENT and mapping.wanted == "present"
    if not (is_there and connection.settings.processes.shipments):
        return Next("nothing", f"Nothing, until it changes in the {noun}")
    match mapping.delivery:
        case None | Delivery.NONE:
            return Next("with-the-warehouse", f"The {noun} is told when the warehouse has sent it")
        case Delivery.WAITING:
            days = connection.settings.shipments.watch_days
            return Next("awaiting-tracking", f"It is read again for its tracking number, up to {days:g} days after it was sent")
        case Delivery.PARTLY:
            rest = f"The {noun} is told of the rest, and the order closed, when the warehouse has sent it"
            return Next("awaiting-rest", f"{rest}. If it will not come: POST /mappings/{mapping.id}/close-short")
        case _:
            return Next("nothing", f"Nothing, until it changes in the {noun} or a further tracking number comes")


def _standing(job: ListedJob, noun: str) -> Next:
    match job.state:
        case JobState.RUNNING:
            return Next("running", f"It is being sent to {_where(job, noun)} right now")
        case JobState.HELD if job.reason_code in RELEASABLE and job.process in TO_SHOP:
            return Next("held", f"Nothing, until an operator releases or resolves it, or the warehouse changes it: {job.reason}")
        case JobState.HELD if job.process in TO_SHOP:
            return Next("held", f"Nothing, until an operator resolves it or has it read again: {job.reason}")
        case JobState.HELD if job.reason_code in RELEASABLE:
            return Next("held", f"Nothing, until an operator releases or resolves it, or it changes in the {noun}: {job.reason}")
        case JobState.HELD:
            return Next("held", f"Nothing, until it is corrected in the {noun} and comes in again, or is resolved: {job.reason}")
        case _:
            return Next("dead", f"Nothing, until it is replayed or resolved, or changes in the {noun}: {job.reason}")


def _where(job: ListedJob, noun: str) -> str:
    return f"the {noun}" if job.process in TO_SHOP else "the warehouse"


async def _waiting(db: AsyncConnection, job: ListedJob, connection: Connection, now: datetime, pause: timedelta) -> Next:
    if connection.status is not Status.ACTIVE:
        return Next("connection-paused", f"It waits until the connection is active again; it is {connection.status.value}")
    lane = (await db.execute(select(lanes).where(lanes.c.key == job.lane))).first()
    if lane is not None and lane.paused:
        return Next("lane-paused", f"It waits until its lane is resumed: {lane.pause_reason or 'paused by an operator'}")
    keys = keys_of(connection, job.process)
    paused = await circuit.longest_pause(db, keys, now)
    if paused is not None:
        noun = connection.system.noun
        call = circuit.CALLS[job.process][keys.index(paused.key)]
        ends = f". It goes on at once when the {noun} answers any call well" if job.process in TO_SHOP else ""
        return Next(
            "method-paused",
            f"It waits until {_where(job, noun)} may be called again: {paused.said(call, noun)}{ends}",
            paused.until,
        )
    if job.suspect and await circuit.has_just_failed(db, keys, now - pause):
        return Next("suspect", "It was refused before: it goes again after a call that went well, or after a pause")
    if job.state is JobState.PARKED:
        return Next("another-try", f"Another try, number {job.tries + 1}: {job.reason}", job.due_at)
    return Next("turn", f"It is sent to {_where(job, connection.system.noun)} as soon as its turn comes in the lane")
