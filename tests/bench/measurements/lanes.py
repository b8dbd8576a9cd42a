"""Orders per second with real workers: one lane and fifty, one worker and two, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.clock import utc_now
from app.domain import Process
from app.engine.intake.batch_writer import writer_for
from app.engine.intake.inbox import Delivery
from app.processes.valkey import EmbeddedValkey
from app.records import connections, cursors
from app.records.connections import Draft, Status
from app.settings import Settings
from app.storage.engine import Database
from app.storage.secrets import Vault, open_vault
from tests.bench.compared.warehouse import GOODS_OWNERS
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases, world
from tests.bench.workload.warehouse_process import WarehouseProcess, warehouse_process
from tests.chaos.processes import Program, until
from tests.harness import LONG_AGO

ORDERS = 400
SLOW_SECONDS = 1.0
SLOW_ORDERS = 4
"""In each of the fifty lanes, when the WMS takes a second for a call."""
LONGEST_RUN = 600.0
ROOT = Path(__file__).parents[3]
SHOP = "http://127.0.0.1:1/"
WANTED_OF_TWO, WANTED_COST = 1.6, 1.1


@dataclass(frozen=True)
class Run:
    """`computing` in seconds and `statements` are an order's, over all workers, their sweeps included."""

    per_second: float
    computing: float
    statements: float


@dataclass(frozen=True)
class Town:
    """What the workers work on."""

    database_url: str
    valkey_url: str
    directory: Path
    warehouse: WarehouseProcess

    @property
    def settings(self) -> Settings:
        return Settings(
            data_directory=self.directory, database_url=self.database_url, allow_private_addresses=True, allow_plain_http=True
        )

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "DATABASE_", "REDIS_"))}
        given = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey_url,
            "DATA_DIRECTORY": str(self.directory),
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "ALLOW_PLAIN_HTTP": "true",
            "WORKER_METRICS_PORT": "0",
            "LOG_LEVEL": "error",
        }
        return {**ours, "PYTHONPATH": str(ROOT), **{f"GATEWAY_{name}": value for name, value in given.items()}}


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return _rates("lanes-sqlite", "SQLite", url, (1,))


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return _rates("lanes-postgresql", "PostgreSQL", url, (1, 2))


def two_workers(options: Options) -> list[Figure]:
    """Places, not cores, are the limit: every call waits a second for the WMS."""
    with databases.postgresql() as url, _town(url) as town:
        one, two = (_run(town, lanes=50, orders=50 * SLOW_ORDERS, workers=each, slow=SLOW_SECONDS) for each in (1, 2))
    gain, computing, statements = two.per_second / one.per_second, two.computing / one.computing, two.statements / one.statements
    fits = gain >= WANTED_OF_TWO and computing <= WANTED_COST and statements <= WANTED_COST
    return [
        Figure(
            "two-workers",
            f"Two workers on PostgreSQL, of one, with a WMS that answers after {SLOW_SECONDS:g} s",
            f"{gain:.2f} times the orders",
            f"at least {WANTED_OF_TWO:g} times, at most {WANTED_COST:g} times the cost",
            fits,
            (
                f"one worker {one.per_second:.1f} orders/s, two {two.per_second:.1f} orders/s, in 50 lanes",
                f"computing of an order {computing:.2f} times, statements of an order {statements:.2f} times one worker's",
            ),
        )
    ]


def _rates(bench: str, database: str, url: str, workers: tuple[int, ...]) -> list[Figure]:
    figures = []
    with _town(url) as town:
        for lanes in (1, 50):
            for number in workers:
                run = _run(town, lanes=lanes, orders=ORDERS, workers=number)
                name = f"{lanes} lane{'s' * (lanes > 1)}, {number} worker{'s' * (number > 1)}, {database}"
                notes = (
                    f"an order computes {run.computing * 1000:.1f} ms in the workers and takes {run.statements:.1f} statements",
                )
                figures.append(Figure(bench, name, f"{run.per_second:.0f} orders/s", notes=notes))
    return figures


