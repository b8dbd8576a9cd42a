"""On SQLite a statement and its rows are one turn of the connection's thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.storage.engine import Database

METADATA = MetaData()
SOCKS = Table("socks", METADATA, Column("id", Integer, primary_key=True), Column("colour", String(20), unique=True))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'socks.db'}")
    async with opened.begin() as db:
        await db.run_sync(METADATA.create_all)
        await db.execute(insert(SOCKS), [{"id": 1, "colour": "red"}, {"id": 2, "colour": "blue"}, {"id": 3, "colour": "grey"}])
    yield opened
    await opened.close()


async def test_a_statement_with_rows_is_one_turn(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []
    original = aiosqlite.Connection._execute

    async def counted(self: Any, work: Any, *given: Any) -> Any:
        turns.append(work)
        return await original(self, work, *given)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    async with database.begin() as db:
        assert len((await db.execute(select(SOCKS))).all()) == 3
        await db.execute(update(SOCKS).where(SOCKS.c.id == 1).values(colour="green"))
    assert len(turns) == 4  # begin, two statements, commit


async def test_what_statements_give(database: Database) -> None:
    async with database.begin() as db:
        assert (await db.execute(update(SOCKS).where(SOCKS.c.id > 1).values(colour=SOCKS.c.colour + "ish"))).rowcount == 2
        made = await db.execute(insert(SOCKS).values(colour="black"))
        assert made.inserted_primary_key is not None
        assert made.inserted_primary_key.id == 4
        gone = await db.execute(delete(SOCKS).where(SOCKS.c.id < 3).returning(SOCKS.c.colour))
        assert sorted(gone.scalars()) == ["blueish", "red"]
        many = await db.execute(insert(SOCKS), [{"colour": "white"}, {"colour": "pink"}])
        assert many.rowcount == 2
        assert (await db.execute(select(SOCKS).where(SOCKS.c.id == 99))).all() == []
        assert list(await db.scalars(select(SOCKS.c.colour).order_by(SOCKS.c.id))) == ["greyish", "black", "white", "pink"]


async def test_a_statement_that_fails_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        async with database.begin() as db:
            await db.execute(text("select * from shoes"))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        async with database.begin() as db:
            await db.execute(insert(SOCKS).values(colour="red"))
    async with database.read() as db:
        assert await db.scalar(select(SOCKS.c.colour).where(SOCKS.c.id == 1)) == "red"


async def test_a_statement_whose_caller_is_cancelled_changes_nothing(database: Database) -> None:
    slow = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select max(i) from n"

    async def work() -> None:
        async with database.begin() as db:
            await db.execute(delete(SOCKS))
            await db.execute(text(slow))

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.begin() as db:
        assert len((await db.execute(select(SOCKS))).all()) == 3
