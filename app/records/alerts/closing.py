"""Closes alerts whose trouble is over, by the gateway or by a person, and mutes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.records.alerts.listing import Alert
from app.storage.tables import alerts

MOST = 100
"""Alerts that one statement changes."""


async def close_seen(db: AsyncConnection, over: Mapping[int, tuple[Alert, str]], now: datetime) -> None:
    """Closes alerts, by their ids, each with the reason in words. One that was raised again since it was read stays open."""
    ids = list(over)
    for start in range(0, len(ids), MOST):
        part = ids[start : start + MOST]
        words = case({each: over[each][1] for each in part}, value=alerts.c.id)
        unchanged = or_(*((alerts.c.id == each) & (alerts.c.count == over[each][0].times) for each in part))
        closed = update(alerts).where(unchanged, alerts.c.closed_at.is_(None))
        await db.execute(closed.values(closed_at=now, closed_why=words, closed_by=None))


async def close_others(db: AsyncConnection, of: tuple[str, str], named: Collection[str], why: str, now: datetime) -> None:
    """Closes the open alerts `of` a kind and a connection whose subject is none of those that were named now."""
    mine = (alerts.c.kind == of[0], alerts.c.connection_id == of[1], alerts.c.closed_at.is_(None))
    ids = list(await db.scalars(select(alerts.c.id).where(*mine, alerts.c.subject.not_in([each[:200] for each in named]))))
    if ids:
        await db.execute(update(alerts).where(alerts.c.id.in_(ids)).values(closed_at=now, closed_why=why, closed_by=None))


async def close_by_person(db: AsyncConnection, alert_id: int, who: str, why: str | None, now: datetime) -> bool:
    """Returns False when it was closed already."""
    mine = (alerts.c.id == alert_id, alerts.c.closed_at.is_(None))
    done = await db.execute(update(alerts).where(*mine).values(closed_at=now, closed_by=who, closed_why=why))
    return bool(done.rowcount)


async def mute(db: AsyncConnection, alert_id: int, until: datetime | None) -> None:
    """Nobody is told of this alert until then. None: people are told of it again."""
    await db.execute(update(alerts).where(alerts.c.id == alert_id).values(muted_until=until))
