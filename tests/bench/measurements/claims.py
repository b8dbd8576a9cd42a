"""What waits costs nothing: the next events and the next job are found with as many rows read among 10,000 as among 1,000."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, text, update

from app.domain import Process
from app.domain.record import SCHEMA_VERSION
from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.dispatch.lane import Lane
from app.engine.intake import ingest
from app.records import events as event_records
from app.records.connections import Status
from app.storage.tables import connections, inbox, jobs, mappings
from tests.bench.figure import Figure, Options
from tests.bench.reads import Reads
from tests.bench.workload import databases, world
from tests.harness import Harness

FEW, MANY = 1_000, 10_000
NOISE = 1.1
TURNS = 8
"""Two of them are the fourth ones, which go to what has waited longest."""
TRIES = 5
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Cost:
    """Of one claim: what the database read, and the most memory that was in use, in bytes."""

    reads: int
    memory: int


Claim = Callable[[Harness], Awaitable[None]]


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return asyncio.run(_measure("claims-sqlite", "SQLite", url))


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return asyncio.run(_measure("claims-postgresql", "PostgreSQL", url))


async def _measure(bench: str, database: str, url: str) -> list[Figure]:
    reads = Reads()
    async with world.harness(url) as harness:
        await harness.gateway.database.close()  # what is connected already is not watched
        reads.watch(harness.gateway.database.engine)
        await harness.connect("second", processes={"articles": False}, order_number_prefix="2-")
        found: dict[int, dict[str, Cost]] = {}
        for number in (FEW, MANY):
            await _fill(harness, number)
            found[number] = {name: await _cost(harness, reads, claim) for name, claim in CLAIMS.items()}
        return [_figure(bench, database, name, found[FEW][name], found[MANY][name], reads.unit) for name in CLAIMS]


def _figure(bench: str, database: str, name: str, few: Cost, many: Cost, unit: str) -> Figure:
    read, held = many.reads / few.reads, many.memory / few.memory
    return Figure(
        bench,
        f"{name} on {database}, {MANY:,} waiting instead of {FEW:,}: reads, memory",
        f"{read:.2f} and {held:.2f} times",
        f"at most {NOISE} times",
        read <= NOISE and held <= NOISE,
        (f"{few.reads:,} and {many.reads:,} {unit}, {few.memory / 1024:,.0f} and {many.memory / 1024:,.0f} KiB",),
    )


async def _cost(harness: Harness, reads: Reads, claim: Claim) -> Cost:
    """The least of several: the first compiles statements, and caches grow now and then."""
    counted, peaks = [], []
    for _ in range(TRIES):
        before = reads.count
        tracemalloc.start()
        await claim(harness)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        counted.append(reads.count - before)
        peaks.append(peak)
    return Cost(min(counted), min(peaks))


async def _lease(harness: Harness, key: str) -> Lease:
    await harness.stored.expire_leases()
    lease = await leases.acquire(harness.gateway.database, key, harness.gateway.settings.lease_seconds)
    assert lease is not None
    return lease


async def _next_events(harness: Harness) -> None:
    async with harness.gateway.database.begin() as db:
        events, _ = await event_records.received(db, harness.connection.id, ingest.wanted(harness.gateway))
    assert len(events) == harness.gateway.settings.ingest_batch


async def _next_jobs(harness: Harness) -> None:
    await harness.stored.expire_leases()
    lane = await Lane.of(harness.gateway, harness.connection.lane)
    lane.one_by_one = True
    claimed = await lane.take()
    for _ in range(TURNS):
        assert claimed.jobs
        claimed = await lane.end((), (), go_on=True)


async def _next_jobs_beside_a_pause(harness: Harness) -> None:
    """Half of what waits in the lane belongs to a connection that may not be worked for."""
    paused = harness.connections["second"].id
    await _set_status(harness, paused, Status.PAUSED)
    await _next_jobs(harness)
    await _set_status(harness, paused, Status.ACTIVE)


async def _set_status(harness: Harness, connection_id: str, status: Status) -> None:
    async with harness.gateway.database.begin() as db:
        await db.execute(update(connections).where(connections.c.id == connection_id).values(status=status))
    harness.gateway.forget(connection_id)


CLAIMS: dict[str, Claim] = {
    f"The next {100} events": _next_events,
    f"The next {TURNS} jobs": _next_jobs,
    f"The next {TURNS} jobs, half of the lane's connections paused,": _next_jobs_beside_a_pause,
}


# --- what waits ---------------------------------------------------------------------------------------------------------


async def _fill(harness: Harness, number: int) -> None:
    """`number` events received and as many jobs waiting, half of each connection's; half have waited for longer than ageing."""
    async with harness.gateway.database.begin() as db:
        for table in (jobs, mappings, inbox):
            await db.execute(delete(table))
        for first in range(1, number + 1, ROWS_AT_ONCE):
            numbers = range(first, first + ROWS_AT_ONCE)
            await db.execute(insert(mappings), [_mapping(harness, each) for each in numbers])
            await db.execute(insert(jobs), [_job(harness, each, number) for each in numbers])
            await db.execute(insert(inbox), [_event(harness, each) for each in numbers])
    if not harness.gateway.database.is_sqlite:
        async with harness.gateway.database.begin() as db:
            await db.execute(text("ANALYZE"))  # as autovacuum does within a minute


def _of(harness: Harness, number: int) -> str:
    ids = [each.id for each in harness.connections.values()]
    return ids[number % len(ids)]


def _mapping(harness: Harness, number: int) -> dict[str, Any]:
    now = harness.clock()
    return {
        "id": number,
        "connection_id": _of(harness, number),
        "kind": "order",
        "source_id": str(number),
        "lane": harness.connection.lane,
        "wanted": "present",
        "transfer": "pending",
        "created_at": now,
        "updated_at": now,
    }


def _job(harness: Harness, number: int, of: int) -> dict[str, Any]:
    now = harness.clock()
    waited = timedelta(minutes=harness.gateway.settings.ageing_minutes) if number <= of / 2 else timedelta()
    return {
        "connection_id": _of(harness, number),
        "process": Process.ORDERS,
        "source_id": str(number),
        "mapping_id": number,
        "lane": harness.connection.lane,
        "state": "waiting",
        "priority": 1,
        "generation": 1,
        "ready_at": now - waited,
        "source": world.order(number),
        "schema_version": SCHEMA_VERSION,
        "settings_version": 1,
        "found_by": "webhook",
        "created_at": now,
        "updated_at": now,
    }


def _event(harness: Harness, number: int) -> dict[str, Any]:
    return {
        "connection_id": _of(harness, number),
        "received_at": harness.clock(),
        "headers": {"x-wc-webhook-topic": "order.updated"},
        "body": b"x" * 4096,
        "size": 4096,
        "state": "received",
        "topic": "order.updated",
    }
