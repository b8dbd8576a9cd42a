"""Reads a shop's changes page by page. The cursor moves with every page that is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process, Record, SourceRecord
from app.engine.core import failpoints, leases
from app.engine.core.queue import Task
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import dry_run, enqueue
from app.engine.jobs.enqueue import EnqueueResult, Found, FoundBy, RecordChange, Verdict
from app.engine.jobs.mapper import enriched, map_record
from app.engine.jobs.run_part import PartRun, save_progress
from app.integrations.protocol import Page
from app.logs import get_logger
from app.metrics import DRIFT
from app.records import alerts, cursors, runs
from app.records.cursors import Cursor
from app.records.runs import PartChange
from app.storage.outages import UNSTORABLE, is_passing
from app.storage.tables import jobs

log = get_logger(__name__)


async def read_changes(part_run: PartRun, cursor: Cursor) -> bool:
    """Reads and stores pages. Returns whether all were read within the slice."""
    part, settings = part_run.part, part_run.connection.settings
    start = part.cursor or (None if part.full else cursor.cursor)
    since = settings.go_live if part_run.process is Process.ORDERS else None
    pages: AsyncIterator[Page] = part_run.gateway.source(part_run.connection).changes(part_run.process, start, since)
    async for page in pages:
        await _store_page(part_run, page)
        failpoints.hit("poll-after-page")
        # A read can stop only where the cursor has moved. Otherwise the next slice would read the same page again, for ever.
        if page.cursor and page.cursor != start and part_run.time_is_up:
            return False
        start = page.cursor
    return True


async def _store_page(part_run: PartRun, page: Page) -> None:
    prepared = [await enriched(part_run.gateway, part_run.connection, record) for record in page.records]
    gateway, part = part_run.gateway, part_run.part
    try:
        unsure = await _store_records(part_run, prepared, page.calls)
    except UNSTORABLE as error:
        if is_passing(error):
            raise
        log.warning("page_not_stored", records=len(prepared), error=type(error).__name__)
        unsure = await _store_one_by_one(part_run, prepared, page.calls)
    await _read_again(part_run, unsure)
    async with gateway.database.begin() as db:
        await runs.change_part(db, part.id, cursor=page.cursor)
        if not part.dry_run and not part.full:
            await cursors.change(db, part_run.connection.id, part_run.process, cursor=page.cursor)
    if not part.dry_run:
        await gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)


async def _store_records(part_run: PartRun, records: list[SourceRecord], calls: int) -> list[SourceRecord]:
    """Stores all records in one transaction. Returns those that must be read once more."""
    now = part_run.gateway.clock()
    part_run.counts.clear()
    part_run.reasons.clear()
    async with part_run.gateway.database.begin() as db:
        await leases.renew(db, part_run.lease)
        unsure = [each for each in records if not await consider(db, part_run, each, FoundBy.POLL, read_now=False, now=now)]
        await save_progress(db, part_run, calls)
    return unsure


async def _store_one_by_one(part_run: PartRun, records: list[SourceRecord], calls: int) -> list[SourceRecord]:
    """Leaves out a record that cannot be stored, and alerts an operator. It must not block the others, nor the cursor."""
    unsure = []
    for record in records:
        try:
            unsure += await _store_records(part_run, [record], 0)
        except UNSTORABLE as error:
            if is_passing(error):
                raise
            log.exception("record_not_stored", record=record.source_id)
            await _leave_out(part_run, record)
    async with part_run.gateway.database.begin() as db:
        await save_progress(db, part_run, calls)
    return unsure


async def _leave_out(part_run: PartRun, record: SourceRecord) -> None:
    now, subject = part_run.gateway.clock(), f"{record.process}:{record.source_id}"
    text = f"The gateway could not keep {record.process} {record.source_id}; its log has the details"
    part_run.counts.clear()
    part_run.reasons.clear()
    part_run.counts.update(read=1, skipped=1)
    part_run.reasons["not-stored"] += 1
    async with part_run.gateway.database.begin() as db:
        await alerts.raise_alert(db, "not-stored", part_run.connection.id, subject, text, now)
        await save_progress(db, part_run, 0)


async def _read_again(part_run: PartRun, unsure: list[SourceRecord]) -> None:
    """Reads records again that changed twice within one second: only a read can tell whether the page or the store is newer."""
    for record in unsure:
        now_there: SourceRecord | None = record  # without reads by id, the page is the newest there is
        if reads_by_id(part_run.connection):
            source = record_source(part_run.gateway, part_run.connection)
            now_there = await source.read(record.process, record.source_id)
        if now_there is None:
            continue  # gone since then: the deep sweep proves that and acts on it
        full = await enriched(part_run.gateway, part_run.connection, now_there)
        async with part_run.gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            await consider(db, part_run, full, FoundBy.POLL, read_now=True, now=part_run.gateway.clock())
            part_run.counts["read"] -= 1
            await save_progress(db, part_run, 1)


async def consider(
    db: AsyncConnection, part_run: PartRun, record: SourceRecord, found_by: FoundBy, *, read_now: bool, now: datetime
) -> bool:
    """Returns whether the record is decided; False when it must be read once more."""
    part_run.counts["read"] += 1
    mapped = map_record(part_run.connection, record)
    if part_run.part.dry_run:
        await _preview(db, part_run, record, mapped)
        return True
    cancels = record.process is Process.ORDERS and mapped.is_withdrawn
    change = RecordChange(record, mapped, Found(found_by, part_id=part_run.part.id, held_by_brake=cancels), read_now=read_now)
    enqueued = await enqueue.enqueue_change(db, part_run.connection, change, now)
    if enqueued.verdict is Verdict.READ_FIRST:
        return False
    await count(db, part_run, enqueued, cancels)
    return True


async def count(db: AsyncConnection, part_run: PartRun, enqueued: EnqueueResult, cancels: bool) -> None:
    match enqueued.verdict:
        case Verdict.QUEUED:
            DRIFT.labels(part_run.connection.name, part_run.process.value).inc()
            if cancels and enqueued.job_id is not None:
                values = {
                    "reason_code": "brake",
                    "reason": "Found cancelled by a poll; goes through when the whole run has been looked at",
                }
                await db.execute(update(jobs).where(jobs.c.id == enqueued.job_id, jobs.c.state == JobState.HELD).values(**values))
        case Verdict.UNCHANGED:
            part_run.counts["unchanged"] += 1
        case _:
            part_run.counts["skipped"] += 1
            part_run.reasons[enqueued.verdict.value] += 1


async def _preview(db: AsyncConnection, part_run: PartRun, record: SourceRecord, mapped: Record) -> None:
    """Counts what would be done, and keeps the first records field by field."""
    entry = await dry_run.of(db, part_run.connection, record, mapped)
    stored = await runs.progress_of(db, part_run.part.id)
    if entry.outcome in ("unchanged", "skipped"):
        part_run.counts[entry.outcome] += 1
        if entry.outcome == "skipped":
            part_run.reasons[entry.code] += 1
        return
    values: PartChange = {"planned": dict(Counter(stored.planned) + Counter([entry.outcome]))}
    if len(stored.preview) < dry_run.MOST_SHOWN:
        values["preview"] = [*stored.preview, entry.shown]
    await runs.change_part(db, part_run.part.id, **values)
