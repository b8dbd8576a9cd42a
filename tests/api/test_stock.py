"""`GET /stock`: what the warehouse can sell, what the shop shows, and what is to be written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Site

PROCESSES = {"articles": True, "orders": True, "stock": True}


@pytest.fixture
async def stocked(site: Site) -> Site:
    """SOKK-1 can be sold 7 times and the shop shows 3; SOKK-2 is not counted by the shop."""
    await site.change_settings(site.connection, processes=PROCESSES)
    site.shop.product("SOKK-1", manage_stock=True, stock_quantity=3)
    site.shop.product("SOKK-2")
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "articles"})
    site.warehouse.model.put_in_stock("SOKK-1", 7)
    site.warehouse.model.put_in_stock("SOKK-2", 4)
    return site


async def sync(site: Site) -> None:
    async with site.worker():
        answer = await site.client.post("/sync/shop", params={"process": "stock", "full": True})
    assert answer.status_code == 200, answer.text


async def items(site: Site, **params: Any) -> list[dict[str, Any]]:
    answer = await site.client.get("/stock", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_each_article_shows_both_sides_and_what_is_wrong(stocked: Site) -> None:
    await sync(stocked)
    first, second = await items(stocked)
    assert (first["connection"], first["number"], first["state"]) == ("shop", "SOKK-1", "same")
    assert (first["warehouse"]["sellable"], first["deducted"], first["wanted"], first["shop"]["quantity"]) == (7.0, 0.0, 7, 7)
    assert (second["number"], second["state"], second["problem_code"]) == ("SOKK-2", "problem", "stock-not-managed")
    assert second["shop"]["quantity"] is None


async def test_what_the_shop_has_sold_and_the_warehouse_has_not_yet_got_is_shown_as_deducted(stocked: Site) -> None:
    await sync(stocked)
    stocked.warehouse.fail("status", status=503, method="PUT", path="/demo/api/v1/orders")
    await stocked.take_in(stocked.shop.order("SOKK-1"))
    first, _ = await items(stocked)
    assert (first["warehouse"]["sellable"], first["deducted"], first["wanted"]) == (7.0, 1.0, 6)


async def test_the_list_is_filtered_and_goes_page_by_page(stocked: Site) -> None:
    await sync(stocked)
    assert [each["number"] for each in await items(stocked, state="problem")] == ["SOKK-2"]
    assert [each["number"] for each in await items(stocked, number="SOKK-1")] == ["SOKK-1"]
    assert len(await items(stocked, connection="shop")) == 2
    first = (await stocked.client.get("/stock", params={"limit": 1})).json()
    second = (await stocked.client.get("/stock", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [first["items"][0]["number"], second["items"][0]["number"]] == ["SOKK-1", "SOKK-2"]
    assert second["next_cursor"] is None


async def test_the_summary_counts_by_state_and_problem(stocked: Site) -> None:
    await sync(stocked)
    (found,) = (await stocked.client.get("/stock/summary")).json()["items"]
    assert found["states"] == {"same": 1, "waiting": 0, "parked": 0, "problem": 1, "none": 0, "unknown": 0}
    assert found["problems"] == {"stock-not-managed": 1}
    assert (found["connection"], found["is_on"], found["last_error"]) == ("shop", True, None)
    assert found["read_at"]
    assert found["compared_at"]
    assert found["written_at"]


async def test_a_connection_without_stock_is_in_the_summary_as_switched_off(lite_site: Site) -> None:
    (found,) = (await lite_site.client.get("/stock/summary")).json()["items"]
    assert (found["is_on"], found["read_at"], sum(found["states"].values())) == (False, None, 0)


async def test_a_key_limited_to_other_connections_sees_none_of_it(stocked: Site) -> None:
    await sync(stocked)
    theirs = await stocked.connect("theirs", goods_owner_id=78)
    guest = await stocked.door.caller("read", only=[theirs])
    assert (await guest.get("/stock")).json()["items"] == []
    assert [each["connection"] for each in (await guest.get("/stock/summary")).json()["items"]] == ["theirs"]
    for path in ("/stock", "/stock/summary"):
        assert (await guest.get(path, params={"connection": "shop"})).status_code == 404
