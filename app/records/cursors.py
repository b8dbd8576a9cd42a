"""How far each poll has read and when it is due: a row for each connection and process."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import POLLED, Process
from app.records.connections import Connection
from app.storage.tables import cursors
from app.storage.upserts import insert_ignoring, insert_missing

EARLIER = 0.1
"""A poll comes up to this share of its interval earlier, at random: polls that fell together once do not stay together."""
AT_ONCE = 50
"""So many first polls are due at once. The others come within the first part of their interval."""
FIRST_PART = 1 / 3
AT_A_TIME = 500


def interval(connection: Connection, process: Process) -> timedelta:
    """The pause until a process's next poll: its interval, or a little less."""
    return timedelta(minutes=connection.settings.minutes_between_polls(process)) * (1 - random.random() * EARLIER)  # noqa: S311


@dataclass(frozen=True)
class Cursor:
    """The cursor of one connection and process; times in UTC. `failures` in a row, with the text of the last one.

    `look_again`: why records that wait are owed a look (orders only).
    """

    connection_id: str
    process: Process
    cursor: dict[str, Any] | None
    polled_at: datetime | None
    next_poll_at: datetime
    swept_at: datetime | None
    next_sweep_at: datetime
    failures: int
    last_error: str | None
    look_again: str | None


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
    await insert_missing(db, cursors, **_first(connection, process, now, now))
    return _opened((await db.execute(select(cursors).where(*same))).one())


def _first(connection: Connection, process: Process, now: datetime, next_poll_at: datetime) -> dict[str, Any]:
    sweep = now if process is Process.STOCK else now + timedelta(hours=connection.settings.deep_sweep_hours)
    return {
        "connection_id": connection.id,
        "process": process,
        "cursor": None,
        "next_poll_at": next_poll_at,
        "next_sweep_at": sweep,
    }


async def missing(db: AsyncConnection, of: Sequence[Connection]) -> list[tuple[Connection, Process]]:
    """The processes that these connections have switched on, and that have no cursor yet."""
    known: set[tuple[str, str]] = set()
    for start in range(0, len(of), AT_A_TIME):
        ids = [connection.id for connection in of[start : start + AT_A_TIME]]
        rows = await db.execute(select(cursors.c.connection_id, cursors.c.process).where(cursors.c.connection_id.in_(ids)))
        known |= {(row.connection_id, row.process) for row in rows}
    wanted = [(connection, process) for connection in of for process in POLLED if connection.settings.processes.is_on(process)]
    return [(connection, process) for connection, process in wanted if (connection.id, process.value) not in known]


async def make(db: AsyncConnection, missing: Sequence[tuple[Connection, Process]], now: datetime) -> dict[str, Exception]:
    """Makes these cursors. The first polls of a few connections are due at once; those of many are spread.

    Returns the connections whose settings give no moment, and why.
    """
    rows: list[dict[str, Any]] = []
    failed: dict[str, Exception] = {}
    for connection, process in missing:
        try:
            part = timedelta(minutes=connection.settings.minutes_between_polls(process)) * (random.random() * FIRST_PART)  # noqa: S311
            rows.append(_first(connection, process, now, now if len(rows) < AT_ONCE else now + part))
        except (OverflowError, ValueError) as error:
            failed[connection.id] = error
    if rows:
        await db.execute(insert_ignoring(db, cursors), rows)
    return failed


async def of_connections(db: AsyncConnection, connection_ids: Collection[str]) -> list[Cursor]:
    return [_opened(row) for row in await db.execute(select(cursors).where(cursors.c.connection_id.in_(connection_ids)))]


def _opened(row: Row[Any]) -> Cursor:
    return Cursor(**{**row._mapping, "process": Process(row.process)})


async def change(db: AsyncConnection, connection_id: str, process: Process, **values: Unpack[CursorChange]) -> None:
    same = (cursors.c.connection_id == connection_id, cursors.c.process == process)
    await db.execute(update(cursors).where(*same).values(**values))


async def ask_for_sweep(db: AsyncConnection, connection: Connection, process: Process, now: datetime) -> None:
    """Makes the next poll go on with a deep sweep."""
    await ensure(db, connection, process, now)
    await change(db, connection.id, process, next_sweep_at=now)


LOOKS = ("articles", "settings", "filters")
"""Reasons to look again at records that wait; each includes those before it."""


async def owe_a_look(db: AsyncConnection, connection_id: str, why: str) -> None:
    """Has the next poll of orders followed by the look that could not be made."""
    less = (cursors.c.look_again.is_(None), cursors.c.look_again.in_(LOOKS[: LOOKS.index(why)]))
    mine = (cursors.c.connection_id == connection_id, cursors.c.process == Process.ORDERS)
    await db.execute(update(cursors).where(*mine, or_(*less)).values(look_again=why))


async def look_was_made(db: AsyncConnection, connection_id: str, why: str) -> None:
    """One that is owed for more stays owed."""
    mine = (cursors.c.connection_id == connection_id, cursors.c.process == Process.ORDERS)
    await db.execute(update(cursors).where(*mine, cursors.c.look_again == why).values(look_again=None))
