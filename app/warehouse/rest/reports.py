"""What the warehouse reports back: stock, picked and shipped orders, returned goods; and the acknowledgement of each.

Memory stays flat: lists are given page by page. What is acknowledged is always a quantity per line, the one that was read. The
calls that set everything at once are not made: they would swallow a pick that happened in between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from app.errors import NoSuchRecord
from app.json_reading import section, whole
from app.warehouse.reads.resources import WarehouseArticle, WarehouseOrder, read_article, read_order
from app.warehouse.reads.returns import PurchaseOrder, ReturnOrder, read_purchase_order, read_return_order
from app.warehouse.reads.stock import StatedStock, StockLevel, TooFarBack, earliest_change, read_stated_stock
from app.warehouse.rest.calls import Listing, OngoingCalls, Params, Written
from app.warehouse.rest.failures import malformed, message_of

ORDERS: Listing[WarehouseOrder] = Listing(
    "orders",
    "orderNumbers",
    "orderIdFrom",
    "maxOrdersToGet",
    read_order,
    lambda raw: whole(section(raw, "orderInfo"), "orderId"),
    lambda order: order.number,
)
ARTICLES: Listing[WarehouseArticle] = Listing(
    "articles",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_article,
    lambda raw: whole(raw, "articleSystemId"),
    lambda article: article.number,
)
STOCK: Listing[StatedStock] = Listing(
    "articles",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_stated_stock,
    lambda raw: whole(raw, "articleSystemId"),
    lambda stock: stock.number,
)
PURCHASE_ORDERS: Listing[PurchaseOrder] = Listing(
    "purchaseOrders",
    "purchaseOrderNumbers",
    "purchaseOrderIdFrom",
    "maxPurchaseOrdersToGet",
    read_purchase_order,
    lambda raw: whole(section(raw, "purchaseOrderInfo"), "purchaseOrderId"),
    lambda order: order.number,
)


class OngoingReports(OngoingCalls):
    """The way back from one goods owner's part of a WMS. Raises the RemoteErrors of `app.errors`."""

    # --- stock ----------------------------------------------------------------------------------------------------------

    def stock(self, changed_since: datetime | None = None, after: int = 0) -> AsyncIterator[tuple[StockLevel, ...]]:
        """What may be sold of every article, or of those whose stock changed after `changed_since`, page by page.

        `after`: only articles with a larger article system id, to go on where a reading was left.
        Articles whose stock the WMS does not state are left out; `read_at` is the start of the call that a page came with. Raises
        TooFarBack at once, before any call, when `changed_since` lies further back than `stock_look_back_hours` (upstream: more
        than 24 hours are refused); all must then be read.
        """
        if changed_since is None:
            return self._stock([], after)
        earliest = earliest_change(self._clock(), self._settings.stock_look_back_hours)
        if changed_since < earliest:
            raise TooFarBack(changed_since, earliest)
        return self._stock([("stockInfoChangedFrom", _zulu(changed_since))], after)

    async def _stock(self, filters: Params, after: int) -> AsyncIterator[tuple[StockLevel, ...]]:
        begun = self._clock()
        async for page in self._pages(STOCK, filters, after):
            yield tuple(level for stated in page if (level := stated.level(begun)) is not None)
            begun = self._clock()

    async def stock_of(self, numbers: Sequence[str]) -> dict[str, StockLevel]:
        """The same of exactly these articles; those that the WMS lacks, or whose stock it does not state, are missing.

        A number with a search wildcard is not asked for: it would match others.
        """
        begun = self._clock()
        stated = await self._by_number(STOCK, self._askable(numbers))
        return {level.number: level for one in stated if (level := one.level(begun)) is not None}

    def _askable(self, numbers: Sequence[str]) -> list[str]:
        forbidden = set(self._settings.forbidden_in_article_number)
        return [number for number in numbers if not forbidden & set(number)]

    # --- orders ---------------------------------------------------------------------------------------------------------

    def orders_to_report(self, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """The work list of shipments: orders of which more was picked than was acknowledged. No clock is involved.

        `after`: only orders with a larger id, here and below.
        """
        return self._pages(ORDERS, [("onlyOrdersWithOrderLinesToReport", "true")], after)

    def orders_with_returns_to_report(self, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """The work list of returns: orders of which more came back than was acknowledged."""
        return self._pages(ORDERS, [("onlyOrdersWithOrderLinesToReportReturned", "true")], after)

    def orders_changed(self, since: datetime, after: int = 0) -> AsyncIterator[tuple[WarehouseOrder, ...]]:
        """Orders whose status changed after `since`. No limit to how far back is known (30 days worked)."""
        return self._pages(ORDERS, [("orderStatusChangedTimeFrom", _zulu(since))], after)

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

    # --- returns that are records of their own --------------------------------------------------------------------------

    async def return_orders(self, since: datetime) -> tuple[ReturnOrder, ...]:
        """Announced returns of which something came back after `since`. All in one answer: the list has no pages (upstream)."""
        params = [self._goods_owner(), ("goodsReturnedFromDate", _zulu(since))]
        answer, call = await self._send("GET", "returnOrders", params)
        return tuple(self._readable(read_return_order, self._rows(answer, call), call))

    async def return_purchase_orders(self, since: datetime) -> AsyncIterator[tuple[PurchaseOrder, ...]]:
        """Purchase orders marked as returns on which goods were received after `since`.

        REST cannot filter on the mark: it is tested on reading (requirement: Returns). Pages without one are left out.
        """
        async for page in self._pages(PURCHASE_ORDERS, [("lastReceiveTimeFrom", _zulu(since))]):
            if returns := tuple(order for order in page if order.is_return):
                yield returns

    # --- acknowledgements -----------------------------------------------------------------------------------------------

    async def report_picked(self, order_id: int, line_id: int, quantity: Decimal) -> Written:
        """`quantity` is the total of the line that this side has confirmed; setting the same one again changes nothing."""
        return await self._report(f"orders/{order_id}/lines/{line_id}", "reportedNumberOfItems", quantity, order_id)

    async def report_returned(self, order_id: int, line_id: int, quantity: Decimal) -> Written:
        """The same for what came back."""
        return await self._report(f"orders/{order_id}/lines/{line_id}", "reportedReturnedNumberOfItems", quantity, order_id)

    async def report_received(self, purchase_order_id: int, line_id: int, quantity: Decimal) -> Written:
        """The same for goods received on a purchase order."""
        path = f"purchaseOrders/{purchase_order_id}/lines/{line_id}"
        return await self._report(path, "reportedNumberOfItems", quantity, purchase_order_id)

    async def _report(self, path: str, field: str, quantity: Decimal, record_id: int) -> Written:
        """Not every one of these calls answers with the record's id (upstream: some with an undescribed text or nothing).

        A page or a list in its place is none of them; what came of the call is then unknown, and to be seen by a read.
        """
        value = int(quantity) if quantity == quantity.to_integral_value() else float(quantity)
        answer, call = await self._send("PATCH", f"{path}/{field}", body={field: value})
        given = answer.json if isinstance(answer.json, dict) else {}
        answered_id = whole(given, "orderId")
        if not _may_be_an_answer(answer.content, answer.json) or answered_id not in (None, record_id):
            raise malformed(answer, call, f"did not answer for {path}, the outcome is unknown")
        return Written(record_id, message_of(given), answer.status, given)


def _may_be_an_answer(content: bytes, parsed: object) -> bool:
    return content.lstrip()[:1] != b"<" and not isinstance(parsed, list)


def _zulu(moment: datetime) -> str:
    """In UTC, as the WMS asks for; no plus sign is left that a proxy might take for a space."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
