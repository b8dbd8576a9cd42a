"""Alerts about connections: no orders where there should be some, polls that fail, polls that work again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.integrations.protocol.capabilities import Capability
from app.records import alerts
from app.records.connections import Connection
from app.storage.tables import alerts as alert_rows
from app.storage.tables import mappings

FAILING_FROM = 3
"""An alert is raised from so many failed polls in a row."""


async def look_for_silence(db: AsyncConnection, connection: Connection, now: datetime) -> None:
    """Alerts once for each silence: no new order for `silent_hours`, on a connection that has been active as long.

    Alerts once more when orders come again.
    """
    hours = connection.settings.silent_hours
    if hours is None or not connection.settings.processes.orders or connection.activated_at is None:
        return
    since = max(connection.activated_at, await _newest_order(db, connection) or connection.activated_at)
    subject = f"since {since:%Y-%m-%d %H:%M}"
    if now - since < timedelta(hours=hours):
        await _is_heard_again(db, connection, now)
    elif not await alerts.is_raised(db, "silent", connection.id, subject):
        text = f"No new order {subject} UTC; look whether {_what_may_fail(connection)}"
        await alerts.raise_alert(db, "silent", connection.id, subject, text, now)


def _what_may_fail(connection: Connection) -> str:
    noun = connection.system.noun
    if Capability.SEND_WEBHOOKS in connection.system.capabilities:
        return f"the {noun}'s checkout and its webhooks work"
    return f"the {noun} works and shows its orders to the gateway"


async def _newest_order(db: AsyncConnection, connection: Connection) -> datetime | None:
    """The newest order by the order in which they were stored: one row, however many there are."""
    same = (mappings.c.connection_id == connection.id, mappings.c.kind == Kind.ORDER)
    newest: datetime | None = await db.scalar(select(mappings.c.created_at).where(*same).order_by(mappings.c.id.desc()).limit(1))
    return newest


async def _is_heard_again(db: AsyncConnection, connection: Connection, now: datetime) -> None:
    silences = select(alert_rows.c.subject).where(alert_rows.c.kind == "silent", alert_rows.c.connection_id == connection.id)
    last = await db.scalar(silences.order_by(alert_rows.c.id.desc()).limit(1))
    if last is not None and not await alerts.is_raised(db, "recovered", connection.id, f"silent {last}"):
        text = f"Orders come again; there had been none {last} UTC"
        await alerts.raise_alert(db, "recovered", connection.id, f"silent {last}", text, now)


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
