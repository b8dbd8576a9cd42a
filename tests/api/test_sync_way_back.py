"""`POST /sync/{integration}` for the way back: stock, shipments and returns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Site

WAY_BACK = {"articles": True, "orders": True, "stock": True, "shipments": True, "returns": True}


@pytest.fixture
async def back(bare_site: Site) -> Site:
    """A site whose connection reports everything to the shop; SOKK-1 is in both, 7 to sell, and its order is in the WMS."""
    await bare_site.connect(processes=WAY_BACK)
    bare_site.shop.product("SOKK-1", manage_stock=True, stock_quantity=3)
    async with bare_site.worker():
        assert (await bare_site.client.post("/sync/shop", params={"process": "articles"})).status_code == 200
    bare_site.warehouse.model.put_in_stock("SOKK-1", 7)
    return bare_site


async def sync(site: Site, **params: Any) -> Any:
    async with site.worker():
        return await site.client.post("/sync/shop", params=params)


def in_shop(site: Site, sku: str = "SOKK-1") -> Any:
    return site.shop.shown_product(site.shop.product_id(sku))["stock_quantity"]


async def test_a_full_sync_covers_all_five_processes_in_their_order(back: Site) -> None:
    run = (await sync(back)).json()
    assert [part["process"] for part in run["parts"]] == ["articles", "orders", "shipments", "returns", "stock"]
    assert run["state"] == "done"
    assert in_shop(back) == 7


async def test_stock_is_counted_by_article_and_the_same_again_writes_nothing(back: Site) -> None:
    run = (await sync(back, process="stock", full=True)).json()
    assert run["counts"] == {
        "read": 1, "created": 0, "updated": 1, "cancelled": 0, "unchanged": 0, "skipped": 0, "held": 0, "failed": 0, "waiting": 0,
    }  # fmt: skip
    assert run["drift"] == 0
    again = (await sync(back, process="stock", full=True)).json()
    assert (again["counts"]["read"], again["counts"]["unchanged"], again["counts"]["updated"]) == (1, 1, 0)


async def test_a_run_of_stock_goes_on_until_its_quantities_are_written(back: Site) -> None:
    back.shop.fail("status", status=503, method="POST", path="/wp-json/wc/v3/products/batch")
    answer = await sync(back, process="stock", full=True, wait=0.5)
    assert answer.status_code == 202
    assert answer.json()["state"] == "running"
    assert answer.json()["counts"]["waiting"] == 1


async def test_a_dry_run_of_stock_shows_each_quantity_and_stores_and_writes_nothing(back: Site) -> None:
    product = back.shop.product_id("SOKK-1")
    run = (await sync(back, process="stock", dry_run=True)).json()
    assert (run["counts"]["read"], run["counts"]["updated"]) == (1, 1)
    assert run["preview"] == [
        {
            "connection": "shop", "process": "stock", "record": str(product), "number": "SOKK-1", "outcome": "updated",
            "code": None, "reason": None, "fields": [{"field": "quantity", "before": 3, "after": 7}],
        }
    ]  # fmt: skip
    assert in_shop(back) == 3
    assert (await back.client.get("/stock")).json()["items"] == []


async def test_a_process_that_is_switched_off_has_a_dry_run_and_no_other(back: Site) -> None:
    await back.client.patch("/connections/shop", json={"settings": {"processes": {"stock": False}}})
    run = (await sync(back, process="stock", dry_run=True)).json()
    assert [entry["number"] for entry in run["preview"]] == ["SOKK-1"]
    assert (await sync(back, process="stock")).status_code == 409
    assert [part["process"] for part in (await sync(back, dry_run=True)).json()["parts"]] == ["articles", "orders"]


async def test_a_dry_run_of_stock_says_of_which_articles_the_shop_keeps_no_quantity(back: Site) -> None:
    back.shop.model.change_product(back.shop.product_id("SOKK-1"), {"manage_stock": False})
    run = (await sync(back, process="stock", dry_run=True)).json()
    assert run["counts"]["skipped"] == 1
    (reason,) = run["reasons"]
    assert (reason["code"], reason["count"]) == ("stock-not-managed", 1)


@pytest.mark.parametrize("process", ["shipments", "returns"])
async def test_what_has_no_dry_run_says_so(back: Site, process: str) -> None:
    answer = await back.client.post("/sync/shop", params={"process": process, "dry_run": True})
    assert answer.status_code == 422
    assert answer.json()["field"] == "dry_run"
    assert answer.json()["detail"].startswith(f"{process} have no dry run: ")


async def test_a_dry_run_of_all_leaves_those_out(back: Site) -> None:
    run = (await sync(back, dry_run=True)).json()
    assert [part["process"] for part in run["parts"]] == ["articles", "orders", "stock"]


async def test_a_shipment_is_a_record_of_its_run_and_no_drift(back: Site) -> None:
    order = back.shop.order("SOKK-1")
    sent = await sync(back, process="orders")
    assert sent.json()["counts"]["created"] == 1, sent.text
    back.warehouse.model.set_order_status(str(order["id"]), 450, 77)
    back.warehouse.model.track(str(order["id"]), "TRACK-1", (), 77)
    run = (await sync(back, process="shipments", fail_on="drift")).json()
    assert (run["counts"]["updated"], run["counts"]["waiting"], run["drift"]) == (1, 0, 0)
    assert back.shop.shown(order["id"])["status"] == "completed"
