"""What an order's status number in the WMS means: by sets of numbers, never by "at least"."""

from __future__ import annotations

from app.domain import WarehouseState
from app.warehouse.settings import OngoingSettings


def warehouse_state(status_number: int | None, settings: OngoingSettings) -> WarehouseState:
    """None is for an order that the WMS does not have. The numbers are settings: each warehouse may have its own.

    An order that is ready for pick-up, or sent in part, is one that the warehouse works on; so is one with a number that no set
    has, from `started_from_status` on.
    """
    if status_number is None:
        return WarehouseState.ABSENT
    if status_number in settings.cancelled_statuses:
        return WarehouseState.CANCELLED
    if status_number in settings.returned_statuses:
        return WarehouseState.RETURNED
    if status_number in settings.shipped_statuses:
        return WarehouseState.SHIPPED
    if status_number in settings.partly_shipped_statuses or status_number in settings.pickup_statuses:
        return WarehouseState.STARTED
    return WarehouseState.STARTED if status_number >= settings.started_from_status else WarehouseState.OPEN
