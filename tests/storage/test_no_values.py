"""Values of rows are in no error: errors are logged, with the errors that led to them."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.storage.engine import Database
from app.storage.tables import alerts, connections

NAME = "Kari Nordmann"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
ALERT: dict[str, Any] = {
    "kind": "odd",
    "connection_id": None,
    "subject": NAME,
    "text": NAME,
    "count": 1,
    "first_at": NOW,
    "last_at": NOW,
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


async def said(database: Database, statement: Any) -> str:
    """The traceback of the error, as it would be logged."""
    try:
        async with database.begin() as db:
            await db.execute(statement)
    except (SQLAlchemyError, OverflowError) as error:
        return "".join(traceback.format_exception(error)) + repr(error) + str(getattr(error, "orig", ""))
    raise AssertionError("the statement went through")


async def test_a_row_that_is_refused_shows_no_value(database: Database) -> None:
    found = await said(database, insert(alerts).values({**ALERT, "count": None}))
    assert "count" in found
    assert NAME not in found


async def test_a_row_that_is_there_already_shows_no_value(database: Database) -> None:
    columns = {"integration": "x", "webhook_id": "x", "status": "draft", "account_key": "x", "warehouse_url": "x", "lane": "x"}
    row = {**columns, "id": NAME, "name": NAME, "goods_owner_id": 1, "settings": {}, "settings_version": 1, "secrets": b"x"}
    made = insert(connections).values({**row, "created_at": NOW, "updated_at": NOW})
    async with database.begin() as db:
        await db.execute(made)
    found = await said(database, made)
    assert "connections" in found
    assert NAME not in found


async def test_a_value_that_does_not_fit_its_column_is_not_shown(database: Database) -> None:
    for statement in (
        insert(alerts).values({**ALERT, "count": 2**70}),
        insert(alerts).values({**ALERT, "count": [NAME]}),
        insert(alerts).values({**ALERT, "first_at": NAME}),
    ):
        assert NAME not in await said(database, statement)
        assert str(2**70) not in await said(database, statement)


async def test_what_postgresql_cannot_read_is_not_shown(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    try:
        found = await said(database, select(text(f"cast('{NAME}' || now()::text as integer)")))
        assert "invalid input syntax for type integer" in found
        assert NAME not in found.replace(f"cast('{NAME}'", ""), "the statement itself is ours"
    finally:
        await database.close()
