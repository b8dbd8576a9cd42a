"""What an operator does to one record: resync, release, resolve. Each may be done twice without doing anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState, Kind, Process
from app.domain.record import process_of
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.core.sources import record_source
from app.engine.dispatch import unsettled
from app.engine.dispatch.reports import stored_shipments
from app.engine.jobs import enqueue, events
from app.engine.jobs.enqueue import EnqueueResult, Found, FoundBy, RecordChange, Verdict
from app.engine.jobs.events import Ending, events_wait_again
from app.engine.jobs.job_rows import AGAIN
from app.engine.jobs.mapper import enriched, map_record
from app.engine.jobs.report_jobs import close_short as close_report
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.operations.explaining.possible import (
    OPEN_STATES,
    cancel_refused,
    release_refused,
    reported_just_now,
    resolve_refused,
    rest_refused,
)
from app.engine.operations.purchases import orders as purchase_orders
from app.engine.polling import deep_sweep
from app.engine.returning.reporting import resolve_returns
from app.errors import NotFound
from app.flows.outcomes import Outcome, Transfer, explained
from app.flows.report import Delivery
from app.flows.rest import RestOrder, begun, rest_of
from app.integrations.protocol.source import DoubtsGone
from app.records import deliveries, mappings
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.records.jobs import Job, locked_of_mapping
from app.records.mappings import Mapping, MappingChange, Note
from app.records.stock import levels, sold
from app.storage.audit.changes import Change, note
from app.storage.tables import jobs

TOLD = (Process.SHIPMENTS, Process.RETURNS, Process.IMPORT_STATUS)
"""What the outside system is told of an order, as its mapping shows."""


async def mapping_of(gateway: Gateway, mapping_id: int) -> Mapping:
    """Raises NotFound."""
    async with gateway.database.read() as db:
        found = await mappings.by_id(db, mapping_id)
    if found is None:
        raise no_mapping(mapping_id)
    return found


def no_mapping(mapping_id: int) -> NotFound:
    """One error for a mapping that is not there and for one that the key may not see."""
    return NotFound(f"there is no mapping {mapping_id}", field="mapping_id", fix="find it with GET /mappings?number=…")


async def resync(gateway: Gateway, mapping_id: int) -> EnqueueResult:
    """Reads the record from the shop now, and queues it even if it has not changed.

    Raises NotFound, RemoteError, and BadInput when the system cannot be asked for one record.
    """
    mapping = await mapping_of(gateway, mapping_id)
    connection = await gateway.connection(mapping.connection_id)
    process = process_of(Kind(mapping.kind))
    if process is Process.PURCHASE_ORDERS:
        return await purchase_orders.send_again(gateway, connection, mapping.source_id)
    record = await record_source(gateway, connection, "mapping_id").read(process, mapping.source_id)
    asked = Found(FoundBy.OPERATOR, forced=True)
    if record is None and process is Process.ORDERS and _is_doubted(gateway, connection):
        async with gateway.database.begin() as db:
            await deep_sweep.ask_again(db, connection, mapping.source_id, gateway.clock())
            _note(db, mapping, Change("resync", None, Verdict.NOT_WANTED.value))
        return EnqueueResult(Verdict.NOT_WANTED, f"The {connection.system.noun} says that it has none; the next poll asks again")
    if record is None:
        async with gateway.database.begin() as db:
            enqueued = await enqueue.enqueue_gone(db, connection, process, mapping.source_id, asked, gateway.clock())
            _note(db, mapping, Change("resync", None, enqueued.verdict.value))
    else:
        full = await enriched(gateway, connection, record)
        change = RecordChange(full, map_record(connection, full), asked, read_now=True)
        async with gateway.database.begin() as db:
            enqueued = await enqueue.enqueue_change(db, connection, change, gateway.clock())
            _note(db, mapping, Change("resync", None, enqueued.verdict.value))
            # A person asked for it, so a job that waits until its next try need not wait for it.
            await db.execute(
                update(jobs)
                .where(jobs.c.id == enqueued.job_id, jobs.c.state.in_(JobState.WAITING.sources(JobState.PARKED)))
                .values(state=JobState.WAITING, due_at=None)
            )
    await _report_again(gateway, mapping)
    await _write_stock_again(gateway, mapping)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    return enqueued


def _note(db: AsyncConnection, mapping: Mapping, *changes: Change) -> None:
    """Keeps what somebody did about a record, by its number in the shop."""
    subject = f"{mapping.kind} {mapping.source_number or mapping.source_id}"
    note(db, subject, changes, connection_ids=(mapping.connection_id,))


def _is_doubted(gateway: Gateway, connection: Connection) -> bool:
    """Whether the system's "no such record" is no proof at once."""
    source = gateway.source(connection)
    return isinstance(source, DoubtsGone) and source.polls_until_gone > 1


