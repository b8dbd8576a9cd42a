"""How orders are found: every filter of the list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Site, order_body, refused


async def test_orders_come_in_rising_id_order_and_page_by_id(site: Site) -> None:
    for number in ("C", "A", "B"):
        await site.put_order(number)
    await site.put_order("X", goodsOwnerId=78)
    assert await site.numbers() == ["C", "A", "B"]
    assert await site.numbers(maxOrdersToGet=2) == ["C", "A"]
    assert await site.numbers(maxOrdersToGet=2, orderIdFrom=50003) == ["B"]
    assert await site.numbers(orderIdFrom=50004) == []


async def test_numbers_are_given_by_repeating_the_key(site: Site) -> None:
    for number in ("A", "B", "C"):
        await site.put_order(number)
    assert await site.numbers(orderNumber="B") == ["B"]
    assert await site.numbers(orderNumbers=["C", "A", "missing"]) == ["A", "C"]
    assert await site.numbers(orderNumbers="A,B") == []


async def test_statuses_are_inclusive_on_both_ends(site: Site) -> None:
    for number, status in (("A", 200), ("B", 300), ("C", 450)):
        await site.put_order(number)
        site.warehouse.set_order_status(number, status)
    assert await site.numbers(orderStatusFrom=300) == ["B", "C"]
    assert await site.numbers(orderStatusFrom=300, orderStatusTo=300) == ["B"]
    assert await site.numbers(orderStatusTo=299) == ["A"]


async def test_times_are_after_and_before(site: Site) -> None:
    await site.put_order("A")
    site.clock.forward(hours=1)
    await site.put_order("B")
    site.clock.forward(hours=1)
    site.warehouse.ship("A")
    site.clock.forward(hours=1)
    await site.put_order("B", orderRemark="changed")

    assert await site.numbers(orderCreatedTimeFrom="2027-02-01T08:00:00Z") == ["B"]
    assert await site.numbers(orderCreatedTimeTo="2027-02-01T09:00:00Z") == ["A"]
    assert await site.numbers(orderStatusChangedTimeFrom="2027-02-01T09:00:00Z") == ["A"]
    assert await site.numbers(orderUpdatedTimeFrom="2027-02-01T09:00:00Z") == ["A", "B"]
    assert await site.numbers(orderUpdatedTimeFrom="2027-02-01T11:00:00+01:00") == ["B"]
    assert await site.numbers(shippedTimeFrom="2027-02-01T09:00:00Z") == ["A"]
    assert await site.numbers(shippedTimeTo="2027-02-01T10:00:00Z") == []
    assert await site.numbers(lastPickingTimeFrom="2027-02-01T09:00:00Z") == ["A"]
    assert await site.numbers(lastReturnedFrom="2027-02-01T00:00:00Z") == []


async def test_updates_are_read_at_most_two_days_back_and_status_changes_without_limit(site: Site) -> None:
    await site.put_order("A")
    assert await site.numbers(orderUpdatedTimeFrom="2027-01-30T08:00:00Z") == ["A"]
    assert await site.numbers(orderStatusChangedTimeFrom="2026-01-01T00:00:00Z") == ["A"]
    answer = await site.api.get("/orders", params={"goodsOwnerId": 77, "orderUpdatedTimeFrom": "2027-01-30T07:59:59Z"})
    assert refused(answer) == "The value of 'orderUpdatedTimeFrom' must be within 48 hours of the current time."


async def test_the_other_filters(site: Site) -> None:
    await site.put_article(articleNumber="CAP", supplierInfo={"supplierNumber": "S-1"})
    await site.put_order("A", referenceNumber="R-1", marketPlace={"marketPlace": "Shop"})
    await site.put_order(
        "B", orderLines=[{"rowNumber": "1", "articleNumber": "CAP", "numberOfItems": 1, "serialNumber": "SN"}]
    )  # fmt: skip
    site.warehouse.put_in_stock("TEE", 100)
    assert await site.numbers(pickable="All") == ["A", "B"]
    assert await site.numbers(pickable="NotPickable") == ["B"]
    site.warehouse.ship("B", parcels=("370",))
    second = site.warehouse.orders[77, "B"]
    second.back_order_for, second.shipment_id, second.lines[0].returned = 50001, 9, 1
    assert await site.numbers(referenceNumbers=["R-1", "R-2"]) == ["A"]
    assert await site.numbers(marketPlace="Shop") == ["A"]
    assert await site.numbers(articleNumbers=["CAP"]) == ["B"]
    assert await site.numbers(serial="SN") == ["B"]
    assert await site.numbers(orderLineSupplierNumber="S-1") == ["B"]
    assert await site.numbers(parcelNumber="370") == ["B"]
    assert await site.numbers(backOrderForOrderId=50001) == ["B"]
    assert await site.numbers(shipmentId=9) == ["B"]
    assert await site.numbers(onlyIfTransportPrinted="true") == ["B"]
    assert await site.numbers(onlyOrdersWithOrderLinesToReportReturned="true") == ["B"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "'goodsOwnerId': is required"),
        ({"goodsOwnerId": 77, "goodsOwnerOrderId": "1"}, "'goodsOwnerOrderId': unknown parameter"),
        ({"goodsOwnerId": 77, "orderStatusFrom": "Open"}, "'orderStatusFrom': must be a whole number, not 'Open'"),
        ({"goodsOwnerId": 77, "pickable": "Yes"}, "'pickable': must be one of All, NotPickable, NotOk, not 'Yes'"),
        ({"goodsOwnerId": 77, "shippedTimeFrom": "2027-02-01"}, "'shippedTimeFrom': must be a date-time with a zone"),
    ],
)
async def test_a_wrong_query_is_refused_with_the_parameter_named(site: Site, query: dict[str, Any], words: str) -> None:
    assert words in refused(await site.api.get("/orders", params=query))


async def test_a_query_on_a_write_is_refused(site: Site) -> None:
    answer = await site.api.put("/orders", params={"goodsOwnerId": 77}, json=order_body())
    assert "'goodsOwnerId': unknown parameter" in refused(answer)
