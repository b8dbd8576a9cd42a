"""Raises alerts: one row for each trouble, counted. Trouble that comes back after its end opens the same row again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import Clock
from app.logs import get_logger
from app.storage.engine import Database
from app.storage.tables import alerts
from app.storage.upserts import insert_missing

log = get_logger(__name__)

DAY = timedelta(days=1)
MOST_REMEMBERED = 10_000


async def raise_alert(db: AsyncConnection, kind: str, connection_id: str | None, subject: str, text: str, now: datetime) -> None:
    """Counts the alert, and opens it again if it was closed. `subject` (an address, an order) tells one trouble from another of
    the same kind."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    open_again = {"closed_at": None, "closed_by": None, "closed_why": None}
    again = update(alerts).where(*same).values(count=alerts.c.count + 1, last_at=now, text=text, **open_again)
    if (await db.execute(again)).rowcount:
        return
    fresh: dict[str, Any] = {"text": text, "count": 1, "first_at": now, "last_at": now}
    # Another process may raise the same alert now. That must not undo the rest of the caller's transaction.
    if not await insert_missing(db, alerts, kind=kind, connection_id=connection_id, subject=subject[:200], **fresh):
        await db.execute(again)


async def raise_daily(db: AsyncConnection, kind: str, connection_id: str, subject: str, text: str, now: datetime) -> None:
    """Raises the alert unless somebody has within a day."""
    mine = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    last = await db.scalar(select(alerts.c.last_at).where(*mine))
    if last is None or now - last >= DAY:
        await raise_alert(db, kind, connection_id, subject, text, now)


async def raised(db: AsyncConnection, kind: str, subjects: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (connection id, subject) for which an alert of this kind was raised."""
    which = tuple_(alerts.c.connection_id, alerts.c.subject).in_(subjects)
    found = await db.execute(select(alerts.c.connection_id, alerts.c.subject).where(alerts.c.kind == kind, which))
    return {(row.connection_id, row.subject) for row in found}


async def is_raised_since(db: AsyncConnection, kind: str, connection_id: str | None, since: datetime | None) -> bool:
    """Whether an alert of this kind was raised, or again, at this moment or later. Without one: ever."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id)
    later = () if since is None else (alerts.c.last_at >= since,)
    return await db.scalar(select(alerts.c.id).where(*same, *later).limit(1)) is not None


@dataclass
class DailyAlerts:
    """Alerts that are raised once a day, from wherever in this process they are noticed: beside the work, never in its way."""

    database: Database
    clock: Clock
    _told: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def is_due(self, kind: str, connection_id: str, subject: str) -> bool:
        """Whether this process has not raised it within a day."""
        told = self._told.get((kind, connection_id, subject))
        return told is None or self.clock() - told >= DAY

    def raise_soon(self, kind: str, connection_id: str, subject: str, text: str) -> None:
        """Returns at once."""
        if not self.is_due(kind, connection_id, subject):
            return
        if len(self._told) >= MOST_REMEMBERED:
            self._told.clear()
        self._told[kind, connection_id, subject] = self.clock()
        task = asyncio.get_running_loop().create_task(self._raise(kind, connection_id, subject, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Waits until what is being raised is stored."""
        await asyncio.gather(*self._tasks)

    async def _raise(self, kind: str, connection_id: str, subject: str, text: str) -> None:
        now = self.clock()
        try:
            async with self.database.begin() as db:
                await raise_daily(db, kind, connection_id, subject, text, now)
        except (SQLAlchemyError, OSError) as error:
            self._told.pop((kind, connection_id, subject), None)
            log.warning("alert_not_raised", kind=kind, error=type(error).__name__)
