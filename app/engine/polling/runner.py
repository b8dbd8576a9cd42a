"""Polls: the safety net. What no webhook announced is found here and goes through the same door.

A poll reads what changed since its cursor, page by page, and moves the cursor with every page that is stored. A deep sweep (or a
full sync) goes on to read every open order by its id, so that what was deleted for good, or thrown into the trash, is found too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, Order, Process, ShopState, SourceRecord
from app.engine.core import leases
from app.engine.core.failpoints import failpoint
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.intake.ingest import UNSTORABLE, enriched
from app.engine.jobs import dry_run, enqueue
from app.engine.jobs.brake import apply_brake
from app.engine.jobs.enqueue import EnqueueResult, FoundBy, RecordChange, Verdict
from app.engine.jobs.mapper import map_record
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling import health_alerts, returns, shipments
from app.engine.stock import dry_run as stock_dry_run
from app.engine.stock import levels
from app.errors import LeaseLost, LoginRefused, NotFound, RateLimited, RemoteError
from app.integrations.protocol import Page
from app.logs import get_logger
from app.metrics import DRIFT
from app.records import alerts, cursors, mappings, runs
from app.records.connections import Connection, Status
from app.storage.outages import is_passing
from app.storage.tables import jobs

log = get_logger(__name__)

SWEEP_BATCH = 100
SHOP_POLLS = (Process.ARTICLES, Process.ORDERS)
"""Polls that find what a shop's webhooks would have announced."""
SWEPT = (Process.ORDERS, Process.STOCK)
"""Processes whose deep sweep finds what no change announces."""


def key_of(connection_id: str, process: Process) -> str:
    return f"{connection_id}:{process.value}"


async def poll(gateway: Gateway, key: str) -> None:
    """Works on the next part of a run for this connection and process; makes a scheduled one when a poll is due."""
    connection_id, _, process_name = key.rpartition(":")
    process = Process(process_name)
    try:
        connection = await gateway.connection(connection_id)
    except NotFound:
        return
    lease = await leases.acquire(gateway.database, f"poll:{key}", gateway.settings.lease_seconds)
    if lease is None:
        return
    more = False
    part: Row[Any] | None = None
    try:
        part = await _next_part(gateway, connection, process)
        if part is not None:
            with structlog.contextvars.bound_contextvars(run=part.run_id, connection=connection.name, process=process.value):
                async with leases.kept(gateway.database, lease):
                    more = await _work(gateway, connection, process, part, lease)
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
    finally:
        await leases.release(gateway.database, lease)
    if more and not gateway.stopping:
        await gateway.wake_ups.send(Task.POLL, key)
    if part is not None:
        await _wake_following(gateway, part)


async def _wake_following(gateway: Gateway, part: Row[Any]) -> None:
    """The next process of the same run has waited for this one to be read."""
    async with gateway.database.read() as db:
        following = await runs.following(db, part)
    for process in following[:1]:
        await gateway.wake_ups.send(Task.POLL, key_of(part.connection_id, process))


async def _next_part(gateway: Gateway, connection: Connection, process: Process) -> Row[Any] | None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        if connection.status is not Status.ACTIVE:
            return None  # what a run has left to read waits for the connection to be active again
        part = await runs.next_part(db, connection.id, process)
        if part is not None:
            return part
        cursor = await cursors.ensure(db, connection, process, now)
        if cursor.next_poll_at > now or not getattr(connection.settings.processes, process.value, False):
            return None
        full = process in SWEPT and cursor.next_sweep_at <= now
        await runs.create(
            db,
            trigger="schedule",
            target=connection.name,
            places=[(connection.id, process)],
            full=False,
            dry_run=False,
            now=now,
            options={"sweep": full},
        )
        return await runs.next_part(db, connection.id, process)


async def _work(gateway: Gateway, connection: Connection, process: Process, part: Row[Any], lease: Lease) -> bool:
    """Reads until done or the slice is over. Returns whether there is more to read, in this part or another."""
    ends = time.monotonic() + gateway.settings.slice_seconds
    async with gateway.database.begin() as db:
        sweeps = await _sweeps(db, process, part)
        started = part.started_at or gateway.clock()
        await runs.change_part(db, part.id, state="reading", started_at=started)
        cursor = await cursors.ensure(db, connection, process, gateway.clock())
    part_run = PartRun(gateway, connection, process, part, lease, ends, sweeps)
    try:
        if not await _read_all(part_run, cursor):
            return True
    except RemoteError as error:
        await _fail(part_run, error)
        return False
    await _finish(part_run)
    async with gateway.database.read() as db:
        return await runs.next_part(db, connection.id, process) is not None


