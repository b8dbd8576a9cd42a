"""Events: webhooks as they were received, and what became of them. `engine.inbox` takes them in; here they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import connections, inbox

STATES = ("received", "parked", "queued", "done", "merged", "ignored", "held", "dead")

_SHOWN = [column for column in inbox.c if column.name != "body"]


def _events() -> Select[Any]:
    named = [*_SHOWN, inbox.c.body.is_not(None).label("has_body"), connections.c.name.label("connection")]
    return select(*named).join(connections, connections.c.id == inbox.c.connection_id)


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    state: str | None = None,
    process: str | None = None,
    source_id: str | None = None,
    reason_code: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Row[Any]]:
    """Newest first, without their bodies."""
    query = _events().order_by(inbox.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(inbox.c.connection_id.in_(connection_ids))
    for column, value in (
        (inbox.c.state, state),
        (inbox.c.process, process),
        (inbox.c.source_id, source_id),
        (inbox.c.reason_code, reason_code),
    ):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(inbox.c.received_at >= since)
    if before is not None:
        query = query.where(inbox.c.id < before)
    return list(await db.execute(query))


async def find(db: AsyncConnection, event_id: int) -> Row[Any] | None:
    found: Row[Any] | None = (await db.execute(_events().where(inbox.c.id == event_id))).first()
    return found


async def body(db: AsyncConnection, event_id: int) -> bytes | None:
    """As it was received; None when retention has emptied it."""
    found: bytes | None = await db.scalar(select(inbox.c.body).where(inbox.c.id == event_id))
    return found


async def of_record(db: AsyncConnection, connection_id: str, process: str, source_id: str, limit: int) -> list[Row[Any]]:
    """What came in about one record, newest first."""
    same = (inbox.c.connection_id == connection_id, inbox.c.process == process, inbox.c.source_id == source_id)
    return list(await db.execute(_events().where(*same).order_by(inbox.c.id.desc()).limit(limit)))
