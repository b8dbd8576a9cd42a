"""How the jobs that were worked on together end: stored in one transaction, in few statements however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, case, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process, Supplier
from app.engine.core.attempts import close_all
from app.engine.core.leases import Lease
from app.engine.dispatch import mapping_updates
from app.engine.dispatch.job_calls import JobCalls
from app.engine.dispatch.loading import ClaimedJob
from app.engine.dispatch.mapping_updates import NumberClaim
from app.engine.dispatch.warehouse_port import RecordedWarehouse
from app.engine.jobs import events
from app.engine.jobs.claim import is_state
from app.engine.jobs.events import Finished
from app.engine.jobs.report_jobs import enqueue_report
from app.flows.outcomes import Outcome, Result, Transfer
from app.records import alerts, cursors, mappings, reservations
from app.records.connection_lanes import HOME
from app.records.connections import Connection
from app.records.jobs import Job
from app.records.mappings import MappingChange, Note
from app.records.purchases import suppliers
from app.records.stock import levels, sold
from app.records.stock.renumbering import Renumbering, renumber
from app.storage.tables import jobs
from app.storage.types import UtcTime
from app.warehouse.reads.stock import pieces_of

JOB_STATE = {Outcome.HELD: JobState.HELD, Outcome.FAILED: JobState.DEAD}
"""How a job ends; with every other outcome it is done."""


@dataclass(frozen=True)
class Later:
    """When a job is tried again (UTC; None: when its turn comes again), and why not now.

    `needs_person`: it fails until somebody does something, and no run waits for that.
    """

    due: datetime | None
    code: str | None
    reason: str | None
    tries: int
    needs_person: bool = False


@dataclass(frozen=True)
class Alert:
    kind: str
    subject: str
    text: str


def alerts_of(job: Job, result: Result) -> tuple[Alert, ...]:
    """What a person should look at though the record went through."""
    subject = f"{job.process}:{job.source_id}"
    warned = (Alert("warning", subject, f"Order {job.source_id}: {result.warning}"),) if result.warning else ()
    return (*warned, *(Alert("articles", each.subject or subject, each.text) for each in result.notices))


@dataclass(frozen=True)
class Ending:
    """How one job's turn ended: with a `result`, or it waits until `later`. With neither it is given back as it was.

    `values` change its mapping, `notes` are added to its history. `connection` None: there is none any more.
    """

    claimed: ClaimedJob
    connection: Connection | None = None
    port: JobCalls | None = None
    result: Result | None = None
    later: Later | None = None
    values: MappingChange = field(default_factory=lambda: MappingChange())
    notes: tuple[Note, ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def name(self) -> str:
        """The connection's name."""
        return self.connection.name if self.connection is not None else self.claimed.job.connection_id

    @property
    def is_given_back(self) -> bool:
        return self.result is None and self.later is None

    @property
    def outcome(self) -> str:
        """In a word."""
        if self.result is not None:
            return self.result.outcome.value
        return (self.later.code or "waits") if self.later is not None else "given-back"

    @property
    def made_an_article(self) -> bool:
        """Whether an article has come that orders may wait for: one that the WMS lacked, or that had no number to send. Where
        customs must have all, any that has changed."""
        if self.result is None or self.claimed.job.process is not Process.ARTICLES:
            return False
        if self.connection is not None and self.connection.settings.customs_required and self.result.outcome is Outcome.UPDATED:
            return True
        before, is_there = self.claimed.mapping, self.result.outcome in (Outcome.UPDATED, Outcome.UNCHANGED)
        is_other = before.number != self.claimed.job.number or before.transfer != Transfer.SENT
        return self.result.outcome is Outcome.CREATED or (is_there and self.result.code is None and is_other)

    @property
    def was_imported(self) -> bool:
        """Whether the outside system is to be told that the order has come into the WMS."""
        if self.result is None or self.connection is None or self.claimed.job.process is not Process.ORDERS:
            return False
        is_on, is_there = self.connection.settings.processes.import_status, self.result.transfer is Transfer.SENT
        is_new = self.result.outcome in (Outcome.CREATED, Outcome.UPDATED) or self.claimed.mapping.transfer != Transfer.SENT
        return is_on and is_there and is_new and self.result.wanted == "present"

    @property
    def kept(self) -> Supplier | None:
        """The supplier that is kept from now on."""
        return self.port.kept if self.result is not None and isinstance(self.port, RecordedWarehouse) else None

    def waits_again(self, now: datetime) -> bool:
        """Whether its turn may come again at once."""
        return self.is_given_back or (self.later is not None and (self.later.due is None or self.later.due <= now))

    @property
    def number(self) -> NumberClaim | None:
        return self.port.number if self.port is not None and not self.is_given_back else None

    def bare(self) -> Ending:
        """The same with the least that must be stored: what it says may be what cannot be stored."""
        return Ending(self.claimed, self.connection)