async def _read_all(part_run: PartRun, cursor: Row[Any]) -> bool:
    """Whether all was read within the slice."""
    match part_run.process:
        case Process.STOCK if part_run.part.dry_run:
            return await stock_dry_run.read(part_run)
        case Process.STOCK:
            return await levels.read(part_run, cursor)
        case Process.SHIPMENTS:
            return await shipments.read_shipments(part_run)
        case Process.RETURNS:
            return await returns.read_returns(part_run)
        case _:
            if not part_run.part.sweeping and not await _read_changes(part_run, cursor):
                return False
            return not part_run.sweeps or await _sweep(part_run)


async def _read_changes(part_run: PartRun, cursor: Row[Any]) -> bool:
    """Whether all pages were read within the slice."""
    part, settings = part_run.part, part_run.connection.settings
    start = part.cursor or (None if part.full else cursor.cursor)
    since = settings.go_live if part_run.process is Process.ORDERS else None
    pages: AsyncIterator[Page] = part_run.gateway.source(part_run.connection).changes(part_run.process, start, since)
    async for page in pages:
        await _store_page(part_run, page)
        failpoint("poll-after-page")
        # Only what moves the cursor can be gone on from: anything else would be read again and again, slice after slice.
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
    """All in one transaction; returns those that must be read once more."""
    now = part_run.gateway.clock()
    part_run.counts.clear()
    part_run.reasons.clear()
    async with part_run.gateway.database.begin() as db:
        await leases.renew(db, part_run.lease)
        unsure = [each for each in records if not await _consider(db, part_run, each, FoundBy.POLL, read_now=False, now=now)]
        await save_progress(db, part_run, calls)
    return unsure


async def _store_one_by_one(part_run: PartRun, records: list[SourceRecord], calls: int) -> list[SourceRecord]:
    """One odd record must not keep the others out, nor the cursor where it is: it is left out, and an operator hears of it."""
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
    part_run.counts |= Counter(read=1, skipped=1)
    part_run.reasons["not-stored"] += 1
    async with part_run.gateway.database.begin() as db:
        await alerts.raise_alert(db, "not-stored", part_run.connection.id, subject, text, now)
        await save_progress(db, part_run, 0)


async def _read_again(part_run: PartRun, unsure: list[SourceRecord]) -> None:
    """Records changed twice within one second: only a read can tell whether the page or what is stored is newer."""
    for record in unsure:
        now_there = await part_run.gateway.source(part_run.connection).read(record.process, record.source_id)
        if now_there is None:
            continue  # gone since: the deep sweep proves and settles that
        full = await enriched(part_run.gateway, part_run.connection, now_there)
        async with part_run.gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            await _consider(db, part_run, full, FoundBy.POLL, read_now=True, now=part_run.gateway.clock())
            part_run.counts["read"] -= 1
            await save_progress(db, part_run, 1)


async def _consider(
    db: AsyncConnection, part_run: PartRun, record: SourceRecord, found_by: FoundBy, *, read_now: bool, now: datetime
) -> bool:
    """Whether the record is judged; False when it must be read once more."""
    part_run.counts["read"] += 1
    mapped = map_record(part_run.connection, record)
    if part_run.part.dry_run:
        await _preview(db, part_run, record, mapped)
        return True
    cancels = isinstance(mapped, Order) and mapped.state in (ShopState.CANCELLED, ShopState.GONE)
    made = RecordChange(record, mapped, found_by, read_now=read_now, part_id=part_run.part.id, held_by_brake=cancels)
    enqueued = await enqueue.enqueue_change(db, part_run.connection, made, now)
    if enqueued.verdict is Verdict.READ_FIRST:
        return False
    await _count(db, part_run, enqueued, cancels)
    return True


async def _count(db: AsyncConnection, part_run: PartRun, enqueued: EnqueueResult, cancels: bool) -> None:
    match enqueued.verdict:
        case Verdict.QUEUED:
            DRIFT.labels(part_run.connection.name, part_run.process.value).inc()
            if cancels and enqueued.job_id is not None:
                values = {
                    "reason_code": "brake",
                    "reason": "Found cancelled by a poll; goes through when the whole run has been looked at",
                }
                await db.execute(update(jobs).where(jobs.c.id == enqueued.job_id, jobs.c.state == "held").values(**values))
        case Verdict.UNCHANGED:
            part_run.counts["unchanged"] += 1
        case _:
            part_run.counts["skipped"] += 1
            part_run.reasons[enqueued.verdict.value] += 1


async def _preview(db: AsyncConnection, part_run: PartRun, record: SourceRecord, mapped: Article | Order) -> None:
    """Counts what would be done, and keeps the first of it field by field."""
    entry = await dry_run.of(db, part_run.connection, record, mapped)
    part = await runs.part_row(db, part_run.part.id)
    if entry.outcome in ("unchanged", "skipped"):
        part_run.counts[entry.outcome] += 1
        if entry.outcome == "skipped":
            part_run.reasons[entry.code] += 1
        return
    values: dict[str, Any] = {"planned": dict(Counter(part.planned or {}) + Counter([entry.outcome]))}
    if len(part.preview or []) < dry_run.MOST_SHOWN:
        values["preview"] = [*(part.preview or []), entry.shown]
    await runs.change_part(db, part.id, **values)


