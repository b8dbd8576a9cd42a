"""Queues a changed record. Webhooks, polls, sweeps and operators all come here.

The newest version wins, by the record's own time. There is one job for each connection, process and record. A newer version
raises its generation and replaces what waited, so ten changes that wait are one write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Address, EventState, JobState, Order, Process, Record, ShopState, SourceRecord, content_hash, to_payload
from app.domain.record import SCHEMA_VERSION, kind_of
from app.engine.jobs import events
from app.engine.jobs.job_rows import JobKey, Upserted, upsert_job
from app.engine.jobs.mapper import GONE, payload_of
from app.flows.outcomes import Transfer
from app.metrics import FOUND
from app.records import mappings
from app.records.connections import Connection
from app.records.jobs import Job, of_record
from app.records.mappings import Mapping, MappingChange, Note
from app.records.stock import levels
from app.storage.tables import connections as connection_rows
from app.storage.tables import inbox, jobs

ACTIVE = (JobState.WAITING, JobState.PARKED, JobState.RUNNING)
"""A job in one of these states reads its record again by itself."""


class FoundBy(StrEnum):
    WEBHOOK = "webhook"
    POLL = "poll"
    SWEEP = "sweep"
    OPERATOR = "operator"


class Verdict(StrEnum):
    QUEUED = "queued"
    UNCHANGED = "unchanged"
    OLDER = "older"
    NOT_WANTED = "not-wanted"
    READ_FIRST = "read-first"
    """Changed in the same second as what is stored, with other content: only a read can tell which is newer."""


@dataclass(frozen=True)
class Found:
    """How a record was found: by a webhook's event, by a part of a run, or by an operator.

    `forced`: queued even if it has not changed. `held_by_brake`: not sent before its whole run has been checked.
    """

    by: FoundBy
    event_id: int | None = None
    received_at: datetime | None = None
    part_id: int | None = None
    held_by_brake: bool = False
    forced: bool = False


@dataclass(frozen=True)
class RecordChange:
    """A record and how it was found. `read_now`: it was read from the shop just now."""

    record: SourceRecord
    mapped: Record
    found: Found
    read_now: bool = False


@dataclass(frozen=True)
class EnqueueResult:
    """What became of a record change."""

    verdict: Verdict
    reason: str = ""
    job_id: int | None = None
    generation: int | None = None
    mapping_id: int | None = None


async def enqueue_change(db: AsyncConnection, connection: Connection, change: RecordChange, now: datetime) -> EnqueueResult:
    """Decides about the record change, and queues a job when there is something to do. All in the caller's transaction."""
    kind = kind_of(change.record.process)
    await _one_at_a_time(db, connection)
    # Locked: the lane may be storing the outcome of the version before at this moment.
    mapping = await mappings.by_source(db, connection.id, kind, change.record.source_id, lock=True)
    digest = content_hash(change.mapped)
    if mapping is not None and not change.found.forced:
        early = _stale(mapping, change, digest, connection.settings_version)
        if early is not None:
            if early.verdict is Verdict.UNCHANGED:
                await _touch(db, mapping, change, now)
            return early
    if mapping is None:
        mapping = await mappings.create(db, connection.id, kind, change.record.source_id, connection.lane, now)
    await _store_snapshot(db, mapping, change, digest, connection, now)
    reason = await _skip_reason(db, mapping, change, connection)
    if reason:
        code, words = reason
        await mappings.change(
            db, mapping.id, now, transfer=Transfer.NONE, reason_code=code, reason=words, wanted=_wanted(change.mapped)
        )
        if mapping.reason_code != code or mapping.source_status != _status(change.mapped):
            await mappings.note(db, mapping.id, now, Note(code, words, event_id=change.found.event_id))
        return EnqueueResult(Verdict.NOT_WANTED, words, mapping_id=mapping.id)
    return await _queue(db, connection, mapping, change, now)


