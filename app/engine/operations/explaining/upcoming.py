"""What happens next with a record, when and why: read from its job, its lane and the failure budgets of what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Kind, Process
from app.domain.process import CALLER
from app.domain.record import process_of
from app.engine.core import circuit
from app.engine.core.circuit import TO_SHOP, Troubles, keys_of
from app.engine.core.runtime import Gateway
from app.engine.operations.explaining.possible import RELEASED
from app.flows.outcomes import Transfer
from app.flows.report import AWAITS_PICKUP, Delivery
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection, Status
from app.records.jobs import JobFacts
from app.records.mappings import Mapping as Record
from app.sentence import Coded, Sentence
from app.storage.tables import cursors, lanes


@dataclass(frozen=True)
class Next:
    """One sentence, a stable code for it, and when (UTC). None: as soon as the lane gets there, or when somebody acts.

    `poll_at`: when the other side is polled next, for what waits until something changes there.
    """

    code: str
    said: Sentence
    at: datetime | None = None
    poll_at: datetime | None = None

    @property
    def text(self) -> str:
        return str(self.said)


@dataclass(frozen=True)
class Stops:
    """What keeps a connection's jobs from being sent just now. `lanes`: why each of its paused lanes is, by their keys. `polls`:
    when each of its processes is polled next."""

    connection: Connection
    lanes: Mapping[str, str]
    polls: Mapping[str, datetime]
    troubles: Troubles

    def of(self, process: Process) -> Next | None:
        """What such a job waits for, beside its turn. None: nothing."""
        connection, place = self.connection, _where(process, _shop(self.connection))
        if connection.status is not Status.ACTIVE:
            words = "It waits until the connection is active again; it is %(status)s"
            return Next("connection-paused", Sentence(words, status=connection.status.value))
        lane = shop_lane(connection.id) if process in TO_SHOP else connection.lane
        if lane in self.lanes:
            return Next("lane-paused", Sentence("It waits until its lane is resumed: %(reason)s", reason=self.lanes[lane]))
        keys = keys_of(connection, process)
        paused = self.troubles.pause_of(keys)
        if paused is None:
            return None
        words = "It waits until %(place)s may be called again: %(pause)s"
        if process in TO_SHOP:
            words = (
                "It waits until %(place)s may be called again: %(pause)s. It goes on at once when %(place)s answers any call well"
            )
        call = circuit.CALLS[process][keys.index(paused.key)]
        return Next("method-paused", Sentence(words, place=place, pause=paused.said(call, connection.system.noun)), paused.until)

    def has_just_failed(self, process: Process) -> bool:
        """Whether the last call of one of its methods failed: one more failure would be two in a row."""
        return not self.troubles.failed.isdisjoint(keys_of(self.connection, process))


async def read_stops(db: AsyncConnection, gateway: Gateway, connection: Connection) -> Stops:
    """Two statements."""
    keys, now = [connection.lane, shop_lane(connection.id)], gateway.clock()
    polled = lanes.outerjoin(cursors, cursors.c.connection_id == connection.id)
    columns = (lanes.c.key, lanes.c.paused, lanes.c.pause_reason, cursors.c.process, cursors.c.next_poll_at)
    rows = list(await db.execute(select(*columns).select_from(polled).where(lanes.c.key.in_(keys))))
    paused = {row.key: row.pause_reason or "paused by an operator" for row in rows if row.paused}
    polls = {row.process: row.next_poll_at for row in rows if row.process and connection.status is Status.ACTIVE}
    since = now - timedelta(seconds=gateway.settings.budget_pause_seconds)
    return Stops(connection, paused, polls, await circuit.troubles(db, circuit.all_keys([connection]), now, since))


OF_WAREHOUSE = ("with-the-warehouse", "awaiting-tracking", AWAITS_PICKUP, "awaiting-rest")
"""What waits for something to change in the warehouse."""


def what_next(mapping: Record, stops: Stops, jobs: Sequence[JobFacts]) -> Next:
    """Says what happens next with the mapping's record. `jobs`: its own and its reports, oldest first."""
    job = next((each for each in jobs if each.state is not JobState.DONE), None)
    if job is not None and job.state in (JobState.WAITING, JobState.PARKED):
        return _waiting(job, stops)
    if job is not None:
        found = _standing(job, _source(mapping, stops.connection))
        is_polled = job.state is not JobState.RUNNING
        return replace(found, poll_at=stops.polls.get(job.process) if is_polled else None)
    found = _nothing_waits(mapping, stops.connection)
    process = Process.SHIPMENTS if found.code in OF_WAREHOUSE else process_of(Kind(mapping.kind))
    return replace(found, poll_at=stops.polls.get(process))


