"""What has become of an order: when it counts as shipped, and its tracking numbers. Answers after the digest's sample."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.domain.shipment import CountsAsShipped, ShipmentLine, TrackingNumber
from app.warehouse.reads.resources import Carrier, Parcel, ReturnedItems, Tracking, WarehouseOrder, read_order
from app.warehouse.reads.shipments import digest_of, shipment_of
from app.warehouse.reads.tracking import tracking_numbers
from app.warehouse.settings import OngoingSettings
from tests.warehouse.answers import line_answer, order_answer

SETTINGS = OngoingSettings()


PICKED = line_answer("889", "TEE", 10.0) | {"pickedNumberOfItems": 10}


def sent(
    status: int = 450, way_bill: str | None = "70300001", shipped: str | None = "2027-02-01T11:02:10.4Z", **members: Any
) -> dict[str, Any]:
    """An order that was sent as one shipment in one package."""
    info = {
        "orderStatus": {"number": status, "text": "Sent"},
        "shippedTime": shipped,
        "wayBill": way_bill,
        "advanced": {"backOrderInfo": {"backOrderForOrderId": 50100}},
    }
    return order_answer(**info) | {
        "tracking": [{"waybill": "70300001", "trackingUrl": "https://carrier.example/70300001", "freightPrice": None}],
        "parcels": [{"id": 311, "parcelNumber": "370700000001", "isReturnParcel": False, "tracking": None, "advanced": None}],
        "transporter": {"transporterName": "Posten", "name": "Servicepakke", "code": "BRING", "serviceCode": "SP"},
        **members,
    }


def numbers(**members: Any) -> tuple[TrackingNumber, ...]:
    return tracking_numbers(read_order(sent(**members)))


class TestReading:
    def test_a_shipped_order_is_read(self) -> None:
        order = read_order(sent())
        assert order.shipped_at == datetime(2027, 2, 1, 11, 2, 10, 400000, tzinfo=UTC)
        assert (order.way_bill, order.back_order_for) == ("70300001", 50100)
        assert order.tracking == (Tracking("70300001", "https://carrier.example/70300001"),)
        assert order.parcels == (Parcel("370700000001", "", "", False),)
        assert order.carrier == Carrier("Posten", "Servicepakke", "BRING", "SP")

    def test_a_fresh_order_has_none_of_it(self) -> None:
        order = read_order(order_answer())
        assert (order.shipped_at, order.way_bill, order.tracking, order.parcels) == (None, "", (), ())
        assert (order.carrier, order.back_order_for) == (None, None)

    def test_the_quantities_of_a_line_are_read_with_what_came_back(self) -> None:
        line = line_answer("889", "TEE-NAVY-M", 10.0) | {
            "pickedNumberOfItems": 8,
            "packedNumberOfItems": 8,
            "returnedNumberOfItems": 2,
            "reportedNumberOfItems": 5,
            "reportedReturnedNumberOfItems": None,
            "pickedArticleItems": [
                {"numberOfItems": 6, "isReturned": False, "returnDate": None, "returnCause": None},
                {
                    "numberOfItems": 2,
                    "isReturned": True,
                    "returnDate": "2027-02-09T09:00:00Z",
                    "returnCause": {"code": "SIZE", "name": "Wrong size"},
                },
            ],
        }
        (read,) = read_order(sent(orderLines=[line])).lines
        assert (read.ordered, read.picked, read.packed, read.returned) == (Decimal(10), Decimal(8), Decimal(8), Decimal(2))
        assert read.reported == Decimal(5)
        assert read.reported_returned == Decimal(0)
        came_back = datetime(2027, 2, 9, 9, 0, tzinfo=UTC)
        assert read.returned_items == (ReturnedItems(Decimal(2), came_back, "SIZE", "Wrong size"),)


class TestTrackingNumbers:
    def test_the_shipments_come_first_then_the_packages_and_no_number_twice(self) -> None:
        assert numbers() == (
            TrackingNumber("70300001", "https://carrier.example/70300001"),
            TrackingNumber("370700000001", ""),
        )

    def test_the_orders_own_waybill_comes_last(self) -> None:
        assert [one.number for one in numbers(way_bill="70300009")] == ["70300001", "370700000001", "70300009"]

    def test_packages_may_have_links_and_waybills_of_their_own(self) -> None:
        parcels = [
            {
                "parcelNumber": "3701",
                "isReturnParcel": False,
                "tracking": {"trackingUrl": "https://c.example/3701", "waybill": "703"},
            },
            {"parcelNumber": "3702", "isReturnParcel": None, "tracking": {"trackingUrl": None}},
        ]
        assert numbers(tracking=None, parcels=parcels, way_bill=None) == (
            TrackingNumber("3701", "https://c.example/3701"),
            TrackingNumber("703", "https://c.example/3701"),
            TrackingNumber("3702", ""),
        )

    def test_a_link_that_comes_with_a_later_mention_belongs_to_the_number(self) -> None:
        tracking = [{"waybill": "703", "trackingUrl": None}]
        parcels = [{"parcelNumber": "703", "isReturnParcel": False, "tracking": {"trackingUrl": "https://c.example/703"}}]
        assert numbers(tracking=tracking, parcels=parcels, way_bill="703") == (TrackingNumber("703", "https://c.example/703"),)

    def test_numbers_of_returns_are_none(self) -> None:
        found = numbers(
            tracking=[{"waybill": "R1", "isReturn": True}],
            returnTracking=[{"waybill": "R2", "trackingUrl": "https://c.example/R2"}],
            parcels=[{"parcelNumber": "R3", "isReturnParcel": True, "tracking": {"waybill": "R4"}}],
            way_bill=None,
        )
        assert found == ()

    @pytest.mark.parametrize("nothing", [None, "", "  "])
    def test_an_order_without_numbers_has_none(self, nothing: str | None) -> None:
        empty = [{"waybill": nothing, "trackingUrl": "https://carrier.example/"}]
        parcels = [{"parcelNumber": nothing, "isReturnParcel": False}]
        assert numbers(tracking=empty, parcels=parcels, way_bill=nothing) == ()


def is_made(order: WarehouseOrder, counts: CountsAsShipped, settings: OngoingSettings) -> bool:
    return shipment_of(order, counts, settings).is_made


def at(status: int, **members: Any) -> WarehouseOrder:
    return read_order(sent(status, **members))


class TestWhenItCounts:
    @pytest.mark.parametrize(
        ("counts", "made_at"),
        [
            (CountsAsShipped.BOOKED, {425, 450, 475, 500, 800}),
            (CountsAsShipped.SENT, {425, 450, 475, 500, 800}),
            (CountsAsShipped.COLLECTED, {475, 500, 800}),
            (CountsAsShipped.TRACKING, {425, 450, 475, 500, 800}),
        ],
    )
    def test_by_status(self, counts: CountsAsShipped, made_at: set[int]) -> None:
        statuses = {150, 200, 300, 320, 400, 425, 450, 451, 475, 500, 600, 800, 1000}
        assert {status for status in statuses if is_made(at(status, orderLines=[PICKED]), counts, SETTINGS)} == made_at

    @pytest.mark.parametrize("status", [475, 800])
    def test_a_return_is_not_by_itself_a_shipment(self, status: int) -> None:
        unpicked = at(status, orderLines=[PICKED | {"pickedNumberOfItems": 0}])
        unsent = read_order(sent(status, orderLines=[PICKED], shipped=None))
        assert not is_made(unpicked, CountsAsShipped.SENT, SETTINGS)
        assert not is_made(unsent, CountsAsShipped.SENT, SETTINGS)

    def test_what_has_come_back_waits_for_no_tracking_number(self) -> None:
        order = at(800, way_bill=None, tracking=None, parcels=None, orderLines=[PICKED])
        assert is_made(order, CountsAsShipped.TRACKING, SETTINGS)

    def test_a_part_and_a_pick_up_are_marked(self) -> None:
        found = {status: shipment_of(at(status), CountsAsShipped.SENT, SETTINGS) for status in (425, 450, 451)}
        assert [(each.is_part, each.is_at_pickup) for each in found.values()] == [(True, False), (False, False), (False, True)]
        assert len({digest_of(each) for each in found.values()}) == 3

    def test_a_shipment_without_a_number_does_not_count_where_tracking_is_waited_for(self) -> None:
        order = at(500, way_bill=None, tracking=None, parcels=None)
        assert not is_made(order, CountsAsShipped.TRACKING, SETTINGS)
        assert is_made(order, CountsAsShipped.SENT, SETTINGS)

    def test_the_numbers_are_the_warehouses_own(self) -> None:
        settings = OngoingSettings(booked_statuses=[410], shipped_statuses=[460], collected_statuses=[490])
        assert is_made(at(410), CountsAsShipped.BOOKED, settings)
        assert not is_made(at(450), CountsAsShipped.SENT, settings)
        assert is_made(at(490), CountsAsShipped.COLLECTED, settings)

    @pytest.mark.parametrize("name", ["pickup_statuses", "partly_shipped_statuses", "returned_statuses", "cancelled_statuses"])
    def test_a_number_means_one_thing(self, name: str) -> None:
        with pytest.raises(ValidationError, match=f"status 450 is in shipped_statuses and in {name}: take it out of one of them"):
            OngoingSettings.model_validate({name: [450]})


class TestTheShipment:
    def test_it_is_what_the_flows_speak_of(self) -> None:
        line = line_answer("889", "TEE", 10.0) | {"pickedNumberOfItems": 8, "returnedNumberOfItems": 1}
        shipment = shipment_of(at(450, orderLines=[line, {**line, "id": None}]), CountsAsShipped.TRACKING, SETTINGS)
        assert (shipment.wms_order_id, shipment.number, shipment.status, shipment.carrier) == (50210, "W-10045", 450, "Posten")
        assert (shipment.is_made, shipment.is_back_order, shipment.is_cancelled) == (True, True, False)
        assert shipment.lines == (ShipmentLine(48901, "889", Decimal(10), Decimal(8), Decimal(1), "TEE"),)
        assert [one.number for one in shipment.tracking] == ["70300001", "370700000001"]
