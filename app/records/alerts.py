"""Alerts: what an operator should hear of, once per subject and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import alerts, connections
from app.storage.upserts import insert_missing


async def raise_alert(db: AsyncConnection, kind: str, connection_id: str | None, subject: str, text: str, now: datetime) -> None:
    """Counts the alert. `subject` (an address, an order) tells one trouble from another of the same kind."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    again = update(alerts).where(*same).values(count=alerts.c.count + 1, last_at=now, text=text)
    if (await db.execute(again)).rowcount:
        return
    fresh: dict[str, Any] = {"text": text, "count": 1, "first_at": now, "last_at": now}
    # Another process may raise the same alert now. That must not undo the rest of the caller's transaction.
    if not await insert_missing(db, alerts, kind=kind, connection_id=connection_id, subject=subject[:200], **fresh):
        await db.execute(again)


async def is_raised(db: AsyncConnection, kind: str, connection_id: str | None, subject: str) -> bool:
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    return await db.scalar(select(alerts.c.id).where(*same)) is not None


@dataclass(frozen=True)
class Alert:
    """Trouble that was raised `times` times; times in UTC. `connection` is the name, or None when it belongs to no connection."""

    id: int
    kind: str
    connection_id: str | None
    connection: str | None
    subject: str
    text: str
    times: int
    first_at: datetime
    last_at: datetime
    sent_at: datetime | None


def listed() -> Select[Any]:
    """The query for rows that `opened` reads."""
    shown = [column for column in alerts.c if column.name != "count"]
    # The column needs another name: a row's `count` is its own method.
    named = [alerts.c.count.label("times"), connections.c.name.label("connection")]
    return select(*shown, *named).outerjoin(connections, connections.c.id == alerts.c.connection_id)


def opened(row: Row[Any]) -> Alert:
    return Alert(**row._mapping)


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """Searches alerts, first raised last. With `connection_ids`, alerts that belong to no connection are left out."""
    query = listed().order_by(alerts.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(alerts.c.connection_id.in_(connection_ids))
    if kind is not None:
        query = query.where(alerts.c.kind == kind)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return [opened(row) for row in await db.execute(query)]
