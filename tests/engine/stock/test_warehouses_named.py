"""A connection names the warehouses whose stock it sells: their figures count, an unlisted one is refused, the test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.ongoing.config import Building
from app.sandbox.ongoing.model.stock.adjustments import Change
from tests.api.calling import Site, open_site
from tests.engine.stock.stock_steps import batches, in_both, in_warehouse, quantity
from tests.harness import SimulatedWarehouse
from tests.harness.warehouse import WAREHOUSE

NORTH = replace(WAREHOUSE, more_warehouses=(Building(2, "NORD", "Trondheim"), Building(3, "VEST", "Bergen")))


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path) as opened:
        opened.warehouse = SimulatedWarehouse.open(opened.clock, NORTH)
        yield opened


async def connected(site: Site, *warehouses: int) -> dict[str, Any]:
    """Returns the connection's test."""
    given = site.given()
    given["settings"] |= {"stock": {"warehouses": list(warehouses)}, "webhooks": {"managed": False}}
    made = await site.client.post("/connections", json=given)
    assert made.status_code == 201, made.text
    report: dict[str, Any] = (await site.client.post("/connections/nettbutikk/test")).json()
    return report


def said(report: dict[str, Any]) -> list[tuple[bool, str, str]]:
    return [(each["ok"], each["message"], each["fix"]) for each in report["checks"] if each["name"] == "warehouses"]


async def test_the_test_names_them_and_one_that_is_not_listed(site: Site) -> None:
    report = await connected(site, 2, 9)
    listed = "1 (demo), 2 (Trondheim), 3 (Bergen)"
    words = "settings.stock.warehouses: the WMS lists no warehouse 9"
    assert said(report) == [(False, words, f"name some of these by their ids: {listed}")]
    corrected = {"settings": {"stock": {"warehouses": [2, 3]}}}
    assert (await site.client.patch("/connections/nettbutikk", json=corrected)).status_code == 200
    report = (await site.client.post("/connections/nettbutikk/test")).json()
    assert said(report) == [(True, "the stock of these warehouses counts: 2 (Trondheim), 3 (Bergen)", "")]
    refused = await site.client.patch("/connections/nettbutikk", json={"settings": {"stock": {"warehouses": [2, 8]}}})
    assert refused.status_code == 422, refused.text
    assert "the WMS lists no warehouse 8" in refused.text
    site.warehouse.fail("status", status=503, path="/demo/api/v1/warehouses")
    unknown = await site.client.patch("/connections/nettbutikk", json={"settings": {"stock": {"warehouses": [2, 8]}}})
    assert unknown.status_code == 200, unknown.text


async def test_their_figures_count_in_a_sweep_in_a_poll_and_on_the_warehouse_s_word(site: Site) -> None:
    product = in_both(site, "SOKK-1", shop=1, wms=10)
    service = in_both(site, "SERVICE", shop=5, wms=50)
    ended = in_both(site, "UTGÅTT", shop=4, wms=40)
    for number, flag in (("SERVICE", "is_stock_article"), ("UTGÅTT", "is_active")):
        article = site.warehouse.model.articles[77, number]
        article.body = article.body.model_copy(update={flag: False})
    site.warehouse.model.change_stock("SOKK-1", Change(7, warehouse_id=2))
    site.warehouse.model.change_stock("SOKK-1", Change(4, warehouse_id=3))
    assert (await connected(site, 2, 3))["ok"]
    assert (await site.client.post("/connections/nettbutikk/activate")).status_code == 200
    connection = await site.gateway.connection((await site.client.get("/connections/nettbutikk")).json()["id"])
    await site.poll("stock", connection, sweep=True)
    assert [quantity(site, each) for each in (product, service, ended)] == [11, 5, 4]
    site.tick(60)
    site.warehouse.model.change_stock("SOKK-1", Change(-2, "SCRAP", 2))
    await site.poll("stock", connection)
    assert quantity(site, product) == 9
    site.tick(60)
    site.warehouse.model.put_in_stock("SOKK-1", 500)
    changed: dict[str, Any] = {"settings": {"stock": {"warehouses": []}}}
    assert (await site.client.patch("/connections/nettbutikk", json=changed)).status_code == 200
    site.tick(60)
    connection = await site.gateway.connection(connection.id)
    await site.poll("stock", connection)
    assert quantity(site, product) == 500


async def test_a_product_with_a_changed_number_waits_for_the_figure_of_its_warehouses(site: Site) -> None:
    """What the WMS says of the new number when it is sent is of all warehouses together."""
    product = in_both(site, "SOKK-1", shop=1, wms=0)
    in_warehouse(site, "SOKK-2", 500)
    site.warehouse.model.change_stock("SOKK-1", Change(7, warehouse_id=2))
    site.warehouse.model.change_stock("SOKK-2", Change(3, warehouse_id=2))
    assert (await connected(site, 2))["ok"]
    assert (await site.client.post("/connections/nettbutikk/activate")).status_code == 200
    connection = await site.gateway.connection((await site.client.get("/connections/nettbutikk")).json()["id"])
    await site.poll("articles", connection)
    await site.poll("stock", connection, sweep=True)
    assert quantity(site, product) == 7
    site.tick(60)
    site.shop.model.change_product(product, {"sku": "SOKK-2"})
    site.tick(60)
    await site.poll("articles", connection)
    assert (await site.explained("SOKK-2", kind="article"))["transfer"] == "sent"
    await site.work(sweep=True)
    site.tick(60)
    await site.poll("stock", connection)
    written = [item["stock_quantity"] for call in batches(site) for item in call.body.get("update", ())]
    assert written == [7, 3]
