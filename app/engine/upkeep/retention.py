"""Retention: bodies and personal data are deleted after a set time. One person's data can be erased at once."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Select, String, Table, case, cast, delete, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState, Process
from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.errors import LeaseLost
from app.logs import get_logger
from app.records import deliveries, reservations, runs
from app.records.console import sessions as console_sessions
from app.records.longwork import lines as work_lines
from app.records.onboarding import visits
from app.records.outgoing_webhooks import events as outgoing_events
from app.records.receipts import storing as receipts
from app.records.webhooks import former_secrets
from app.storage.batches import change_batch, old_rows, progress_of, save_progress
from app.storage.callers.tables import outgoing_webhooks
from app.storage.outbound_tables import stock_adjustments
from app.storage.side_tables import audit, long_work_lines, long_works
from app.storage.tables import attempts, history, inbox, jobs, run_parts
from app.storage.types import spelled

log = get_logger(__name__)

TASK = "retention"
EVERY = timedelta(hours=1)
GOES_ON_AFTER = timedelta(minutes=1)
"""The pause before it goes on, when there was more than fitted into its time."""
BATCH = 1000
"""The most rows of one transaction: no other writer waits for more."""
BATCH_BYTES = 8 * 1024 * 1024
"""The most bytes of bodies that one transaction empties."""
ERASED_AT_ONCE = 500
FINISHED_EVENTS = (EventState.DONE, EventState.MERGED, EventState.IGNORED)


async def prune_when_due(gateway: Gateway, now: datetime) -> None:
    """Prunes once an hour, in one process. Ends at its time, and goes on a minute later."""
    if gateway.prune_at is not None and now < gateway.prune_at:
        return
    async with gateway.database.read() as db:
        gateway.prune_at = (await progress_of(db, TASK)).due_at
    if gateway.prune_at is not None and now < gateway.prune_at:
        return
    lease = await leases.acquire(gateway.database, TASK, gateway.settings.lease_seconds)
    if lease is None:
        gateway.prune_at = now + GOES_ON_AFTER
        return
    try:
        done = await prune(gateway, now, lease=lease, seconds=gateway.settings.slice_seconds)
        gateway.prune_at = now + (EVERY if done else GOES_ON_AFTER)
        async with gateway.database.begin() as db:
            await save_progress(db, TASK, due_at=gateway.prune_at)
    except LeaseLost:
        log.warning("lease_lost", lease=TASK)
    finally:
        await leases.release(gateway.database, lease)


async def prune(gateway: Gateway, now: datetime, *, lease: Lease | None = None, seconds: float | None = None) -> bool:
    """Deletes what is past its retention time, batch by batch. Held and dead events keep their body, which a replay needs.

    Returns whether all is done: with `seconds` it ends after that time. Raises LeaseLost.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    for work in _works(gateway, now):

        async def batch(db: AsyncConnection, work: Work = work) -> bool:
            if lease is not None:
                await leases.renew(db, lease)
            return await work(db)

        while await gateway.database.run(batch):
            if gateway.stopping or (ends is not None and time.monotonic() >= ends):
                return False
    return True


Work = Callable[[AsyncConnection], Awaitable[bool]]
"""One batch in a transaction of its own. Returns whether there may be more."""


