"""Return orders: returns that somebody announced. Each refers to one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.inbound import ReturnLineBody, ReturnOrderBody
from app.sandbox.ongoing.model.handling import Handling
from app.sandbox.ongoing.model.records import Order, OrderLine

KIND = "return order"
NOTIFIED, INBOUND, RECEIVED, CANCELLED = 100, 300, 500, 900


@dataclass
class ReturnedGoods:
    quantity: float
    at: datetime
    cause: tuple[str, str] | None
    removed: bool


@dataclass
class ReturnLine:
    id: int
    body: ReturnLineBody
    sold: OrderLine
    goods: list[ReturnedGoods] = field(default_factory=list)

    @property
    def returned(self) -> float:
        return sum((one.quantity for one in self.goods), 0.0)

    @property
    def removed(self) -> float:
        return sum((one.quantity for one in self.goods if one.removed), 0.0)


@dataclass
class ReturnOrder:
    """One announced return; `body` is what was last written to it."""

    id: int
    body: ReturnOrderBody
    order: Order
    status: int
    created: datetime
    lines: list[ReturnLine] = field(default_factory=list)
    arrived: datetime | None = None
    last_returned: datetime | None = None

    @property
    def number(self) -> str:
        return str(self.body.return_order_number)

    @property
    def goods_owner_id(self) -> int:
        return int(self.body.goods_owner_id)

    def line(self, row_number: str) -> ReturnLine:
        """Raises KeyError when there is no such row."""
        for line in self.lines:
            if line.body.return_order_row_number == row_number:
                return line
        raise KeyError(row_number)


class ReturnOrders:
    """The return orders of one warehouse, keyed by (goods owner id, number)."""

    def __init__(self, handling: Handling) -> None:
        self._handling = handling
        self.by_number: dict[tuple[int, str], ReturnOrder] = {}
        self.by_id: dict[int, ReturnOrder] = {}
        self._ids, self._line_ids = count(60001), count(610001)

    def put(self, body: ReturnOrderBody) -> tuple[ReturnOrder, str]:
        """Create or update by number. Answers the return order and the message."""
        order = self._checked(body)
        present = self.by_number.get((body.goods_owner_id, body.return_order_number))
        if present is None:
            now = self._handling.clock()
            made = ReturnOrder(next(self._ids), body, order, NOTIFIED, now)
            self.by_number[body.goods_owner_id, body.return_order_number] = self.by_id[made.id] = made
        else:
            self._check_changeable(present)
            made = present
            made.body, made.order = body, order
        known = {line.body.return_order_row_number: line.id for line in made.lines}
        made.lines = [self._line(order, line, known.get(line.return_order_row_number)) for line in body.return_order_lines]
        return made, assumed.written(KIND, made.number, present is None)

    def _checked(self, body: ReturnOrderBody) -> Order:
        """The order that the return refers to."""
        order = self._handling.orders_by_id.get(body.customer_order.order_id)
        if order is None or order.goods_owner_id != body.goods_owner_id:
            raise assumed.order_not_returnable(body.customer_order.order_id)
        lines, seen = {line.id for line in order.lines}, set[str]()
        for index, line in enumerate(body.return_order_lines):
            place = f"returnOrderLines[{index}]"
            if line.return_order_row_number in seen:
                raise assumed.row_number_twice(f"{place}.returnOrderRowNumber", line.return_order_row_number)
            seen.add(line.return_order_row_number)
            if line.customer_order_line.order_line_id not in lines:
                sold = line.customer_order_line.order_line_id
                raise assumed.line_not_returnable(f"{place}.customerOrderLine.orderLineId", sold, order.id)
            cause = line.return_cause.code if line.return_cause else None
            if cause is not None and cause not in self._handling.return_causes.by_code:
                raise assumed.unknown_return_cause(f"{place}.returnCause.code", cause)
        return order

    def _line(self, order: Order, body: ReturnLineBody, known_id: int | None) -> ReturnLine:
        sold = next(line for line in order.lines if line.id == body.customer_order_line.order_line_id)
        return ReturnLine(known_id or next(self._line_ids), body, sold)

    def _check_changeable(self, order: ReturnOrder) -> None:
        if order.status == CANCELLED:
            raise assumed.record_cancelled(KIND, order.number)
        if any(line.goods for line in order.lines):
            raise assumed.inbound_started(KIND, order.number)

    def cancel(self, order: ReturnOrder) -> str:
        self._check_changeable(order)
        order.status = CANCELLED
        return f"The {KIND} {order.number} was cancelled."

    def set_status(self, order: ReturnOrder, status: int) -> None:
        if status not in dict(self._handling.config.return_order_statuses):
            raise assumed.unknown_status_of("returnOrderStatusNumber", status)
        order.status = status

    # ---- fulfilment

    def receive(
        self, number: str, quantities: Mapping[str, float], cause: str | None = None, goods_owner_id: int | None = None
    ) -> ReturnOrder:
        """`quantities`, per row number of the return, come back now; they come back on the order's lines as well (INF).

        The cause is the announced one when none is named. Raises LookupError for what is not there, ValueError for more than
        was picked.
        """
        found = self._handling.the_one(self.by_number, number, goods_owner_id)
        now = self._handling.clock()
        for row_number, quantity in quantities.items():
            line = found.line(row_number)
            code = cause or (line.body.return_cause.code if line.body.return_cause else None)
            why = self._handling.return_causes.cause(code) if code else None
            self._handling.return_goods(
                found.order.number, {line.sold.row_number: quantity}, why.code if why else None, found.goods_owner_id
            )
            removed = why is not None and why.is_remove_cause
            line.goods.append(ReturnedGoods(quantity, now, (why.code, why.name) if why else None, removed))
        found.arrived = found.arrived or now
        found.last_returned = now
        complete = all(line.returned >= line.body.to_be_returned_number_of_items for line in found.lines)
        found.status = RECEIVED if complete else INBOUND
        return found
