"""Playing the warehouse from outside, under `/_sandbox`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Site


async def do(site: Site, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await site.outside.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_order_is_picked_shipped_tracked_later_and_comes_back(site: Site) -> None:
    await site.put_order("W/1 #2")
    picked = await do(site, "orders/W%2F1%20%232/pick", {"picked": {"1": 1}})
    assert (picked["orderInfo"]["orderStatus"]["number"], picked["orderInfo"]["pickedNumberOfItems"]) == (400, 1)
    shipped = await do(site, "orders/W%2F1%20%232/ship", {"waybill": "703", "goods_owner_id": 77})
    assert (shipped["orderInfo"]["orderStatus"]["number"], shipped["orderInfo"]["wayBill"]) == (450, "703")
    parcels = ["3701", {"number": "3702", "url": "https://c.example/3702", "waybill": "703"}, {"number": "R", "is_return": True}]
    tracked = await do(
        site,
        "orders/W%2F1%20%232/tracking",
        {"waybill": "704", "url": "https://c.example/704", "parcels": parcels, "return_waybill": "R"},
    )
    assert [one["waybill"] for one in tracked["tracking"]] == ["703", "704"]
    assert tracked["tracking"][1]["trackingUrl"] == "https://c.example/704"
    assert [(one["parcelNumber"], one["isReturnParcel"]) for one in tracked["parcels"]] == [
        ("3701", False),
        ("3702", False),
        ("R", True),
    ]
    assert tracked["returnTracking"][0]["waybill"] == "R"
    back = await do(site, "orders/W%2F1%20%232/return", {"returned": {"1": 1}, "cause": "SIZE"})
    assert back["orderLines"][0]["returnedNumberOfItems"] == 1


async def test_everything_is_picked_when_no_quantities_are_named(site: Site) -> None:
    await site.put_order()
    assert (await do(site, "orders/W-1/pick", {}))["orderInfo"]["pickedNumberOfItems"] == 2


async def test_stock_is_counted_adjusted_and_locked(site: Site) -> None:
    await site.put_article(articleNumber="TEE/M")
    for body in ({"present": 10}, {"by": -3, "cause": "BROKEN"}, {"locked": 1, "locked_for_sale": 2}):
        article = await do(site, "articles/TEE%2FM/stock", body)
    info = article["inventoryInfo"]
    assert (info["numberOfItems"], info["numberOfLockedItems"], info["lockedForSaleNumberOfItems"]) == (7, 1, 2)
    assert info["sellableNumberOfItems"] == 4


async def test_returns_and_purchases_are_received(site: Site) -> None:
    await site.put_order()
    await do(site, "orders/W-1/ship", {})
    line = {"returnOrderRowNumber": "1", "customerOrderLine": {"orderLineId": 480001}, "toBeReturnedNumberOfItems": 1}
    body = {"goodsOwnerId": 77, "returnOrderNumber": "R-1", "customerOrder": {"orderId": 50001}, "returnOrderLines": [line]}
    await site.api.put("/returnOrders", json=body)
    returned = await do(site, "return-orders/R-1/receive", {"received": {"1": 1}, "cause": "REGRET"})
    assert returned["returnOrderLines"][0]["returnedNumberOfItems"] == 1
    row = {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 5}
    await site.api.put("/purchaseOrders", json={"goodsOwnerId": 77, "purchaseOrderNumber": "PO", "purchaseOrderLines": [row]})
    received = await do(site, "purchase-orders/PO/receive", {"received": {"1": 2}})
    assert received["purchaseOrderLines"][0]["receivedNumberOfItems"] == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("orders/W-9/pick", {}, 404),
        ("orders/W-1/pick", {"picked": {"7": 1}}, 404),
        ("orders/W-1/pick", {"picked": {"1": -1}}, 422),
        ("orders/W-1/ship", {"carrier": "BRING"}, 422),
        ("orders/W-1/return", {"returned": {"1": 9}}, 422),
        ("orders/W-1/return", {"returned": {"1": 0}}, 422),
        ("orders/W-1/return", {"returned": {"1": 1}, "cause": "NONE"}, 404),
        ("articles/NONE/stock", {"present": 1}, 404),
        ("return-orders/R-1/receive", {"received": {"1": 1}}, 404),
        ("purchase-orders/PO/receive", {}, 422),
    ],
)
async def test_what_makes_no_sense_is_said(site: Site, path: str, body: dict[str, Any], status: int) -> None:
    await site.put_order()
    answer = await site.outside.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
