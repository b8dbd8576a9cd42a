"""When the guard checks a connection's webhooks next, and what it was asked for meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, or_, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import hooks
from app.storage.upserts import insert_missing

CHECKS_APART = timedelta(minutes=1)
"""A shop that sends error after error is not asked about its webhooks at each of them."""


async def ask_for_check(
    db: AsyncConnection, connection_id: str, now: datetime, *, renews: bool = False, apart: timedelta = CHECKS_APART
) -> None:
    """Makes the next check due now, or `apart` after the last one. A check that runs just now is followed by one more.

    `renews`: the connection's secret is to be written into the webhooks.
    """
    rested = or_(hooks.c.checked_at.is_(None), hooks.c.checked_at <= now - apart)
    due_at = case((rested, now), else_=now + apart)
    values = {"asked_at": now, "next_check_at": case((hooks.c.next_check_at > due_at, due_at), else_=hooks.c.next_check_at)}
    asked = update(hooks).where(hooks.c.connection_id == connection_id).values(**values, **({"renews": true()} if renews else {}))
    if (await db.execute(asked)).rowcount:
        return
    first = {"state": "unknown", "next_check_at": now, "asked_at": now, "renews": renews}
    if not await insert_missing(db, hooks, connection_id=connection_id, **first):
        await db.execute(asked)
