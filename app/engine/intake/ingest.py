"""From events to jobs. Reads the record in the shop where a webhook says too little."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, Process, SourceRecord
from app.engine.core import failpoints, leases
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import enqueue
from app.engine.jobs import events as event_states
from app.engine.jobs.enqueue import Found, FoundBy, RecordChange, Verdict
from app.engine.jobs.mapper import enriched, map_record
from app.errors import LeaseLost, LoginRefused, RateLimited, Refused, RemoteError
from app.integrations.protocol import Announced, NotOurs, ReadNeeded, SweepNeeded
from app.logs import get_logger
from app.metrics import ALERTS
from app.records import alerts, cursors
from app.records import events as event_records
from app.records.connections import Connection, Status
from app.records.events import Event
from app.storage.outages import UNSTORABLE, is_passing
from app.storage.tables import inbox

log = get_logger(__name__)

BATCH_BYTES = 8 * 1024 * 1024
"""Most bytes of bodies taken at a time."""


@dataclass(frozen=True)
class Ready:
    """An event with all that is needed to decide it. `gone`: the shop has no such record any more."""

    event: Event
    change: RecordChange | None = None
    gone: ReadNeeded | None = None


async def ingest(gateway: Gateway, connection_id: str) -> int:
    """Takes in the connection's waiting events. Returns how many, and 0 at once when another holds the lease."""
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE:
        return 0
    lease = await leases.acquire(gateway.database, f"ingest:{connection_id}", gateway.settings.lease_seconds)
    if lease is None:
        return 0
    taken_in, ends = 0, time.monotonic() + gateway.settings.slice_seconds
    try:
        async with leases.kept(gateway.database, lease):
            while not gateway.stopping:
                events = await _waiting(gateway, connection_id, lease)
                if not events:
                    break
                await _ingest_batch(gateway, connection, events)
                await gateway.wake_ups.send(Task.DRAIN, connection.lane)
                taken_in += len(events)
                if time.monotonic() >= ends:
                    break
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
        return taken_in
    finally:
        await leases.release(gateway.database, lease)
    if not gateway.stopping and await _any_waiting(gateway, connection_id):
        await gateway.wake_ups.send(Task.INGEST, connection_id)
    return taken_in


def _ready(connection_id: str) -> tuple[Any, ...]:
    return (inbox.c.connection_id == connection_id, inbox.c.state == EventState.RECEIVED)


async def _waiting(gateway: Gateway, connection_id: str, lease: Lease) -> list[Event]:
    """Selects by state, never by "id greater than the last": ids are not committed in order."""
    async with gateway.database.begin() as db:
        await leases.renew(db, lease)
        sizes = select(inbox.c.id, inbox.c.size).where(*_ready(connection_id)).order_by(inbox.c.id)
        rows = [(row.id, row.size) for row in await db.execute(sizes.limit(gateway.settings.ingest_batch))]
        return await event_records.undecided(db, _as_many_as_fit(rows))


def _as_many_as_fit(sizes: list[tuple[int, int]]) -> list[int]:
    """Takes (id, bytes) pairs. Returns ids with at most BATCH_BYTES together, but always at least one."""
    chosen: list[int] = []
    total = 0
    for event_id, size in sizes:
        total += size
        if chosen and total > BATCH_BYTES:
            break
        chosen.append(event_id)
    return chosen


async def _any_waiting(gateway: Gateway, connection_id: str) -> bool:
    async with gateway.database.read() as db:
        return await db.scalar(select(inbox.c.id).where(*_ready(connection_id)).limit(1)) is not None


async def _ingest_batch(gateway: Gateway, connection: Connection, events: list[Event]) -> None:
    """Reads first, outside any transaction. Then decides and queues all events in one. If that fails, one by one."""
    ready = []
    for event in events:
        prepared = await _prepare(gateway, connection, event)
        if prepared is not None:
            ready.append(prepared)
    unsure = await _decide(gateway, connection, ready)
    again = []
    for one in unsure:
        prepared = await _prepare(gateway, connection, one.event, read=True)
        if prepared is not None:
            again.append(prepared)
    await _decide(gateway, connection, again)