async def _report_again(gateway: Gateway, mapping: Mapping) -> None:
    """Tries failed reports again as well: what the shop lacked may be there now. So is an order that was sent in part: the
    connection may have another policy for its rest now."""
    now = gateway.clock()
    async with gateway.database.begin() as db:
        for job in await locked_of_mapping(db, mapping.id):
            if job.process not in TOLD:
                continue
            if job.state is JobState.PARKED and await unsettled.may_be_under_way(db, job.id, now):
                continue  # it is looked up when its call must be over
            is_short = job.process is Process.SHIPMENTS and mapping.delivery == Delivery.PARTLY
            states = (JobState.HELD, JobState.DEAD, JobState.PARKED, *((JobState.DONE,) if is_short else ()))
            is_stuck = jobs.c.state.in_(JobState.WAITING.sources(*states))
            again = {**AGAIN, "ready_at": now, "updated_at": now}
            await db.execute(update(jobs).where(jobs.c.id == job.id, is_stuck).values(**again))
    await gateway.wake_ups.send(Task.DRAIN, shop_lane(mapping.connection_id))


async def _write_stock_again(gateway: Gateway, mapping: Mapping) -> None:
    """Tries a quantity again that the shop did not take."""
    if mapping.kind != Kind.ARTICLE:
        return
    connection = await gateway.connection(mapping.connection_id)
    async with gateway.database.begin() as db:
        again = await levels.write_again(db, connection.id, connection.lane, mapping.source_id, gateway.clock())
    if again:
        await gateway.wake_ups.send(Task.STOCK, connection.id)


async def release(gateway: Gateway, mapping_id: int) -> None:
    """Lets a held record through in spite of what holds it. Raises NotFound, and Conflict when a release cannot help."""
    mapping = await mapping_of(gateway, mapping_id)
    noun = (await gateway.connection(mapping.connection_id)).system.noun
    now = gateway.clock()
    async with gateway.database.begin() as db:
        job = next((each for each in await locked_of_mapping(db, mapping.id) if each.state is JobState.HELD), None)
        if refusal := release_refused(mapping_id, job, noun):
            raise refusal.raised()
        assert job is not None
        override = None if job.reason_code == "brake" else "release"
        again = {**AGAIN, "override": override, "ready_at": now, "updated_at": now}
        is_held = jobs.c.state.in_(JobState.WAITING.sources(JobState.HELD))
        done = await db.execute(update(jobs).where(jobs.c.id == job.id, is_held).values(**again))
        if done.rowcount:
            await events_wait_again(db, job.id, EventState.HELD)
            await mappings.note(
                db, mapping.id, now, Note("released", f"Released by an operator ({job.reason_code})", job_id=job.id)
            )
            _note(db, mapping, *_ended(job, JobState.WAITING, None))
    await gateway.wake_ups.send(Task.DRAIN, job.lane)


async def close_short(gateway: Gateway, mapping_id: int, *, cancel_rest: bool = False) -> tuple[RestOrder, ...]:
    """Closes an order of which the warehouse has sent a part: the rest will not come, and the shop is told that it is completed.

    With `cancel_rest` the rest is cancelled in the WMS first, and the shop told when that is done. Returns the WMS's orders from
    which a rest may come; those that cannot be cancelled keep the order open.
    Raises NotFound, and Conflict for an order that does not wait for a rest, or whose rest cannot be cancelled.
    """
    connection = await gateway.connection((await mapping_of(gateway, mapping_id)).connection_id)
    now = gateway.clock()
    rest: tuple[RestOrder, ...] = ()
    async with gateway.database.begin() as db:
        mapping = await mappings.by_id(db, mapping_id, lock=True)
        if refusal := rest_refused(mapping):
            raise refusal.raised()
        assert mapping is not None
        if cancel_rest:
            rest = rest_of(await stored_shipments(db, connection, mapping), connection.settings.warehouse)
        _note(db, mapping, Change("close-short", None, "rest cancelled first" if rest else "closed with what was sent"))
        if rest:
            await _ask_to_cancel(db, connection, mapping, rest, now)
        elif not await close_report(db, mapping_id, "Closed by an operator with what was sent: the rest will not come", now):
            raise reported_just_now().raised()
    await gateway.wake_ups.send(Task.DRAIN, connection.lane if rest else shop_lane(mapping.connection_id))
    return rest


