"""A mystore shop goes all the way: articles, orders, edits, cancellations, webhooks, against the simulated shop and warehouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain import PartState, Process
from app.engine.core.queue import Task
from app.records.runs.results import Part
from tests.api.calling import Site, open_site
from tests.harness.mystore import SimulatedMystore

ADDRESS: dict[str, Any] = {
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_country": "Norway",
    "customer_address_phone": "90000000",
    "customer_address_email": "kari@example.no",
}


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def mystore(site: Site) -> SimulatedMystore:
    return SimulatedMystore.open(site.clock)


def given(site: Site, mystore: SimulatedMystore, **settings: Any) -> dict[str, Any]:
    return {
        "name": "butikk",
        "integration": "mystore",
        "source": mystore.credentials(),
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", "calls_per_minute": 6000, **settings},
    }


async def active(site: Site, mystore: SimulatedMystore, **settings: Any) -> dict[str, Any]:
    answer = await site.client.post("/connections", json=given(site, mystore, **settings))
    assert answer.status_code == 201, answer.text
    report = (await site.client.post("/connections/butikk/test")).json()
    assert report["ok"], report
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


def jacket(mystore: SimulatedMystore) -> dict[str, Any]:
    """A jacket in one size, and a cup."""
    mystore.product("KOPP", "Kopp", quantity=5, price=79.2, cost=22, weight=0.35, ean="7090000000062")
    size = {"sku": "UJ-1-M", "ean": "7090000000024", "cost": 310, "quantity": 5, "options": {"Størrelse": "M"}}
    return mystore.product("UJ-1", "Ulljakke", variants=[size], price=799.2, cost=300, weight=0.62)


async def test_articles_and_orders_reach_the_warehouse(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    await active(site, mystore)
    await sync(site, "articles")
    assert articles(site) == [
        {
            "goodsOwnerId": 77,
            "articleNumber": "KOPP",
            "articleName": "Kopp",
            "productCode": "1",
            "unitCode": "st",
            "isStockArticle": True,
            "barCodeInfo": {"barCode": "7090000000062"},
            "weight": 0.35,
            "customerPrice": 79.2,
            "purchasePrice": 22,
            "stockValuationPrice": 22,
        },
        {
            "goodsOwnerId": 77,
            "articleNumber": "UJ-1-M",
            "articleName": "Ulljakke M",
            "productCode": "2-1.1",
            "unitCode": "st",
            "isStockArticle": True,
            "barCodeInfo": {"barCode": "7090000000024"},
            "weight": 0.62,
            "customerPrice": 799.2,
            "purchasePrice": 310,
            "stockValuationPrice": 310,
            "freeValues": {"freeDecimal2": 1},
        },
    ]

    placed = mystore.order("UJ-1-M", **ADDRESS)
    await sync(site, "orders")
    (sent,) = orders(site)
    assert (sent["orderNumber"], sent["referenceNumber"], sent["goodsOwnerOrderId"]) == ("10001", "10001", "10001")
    assert sent["consignee"]["name"] == "Kari Nordmann"
    assert sent["orderLines"] == [
        {
            "rowNumber": "1",
            "articleNumber": "UJ-1-M",
            "numberOfItems": 1,
            "prices": {"customerLinePrice": 799.2, "linePrice": 799.2, "currencyCode": "NOK"},
        }
    ]
    assert placed["id"] == "10001"
    assert len(articles(site)) == 2


async def test_what_has_not_changed_is_not_sent_again(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    await active(site, mystore)
    await sync(site, "articles")
    mystore.order("UJ-1-M", **ADDRESS)
    await sync(site, "orders")
    assert (len(articles(site)), len(orders(site))) == (2, 1)
    site.tick(60)
    for process in ("articles", "orders"):
        await sync(site, process)
    assert (len(articles(site)), len(orders(site))) == (2, 1)


async def test_an_article_made_for_an_order_gets_the_line_s_options(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    await active(site, mystore, processes={"articles": False})
    mystore.order("UJ-1-M", **ADDRESS)
    await sync(site, "orders")
    (made,) = articles(site)
    assert (made["articleNumber"], made["articleName"], made["productCode"]) == ("UJ-1-M", "Ulljakke M", "2-1.1")
    assert len(orders(site)) == 1


async def test_an_order_edited_down_is_sent_again(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    await active(site, mystore)
    placed = mystore.shop.place_order([{"sku": "UJ-1-M", "quantity": 3}, {"sku": "KOPP", "quantity": 1}], **ADDRESS)
    await sync(site, "orders")
    site.tick(60)
    first, second = (int(line["id"]) for line in mystore.shop.lines_of(placed["id"]))
    mystore.shop.edit_order(int(placed["id"]), {first: 2, second: 0})
    await sync(site, "orders")
    lines = [[(each["articleNumber"], each["numberOfItems"]) for each in sent["orderLines"]] for sent in orders(site)]
    assert lines == [[("UJ-1-M", 3), ("KOPP", 1)], [("UJ-1-M", 2)]]


async def test_an_order_in_the_warehouse_is_kept_up_to_date_whatever_its_status(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    await active(site, mystore, import_status_names=["Ikke behandlet"])
    placed = mystore.shop.place_order([{"sku": "UJ-1-M", "quantity": 3}], **ADDRESS)
    await sync(site, "orders")
    site.tick(60)
    (line,) = (int(line["id"]) for line in mystore.shop.lines_of(placed["id"]))
    mystore.shop.set_status(int(placed["id"]), "Under behandling")
    mystore.shop.edit_order(int(placed["id"]), {line: 1})
    await sync(site, "orders")
    assert [sent["orderLines"][0]["numberOfItems"] for sent in orders(site)] == [3, 1]


@pytest.mark.parametrize("status", ["Sendt", "Returnert", "Kansellert", "Under behandling"])
async def test_an_order_first_seen_in_a_status_that_is_not_imported_is_ignored(
    site: Site, mystore: SimulatedMystore, status: str
) -> None:
    jacket(mystore)
    await active(site, mystore, import_status_names=["Ikke behandlet"])
    mystore.order("UJ-1-M", status=status, **ADDRESS)
    await sync(site, "orders")
    assert orders(site) == []
    found = await site.stored.mapping("10001", "order")
    assert found.reason_code == "not-wanted"
    assert repr(status) in str(found.reason)


async def test_kansellert_cancels_in_the_warehouse(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    connection = await active(site, mystore)
    placed = mystore.order("UJ-1-M", **ADDRESS)
    await sync(site, "orders")
    site.tick(60)
    mystore.shop.set_status(int(placed["id"]), "Kansellert")
    await hook(site, mystore, connection, "orders/update", placed["id"])
    assert len(site.warehouse.writes("DELETE")) + len(site.warehouse.writes("PATCH")) == 1
    assert (await site.stored.mapping("10001", "order")).warehouse_status == 1000


async def hook(site: Site, mystore: SimulatedMystore, connection: dict[str, Any], topic: str, record_id: str, **more: Any) -> int:
    """A delivery of this topic, and work until it is settled. Returns how it was answered."""
    stored = await site.gateway.connection(connection["id"])
    kind = topic.split("/")[0]
    document = {"type": kind, "id": record_id}
    body, headers = mystore.delivery(topic, document, more.get("secret", stored.webhook_secrets[0]))
    answer = await site.client.post(f"/webhooks/{stored.webhook_id}", content=body, headers=headers)
    await site.wake_ups.send(Task.INGEST, connection["id"])
    await site.work()
    return answer.status_code


async def test_a_webhook_has_the_order_read(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    connection = await active(site, mystore)
    placed = mystore.order("UJ-1-M", **ADDRESS)
    assert await hook(site, mystore, connection, "orders/create", placed["id"]) == 200
    assert [sent["orderNumber"] for sent in orders(site)] == ["10001"]


async def test_a_webhook_of_a_product_has_its_variants_read(site: Site, mystore: SimulatedMystore) -> None:
    product = jacket(mystore)
    connection = await active(site, mystore)
    await sync(site, "articles")
    site.tick(60)
    mystore.shop.change_variant(1, ean="7090000000099")
    assert await hook(site, mystore, connection, "products/update", product["id"]) == 200
    assert [each["barCodeInfo"]["barCode"] for each in articles(site) if each["articleNumber"] == "UJ-1-M"] == [
        "7090000000024",
        "7090000000099",
    ]


async def test_a_deleted_order_is_cancelled_in_the_warehouse(site: Site, mystore: SimulatedMystore) -> None:
    jacket(mystore)
    connection = await active(site, mystore)
    placed = mystore.order("UJ-1-M", **ADDRESS)
    await sync(site, "orders")
    mystore.shop.delete_order(int(placed["id"]))
    assert await hook(site, mystore, connection, "orders/delete", placed["id"]) == 200
    assert (await site.stored.mapping("10001", "order")).warehouse_status == 1000


async def test_a_delivery_with_a_wrong_signature_is_refused(site: Site, mystore: SimulatedMystore) -> None:
    connection = await active(site, mystore)
    assert await hook(site, mystore, connection, "orders/create", "10001", secret="another") == 401


async def test_webhooks_are_registered_and_the_secret_that_the_shop_gives_counts(site: Site, mystore: SimulatedMystore) -> None:
    """The simulated shop signs each webhook with the secret that it answered with."""
    connection = await active(site, mystore)
    await site.work(sweep=True)
    site.gateway.forget(connection["id"])
    stored = await site.gateway.connection(connection["id"])
    assert len(stored.webhook_secrets) == 1 + 6
    jacket(mystore)
    placed = mystore.order("UJ-1-M", **ADDRESS)
    secret = stored.webhook_secrets[-1]
    assert await hook(site, mystore, connection, "orders/create", placed["id"], secret=secret) == 200
    assert [sent["orderNumber"] for sent in orders(site)] == ["10001"]


async def test_a_shop_that_refuses_webhooks_stays_active_and_says_how_to_make_them(site: Site, mystore: SimulatedMystore) -> None:
    mystore.change(webhook_creation="refuses")
    await active(site, mystore)
    await site.work(sweep=True)
    shown = (await site.client.get("/connections/butikk")).json()
    assert shown["status"] == "active"
    webhooks = (await site.client.get("/connections/butikk/webhooks")).json()
    assert "make the webhook by hand: topic orders/create, address http://gateway.test/webhooks/" in webhooks["last_error"]


async def test_a_missing_right_to_orders_is_named_and_activation_is_refused(site: Site, mystore: SimulatedMystore) -> None:
    token = mystore.token("read:products", "read:product-variants", "read:order-status", "read:settings")
    body = given(site, mystore)
    body["source"]["access_token"] = token
    assert (await site.client.post("/connections", json=body)).status_code == 201
    report = (await site.client.post("/connections/butikk/test")).json()
    failed = [check for check in report["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == ["orders"]
    assert "no right to orders" in failed[0]["message"]
    assert "read:orders" in failed[0]["fix"]
    answer = await site.client.post("/connections/butikk/activate")
    assert answer.status_code >= 400, answer.text


async def test_a_wrong_token_is_named_and_activation_is_refused(site: Site, mystore: SimulatedMystore) -> None:
    body = given(site, mystore)
    body["source"]["access_token"] = "wrong"
    assert (await site.client.post("/connections", json=body)).status_code == 201
    report = (await site.client.post("/connections/butikk/test")).json()
    (failed,) = [check for check in report["checks"] if not check["ok"]]
    assert failed["name"] == "access"
    assert "access token" in failed["message"]
    assert (await site.client.post("/connections/butikk/activate")).status_code >= 400


# --- the way back -----------------------------------------------------------------------------------------------------


async def ordered(site: Site, mystore: SimulatedMystore, pieces: int = 2, **settings: Any) -> None:
    """Order 10001 is in the warehouse, and sent as the test says."""
    mystore.product("KOPP", "Kopp", quantity=5)
    await active(site, mystore, **settings)
    mystore.shop.place_order([{"sku": "KOPP", "quantity": pieces}], **ADDRESS)
    await sync(site, "orders")


def in_shop(mystore: SimulatedMystore) -> tuple[str, Any, list[str]]:
    """The order's status, its tracking number, and the comments in its history."""
    shown = mystore.shown("orders", 10001)
    history = mystore.shop.parts_of("order-status-history", "order", 10001)
    comments = [each["attributes"]["comments"] for each in history if each["attributes"].get("comments")]
    return shown["relationships"]["order-status"]["data"]["id"], shown["attributes"]["tracking_number"], comments