async def _one_at_a_time(db: AsyncConnection, connection: Connection) -> None:
    """Lets one record change of a connection in at a time.

    Webhooks, polls and operators find the same record at the same moment. Side by side, both would find theirs newer, and the
    older could be stored last. (SQLite has one writer anyway.)
    """
    if db.dialect.name == "postgresql":
        mine = select(connection_rows.c.id).where(connection_rows.c.id == connection.id)
        # Not a full lock: intake refers to this row with every delivery and must not wait.
        await db.execute(mine.with_for_update(key_share=True))


def _stale(mapping: Mapping, change: RecordChange, digest: str, settings_version: int) -> EnqueueResult | None:
    """Freshness: an older version is dropped. In the same second, the same content is dropped and other content is read once."""
    ours, theirs = mapping.source_modified_at, change.record.modified_at
    moved = mapping.settings_version != settings_version
    if ours is None or theirs is None:
        return _unchanged(mapping) if mapping.source_hash == digest and not moved else None
    if theirs < ours:
        return EnqueueResult(Verdict.OLDER, f"What is stored is newer ({ours:%Y-%m-%d %H:%M:%S} UTC)", mapping_id=mapping.id)
    if mapping.source_hash == digest:
        return _unchanged(mapping)
    if theirs == ours and not change.read_now and not moved:
        return EnqueueResult(Verdict.READ_FIRST, "Changed twice within the same second", mapping_id=mapping.id)
    return None


def _unchanged(mapping: Mapping) -> EnqueueResult:
    return EnqueueResult(Verdict.UNCHANGED, "Nothing that the warehouse needs has changed", mapping_id=mapping.id)


async def _touch(db: AsyncConnection, mapping: Mapping, change: RecordChange, now: datetime) -> None:
    """Unchanged content may still be a newer version. We store its time, so that an older version stays out."""
    newer = change.record.modified_at
    if newer is not None and (mapping.source_modified_at is None or newer > mapping.source_modified_at):
        await mappings.change(db, mapping.id, now, source_modified_at=newer)


async def _store_snapshot(
    db: AsyncConnection, mapping: Mapping, change: RecordChange, digest: str, connection: Connection, now: datetime
) -> None:
    mapped = change.mapped
    values: MappingChange = {
        "source_hash": digest,
        "settings_version": connection.settings_version,
        "source_status": _status(mapped),
        "source_number": mapped.source_number,
        "parent_source_id": mapped.parent_id,
    }
    if change.record.modified_at is not None:
        values["source_modified_at"] = change.record.modified_at
    if mapping.wms_id is None and mapping.lane != connection.lane:
        values["lane"] = connection.lane
    await mappings.change(db, mapping.id, now, **values)


def _status(mapped: Record) -> str:
    return mapped.status[:40]


def _wanted(mapped: Record) -> str:
    return "absent" if mapped.is_withdrawn else "present"


async def _skip_reason(
    db: AsyncConnection, mapping: Mapping, change: RecordChange, connection: Connection
) -> tuple[str, str] | None:
    """Why no job is needed: the record is not wanted in the warehouse, and nothing of it is there or may be."""
    if mapping.wms_id is not None or mapping.transfer not in (Transfer.NONE, Transfer.PENDING):
        return None
    mapped = change.mapped
    go_live = connection.settings.go_live
    reason: tuple[str, str] | None = None
    if go_live is not None and mapped.created_at is not None and mapped.created_at < go_live:
        reason = ("before-go-live", f"Made before the connection went live ({go_live:%Y-%m-%d %H:%M} UTC)")
    elif not mapped.wanted:
        reason = ("not-wanted", f"The {connection.system.noun}'s status is {mapped.status!r}")
    if reason is None or await _has_active_job(db, connection.id, change.record):
        return None
    return reason


async def _has_active_job(db: AsyncConnection, connection_id: str, record: SourceRecord) -> bool:
    same = (jobs.c.connection_id == connection_id, jobs.c.process == record.process, jobs.c.source_id == record.source_id)
    state = await db.scalar(select(jobs.c.state).where(*same))
    return state in ACTIVE


