"""PostgreSQL's writer keeps its connection from batch to batch, and nothing that happens to the connection costs a delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.engine.intake import batch_writer
from app.engine.intake.batch_writer import PostgresWriter
from app.engine.intake.inbox import Delivery, Inbox
from app.storage.engine import Database
from app.storage.tables import inbox
from tests.harness import Harness, open_harness

HOLDERS = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def harness(postgresql_database: str, tmp_path: Any) -> AsyncIterator[Harness]:
    async with open_harness(postgresql_database, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def kept(harness: Harness) -> AsyncIterator[Inbox]:
    """An inbox with a database, and so a pool, of its own."""
    database = Database(harness.gateway.database.url)
    made = Inbox(PostgresWriter(database), lambda _: None, 10_000_000)
    made.start()
    yield made
    await made.close()
    await database.close()


def delivery(harness: Harness, topic: str = "order.updated") -> Delivery:
    return Delivery(harness.connection.id, datetime.now(UTC), topic, {}, b"{}")


async def ask(harness: Harness, statement: Any) -> Sequence[Any]:
    async with harness.gateway.database.begin() as db:
        return list((await db.execute(statement)).scalars())


async def count(harness: Harness) -> int:
    found = await ask(harness, select(func.count()).select_from(inbox))
    return int(found[0])


async def test_batches_share_one_connection(harness: Harness, kept: Inbox) -> None:
    await kept.store(delivery(harness))
    before = await ask(harness, HOLDERS)
    await kept.store(delivery(harness))
    assert await ask(harness, HOLDERS) == before
    assert await count(harness) == 2


async def test_a_connection_that_was_ended_between_two_batches_costs_no_delivery(harness: Harness, kept: Inbox) -> None:
    await kept.store(delivery(harness))
    await ask(harness, END_OTHERS)
    await kept.store(delivery(harness))
    assert await count(harness) == 2


async def test_after_a_pause_the_pool_looks_at_the_connection_first(
    harness: Harness, kept: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_writer, "KEPT_SECONDS", -1.0)
    await kept.store(delivery(harness))
    await ask(harness, END_OTHERS)
    await kept.writer.write([delivery(harness)])  # not one by one after a failed batch: it does not fail
    assert await count(harness) == 2


async def test_a_row_that_the_database_refuses_costs_the_others_nothing(harness: Harness, kept: Inbox) -> None:
    good, odd, last = (kept.store(delivery(harness, topic)) for topic in ("order.updated", "order.\x00", "order.deleted"))
    await good
    await last
    assert odd.exception() is not None
    assert await count(harness) == 2
