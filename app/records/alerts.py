"""Alerts: what an operator should hear of, once per subject and counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import alerts


async def raise_alert(db: AsyncConnection, kind: str, connection_id: str | None, subject: str, text: str, now: datetime) -> None:
    """Counts the alert; `subject` tells apart what is the same trouble (an address, an order) from what is another."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    known = await db.scalar(select(alerts.c.id).where(*same))
    if known:
        await db.execute(update(alerts).where(alerts.c.id == known).values(count=alerts.c.count + 1, last_at=now, text=text))
    else:
        await db.execute(
            insert(alerts).values(
                kind=kind, connection_id=connection_id, subject=subject[:200], text=text, count=1, first_at=now, last_at=now
            )
        )
