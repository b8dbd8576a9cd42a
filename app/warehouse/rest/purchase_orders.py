"""Purchase orders: read, written and cancelled, and the lists of those on which goods were received."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from app.errors import NoSuchRecord, Refused
from app.warehouse.reads.returns import PurchaseOrder
from app.warehouse.rest import failures
from app.warehouse.rest.calls import OngoingCalls, Written, zulu
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

    def received_purchase_orders(self, since: datetime, after: int = 0) -> AsyncIterator[tuple[PurchaseOrder, ...]]:
        """Those on which goods were received after `since`, with an id larger than `after`; returns among them."""
        return self._pages(PURCHASE_ORDERS, [("lastReceiveTimeFrom", zulu(since))], after)

    def purchase_orders_to_report(self, after: int = 0) -> AsyncIterator[tuple[PurchaseOrder, ...]]:
        """The work list: those of which more, or less, was received than was acknowledged. No clock is involved."""
        return self._pages(PURCHASE_ORDERS, [("onlyPurchaseOrdersWithOrderLinesToReport", "true")], after)

    def is_cancelled_before(self, refused: Refused) -> bool:
        """Whether the refusal means that it was cancelled before (only its text tells)."""
        return failures.is_already_cancelled(refused, self._settings)
