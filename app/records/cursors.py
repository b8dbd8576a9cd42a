"""Where each poll stands and when it is due, a row for each connection and process."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.records.connections import Connection
from app.storage.tables import cursors
from app.storage.upserts import insert_missing


async def ensure(db: AsyncConnection, connection: Connection, process: Process, now: datetime) -> Row[Any]:
    """The row, made if it is missing: the first poll is due at once, the first deep sweep after its interval.

    Stock begins with its sweep: what the shop shows already is not written to it again.
    """
    same = (cursors.c.connection_id == connection.id, cursors.c.process == process)
    row = (await db.execute(select(cursors).where(*same))).first()
    if row is not None:
        return row
    sweep = now if process is Process.STOCK else now + timedelta(hours=connection.settings.deep_sweep_hours)
    await insert_missing(db, cursors, connection_id=connection.id, process=process, next_poll_at=now, next_sweep_at=sweep)
    return (await db.execute(select(cursors).where(*same))).one()


async def change(db: AsyncConnection, connection_id: str, process: Process, **values: Any) -> None:
    same = (cursors.c.connection_id == connection_id, cursors.c.process == process)
    await db.execute(update(cursors).where(*same).values(**values))


async def ask_for_sweep(db: AsyncConnection, connection: Connection, process: Process, now: datetime) -> None:
    """The next poll goes on with a deep sweep."""
    await ensure(db, connection, process, now)
    await change(db, connection.id, process, next_sweep_at=now)
