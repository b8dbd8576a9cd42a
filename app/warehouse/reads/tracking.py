"""Tracking numbers of an order, as people can use them."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.shipment import TrackingNumber
from app.warehouse.reads.resources import WarehouseOrder


def tracking_numbers(order: WarehouseOrder) -> tuple[TrackingNumber, ...]:
    """From `tracking`, `parcels` and the order's way bill, in that order, without returns, each number once.

    Requirement: tracking numbers. A number that comes again with a link takes the link.
    """
    found: dict[str, TrackingNumber] = {}
    for number in _all(order):
        known = found.get(number.number)
        if number.number and (known is None or (number.url and not known.url)):
            found[number.number] = number
    return tuple(found.values())


def _all(order: WarehouseOrder) -> Iterator[TrackingNumber]:
    for shipment in order.tracking:
        if not shipment.is_return:
            yield _cleaned(shipment.waybill, shipment.url)
    for parcel in order.parcels:
        if not parcel.is_return:
            yield _cleaned(parcel.number, parcel.url)
            yield _cleaned(parcel.waybill, parcel.url)  # only newer versions of the WMS give it
    yield _cleaned(order.way_bill)


def _cleaned(number: str, url: str = "") -> TrackingNumber:
    return TrackingNumber(number.strip(), url.strip())
