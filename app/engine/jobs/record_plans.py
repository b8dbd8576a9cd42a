"""What a batch of changes makes of one record: its mapping, its job, the ends of its events. Decided in memory.

A plan begins with the rows as they are stored and locked. Several changes of one record act on it as if each were stored before
the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Unpack

from app.domain import Address, Article, EventState, JobState, Order, Process, Record, ShopState, SourceRecord
from app.domain.record import SCHEMA_VERSION, kind_of
from app.engine.jobs.changes import (
    ACTIVE,
    Change,
    EnqueueResult,
    FoundBy,
    RecordChange,
    RecordGone,
    Verdict,
    Version,
    may_be_there,
    newer_time,
    stale,
    status_of,
    wanted_of,
    why_skipped,
)
from app.engine.jobs.events import EventEnd
from app.engine.jobs.mapper import GONE, payload_of
from app.engine.jobs.turns import HISTORY
from app.flows.outcomes import Transfer
from app.records.connections import Connection
from app.records.jobs import Job
from app.records.mappings import CLOSES_AFTER, Mapping, MappingChange, Note
from app.records.stock.sold import Sale

Key = tuple[Process, str]
"""A record of a connection: its process and its id in the source."""


@dataclass(frozen=True)
class _Decision:
    """What became of one change. `generation` of the job when it was queued."""

    verdict: Verdict
    reason: str = ""
    generation: int | None = None
    stored: Version | None = None
    code: str = ""


@dataclass
class RecordPlan:
    """One record: its rows as they are stored, changed step by step to what they are to be. `id` 0: not stored yet."""

    key: Key
    connection: Connection
    now: datetime
    mapping: Mapping | None
    job: Job | None = None
    as_stored: Mapping | None = field(init=False)
    was_new: bool = False
    mapping_changed: bool = False
    job_changed: bool = False
    decisions: list[_Decision] = field(default_factory=list)
    notes: list[tuple[Note, bool]] = field(default_factory=list)
    """Lines of history; whether each belongs to the job."""
    items: list[tuple[int, int]] = field(default_factory=list)
    """Parts of runs that wait for the job, each with the generation it waits for."""
    queued_events: list[tuple[int, int]] = field(default_factory=list)
    """Events that belong to the job, each with its generation. A newer one takes the place of those before it."""
    orders: list[Order] = field(default_factory=list)
    """What is to be reserved in stock: the last one counts, the others' articles are looked at again."""

    def __post_init__(self) -> None:
        self.as_stored = self.mapping

    @property
    def tells_again(self) -> bool:
        """Whether the order has changed in the outside system, which has refused what it was told of it."""
        before, after = self.as_stored, self.mapping
        if before is None or after is None or before.delivery_code != "refused":
            return False
        versions = [(each.source_modified_at, each.source_hash) for each in (before, after)]
        return versions[0] != versions[1]

    @property
    def is_new(self) -> bool:
        return self.mapping is not None and self.mapping.id == 0

    def decide(self, change: Change) -> None:
        """Decides about the next change."""
        self.decisions.append(self._decide_gone(change) if isinstance(change, RecordGone) else self._decide(change))

    def results(self) -> list[EnqueueResult]:
        """What became of each change. The rows must be stored: their ids are in it."""
        mapping_id = self.mapping.id if self.mapping else None
        job_id = self.job.id if self.job else None
        found = []
        for each in self.decisions:
            queued = job_id if each.verdict is Verdict.QUEUED else None
            found.append(EnqueueResult(each.verdict, each.reason, queued, each.generation, mapping_id, each.stored, each.code))
        return found

    def mapping_made(self, mapping_id: int) -> None:
        """The new mapping is stored, and its job belongs to it."""
        assert self.mapping is not None
        self.mapping, self.mapping_changed, self.was_new = replace(self.mapping, id=mapping_id), False, True
        if self.job is not None:
            self.job = replace(self.job, mapping_id=mapping_id)

    def job_made(self, job_id: int) -> None:
        assert self.job is not None
        self.job = replace(self.job, id=job_id)

    def run_items(self) -> list[dict[str, Any]]:
        """What parts of runs wait for, as rows."""
        assert self.job is not None
        same = {"job_id": self.job.id, "source_id": self.job.source_id}
        return [{"part_id": part_id, "generation": generation, **same} for part_id, generation in self.items]

    def history(self) -> list[tuple[int, Note]]:
        """Lines of history, each with the id of the mapping."""
        mapping_id, job_id = (self.mapping.id if self.mapping else 0), (self.job.id if self.job else None)
        return [(mapping_id, replace(note, job_id=job_id) if is_of_job else note) for note, is_of_job in self.notes]

    def sale(self) -> Sale | None:
        """What the order takes off the stock for sale; None when it takes nothing, and has not before."""
        if not self.orders or self.mapping is None:
            return None
        *before, last = self.orders
        return Sale(self.mapping.id, last if self._is_sold(last) else None, before, is_new=self.was_new)

    def _is_sold(self, order: Order) -> bool | None:
        """Whether the shop has sold what the order needs; None: its status does not say, and it is as it was before."""
        statuses = self.connection.system.stock_statuses
        if order.state is not ShopState.WAITING or statuses is None or order.status in statuses.free:
            return order.state is ShopState.WANTED
        return True if statuses.others_taken or order.status in statuses.taken else None

    def _reserve(self, before: Mapping, mapped: Record) -> None:
        """Has the order reserve what it needs, or nothing any more, unless it is in the WMS already."""
        if isinstance(mapped, Order) and before.wms_id is None and self._is_sold(mapped) is not None:
            self.orders.append(mapped)

    def event_ends(self) -> list[EventEnd]:
        """Only the newest event waits for the job. Those before it are merged into it."""
        ends: list[EventEnd] = []
        if self.job is None:
            return ends
        for event_id, generation in self.queued_events:
            newest = (event_id, generation) == self.queued_events[-1]
            end = EventEnd(event_id, EventState.QUEUED, self.job.process, self.job.source_id, self.job.id, generation)
            ends.append(end if newest else end.merged(self.now))
        return ends

    # --- deciding ----------------------------------------------------------------------------------------------------------

    def _decide_gone(self, gone: RecordGone) -> _Decision:
        """Acts only on an order that is, or may come to be, in the warehouse."""
        if gone.process is not Process.ORDERS or self.mapping is None:
            noun = self.connection.system.noun
            return _Decision(
                Verdict.NOT_WANTED, f"The {noun} has no such record any more, and nothing is to be done in the warehouse"
            )
        source = {**((self.job.source if self.job else None) or {}), GONE: True}
        record = SourceRecord(gone.process, gone.source_id, self.mapping.source_modified_at, source)
        known = payload_of(self.connection, self.job) if self.job and self.job.payload and self.job.source else None
        return self._decide(RecordChange(record, _gone_order(self.mapping, known), gone.found, read_now=True))

    def _decide(self, change: RecordChange) -> _Decision:
        if self.mapping is not None and not change.found.forced:
            early = stale(self.mapping, change, self.connection.settings_version, self.now)
            if early is not None and not (early.verdict is Verdict.UNCHANGED and self._lifts_brake(change)):
                newer = newer_time(self.mapping, change, self.now) if early.verdict is Verdict.UNCHANGED else None
                if newer is not None:
                    self._set(source_modified_at=newer)
                return _Decision(early.verdict, early.reason, stored=early.stored)
        before = self.mapping or self._new_mapping(change)
        self._store_snapshot(before, change)
        skipped = why_skipped(before, change.mapped, self.connection)
        if skipped is None or (self.job is not None and self.job.state in ACTIVE):
            return self._queue(before, change)
        code, words = skipped
        if code == "not-wanted":
            self._reserve(before, change.mapped)
        self._set(transfer=Transfer.NONE, reason_code=code, reason=words, wanted=wanted_of(change.mapped))
        if before.reason_code != code or before.source_status != status_of(change.mapped):
            self.notes.append((Note(code, words, event_id=change.found.event_id), False))
        return _Decision(Verdict.NOT_WANTED, words, code=code)

    def _lifts_brake(self, change: RecordChange) -> bool:
        """Whether a run has held this cancellation, and now the shop's own webhook tells of it: there is nothing to doubt."""
        held = self.job is not None and self.job.state is JobState.HELD and self.job.reason_code == "brake"
        return held and change.found.by is FoundBy.WEBHOOK

    def _set(self, **values: Unpack[MappingChange]) -> None:
        assert self.mapping is not None
        changed: dict[str, Any] = {**values, "updated_at": self.now}
        self.mapping = replace(self.mapping, **changed)
        self.mapping_changed = True

    def _new_mapping(self, change: RecordChange) -> Mapping:
        values: dict[str, Any] = {each.name: None for each in fields(Mapping)}
        values |= {"id": 0, "connection_id": self.connection.id, "kind": kind_of(change.process), "source_id": change.source_id}
        values |= {"lane": self.connection.lane, "wanted": "present", "transfer": Transfer.NONE}
        self.mapping = Mapping(**values | {"created_at": self.now, "updated_at": self.now})
        return self.mapping

    def _store_snapshot(self, before: Mapping, change: RecordChange) -> None:
        mapped = change.mapped
        self._set(
            source_hash=change.digest,
            settings_version=self.connection.settings_version,
            source_status=status_of(mapped),
            source_number=mapped.source_number,
            parent_source_id=mapped.parent_id,
            supplier_source_id=mapped.supplier_id if isinstance(mapped, Article) else None,
            has_variations=mapped.has_variations if isinstance(mapped, Article) else None,
            source_modified_at=change.record.modified_at or before.source_modified_at,
            lane=before.lane if may_be_there(before) else self.connection.lane,
            closes_at=(before.closes_at or self.now + CLOSES_AFTER) if _is_completed(mapped) else None,
        )

    def _queue(self, before: Mapping, change: RecordChange) -> _Decision:
        self.job = job = self._next_job(change)
        self.job_changed = True
        if before.transfer == Transfer.NONE:
            self._set(transfer=Transfer.PENDING, reason_code=None, reason=None, wanted=wanted_of(change.mapped))
        self._reserve(before, change.mapped)
        found = change.found
        if found.event_id is not None:
            self.queued_events.append((found.event_id, job.generation))
        if found.part_id is not None:
            self.items.append((found.part_id, job.generation))
        self.notes.append((_found_note(change, self.connection), True))
        return _Decision(Verdict.QUEUED, generation=job.generation)

    def _priority(self, change: RecordChange) -> int:
        """History goes last, unless something of today waits for the same record."""
        is_history = change.found.by is FoundBy.BACKFILL and not (self.job is not None and self.job.state in ACTIVE)
        return HISTORY if is_history else change.mapped.priority

    def _next_job(self, change: RecordChange) -> Job:
        connection, record = self.connection, change.record
        content: dict[str, Any] = {
            "mapping_id": self.mapping.id if self.mapping else 0,
            "lane": connection.lane,
            "priority": self._priority(change),
            "number": change.mapped.number,
            "source": record.body,
            "payload": change.payload,
            "schema_version": SCHEMA_VERSION,
            "settings_version": connection.settings_version,
            "found_by": change.found.by,
            "override": None,
            "request_id": change.found.origin.request_id,
            "traceparent": change.found.origin.traceparent,
            "updated_at": self.now,
        }
        if self.job is None:
            values: dict[str, Any] = {each.name: None for each in fields(Job)}
            values |= {"id": 0, "connection_id": connection.id, "process": record.process, "source_id": record.source_id}
            values |= {"generation": 1, "taken_generation": 0, "fence": 0, "done_generation": 0, "tries": 0, "suspect": False}
            values |= {"state": _begins_as(change), "ready_at": self.now, "created_at": self.now}
            return Job(**values | {"received_at": change.found.received_at} | content)
        return replace(self.job, **content, **_next_state(self.job, change, self.now), generation=self.job.generation + 1)


