"""A part of a run moves on by the table of its states, whoever works on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.domain import PartState, Process
from app.outgoing.addresses import Reach
from app.records import connections, runs
from app.records.connections import Draft, prepare
from app.records.runs import NewRun, RunPart
from app.storage.engine import Database
from app.storage.secrets import Vault, new_key

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def part(database: Database) -> RunPart:
    draft = Draft(
        name="shop",
        integration="woocommerce",
        source={"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        warehouse={"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77},
    )
    async with database.begin() as db:
        connection_id = await connections.create(db, Vault([new_key()]), prepare(draft, Reach()), NOW)
        await runs.create(db, NewRun("api", "shop", [(connection_id, Process.ORDERS)]), NOW)
        found = await runs.next_part(db, connection_id, Process.ORDERS)
    assert found is not None
    return found


async def state_of(database: Database, part: RunPart) -> PartState:
    async with database.read() as db:
        run = await runs.find(db, part.run_id)
    assert run is not None
    return run.parts[0].state


async def test_a_part_that_waits_is_read_and_goes_on_being_read(database: Database, part: RunPart) -> None:
    assert part.state is PartState.WAITING
    for _ in range(2):
        async with database.begin() as db:
            assert await runs.change_part(db, part.id, state=PartState.READING, started_at=NOW)
    assert await state_of(database, part) is PartState.READING


async def test_a_part_that_has_failed_is_not_made_to_work_by_a_worker_that_comes_late(database: Database, part: RunPart) -> None:
    async with database.begin() as db:
        assert await runs.change_part(db, part.id, state=PartState.READING, started_at=NOW)
        assert await runs.change_part(db, part.id, state=PartState.FAILED, error="the shop is away", finished_at=NOW)
        assert not await runs.change_part(db, part.id, state=PartState.WORKING)
    assert await state_of(database, part) is PartState.FAILED


async def test_a_part_cannot_end_before_it_is_read(database: Database, part: RunPart) -> None:
    async with database.begin() as db:
        assert not await runs.change_part(db, part.id, state=PartState.DONE, finished_at=NOW)
    assert await state_of(database, part) is PartState.WAITING
