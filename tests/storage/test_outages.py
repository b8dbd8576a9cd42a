"""A database that is away is told from one that does not take a row: that is waited for, this is the row's own fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.storage.engine import Database
from app.storage.outages import is_passing
from app.storage.tables import inbox


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


class Driver(Exception):
    def __init__(self, sqlstate: Any) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeoutError(),
        OperationalError("select 1", None, Exception("disk I/O error")),
        InterfaceError("select 1", None, Exception("connection is closed")),
        DBAPIError("select 1", None, Driver("57P01")),  # the server is stopping
        DBAPIError("select 1", None, Driver("40P01")),  # a deadlock, and ours was the one to go
        DBAPIError("select 1", None, Driver("53300")),  # too many connections
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_moment_later_may_well_succeed_is_passing(error: BaseException) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [DBAPIError("select 1", None, Driver("22001")), DBAPIError("select 1", None, Driver(None)), ValueError(), KeyError("x")],
    ids=lambda error: type(error).__name__,
)
def test_what_would_fail_again_is_not(error: BaseException) -> None:
    assert not is_passing(error)


async def test_a_row_that_is_not_taken_is_not_an_outage(database: Database) -> None:
    async def write() -> None:
        async with database.begin() as db:
            await db.execute(insert(inbox).values(connection_id="nobody", headers={}, size=0, state="received"))

    with pytest.raises(DBAPIError) as caught:
        await write()
    assert not is_passing(caught.value)


async def test_a_server_that_ends_the_connection_is_an_outage(postgresql_database: str) -> None:
    database = Database(postgresql_database)

    async def end_it() -> None:
        async with database.begin() as db:
            await db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DBAPIError) as caught:
        await end_it()
    assert is_passing(caught.value)
    await database.close()
