"""Purchase orders over the REST API, into the simulated warehouse, for every system that a connection may have."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from app.domain import Process, Supplier
from app.engine.core.queue import Task
from app.engine.upkeep.retention import prune
from app.integrations.registry import INTEGRATIONS
from app.records.connections import Connection, Draft
from app.records.purchases import suppliers
from app.sandbox.ongoing.model.inbound.purchase_records import PurchaseOrder
from tests.api.calling import Site, client_of
from tests.harness import LONG_AGO, connections

BODY: dict[str, Any] = {
    "expected_on": "2027-03-10",
    "ordered_on": "2027-02-01",
    "advised_on": "2027-03-12",
    "container": "MSKU 123456-7",
    "remark": "Ring before you come",
    "reference": "Spring",
    "supplier_order_number": "99812",
    "supplier": {
        "number": "S-4",
        "name": "Textil Lda",
        "address": "Rua 1",
        "post_code": "4000",
        "city": "Porto",
        "country_code": "PT",
    },
    "extra": {"freeValues.freeText1": "quay 3", "freeValues.freeBoolean1": True, "freeValues.freeDecimal1": 2.5},
    "lines": [
        {
            "row_number": "1",
            "article_number": "TEE-M",
            "quantity": 100,
            "price": 48.5,
            "currency": "NOK",
            "external_id": "A-1",
            "batch": "B7",
            "expires_on": "2028-01-31",
            "comment": "In boxes of 10",
        },
        {"row_number": "2", "article_number": "TEE-L", "quantity": 2.5, "external_id": "A-2"},
    ],
}
SENT = {
    "goodsOwnerId": 77,
    "purchaseOrderNumber": "PO/310",
    "supplierOrderNumber": "99812",
    "referenceNumber": "Spring",
    "inDate": "2027-03-10T00:00:00Z",
    "purchaseOrderRemark": "Ring before you come",
    "advanced": {
        "container": "MSKU 123456-7",
        "orderDate": "2027-02-01T00:00:00Z",
        "advisedDate": "2027-03-12T00:00:00Z",
    },
    "supplierInfo": {
        "supplierNumber": "S-4",
        "supplierName": "Textil Lda",
        "supplierAddress": {"address": "Rua 1", "postCode": "4000", "city": "Porto", "countryCode": "PT"},
    },
    "freeValues": {"freeText1": "quay 3", "freeBoolean1": True, "freeDecimal1": 2.5},
    "purchaseOrderLines": [
        {
            "rowNumber": "1",
            "articleNumber": "TEE-M",
            "numberOfItems": 100,
            "externalOrderLineId": "A-1",
            "comment": "In boxes of 10",
            "rowPrice": 48.5,
            "currencyCode": "NOK",
            "batchNumber": "B7",
            "expiryDate": "2028-01-31T00:00:00Z",
        },
        {"rowNumber": "2", "articleNumber": "TEE-L", "numberOfItems": 2.5, "externalOrderLineId": "A-2"},
    ],
}
ONE_LINE: dict[str, Any] = {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 10}]}
AT = "/purchase-orders/shop/PO-1"


async def make_articles(site: Site, *numbers: str) -> None:
    """As somebody else makes them in the warehouse."""
    async with site.warehouse_caller() as caller:
        for number in numbers:
            answer = await caller.put("/articles", json={"goodsOwnerId": 77, "articleNumber": number, "articleName": number})
            assert answer.status_code == 200, answer.text


async def put(site: Site, body: dict[str, Any] = ONE_LINE, path: str = AT) -> dict[str, Any]:
    """Puts it and works until it has gone as far as it can."""
    answer = await site.client.put(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    await site.work()
    return await read(site, path)


async def read(site: Site, path: str = AT) -> dict[str, Any]:
    shown: dict[str, Any] = (await site.client.get(path)).json()
    return shown


def there(site: Site, number: str = "PO-1") -> PurchaseOrder:
    return site.warehouse.model.purchases.by_number[77, number]


def writes(site: Site) -> list[tuple[str, Any]]:
    """What was put and cancelled in the warehouse."""
    calls = [call for call in site.warehouse.calls() if call.method != "GET" and "/purchaseOrders" in call.path]
    return [(call.method, call.body) for call in calls]


@pytest.fixture
async def shop(lite_site: Site) -> Site:
    """With two articles in the warehouse."""
    await make_articles(lite_site, "TEE-M", "TEE-L")
    return lite_site


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
async def test_a_purchase_order_reaches_the_warehouse_whole(bare_site: Site, name: str) -> None:
    await make_articles(bare_site, "TEE-M", "TEE-L")
    await connect(bare_site, name)
    path = "/purchase-orders/shop/PO%2F310"
    answer = await bare_site.client.put(path, json=BODY)
    assert (answer.status_code, answer.json()["verdict"], answer.json()["state"]) == (201, "queued", "waiting")
    await bare_site.work()
    shown = await read(bare_site, path)
    assert (shown["state"], shown["number"], shown["warehouse"]["id"], shown["reason"]) == ("transferred", "PO/310", 70001, None)
    assert (shown["content"]["lines"][1]["quantity"], shown["content"]["supplier"]["city"]) == (2.5, "Porto")
    assert writes(bare_site) == [("PUT", SENT)]
    read_back = there(bare_site, "PO/310")
    assert [line.body.external_order_line_id for line in read_back.lines] == ["A-1", "A-2"]
    assert read_back.body.supplier_info.supplier_name == "Textil Lda"


async def connect(site: Site, name: str) -> Connection:
    """A connection of this system, whose own address is never called here."""
    system = INTEGRATIONS[name]
    draft = Draft(
        name="shop",
        integration=name,
        source=dict(system.reference.credentials),
        warehouse=site.warehouse.credentials(),
        settings={"go_live": LONG_AGO},
    )
    made = await connections.make_connection(site.gateway, draft)
    site.connections["shop"] = made
    return made


async def test_the_same_body_is_sent_once(shop: Site) -> None:
    first = await put(shop)
    again = await shop.client.put(AT, json=ONE_LINE)
    assert (again.status_code, again.json()["verdict"], again.json()["state"]) == (200, "unchanged", "transferred")
    assert again.json()["id"] == first["id"]
    await shop.work()
    assert len(writes(shop)) == 1


async def test_requests_at_the_same_moment_make_one_purchase_order(site: Site) -> None:
    await make_articles(site, "TEE-M")
    answers = await asyncio.gather(*(site.client.put(AT, json=ONE_LINE) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]
    await asyncio.gather(site.work(), site.work())
    assert [method for method, _ in writes(site)] == ["PUT"]
    assert (await read(site))["state"] == "transferred"


async def test_a_change_is_sent_until_receiving_has_begun(shop: Site) -> None:
    await put(shop)
    more = {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 20}]}
    assert (await put(shop, more))["state"] == "transferred"
    assert [line.advised for line in there(shop).lines] == [20]
    shop.warehouse.model.purchases.receive("PO-1", {"1": 5})
    held = await put(shop, {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 30}]})
    assert (held["state"], held["reason_code"]) == ("held", "receiving-begun")
    assert "had begun to receive it (status 400" in held["reason"]
    assert len(writes(shop)) == 2
    # Put as it was, it is settled, and nothing is sent.
    assert (await put(shop, more))["state"] == "transferred"
    assert len(writes(shop)) == 2


async def test_it_waits_for_an_article_until_that_has_come(shop: Site) -> None:
    shirt = shop.shop.product(sku="SHIRT", name="Shirt")
    body = {"lines": [*ONE_LINE["lines"], {"row_number": "2", "article_number": "SHIRT", "quantity": 1}]}
    held = await put(shop, body)
    assert (held["state"], held["reason_code"]) == ("held", "article-missing")
    assert "SHIRT (row 2)" in held["reason"]
    assert writes(shop) == []
    await shop.take_in(shirt, "product.updated")
    assert (await read(shop))["state"] == "transferred"
    assert [line.article.number for line in there(shop).lines] == ["TEE-M", "SHIRT"]


async def test_an_article_that_waits_goes_before_it(shop: Site) -> None:
    shirt = shop.shop.product(sku="SHIRT", name="Shirt")
    await shop.announce(shirt, "product.updated")
    await shop.wake_ups.send(Task.INGEST, shop.connection.id)
    await shop.ingest()
    assert (await put(shop, {"lines": [{"row_number": "1", "article_number": "SHIRT", "quantity": 1}]}))["state"] == "transferred"
    assert [call.body["articleName"] for call in shop.warehouse.writes(path="/articles")][2:] == ["Shirt"]


async def test_it_is_stopped_while_it_waits(shop: Site) -> None:
    await shop.client.put(AT, json=ONE_LINE)
    answer = await shop.client.delete(AT)
    assert (answer.status_code, answer.json()["state"], answer.json()["is_cancelled"]) == (200, "waiting", True)
    await shop.work()
    assert (await read(shop))["state"] == "cancelled"
    assert writes(shop) == []
    assert (await shop.client.delete(AT)).json()["verdict"] == "unchanged"


async def test_it_is_cancelled_in_the_warehouse(shop: Site) -> None:
    await put(shop)
    assert (await shop.client.delete(AT)).status_code == 200
    await shop.work()
    shown = await read(shop)
    assert (shown["state"], shown["warehouse"]["status"], there(shop).status) == ("cancelled", 900, 900)
    held = await put(shop)
    assert (held["state"], held["reason_code"]) == ("held", "reopened-after-cancel")
    assert [method for method, _ in writes(shop)] == ["PUT", "DELETE"]


async def test_it_is_not_cancelled_once_receiving_has_begun(shop: Site) -> None:
    await put(shop)
    shop.warehouse.model.purchases.receive("PO-1", {"1": 10})
    assert (await shop.client.delete(AT)).status_code == 200
    await shop.work()
    held = await read(shop)
    assert (held["state"], held["reason_code"], held["is_cancelled"]) == ("held", "receiving-begun", True)
    refused = await shop.client.delete(AT)
    assert (refused.status_code, refused.json()["field"]) == (409, "number")
    assert [method for method, _ in writes(shop)] == ["PUT"]


async def test_one_that_others_made_is_not_written_over(shop: Site) -> None:
    lines = [{"rowNumber": "1", "articleNumber": "TEE-L", "numberOfItems": 3}]
    async with shop.warehouse_caller() as caller:
        await caller.put("/purchaseOrders", json={"goodsOwnerId": 77, "purchaseOrderNumber": "PO-1", "purchaseOrderLines": lines})
    held = await put(shop)
    assert (held["state"], held["reason_code"]) == ("held", "purchase-made-elsewhere")
    released = await shop.client.post(f"/mappings/{held['id']}/release")
    assert released.status_code == 200, released.text
    await shop.work()
    assert (await read(shop))["state"] == "transferred"
    assert [line.article.number for line in there(shop).lines] == ["TEE-M"]


async def test_one_that_is_there_as_it_was_put_is_taken_over_without_a_write(shop: Site) -> None:
    lines = [{"rowNumber": "1", "articleNumber": "TEE-M", "numberOfItems": 10}]
    async with shop.warehouse_caller() as caller:
        await caller.put("/purchaseOrders", json={"goodsOwnerId": 77, "purchaseOrderNumber": "PO-1", "purchaseOrderLines": lines})
    assert (await put(shop))["state"] == "transferred"
    assert len(writes(shop)) == 1


async def test_an_answer_that_was_lost_makes_no_second_write(shop: Site) -> None:
    shop.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/purchaseOrders", times=1, after_write=True)
    await shop.client.put(AT, json=ONE_LINE)
    await shop.work()
    shop.mend()
    for _ in range(8):
        shop.tick(120)
        await shop.work(sweep=True)
    assert (await read(shop))["state"] == "transferred"
    assert [method for method, _ in writes(shop)] == ["PUT"]


async def test_what_the_warehouse_refuses_is_a_dead_letter(shop: Site) -> None:
    shop.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/purchaseOrders")
    refused = await put(shop)
    assert (refused["state"], refused["reason_code"]) == ("refused", "refused")
    shop.mend()
    assert (
        await shop.client.post("/dead-letters/replay", json={"filter": {"process": "purchase-orders"}, "dry_run": False})
    ).status_code == 200
    shop.tick(600)
    await shop.work(sweep=True)
    assert (await read(shop))["state"] == "transferred"


async def test_another_connection_cannot_take_the_number(shop: Site) -> None:
    await shop.connect("second", processes={"articles": False}, order_number_prefix="B")
    await put(shop)
    held = await put(shop, path="/purchase-orders/second/PO-1")
    assert (held["state"], held["reason_code"]) == ("held", "purchase-number-taken")
    assert len(writes(shop)) == 1


async def test_lists_are_cut_by_state_connection_and_number(shop: Site) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        await put(shop, path=f"/purchase-orders/shop/{number}")
    await shop.client.delete("/purchase-orders/shop/PO-2")
    await shop.work()
    await put(shop, {"lines": [{"row_number": "1", "article_number": "NONE", "quantity": 1}]}, "/purchase-orders/shop/PO-4")

    async def numbers(**query: Any) -> list[str]:
        return [each["number"] for each in (await shop.client.get("/purchase-orders", params=query)).json()["items"]]

    assert await numbers() == ["PO-4", "PO-3", "PO-2", "PO-1"]
    assert await numbers(state="transferred", connection="shop") == ["PO-3", "PO-1"]
    assert await numbers(state="cancelled") == ["PO-2"]
    assert await numbers(state="held") == ["PO-4"]
    assert await numbers(number="PO-3") == ["PO-3"]
    assert await numbers(number="PO-3", state="held") == []
    first = (await shop.client.get("/purchase-orders", params={"limit": 3})).json()
    assert await numbers(limit=3, cursor=first["next_cursor"]) == ["PO-1"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"lines": []}, "lines"),
    ({"lines": [{"row_number": "1", "article_number": "A%", "quantity": 1}]}, "lines[0].article_number"),
    ({"lines": [{"row_number": "1", "article_number": " A", "quantity": 1}]}, "lines[0].article_number"),
    ({"lines": [{"row_number": "1", "article_number": "A", "quantity": 0}]}, "lines.0.quantity"),
    ({"lines": [{"row_number": "1", "article_number": "A", "quantity": 1}] * 2}, "lines[0].row_number"),
    ({**ONE_LINE, "expected_on": "2027-03-10T08:00:00Z"}, "expected_on"),
    ({**ONE_LINE, "expected_on": 20270310}, "expected_on"),
    ({**ONE_LINE, "supplier": {"number": "S-4", "country_code": "PX"}}, "supplier.country_code"),
    ({**ONE_LINE, "extra": {"orderRemark": "x"}}, "extra.orderRemark"),
    ({**ONE_LINE, "color": "x"}, "color"),
]


async def test_what_cannot_be_sent_is_refused_with_its_field(shop: Site) -> None:
    for body, field in REFUSED:
        answer = await shop.client.put(AT, json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), (body, answer.text)
        assert answer.json()["fix"]
    assert (await shop.client.get(AT)).status_code == 404
    assert (await shop.client.delete(AT)).status_code == 404


async def test_a_draft_and_a_connection_that_takes_none_refuse(shop: Site) -> None:
    await shop.change_settings(shop.connection, processes={"purchase_orders": False})
    answer = await shop.client.put(AT, json=ONE_LINE)
    assert (answer.status_code, answer.json()["fix"]) == (409, "set settings.processes.purchase_orders to true")
    assert not shop.connections["shop"].settings.processes.is_on(Process.PURCHASE_ORDERS)


async def test_a_key_that_only_reads_puts_nothing(shop: Site) -> None:
    reader: httpx.AsyncClient = await shop.door.caller("read")
    assert (await reader.put(AT, json=ONE_LINE)).status_code == 403
    assert (await reader.get("/purchase-orders")).json()["items"] == []


async def test_a_record_is_explained_in_the_callers_words(shop: Site) -> None:
    held = await put(shop, {"lines": [{"row_number": "1", "article_number": "NONE", "quantity": 1}]})
    shown = (await shop.client.get(f"/mappings/{held['id']}")).json()
    assert "or it changes in the caller's system" in shown["next"]["text"]
    assert {each["name"]: each["possible"] for each in shown["actions"]} == {
        "resync": True,
        "release": True,
        "replay": False,
        "resolve": True,
    }
    await make_articles(shop, "NONE")
    assert (await shop.client.post(f"/mappings/{held['id']}/release")).status_code == 200
    await shop.work()
    assert (await read(shop))["state"] == "transferred"
    # What somebody changes in the warehouse is put right by a resync.
    there(shop).lines[0].body = there(shop).lines[0].body.model_copy(update={"number_of_items": 7})
    assert (await shop.client.post(f"/mappings/{held['id']}/resync")).json()["verdict"] == "queued"
    await shop.work()
    assert there(shop).lines[0].advised == 1


async def test_a_supplier_that_is_named_by_its_number_goes_along_as_it_is_kept(shop: Site) -> None:
    kept = Supplier("S-4", None, "S-4", "Textil Lda", city="Porto", country_code="PT")
    async with shop.gateway.database.begin() as db:
        await suppliers.keep_all(db, [(shop.connection.id, kept)], shop.clock())
    await put(shop, {**ONE_LINE, "supplier": {"number": "S-4"}})
    assert there(shop).body.supplier_info.supplier_name == "Textil Lda"
    assert there(shop).body.supplier_info.supplier_address.city == "Porto"
    await put(shop, {**ONE_LINE, "supplier": {"number": "S-9"}}, "/purchase-orders/shop/PO-2")
    assert writes(shop)[1][1]["supplierInfo"] == {"supplierNumber": "S-9"}


async def test_its_content_is_kept_when_personal_data_goes(shop: Site) -> None:
    await put(shop, {**ONE_LINE, "remark": "Ring Kari"})
    shop.tick(86400 * 400)
    await prune(shop.gateway, shop.clock())
    assert (await read(shop))["content"]["remark"] == "Ring Kari"
    more = {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 20}], "remark": "Ring Kari"}
    assert (await put(shop, more))["state"] == "transferred"
    erased = await shop.client.post("/erase", json={"text": "Ring Kari", "dry_run": False})
    assert erased.status_code == 200
    assert (await read(shop))["content"] is None
    assert (await shop.client.delete(AT)).status_code == 200
    await shop.work()
    assert (await read(shop))["state"] == "cancelled"


async def test_the_console_lists_and_shows_it(shop: Site) -> None:
    shown = await put(shop, BODY)
    async with client_of(shop.door.app) as person:
        token = re.search(r'name="csrf" value="(\w+)"', (await person.get("/console/login")).text)
        assert token is not None
        given = {"csrf": token[1], "api_key": await shop.door.key("sync"), "next": ""}
        assert (await person.post("/console/login", data=given)).status_code == 303
        listed = (await person.get("/console/purchase-orders?state=transferred")).text
        assert f'href="/console/purchase-orders/{shown["id"]}">PO-1</a>' in listed
        assert "In the warehouse" in listed
        address = f"/console/purchase-orders/{shown['id']}"
        page = (await person.get(address)).text
        token = re.search(r'name="csrf" value="(\w+)"', page)
        assert token is not None
        assert (await person.post(f"{address}/take-back", data={"csrf": token[1]})).status_code == 303
    await shop.work()
    assert (await read(shop))["state"] == "cancelled"
    for text in ("Purchase order PO-1", "Textil Lda", "2027-03-10", "TEE-L", "A-2", "2028-01-31"):
        assert text in page, text


TWENTY: dict[str, Any] = {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 20}]}


async def test_one_that_the_warehouse_has_cancelled_is_held(shop: Site) -> None:
    await put(shop)
    shop.warehouse.model.purchases.cancel(there(shop))
    held = await put(shop, TWENTY)
    assert (held["state"], held["reason_code"], held["warehouse"]["status"]) == ("held", "cancelled-in-warehouse", 900)
    assert len(writes(shop)) == 1
    assert (await shop.client.delete(AT)).status_code == 200
    await shop.work()
    assert (await read(shop))["state"] == "cancelled"
    assert len(writes(shop)) == 1


async def test_one_that_has_vanished_is_sent_again_only_when_it_is_released(shop: Site) -> None:
    await put(shop)
    purchases = shop.warehouse.model.purchases
    gone = purchases.by_number.pop((77, "PO-1"))
    del purchases.by_id[gone.id]
    held = await put(shop, TWENTY)
    assert (held["state"], held["reason_code"]) == ("held", "vanished")
    assert (await shop.client.post(f"/mappings/{held['id']}/release")).status_code == 200
    await shop.work()
    assert (await read(shop))["state"] == "transferred"
    assert [line.advised for line in there(shop).lines] == [20]


async def test_a_cancellation_whose_answer_was_lost_is_not_made_again(shop: Site) -> None:
    await put(shop)
    shop.warehouse.fail("hang-up", method="DELETE", path="/demo/api/v1/purchaseOrders", times=1, after_write=True)
    await shop.client.delete(AT)
    await shop.work()
    for _ in range(4):
        shop.tick(120)
        await shop.work(sweep=True)
    assert (await read(shop))["state"] == "cancelled"
    assert [method for method, _ in writes(shop)] == ["PUT", "DELETE"]
