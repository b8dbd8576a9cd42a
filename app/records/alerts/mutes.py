"""Kinds of alerts of one connection of which nobody is told until a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.side_tables import mutes
from app.storage.tables import connections
from app.storage.upserts import insert_missing

NONE = ""
"""As connection: alerts that belong to no connection. A mute of a draft that is deleted ends by itself: no id is used again."""


@dataclass(frozen=True)
class Mute:
    """Times in UTC. `connection_id` and `connection` (its name) are None for alerts that belong to no connection."""

    id: int
    kind: str
    connection_id: str | None
    connection: str | None
    until: datetime
    made_at: datetime
    made_by: str


_SHOWN = select(mutes, connections.c.name).outerjoin(connections, connections.c.id == mutes.c.connection_id)


async def running(db: AsyncConnection, connection_ids: Sequence[str] | None, now: datetime) -> list[Mute]:
    """Those that have not ended, the first to end first. With `connection_ids` only theirs."""
    query = _SHOWN.where(mutes.c.until > now).order_by(mutes.c.until, mutes.c.id)
    if connection_ids is not None:
        query = query.where(mutes.c.connection_id.in_(connection_ids))
    found = await db.execute(query)
    return [Mute(r.id, r.kind, r.connection_id or None, r.name, r.until, r.made_at, r.made_by) for r in found]


async def find(db: AsyncConnection, mute_id: int) -> Mute:
    """Raises NotFound."""
    r = (await db.execute(_SHOWN.where(mutes.c.id == mute_id))).one_or_none()
    if r is None:
        raise no_mute(mute_id)
    return Mute(r.id, r.kind, r.connection_id or None, r.name, r.until, r.made_at, r.made_by)


def no_mute(mute_id: int) -> NotFound:
    return NotFound(f"no mute has the id {mute_id}", fix="take one from GET /alerts/mutes")


async def put(db: AsyncConnection, kind: str, connection_id: str | None, until: datetime, who: str, now: datetime) -> Mute:
    """Makes it, or moves the end of the one that there is."""
    values = {"until": until, "made_at": now, "made_by": who}
    mine = (mutes.c.kind == kind, mutes.c.connection_id == (connection_id or NONE))
    await db.execute(delete(mutes).where(mutes.c.until <= now))
    if not await insert_missing(db, mutes, kind=kind, connection_id=connection_id or NONE, **values):
        await db.execute(update(mutes).where(*mine).values(**values))
    mute_id = await db.scalar(select(mutes.c.id).where(*mine))
    assert mute_id is not None
    return await find(db, mute_id)


async def remove(db: AsyncConnection, mute_id: int) -> None:
    await db.execute(delete(mutes).where(mutes.c.id == mute_id))
