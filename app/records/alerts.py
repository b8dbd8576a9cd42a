"""Alerts: what an operator should hear of, once per subject and counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import alerts, connections
from app.storage.upserts import insert_missing


async def raise_alert(db: AsyncConnection, kind: str, connection_id: str | None, subject: str, text: str, now: datetime) -> None:
    """Counts the alert; `subject` tells apart what is the same trouble (an address, an order) from what is another."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    again = update(alerts).where(*same).values(count=alerts.c.count + 1, last_at=now, text=text)
    if (await db.execute(again)).rowcount:
        return
    fresh: dict[str, Any] = {"text": text, "count": 1, "first_at": now, "last_at": now}
    # Another process may raise the same at this moment; that must not undo what the caller's transaction is about.
    if not await insert_missing(db, alerts, kind=kind, connection_id=connection_id, subject=subject[:200], **fresh):
        await db.execute(again)


async def is_raised(db: AsyncConnection, kind: str, connection_id: str | None, subject: str) -> bool:
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    return await db.scalar(select(alerts.c.id).where(*same)) is not None


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Row[Any]]:
    """Those raised first last. Limited to some connections: without those that belong to none."""
    # Under another name: a row's `count` is its own method.
    named = select(alerts, alerts.c.count.label("times"), connections.c.name.label("connection")).outerjoin(
        connections, connections.c.id == alerts.c.connection_id
    )
    query = named.order_by(alerts.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(alerts.c.connection_id.in_(connection_ids))
    if kind is not None:
        query = query.where(alerts.c.kind == kind)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return list(await db.execute(query))