def told(mystore: SimulatedMystore) -> list[str]:
    calls = [call for call in mystore.calls() if call.method != "GET" and "webhooks" not in call.path]
    return [f"{call.method} {call.path.removeprefix('/shops/demo/')}" for call in calls]


async def test_a_sent_order_is_completed_with_its_tracking(site: Site, mystore: SimulatedMystore) -> None:
    await ordered(site, mystore)
    site.warehouse.model.ship("10001", "70300001")
    await sync(site, "shipments")
    status, tracking, comments = in_shop(mystore)
    assert (status, tracking) == ("3", "70300001")
    (comment,) = comments
    assert comment.startswith("Sendt fra lager. Sporing: 70300001")
    assert told(mystore) == ["PATCH orders/10001", "POST order-status-history"]
    await sync(site, "shipments")
    assert len(told(mystore)) == 2


async def test_a_later_parcel_is_joined_with_a_comment_and_no_second_status(site: Site, mystore: SimulatedMystore) -> None:
    await ordered(site, mystore)
    site.warehouse.model.ship("10001", "70300001")
    await sync(site, "shipments")
    site.tick(60)
    site.warehouse.model.track("10001", "70300001", ("70300002",))
    await sync(site, "shipments")
    status, tracking, comments = in_shop(mystore)
    assert (status, tracking, len(comments)) == ("3", "70300001, 70300002", 2)
    assert "70300002" in comments[1]
    assert "70300001" not in comments[1]
    statuses = [call for call in mystore.calls(method="PATCH") if "relationships" in (call.body or {}).get("data", {})]
    assert len(statuses) == 1


