"""Reads a shop's changes page by page. The cursor moves with every page that is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process, Record, SourceRecord
from app.domain.problem import with_what_lifts
from app.engine.core import failpoints, leases
from app.engine.core.queue import Task
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import dry_run, enqueue
from app.engine.jobs.changes import BEYOND, Change
from app.engine.jobs.enqueue import EnqueueResult, Found, FoundBy, RecordChange, Verdict, Version
from app.engine.jobs.mapper import map_record
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling.lots import in_lots
from app.engine.polling.odd_records import is_odd, leave_out, name_once_a_day
from app.engine.polling.side_reads import (
    complete,
    may_wait,
    put_in,
    read_again,
    still_waiting,
    take_up,
    taken_out,
    wait_for_parts,
)
from app.errors import Paced
from app.integrations.kit.cursor import digest
from app.integrations.protocol import Page
from app.logs import get_logger
from app.metrics import DRIFT
from app.records import cursors, runs
from app.records.cursors import Cursor
from app.records.runs import PartChange
from app.storage.tables import jobs

log = get_logger(__name__)


DONE = "done_of_page"
"""Member of a part's cursor: the records that are stored of the page behind it. The slice was over in its middle."""


@dataclass
class _PageInHand:
    """A page that is being stored: the cursor it began at, and the marks of its records that are done with."""

    page: Page
    start: Mapping[str, Any] | None
    done: set[str]

    def left(self) -> list[SourceRecord]:
        return [each for each in self.page.records if _mark(each) not in self.done]

    def stored(self) -> dict[str, Any]:
        return {**(self.start or {}), DONE: sorted(self.done)}


def _mark(record: SourceRecord) -> str:
    return f"{record.source_id}/{digest(record.body, frozenset())}"


async def read_changes(part_run: PartRun, cursor: Cursor) -> bool:
    """Reads and stores pages. Returns whether all were read within the slice."""
    part, settings = part_run.part, part_run.connection.settings
    began = dict(part.cursor)
    done = {str(mark) for mark in began.pop(DONE, ())}
    kept, waiting = taken_out(cursor.cursor)
    begun, late = taken_out(began)
    take_up(part_run, waiting, late)
    start: Mapping[str, Any] | None = begun or (None if part.full else kept)
    since = settings.go_live if part_run.process is Process.ORDERS else None
    pages: AsyncIterator[Page] = part_run.gateway.source(part_run.connection).changes(part_run.process, start, since)
    async for page in pages:
        if not await _store_page(part_run, _PageInHand(page, start, done)):
            return False
        failpoints.hit("poll-after-page")
        # A read can stop only where the cursor has moved. Otherwise the next slice would read the same page again, for ever.
        if page.cursor and page.cursor != start and part_run.time_is_up:
            return False
        start, done = page.cursor, set()
    place = start

    async def store(page: Page) -> bool:
        return await _store_page(part_run, _PageInHand(replace(page, cursor=dict(place or {})), place, set()))

    await read_again(part_run, store)
    return True


async def _store_page(part_run: PartRun, in_hand: _PageInHand) -> bool:
    """Stores the page as far as the slice goes. Returns whether all of it is stored, and the cursor behind it."""
    gateway, part, page = part_run.gateway, part_run.part, in_hand.page
    part_run.calls += page.calls
    wait_for_parts(part_run, page)
    done = len(in_hand.done)
    try:
        async for lot in in_lots(part_run, in_hand.left(), partial(complete, part_run)):
            await _store_lot(part_run, in_hand, lot)
    except Paced:
        if len(in_hand.done) > done:
            await _save_place(part_run, in_hand)
        raise
    if in_hand.left():
        await _save_place(part_run, in_hand)
        return False

    async def move(db: AsyncConnection) -> None:
        await _name_odd_times(db, part_run, page)
        waiting = still_waiting(part_run)
        await save_progress(db, part_run, part_run.calls, cursor=put_in(page.cursor, waiting))
        if not part.dry_run and (waiting.ids or not part.full):
            stored = page.cursor if not part.full else (await _stored_cursor(db, part_run))
            await cursors.change(db, part_run.connection.id, part_run.process, cursor=put_in(stored, waiting))

    await _in_one(part_run, move)
    if not part.dry_run:
        await gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)
    return True


