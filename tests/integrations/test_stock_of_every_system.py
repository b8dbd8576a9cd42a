"""What every system is given of the warehouse's stock: its share of one goods owner's, its warehouses', its kits'."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.engine.core.queue import Task
from app.records.connections import Connection, Draft
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.config import Building
from app.sandbox.ongoing.model.stock.adjustments import Change
from app.storage.tables import lanes
from tests.harness import Harness, SimulatedWarehouse, open_harness
from tests.harness.connections import LONG_AGO, make_connection
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.harness.warehouse import WAREHOUSE

BUILDINGS = replace(WAREHOUSE, more_warehouses=(Building(2, "NORD", "Trondheim"),))
ON = {"stock": True, "shipments": False, "returns": False}
KIT = {
    "goodsOwnerId": 77,
    "articleNumber": "SETT",
    "articleName": "Sett",
    "structureDefinition": {
        "articleKind": "Structure",
        "rows": [{"articleNumber": "SOKK", "numberOfItems": 2}, {"articleNumber": "LUE", "numberOfItems": 1}],
    },
}


@dataclass
class System:
    """One of the four beside a WooCommerce shop: how it gets a product, sells it, and shows its quantity."""

    source: dict[str, Any]
    product: Callable[[str, int], Any]
    sell: Callable[[str, int], Any]
    shown: Callable[[str], int]
    settings: dict[str, Any]


def woocommerce(harness: Harness) -> System:
    shop = harness.shop
    ids: dict[str, int] = {}

    def product(number: str, pieces: int) -> None:
        ids[number] = shop.product(number, manage_stock=True, stock_quantity=pieces)["id"]

    def sell(number: str, pieces: int) -> None:
        order = shop.order(number)
        shop.change(order["id"], line_items=[{"id": order["line_items"][0]["id"], "quantity": pieces}])

    return System(shop.credentials(), product, sell, lambda number: int(shop.model.products[ids[number]]["stock_quantity"]), {})


def mystore(harness: Harness) -> System:
    shop = SimulatedMystore.open(harness.clock)
    products: dict[str, Any] = {}

    def product(number: str, pieces: int) -> None:
        products[number] = shop.product(number, quantity=pieces)["id"]

    def shown(number: str) -> int:
        return int(shop.shown("products", products[number])["attributes"]["quantity"])

    return System(
        shop.credentials(),
        product,
        lambda number, pieces: shop.order(*[number] * pieces),
        shown,
        {"calls_per_minute": 6000},
    )


def nettbutikk24(harness: Harness) -> System:
    shop = SimulatedNettbutikk.open(harness.clock)
    return System(
        shop.credentials(),
        lambda number, pieces: shop.product(number, stock=pieces),
        lambda number, pieces: shop.shop.place_order([{"article_no": number, "quantity": pieces}]),
        lambda number: shop.shop.stock(number),
        {"requests_per_second": 1000, "status_confirmed": True},
    )


def sevenoffice24(harness: Harness) -> System:
    office = SimulatedSevenOffice.open(harness.clock)
    return System(
        office.credentials(),
        lambda number, pieces: office.product(number, Stock=pieces),
        lambda number, pieces: office.tenant.place_order([{"No": number, "Quantity": pieces}]),
        lambda number: int(office.tenant.stock(number)),
        {"stock": {"figure": "sellableNumberOfItems"}},
    )


SYSTEMS = {"woocommerce": woocommerce, "mystore": mystore, "24nettbutikk": nettbutikk24, "24sevenoffice": sevenoffice24}


@pytest.fixture
async def harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(sqlite_database, tmp_path) as opened:
        opened.warehouse = SimulatedWarehouse.open(opened.clock, BUILDINGS)
        yield opened


async def connected(harness: Harness, name: str, system: System, **stock: Any) -> Connection:
    settings = {**system.settings, "stock": {**system.settings.get("stock", {}), **stock}}
    draft = Draft(
        name="theirs",
        integration=name,
        source=system.source,
        warehouse=harness.warehouse.credentials(),
        settings={"go_live": LONG_AGO, "order_number_prefix": "B-", "processes": ON, **settings},
    )
    harness.connections["theirs"] = made = await make_connection(harness.gateway, draft)
    return made


async def read(harness: Harness) -> None:
    """All quantities of both sides, for every connection; orders stay where they are."""
    harness.tick(60)
    harness.wake_ups.waiting.clear()
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=True))
    for connection in harness.connections.values():
        await harness.poll("stock", connection, sweep=True)
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=False))


def put(harness: Harness, number: str, pieces: int) -> None:
    if (77, number) not in harness.warehouse.model.articles:
        body = {"goodsOwnerId": 77, "articleNumber": number, "articleName": number}
        harness.warehouse.model.put_article(ArticleBody.model_validate(body))
    harness.warehouse.model.put_in_stock(number, pieces)


@pytest.mark.parametrize("name", SYSTEMS)
async def test_its_stock_is_shared_counted_by_warehouse_and_a_kit_is_its_scarcest_part(harness: Harness, name: str) -> None:
    system = SYSTEMS[name](harness)
    for number in ("SOKK", "LUE", "SETT"):
        system.product(number, 1)
    theirs = await connected(harness, name, system)
    await harness.poll("articles", theirs)
    harness.tick(60)
    put(harness, "SOKK", 9)
    put(harness, "LUE", 30)
    harness.warehouse.model.put_article(ArticleBody.model_validate(KIT))
    await read(harness)
    assert [system.shown(number) for number in ("SOKK", "LUE", "SETT")] == [9, 30, 4]
    if name != "woocommerce":
        await _share(harness, system, theirs)
        return
    await _by_warehouse(harness, system, theirs)


async def _share(harness: Harness, system: System, theirs: Connection) -> None:
    """A WooCommerce shop sells from the same stock."""
    mine = harness.shop.product("LUE", manage_stock=True, stock_quantity=30)["id"]
    ours = await harness.connect("ours", processes={**ON, "articles": False}, order_number_prefix="A-")
    await read(harness)
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=True))
    order = harness.shop.order("LUE")
    change = harness.shop.change(order["id"], line_items=[{"id": order["line_items"][0]["id"], "quantity": 3}])
    assert (await harness.announce(change, connection=ours)).status_code == 200
    await harness.ingest()
    system.sell("LUE", 2)
    harness.tick(60)
    await harness.poll("orders", theirs)
    await read(harness)
    assert harness.warehouse.model.orders == {}
    assert (system.shown("LUE"), harness.shop.model.products[mine]["stock_quantity"]) == (25, 25)
    await harness.wake_ups.send(Task.DRAIN, theirs.lane)
    await harness.work()
    await read(harness)
    assert (system.shown("LUE"), harness.shop.model.products[mine]["stock_quantity"]) == (25, 25)
    await _by_warehouse(harness, system, theirs)


async def _by_warehouse(harness: Harness, system: System, theirs: Connection) -> None:
    """Seven more are in Trondheim, and only Trondheim is sold from. Its corrections are confirmed."""
    for number, pieces in (("SOKK", 7), ("LUE", 2)):
        harness.warehouse.model.change_stock(number, Change(pieces, "COUNTED", 2))
    stock = {**system.settings.get("stock", {}), "warehouses": [2], "adjustments": True}
    harness.connections["theirs"] = await harness.change_settings(theirs, stock=stock)
    await read(harness)
    assert [system.shown(number) for number in ("SOKK", "LUE", "SETT")] == [7, 2, 2]
    await harness.poll("stock", harness.connections["theirs"])
    corrected = harness.warehouse.model.adjustments.of(77)
    assert [each.change.by for each in corrected if each.is_reported][-2:] == [7, 2]
    assert [each for each in corrected if not each.is_reported] == []