async def _ask_to_cancel(
    db: AsyncConnection, connection: Connection, mapping: Mapping, rest: Sequence[RestOrder], now: datetime
) -> None:
    """Queues the cancellations in the WMS's lane. Raises Conflict when there is none to make."""
    if refusal := cancel_refused(rest):
        raise refusal.raised()
    cannot = [begun(each.number, each.status) for each in rest if not each.can_be_cancelled]
    asked = [each for each in rest if each.can_be_cancelled]
    for each in asked:
        await deliveries.ask_cancellation(db, mapping.id, each.wms_order_id, now)
    await enqueue_report(db, connection, Process.ACKNOWLEDGEMENTS, mapping, now)
    words = f"An operator has the rest cancelled in the warehouse: order {', '.join(each.number for each in asked)}"
    await mappings.note(db, mapping.id, now, Note("cancel-rest", ". ".join((words, *map(explained, cannot)))))


async def resolve(gateway: Gateway, mapping_id: int, reason: str) -> None:
    """Declares the record resolved as it is; nothing is sent. The next change in the shop is handled as usual."""
    mapping = await mapping_of(gateway, mapping_id)
    now = gateway.clock()
    connection = await gateway.connection(mapping.connection_id)
    text = f"Settled by an operator: {reason}"
    async with gateway.database.begin() as db:
        mapping = await mappings.by_id(db, mapping_id, lock=True) or mapping
        found = [each for each in await locked_of_mapping(db, mapping.id) if each.state in OPEN_STATES]
        if refusal := resolve_refused(found):
            raise refusal.raised()
        for job in found:
            await _end(db, job, text, now)
            await events_wait_again(db, job.id, EventState.HELD, EventState.DEAD)
            ending = Ending(job.id, job.generation, Outcome.SKIPPED, "resolved", text)
            await events.finish_events(db, ending, now, connection.name)
        values: MappingChange = {}
        own = next((job for job in found if job.process == process_of(Kind(mapping.kind))), None)
        if own is not None:
            values |= {"reason_code": "resolved", "reason": text, **await _resolved(db, mapping, own)}
            await sold.unsold(db, mapping.lane, mapping.id, now, settled=True)
        if any(job.process in TOLD for job in found):
            values |= {"delivery_code": "resolved", "delivery_reason": text}
        if any(job.process == Process.RETURNS for job in found):
            await resolve_returns(db, connection, mapping, await stored_shipments(db, connection, mapping), now)
        if any(job.process == Process.SHIPMENTS for job in found):
            values["delivery"] = Delivery.REPORTED
        await mappings.change(db, mapping.id, now, **values)
        await mappings.note(db, mapping.id, now, Note("resolved", text, job_id=found[0].id))
        _note(db, mapping, *(change for job in found for change in _ended(job, JobState.DONE, "resolved")))


def _ended(job: Job, state: JobState, code: str | None) -> tuple[Change, ...]:
    was = job.state
    return Change(f"{job.process}.state", was.value, state.value), Change(f"{job.process}.reason_code", job.reason_code, code)


async def _end(db: AsyncConnection, job: Job, text: str, now: datetime) -> None:
    ended: dict[str, Any] = {"state": JobState.DONE, "done_generation": job.generation, "tries": 0, "suspect": 0, "due_at": None}
    ended |= {"override": None, "received_at": None, "reason_code": "resolved", "reason": text, "updated_at": now}
    await db.execute(update(jobs).where(jobs.c.id == job.id, jobs.c.state.in_(OPEN_STATES)).values(**ended))


async def _resolved(db: AsyncConnection, mapping: Mapping, job: Job) -> MappingChange:
    """A record that is known to be in the WMS stays sent. An unknown outcome stays unknown, and is read before the next write."""
    attempt_id = await unsettled.attempt_of(db, job)
    if attempt_id is not None or mapping.transfer == Transfer.UNKNOWN:
        return {"transfer": Transfer.UNKNOWN, "unsettled_attempt_id": attempt_id}
    return {"transfer": Transfer.NONE if mapping.wms_id is None else Transfer.SENT}
