"""What received events say: which are ready to be decided, about which the shop must be asked, and which end at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import structlog

from app.domain import EventState, Process, SourceRecord
from app.engine.core.runtime import Gateway
from app.engine.core.sources import reads_by_id
from app.engine.jobs.enqueue import Change, Found, FoundBy, RecordChange, Version
from app.engine.jobs.mapper import completed, map_record
from app.integrations.protocol import Announced, Announcement, NotOurs, ReadNeeded, SweepNeeded
from app.json_answers import has_junk, is_json, with_junk
from app.logs import get_logger
from app.records.connections import Connection
from app.records.events import Event
from app.storage.outages import is_passing
from app.tracing import spans
from app.tracing.origin import bound, fresh

log = get_logger(__name__)

NO_RIGHT = "no-right"
"""Reason code of a delivery that held an error, because somebody in the system may not see the record."""
NOT_UNDERSTOOD = "The gateway could not make sense of it; its log has the details"


@dataclass(frozen=True)
class Ready:
    """An event that can be decided. `of_family`: it is decided beside the record that the event is about, and ends no event."""

    event: Event
    change: Change
    of_family: bool = False


@dataclass(frozen=True)
class ToRead:
    """An event about whose record the shop must be asked.

    `announced` is the record as the delivery had it. `by_id`: the record itself is read; otherwise only what belongs beside it.
    """

    event: Event
    process: Process
    source_id: str
    announced: SourceRecord | None = None
    by_id: bool = True


class Trouble(NamedTuple):
    """An alert that an event raises."""

    kind: str
    subject: str
    text: str


@dataclass(frozen=True)
class Ended:
    """An event that ends without a job, ignored or as a dead letter.

    `sweep`: the next poll of that process looks through all open records. `product`: the id of a product that is not
    transferred, and that orders may wait for all the same.
    """

    event: Event
    state: EventState
    code: str
    reason: str
    alert: Trouble | None = None
    sweep: Process | None = None
    product: str | None = None


@dataclass(frozen=True)
class _SwitchedOff:
    """It is about a record of a process that is off."""

    process: Process
    source_id: str


@dataclass
class Understood:
    """What is known of some events."""

    ready: list[Ready] = field(default_factory=list)
    to_read: list[ToRead] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


def dead(event: Event, code: str, reason: str) -> Ended:
    return Ended(event, EventState.DEAD, code, reason, alert=Trouble("dead-letter", f"event:{event.id}", reason))


def change_of(connection: Connection, event: Event, record: SourceRecord, before: Version | None = None) -> RecordChange:
    """`before`: the version that was stored when the record was read just now."""
    return RecordChange(record, map_record(connection, record), found(event), before=before)


def change_of_family(connection: Connection, event: Event, record: SourceRecord) -> RecordChange:
    """Of a record that was read beside the one that the event is about. The event waits for that one only."""
    return RecordChange(record, map_record(connection, record), replace(found(event), event_id=None), read_now=True)


def found(event: Event) -> Found:
    return Found(FoundBy.WEBHOOK, event_id=event.id, received_at=event.received_at, origin=event.origin or fresh())


async def understand(gateway: Gateway, connection: Connection, events: Sequence[Event]) -> Understood:
    """Makes no call to the shop. What nobody thought of in one event makes that one a dead letter."""
    known = Understood()
    whole: list[tuple[Event, SourceRecord]] = []
    for event in events:
        with about(connection, event):
            try:
                said = _interpreted(connection, event)
                _listen(gateway, connection, event.body)
                if isinstance(said, Announced):
                    whole.append((event, said.record))
                elif isinstance(said, ReadNeeded):
                    known.to_read.append(ToRead(event, said.process, said.source_id))
                else:
                    known.ended.append(_ended(connection, event, said))
            except Exception as error:
                known.ended.append(not_understood(event, error))
    complete = await completed(gateway, connection, [record for _, record in whole])
    for (event, record), full in zip(whole, complete, strict=True):
        if full is None:
            known.to_read.append(ToRead(event, record.process, record.source_id, record, by_id=False))
            continue
        with about(connection, event), spans.work("map", event.origin, connection=connection.id, event=event.id):
            try:
                known.ready.append(Ready(event, change_of(connection, event, full)))
            except Exception as error:
                known.ended.append(not_understood(event, error))
    return known


@contextmanager
def about(connection: Connection, event: Event) -> Iterator[None]:
    """Lines of the log name the event, and where it comes from."""
    with (
        bound(event.origin or fresh()),
        structlog.contextvars.bound_contextvars(event_id=event.id, connection=connection.name),
    ):
        yield


def not_understood(event: Event, error: Exception) -> Ended:
    """Raises the error again if it is the database's: then the event goes on waiting."""
    if is_passing(error):
        raise error
    log.error("event_not_understood", exc_info=error)
    return dead(event, "not-understood", NOT_UNDERSTOOD)


def _listen(gateway: Gateway, connection: Connection, body: bytes) -> None:
    """A delivery that holds more than its JSON is told of, like an answer."""
    if has_junk(body) and is_json(body) and (junk := with_junk(body)[1]):
        gateway.junk_heard(connection, junk)


def _interpreted(connection: Connection, event: Event) -> Announcement | _SwitchedOff:
    webhooks = connection.system.webhooks
    if webhooks is None:
        return NotOurs("no-webhooks", f"{connection.integration} sends no webhooks")
    said = webhooks.interpret(event.headers, event.body, connection.settings, connection.source, connection.facts)
    if isinstance(said, Announced | ReadNeeded):
        about = said.record if isinstance(said, Announced) else said
        if not connection.settings.processes.is_on(about.process):
            return _SwitchedOff(about.process, about.source_id)
        if isinstance(said, ReadNeeded) and not reads_by_id(connection):
            return SweepNeeded(said.process, said.why)
    return said


def _ended(connection: Connection, event: Event, said: NotOurs | SweepNeeded | _SwitchedOff) -> Ended:
    """A delivery that does not say which record it is about asks the next poll to read all open records.

    It does not poll at once. A webhook that has lost its rights sends only such deliveries, and each would have every open order
    read.
    """
    if isinstance(said, _SwitchedOff):
        reason = f"{said.process.value} is switched off for this connection"
        concerns_orders = said.process is Process.ARTICLES and connection.settings.processes.orders
        product = said.source_id if concerns_orders else None
        return Ended(event, EventState.IGNORED, "process-off", reason, product=product)
    if isinstance(said, SweepNeeded):
        reason = f"{said.why}; the next poll looks through the open records"
        if said.without_right is None:
            return Ended(event, EventState.IGNORED, "no-record", reason, sweep=said.process)
        trouble = Trouble("webhooks", NO_RIGHT, _without_right(connection, said))
        return Ended(event, EventState.IGNORED, NO_RIGHT, reason, trouble, said.process)
    alert = Trouble(said.code, said.why, said.why) if said.alert else None
    return Ended(event, EventState.IGNORED, said.code, said.why, alert=alert)


def _without_right(connection: Connection, said: SweepNeeded) -> str:
    noun = connection.system.noun
    return (
        f"{said.why[:1].upper()}{said.why[1:]}. In the {noun}, {said.without_right} may not see {said.process.value}: give the "
        f"rights back there. Until then changes are found by polls only"
    )