def _is_completed(mapped: Record) -> bool:
    return isinstance(mapped, Order) and mapped.state is ShopState.COMPLETED


def _begins_as(change: RecordChange) -> JobState:
    return JobState.HELD if change.found.held_by_brake else JobState.WAITING


def _next_state(job: Job, change: RecordChange, now: datetime) -> dict[str, Any]:
    """A waiting job keeps its place and its pause. An ended job begins anew. A running job reads its record once more."""
    if job.state is JobState.RUNNING or (job.state in ACTIVE and not change.found.held_by_brake):
        return {"received_at": job.received_at or change.found.received_at}
    return {
        "state": _begins_as(change).after(job.state),
        "ready_at": now,
        "due_at": None,
        "tries": 0,
        "suspect": False,
        "received_at": change.found.received_at,
        "reason_code": None,
        "reason": None,
    }


def _found_note(change: RecordChange, connection: Connection) -> Note:
    words = {
        FoundBy.WEBHOOK: f"Announced by the {connection.system.noun}'s webhook",
        FoundBy.POLL: "Found by a poll",
        FoundBy.SWEEP: "Found by the deep sweep",
        FoundBy.OPERATOR: "Asked for by an operator",
        FoundBy.AGAIN: "Looked at again, because a setting or an article has changed",
        FoundBy.BACKFILL: "Found by a backfill of the history",
        FoundBy.CALLER: "Put over the REST API",
    }[change.found.by]
    modified_at = change.record.modified_at
    detail = {"status": status_of(change.mapped), "modified_at": modified_at.isoformat() if modified_at else None}
    return Note(f"found-by-{change.found.by}", words, detail=detail, event_id=change.found.event_id)


def _gone_order(mapping: Mapping, known: Record | None) -> Order:
    if isinstance(known, Order):
        return replace(known, state=ShopState.GONE, status="deleted")
    number = mapping.number or mapping.source_number or mapping.source_id
    return Order(
        source_id=mapping.source_id,
        source_number=mapping.source_number or mapping.source_id,
        number=number,
        state=ShopState.GONE,
        status="deleted",
        modified_at=mapping.source_modified_at,
        created_at=None,
        delivery_date=None,
        currency="",
        consignee=Address(),
        invoice_address=None,
        lines=(),
    )