async def _stored_cursor(db: AsyncConnection, part_run: PartRun) -> dict[str, Any] | None:
    return (await cursors.ensure(db, part_run.connection, part_run.process, part_run.gateway.clock())).cursor


async def _save_place(part_run: PartRun, in_hand: _PageInHand) -> None:
    async def work(db: AsyncConnection) -> None:
        await save_progress(db, part_run, part_run.calls, cursor=put_in(in_hand.stored(), still_waiting(part_run)))

    await _in_one(part_run, work)
    if not part_run.part.dry_run:
        await part_run.gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)


async def _in_one(part_run: PartRun, work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
    """Runs it in one transaction that stores the calls so far."""
    part_run.counts.clear()
    part_run.reasons.clear()
    await part_run.gateway.database.run(work)
    part_run.calls = 0


async def _store_lot(part_run: PartRun, in_hand: _PageInHand, lot: list[tuple[SourceRecord, SourceRecord | Exception]]) -> None:
    """Stores what could be completed. What could not is left out and named, unless it is the shop that fails."""
    prepared = [full for _, full in lot if not isinstance(full, Exception)]
    failed = [(record, full) for record, full in lot if isinstance(full, Exception)]
    try:
        unsure = await _store_records(part_run, prepared)
    except Exception as error:
        if not is_odd(error):
            raise
        log.warning("page_not_stored", records=len(prepared), error=type(error).__name__)
        unsure = await _store_one_by_one(part_run, prepared)
    undecided = await _read_again(part_run, unsure)
    failing: Exception | None = None
    for record, why in failed:
        if is_odd(why):
            await leave_out(part_run, f"{record.process} {record.source_id}", f"{record.process}:{record.source_id}", why)
        elif not may_wait(part_run, record.source_id, why):
            failing = failing or why
            undecided.add(record.source_id)
    in_hand.done |= {_mark(record) for record, _ in lot if record.source_id not in undecided}
    if failing is not None:
        raise failing


async def _name_odd_times(db: AsyncConnection, part_run: PartRun, page: Page) -> None:
    """Alerts about records whose times are still to come, and about a clock that went back. Nothing stops for either."""
    now, noun = part_run.gateway.clock(), part_run.connection.system.noun
    latest = max(page.system_time or now, now) + BEYOND
    for record in page.records:
        if record.modified_at is not None and record.modified_at > latest:
            when = f"{record.modified_at:%Y-%m-%d %H:%M} UTC"
            text = f"{record.process} {record.source_id} bears a time that is still to come: {when}"
            await name_once_a_day(db, part_run, "future-record", f"{record.process}:{record.source_id}", text, now)
    if page.went_back is not None:
        text = f"The {noun}'s clock went back; {part_run.process} are read again from {page.went_back:%Y-%m-%d %H:%M} UTC on"
        await name_once_a_day(db, part_run, "clock-went-back", part_run.process.value, text, now)
    if page.left_out:
        text = (
            f"The {noun} listed {page.left_out} {part_run.process} that are no records, or could not give them; they are left out"
        )
        log.warning("records_left_out", count=page.left_out, odd=page.odd)
        text = f"{text}: {'; '.join(page.odd)}" if page.odd else text
        await name_once_a_day(db, part_run, "odd-answers", f"{part_run.process} that are none", text, now)


@dataclass(frozen=True)
class Unsure:
    """A record that must be read once more, and the version that was stored when this was found out."""

    record: SourceRecord
    stored: Version | None


async def _store_records(part_run: PartRun, records: list[SourceRecord]) -> list[Unsure]:
    """Stores all records in one transaction. Returns those that must be read once more."""
    found = Found(FoundBy.POLL, part_id=part_run.part.id, held_by_brake=True)
    changes = [change_of(part_run, record, found) for record in records]

    async def work(db: AsyncConnection) -> list[Unsure]:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        results = await decide(db, part_run, changes)
        await save_progress(db, part_run, 0)
        return [
            Unsure(record, result.stored)
            for record, result in zip(records, results, strict=True)
            if result is not None and result.verdict is Verdict.READ_FIRST
        ]

    return await part_run.gateway.database.run(work) if records else []


async def _store_one_by_one(part_run: PartRun, records: list[SourceRecord]) -> list[Unsure]:
    """Leaves out a record that cannot be stored, and alerts an operator. It must not block the others, nor the cursor."""
    unsure = []
    for record in records:
        try:
            unsure += await _store_records(part_run, [record])
        except Exception as error:
            if not is_odd(error):
                raise
            await leave_out(part_run, f"{record.process} {record.source_id}", f"{record.process}:{record.source_id}", error)
    return unsure


async def _read_again(part_run: PartRun, unsure: list[Unsure]) -> set[str]:
    """Reads records again where only a read can tell whether the page or the store is newer.

    Returns the ids of those for which there was no time.
    """
    for place, one in enumerate(unsure):
        record = one.record
        if place and part_run.time_is_up:
            return {each.record.source_id for each in unsure[place:]}
        try:
            await _read_once_more(part_run, one)
        except Exception as error:
            if may_wait(part_run, record.source_id, error):
                continue
            if not is_odd(error):
                raise
            await leave_out(part_run, f"{record.process} {record.source_id}", f"{record.process}:{record.source_id}", error)
    return set()


async def _read_once_more(part_run: PartRun, one: Unsure) -> None:
    now_there: SourceRecord | None = one.record  # without reads by id, the page is the newest there is
    if reads_by_id(part_run.connection):
        source = record_source(part_run.gateway, part_run.connection)
        now_there = await source.read(one.record.process, one.record.source_id)
    if now_there is None:
        return  # gone since then: the deep sweep proves that and acts on it
    full = await complete(part_run, now_there)
    found = Found(FoundBy.POLL, part_id=part_run.part.id, held_by_brake=True)
    change = replace(change_of(part_run, full, found), read_now=True, before=one.stored)

    async def work(db: AsyncConnection) -> None:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        await decide(db, part_run, [change])
        part_run.counts["read"] -= 1
        await save_progress(db, part_run, 1)

    await part_run.gateway.database.run(work)


def change_of(part_run: PartRun, record: SourceRecord, found: Found) -> RecordChange:
    """With `found.held_by_brake`, a cancellation is not sent before the whole run has been looked at."""
    mapped = map_record(part_run.connection, record)
    cancels = record.process is Process.ORDERS and mapped.is_withdrawn and found.held_by_brake
    return RecordChange(record, mapped, replace(found, held_by_brake=cancels))


async def decide(db: AsyncConnection, part_run: PartRun, changes: Sequence[Change]) -> Sequence[EnqueueResult | None]:
    """Decides about changes and counts them. None for each in a dry run, which only shows what would be done."""
    part_run.counts["read"] += len(changes)
    if part_run.part.dry_run:
        for change in changes:
            if isinstance(change, RecordChange):
                await _preview(db, part_run, change.record, change.mapped)
        return [None] * len(changes)
    results = await enqueue.enqueue_changes(db, part_run.connection, changes, part_run.gateway.clock())
    for change, result in zip(changes, results, strict=True):
        if result.verdict is not Verdict.READ_FIRST:
            await count(db, part_run, result, change.found.held_by_brake)
    return results


async def count(db: AsyncConnection, part_run: PartRun, enqueued: EnqueueResult, cancels: bool) -> None:
    match enqueued.verdict:
        case Verdict.QUEUED:
            DRIFT.labels(part_run.connection.name, part_run.process.value).inc()
            if cancels and enqueued.job_id is not None:
                words = "Found cancelled by a poll; goes through when the whole run has been looked at"
                noun = part_run.connection.system.noun
                values = {"reason_code": "brake", "reason": with_what_lifts(words, "brake", noun)}
                await db.execute(update(jobs).where(jobs.c.id == enqueued.job_id, jobs.c.state == JobState.HELD).values(**values))
        case Verdict.UNCHANGED:
            part_run.counts["unchanged"] += 1
        case _:
            part_run.counts["skipped"] += 1
            part_run.reasons[enqueued.code or enqueued.verdict.value] += 1


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