@contextlib.contextmanager
def _town(database_url: str) -> Iterator[Town]:
    valkey = EmbeddedValkey()
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory, warehouse_process() as warehouse:
        try:
            yield Town(database_url, valkey.start(Path(directory) / "valkey"), Path(directory), warehouse)
        finally:
            valkey.stop()


def _run(town: Town, *, lanes: int, orders: int, workers: int, slow: float = 0.0) -> Run:
    return asyncio.run(_measure(town, lanes, orders, workers, slow))


async def _measure(town: Town, lanes: int, orders: int, workers: int, slow: float) -> Run:
    """Fills the inbox, starts the workers, and waits until the WMS has every order."""
    had = town.warehouse.written()
    town.warehouse.answer_after(slow)
    await _fill(town, lanes, orders)
    counts = [town.directory / f"statements-{number}" for number in range(workers)]
    command = [sys.executable, "-m", "tests.bench.compared.counting_worker"]
    programs = [Program("worker", [*command, str(each)], town.environment, each.with_suffix(".log")) for each in counts]
    try:
        await until(lambda: len(town.warehouse.written()) >= len(had) + orders, f"{orders} orders were written", LONGEST_RUN)
        computing = sum(_computed(program.pid) for program in programs)
    finally:
        for program in programs:
            os.kill(program.pid, signal.SIGTERM)
            await program.ended()
    moments = [datetime.fromisoformat(call["at"]) for call in town.warehouse.written()[len(had) :]]
    statements = sum(int(each.read_text()) for each in counts)
    return Run((orders - 1) / (moments[-1] - moments[0]).total_seconds(), computing / orders, statements / orders)


def _computed(pid: int) -> float:
    """Seconds of computing since the process was started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _fill(town: Town, lanes: int, orders: int) -> None:
    """New connections, one for each lane, with these orders in their inbox; earlier ones are paused."""
    database, vault, now = Database(town.settings.sqlalchemy_url), open_vault(town.settings), utc_now()
    ids = await _connect(town, database, vault, lanes)
    writer = writer_for(database)
    first = 10_000 * (1 + len(town.warehouse.written()))
    for number in range(orders):
        body = json.dumps(world.order(first + number, number)).encode()
        headers = {"content-type": "application/json", "x-wc-webhook-topic": "order.created", "x-wc-webhook-source": SHOP}
        await writer.write([Delivery(ids[number % lanes], now, "order.created", headers, body)])
    await writer.close()
    await database.close()


async def _connect(town: Town, database: Database, vault: Vault, lanes: int) -> list[str]:
    now, ids = utc_now(), []
    async with database.begin() as db:
        for known in await connections.every(db, vault):
            await connections.set_status(db, known.id, Status.PAUSED, now)
        base = len(await connections.names(db))
        for number in range(lanes):
            draft = Draft(
                name=f"shop-{base + number}",
                integration="woocommerce",
                source={"shop_url": SHOP, "consumer_key": "ck", "consumer_secret": "cs", "webhook_secret": "s" * 20},
                warehouse=town.warehouse.credentials(goods_owner_id=GOODS_OWNERS[number]),
                settings={
                    "go_live": LONG_AGO,
                    "order_number_prefix": f"{base + number}-",
                    "processes": {"articles": False, "stock": False, "shipments": False, "returns": False},
                    "webhooks": {"managed": False},
                },
            )
            made = await connections.create(db, vault, connections.prepare(draft, town.settings.reach), now)
            await connections.activate(db, await connections.find(db, vault, made), now)
            found = await connections.find(db, vault, made)
            await cursors.ensure(db, found, Process.ORDERS, now)
            later = now + timedelta(days=1)
            await cursors.change(db, made, Process.ORDERS, next_poll_at=later, next_sweep_at=later)
            ids.append(made)
    return ids
