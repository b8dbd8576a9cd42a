"""Events: webhooks as they were received, and what became of them. `engine.intake` stores them; this module reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.storage.tables import connections, inbox


@dataclass(frozen=True)
class Event:
    """A webhook that is still to be decided. Its body is kept until then."""

    id: int
    connection_id: str
    received_at: datetime
    headers: dict[str, Any]
    body: bytes
    tries: int


@dataclass(frozen=True)
class ListedEvent:
    """A webhook for a list: without its body, with the name of its connection. Times in UTC."""

    id: int
    connection_id: str
    connection: str
    received_at: datetime
    headers: dict[str, Any]
    has_body: bool
    size: int
    state: EventState
    topic: str | None
    process: str | None
    source_id: str | None
    job_id: int | None
    generation: int | None
    reason_code: str | None
    reason: str | None
    tries: int
    due_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True)
class Filter:
    """Which events to list; None does not limit. `since`: received then or later (UTC)."""

    connection_ids: Sequence[str] | None = None
    state: EventState | None = None
    process: str | None = None
    source_id: str | None = None
    reason_code: str | None = None
    since: datetime | None = None


_SHOWN = [column for column in inbox.c if column.name != "body"]


def _events() -> Select[Any]:
    named = [*_SHOWN, inbox.c.body.is_not(None).label("has_body"), connections.c.name.label("connection")]
    return select(*named).join(connections, connections.c.id == inbox.c.connection_id)


def _listed(row: Row[Any]) -> ListedEvent:
    return ListedEvent(**{**row._mapping, "state": EventState(row.state), "has_body": bool(row.has_body)})


async def undecided(db: AsyncConnection, event_ids: Sequence[int]) -> list[Event]:
    """The events with these ids, oldest first, with their bodies."""
    found = await db.execute(select(inbox).where(inbox.c.id.in_(event_ids)).order_by(inbox.c.id))
    return [Event(row.id, row.connection_id, row.received_at, row.headers, row.body or b"", row.tries) for row in found]


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[ListedEvent]:
    """Newest first."""
    query = _events().order_by(inbox.c.id.desc()).limit(limit)
    if chosen.connection_ids is not None:
        query = query.where(inbox.c.connection_id.in_(chosen.connection_ids))
    for column, value in (
        (inbox.c.state, chosen.state),
        (inbox.c.process, chosen.process),
        (inbox.c.source_id, chosen.source_id),
        (inbox.c.reason_code, chosen.reason_code),
    ):
        if value is not None:
            query = query.where(column == value)
    if chosen.since is not None:
        query = query.where(inbox.c.received_at >= chosen.since)
    if before is not None:
        query = query.where(inbox.c.id < before)
    return [_listed(row) for row in await db.execute(query)]


async def find(db: AsyncConnection, event_id: int) -> ListedEvent | None:
    found = (await db.execute(_events().where(inbox.c.id == event_id))).first()
    return _listed(found) if found else None


async def body(db: AsyncConnection, event_id: int) -> bytes | None:
    """The body as it was received; None when retention has emptied it."""
    found: bytes | None = await db.scalar(select(inbox.c.body).where(inbox.c.id == event_id))
    return found


async def of_record(db: AsyncConnection, connection_id: str, process: str, source_id: str, limit: int) -> list[ListedEvent]:
    """What came in about one record, newest first."""
    same = (inbox.c.connection_id == connection_id, inbox.c.process == process, inbox.c.source_id == source_id)
    return [_listed(row) for row in await db.execute(_events().where(*same).order_by(inbox.c.id.desc()).limit(limit))]