async def test_a_part_leaves_the_status_and_comments_the_quantities(site: Site, mystore: SimulatedMystore) -> None:
    await ordered(site, mystore, 3)
    site.warehouse.model.pick("10001", {"1": 2})
    site.warehouse.model.ship("10001", "70300001")
    await sync(site, "shipments")
    status, tracking, comments = in_shop(mystore)
    assert (status, tracking) == ("1", "70300001")
    assert "Delvis sendt: KOPP × 2/3" in comments
    mapping = await site.stored.mapping("10001", "order")
    assert mapping.delivery == "partly"
    closed = await site.client.post(f"/mappings/{mapping.id}/close-short")
    assert closed.status_code == 200, closed.text
    await site.work()
    assert in_shop(mystore)[0] == "3"
    assert (await site.stored.mapping("10001", "order")).delivery == "reported"


async def test_a_payment_that_was_not_captured_is_warned_of(site: Site, mystore: SimulatedMystore) -> None:
    mystore.change(captures=())
    await ordered(site, mystore)
    site.warehouse.model.ship("10001", "70300001")
    await sync(site, "shipments")
    shown = (await site.client.get("/alerts")).json()["items"]
    (warning,) = [each for each in shown if each["kind"] == "warning"]
    assert "payment may not have been captured" in warning["text"]
    assert (await site.stored.mapping("10001", "order")).delivery == "reported"


