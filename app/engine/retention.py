"""Retention: bodies and personal data go after a set time, and can be erased for one person at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.gateway import Gateway
from app.logs import get_logger
from app.records import runs
from app.storage.tables import attempts, history, inbox, jobs

log = get_logger(__name__)

EVERY = timedelta(hours=1)
SETTLED_EVENTS = ("done", "merged", "ignored")
_last: dict[int, datetime] = {}


async def prune_when_due(gateway: Gateway, now: datetime) -> None:
    """Once an hour in each worker."""
    last = _last.get(id(gateway))
    if last is None or now - last >= EVERY:
        _last[id(gateway)] = now
        await prune(gateway, now)


async def prune(gateway: Gateway, now: datetime) -> None:
    """Deletes what is past its time. What is held or dead keeps its body: it could not be replayed without."""
    settings = gateway.settings
    bodies = now - timedelta(days=settings.event_body_days)
    personal = now - timedelta(days=settings.personal_data_days)
    old = now - timedelta(days=settings.history_days)
    async with gateway.database.begin() as db:
        settled = (inbox.c.state.in_(SETTLED_EVENTS),)
        await db.execute(update(inbox).where(*settled, inbox.c.body.is_not(None), inbox.c.received_at < bodies).values(body=None))
        await db.execute(
            update(jobs)
            .where(jobs.c.state == "done", jobs.c.source.is_not(None), jobs.c.updated_at < personal)
            .values(**_EMPTIED)
        )
        await db.execute(
            update(attempts)
            .where(attempts.c.started_at < personal, attempts.c.request.is_not(None))
            .values(request=None, answer=None)
        )
        await db.execute(delete(inbox).where(*settled, inbox.c.received_at < old))
        await db.execute(delete(history).where(history.c.at < old))
        await runs.prune(db, old)


_EMPTIED: dict[str, Any] = {"source": None, "payload": None}


@dataclass(frozen=True)
class Erased:
    """How much was emptied for one person."""

    events: int
    jobs: int
    attempts: int


async def erase(db: AsyncConnection, *, text: str, connection_ids: list[str] | None) -> Erased:
    """Empties every settled body, payload, request and answer that holds `text` (an e-mail address, a phone number), whatever its age.

    What still waits, is held or dead is left: the order is not yet where it has to go. Numbers and states stay.
    """
    like = f"%{_escaped(text)}%"
    mine = [] if connection_ids is None else [jobs.c.connection_id.in_(connection_ids)]
    found = [
        row.id
        for row in await db.execute(
            select(jobs.c.id).where(*mine, jobs.c.state == "done", cast(jobs.c.source, String).ilike(like, escape="\\"))
        )
    ]
    events = await db.execute(update(inbox).where(inbox.c.job_id.in_(found), inbox.c.state.in_(SETTLED_EVENTS)).values(body=None))
    calls = await db.execute(update(attempts).where(attempts.c.job_id.in_(found)).values(request=None, answer=None))
    await db.execute(update(jobs).where(jobs.c.id.in_(found)).values(**_EMPTIED))
    return Erased(events.rowcount, len(found), calls.rowcount)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
