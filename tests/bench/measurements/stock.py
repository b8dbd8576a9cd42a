"""Stock to the shop: 10,000 changed articles in as few calls as there are batches, none when nothing has changed, flat memory."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
from sqlalchemy import func, select, update

from app.domain import Process
from app.engine.core.queue import Task, poll_key
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.storage.outbound_tables import stock_levels
from app.storage.tables import cursors
from app.worker import work
from tests.bench.figure import Figure, Options
from tests.bench.workload import world
from tests.harness import GOODS_OWNER, Harness

ARTICLES = 10_000
FEW = 1_000
MOST_WRITES = 110
FIRST = "the first look"
MOST_GROWTH = 1.5
"""How much more memory ten times as many articles may take at most."""


def measure(options: Options) -> list[Figure]:
    few, many = (asyncio.run(_measure(articles)) for articles in (FEW, ARTICLES))
    return [*many.figures(), _memory(few, many)]


@dataclass
class Measured:
    """Writing calls to the shop by what was asked, and the largest memory while it was done, in bytes."""

    articles: int
    writes: dict[str, int] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    def figures(self) -> list[Figure]:
        return [
            self._figure("all changed in the warehouse", MOST_WRITES),
            self._figure("nothing changed, everything compared", 0),
            self._figure("nothing changed, asked for changes", 0),
            self._figure("all edited in the shop, everything compared", MOST_WRITES),
        ]

    def _figure(self, what: str, most: int) -> Figure:
        writes = self.writes[what]
        wanted = f"at most {most}" if most else "0"
        reads = f"{self.reads[what]} calls that read shop and warehouse"
        return Figure(
            "stock", f"{self.articles:,} articles, {what}: writes to the shop", f"{writes}", wanted, writes <= most, (reads,)
        )


def _memory(few: Measured, many: Measured) -> Figure:
    counted = [what for what in many.peaks if what != FIRST]
    ratio = max(many.peaks[what] for what in counted) / max(few.peaks[what] for what in counted)
    each = [f"{what}: {few.peaks[what] / 1e6:.1f} MB and {many.peaks[what] / 1e6:.1f} MB" for what in counted]
    return Figure(
        "stock",
        f"Largest memory for {many.articles:,} articles against {few.articles:,}",
        f"{ratio:.2f} times",
        f"at most {MOST_GROWTH:g} times",
        ratio <= MOST_GROWTH,
        (
            *each,
            "the simulated shop and warehouse answer in the same process and are counted with it; the first look, at which the "
            "shop takes on all its quantities, is therefore left out",
        ),
    )


@dataclass
class Calls:
    """What the gateway asks, by method and whose address."""

    harness: Harness
    counted: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        self.harness.gateway.http.event_hooks["request"].append(self._count)

    async def _count(self, request: httpx.Request) -> None:
        is_shop = "/wp-json/" in request.url.path
        self.counted["writes" if is_shop and request.method != "GET" else "reads"] += 1


async def _measure(articles: int) -> Measured:
    async with world.harness() as harness:
        await harness.change_settings(harness.connection, processes={"articles": False, "orders": False, "stock": True})
        _fill(harness, articles)
        for journal in (harness.shop.model.journal, harness.warehouse.app.state.journal):
            journal.limit = 10  # what the simulators write down is not what is measured
        found, calls = Measured(articles), Calls(harness)
        calls.start()
        tracemalloc.start()
        try:
            for what, prepare, sweeps in (
                (FIRST, _nothing, True),
                ("all changed in the warehouse", _change_in_warehouse, False),
                ("nothing changed, everything compared", _nothing, True),
                ("nothing changed, asked for changes", _nothing, False),
                ("all edited in the shop, everything compared", _edit_in_shop, True),
            ):
                await prepare(harness)
                await _note(found, calls, what, lambda sweeps=sweeps: _poll(harness, sweep=sweeps))  # type: ignore[misc]
                await _all_the_same(harness, articles)
        finally:
            tracemalloc.stop()
    return found


async def _note(found: Measured, calls: Calls, what: str, do: Callable[[], Awaitable[None]]) -> None:
    calls.counted.clear()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    await do()
    found.writes[what], found.reads[what] = calls.counted["writes"], calls.counted["reads"]
    found.peaks[what] = tracemalloc.get_traced_memory()[1] - before


def _fill(harness: Harness, articles: int) -> None:
    """The same articles on both sides: 5 in the warehouse, none in the shop."""
    for number in range(articles):
        sku = f"BENCH-{number:05}"
        harness.shop.model.add_product({"name": sku, "sku": sku, "status": "publish", "manage_stock": True, "stock_quantity": 0})
        body = {"goodsOwnerId": GOODS_OWNER, "articleNumber": sku, "articleName": sku}
        harness.warehouse.model.put_article(ArticleBody.model_validate(body))
        harness.warehouse.model.put_in_stock(sku, 5, GOODS_OWNER)


async def _nothing(harness: Harness) -> None:
    """As it is."""


async def _change_in_warehouse(harness: Harness) -> None:
    harness.tick(3600)
    for owner, number in list(harness.warehouse.model.articles):
        harness.warehouse.model.adjust_stock(number, 1, goods_owner_id=owner)


async def _edit_in_shop(harness: Harness) -> None:
    harness.tick(3600)
    async with harness.gateway.database.read() as db:
        products = [row.source_id for row in await db.execute(select(stock_levels.c.source_id))]
    for product in products:
        harness.shop.model.change_product(int(product), {"stock_quantity": 99})


async def _poll(harness: Harness, *, sweep: bool) -> None:
    """A scheduled poll of the stock, due now, and all the writes that follow from it."""
    now = harness.clock()
    later = now.replace(year=now.year + 1)
    due = {"next_poll_at": now, "next_sweep_at": now if sweep else later}
    place = (cursors.c.connection_id == harness.connection.id, cursors.c.process == Process.STOCK)
    async with harness.gateway.database.begin() as db:
        await db.execute(update(cursors).where(*place).values(**due))
    await work(harness.gateway, Task.POLL, poll_key(harness.connection.id, Process.STOCK))
    await harness.work()
    async with harness.gateway.database.read() as db:
        assert (await db.execute(select(cursors.c.last_error).where(*place))).scalar_one() is None


async def _all_the_same(harness: Harness, articles: int) -> None:
    async with harness.gateway.database.read() as db:
        same = await db.scalar(select(func.count()).select_from(stock_levels).where(stock_levels.c.state == "same"))
    assert same == articles, f"{same} of {articles} articles are the same on both sides"
