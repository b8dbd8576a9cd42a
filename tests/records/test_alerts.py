"""The same trouble is one alert, counted, whoever raises it and however many do at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.outgoing.addresses import Reach
from app.records import alerts, connections
from app.records.connections import Draft, prepare
from app.storage.engine import Database
from app.storage.secrets import Vault, new_key
from app.storage.tables import alerts as table

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def connection_id(database: Database) -> str:
    draft = Draft(
        name="shop",
        integration="woocommerce",
        source={"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        warehouse={"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77},
    )
    async with database.begin() as db:
        return await connections.create(db, Vault([new_key()]), prepare(draft, Reach()), NOW)


async def kept(database: Database) -> list[dict[str, Any]]:
    async with database.read() as db:
        return [dict(row) for row in (await db.execute(select(table))).mappings()]


async def test_the_same_trouble_is_counted_and_keeps_its_beginning(database: Database, connection_id: str) -> None:
    for minutes in range(3):
        later = NOW + timedelta(minutes=minutes)
        async with database.begin() as db:
            await alerts.raise_alert(db, "login-refused", connection_id, "the shop", f"text {minutes}", later)
    (row,) = await kept(database)
    assert (row["count"], row["text"], row["first_at"], row["last_at"]) == (3, "text 2", NOW, NOW + timedelta(minutes=2))


async def test_another_subject_is_another_alert(database: Database, connection_id: str) -> None:
    async with database.begin() as db:
        for subject in ("a", "b", "x" * 500):
            await alerts.raise_alert(db, "dead-letter", connection_id, subject, "text", NOW)
    assert len(await kept(database)) == 3


async def test_two_that_raise_it_at_once_do_not_undo_each_other(database: Database, connection_id: str) -> None:
    """An alert is raised inside the transaction that writes down what became of an order."""

    async def raise_it() -> None:
        async with database.begin() as db:
            await alerts.raise_alert(db, "login-refused", connection_id, "the shop", "text", NOW)

    await asyncio.gather(*(raise_it() for _ in range(8)))
    (row,) = await kept(database)
    assert row["count"] == 8
