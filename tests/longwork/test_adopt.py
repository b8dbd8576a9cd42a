"""What others have made in the WMS is taken over without a write, and goes its usual way from then on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Site
from tests.longwork.shops import SHOPS, AnyShop, sync

SINCE = "2020-01-01T00:00:00Z"
WRITING = ("PUT", "POST", "PATCH", "DELETE")


async def draft(site: Site, shop: AnyShop, **settings: Any) -> None:
    """A connection that is not active yet, under the name `butikk`."""
    given = {
        "name": "butikk",
        "integration": shop.integration,
        "source": shop.source,
        "warehouse": site.given()["warehouse"],
        "settings": {"processes": {"stock": False, "shipments": True}, **shop.settings, **settings},
    }
    answer = await site.client.post("/connections", json=given)
    assert answer.status_code == 201, answer.text


async def adopt(site: Site, **more: Any) -> dict[str, Any]:
    begun = await site.client.post("/adopt", json={"connection": "butikk", "since": SINCE, **more})
    assert begun.status_code == 202, begun.text
    for _ in range(20):
        await site.work()
        shown: dict[str, Any] = (await site.client.get(f"/adopt/{begun.json()['id']}")).json()
        if shown["finished_at"] is not None:
            return shown
    raise AssertionError(shown)


async def lines(site: Site, work: dict[str, Any], process: str = "orders") -> dict[str, tuple[str, str]]:
    """What is said of each record, by its number: kind and words."""
    answer = await site.client.get(f"/adopt/{work['id']}/lines", params={"limit": 200})
    return {each["number"]: (each["kind"], each["text"]) for each in answer.json()["items"] if each["process"] == process}


async def by_others(site: Site, number: str, article: str = "SOKK-1", **more: Any) -> None:
    """An order as another integration makes it: no id of the shop, rows numbered from 1."""
    body = {
        "goodsOwnerId": 77,
        "orderNumber": number,
        "deliveryDate": "2027-02-01T00:00:00Z",
        "consignee": {"name": "Kari Nordmann", "address1": "Storgata 1", "postCode": "0155", "city": "Oslo", "countryCode": "NO"},
        "orderLines": [{"rowNumber": "1", "articleNumber": article, "numberOfItems": 1}],
        **more,
    }
    async with site.warehouse_caller() as caller:
        answer = await caller.put("orders", json=body)
        assert answer.status_code in (200, 201), answer.text


async def article_by_others(site: Site, number: str) -> None:
    async with site.warehouse_caller() as caller:
        body = {"goodsOwnerId": 77, "articleNumber": number, "articleName": "Sokker fra før"}
        assert (await caller.put("articles", json=body)).status_code == 200
    site.warehouse.model.put_in_stock(number, 500)


def written(site: Site) -> list[str]:
    return [f"{call.method} {call.path}" for call in site.warehouse.calls() if call.method in WRITING]


async def activate(site: Site, **settings: Any) -> None:
    if settings:
        assert (await site.client.patch("/connections/butikk", json={"settings": settings})).status_code == 200
    answer = await site.client.post("/connections/butikk/activate")
    assert answer.status_code == 200, answer.text


async def all_read(site: Site) -> None:
    """Every poll there is, in full."""
    await sync(site, "articles", "orders", full=True)
    await sync(site, "shipments")
    await site.work(sweep=True)


@pytest.mark.parametrize("system", SHOPS)
async def test_a_shop_changes_over_between_two_picks(site: Site, system: str) -> None:
    shop = SHOPS[system](site)
    await article_by_others(site, "SOKK-1")
    shop.product("SOKK-1", 7)
    names = ("told", "untold", "open", "edited", "cancelled")
    numbers = {name: shop.order("SOKK-1") for name in names}
    for number in numbers.values():
        await by_others(site, number)
    for name in ("told", "untold"):
        site.warehouse.model.ship(numbers[name], f"TRACK-{name}")
    shop.done(numbers["told"])
    site.tick(60)
    missing = shop.order("SOKK-1")
    site.tick(60)
    await draft(site, shop)
    calls, told = len(written(site)), len(shop.writes())

    shown = await adopt(site)
    assert shown["apply"] is False
    assert shown["found"] == {"taken-over": 2, "differs": 4, "not-in-wms": 1, "not-ours": 0}, [each for each in (await lines(site, shown)).items()]
    assert (await site.client.get("/mappings", params={"connection": "butikk"})).json()["items"] == []
    done = await adopt(site, apply=True)
    assert (done["found"], done["left"]) == (shown["found"], 0)
    said = await lines(site, done)
    assert said[numbers["told"]][1].endswith(": it is not told again"), said
    assert "does not know" in said[numbers["untold"]][1]
    assert said[missing][0] == "not-in-wms"
    assert "settings.go_live" in done["notes"][-1]
    assert (written(site)[calls:], shop.writes()[told:]) == ([], [])

    await activate(site)
    await all_read(site)
    acknowledged = [each for each in written(site)[calls:] if each.endswith("/reportedNumberOfItems")]
    assert written(site)[calls:] == acknowledged  # of the one shipment of which the shop did not know
    assert len(acknowledged) == 1
    first = len(shop.writes())
    assert first > told

    site.tick(60)
    shop.more(numbers["edited"])
    shop.cancel(numbers["cancelled"])
    site.warehouse.model.ship(numbers["open"], "TRACK-open")
    await all_read(site)
    edited, cancelled = site.warehouse.order(numbers["edited"]), site.warehouse.order(numbers["cancelled"])
    assert edited is not None
    assert cancelled is not None
    assert [(line.body.row_number, line.body.number_of_items) for line in edited.lines] == [("1", 2)]
    assert cancelled.cancelled
    second = len(shop.writes())
    assert second > first  # the shipment
    assert sorted(each.partition(" ")[0] for each in written(site)[calls + 1 :]) == ["DELETE", "PATCH", "PUT"]
    site.tick(60)
    await all_read(site)
    assert (len(written(site)) - calls, len(shop.writes())) == (4, second)
