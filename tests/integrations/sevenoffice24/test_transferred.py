"""What is transferred from 24SevenOffice: articles, orders, edits, cancellations, against the simulated ERP and warehouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.core.queue import Task
from app.worker import work
from tests.api.calling import Site, open_site
from tests.harness.sevenoffice24 import SimulatedSevenOffice

REACHABLE: dict[str, Any] = {"CustomerDeliveryPhone": "+4790000000", "InvoiceEmailAddress": "innkjop@fjordsport.example"}


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
async def erp(site: Site) -> AsyncIterator[SimulatedSevenOffice]:
    """No test may make a call that the service descriptions do not allow, or two at once."""
    opened = SimulatedSevenOffice.open(site.clock)
    yield opened
    assert opened.office.refused("request") == []
    assert opened.office.most_at_once == 1


async def active(site: Site, erp: SimulatedSevenOffice, **settings: Any) -> dict[str, Any]:
    given = {
        "name": "engros",
        "integration": "24sevenoffice",
        "source": erp.credentials(),
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", **settings},
    }
    answer = await site.client.post("/connections", json=given)
    assert answer.status_code == 201, answer.text
    activated = await site.client.post("/connections/engros/activate")
    assert activated.status_code == 200, activated.text
    shown: dict[str, Any] = answer.json()
    return shown


async def sync(site: Site, process: str, **params: Any) -> dict[str, Any]:
    async with site.worker():
        run = await site.client.post("/sync/engros", params={"process": process, **params})
    assert run.status_code == 200, run.text
    found: dict[str, Any] = run.json()
    return found


def articles(site: Site) -> list[dict[str, Any]]:
    """What was put into the warehouse, in the order of the numbers."""
    return sorted((call.body for call in site.warehouse.writes(path="/articles")), key=lambda each: each["articleNumber"])


def orders(site: Site) -> list[dict[str, Any]]:
    return [call.body for call in site.warehouse.writes()]


def counts(run: dict[str, Any]) -> dict[str, Any]:
    (part,) = run["parts"]
    found: dict[str, Any] = part["counts"]
    return found


async def test_articles_and_orders_reach_the_warehouse(site: Site, erp: SimulatedSevenOffice) -> None:
    erp.product("WS-42", "Wool socks 42", Description="Warm", EAN1="0704661234567", Weight="0.12")
    erp.product("CAP-1", "Cap", Weight=None)
    await active(site, erp)
    await sync(site, "articles")
    cap = {"goodsOwnerId": 77, "articleNumber": "CAP-1", "articleName": "Cap", "productCode": "1043", "isStockArticle": True}
    socks = {
        "goodsOwnerId": 77,
        "articleNumber": "WS-42",
        "articleName": "Wool socks 42",
        "productCode": "1042",
        "isStockArticle": True,
        "description": "Warm",
        "barCodeInfo": {"barCode": "0704661234567"},
        "weight": 0.12,
    }
    assert articles(site) == [cap, socks]
    rows: list[dict[str, Any]] = [
        {"Type": "Text", "Name": "Gift wrap"},
        {"No": "WS-42", "Quantity": 2},
        {"No": "CAP-1", "Quantity": 1},
    ]
    placed = erp.tenant.place_order(
        rows, InvoiceTitle="Call first", YourReference="Kari Nordmann", ReferenceNumber="PO-778", CustomerDeliveryName="Dock 2"
    )
    await sync(site, "orders")
    (sent,) = orders(site)
    phone = {"toBeNotified": False, "value": "+4791111111"}
    assert sent == {
        "goodsOwnerId": 77,
        "goodsOwnerOrderId": "5501",
        "orderNumber": "5501",
        "deliveryDate": sent["deliveryDate"],
        "referenceNumber": "PO-778",
        "salesCode": "Kari Nordmann",
        "orderRemark": "Call first",
        "advanced": {"wayOfDeliveryString": "Pakke hjem"},
        "wayOfDelivery": {"code": "3", "name": "Pakke hjem"},
        "consignee": {
            "customerNumber": "2200",
            "name": "Dock 2",
            "address1": "Kaia 7",
            "postCode": "0150",
            "city": "OSLO",
            "countryCode": "NO",
            "advanced": {
                "smsNotification": phone,
                "telephoneNotification": phone,
                "emailNotification": {"toBeNotified": False, "value": "faktura@fjordsport.example"},
            },
            "invoiceAddress": {
                "name": "Fjord Sport AS",
                "address1": "Postboks 1",
                "postCode": "0101",
                "city": "OSLO",
                "countryCode": "NO",
            },
        },
        "orderLines": [
            {"rowNumber": "9002", "articleNumber": "WS-42", "numberOfItems": 2, "prices": {"currencyCode": "NOK"}},
            {"rowNumber": "9003", "articleNumber": "CAP-1", "numberOfItems": 1, "prices": {"currencyCode": "NOK"}},
        ],
    }
    assert sent["deliveryDate"] == f"{placed['DeliveryDate']:%Y-%m-%dT00:00:00Z}"
    shown = (await site.client.get("/mappings", params={"number": "5501"})).json()["items"][0]
    history = (await site.client.get(f"/mappings/{shown['id']}")).text
    assert "Not sent, a text row: Gift wrap" in history


async def test_what_has_not_changed_is_not_sent_again(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    erp.order("A-1", "A-2")
    for _ in range(2):
        for process in ("articles", "orders"):
            await sync(site, process)
        site.tick(15 * 60)
    assert (len(articles(site)), len(orders(site))) == (2, 1)


async def test_an_empty_erp_gives_nothing_and_the_runs_are_done(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    for process in ("articles", "orders"):
        run = await sync(site, process)
        assert (run["state"], counts(run)["read"]) == ("done", 0)


async def test_an_edit_is_sent_until_the_warehouse_has_started(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    placed = erp.order("A-1", **REACHABLE)["OrderId"]
    await sync(site, "orders")
    site.tick(60)
    erp.tenant.edit_order(placed, InvoiceTitle="Ring først")
    await sync(site, "orders")
    assert [each.get("orderRemark") for each in orders(site)] == [None, "Ring først"]
    site.warehouse.model.pick(str(placed))
    site.tick(60)
    erp.tenant.edit_order(placed, InvoiceTitle="For sent")
    await sync(site, "orders")
    assert len(orders(site)) == 2
    assert (await site.stored.mapping(str(placed), "order")).reason_code == "warehouse-started"


@pytest.mark.parametrize("status", ["Offer", "Inactive"])
async def test_an_order_that_leaves_the_transferred_states_is_cancelled(
    site: Site, erp: SimulatedSevenOffice, status: str
) -> None:
    await active(site, erp)
    placed = erp.order("A-1")["OrderId"]
    await sync(site, "orders")
    site.tick(60)
    erp.tenant.edit_order(placed, OrderStatus=status)
    await sync(site, "orders")
    order = site.warehouse.order(str(placed))
    assert order is not None
    assert order.status == 1000


async def test_a_deleted_order_is_cancelled_when_two_polls_have_not_found_it(site: Site, erp: SimulatedSevenOffice) -> None:
    shown = await active(site, erp)
    placed = erp.order("A-1")["OrderId"]
    await sync(site, "orders")
    site.tick(3600)
    erp.tenant.delete_order(placed)
    connection, statuses = await site.gateway.connection(shown["id"]), []
    for sweep in (True, False):
        await site.poll("orders", connection, sweep=sweep)
        await site.work()
        order = site.warehouse.order(str(placed))
        assert order is not None
        statuses.append(order.status)
        site.tick(15 * 60)
    assert (statuses[0] < 1000, statuses[1]) == (True, 1000)


async def test_an_order_that_the_erp_is_done_with_stays_in_the_warehouse(site: Site, erp: SimulatedSevenOffice) -> None:
    shown = await active(site, erp)
    placed = erp.order("A-1")["OrderId"]
    await sync(site, "orders")
    site.tick(3600)
    erp.tenant.edit_order(placed, OrderStatus="Invoiced")
    connection = await site.gateway.connection(shown["id"])
    await site.poll("orders", connection, sweep=True)
    await site.work()
    order = site.warehouse.order(str(placed))
    assert order is not None
    assert order.status < 1000


async def test_orders_from_before_go_live_are_left_out(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp, go_live=site.clock().replace(microsecond=0).isoformat())  # the wire has whole seconds
    midnight = site.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    for ordered in (midnight.replace(year=midnight.year - 1), midnight, site.clock()):
        erp.order("A-1", DateOrdered=ordered)
    await sync(site, "orders")
    assert sorted(each["orderNumber"] for each in orders(site)) == ["5502", "5503"]
    assert (await site.stored.mapping("5501", "order")).reason_code == "before-go-live"


async def test_two_products_with_one_number_are_not_sent_and_hold_their_orders(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    first, second = (erp.product("A-1", name)["Id"] for name in ("Rød", "Blå"))
    erp.tenant.place_order([{"ProductId": first}], **REACHABLE)
    for process in ("articles", "orders"):
        await sync(site, process)
    assert (articles(site), orders(site)) == ([], [])
    listed = (await site.client.get("/mappings", params={"kind": "article"})).json()["items"]
    assert [each["reason_code"] for each in listed] == ["article-number-taken"] * 2
    assert all(f"products {first} and {second}" in each["reason"] for each in listed)
    assert (await site.stored.job("5501")).reason_code == "line-without-article-number"
    site.tick(15 * 60)
    erp.tenant.change_product(second, No="A-2")
    await sync(site, "articles")
    await site.work()
    assert [each["articleNumber"] for each in articles(site)] == ["A-1", "A-2"]
    assert [each["orderLines"][0]["articleNumber"] for each in orders(site)] == ["A-1"]


async def test_articles_are_found_by_product_id_and_number_sent_or_not(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp, article_number_replacements={"_": "-"})
    first, second, forbidden, replaced, sent = (erp.product(each)["Id"] for each in ("A-1", "A-1", "B%1", "C_1", "D-1"))
    await sync(site, "articles")
    assert sorted(each["articleNumber"] for each in articles(site)) == ["C-1", "D-1"]

    async def found(number: object) -> list[tuple[str, str | None]]:
        listed = (await site.client.get("/mappings", params={"kind": "article", "number": str(number)})).json()["items"]
        return sorted((each["shop"]["id"], each["shop"]["number"]) for each in listed)

    assert await found("A-1") == [(str(first), "A-1"), (str(second), "A-1")]
    assert await found(first) == [(str(first), "A-1")]
    assert await found(second) == [(str(second), "A-1")]
    assert await found("B%1") == await found(forbidden) == [(str(forbidden), "B%1")]
    assert await found("C_1") == await found("C-1") == await found(replaced) == [(str(replaced), "C_1")]
    assert await found("D-1") == await found(sent) == [(str(sent), "D-1")]
    erp.tenant.change_product(second, No="A-2")
    site.tick(15 * 60)
    await sync(site, "articles")
    assert (await found("A-1"), await found("A-2")) == ([(str(first), "A-1")], [(str(second), "A-2")])


async def test_an_order_does_not_get_a_number_that_two_products_have_while_they_wait(
    site: Site, erp: SimulatedSevenOffice
) -> None:
    connection = (await active(site, erp))["id"]
    site.wake_ups.waiting.clear()
    first, _ = (erp.product("A-1", name)["Id"] for name in ("Rød", "Blå"))
    erp.tenant.place_order([{"ProductId": first}], **REACHABLE)
    for process in ("articles", "orders"):  # nothing of the articles is worked off before the order is read
        await work(site.gateway, Task.POLL, f"{connection}:{process}")
    await site.work()
    assert (articles(site), orders(site)) == ([], [])
    assert (await site.stored.job("5501")).reason_code == "line-without-article-number"


async def test_a_dry_run_names_the_numbers_of_new_records(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    for process in ("articles", "orders"):
        await sync(site, process)
    erp.order("A-1")
    for process, number in (("articles", "A-1"), ("orders", "5501")):
        run = await sync(site, process, dry_run=True)
        assert [each["number"] for each in run["preview"]] == [number]
    assert (articles(site), orders(site)) == ([], [])


async def test_a_read_that_failed_is_no_done_run_and_everything_is_read_afterwards(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    erp.order("A-1")
    erp.fail("status", operation="GetInvoices", status=503)
    async with site.worker():
        run = await site.client.post("/sync/engros", params={"process": "orders"})
    assert (run.status_code, run.json()["run"]["state"]) == (424, "failed")
    assert orders(site) == []
    erp.mend()
    site.tick(60)
    await sync(site, "orders")
    assert [each["orderNumber"] for each in orders(site)] == ["5501"]


async def test_the_whole_system_is_synced_by_its_name(site: Site, erp: SimulatedSevenOffice) -> None:
    await active(site, erp)
    erp.order("A-1")
    async with site.worker():
        run = await site.client.post("/sync/24sevenoffice")
    assert run.status_code == 200, run.text
    read = {part["process"]: part["counts"]["read"] for part in run.json()["parts"]}
    assert (read["articles"], read["orders"]) == (1, 1)
    assert len(orders(site)) == 1
