"""Changes to many rows in small transactions: no other writer waits longer than one batch takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.side_tables import upkeep
from app.storage.upserts import insert_missing


async def change_batch(
    db: AsyncConnection, table: Table, which: tuple[ColumnElement[bool], ...], limit: int, **values: Any
) -> bool:
    """Changes up to `limit` rows that nobody else has locked. Returns whether there may be more."""
    chosen = select(table.c.id).where(*which).limit(limit).with_for_update(skip_locked=True)
    done = await db.execute(update(table).where(table.c.id.in_(chosen)).values(**values))
    return bool(done.rowcount >= limit)


async def delete_batch(db: AsyncConnection, table: Table, which: tuple[ColumnElement[bool], ...], limit: int) -> bool:
    """Deletes up to `limit` rows that nobody else has locked. Returns whether there may be more."""
    chosen = select(table.c.id).where(*which).limit(limit).with_for_update(skip_locked=True)
    done = await db.execute(delete(table).where(table.c.id.in_(chosen)))
    return bool(done.rowcount >= limit)


@dataclass(frozen=True)
class OldRows:
    """Rows older than a moment, by id. `behind`: every row up to this id is old; None when not even the first one is.

    `more`: there may be more of them.
    """

    ids: list[int]
    behind: int | None
    more: bool


async def old_rows(db: AsyncConnection, table: Table, at: Column[datetime], before: datetime, after: int, limit: int) -> OldRows:
    """The old ones among the `limit` rows behind the id `after`. Ids rise with time, so no index on the time is needed."""
    rows = list(await db.execute(select(table.c.id, at).where(table.c.id > after).order_by(table.c.id).limit(limit)))
    old = [row[0] for row in rows if row[1] < before]
    behind: int | None = None
    for row in rows:
        if row[1] >= before:
            return OldRows(old, behind, more=False)
        behind = row[0]
    return OldRows(old, behind, more=len(rows) >= limit)


@dataclass(frozen=True)
class Progress:
    """How far a task has come: up to an id, or up to a moment (UTC). `due_at`: when it runs next."""

    due_at: datetime | None = None
    position: int = 0
    moment: datetime | None = None


async def progress_of(db: AsyncConnection, task: str) -> Progress:
    row = (await db.execute(select(upkeep).where(upkeep.c.task == task))).first()
    return Progress(row.due_at, row.position, row.moment) if row else Progress()


async def save_progress(db: AsyncConnection, task: str, **values: Any) -> None:
    """Stores some of `Progress`."""
    if not await insert_missing(db, upkeep, task=task, **{"position": 0, **values}):
        await db.execute(update(upkeep).where(upkeep.c.task == task).values(**values))
