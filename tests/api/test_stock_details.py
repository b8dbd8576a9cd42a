"""`GET /stock/adjustments` and `GET /stock/article`: what the warehouse's stock is made of, also on the console's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.ongoing.config import Building
from app.sandbox.ongoing.model.records import StoredItem
from app.sandbox.ongoing.model.stock.adjustments import Change
from tests.api.calling import Site, client_of, open_site
from tests.browser.console.world import csrf_of
from tests.engine.stock.stock_steps import ON, in_both
from tests.harness import SimulatedWarehouse
from tests.harness.warehouse import WAREHOUSE

NORTH = replace(WAREHOUSE, more_warehouses=(Building(2, "NORD", "Trondheim"),))


@pytest.fixture
async def stocked(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A connection that sells from Trondheim. Ten pieces are in the first warehouse, three there; two were scrapped."""
    async with open_site(sqlite_database, tmp_path) as site:
        site.warehouse = SimulatedWarehouse.open(site.clock, NORTH)
        in_both(site, "SOKK-1", shop=3, wms=10)
        article = site.warehouse.model.articles[77, "SOKK-1"]
        article.items = [
            StoredItem(5, 4, batch="L-7", expires="2027-05-31T00:00:00Z", location="A-12"),
            StoredItem(6, 1, serial="S-1", warehouse_id=2, is_locked=True),
        ]
        site.warehouse.model.adjustments.forget()
        site.warehouse.model.change_stock("SOKK-1", Change(5, "COUNTED", 2))
        site.warehouse.model.change_stock("SOKK-1", Change(-2, "SCRAP", 2, comment="water damage"))
        stock = {"warehouses": [2], "adjustments": True, "scrapped_causes": ["SCRAP"]}
        await site.connect(processes=ON, stock=stock)
        await site.poll("stock")
        yield site


async def answer(site: Site, path: str, **params: Any) -> Any:
    found = await site.client.get(path, params=params)
    assert found.status_code == 200, found.text
    return found.json()


async def test_corrections_are_listed_newest_first_and_filtered(stocked: Site) -> None:
    found = (await answer(stocked, "/stock/adjustments"))["items"]
    shown = [(each["connections"], each["number"], each["pieces"], each["cause"], each["scrapped"]) for each in found]
    assert shown == [(["shop"], "SOKK-1", -2.0, "Scrap", True), (["shop"], "SOKK-1", 5.0, "Counted", False)]
    assert [(each["warehouse_id"], each["warehouse"], each["comment"]) for each in found] == [
        (2, "Trondheim", "water damage"),
        (2, "Trondheim", None),
    ]
    assert all(each["confirmed_at"] and each["problem"] is None for each in found)
    for params, pieces in (({"scrapped": True}, [-2.0]), ({"scrapped": False}, [5.0]), ({"number": "X"}, [])):
        assert [each["pieces"] for each in (await answer(stocked, "/stock/adjustments", **params))["items"]] == pieces
    first = await answer(stocked, "/stock/adjustments", limit=1, connection="shop")
    rest = await answer(stocked, "/stock/adjustments", limit=1, connection="shop", cursor=first["next_cursor"])
    assert ([each["pieces"] for each in (*first["items"], *rest["items"])], rest["next_cursor"]) == ([-2.0, 5.0], None)


async def test_another_goods_owner_s_corrections_are_not_shown(stocked: Site) -> None:
    other = await stocked.connect("other", goods_owner_id=78)
    guest = await stocked.door.caller("read", only=[other])
    assert (await guest.get("/stock/adjustments")).json()["items"] == []
    refused = await guest.get("/stock/article", params={"connection": "shop", "number": "SOKK-1"})
    assert refused.status_code == 404


async def test_an_article_is_shown_by_warehouse_and_piece_by_piece(stocked: Site) -> None:
    found = await answer(stocked, "/stock/article", connection="shop", number="SOKK-1")
    assert (found["connection"], found["sellable"], found["on_shelf"], found["is_stock"]) == ("shop", 13.0, 13.0, True)
    assert [(each["id"], each["name"], each["counts"], each["sellable"], each["on_shelf"]) for each in found["warehouses"]] == [
        (1, "demo", False, 10.0, 10.0),
        (2, "Trondheim", True, 3.0, 3.0),
    ]
    told = [(each["pieces"], each["batch"], each["serial"], each["warehouse"], each["locked"]) for each in found["items"]]
    assert told == [
        (4.0, "L-7", None, "demo", False),
        (1.0, None, "S-1", "Trondheim", True),
        (8.0, None, None, "demo", False),
    ]
    assert (found["items"][0]["expires_at"], found["items"][0]["location"]) == ("2027-05-31T00:00:00Z", "A-12")


async def test_an_unknown_article_and_a_warehouse_that_does_not_answer(stocked: Site) -> None:
    unknown = await stocked.client.get("/stock/article", params={"connection": "shop", "number": "X"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "number")
    stocked.warehouse.fail("status", status=503, path="/demo/api/v1/articleItems")
    away = await stocked.client.get("/stock/article", params={"connection": "shop", "number": "SOKK-1"})
    assert away.status_code == 424


async def test_the_pages_show_the_same(stocked: Site) -> None:
    asked = {"connection": "shop", "number": "SOKK-1"}
    async with client_of(stocked.door.app) as person:
        csrf = csrf_of((await person.get("/console/login")).text)
        await person.post("/console/login", data={"csrf": csrf, "api_key": await stocked.door.key("read")})
        corrections = (await person.get("/console/stock/adjustments")).text
        one = (await person.get("/console/stock/article", params=asked)).text
        missing = (await person.get("/console/stock/article", params={**asked, "number": "NEI"})).text
    assert "water damage" in corrections
    assert "Trondheim" in one
    assert "L-7" in one
    assert "the WMS has no article" in missing
