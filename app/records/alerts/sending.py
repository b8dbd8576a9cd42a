"""Which alerts people are to be told of, and which they were told of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.records.alerts.listing import Alert, listed, opened
from app.storage.tables import CLOSING_UNTOLD, UNTOLD, alerts

MOST = 100
"""Alerts that one statement changes."""


async def due(db: AsyncConnection, window_began: datetime, now: datetime) -> tuple[list[Alert], list[Alert]]:
    """Open alerts that were never sent, or came again since; and closed ones of which people have heard nothing but the
    beginning. One kind of alert of one connection is sent only once per window. Muted ones are left out.

    `window_began`: alerts that were sent before may be sent again. Two statements while there is nothing to say.
    """
    found = [opened(row) for row in await db.execute(listed().where(text(UNTOLD)).order_by(alerts.c.id))]
    ended = [opened(row) for row in await db.execute(listed().where(text(CLOSING_UNTOLD)).order_by(alerts.c.id))]
    told: set[tuple[str, str | None]] = set()
    if found:
        recently = select(alerts.c.kind, alerts.c.connection_id).where(alerts.c.sent_at > window_began)
        told = {(row.kind, row.connection_id) for row in await db.execute(recently)}
    fresh = [each for each in found if (each.kind, each.connection_id) not in told]
    return [each for each in fresh if _is_heard(each, now)], [each for each in ended if _is_heard(each, now)]


def _is_heard(alert: Alert, now: datetime) -> bool:
    return alert.muted_until(now) is None


async def were_sent(db: AsyncConnection, sent: Sequence[Alert], closings: Sequence[Alert], now: datetime) -> None:
    for part in _parts([each.id for each in sent]):
        await db.execute(update(alerts).where(alerts.c.id.in_(part)).values(sent_at=now))
    for part in _parts([each.id for each in closings]):
        await db.execute(update(alerts).where(alerts.c.id.in_(part)).values(closing_sent_at=now))


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + MOST] for start in range(0, len(ids), MOST))
