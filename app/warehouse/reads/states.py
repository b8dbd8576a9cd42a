"""What an order's status number in the WMS means."""

from __future__ import annotations

from app.domain import WarehouseState
from app.warehouse.settings import OngoingSettings


def warehouse_state(status_number: int | None, settings: OngoingSettings) -> WarehouseState:
    """None is for an order that the WMS does not have. The numbers are settings: each warehouse may have its own."""
    if status_number is None:
        return WarehouseState.ABSENT
    if status_number == settings.cancelled_status:
        return WarehouseState.CANCELLED
    if status_number == settings.returned_status:
        return WarehouseState.RETURNED
    if status_number >= settings.shipped_from_status:
        return WarehouseState.SHIPPED
    if status_number >= settings.started_from_status:
        return WarehouseState.STARTED
    return WarehouseState.OPEN
