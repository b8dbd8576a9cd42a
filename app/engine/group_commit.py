"""How a batch of inbox rows gets into the database in one transaction."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import insert

from app.storage.engine import Database
from app.storage.tables import inbox


class Writer(Protocol):
    async def write(self, rows: list[dict[str, Any]]) -> None:
        """Commits all rows, or none and raises."""
        ...

    async def close(self) -> None: ...


class CoreWriter:
    """SQLAlchemy Core `executemany`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert(inbox)

    async def write(self, rows: list[dict[str, Any]]) -> None:
        async with self._database.begin() as db:
            await db.execute(self._insert, rows)

    async def close(self) -> None:
        return None


def writer_for(database: Database) -> Writer:
    """The quickest way to commit a batch on this database."""
    return CoreWriter(database)
