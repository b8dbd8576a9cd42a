"""Partial deliveries, back orders, and the carrier's numbers that come late."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing import Package
from tests.sandbox.ongoing.simulated_site import Build, Site

TEN_AND_ONE = [
    {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 10},
    {"rowNumber": "2", "articleNumber": "CAP", "numberOfItems": 1},
]


async def ten_tees_and_a_cap(site: Site) -> None:
    await site.put_order(orderLines=TEN_AND_ONE, goodsOwnerOrderId="10045")


async def picked_and_reported(site: Site, number: str = "W-1") -> list[tuple[float, float, float | None]]:
    lines = (await site.read_order(number))["orderLines"]
    return [(line["orderedNumberOfItems"], line["pickedNumberOfItems"], line["reportedNumberOfItems"]) for line in lines]


class TestTheSameOrder:
    async def test_the_work_list_follows_picks_and_reports_without_a_clock(self, site: Site) -> None:
        """The vendor's example: 10 ordered, 8 picked, report 8; later 2 picked, the order appears again."""
        await ten_tees_and_a_cap(site)
        to_report = {"onlyOrdersWithOrderLinesToReport": "true"}
        assert await site.numbers(**to_report) == []
        site.warehouse.pick("W-1", {"1": 8})
        site.warehouse.ship("W-1", "70300001")
        assert await site.numbers(**to_report) == ["W-1"]
        await site.api.patch("/orders/50001/lines/480001/reportedNumberOfItems", json={"reportedNumberOfItems": 8})
        assert await site.numbers(**to_report) == []
        site.warehouse.pick("W-1", {"1": 10, "2": 1})
        site.warehouse.track("W-1", "70300002")
        assert await site.numbers(**to_report) == ["W-1"]
        assert await picked_and_reported(site) == [(10, 10, 8), (1, 1, None)]
        order = await site.read_order()
        assert [one["waybill"] for one in order["tracking"]] == ["70300001", "70300002"]
        assert [line["packedNumberOfItems"] for line in order["orderLines"]] == [10, 1]

    async def test_what_is_still_to_come_stays_booked(self, site: Site) -> None:
        await site.put_article(articleNumber="TEE")
        site.warehouse.put_in_stock("TEE", 8)
        await ten_tees_and_a_cap(site)
        site.warehouse.pick("W-1", {"1": 8})
        site.warehouse.ship("W-1")
        info = (await site.read_article("TEE"))["inventoryInfo"]
        assert (info["numberOfItems"], info["numberOfBookedItems"], info["sellableNumberOfItems"]) == (0, 2, -2)


class TestBackOrders:
    async def test_what_is_short_goes_to_a_new_order_that_points_at_the_first(self, build: Build) -> None:
        site = build(back_orders="new-order")
        await ten_tees_and_a_cap(site)
        site.warehouse.pick("W-1", {"1": 8})
        site.warehouse.ship("W-1", "70300001")
        assert await site.numbers(backOrderForOrderId=50001) == ["W-1-1"]
        rest = await site.read_order("W-1-1")
        info = rest["orderInfo"]
        assert (info["orderStatus"]["number"], info["goodsOwnerOrderId"]) == (300, "10045")
        assert info["advanced"]["backOrderInfo"] == {"backOrderForOrderId": 50001}
        assert [(line["rowNumber"], line["orderedNumberOfItems"]) for line in rest["orderLines"]] == [("1", 2), ("2", 1)]
        assert await picked_and_reported(site) == [(10, 8, None), (1, 0, None)]

    async def test_the_rest_is_booked_once(self, build: Build) -> None:
        site = build(back_orders="new-order")
        await site.put_article(articleNumber="TEE")
        site.warehouse.put_in_stock("TEE", 8)
        await ten_tees_and_a_cap(site)
        site.warehouse.pick("W-1", {"1": 8})
        site.warehouse.ship("W-1")
        info = (await site.read_article("TEE"))["inventoryInfo"]
        assert (info["numberOfBookedItems"], info["sellableNumberOfItems"]) == (2, -2)
        site.warehouse.ship("W-1-1", "70300002")
        assert (await site.read_article("TEE"))["inventoryInfo"]["numberOfBookedItems"] == 0

    async def test_an_order_shipped_in_full_has_none(self, build: Build) -> None:
        site = build(back_orders="new-order")
        await ten_tees_and_a_cap(site)
        site.warehouse.ship("W-1")
        assert await site.numbers() == ["W-1"]


class TestTheCarriersNumbers:
    async def test_they_may_come_long_after_the_shipment(self, site: Site) -> None:
        await ten_tees_and_a_cap(site)
        site.warehouse.ship("W-1")
        order = await site.read_order()
        assert (order["tracking"], order["parcels"], order["orderInfo"]["wayBill"]) == (None, None, None)
        site.clock.forward(hours=3)
        site.warehouse.track("W-1", "70300001", ("370700000001",))
        order = await site.read_order()
        assert order["tracking"][0]["created"] == "2027-02-01T11:00:00Z"
        assert order["orderInfo"]["wayBill"] == "70300001"
        assert order["orderInfo"]["shippedTime"] == "2027-02-01T08:00:00Z"

    async def test_packages_may_have_links_and_waybills_and_labels_for_the_way_back(self, site: Site) -> None:
        await ten_tees_and_a_cap(site)
        packages = [
            Package("3701", "https://c.example/3701", "703"),
            Package("3702", "https://c.example/3702"),
            Package("R1", is_return=True),
        ]
        site.warehouse.track("W-1", None, packages)
        site.warehouse.label_return("W-1", "R703")
        order = await site.read_order()
        assert [(one["parcelNumber"], one["isReturnParcel"], one["tracking"]) for one in order["parcels"]] == [
            ("3701", False, {"freightPrice": None, "trackingUrl": "https://c.example/3701", "waybill": "703"}),
            ("3702", False, {"freightPrice": None, "trackingUrl": "https://c.example/3702"}),
            ("R1", True, None),
        ]
        assert order["tracking"] is None
        assert [one["waybill"] for one in order["returnTracking"]] == ["R703"]
        assert order["orderInfo"]["returnWayBill"] == "R703"

    async def test_a_shipment_may_have_no_link(self, site: Site) -> None:
        await ten_tees_and_a_cap(site)
        site.warehouse.track("W-1", "703", with_link=False)
        site.warehouse.track("W-1", "704", url="https://c.example/704")
        order: dict[str, Any] = await site.read_order()
        assert [one["trackingUrl"] for one in order["tracking"]] == [None, "https://c.example/704"]