class TakenOver(Exception):
    """Another worker has the job. Nothing of its end is stored."""


_OURS = (
    jobs.c.id == bindparam("job"),
    is_state(JobState.RUNNING),
    jobs.c.fence == bindparam("ours"),
)
_NOW = bindparam("at", type_=UtcTime())
_UNCHANGED = jobs.c.generation == jobs.c.taken_generation


def _again(otherwise: ColumnElement[Any], newer: ColumnElement[Any]) -> ColumnElement[Any]:
    """`newer` for a job of which a newer generation came while it ran: it waits again."""
    return case((_UNCHANGED, otherwise), else_=newer)


_CLOSE = (
    update(jobs)
    .where(*_OURS)
    .values(
        state=_again(bindparam("to", type_=jobs.c.state.type), bindparam("again", JobState.WAITING, jobs.c.state.type)),
        ready_at=_again(jobs.c.ready_at, _NOW),
        received_at=_again(null(), jobs.c.received_at),
        suspect=_again(bindparam("refused", type_=jobs.c.suspect.type), bindparam("sound", 0, jobs.c.suspect.type)),
        done_generation=jobs.c.taken_generation,
        reason_code=bindparam("code"),
        reason=bindparam("words"),
        tries=0,
        override=None,
        lane=HOME,
        updated_at=_NOW,
    )
)
_PUT_ASIDE = (
    update(jobs)
    .where(*_OURS)
    .values(
        state=bindparam("to"),
        due_at=bindparam("due"),
        tries=bindparam("tried"),
        reason_code=bindparam("code"),
        reason=bindparam("words"),
        lane=HOME,
        updated_at=_NOW,
    )
)
_GIVE_BACK = update(jobs).where(*_OURS).values(state=bindparam("to"), lane=HOME, updated_at=_NOW)


async def store(db: AsyncConnection, lease: Lease, ended: Sequence[Ending], now: datetime) -> list[Finished]:
    """Stores how these jobs ended. Returns the events that are done. Raises TakenOver when one of them is not ours any more.

    Locks in the order that holds everywhere: the stock's levels, mappings by id, jobs by id, then the rest.
    """
    ended = sorted(ended, key=lambda each: each.claimed.mapping.id)
    unsold = [each for each in ended if _is_unsold(each)]
    renumbered = [each for each in ended if each.result is not None and each.result.renumbered is not None]
    if unsold or renumbered:
        await levels.one_at_a_time(db, lease.key)
    if len(ended) > 1:
        await mapping_updates.lock(db, [each.claimed.mapping.id for each in ended])
        await _lock_jobs(db, lease, ended)
    await mapping_updates.claim_numbers(db, [claim for each in ended if (claim := each.number) is not None], now)
    await mapping_updates.change_all(db, {each.claimed.mapping.id: _values(each) for each in ended if _values(each)}, now)
    await _end_jobs(db, lease, ended, now)
    await close_all(db, [call for each in ended if each.port for call in each.port.ended])
    kept = [(each.claimed.job.connection_id, each.kept) for each in ended if each.kept is not None]
    if kept:
        await suppliers.keep_all(db, kept, now)
    there = [each.claimed.mapping.id for each in ended if _is_there(each)]
    if there:
        await reservations.transferred(db, there, now)
    for each in unsold:
        await sold.unsold(db, lease.key, each.claimed.mapping.id, now)
    for each in renumbered:
        await _renumber_stock(db, each, now)
    finished = await _finish_events(db, ended, now)
    await mappings.note_all(db, [(each.claimed.mapping.id, note) for each in ended for note in _notes(each)], now)
    for each in ended:
        await _tell(db, each, now)
    return finished


def _values(ended: Ending) -> MappingChange:
    port = ended.port
    if port is None or port.unsettled_attempt_id is None:
        return ended.values
    return {**ended.values, "unsettled_attempt_id": port.unsettled_attempt_id}


# --- jobs -----------------------------------------------------------------------------------------------------------------


async def _lock_jobs(db: AsyncConnection, lease: Lease, ended: Sequence[Ending]) -> None:
    ids = sorted(each.claimed.job.id for each in ended)
    ours = select(jobs.c.id).where(jobs.c.id.in_(ids), is_state(JobState.RUNNING), jobs.c.fence == lease.fence)
    found = {row.id for row in await db.execute(ours.order_by(jobs.c.id).with_for_update(key_share=True))}
    if len(found) < len(ids):
        raise TakenOver


async def _end_jobs(db: AsyncConnection, lease: Lease, ended: Sequence[Ending], now: datetime) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(ended, key=lambda each: each.claimed.job.id):
        common = {"job": each.claimed.job.id, "ours": lease.fence, "at": now}
        if each.result is not None:
            rows.setdefault("close", []).append(common | _closed(each.result))
        elif each.later is not None:
            rows.setdefault("put aside", []).append(common | _put_aside(each.later, now))
        else:
            rows.setdefault("give back", []).append(common | {"to": JobState.WAITING.after(JobState.RUNNING)})
    for how, together in rows.items():
        done = await db.execute(_STATEMENTS[how], together if len(together) > 1 else together[0])
        if len(together) == 1 and done.rowcount == 0:
            raise TakenOver


