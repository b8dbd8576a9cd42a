"""Purchase orders: read, written and cancelled. What was received of them is read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import NoSuchRecord, Refused
from app.warehouse.reads.returns import PurchaseOrder
from app.warehouse.rest import failures
from app.warehouse.rest.calls import OngoingCalls, Written
from app.warehouse.rest.returns import PURCHASE_ORDERS


class PurchaseOrders(OngoingCalls):
    """The purchase orders of one goods owner."""

    async def get_purchase_order(self, number: str) -> PurchaseOrder | None:
        """The purchase order with exactly this number; None when the goods owner has none.

        Several with one number (made by hand): the one that is not cancelled, else the newest.
        """
        found = await self._by_number(PURCHASE_ORDERS, [number])
        cancelled = self._settings.purchase_cancelled_statuses
        return max(found, key=lambda each: (each.status_number not in cancelled, each.purchase_order_id), default=None)

    async def put_purchase_order(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates by number. Refused once receiving has begun, or when it is cancelled."""
        return await self._write("PUT", "purchaseOrders", "purchaseOrderId", body)

    async def cancel_purchase_order(self, purchase_order_id: int) -> Written | None:
        """None when the WMS itself says that there is no such purchase order. Refused once receiving has begun."""
        try:
            return await self._write("DELETE", f"purchaseOrders/{purchase_order_id}", "purchaseOrderId")
        except NoSuchRecord:
            return None

    def is_cancelled_before(self, refused: Refused) -> bool:
        """Whether the refusal means that it was cancelled before (only its text tells)."""
        return failures.is_already_cancelled(refused, self._settings)
