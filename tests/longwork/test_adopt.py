"""What others have made in the WMS is taken over without a write, and goes its usual way from then on."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.orders import OrderBody
from tests.api.calling import Site
from tests.longwork.shops import SHOPS, AnyShop, sync

SINCE = "2020-01-01T00:00:00Z"
OTHERS = {"woocommerce": 195}
"""So many orders more than those to which something happens: 200 in all."""
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
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while found == [] or cursor is not None:
        params: dict[str, Any] = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        answer = (await site.client.get(f"/adopt/{work['id']}/lines", params=params)).json()
        found, cursor = found + answer["items"], answer["next_cursor"]
    return {each["number"]: (each["kind"], each["text"]) for each in found if each["process"] == process}


def by_others(site: Site, number: str, *articles: str, **more: Any) -> None:
    """An order as another integration makes it: no id of the shop, rows numbered from 1."""
    lines = [
        {"rowNumber": str(row), "articleNumber": article, "numberOfItems": 1}
        for row, article in enumerate(articles or ("SOKK-1",), 1)
    ]
    body = {
        "goodsOwnerId": 77,
        "orderNumber": number,
        "deliveryDate": "2027-02-01T00:00:00Z",
        "consignee": {"name": "Kari Nordmann", "address1": "Storgata 1", "postCode": "0155", "city": "Oslo", "countryCode": "NO"},
        "orderLines": lines,
        **more,
    }
    site.warehouse.model.put_order(OrderBody.model_validate(body))


def article_by_others(site: Site, number: str) -> None:
    body = {"goodsOwnerId": 77, "articleNumber": number, "articleName": "Sokker fra før"}
    site.warehouse.model.put_article(ArticleBody.model_validate(body))
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
    article_by_others(site, "SOKK-1")
    shop.product("SOKK-1", 7)
    rest = range(OTHERS.get(system, 0))
    names = ("told", "untold", "open", "edited", "cancelled", *(f"rest-{each}" for each in rest))
    numbers = {name: shop.order("SOKK-1") for name in names}
    for number in numbers.values():
        by_others(site, number)
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
    found = {"taken-over": 2, "differs": 4 + len(rest), "not-in-wms": 1, "not-ours": 0}
    assert shown["found"] == found, await lines(site, shown)
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


async def test_an_order_is_recognised_by_more_than_its_number(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    for article in ("SOKK-1", "LUE-1"):
        article_by_others(site, article)
    numbers = {name: shop.order("SOKK-1") for name in ("same-id", "bare", "other-id", "another", "rest")}
    by_others(site, numbers["same-id"], goodsOwnerOrderId=numbers["same-id"])
    by_others(site, f"B-{numbers['bare']}")
    by_others(site, numbers["other-id"], goodsOwnerOrderId="wc_order_8Zx")
    stranger = {"name": "Ola Nordmann", "address1": "Havnegata 3", "postCode": "5003", "city": "Bergen", "countryCode": "NO"}
    by_others(site, numbers["another"], "LUE-1", consignee=stranger)
    by_others(site, "M-9")  # made by hand
    await draft(site, shop, order_number_prefix="B-")
    said = await lines(site, await adopt(site))
    kinds = {name: said.get(number, said.get(f"B-{number}", ("", "")))[0] for name, number in numbers.items()}
    expected = {"same-id": "differs", "bare": "differs", "other-id": "not-ours", "another": "not-ours", "rest": "not-in-wms"}
    assert kinds == expected, said
    assert "goodsOwnerOrderId" in said[numbers["other-id"]][1]
    assert said["M-9"][0] == "not-ours"
    trusting = await lines(site, await adopt(site, trust_numbers=True))
    assert (trusting[numbers["other-id"]][0], trusting[numbers["another"]][0]) == ("differs", "not-ours")


async def test_a_second_adoption_leaves_alone_what_is_known(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    article_by_others(site, "SOKK-1")
    by_others(site, shop.order("SOKK-1"))
    await draft(site, shop)
    first = await adopt(site, apply=True)
    again = await adopt(site, apply=True)
    assert (sum(first["found"].values()), first["known"], sum(again["found"].values()), again["known"]) == (2, 0, 0, 2)


async def test_an_order_held_for_its_number_goes_on_when_it_is_taken_over(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    article_by_others(site, "SOKK-1")
    number = shop.order("SOKK-1")
    by_others(site, number)
    await draft(site, shop, go_live=SINCE)
    await activate(site)
    await sync(site, "articles", "orders", full=True)
    assert (await site.explained(number, kind="order"))["reason_code"] == "number-taken"
    calls = len(written(site))
    await adopt(site, apply=True)
    await site.work(sweep=True)
    shown = await site.explained(number, kind="order")
    assert (shown["transfer"], shown["reason_code"]) == ("sent", None), shown
    assert written(site)[calls:] == []


async def test_a_change_of_lines_without_row_numbers_is_held(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    article_by_others(site, "SOKK-1")
    number = shop.order("SOKK-1")
    by_others(site, number)
    there = site.warehouse.order(number)
    assert there is not None
    line = there.lines[0]
    line.body = line.body.model_copy(update={"row_number": ""})
    await draft(site, shop)
    await adopt(site, apply=True)
    await activate(site)
    site.tick(60)
    shop.more(number)
    await sync(site, "articles", "orders", full=True)
    assert (await site.explained(number, kind="order"))["reason_code"] == "rows-without-number"
    shop.cancel(number)
    await sync(site, "orders", full=True)
    assert there.cancelled
    assert [each for each in written(site) if each.startswith("PUT")] == []


async def test_a_carrier_that_its_weight_may_give_it_is_no_change_of_an_order_that_is_picked(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    article_by_others(site, "SOKK-1")
    number = shop.order("SOKK-1")
    parcel = {"transporter_code": "BRING", "transporter_service_code": "SERVICEPAKKE"}
    by_others(site, number, transporter={"transporterCode": "BRING", "transporterServiceCode": "SERVICEPAKKE"})
    await draft(site, shop, transporter_rules=[{**parcel, "up_to_kg": 1}])
    await adopt(site, apply=True)
    site.warehouse.model.set_order_status(number, 400)
    await activate(site)
    site.tick(60)
    calls = len(written(site))
    mapping = (await site.explained(number, kind="order"))["id"]
    assert (await site.client.post(f"/mappings/{mapping}/resync")).status_code == 200
    await site.work(sweep=True)
    shown = await site.explained(number, kind="order")
    assert (shown["transfer"], shown["reason_code"]) == ("sent", None), shown
    assert written(site)[calls:] == []