_STATEMENTS: Mapping[str, Update] = {"close": _CLOSE, "put aside": _PUT_ASIDE, "give back": _GIVE_BACK}


def _closed(result: Result) -> dict[str, Any]:
    state = JOB_STATE.get(result.outcome, JobState.DONE).after(JobState.RUNNING)
    return {"to": state, "code": result.code, "words": result.reason, "refused": int(result.outcome is Outcome.FAILED)}


def _put_aside(later: Later, now: datetime) -> dict[str, Any]:
    waits = later.due is not None and later.due > now
    state = (JobState.PARKED if waits else JobState.WAITING).after(JobState.RUNNING)
    return {
        "to": state,
        "due": later.due if waits else None,
        "tried": later.tries,
        "code": later.code,
        "words": later.reason,
    }


# --- what belongs to them -------------------------------------------------------------------------------------------------


def _is_order(ended: Ending) -> bool:
    return ended.result is not None and ended.claimed.job.process is Process.ORDERS and ended.claimed.has_reservation


def _is_there(ended: Ending) -> bool:
    """The WMS has the order: a stock read that begins after this shows it."""
    return _is_order(ended) and ended.result is not None and ended.result.wms_id is not None


def _is_unsold(ended: Ending) -> bool:
    """The order is not in the WMS and will not come there."""
    return _is_order(ended) and not _is_there(ended) and ended.result is not None and ended.result.outcome is Outcome.SKIPPED


async def _renumber_stock(db: AsyncConnection, ended: Ending, now: datetime) -> None:
    """The quantity in the shop is that of the new number from now on. One that could not be read comes with the next sweep."""
    connection, renumbered = ended.connection, ended.result.renumbered if ended.result is not None else None
    if connection is None or renumbered is None or not connection.settings.processes.stock:
        return
    level = renumbered.level if not connection.settings.stock.warehouses else None  # it is of all warehouses together
    found = pieces_of([level] if level is not None else [], on_shelf=connection.settings.stock.is_on_shelf)
    known = Renumbering(ended.claimed.job.source_id, renumbered.number, found.get(renumbered.number))
    await renumber(db, connection.id, connection.lane, known, level.read_at if level is not None else None, now)
    if known.sellable is None:
        await cursors.ask_for_sweep(db, connection, Process.STOCK, now)


async def _finish_events(db: AsyncConnection, ended: Sequence[Ending], now: datetime) -> list[Finished]:
    together: dict[events.Ending, list[Ending]] = {}
    for each in ended:
        if each.result is not None:
            how = events.Ending(0, 0, each.result.outcome, each.result.code, each.result.reason)
            together.setdefault(how, []).append(each)
    finished = []
    for how, group in together.items():
        ids = sorted(each.claimed.job.id for each in group)
        items = {each.claimed.job.id for each in group if each.claimed.has_run_items}
        finished += await events.finish_together(db, ids, how, now, items)
    for each in ended:
        if each.later is not None and each.later.needs_person and each.claimed.has_run_items:
            how = events.Ending(0, 0, Outcome.HELD, "login-refused", each.later.reason)
            await events.end_items(db, [each.claimed.job.id], how)
    return finished


def _notes(ended: Ending) -> list[Note]:
    """What was called and what came of it, then how the turn ended."""
    said, port, job_id = list[Note](), ended.port, ended.claimed.job.id
    for each in port.ended if port else []:
        # For people; the recorded call keeps its name.
        call = each.begun.call.replace(" shop ", f" {port.noun} ") if port else each.begun.call
        said.append(Note(f"call-{each.result}", f"{call}: {each.result}", job_id=job_id, attempt_id=each.begun.attempt_id))
    return [*said, *ended.notes]


async def _tell(db: AsyncConnection, ended: Ending, now: datetime) -> None:
    """Alerts an operator, and writes the shop's staff a note where the connection wants it."""
    job, connection = ended.claimed.job, ended.connection
    for each in ended.alerts:
        await alerts.raise_alert(db, each.kind, job.connection_id, each.subject, each.text, now)
    is_held = ended.result is not None and ended.result.outcome is Outcome.HELD
    notes_it = is_held and job.process is Process.ORDERS and connection is not None and connection.settings.order_note_on_hold
    told = [process for process, is_due in ((Process.NOTES, notes_it), (Process.IMPORT_STATUS, ended.was_imported)) if is_due]
    if not told or connection is None:
        return
    mapping = await mappings.by_id(db, job.mapping_id)
    assert mapping is not None
    for process in told:
        await enqueue_report(db, connection, process, mapping, now)