def _source(mapping: Record, connection: Connection) -> str:
    """Where the record comes from."""
    return f"the {CALLER}" if mapping.kind == Kind.PURCHASE else _shop(connection)


def _shop(connection: Connection) -> str:
    return f"the {connection.system.noun}"


def _nothing_waits(mapping: Record, connection: Connection) -> Next:
    """What comes next when nothing waits in the gateway: it comes from the warehouse or the shop."""
    shop = _source(mapping, connection)
    if mapping.transfer == Transfer.NONE and mapping.reason:
        words = "Nothing, until it changes in %(shop)s or a setting does: %(reason)s"
        return Next("nothing", Sentence(words, shop=shop, reason=Coded(mapping.reason, mapping.reason_code)))
    is_there = mapping.kind == Kind.ORDER and mapping.transfer == Transfer.SENT and mapping.wanted == "present"
    if not (is_there and connection.settings.processes.shipments):
        return Next("nothing", Sentence("Nothing, until it changes in %(shop)s", shop=shop))
    match mapping.delivery:
        case None | Delivery.NONE:
            told = Sentence("%(shop)s is told when the warehouse has sent it", shop=shop[:1].upper() + shop[1:])
            return Next("with-the-warehouse", told)
        case Delivery.WAITING if mapping.delivery_code == AWAITS_PICKUP:
            told = Sentence("%(shop)s is told when the customer has picked it up", shop=shop[:1].upper() + shop[1:])
            return Next(AWAITS_PICKUP, told)
        case Delivery.WAITING:
            words = "It is read again for its tracking number, up to %(days)s days after it was sent"
            return Next("awaiting-tracking", Sentence(words, days=f"{connection.settings.shipments.watch_days:g}"))
        case Delivery.PARTLY:
            words = (
                "%(shop)s is told of the rest, and the order closed, when the warehouse has sent it. "
                "If it will not come: %(operation)s"
            )
            operation = f"POST /mappings/{mapping.id}/close-short"
            return Next("awaiting-rest", Sentence(words, shop=shop[:1].upper() + shop[1:], operation=operation))
        case _:
            words = "Nothing, until it changes in %(shop)s or a further tracking number comes"
            return Next("nothing", Sentence(words, shop=shop))


def _standing(job: JobFacts, shop: str) -> Next:
    match job.state:
        case JobState.RUNNING:
            return Next("running", Sentence("It is being sent to %(place)s right now", place=_where(job.process, shop)))
        case JobState.HELD if job.reason_code in RELEASED and job.process in TO_SHOP:
            words = "Nothing, until an operator releases or resolves it, or the warehouse changes it: %(reason)s"
        case JobState.HELD if job.process in TO_SHOP:
            words = "Nothing, until an operator resolves it or has it read again: %(reason)s"
        case JobState.HELD if job.reason_code in RELEASED:
            words = "Nothing, until an operator releases or resolves it, or it changes in %(shop)s: %(reason)s"
        case JobState.HELD:
            words = "Nothing, until it is corrected in %(shop)s and comes in again, or is resolved: %(reason)s"
        case _:
            words = "Nothing, until it is replayed or resolved, or changes in %(shop)s: %(reason)s"
    code = "held" if job.state is JobState.HELD else "dead"
    return Next(code, Sentence(words, shop=shop, reason=Coded(job.reason, job.reason_code)))


def _where(process: Process, shop: str) -> str:
    return shop if process in TO_SHOP else "the warehouse"


def _waiting(job: JobFacts, stops: Stops) -> Next:
    if (stop := stops.of(job.process)) is not None:
        return stop
    if job.suspect and stops.has_just_failed(job.process):
        return Next("suspect", Sentence("It was refused before: it goes again after a call that went well, or after a pause"))
    if job.state is JobState.PARKED:
        words = "Another try, number %(tries)s: %(reason)s"
        return Next("another-try", Sentence(words, tries=job.tries + 1, reason=Coded(job.reason, job.reason_code)), job.due_at)
    place = _where(job.process, _shop(stops.connection))
    return Next("turn", Sentence("It is sent to %(place)s as soon as its turn comes in the lane", place=place))
