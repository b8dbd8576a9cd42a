"""What idle connections cost: the computing of a real worker that has nothing to do for them, and the statements of a sweep."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event, insert, select

from app.clock import utc_now
from app.domain import POLLED
from app.engine.core.queue import MemoryWakeUps
from app.engine.core.runtime import open_gateway
from app.engine.upkeep import retention, sweeper
from app.settings import Settings
from app.storage.engine import Database
from app.storage.tables import connections, cursors, lanes
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases
from tests.chaos.cluster import Cluster, open_town

COMPUTING, STATEMENTS = 300, 500
"""Connections, for each figure."""
MOST_SECONDS, MOST_STATEMENTS = 2.0, 12
MEASURED_SECONDS, SETTLING_SECONDS = 60.0, 10.0
SWEEPS = 13
"""A minute's sweeps and one more: each part of a sweep is in one of them."""


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return asyncio.run(_measure("idle-sqlite", "SQLite", url, options))


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return asyncio.run(_measure("idle-postgresql", "PostgreSQL", url, options))


async def _measure(bench: str, name: str, url: str, options: Options) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory:
        async with open_town(Path(directory), url) as cluster:
            await _connect(cluster.database, cluster.connection.id, range(1, COMPUTING))
            seconds = await _computing(cluster, options.seconds or MEASURED_SECONDS)
            await _connect(cluster.database, cluster.connection.id, range(COMPUTING, STATEMENTS))
            statements = await _statements(cluster)
    return [
        Figure(
            bench,
            f"Computing of a worker with {COMPUTING} idle connections, on {name}",
            f"{seconds:.1f} s a minute",
            f"at most {MOST_SECONDS:g} s a minute",
            seconds <= MOST_SECONDS,
            ("all that its process does: sweeps, gauges, asking Redis for work; no poll is due meanwhile",),
        ),
        Figure(
            bench,
            f"Statements of a sweep with {STATEMENTS} idle connections, on {name}",
            f"{max(statements)}",
            f"at most {MOST_STATEMENTS}",
            max(statements) <= MOST_STATEMENTS,
            (f"{sum(statements) / len(statements):.1f} in the mean; the first sweep of a process, which opens all: not counted",),
        ),
    ]


async def _connect(database: Database, like: str, numbers: range) -> None:
    """Connections like the first, each with lanes of its own, with nothing to do and no poll due."""
    later = utc_now() + timedelta(days=1)
    async with database.begin() as db:
        row = dict((await db.execute(select(connections).where(connections.c.id == like))).one()._mapping)
        ids = {number: f"con_idle_{number}" for number in numbers}
        await db.execute(
            insert(connections),
            [
                {**row, "id": of, "name": f"idle-{number}", "webhook_id": f"idle-{number}", "lane": f"{row['lane']}-{number}"}
                for number, of in ids.items()
            ],
        )
        keys = [key for number, of in ids.items() for key in (f"{row['lane']}-{number}", f"shop:{of}")]
        await db.execute(insert(lanes), [{"key": key} for key in keys])
        due = {"next_poll_at": later, "next_sweep_at": later}
        await db.execute(
            insert(cursors), [{"connection_id": of, "process": each.value, **due} for of in ids.values() for each in POLLED]
        )


async def _computing(cluster: Cluster, seconds: float) -> float:
    """Seconds of computing a minute, of all threads of a real worker."""
    worker = cluster.start_worker()
    await asyncio.sleep(SETTLING_SECONDS)
    before = _computed(worker.pid)
    await asyncio.sleep(seconds)
    spent = _computed(worker.pid) - before
    worker.kill()
    return spent * 60 / seconds


def _computed(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _statements(cluster: Cluster) -> list[int]:
    """Of each sweep of a minute, after the first one."""
    counts: list[int] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            counts[-1] += 1

    now = utc_now()
    chosen = Settings(
        data_directory=cluster.directory / "data",
        database_url=cluster.database_url,
        secret_keys=[SecretStr(cluster.secret_key)],
        queue="memory",
        allow_private_addresses=True,
        allow_plain_http=True,
    )
    async with open_gateway(chosen, MemoryWakeUps(), lambda: now + timedelta(seconds=5 * len(counts))) as gateway:
        await retention.prune_when_due(gateway, now)  # once an hour, beside the sweeps
        sweeper.of(gateway).starts = True
        await sweeper.sweep(gateway)
        event.listen(gateway.database.engine.sync_engine, "before_cursor_execute", count)
        for _ in range(SWEEPS):
            counts.append(0)
            await sweeper.sweep(gateway)
    return counts
