"""A 24Nettbutikk shop goes all the way: articles, orders, edits, deletions, against the simulated shop and warehouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import Site, open_site
from tests.harness.nettbutikk24 import SimulatedNettbutikk


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def shop(site: Site) -> SimulatedNettbutikk:
    return SimulatedNettbutikk.open(site.clock)


def given(site: Site, shop: SimulatedNettbutikk, **settings: Any) -> dict[str, Any]:
    return {
        "name": "butikk",
        "integration": "24nettbutikk",
        "source": shop.credentials(),
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", "requests_per_second": 1000, "status_confirmed": True, **settings},
    }


async def active(site: Site, shop: SimulatedNettbutikk, **settings: Any) -> dict[str, Any]:
    answer = await site.client.post("/connections", json=given(site, shop, **settings))
    assert answer.status_code == 201, answer.text
    activated = await site.client.post("/connections/butikk/activate")
    assert activated.status_code == 200, activated.text
    shown: dict[str, Any] = answer.json()
    return shown


async def sync(site: Site, process: str) -> None:
    async with site.worker():
        run = await site.client.post("/sync/butikk", params={"process": process})
    assert run.status_code == 200, run.text


def articles(site: Site) -> list[dict[str, Any]]:
    """What was put into the warehouse, in the order of the numbers."""
    return sorted((call.body for call in site.warehouse.writes(path="/articles")), key=lambda each: each["articleNumber"])


def orders(site: Site) -> list[dict[str, Any]]:
    return [call.body for call in site.warehouse.writes()]


def jacket(shop: SimulatedNettbutikk) -> dict[str, Any]:
    """A jacket in two sizes, one of them not for sale."""
    return shop.product(
        None,  # type: ignore[arg-type]
        "Ulljakke",
        description="Varm jakke",
        category="Jakker",
        length="40",
        width="30",
        height="8",
        volume="9.6",
        variants=[
            {"options": {"Størrelse": "M"}, "article_no": "UJ-1-M", "ean_code": "7090000000024", "stock": 5},
            {"options": {"Størrelse": "L"}, "article_no": "UJ-1-L", "stock": 2, "active": "0"},
        ],
    )


async def test_articles_and_orders_reach_the_warehouse(site: Site, shop: SimulatedNettbutikk) -> None:
    jacket(shop)
    await active(site, shop)
    await sync(site, "articles")
    medium = {
        "goodsOwnerId": 77,
        "articleNumber": "UJ-1-M",
        "articleName": "Ulljakke Størrelse: M",
        "productCode": "501001",
        "unitCode": "st",
        "isStockArticle": True,
        "barCodeInfo": {"barCode": "7090000000024"},
        "weight": 0.62,
        "length": 0.4,
        "width": 0.3,
        "volume": 0.0096,
        "customerPrice": 999,
        "purchasePrice": 310,
        "description": "Varm jakke",
        "articleCategory": {"code": "Jakker", "name": "Jakker"},
        "isActive": True,
    }
    large = {name: value for name, value in medium.items() if name != "barCodeInfo"}
    large |= {"articleNumber": "UJ-1-L", "articleName": "Ulljakke Størrelse: L", "productCode": "501002", "isActive": False}
    assert articles(site) == [large, medium]

    shop.order("UJ-1-M", customer_comment="Ring først", shop_comment="Pakkes pent", shipping_method_text="Posten")
    await sync(site, "orders")
    (sent,) = orders(site)
    line = sent["orderLines"][0]["rowNumber"]
    assert sent == {
        "goodsOwnerId": 77,
        "goodsOwnerOrderId": "1001",
        "orderNumber": "1001",
        "deliveryDate": sent["deliveryDate"],
        "advanced": {"wayOfDeliveryString": "Posten"},
        "wayOfDelivery": {"code": "3", "name": "Posten"},
        "orderRemark": "Ring først",
        "warehouseInstruction": "Pakkes pent",
        "smsNotification": {"toBeNotified": True, "value": "90000000"},
        "telephoneNotification": {"toBeNotified": True, "value": "90000000"},
        "emailNotification": {"toBeNotified": True, "value": "kari@example.no"},
        "consignee": {
            "customerNumber": "71",
            "name": "Kari Nordmann",
            "address1": "Storgata 1",
            "postCode": "0155",
            "city": "Oslo",
            "countryCode": "NO",
            "advanced": {
                "smsNotification": {"toBeNotified": True, "value": "90000000"},
                "telephoneNotification": {"toBeNotified": True, "value": "90000000"},
                "emailNotification": {"toBeNotified": True, "value": "kari@example.no"},
            },
        },
        "orderLines": [
            {
                "rowNumber": line,
                "articleNumber": "UJ-1-M",
                "numberOfItems": 1,
                "prices": {"customerLinePrice": 799.2, "linePrice": 799.2, "currencyCode": "NOK"},
            }
        ],
    }
    assert len(articles(site)) == 2
    assert shop.calls("products/501001") == []


async def test_what_has_not_changed_is_not_sent_again(site: Site, shop: SimulatedNettbutikk) -> None:
    jacket(shop)
    await active(site, shop)
    await sync(site, "articles")
    shop.order("UJ-1-M")
    await sync(site, "orders")
    assert (len(articles(site)), len(orders(site))) == (2, 1)
    site.tick(60)
    for process in ("articles", "orders"):
        await sync(site, process)
    assert (len(articles(site)), len(orders(site))) == (2, 1)


async def test_an_edit_is_sent_with_the_customer_as_he_is_then(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop)
    placed = shop.order("SOKK-1")
    await sync(site, "orders")
    site.tick(60)
    shop.shop.change_customer(placed["customer_id"], address_1="Lillegata 2")
    await sync(site, "orders")
    assert len(orders(site)) == 1
    site.tick(60)
    shop.shop.edit_order(placed["order_no"], customer_comment="Takk")
    await sync(site, "orders")
    assert [each["consignee"]["address1"] for each in orders(site)] == ["Storgata 1", "Lillegata 2"]
    assert len(shop.calls(f"customers/{placed['customer_id']}")) == 2


async def test_a_deleted_order_is_cancelled_in_the_warehouse(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop)
    placed = shop.order("SOKK-1")
    await sync(site, "orders")
    site.tick(60)
    shop.shop.delete_order(placed["order_no"], by="customer")
    await sync(site, "orders")
    order = site.warehouse.order(placed["order_no"])
    assert order is not None
    assert order.status == 1000


async def test_a_product_without_article_number_holds_its_order_until_it_has_one(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop)
    shop.product("X-1")
    row = shop.shop.place_order([{"article_no": "X-1", "quantity": 1}])
    shop.shop.change_product(501, article_no=None)
    await sync(site, "orders")
    job = await site.stored.job(row["order_no"])
    assert job.reason_code == "line-without-article-number"
    assert "product 501001 has no article number" in job.reason
    site.tick(60)
    shop.shop.change_product(501, article_no="X-2")
    async with site.worker():
        await site.client.post("/sync/butikk", params={"process": "articles"})
    await sync(site, "orders")
    assert [each["orderLines"][0]["articleNumber"] for each in orders(site)] == ["X-2"]


# --- the way back ---------------------------------------------------------------------------------------------------------


NORWEGIAN = {"status_sent": "Sendt", "status_sent_rest": "Sendt med rest"}


async def test_activation_asks_for_the_words_of_the_statuses(site: Site, shop: SimulatedNettbutikk) -> None:
    shop.order("SOKK-1")
    answer = await site.client.post("/connections", json=given(site, shop, status_confirmed=False))
    assert answer.status_code == 201, answer.text
    refused = await site.client.post("/connections/butikk/activate")
    assert refused.status_code == 409
    assert "seen in its last orders: Mottatt (1)" in refused.text
    confirmed = {"settings": {"status_confirmed": True, **NORWEGIAN}}
    assert (await site.client.patch("/connections/butikk", json=confirmed)).status_code == 200
    assert (await site.client.post("/connections/butikk/activate")).status_code == 200


async def test_a_shipment_is_told_once(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop, **NORWEGIAN)
    placed = shop.order("SOKK-1")
    await sync(site, "orders")
    site.warehouse.model.ship("1001", "70300001")
    site.tick(60)
    await sync(site, "shipments")
    row = shop.shown(placed["order_no"])
    assert (row["status"], row["tracking_number"]) == ("Sendt", "70300001")
    assert [(line["sent"], line["tracking_number"]) for line in row["order_lines"]] == [("1", "70300001")]
    written = len(shop.calls("orders", "PATCH"))
    site.tick(60)
    for process in ("shipments", "orders"):
        await sync(site, process)
    assert len(shop.calls("orders", "PATCH")) == written == 3
    assert len(orders(site)) == 1


async def test_a_part_is_sent_with_rest_and_the_rest_closes_the_order(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop, **NORWEGIAN, line_quantity_field="quantity_sent")
    shop.product("SOKK-1")
    placed = shop.shop.place_order([{"article_no": "SOKK-1", "quantity": 2}])
    line = placed["order_lines"][0]["id"]
    await sync(site, "orders")
    site.warehouse.model.pick("1001", {line: 1})
    site.warehouse.model.ship("1001", "70300001")
    site.tick(60)
    await sync(site, "shipments")
    row = shop.shown("1001")
    assert (row["status"], row["order_lines"][0]["quantity_sent"], row["order_lines"][0]["sent"]) == ("Sendt med rest", "1", "0")
    site.warehouse.model.pick("1001", {line: 2})
    site.warehouse.model.ship("1001", "70300002")
    site.tick(60)
    await sync(site, "shipments")
    row = shop.shown("1001")
    assert (row["status"], row["tracking_number"], row["order_lines"][0]["sent"]) == ("Sendt", "70300001, 70300002", "1")


@pytest.mark.parametrize("policy", ["stock-based", "none"])
async def test_a_part_that_is_closed_short_is_sent_with_rest(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk, policy: str
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    await active(site, shop, **NORWEGIAN, shipments={"partial_deliveries": policy})
    shop.product("SOKK-1")
    placed = shop.shop.place_order([{"article_no": "SOKK-1", "quantity": 2}])
    await sync(site, "orders")
    site.warehouse.model.pick("1001", {placed["order_lines"][0]["id"]: 1})
    site.warehouse.model.ship("1001", "70300001")
    site.tick(60)
    await sync(site, "shipments")
    mapping = await site.stored.mapping("1001")
    assert mapping.delivery == {"stock-based": "partly", "none": "held"}[policy]
    closed = await site.client.post(f"/mappings/{mapping.id}/close-short")
    assert closed.status_code == 200, closed.text
    await site.work()
    assert (shop.shown("1001")["status"], (await site.stored.mapping("1001")).delivery) == ("Sendt med rest", "reported")


async def test_an_order_whose_tracking_number_was_refused_says_so(site: Site, shop: SimulatedNettbutikk) -> None:
    shop.change(tracking_length=3)
    await active(site, shop, **NORWEGIAN)
    placed = shop.order("SOKK-1")
    await sync(site, "orders")
    site.warehouse.model.ship("1001", "70300001")
    site.tick(60)
    await sync(site, "shipments")
    assert shop.shown(placed["order_no"])["status"] == "Sendt"
    found = (await site.client.get("/mappings", params={"number": "1001"})).json()["items"]
    shown = (await site.client.get(f"/mappings/{found[0]['id']}")).text
    assert "The shop refused the tracking number 70300001" in shown
    raised = (await site.client.get("/alerts")).json()["items"]
    words = "Order 1001: The shop refused the tracking number 70300001: enter it there by hand"
    assert [(each["kind"], each["text"]) for each in raised] == [("warning", words)]


async def test_a_token_that_was_replaced_is_told_once_and_nothing_is_lost(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop, **NORWEGIAN)
    await site.work()
    shop.order("SOKK-1")
    new = shop.replace_token()
    before = len(shop.calls())
    async with site.worker():
        run = await site.client.post("/sync/butikk")
    assert (run.status_code, len(shop.calls()) - before <= 2) == (424, True)
    (alert,) = [each for each in (await site.client.get("/alerts")).json()["items"] if "token" in each["text"]]
    assert "the token was replaced in the shop: paste the new one as api_key" in alert["text"]
    changed = await site.client.patch("/connections/butikk", json={"source": {"api_key": new}})
    assert changed.status_code == 200, changed.text
    site.tick(60)
    await sync(site, "orders")
    assert [each["orderNumber"] for each in orders(site)] == ["1001"]


async def test_shipments_wait_visibly_while_the_words_are_not_confirmed(site: Site, shop: SimulatedNettbutikk) -> None:
    await active(site, shop, **NORWEGIAN)
    placed = shop.order("SOKK-1")
    await sync(site, "orders")
    await site.client.patch("/connections/butikk", json={"settings": {"status_confirmed": False}})
    site.warehouse.model.ship("1001", "70300001")
    site.tick(60)
    async with site.worker():
        run = await site.client.post("/sync/butikk", params={"process": "shipments"})
    assert "statuses-not-confirmed" in run.text
    mapping = await site.stored.mapping("1001", "order")
    assert (mapping.delivery, mapping.delivery_code) == ("held", "statuses-not-confirmed")
    (alert,) = (await site.client.get("/alerts")).json()["items"]
    assert (alert["kind"], "Nobody has confirmed what the shop's statuses are called" in alert["text"]) == ("held", True), alert[
        "text"
    ]
    assert shop.calls("orders", "PATCH") == []
    await site.client.patch("/connections/butikk", json={"settings": {"status_confirmed": True}})
    await site.work()
    assert shop.shown(placed["order_no"])["status"] == "Sendt"