async def _prepare(gateway: Gateway, connection: Connection, event: Event, *, read: bool = False) -> Ready | None:
    """Reads what the event needs to be decided. None when it is finished already, or waits until its next try."""
    with structlog.contextvars.bound_contextvars(event_id=event.id, connection=connection.name):
        try:
            return await _understand(gateway, connection, event, read=read)
        except RemoteError as error:
            await _defer(gateway, connection, event, error)
        except Exception as error:
            if is_passing(error):
                raise  # the database is away: the event goes on waiting
            log.exception("event_not_understood")
            await _dead_letter(
                gateway, connection, event, "not-understood", "The gateway could not make sense of it; its log has the details"
            )
        return None


async def _understand(gateway: Gateway, connection: Connection, event: Event, *, read: bool) -> Ready | None:
    webhooks = connection.system.webhooks
    if webhooks is None:
        await _ignore(gateway, connection, event, NotOurs("no-webhooks", f"{connection.integration} sends no webhooks"))
        return None
    said = webhooks.interpret(event.headers, event.body, connection.settings, connection.source)
    match said:
        case NotOurs():
            await _ignore(gateway, connection, event, said)
            return None
        case SweepNeeded():
            await _ask_for_sweep(gateway, connection, event, said)
            return None
        case ReadNeeded():
            return await _read(gateway, connection, event, said)
        case Announced(record):
            if not connection.settings.processes.is_on(record.process):
                await _ignore(gateway, connection, event, _switched_off(record.process))
                return None
            if read:
                # The shop says which of two changes within one second is the newer. Where it says nothing, the delivery counts.
                # Only the deep sweep proves that a record is gone: the shop has just announced this one.
                record = await _as_it_is_now(gateway, connection, record)
            return Ready(event, await _change_of(gateway, connection, event, record, read_now=read))


def _switched_off(process: Process) -> NotOurs:
    return NotOurs("process-off", f"{process.value} is switched off for this connection")


async def _as_it_is_now(gateway: Gateway, connection: Connection, record: SourceRecord) -> SourceRecord:
    if not reads_by_id(connection):
        return record
    return await record_source(gateway, connection).read(record.process, record.source_id) or record


async def _read(gateway: Gateway, connection: Connection, event: Event, needed: ReadNeeded) -> Ready | None:
    if not connection.settings.processes.is_on(needed.process):
        await _ignore(gateway, connection, event, _switched_off(needed.process))
        return None
    if not reads_by_id(connection):
        await _ask_for_sweep(gateway, connection, event, SweepNeeded(needed.process, needed.why))
        return None
    record = await record_source(gateway, connection).read(needed.process, needed.source_id)
    if record is None:
        return Ready(event, gone=needed)
    return Ready(event, await _change_of(gateway, connection, event, record, read_now=True))


async def _change_of(
    gateway: Gateway, connection: Connection, event: Event, record: SourceRecord, *, read_now: bool
) -> RecordChange:
    full = await enriched(gateway, connection, record)
    return RecordChange(full, map_record(connection, full), _found(event), read_now=read_now)


def _found(event: Event) -> Found:
    return Found(FoundBy.WEBHOOK, event_id=event.id, received_at=event.received_at)


async def _decide(gateway: Gateway, connection: Connection, ready: list[Ready]) -> list[Ready]:
    """Decides them all in one transaction, or, if that fails, each in its own. Returns those that must be read first."""
    if not ready:
        return []
    try:
        async with gateway.database.begin() as db:
            unsure = [one for one in ready if not await _decide_one(db, gateway, connection, one)]
            failpoints.hit("ingest-before-commit")
    except UNSTORABLE as error:
        if is_passing(error):
            raise
        log.warning("batch_failed", rows=len(ready), error=type(error).__name__)
        return [one for one in ready if not await _decide_alone(gateway, connection, one)]
    failpoints.hit("ingest-after-commit")
    return unsure