def _works(gateway: Gateway, now: datetime) -> list[Work]:
    settings = gateway.settings
    bodies = now - timedelta(days=settings.event_body_days)
    personal = now - timedelta(days=settings.personal_data_days)
    old = now - timedelta(days=settings.history_days)
    quiet = now - timedelta(days=settings.quiet_run_days)
    empty_jobs = (jobs.c.source.is_not(None), jobs.c.state == JobState.DONE, jobs.c.updated_at < personal)
    empty_previews = (run_parts.c.preview.is_not(None), run_parts.c.finished_at < personal)
    return [
        lambda db: _empty_bodies(db, bodies),
        lambda db: change_batch(db, jobs, empty_jobs, BATCH, source=None, payload=_KEPT),
        lambda db: _empty_attempts(db, personal),
        lambda db: change_batch(db, run_parts, empty_previews, BATCH, preview=None),
        lambda db: deliveries.prune(db, personal, BATCH),
        lambda db: deliveries.prune_reports(db, personal, BATCH),
        _OldRows(inbox, inbox.c.received_at, old, inbox.c.state.in_(FINISHED_EVENTS)).delete_batch,
        _OldRows(attempts, attempts.c.started_at, old, attempts.c.finished_at.is_not(None)).delete_batch,
        _OldRows(history, history.c.at, old).delete_batch,
        _OldRows(stock_adjustments, stock_adjustments.c.read_at, old).delete_batch,
        _OldRows(audit, audit.c.at, now - timedelta(days=settings.audit_days)).delete_batch,
        lambda db: runs.prune(db, old, BATCH),
        lambda db: runs.prune_quiet(db, quiet, BATCH),
        lambda db: reservations.prune(db, now - timedelta(days=2), BATCH),
        lambda db: former_secrets.prune(db, now),
        lambda db: visits.prune(db, now),
        lambda db: console_sessions.prune(db, now),
        lambda db: work_lines.prune(db, personal, BATCH),
        lambda db: receipts.prune(db, old, BATCH),
        lambda db: outgoing_events.prune(db, personal, old, BATCH),
    ]


async def _empty_bodies(db: AsyncConnection, before: datetime) -> bool:
    """A transaction empties as many bytes as other writers can wait for."""
    full = (inbox.c.body.is_not(None), inbox.c.state.in_(spelled(*FINISHED_EVENTS)), inbox.c.received_at < before)
    rows = list(await db.execute(select(inbox.c.id, inbox.c.size).where(*full).order_by(inbox.c.received_at).limit(BATCH)))
    ids: list[int] = []
    size = 0
    for row in rows:
        size += row.size
        if ids and size > BATCH_BYTES:
            break
        ids.append(row.id)
    if ids:
        await db.execute(update(inbox).where(inbox.c.id.in_(ids), inbox.c.state.in_(FINISHED_EVENTS)).values(body=None))
    return len(rows) == BATCH or len(ids) < len(rows)


async def _empty_attempts(db: AsyncConnection, before: datetime) -> bool:
    """Goes on behind those that it has emptied already."""
    task = f"{TASK}:attempts"
    old = await old_rows(db, attempts, attempts.c.started_at, before, (await progress_of(db, task)).position, BATCH)
    if old.ids:
        await db.execute(update(attempts).where(attempts.c.id.in_(old.ids)).values(request=None, answer=None))
    if old.behind is not None:
        await save_progress(db, task, position=old.behind)
    return old.more


@dataclass
class _OldRows:
    """Deletes rows from before `before` by id: the oldest come first. Those that do not fit `also` are passed over."""

    table: Table
    at: Column[datetime]
    before: datetime
    also: ColumnElement[bool] | None = None
    after: int = 0

    async def delete_batch(self, db: AsyncConnection) -> bool:
        old = await old_rows(db, self.table, self.at, self.before, self.after, BATCH)
        if old.ids:
            also = [] if self.also is None else [self.also]
            await db.execute(delete(self.table).where(self.table.c.id.in_(old.ids), *also))
        self.after = old.behind or self.after
        return old.more


_EMPTIED: dict[str, Any] = {"source": None, "payload": None}
_OF_PURCHASE = jobs.c.process == Process.PURCHASE_ORDERS
_KEPT = case((_OF_PURCHASE, jobs.c.payload), else_=null())
"""A purchase order is about goods and firms: its caller may read it as long as it is known. Nobody else has it."""


@dataclass(frozen=True)
class Erased:
    """How many rows were emptied for one person."""

    events: int
    jobs: int
    attempts: int
    previews: int


async def erase(db: AsyncConnection, *, text: str, connection_ids: list[str] | None, dry_run: bool = False) -> Erased:
    """Empties every finished body, payload, request, answer and preview about records that hold `text` (an e-mail address, a
    phone number), whatever their age.

    What still waits, is held or dead is left: the order has not arrived yet. Numbers and states stay.
    """
    trial = await db.begin_nested()
    erased = await _erase(db, f"%{_escaped(text)}%", connection_ids)
    bodies = await _erase_bodies(db, text.casefold(), connection_ids)
    erased = replace(erased, events=erased.events + bodies)
    await (trial.rollback() if dry_run else trial.commit())
    return erased