async def test_quantities_reach_the_shop_less_what_it_has_sold(site: Site, mystore: SimulatedMystore) -> None:
    """Stock is off until somebody switches it on."""
    mystore.product("KOPP", "Kopp", quantity=5)
    await active(site, mystore, import_status_names=["Ikke behandlet"])
    await sync(site, "articles")
    site.warehouse.model.put_in_stock("KOPP", 12)
    mystore.shop.place_order([{"sku": "KOPP", "quantity": 2}], status="Under behandling", **ADDRESS)
    await sync(site, "orders")
    answer = await site.client.post("/sync/butikk", params={"process": "stock"})
    assert answer.status_code == 409
    changed = await site.client.patch("/connections/butikk", json={"settings": {"processes": {"stock": True}}})
    assert changed.status_code == 200, changed.text
    await sync(site, "stock")
    assert mystore.shown("products", 1)["attributes"]["quantity"] == 10


async def test_a_stock_app_stops_the_writing_and_asks(site: Site, mystore: SimulatedMystore) -> None:
    mystore.change(stock_app="ignores")
    mystore.product("KOPP", "Kopp", quantity=5)
    mystore.product("SKÅL", "Skål", quantity=5)
    await active(site, mystore, processes={"stock": True})
    await sync(site, "articles")
    for number in ("KOPP", "SKÅL"):
        site.warehouse.model.put_in_stock(number, 12)
    await sync(site, "stock")
    shown = (await site.client.get("/connections/butikk")).json()
    assert shown["settings"]["stock"]["look_only"] is True
    (alert, *_) = [each for each in (await site.client.get("/alerts")).json()["items"] if each["kind"] == "stock"]
    assert "stock app" in alert["text"]
    before = len(told(mystore))
    await sync(site, "stock")
    assert len(told(mystore)) == before


async def test_a_run_says_how_long_the_rest_takes() -> None:
    """200 of 5,000 orders were read in two minutes: the rest takes 48."""
    began = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    part = Part(
        1, "run", "con", "butikk", Process.ORDERS, PartState.READING, False, False, {"read": 200}, 0, 1, [], [], None, began, None
    )
    known = replace(part, left=4800, left_at=began + timedelta(minutes=2))
    assert (known.seconds_left, part.seconds_left) == (48 * 60, None)
