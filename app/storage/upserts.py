"""Inserts a row that another process may insert at the same moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_missing(db: AsyncConnection, table: Table, **values: Any) -> bool:
    """Inserts the row unless there is one with the same key. Returns whether it did. Waits for another insert of the same."""
    done = await db.execute(insert_ignoring(db, table).values(**values))
    return bool(done.rowcount == 1)


async def insert_missing_id(db: AsyncConnection, table: Table, **values: Any) -> int | None:
    """Does the same. Returns the new row's id, or None when there is one already."""
    done = insert_ignoring(db, table).values(**values).returning(table.c.id)
    made: int | None = await db.scalar(done)
    return made


def insert_ignoring(db: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that leaves out rows whose key is taken."""
    if db.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
