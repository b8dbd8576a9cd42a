"""Purchase orders: announced, received, reported; those marked as a return among them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Site, refused


def body(number: str = "PO-310", **fields: Any) -> dict[str, Any]:
    return {
        "goodsOwnerId": 77,
        "purchaseOrderNumber": number,
        "inDate": "2027-03-10",
        "supplierInfo": {"supplierNumber": "S-4", "supplierName": "Textil Lda"},
        "purchaseOrderLines": [
            {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 100, "rowPrice": 48.5, "currencyCode": "NOK"}
        ],
        **fields,
    }


async def put(site: Site, number: str = "PO-310", **fields: Any) -> int:
    await site.put_article(articleNumber="TEE")
    answer = await site.api.put("/purchaseOrders", json=body(number, **fields))
    assert answer.status_code == 200, answer.text
    return answer.json()["purchaseOrderId"]


async def numbers(site: Site, **query: Any) -> list[str]:
    answer = await site.api.get("/purchaseOrders", params={"goodsOwnerId": 77, **query})
    assert answer.status_code == 200, answer.text
    return [order["purchaseOrderInfo"]["purchaseOrderNumber"] for order in answer.json()]


async def read(site: Site, purchase_id: int) -> dict[str, Any]:
    return (await site.api.get(f"/purchaseOrders/{purchase_id}")).json()


async def stock(site: Site) -> tuple[float, float]:
    info = (await site.read_article("TEE"))["inventoryInfo"]
    return info["numberOfItems"], info["toReceiveNumberOfItems"]


async def test_it_reads_back_in_the_vendors_shape(site: Site) -> None:
    purchase_id = await put(
        site,
        referenceNumber="W-10045",
        advanced={"purchaseOrderIsReturnType": True, "orderDate": "2027-02-01", "container": "C-1"},
        freeValues={"freeText1": "f", "freeBoolean1": True},
        classes=[{"code": "X", "name": "Express", "comment": "c"}],
    )
    order = await read(site, purchase_id)
    line_id = order["purchaseOrderLines"][0]["id"]
    assert order == {
        "goodsOwner": {"id": 77, "name": "Goods owner 77"},
        "supplierInfo": {"supplierNumber": "S-4", "supplierName": "Textil Lda"},
        "purchaseOrderInfo": {
            "purchaseOrderId": purchase_id,
            "purchaseOrderNumber": "PO-310",
            "supplierOrderNumber": None,
            "goodsOwnerReference": None,
            "referenceNumber": "W-10045",
            "purchaseOrderStatus": {"number": 100, "text": "Notified"},
            "purchaseOrderType": None,
            "inDate": "2027-03-10T00:00:00Z",
            "purchaseOrderRemark": None,
            "warehouse": {"id": 1, "code": "demo", "name": "demo"},
            "createdDate": "2027-02-01T08:00:00Z",
            "advanced": {
                "arrivalDate": None,
                "orderDate": "2027-02-01T00:00:00Z",
                "container": "C-1",
                "purchaseOrderIsReturnType": True,
                "advisedDate": None,
            },
            "freeValues": {
                "freeText1": "f",
                **dict.fromkeys(("freeText2", "freeText3", "freeText4", "freeText5", "freeDecimal1", "freeDecimal2")),
                "freeBool1": True,
                "freeBool2": None,
            },
            "invoiceNumber": None,
            "createdByUser": None,
        },
        "purchaseOrderLines": [
            {
                "id": line_id,
                "rowNumber": "1",
                "article": {"articleSystemId": 18001, "articleNumber": "TEE", "articleName": None, "productCode": None},
                "comment": None,
                "rowPrice": 48.5,
                "advisedNumberOfItems": 100,
                "receivedNumberOfItems": 0,
                "reportedNumberOfItems": None,
                "articleItems": None,
                "subPurchaseOrderLines": None,
                "externalOrderLineId": None,
                "lineType": None,
                "freeValues": None,
                "inDate": None,
                "textLines": None,
            }
        ],
        "sellerInfo": None,
        "classes": [{"code": "X", "name": "Express"}],
        "textLines": None,
    }


async def test_received_goods_go_into_stock_and_onto_the_work_list_until_they_are_reported(site: Site) -> None:
    purchase_id = await put(site)
    assert await stock(site) == (0, 100)
    site.clock.forward(hours=1)
    site.warehouse.purchases.receive("PO-310", {"1": 60})
    assert await stock(site) == (60, 40)
    order = await read(site, purchase_id)
    (line,) = order["purchaseOrderLines"]
    assert order["purchaseOrderInfo"]["purchaseOrderStatus"]["number"] == 400
    assert (line["receivedNumberOfItems"], line["articleItems"][0]["inDate"]) == (60, "2027-02-01T09:00:00Z")
    pending = {"onlyPurchaseOrdersWithOrderLinesToReport": "true"}
    assert await numbers(site, **pending, lastReceiveTimeFrom="2027-02-01T08:30:00Z") == ["PO-310"]
    path = f"/purchaseOrders/{purchase_id}/lines/{line['id']}/reportedNumberOfItems"
    assert (await site.api.patch(path, json={"reportedNumberOfItems": 60})).status_code == 200
    assert await numbers(site, **pending) == []
    site.warehouse.purchases.receive("PO-310", {"1": 40})
    assert await numbers(site, **pending, purchaseOrderStatusFrom=500) == ["PO-310"]
    await site.api.patch(f"/purchaseOrders/{purchase_id}/setReportedNumberOfItemsToReceivedNumberOfItems")
    assert await numbers(site, **pending) == []
    assert await stock(site) == (100, 0)


async def test_they_are_filtered_and_paged_by_id(site: Site) -> None:
    first, second = await put(site, "A"), await put(site, "B", inDate="2027-04-01")
    assert await numbers(site, maxPurchaseOrdersToGet=1) == ["A"]
    assert await numbers(site, purchaseOrderIdFrom=first + 1) == ["B"]
    assert await numbers(site, purchaseOrderNumbers=["B", "C"]) == ["B"]
    assert await numbers(site, purchaseOrderNumber="A") == ["A"]
    assert await numbers(site, inDateFrom="2027-03-20T00:00:00Z") == ["B"]
    assert await numbers(site, inDateTo="2027-03-20T00:00:00Z") == ["A"]
    assert await numbers(site, lastReceiveTimeTo="2028-01-01T00:00:00Z") == []
    assert await numbers(site, articleNumbers="TEE", purchaseOrderStatusTo=100) == ["A", "B"]
    assert second > first


async def test_it_is_changed_and_cancelled_until_receiving_has_begun(site: Site) -> None:
    purchase_id = await put(site)
    line_id = (await read(site, purchase_id))["purchaseOrderLines"][0]["id"]
    line = {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 5}
    assert await put(site, purchaseOrderLines=[line]) == purchase_id
    assert (await read(site, purchase_id))["purchaseOrderLines"][0]["id"] == line_id
    assert await stock(site) == (0, 5)
    await put(site, "B")
    assert (await site.api.delete("/purchaseOrders", params={"goodsOwnerId": 77, "purchaseOrderNumber": "B"})).status_code == 200
    assert await stock(site) == (0, 5)
    assert "already cancelled" in refused(await site.api.put("/purchaseOrders", json=body("B")))
    site.warehouse.purchases.receive("PO-310", {"1": 1})
    assert "started receiving" in refused(await site.api.put("/purchaseOrders", json=body()))
    assert "started receiving" in refused(await site.api.delete(f"/purchaseOrders/{purchase_id}"))


async def test_single_fields_are_changed(site: Site) -> None:
    purchase_id = await put(site)
    path = f"/purchaseOrders/{purchase_id}"
    await site.api.patch(f"{path}/inDate", json={"inDate": "2027-05-01"})
    await site.api.patch(f"{path}/advisedDate", json={"advisedDate": "2027-04-01"})
    answer = await site.api.patch(f"{path}/purchaseOrderStatus", json={"purchaseOrderStatusNumber": 200})
    assert answer.json() == {"purchaseOrderId": purchase_id, "message": None}
    info = (await read(site, purchase_id))["purchaseOrderInfo"]
    assert (info["inDate"], info["advanced"]["advisedDate"]) == ("2027-05-01T00:00:00Z", "2027-04-01T00:00:00Z")
    assert info["purchaseOrderStatus"]["text"] == "Arrival space"
    assert "no status 7" in refused(await site.api.patch(f"{path}/purchaseOrderStatus", json={"purchaseOrderStatusNumber": 7}))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"supplier": "S"}, "supplier: unknown field"),
        ({"warehouseId": 9}, "warehouseId: there is no warehouse 9"),
        ({"purchaseOrderLines": body()["purchaseOrderLines"] * 2}, "purchaseOrderLines[1].rowNumber"),
        ({"advanced": {"purchaseOrderStatusCreated": 1}}, "advanced.purchaseOrderStatusCreated: there is no status 1"),
        (
            {"purchaseOrderLines": [{"rowNumber": "1", "articleNumber": "NONE", "numberOfItems": 1}]},
            "purchaseOrderLines[0].articleNumber: there is no article 'NONE'",
        ),
    ],
)
async def test_a_wrong_one_is_refused_with_the_place_named(site: Site, fields: dict[str, Any], words: str) -> None:
    await site.put_article(articleNumber="TEE")
    assert words in refused(await site.api.put("/purchaseOrders", json=body(**fields)))


async def test_code_lists(site: Site) -> None:
    statuses = (await site.api.get("/purchaseOrders/statuses")).json()["orderStatuses"]
    assert [status["number"] for status in statuses] == [100, 200, 300, 400, 500, 900]
    types = (await site.api.get("/purchaseOrders/types", params={"goodsOwnerId": 77})).json()["purchaseOrderTypes"]
    assert {"code": "RETURN", "name": "Return"} in types
