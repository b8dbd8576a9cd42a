"""What waits costs nothing: the next job and the next events are found with as many rows read among 10,000 as among 1,000."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, text, update

from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.dispatch.lane import FIRST_TOGETHER, Lane
from app.engine.intake import ingest
from app.engine.upkeep import due
from app.records import events
from app.records.connections import Status
from app.storage.tables import inbox, jobs, mappings
from tests.bench.reads import Reads
from tests.harness import Harness, open_harness

FEW, MANY = 1_000, 10_000
A_FEW_OBJECTS = 250_000
"""Bytes. The bodies of the events alone are 40 MB more."""
Work = Callable[[Harness], Awaitable[None]]
A_FEW_DEAD_ROWS = 25
"""PostgreSQL looks at rows that were just changed once more, until they are cleaned away."""
TURNS = 8
"""Two of them are the fourth ones, which go to what has waited longest."""


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        await opened.connect()
        await opened.connect("second", order_number_prefix="2-", processes={"articles": False})
        yield opened


async def fill(harness: Harness, number: int, state: str = "waiting") -> None:
    """So many jobs and events, half of them each connection's; half have waited for longer than ageing takes."""
    ids = [each.id for each in harness.connections.values()]
    now, lane = harness.clock(), harness.connection.lane
    long_ago = now - timedelta(hours=1)
    common = {"created_at": now, "updated_at": now}
    async with harness.gateway.database.begin() as db:
        for table in (jobs, mappings, inbox):
            await db.execute(delete(table))
        for first in range(1, number + 1, 500):
            some = [(each, ids[each % 2]) for each in range(first, first + 500)]
            mapped = {"kind": "order", "lane": lane, "wanted": "present", "transfer": "pending", **common}
            await db.execute(
                insert(mappings), [{"id": each, "connection_id": of, "source_id": str(each), **mapped} for each, of in some]
            )
            job = {"process": "orders", "lane": lane, "state": state, "priority": 1, "generation": 1, **common}
            job |= {"schema_version": 1, "settings_version": 1, "found_by": "webhook", "due_at": now + timedelta(hours=1)}
            await db.execute(
                insert(jobs),
                [
                    {"connection_id": of, "source_id": str(each), "mapping_id": each, **job}
                    | {"ready_at": long_ago if each <= number / 2 else now}
                    for each, of in some
                ],
            )
            kept = {"received_at": now, "headers": {}, "body": b"x" * 4096, "size": 4096}
            kept |= {"state": "received" if state == "waiting" else "done"}
            await db.execute(insert(inbox), [{"connection_id": of, **kept} for _, of in some])
    if not harness.gateway.database.is_sqlite:
        async with harness.gateway.database.begin() as db:
            await db.execute(text("ANALYZE"))  # as autovacuum does within a minute


async def lease(harness: Harness, key: str) -> Lease:
    await harness.stored.expire_leases()
    taken = await leases.acquire(harness.gateway.database, key, 60)
    assert taken is not None
    return taken


async def next_jobs(harness: Harness) -> None:
    """Some turns, each of as many jobs as are taken together."""
    lane = await taken_lane(harness)
    claimed = await lane.take()
    for _ in range(TURNS):
        assert len(claimed.jobs) == FIRST_TOGETHER
        claimed = await lane.end((), (), go_on=True)


async def taken_lane(harness: Harness) -> Lane:
    """A lane whose earlier worker is gone, and whose jobs all wait."""
    await harness.stored.expire_leases()
    async with harness.gateway.database.begin() as db:
        await db.execute(update(jobs).where(jobs.c.state == "running").values(state="waiting"))
    return await Lane.of(harness.gateway, harness.connection.lane)


async def next_events(harness: Harness) -> None:
    async with harness.gateway.database.begin() as db:
        found, is_all = await events.received(db, harness.connection.id, ingest.wanted(harness.gateway))
    assert (len(found), is_all) == (harness.gateway.settings.ingest_batch, False)


async def no_job(harness: Harness) -> None:
    lane = await taken_lane(harness)
    assert (await lane.take()).jobs == ()


async def look_for_work(harness: Harness) -> None:
    async with harness.gateway.database.read() as db:
        await due.waiting(db, harness.clock())
        await due.signs(db, harness.clock())


@dataclass(frozen=True)
class Cost:
    """What the database read (by its own count), and the most memory that was in use, in bytes."""

    reads: int
    memory: int


async def cost(harness: Harness, reads: Reads, work: Work) -> Cost:
    await work(harness)  # from here on statements are compiled and connections open
    before = reads.count
    await work(harness)
    counted = int(reads.count - before)
    tracemalloc.start()
    await work(harness)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Cost(counted, peak)


async def assert_it_costs_the_same(harness: Harness, state: str, *works: Work) -> None:
    reads = Reads()
    await harness.gateway.database.engine.dispose()  # what is connected already is not watched
    reads.watch(harness.gateway.database.engine)
    found = []
    for number in (FEW, MANY):
        await fill(harness, number, state)
        found.append([await cost(harness, reads, work) for work in works])
    for few, many, work in zip(*found, works, strict=True):
        assert (work.__name__, many.reads) <= (work.__name__, few.reads * 1.1 + A_FEW_DEAD_ROWS)
        assert (work.__name__, many.memory) <= (work.__name__, few.memory + A_FEW_OBJECTS)


async def test_a_claim_reads_and_holds_as_much_among_10000_as_among_1000(harness: Harness) -> None:
    await assert_it_costs_the_same(harness, "waiting", next_jobs, next_events)


async def test_finding_that_a_paused_connections_jobs_may_not_be_taken_reads_little(harness: Harness) -> None:
    for connection in harness.connections.values():
        await harness.set_status(connection, Status.PAUSED)
    await assert_it_costs_the_same(harness, "waiting", no_job)


@pytest.mark.parametrize("state", ["waiting", "done", "parked"])
async def test_a_look_for_work_reads_little_however_much_waits_or_is_done_or_put_aside(harness: Harness, state: str) -> None:
    await assert_it_costs_the_same(harness, state, look_for_work)


async def test_claims_find_their_rows_by_index(harness: Harness) -> None:
    await fill(harness, MANY)
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and ("jobs" in statement or "inbox" in statement):
            statements.append((statement, parameters))

    event.listen(harness.gateway.database.engine.sync_engine, "before_cursor_execute", note)
    await next_jobs(harness)
    await next_events(harness)
    event.remove(harness.gateway.database.engine.sync_engine, "before_cursor_execute", note)
    assert len(statements) > TURNS
    for statement, parameters in statements:
        for step in await explained(harness, statement, parameters):
            assert "SCAN jobs" not in step or "USING" in step, (step, statement)
            assert "SCAN inbox" not in step or "USING" in step, (step, statement)
            assert "TEMP B-TREE" not in step, (step, statement)
            assert step not in ("Seq Scan jobs", "Seq Scan inbox", "Sort"), statement


async def explained(harness: Harness, statement: str, parameters: Any) -> list[str]:
    """The plan's steps, in the database's own words."""
    async with harness.gateway.database.engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
        if harness.gateway.database.is_sqlite:
            return [row[3] for row in await raw.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        (row,) = await raw.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *parameters)
    return [" ".join((node["Node Type"], *_read(node))) for node in nodes(row[0][0]["Plan"])]


def _read(node: dict[str, Any]) -> list[str]:
    return [node["Relation Name"]] if "Relation Name" in node else []


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", []) for node in nodes(inner))]
