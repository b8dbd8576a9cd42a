"""A unit of work that PostgreSQL rolls back for another's sake runs again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.engine import Database
from app.storage.side_tables import leases


@pytest.fixture
async def database(postgresql_database: str) -> AsyncIterator[Database]:
    opened = Database(postgresql_database)
    async with opened.begin() as db:
        await db.execute(insert(leases), [{"key": key, "fence": 0} for key in ("a", "b")])
    yield opened
    await opened.close()


async def raise_both(db: AsyncConnection, first: str, second: str, met: asyncio.Barrier | None) -> None:
    """Locks `first`, waits for the other, then locks `second`."""
    for key in (first, second):
        await db.execute(update(leases).where(leases.c.key == key).values(fence=leases.c.fence + 1))
        if met is not None and key == first:
            await met.wait()


async def test_of_two_that_wait_for_each_other_both_are_stored(database: Database) -> None:
    met, runs = asyncio.Barrier(2), 0

    async def work(first: str, second: str) -> None:
        is_first_run = True

        async def once(db: AsyncConnection) -> None:
            nonlocal is_first_run, runs
            runs += 1
            barrier = met if is_first_run else None
            is_first_run = False
            await raise_both(db, first, second, barrier)

        await database.run(once)

    await asyncio.gather(work("a", "b"), work("b", "a"))
    async with database.read() as db:
        assert sorted(await db.scalars(select(leases.c.fence))) == [2, 2]
    assert runs == 3  # one of the two ran twice


async def test_another_error_is_raised_at_once(database: Database) -> None:
    runs = 0

    async def twice_the_same_key(db: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        await db.execute(insert(leases).values(key="a", fence=0))

    with pytest.raises(DBAPIError):
        await database.run(twice_the_same_key)
    assert runs == 1
