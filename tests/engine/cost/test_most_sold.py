"""The quantities of the articles that sell most are found by an index, however many others wait."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert

from app.engine.core.runtime import Gateway
from app.records.stock import levels
from app.storage.outbound_tables import stock_levels
from tests.engine.cost.long_history import analyze, prefer_indexes
from tests.engine.cost.plans import Recorded, recording
from tests.harness import Harness

MANY, SOLD = 4_000, 7


async def test_the_most_sold_are_read_from_an_index(harness: Harness) -> None:
    connection, database = harness.connection, harness.gateway.database
    same = {"connection_id": connection.id, "state": "waiting", "updated_at": harness.clock(), "written_at": harness.clock()}
    rows = [{**same, "source_id": str(each), "number": f"A-{each}", "sold": float(each % SOLD)} for each in range(MANY)]
    async with database.begin() as db:
        await db.execute(insert(stock_levels), rows)
    if not database.is_sqlite:
        await prefer_indexes(harness)
        await analyze(harness)
        await database.engine.dispose()  # what is connected already reads as before
    with recording(database) as recorded:
        async with database.read() as db:
            found = await levels.waiting(db, connection.id, 3, levels.MOST_SOLD)
    most = [each for each in range(MANY) if each % SOLD == SOLD - 1]
    assert [row.source_id for row in found] == [str(each) for each in most[:-4:-1]]
    plan = await _plan(harness.gateway, recorded)
    assert "ix_stock_levels_most_sold" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


async def _plan(gateway: Gateway, recorded: Recorded) -> str:
    """How the database looks the rows up, in its own words."""
    ((statement, parameters),) = recorded.statements.items()
    async with gateway.database.engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
        if gateway.database.is_sqlite:
            return str([row[3] for row in await raw.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", parameters)])
        (row,) = await raw.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *parameters)
        return row[0] if isinstance(row[0], str) else json.dumps(row[0])
