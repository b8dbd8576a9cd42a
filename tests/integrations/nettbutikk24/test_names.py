"""Names that others rely on: settings with their defaults, and how a record is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import Site, open_site
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.integrations.nettbutikk24.test_whole_way import active, given, sync


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
def shop(site: Site) -> SimulatedNettbutikk:
    return SimulatedNettbutikk.open(site.clock)


async def test_a_connection_shows_every_assumption_with_its_default(site: Site, shop: SimulatedNettbutikk) -> None:
    body = given(site, shop)
    body["settings"] = {}
    shown = (await site.client.post("/connections", json=body)).json()["settings"]
    expected = {
        "status_confirmed": False,
        "status_sent": "sent",
        "status_sent_rest": "sent_with_rest",
        "rest_write": "status",
        "line_quantity_field": None,
        "tracking_write": "order+line",
        "skip_blocked": False,
        "requests_per_second": 1,
        "max_stock_updates_per_run": 500,
    }
    assert {name: shown[name] for name in expected} == expected
    processes = ("articles", "orders", "stock", "shipments", "returns")
    assert [shown["processes"].get(name) for name in processes] == [True, True, True, True, False]


async def test_articles_and_orders_are_found_by_their_numbers(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop)
    shop.product("UJ-1-M")
    unique = "501001"
    placed = shop.order("UJ-1-M")
    for process in ("articles", "orders"):
        await sync(site, process)
    for number, kind in ((unique, "article"), ("UJ-1-M", "article"), (placed["order_no"], "order")):
        found = (await site.client.get("/mappings", params={"number": number})).json()["items"]
        assert [each["kind"] for each in found] == [kind], (number, found)
