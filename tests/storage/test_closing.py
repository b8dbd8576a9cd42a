"""A database that is closed leaves nothing behind: no connection, no thread that would answer into an event loop that is gone."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.storage.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite+aiosqlite:///{tmp_path / 'gateway.db'}")


@pytest.fixture(autouse=True)
def threads_before() -> set[threading.Thread]:
    return set(threading.enumerate())


def threads_of_connections(before: set[threading.Thread]) -> list[str]:
    new = set(threading.enumerate()) - before
    return [thread.name for thread in new if "_connection_worker_thread" in thread.name]


async def use(database: Database, used: asyncio.Event) -> None:
    async with database.read() as db:
        await db.execute(text("select 1"))
        used.set()
        await asyncio.sleep(60)


async def test_connections_that_wait_in_the_pool_are_closed(database: Database, threads_before: set[threading.Thread]) -> None:
    async with database.read() as first, database.read() as second:
        await first.execute(text("select 1"))
        await second.execute(text("select 1"))
    assert len(threads_of_connections(threads_before)) == 2
    await database.close()
    assert threads_of_connections(threads_before) == []


async def test_a_connection_in_use_is_closed_too(database: Database, threads_before: set[threading.Thread]) -> None:
    used = asyncio.Event()
    user = asyncio.create_task(use(database, used))
    await used.wait()
    await database.close()
    assert threads_of_connections(threads_before) == []
    user.cancel()
    await asyncio.wait([user])


async def test_one_whose_user_is_cancelled_meanwhile(database: Database, threads_before: set[threading.Thread]) -> None:
    used = asyncio.Event()
    user = asyncio.create_task(use(database, used))
    await used.wait()
    user.cancel()
    await database.close()
    await asyncio.wait([user])
    assert threads_of_connections(threads_before) == []


@pytest.mark.parametrize("steps", range(12))
async def test_one_whose_opening_is_cancelled(database: Database, threads_before: set[threading.Thread], steps: int) -> None:
    user = asyncio.create_task(use(database, asyncio.Event()))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
    user.cancel()
    await asyncio.wait([user])
    await database.close()
    assert threads_of_connections(threads_before) == []


async def test_closing_that_is_cancelled_goes_through_with_it(database: Database, threads_before: set[threading.Thread]) -> None:
    async with database.read() as db:
        await db.execute(text("select 1"))
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert threads_of_connections(threads_before) == []


async def test_who_asks_for_a_connection_when_it_is_closed_gets_an_error(
    database: Database, threads_before: set[threading.Thread]
) -> None:
    """A task in the background does not know that the process ends. A connection that it opened would be closed by nobody."""
    await database.close()
    with pytest.raises(OperationalError, match="the database is closed"):
        async with database.read() as db:
            await db.execute(text("select 1"))
    assert threads_of_connections(threads_before) == []


async def test_so_it_is_on_postgresql(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    await database.close()
    with pytest.raises(ConnectionError, match="the database is closed"):
        async with database.read() as db:
            await db.execute(text("select 1"))
