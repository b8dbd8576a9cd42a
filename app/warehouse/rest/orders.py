"""Orders: read, written and cancelled; the lists of what was shipped and what came back, and their acknowledgement.

A list is given page by page, so that memory stays flat. An acknowledgement is always for one line, with the quantity that was
read. The calls that acknowledge everything at once are not made: they would swallow a pick that happened in between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.errors import NoSuchRecord, Refused
from app.json_reading import section, whole
from app.warehouse.reads.resources import WarehouseOrder, read_order
from app.warehouse.rest import failures
from app.warehouse.rest.calls import Listing, OngoingCalls, Written, zulu
from app.warehouse.rest.failures import malformed

ORDERS: Listing[WarehouseOrder] = Listing(
    "orders",
    "orderNumbers",
    "orderIdFrom",
    "maxOrdersToGet",
    read_order,
    lambda raw: whole(section(raw, "orderInfo"), "orderId"),
    lambda order: order.number,
    lambda settings: min(settings.page_size, settings.orders_page_size),
)


class Orders(OngoingCalls):
    """The orders of one goods owner."""

    async def get_order_by_number(self, number: str) -> WarehouseOrder | None:
        """The order with exactly this number; None when the goods owner has none."""
        return (await self.get_orders([number])).get(number)

    async def get_orders(self, numbers: Sequence[str]) -> dict[str, WarehouseOrder]:
        """The orders with exactly these numbers; those that do not exist are missing from the answer.

        Several with one number (made by hand; upstream: renaming does not check): the one that is not cancelled, else the newest.
        """
        found: dict[str, WarehouseOrder] = {}
        for order in await self._by_number(ORDERS, numbers):
            known = found.get(order.number)
            if known is None or self._outranks(order, known):
                found[order.number] = order
        return found

    def _outranks(self, order: WarehouseOrder, known: WarehouseOrder) -> bool:
        cancelled = self._settings.cancelled_statuses
        return (order.status_number not in cancelled, order.order_id) > (known.status_number not in cancelled, known.order_id)

    async def get_order(self, order_id: int) -> WarehouseOrder | None:
        """One order by the WMS's id. None only when the WMS itself says that the goods owner has no such order."""
        try:
            answer, call = await self._send("GET", f"orders/{order_id}")
        except NoSuchRecord:
            return None
        order = self._read(read_order, answer.json, answer, call)
        if order.order_id != order_id:
            raise malformed(answer, call, f"answered with order {order.order_id}")
        return order if order.goods_owner_id in (None, self.goods_owner_id) else None

    async def put_order(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates by order number. Refused once the warehouse has started (`is_started`)."""
        return await self._write("PUT", "orders", "orderId", body)

    async def cancel_order(self, order_id: int) -> Written | None:
        """None when the WMS itself says that there is no such order.

        Refused once the warehouse has started (`is_started`), or when it was cancelled before (`is_already_cancelled`).
        """
        try:
            return await self._write("DELETE", f"orders/{order_id}", "orderId")
        except NoSuchRecord:
            return None

    def is_started(self, refused: Refused) -> bool:
        """Whether the refusal means that the warehouse has started on the order (only its text tells)."""
        return failures.is_started(refused, self._settings)

    def is_already_cancelled(self, refused: Refused) -> bool:
        """Whether the refusal means that the order was cancelled before (only its text tells)."""
        return failures.is_already_cancelled(refused, self._settings)

    # --- the way back -----------------------------------------------------------------------------------------------------

    def orders_to_report(self, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """The work list of shipments: orders of which more was picked than was acknowledged. No clock is involved.

        `after`: only orders with a larger id, here and below.
        """
        return self._pages(ORDERS, [("onlyOrdersWithOrderLinesToReport", "true")], after)

    def orders_with_returns_to_report(self, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """The work list of returns: orders of which more came back than was acknowledged."""
        return self._pages(ORDERS, [("onlyOrdersWithOrderLinesToReportReturned", "true")], after)

    def orders_returned(self, since: datetime, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """Orders of which something came back after `since`, whoever has acknowledged it."""
        return self._pages(ORDERS, [("lastReturnedFrom", zulu(since))], after)

    def orders_created(self, since: datetime, until: datetime, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """Orders that came into the WMS after `since` and before `until`."""
        return self._pages(ORDERS, [("orderCreatedTimeFrom", zulu(since)), ("orderCreatedTimeTo", zulu(until))], after)

    def orders_changed(self, since: datetime, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """Orders whose status changed after `since`. No limit to how far back is known (30 days worked)."""
        return self._pages(ORDERS, [("orderStatusChangedTimeFrom", zulu(since))], after)

    async def report_picked(self, order_id: int, line_id: int, quantity: Decimal) -> Written:
        """`quantity` is the total of the line that this side has confirmed; setting the same one again changes nothing."""
        return await self._report(f"orders/{order_id}/lines/{line_id}", "reportedNumberOfItems", quantity, order_id)

    async def report_returned(self, order_id: int, line_id: int, quantity: Decimal) -> Written:
        """The same for what came back."""
        return await self._report(f"orders/{order_id}/lines/{line_id}", "reportedReturnedNumberOfItems", quantity, order_id)
