"""Rows that two processes may want to make at the same moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_missing(db: AsyncConnection, table: Table, **values: Any) -> bool:
    """Inserts the row unless there is one with the same key; whether it did. Waits for whoever is inserting the same just now."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    done = await db.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
    return bool(done.rowcount == 1)
