"""What tells open pages that something has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from app.records.console import marks
from app.storage.tables import run_parts, runs
from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        await opened.connect()
        yield opened


async def test_a_run_that_goes_on_without_a_new_row_changes_the_mark_of_runs_alone(harness: Harness) -> None:
    """A dry run writes no record: its part is all that changes."""

    async def changed_by(**values: object) -> set[str]:
        async with harness.gateway.database.begin() as db:
            before = await marks.of_now(db)
            await db.execute(update(run_parts).where(run_parts.c.id == 901).values(**values))
            now = await marks.of_now(db)
        return {topic for topic in now if now[topic] != before[topic]}

    part = {"id": 901, "run_id": "run_1", "connection_id": harness.connection.id, "process": "orders", "full": False}
    async with harness.gateway.database.begin() as db:
        await db.execute(insert(runs).values(id="run_1", trigger="api", target="shop", options={}, created_at=harness.clock()))
        await db.execute(insert(run_parts).values(**part, dry_run=True, state="waiting"))

    assert await changed_by(full=False) == set()
    assert await changed_by(read=50) == {"runs"}
    assert await changed_by(state="working") == {"runs"}
    assert await changed_by(state="done") == {"runs"}
    assert await changed_by(full=False) == set()


async def test_the_look_reads_no_table_that_grows(sqlite_database: str, tmp_path: Path) -> None:
    """It is made every few seconds while somebody watches."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    async with open_harness(sqlite_database, tmp_path) as harness, harness.gateway.database.begin() as db:
        engine = harness.gateway.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        await marks.of_now(db)
        event.remove(engine, "before_cursor_execute", note)
        ((statement, parameters),) = seen
        plan = [row.detail for row in await db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert {line for line in plan if line.startswith("SCAN")} == {
        "SCAN CONSTANT ROW",
        "SCAN long_works",  # there are few
        "SCAN run_parts USING INDEX ix_run_parts_to_read",  # of the open parts alone
        "SCAN run_parts USING INDEX ix_run_parts_working",
    }
