"""A shop that takes one quantity a call gets so many a run, most sold first, and the next run goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.storage.outbound_tables import stock_levels
from tests.api.calling import Site, open_site
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.integrations.nettbutikk24.test_whole_way import active, sync

NUMBERS = ("S-0", "S-1", "S-2", "S-3")


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def shop(site: Site) -> SimulatedNettbutikk:
    opened = SimulatedNettbutikk.open(site.clock)
    for number in NUMBERS:
        opened.product(number)
    return opened


def sell(shop: SimulatedNettbutikk, number: str, pieces: int) -> str:
    return str(shop.shop.place_order([{"article_no": number, "quantity": pieces}])["order_no"])


def stock_up(site: Site) -> None:
    for number in NUMBERS:
        site.warehouse.model.put_in_stock(number, 50)
    site.tick(60)


def written(shop: SimulatedNettbutikk) -> list[str]:
    """The numbers whose quantities were written, one after the other."""
    by_id = {f"{501 + place}001": number for place, number in enumerate(NUMBERS)}
    return [by_id[call.path.rpartition("/")[2]] for call in shop.calls("products/", "PATCH")]


async def compare(site: Site, shown: dict[str, Any]) -> None:
    """Reads all quantities of both sides."""
    await site.poll("stock", await site.gateway.connection(shown["id"]), sweep=True)


async def stock_run(site: Site) -> dict[str, Any]:
    async with site.worker():
        answer = await site.client.post("/sync/butikk", params={"process": "stock"})
    assert answer.status_code == 200, answer.text
    (part,) = answer.json()["parts"]
    counts = {name: part["counts"][name] for name in ("read", "updated", "skipped", "waiting")}
    reasons = [(each["code"], each["count"]) for each in answer.json()["reasons"]]
    return {"state": part["state"], **counts, "reasons": reasons}


@pytest.mark.parametrize("are_known", [True, False], ids=["the quantities are known", "the orders come first"])
async def test_what_sells_most_comes_first_and_the_next_run_goes_on(
    site: Site, shop: SimulatedNettbutikk, are_known: bool
) -> None:
    shown = await active(site, shop, max_stock_updates_per_run=1)
    await sync(site, "articles")
    if are_known:
        await compare(site, shown)
    for number, pieces in (("S-2", 1), ("S-1", 3), ("S-2", 4), ("S-3", 1)):
        sell(shop, number, pieces)
    await sync(site, "orders")
    stock_up(site)
    # The second run looks back a little, and reads all of them again.
    for number, read, left in (("S-2", 4, 3), ("S-1", 4, 2), ("S-3", 2, 1), ("S-0", 1, 0)):
        reasons = [("stock-next-run", left)] if left else []
        ended = {"state": "done", "read": read, "updated": 1, "waiting": 0, "skipped": left, "reasons": reasons}
        assert await stock_run(site) == ended
        assert written(shop)[-1] == number
        assert shop.calls("products/")[-1].method == "GET", "it is read back"
        await site.work(sweep=True)
        site.tick(15 * 60)
    assert written(shop) == ["S-2", "S-1", "S-3", "S-0"]
    assert (await stock_run(site))["read"] == 0


async def test_an_edit_counts_nothing_twice_and_a_late_order_counts(site: Site, shop: SimulatedNettbutikk) -> None:
    shown = await active(site, shop)
    await sync(site, "articles")
    await compare(site, shown)
    site.warehouse.fail("status", method="PUT", path="/demo/api/v1/orders", status=503)
    number = sell(shop, "S-1", 3)
    await sync_in_vain(site)
    assert await sold(site) == [0, 3, 0, 0]
    site.tick(60)
    shop.shop.edit_order(number, customer_comment="Takk")
    await sync_in_vain(site)
    assert await sold(site) == [0, 3, 0, 0]
    sell(shop, "S-1", 2)
    site.tick(60)
    await sync_in_vain(site)
    assert await sold(site) == [0, 5, 0, 0]


async def sync_in_vain(site: Site) -> None:
    """The warehouse takes no order."""
    await site.client.post("/sync/butikk", params={"process": "orders", "wait": 0})
    await site.work()


async def sold(site: Site) -> list[float]:
    found = await site.stored.rows(select(stock_levels.c.sold).order_by(stock_levels.c.number))
    return [row.sold for row in found]
