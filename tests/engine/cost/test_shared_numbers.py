"""What is sold is looked up by the goods owner's own connections, however many other customers have articles of that number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.records import reservations
from app.records.stock import sold
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections
from tests.engine.cost.long_history import analyze
from tests.engine.cost.plans import nodes_of, recording, steps_of
from tests.harness import Harness, open_harness

CUSTOMERS = 300
NUMBERS = [f"A-{number}" for number in range(20)]


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        yield opened


async def with_many_customers(harness: Harness) -> None:
    """Each has the same numbers, and nothing to do with ours."""
    mine = await harness.connect("mine", processes={"stock": True})
    now = harness.clock()
    async with harness.gateway.database.begin() as db:
        (row,) = [dict(each._mapping) for each in await db.execute(select(connections).where(connections.c.id == mine.id))]
        names = [f"con_{customer:016d}" for customer in range(CUSTOMERS)]
        others = [{**row, "id": name, "name": name, "webhook_id": name, "lane": f"elsewhere#{name}"} for name in names]
        await db.execute(insert(connections), others)
        of_each: list[dict[str, Any]] = [
            {"connection_id": each, "source_id": number, "number": number, "state": "same", "updated_at": now}
            for each in (mine.id, *names)
            for number in NUMBERS
        ]
        await db.execute(insert(stock_levels), of_each)
    if not harness.gateway.database.is_sqlite:
        await analyze(harness)


async def test_other_customers_levels_are_not_read(harness: Harness) -> None:
    await with_many_customers(harness)
    database, lane = harness.gateway.database, harness.connection.lane
    with recording(database) as recorded:
        async with database.begin() as db:
            assert len(await sold.on_lane(db, lane, NUMBERS)) == 1
            await reservations.reserved(db, harness.connection.id, lane, NUMBERS)
    if database.is_sqlite:
        steps = [step for step in await steps_of(database, recorded) if "stock_levels" in step]
        assert steps
        assert [step for step in steps if "(number=? AND connection_id=?)" not in step] == []
    else:
        read = [node for node in await nodes_of(database, recorded) if node.get("Relation Name") == "stock_levels"]
        rows = [(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in read]
        assert rows
        assert max(rows) <= len(NUMBERS), read
