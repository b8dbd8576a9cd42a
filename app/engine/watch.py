"""Watches connections for what nobody would notice: no orders where there should be some, and polls that fail or work again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.records import alerts
from app.records.connections import Connection
from app.storage.tables import mappings

FAILING_FROM = 3
"""Polls that failed in a row."""


async def look_for_silence(db: AsyncConnection, connection: Connection, now: datetime) -> None:
    """Alerts once for each silence: after `silent_hours` without a new order, for a connection that has been active as long."""
    hours = connection.settings.silent_hours
    if hours is None or not connection.settings.processes.orders or connection.activated_at is None:
        return
    same = (mappings.c.connection_id == connection.id, mappings.c.kind == Kind.ORDER)
    newest: datetime | None = await db.scalar(select(func.max(mappings.c.created_at)).where(*same))
    since = max(connection.activated_at, newest or connection.activated_at)
    if now - since >= timedelta(hours=hours):
        text = f"No new order since {since:%Y-%m-%d %H:%M} UTC; look whether the shop's checkout and its webhooks work"
        subject = f"since {since:%Y-%m-%d %H:%M}"
        if not await alerts.is_raised(db, "silent", connection.id, subject):
            await alerts.raise_alert(db, "silent", connection.id, subject, text, now)


async def poll_failed(
    db: AsyncConnection, connection: Connection, process: str, failures: int, error: str, now: datetime
) -> None:
    if failures == FAILING_FROM:
        text = f"{process}: {failures} polls have failed in a row; the last one: {error}"
        await alerts.raise_alert(db, "failing", connection.id, process, text, now)


async def poll_worked(db: AsyncConnection, connection: Connection, process: str, failures_before: int, now: datetime) -> None:
    if failures_before >= FAILING_FROM:
        text = f"{process}: polled again after {failures_before} failures; what was missed has been read"
        await alerts.raise_alert(db, "recovered", connection.id, process, text, now)
