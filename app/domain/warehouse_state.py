"""How far the warehouse has come with an order, whatever numbers it uses for that."""

from __future__ import annotations

from enum import StrEnum


class WarehouseState(StrEnum):
    """The warehouse's side of an order. Read from the WMS, never assumed."""

    ABSENT = "absent"
    """The WMS has no such order."""
    OPEN = "open"
    """There, and still free to be changed or cancelled."""
    STARTED = "started"
    """The warehouse works on it: changes and cancellations are held."""
    SHIPPED = "shipped"
    """Sent."""
    RETURNED = "returned"
    """Sent, and wholly or partly come back."""
    CANCELLED = "cancelled"
    """Cancelled in the WMS."""
