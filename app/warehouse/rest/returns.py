"""Returns that are records of their own: announced return orders, and purchase orders that are marked as returns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal

from app.json_reading import section, whole
from app.warehouse.reads.returns import PurchaseOrder, ReturnOrder, read_purchase_order, read_return_order
from app.warehouse.rest.calls import Listing, OngoingCalls, Written, zulu

PURCHASE_ORDERS: Listing[PurchaseOrder] = Listing(
    "purchaseOrders",
    "purchaseOrderNumbers",
    "purchaseOrderIdFrom",
    "maxPurchaseOrdersToGet",
    read_purchase_order,
    lambda raw: whole(section(raw, "purchaseOrderInfo"), "purchaseOrderId"),
    lambda order: order.number,
)


class Returns(OngoingCalls):
    """What came back to one goods owner, other than on the orders themselves."""

    async def return_orders(self, since: datetime) -> tuple[ReturnOrder, ...]:
        """Announced returns of which something came back after `since`. All in one answer: the list has no pages (upstream)."""
        params = [self._goods_owner(), ("goodsReturnedFromDate", zulu(since))]
        answer, call = await self._send("GET", "returnOrders", params)
        return tuple(self._readable(read_return_order, self._rows(answer, call), call))

    async def return_purchase_orders(self, since: datetime, after: int = 0) -> AsyncIterator[tuple[PurchaseOrder, ...]]:
        """Purchase orders marked as returns on which goods were received after `since`; those with an id larger than `after`.

        REST cannot filter on the mark: it is tested on reading (requirement: Returns). Pages without one are left out.
        """
        async for page in self._pages(PURCHASE_ORDERS, [("lastReceiveTimeFrom", zulu(since))], after):
            if returns := tuple(order for order in page if order.is_return):
                yield returns

    async def report_received(self, purchase_order_id: int, line_id: int, quantity: Decimal) -> Written:
        """The same for goods received on a purchase order."""
        path = f"purchaseOrders/{purchase_order_id}/lines/{line_id}"
        return await self._report(path, "reportedNumberOfItems", quantity, purchase_order_id)