async def _decide_alone(gateway: Gateway, connection: Connection, one: Ready) -> bool:
    """Returns whether the event is decided or a dead letter; False when it must be read first."""
    try:
        async with gateway.database.begin() as db:
            return await _decide_one(db, gateway, connection, one)
    except UNSTORABLE as error:
        if is_passing(error):
            raise
        log.exception("event_not_stored", event_id=one.event.id)
        await _dead_letter(
            gateway, connection, one.event, "not-stored", "The gateway could not keep what it says; its log has the details"
        )
        return True


async def _decide_one(db: AsyncConnection, gateway: Gateway, connection: Connection, one: Ready) -> bool:
    """Returns whether the event is decided; False when it must be read first."""
    now = gateway.clock()
    event = one.event
    if await db.scalar(select(inbox.c.state).where(inbox.c.id == event.id)) != EventState.RECEIVED:
        return True  # another worker was quicker
    if one.gone is not None:
        enqueued = await enqueue.enqueue_gone(db, connection, one.gone.process, one.gone.source_id, _found(event), now)
    else:
        assert one.change is not None
        enqueued = await enqueue.enqueue_change(db, connection, one.change, now)
    if enqueued.verdict is Verdict.READ_FIRST:
        return False
    if enqueued.verdict is not Verdict.QUEUED:
        await event_states.ignore_event(db, event.id, enqueued.verdict, enqueued.reason, now, connection.name)
        about = one.gone or one.change.record if one.change else one.gone
        assert about is not None
        await _name_record(db, event, about.process, about.source_id)
    return True


async def _name_record(db: AsyncConnection, event: Event, process: Process, source_id: str) -> None:
    """Names the record on the event, so that it is found by its record even without a job."""
    await db.execute(update(inbox).where(inbox.c.id == event.id).values(process=process, source_id=source_id))


async def _ignore(gateway: Gateway, connection: Connection, event: Event, said: NotOurs) -> None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await event_states.ignore_event(db, event.id, said.code, said.why, now, connection.name)
        if said.alert:
            await alerts.raise_alert(db, said.code, connection.id, said.why, said.why, now)
            ALERTS.labels(said.code).inc()
    if said.alert:
        log.warning("event_ignored", code=said.code)


async def _ask_for_sweep(gateway: Gateway, connection: Connection, event: Event, said: SweepNeeded) -> None:
    """Asks the next poll to read all open records, because the delivery does not say which record it is about.

    It does not poll at once. A webhook that has lost its rights sends only such deliveries, and each would have every open order
    read.
    """
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await cursors.ask_for_sweep(db, connection, said.process, now)
        reason = f"{said.why}; the next poll looks through the open records"
        await event_states.ignore_event(db, event.id, "no-record", reason, now, connection.name)


async def _defer(gateway: Gateway, connection: Connection, event: Event, error: RemoteError) -> None:
    """The shop did not answer as it should. The event waits until its next try, or becomes a dead letter after a final no.

    A shop that asks for fewer calls, or refuses the login, costs the event no try: that says nothing of the event.
    """
    settings, now = gateway.settings, gateway.clock()
    tries = event.tries + (not isinstance(error, (RateLimited, LoginRefused)))
    if isinstance(error, Refused) or tries >= settings.max_tries:
        reason = f"The {connection.system.noun} had to be asked about it: {error.message}"
        await _dead_letter(gateway, connection, event, "shop-refused", reason)
        return
    due = now + pause_before(event.tries, settings.retry_base_seconds, settings.retry_cap_seconds)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        due = max(due, now + timedelta(seconds=error.retry_after))
    async with gateway.database.begin() as db:
        if isinstance(error, LoginRefused):
            await alerts.raise_alert(db, "login-refused", connection.id, error.system, error.message, now)
        await db.execute(
            update(inbox)
            .where(inbox.c.id == event.id, inbox.c.state.in_(EventState.PARKED.sources()))
            .values(state=EventState.PARKED, due_at=due, tries=tries, reason_code="another-try", reason=error.message)
        )
    log.warning("event_parked", error=type(error).__name__, due_at=due.isoformat())


async def _dead_letter(gateway: Gateway, connection: Connection, event: Event, code: str, reason: str) -> None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await event_states.dead_letter(db, event.id, code, reason, now, connection.name)
        await alerts.raise_alert(db, "dead-letter", connection.id, f"event:{event.id}", reason, now)