async def _queue(
    db: AsyncConnection, connection: Connection, mapping: Mapping, change: RecordChange, now: datetime
) -> EnqueueResult:
    record = change.record
    content = {
        "mapping_id": mapping.id,
        "lane": connection.lane,
        "priority": change.mapped.priority,
        "number": change.mapped.number,
        "source": record.body,
        "payload": to_payload(change.mapped),
        "schema_version": SCHEMA_VERSION,
        "settings_version": connection.settings_version,
        "found_by": change.found.by,
        "override": None,
    }
    new = {**content, "state": _begins_as(change), "received_at": change.found.received_at}
    key = JobKey(connection.id, record.process, record.source_id)
    queued = await upsert_job(db, key, new, lambda job: {**content, **_next_state(job, change, now)}, now, change.found.part_id)
    if queued.taken_generation is not None:
        await events.merge_waiting_events(db, queued.job_id, queued.taken_generation, now, connection.name)
    if mapping.transfer == Transfer.NONE:
        await mappings.change(
            db, mapping.id, now, transfer=Transfer.PENDING, reason_code=None, reason=None, wanted=_wanted(change.mapped)
        )
    if isinstance(change.mapped, Order) and mapping.wms_id is None:
        await _reserve(db, connection, mapping, change.mapped, now)
    await _link(db, connection, mapping, change, queued, now)
    return EnqueueResult(Verdict.QUEUED, job_id=queued.job_id, generation=queued.generation, mapping_id=mapping.id)


async def _reserve(db: AsyncConnection, connection: Connection, mapping: Mapping, order: Order, now: datetime) -> None:
    """Takes what the shop has sold, and the WMS has not yet got, off what may be sold."""
    if order.state is ShopState.WANTED:
        await levels.sold(db, connection.id, connection.lane, mapping.id, order, now)
    else:
        await levels.unsold(db, connection.lane, mapping.id, now)


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
        "suspect": 0,
        "received_at": change.found.received_at,
        "reason_code": None,
        "reason": None,
    }


async def _link(
    db: AsyncConnection, connection: Connection, mapping: Mapping, change: RecordChange, queued: Upserted, now: datetime
) -> None:
    """Links the event and the record's history to the job."""
    found, record = change.found, change.record
    if found.event_id is not None:
        await db.execute(
            update(inbox)
            .where(inbox.c.id == found.event_id, inbox.c.state.in_(EventState.QUEUED.sources(EventState.RECEIVED)))
            .values(
                state=EventState.QUEUED,
                process=record.process,
                source_id=record.source_id,
                job_id=queued.job_id,
                generation=queued.generation,
            )
        )
    FOUND.labels(connection.name, record.process.value, found.by.value).inc()
    words = {
        FoundBy.WEBHOOK: f"Announced by the {connection.system.noun}'s webhook",
        FoundBy.POLL: "Found by a poll",
        FoundBy.SWEEP: "Found by the deep sweep",
        FoundBy.OPERATOR: "Asked for by an operator",
    }[found.by]
    detail = {
        "status": _status(change.mapped),
        "modified_at": change.record.modified_at.isoformat() if change.record.modified_at else None,
    }
    await mappings.note(
        db, mapping.id, now, Note(f"found-by-{found.by}", words, detail=detail, event_id=found.event_id, job_id=queued.job_id)
    )


async def enqueue_gone(
    db: AsyncConnection, connection: Connection, process: Process, source_id: str, found: Found, now: datetime
) -> EnqueueResult:
    """Takes a record that the shop itself says is gone. Acts only on an order that is, or may come to be, in the warehouse."""
    mapping = await mappings.by_source(db, connection.id, kind_of(process), source_id)
    if process is Process.ARTICLES or mapping is None:
        return EnqueueResult(
            Verdict.NOT_WANTED,
            f"The {connection.system.noun} has no such record any more, and nothing is to be done in the warehouse",
        )
    job = await of_record(db, connection.id, process, source_id)
    source = {**((job.source if job else None) or {}), GONE: True}
    record = SourceRecord(process, source_id, mapping.source_modified_at, source)
    known = payload_of(connection, job) if job and job.payload and job.source else None
    change = RecordChange(record, _gone_order(mapping, known), found, read_now=True)
    return await enqueue_change(db, connection, change, now)


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
