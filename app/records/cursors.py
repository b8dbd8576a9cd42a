"""How far each poll has read and when it is due: a row for each connection and process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.records.connections import Connection
from app.storage.tables import cursors
from app.storage.upserts import insert_missing


@dataclass(frozen=True)
class Cursor:
    """The cursor of one connection and process; times in UTC. `failures` in a row, with the text of the last one."""

    connection_id: str
    process: Process
    cursor: dict[str, Any] | None
    polled_at: datetime | None
    next_poll_at: datetime
    swept_at: datetime | None
    next_sweep_at: datetime
    failures: int
    last_error: str | None


class CursorChange(TypedDict, total=False):
    """Columns that change with a poll."""

    cursor: dict[str, Any] | None
    polled_at: datetime
    next_poll_at: datetime
    swept_at: datetime
    next_sweep_at: datetime
    failures: int
    last_error: str | None


async def ensure(db: AsyncConnection, connection: Connection, process: Process, now: datetime) -> Cursor:
    """Returns the cursor, and makes it if it is missing. The first poll is due at once, the first deep sweep after its interval.

    Stock begins with its sweep, so that what the shop shows already is not written to it again.
    """
    same = (cursors.c.connection_id == connection.id, cursors.c.process == process)
    row = (await db.execute(select(cursors).where(*same))).first()
    if row is not None:
        return _opened(row)
    sweep = now if process is Process.STOCK else now + timedelta(hours=connection.settings.deep_sweep_hours)
    await insert_missing(db, cursors, connection_id=connection.id, process=process, next_poll_at=now, next_sweep_at=sweep)
    return _opened((await db.execute(select(cursors).where(*same))).one())


def _opened(row: Row[Any]) -> Cursor:
    return Cursor(**{**row._mapping, "process": Process(row.process)})


async def change(db: AsyncConnection, connection_id: str, process: Process, **values: Unpack[CursorChange]) -> None:
    same = (cursors.c.connection_id == connection_id, cursors.c.process == process)
    await db.execute(update(cursors).where(*same).values(**values))


async def ask_for_sweep(db: AsyncConnection, connection: Connection, process: Process, now: datetime) -> None:
    """Makes the next poll go on with a deep sweep."""
    await ensure(db, connection, process, now)
    await change(db, connection.id, process, next_sweep_at=now)