async def _erase(db: AsyncConnection, like: str, connection_ids: list[str] | None) -> Erased:
    found = list(await db.execute(_records_with(like, connection_ids)))
    job_ids, mapping_ids = [row.id for row in found], [row.mapping_id for row in found]
    events = 0
    for row in found:
        # We go by record, not by job: deliveries that changed nothing hold the same person's data and have no job.
        same = (inbox.c.connection_id == row.connection_id, inbox.c.process == row.process, inbox.c.source_id == row.source_id)
        full = (inbox.c.state.in_(FINISHED_EVENTS), inbox.c.body.is_not(None))
        events += (await db.execute(update(inbox).where(*same, *full).values(body=None))).rowcount
    # Reports to the shop hold the data as well. Their calls belong to other jobs of the same mapping.
    of_them = or_(attempts.c.job_id.in_(job_ids), attempts.c.mapping_id.in_(mapping_ids) & attempts.c.finished_at.is_not(None))
    calls = await db.execute(update(attempts).where(of_them).values(request=None, answer=None))
    await deliveries.empty_reports(db, mapping_ids)
    await db.execute(update(jobs).where(jobs.c.id.in_(job_ids)).values(**_EMPTIED))
    shown = update(run_parts).where(_holds(run_parts.c.preview, like), *_within(run_parts, connection_ids))
    previews = await db.execute(shown.values(preview=None))
    theirs = select(long_works.c.id).where(*_within(long_works, connection_ids))
    lines = update(long_work_lines).where(_holds(long_work_lines.c.fields, like), long_work_lines.c.work_id.in_(theirs))
    compared = await db.execute(lines.values(fields=None))
    told = update(outgoing_webhooks).where(_holds(outgoing_webhooks.c.data, like), outgoing_webhooks.c.settled_at.is_not(None))
    await db.execute(told.where(*_within(outgoing_webhooks, connection_ids)).values(data=None))
    return Erased(events, len(found), calls.rowcount, previews.rowcount + compared.rowcount)


async def _erase_bodies(db: AsyncConnection, wanted: str, connection_ids: list[str] | None) -> int:
    """Empties bodies of records that never had a job because they were never wanted in the warehouse. Works batch by batch.

    It does not use LIKE: bodies are bytes, and a shop's JSON escapes what is not ASCII.
    """
    finished = select(inbox.c.id, inbox.c.body).where(inbox.c.state.in_(FINISHED_EVENTS), inbox.c.body.is_not(None))
    erased = after = 0
    while True:
        batch = finished.where(*_within(inbox, connection_ids), inbox.c.id > after).order_by(inbox.c.id).limit(ERASED_AT_ONCE)
        rows = list(await db.execute(batch))
        if not rows:
            return erased
        found = [row.id for row in rows if wanted in _readable(row.body)]
        await db.execute(update(inbox).where(inbox.c.id.in_(found)).values(body=None))
        erased, after = erased + len(found), rows[-1].id


def _readable(body: bytes) -> str:
    """The JSON text without its escapes, in lower case."""
    try:
        return json.dumps(orjson.loads(body), ensure_ascii=False).casefold()
    except orjson.JSONDecodeError:
        return body.decode(errors="replace").casefold()


def _records_with(like: str, connection_ids: list[str] | None) -> Select[Any]:
    """Finished jobs whose record, or anything ever sent about it, holds the text."""
    sent = select(attempts.c.id).where(attempts.c.job_id == jobs.c.id, _holds(attempts.c.request, like)).exists()
    held = or_(_holds(jobs.c.source, like), _OF_PURCHASE & _holds(jobs.c.payload, like))
    record = select(jobs.c.id, jobs.c.mapping_id, jobs.c.connection_id, jobs.c.process, jobs.c.source_id)
    return record.where(*_within(jobs, connection_ids), jobs.c.state == JobState.DONE, or_(held, sent))


def _holds(column: Column[Any], like: str) -> ColumnElement[bool]:
    return cast(column, String).ilike(like, escape="\\")


def _within(table: Table, connection_ids: list[str] | None) -> list[ColumnElement[bool]]:
    return [] if connection_ids is None else [table.c.connection_id.in_(connection_ids)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
