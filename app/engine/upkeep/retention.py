"""Retention: bodies and personal data are deleted after a set time. One person's data can be erased at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Select, String, Table, cast, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState
from app.engine.core.runtime import Gateway
from app.logs import get_logger
from app.records import deliveries, reservations, runs
from app.storage.tables import attempts, history, inbox, jobs, run_parts

log = get_logger(__name__)

EVERY = timedelta(hours=1)
BATCH = 500
FINISHED_EVENTS = (EventState.DONE, EventState.MERGED, EventState.IGNORED)


async def prune_when_due(gateway: Gateway, now: datetime) -> None:
    """Prunes once an hour in each worker."""
    if gateway.pruned_at is None or now - gateway.pruned_at >= EVERY:
        gateway.pruned_at = now
        await prune(gateway, now)


async def prune(gateway: Gateway, now: datetime) -> None:
    """Deletes what is past its retention time. Held and dead events keep their body, which a replay needs."""
    settings = gateway.settings
    bodies = now - timedelta(days=settings.event_body_days)
    personal = now - timedelta(days=settings.personal_data_days)
    old = now - timedelta(days=settings.history_days)
    async with gateway.database.begin() as db:
        finished = (inbox.c.state.in_(FINISHED_EVENTS),)
        await db.execute(
            update(inbox).where(*finished, inbox.c.body.is_not(None), inbox.c.received_at < bodies).values(body=None)
        )
        await db.execute(
            update(jobs)
            .where(jobs.c.state == JobState.DONE, jobs.c.source.is_not(None), jobs.c.updated_at < personal)
            .values(**_EMPTIED)
        )
        await db.execute(
            update(attempts)
            .where(attempts.c.started_at < personal, attempts.c.request.is_not(None))
            .values(request=None, answer=None)
        )
        await db.execute(
            update(run_parts).where(run_parts.c.preview.is_not(None), run_parts.c.finished_at < personal).values(preview=None)
        )
        await db.execute(delete(inbox).where(*finished, inbox.c.received_at < old))
        await db.execute(delete(attempts).where(attempts.c.finished_at.is_not(None), attempts.c.started_at < old))
        await db.execute(delete(history).where(history.c.at < old))
        await runs.prune(db, old)
        await deliveries.prune(db, personal)
        await reservations.prune(db, now - timedelta(days=2))


_EMPTIED: dict[str, Any] = {"source": None, "payload": None}


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
    return Erased(events, len(found), calls.rowcount, previews.rowcount)


async def _erase_bodies(db: AsyncConnection, wanted: str, connection_ids: list[str] | None) -> int:
    """Empties bodies of records that never had a job because they were never wanted in the warehouse. Works batch by batch.

    It does not use LIKE: bodies are bytes, and a shop's JSON escapes what is not ASCII.
    """
    finished = select(inbox.c.id, inbox.c.body).where(inbox.c.state.in_(FINISHED_EVENTS), inbox.c.body.is_not(None))
    erased = after = 0
    while True:
        batch = finished.where(*_within(inbox, connection_ids), inbox.c.id > after).order_by(inbox.c.id).limit(BATCH)
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
    record = select(jobs.c.id, jobs.c.mapping_id, jobs.c.connection_id, jobs.c.process, jobs.c.source_id)
    return record.where(*_within(jobs, connection_ids), jobs.c.state == JobState.DONE, or_(_holds(jobs.c.source, like), sent))


def _holds(column: Column[Any], like: str) -> ColumnElement[bool]:
    return cast(column, String).ilike(like, escape="\\")


def _within(table: Table, connection_ids: list[str] | None) -> list[ColumnElement[bool]]:
    return [] if connection_ids is None else [table.c.connection_id.in_(connection_ids)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