# --- the deep sweep -----------------------------------------------------------------------------------------------------


async def _sweeps(db: AsyncConnection, process: Process, part: Row[Any]) -> bool:
    """A full sync sweeps, and a scheduled poll when a deep sweep was due."""
    if process not in SWEPT or part.dry_run:
        return False
    run = await runs.find(db, part.run_id)
    return bool(part.full) or (run is not None and bool(run.options.get("sweep")))


async def _sweep(part_run: PartRun) -> bool:
    """Reads every order that is open in the warehouse by its id. Whether all were read within the slice."""
    gateway, connection = part_run.gateway, part_run.connection
    after = int((part_run.part.cursor or {}).get("swept_to", 0)) if part_run.part.sweeping else 0
    while True:
        async with gateway.database.read() as db:
            batch = await mappings.open_orders(db, connection.id, after, SWEEP_BATCH)
        if not batch:
            return True
        found = await gateway.source(connection).read_many(Process.ORDERS, [source_id for _, source_id in batch])
        records = {key: await enriched(gateway, connection, record) if record else None for key, record in found.items()}
        after = batch[-1][0]
        await _store_swept(part_run, records, after)
        if part_run.time_is_up:
            return False


async def _store_swept(part_run: PartRun, records: dict[str, SourceRecord | None], after: int) -> None:
    gateway, connection, now = part_run.gateway, part_run.connection, part_run.gateway.clock()
    async with gateway.database.begin() as db:
        await leases.renew(db, part_run.lease)
        for source_id, record in records.items():
            if record is not None:
                await _consider(db, part_run, record, FoundBy.SWEEP, read_now=True, now=now)
                continue
            part_run.counts["read"] += 1
            enqueued = await enqueue.enqueue_gone(
                db, connection, Process.ORDERS, source_id, FoundBy.SWEEP, now, part_id=part_run.part.id, held_by_brake=True
            )
            await _count(db, part_run, enqueued, cancels=True)
        await save_progress(db, part_run, 1, cursor={"swept_to": after}, sweeping=True)


# --- the end ------------------------------------------------------------------------------------------------------------


async def _finish(part_run: PartRun) -> None:
    gateway, connection, now = part_run.gateway, part_run.connection, part_run.gateway.clock()
    async with gateway.database.begin() as db:
        braked = await apply_brake(db, part_run.connection, part_run.part, now)
        await save_progress(db, part_run, 0, state="braked" if braked else "working")
        if not part_run.part.dry_run:
            await _schedule_next(db, part_run, now)
        await runs.finish_settled(db, now)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)


async def _schedule_next(db: AsyncConnection, part_run: PartRun, now: datetime) -> None:
    settings = part_run.connection.settings
    values: dict[str, Any] = {
        "polled_at": now,
        "next_poll_at": now + timedelta(minutes=settings.poll_interval_minutes),
        "failures": 0,
        "last_error": None,
    }
    if part_run.sweeps:
        values |= {"swept_at": now, "next_sweep_at": now + timedelta(hours=_sweep_hours(part_run))}
    before = await cursors.ensure(db, part_run.connection, part_run.process, now)
    await health_alerts.poll_worked(db, part_run.connection, part_run.process.value, before.failures, now)
    await cursors.change(db, part_run.connection.id, part_run.process, **values)


def _sweep_hours(part_run: PartRun) -> float:
    settings = part_run.connection.settings
    return settings.stock.full_sweep_hours if part_run.process is Process.STOCK else settings.deep_sweep_hours


async def _fail(part_run: PartRun, error: RemoteError) -> None:
    """The part ends as failed; what was stored stays, the next poll goes on from the cursor."""
    gateway, now = part_run.gateway, part_run.gateway.clock()
    settings = gateway.settings
    async with gateway.database.begin() as db:
        await save_progress(db, part_run, 0, state="failed", error=error.message, finished_at=now)
        if part_run.part.dry_run:
            await runs.finish_settled(db, now)
            return
        failures = (await cursors.ensure(db, part_run.connection, part_run.process, now)).failures
        pause = pause_before(failures, settings.retry_base_seconds, part_run.connection.settings.poll_interval_minutes * 60)
        if isinstance(error, RateLimited) and error.retry_after is not None:
            pause = max(pause, timedelta(seconds=error.retry_after))
        failed = {"failures": failures + 1, "last_error": error.message, "next_poll_at": now + pause}
        await cursors.change(db, part_run.connection.id, part_run.process, **failed)
        await health_alerts.poll_failed(db, part_run.connection, part_run.process.value, failures + 1, error.message, now)
        if isinstance(error, LoginRefused):
            await alerts.raise_alert(db, "login-refused", part_run.connection.id, error.system, error.message, now)
        await apply_brake(db, part_run.connection, part_run.part, now)
        await runs.finish_settled(db, now)
    log.warning("poll_failed", error=type(error).__name__, status=error.status)
