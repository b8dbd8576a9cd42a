"""Returns that are records of their own: announced return orders, and purchase orders that are marked as returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.errors import NoSuchRecord
from app.json_reading import objects, section, whole
from app.warehouse.reads.returns import (
    PurchaseOrder,
    ReturnCause,
    ReturnOrder,
    read_purchase_order,
    read_return_cause,
    read_return_order,
)
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

    async def return_causes(self) -> tuple[ReturnCause, ...]:
        """Why goods may come back: the goods owner's list (upstream: `GET /returnOrders/returnCauses`)."""
        answer, call = await self._send("GET", "returnOrders/returnCauses", [self._goods_owner()])
        given = answer.json if isinstance(answer.json, dict) else {}
        return tuple(self._readable(read_return_cause, objects(given, "returnCauses"), call))

    async def announce_return(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates a return order by its number. Refused once something of it came back (`is_started`)."""
        return await self._write("PUT", "returnOrders", "returnOrderId", body)

    async def withdraw_return(self, return_order_id: int) -> Written | None:
        """Cancels a return order. None when the WMS itself says that there is none. Refused as above."""
        return await self._withdraw(f"returnOrders/{return_order_id}", "returnOrderId")

    async def find_return(self, number: str) -> ReturnOrder | None:
        """The return order with exactly this number; None when there is none."""
        params = [self._goods_owner(), ("returnOrderNumbers", number)]
        answer, call = await self._send("GET", "returnOrders", params)
        found = self._readable(read_return_order, self._rows(answer, call), call)
        return next((each for each in found if each.number == number), None)

    async def find_return_purchase(self, number: str) -> PurchaseOrder | None:
        """The purchase order with exactly this number; of several, one that is marked as a return."""
        found = await self._by_number(PURCHASE_ORDERS, [number])
        return max(found, key=lambda each: (each.is_return, each.purchase_order_id), default=None)

    async def announce_return_purchase(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates a purchase order that is marked as a return. Refused once receiving has begun (`is_started`)."""
        return await self._write("PUT", "purchaseOrders", "purchaseOrderId", body)

    async def withdraw_return_purchase(self, purchase_order_id: int) -> Written | None:
        """Cancels it. None when the WMS itself says that there is none. Refused as above."""
        return await self._withdraw(f"purchaseOrders/{purchase_order_id}", "purchaseOrderId")

    async def _withdraw(self, path: str, id_key: str) -> Written | None:
        try:
            return await self._write("DELETE", path, id_key)
        except NoSuchRecord:
            return None

    async def report_received(self, purchase_order_id: int, line_id: int, quantity: Decimal) -> Written:
        """The same for goods received on a purchase order."""
        path = f"purchaseOrders/{purchase_order_id}/lines/{line_id}"
        return await self._report(path, "reportedNumberOfItems", quantity, purchase_order_id)
