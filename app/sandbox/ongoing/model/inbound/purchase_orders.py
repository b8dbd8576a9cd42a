"""Purchase orders: goods that are expected, and goods that were received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.inbound import PurchaseLineBody, PurchaseOrderBody
from app.sandbox.ongoing.model import webhook_payloads
from app.sandbox.ongoing.model.inbound.purchase_records import CANCELLED, Marks, PurchaseLine, PurchaseOrder, ReceivedItem, expect
from app.sandbox.ongoing.model.store import Store

KIND = "purchase order"
NOTIFIED, DEVIATION, RECEIVED = 100, 400, 500


class PurchaseOrders:
    """The purchase orders of one warehouse, keyed by (goods owner id, number)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.by_number: dict[tuple[int, str], PurchaseOrder] = {}
        self.by_id: dict[int, PurchaseOrder] = {}
        self._ids, self._line_ids = count(store.config.first_purchase_order_id), count(710001)

    def put(self, body: PurchaseOrderBody) -> tuple[PurchaseOrder, str]:
        """Create or update by number. Answers the purchase order and the message."""
        self._check(body)
        present = self.by_number.get((body.goods_owner_id, body.purchase_order_number))
        if present is not None:
            self._check_changeable(present)
            with self._changing(present):
                present.body = body
                present.lines = self._lines(present, body.purchase_order_lines or [])
            return present, assumed.written(KIND, present.number, False)
        now = self._store.clock()
        made = PurchaseOrder(next(self._ids), body, self._start_status(body), now, now)
        made.lines = self._lines(made, body.purchase_order_lines or [])
        self.by_number[body.goods_owner_id, body.purchase_order_number] = self.by_id[made.id] = made
        expect(made, 1, now)
        self._add_webhook(made)
        return made, assumed.written(KIND, made.number, True)

    def _check(self, body: PurchaseOrderBody) -> None:
        if body.warehouse_id is not None and self._store.config.building(body.warehouse_id) is None:
            raise assumed.unknown_warehouse(body.warehouse_id)
        seen = set[str]()
        for index, line in enumerate(body.purchase_order_lines or []):
            place = f"purchaseOrderLines[{index}]"
            if line.row_number in seen:
                raise assumed.row_number_twice(f"{place}.rowNumber", line.row_number)
            seen.add(line.row_number)
            if (body.goods_owner_id, line.article_number) not in self._store.articles:
                raise assumed.unknown_article(f"{place}.articleNumber", line.article_number)

    def _start_status(self, body: PurchaseOrderBody) -> int:
        wanted = body.advanced.purchase_order_status_created if body.advanced else None
        if wanted is not None and wanted not in dict(self._store.config.purchase_order_statuses):
            raise assumed.unknown_status_of("advanced.purchaseOrderStatusCreated", wanted)
        return NOTIFIED if wanted is None else wanted

    def _lines(self, order: PurchaseOrder, bodies: list[PurchaseLineBody]) -> list[PurchaseLine]:
        """A row that was there keeps its id."""
        known = {line.body.row_number: line.id for line in order.lines}
        articles = self._store.articles
        return [
            PurchaseLine(
                known.get(body.row_number) or next(self._line_ids), body, articles[order.goods_owner_id, body.article_number]
            )
            for body in bodies
        ]

    def _check_changeable(self, order: PurchaseOrder) -> None:
        if order.status == CANCELLED:
            raise assumed.record_cancelled(KIND, order.number)
        if any(line.items for line in order.lines):
            raise assumed.inbound_started(KIND, order.number)

    def cancel(self, order: PurchaseOrder) -> str:
        self._check_changeable(order)
        with self._changing(order):
            order.status = CANCELLED
        return f"The {KIND} {order.number} was cancelled."

    def set_status(self, order: PurchaseOrder, status: int) -> None:
        if status not in dict(self._store.config.purchase_order_statuses):
            raise assumed.unknown_status_of("purchaseOrderStatusNumber", status)
        with self._changing(order):
            order.status = status

    @contextmanager
    def _changing(self, order: PurchaseOrder) -> Iterator[None]:
        """Takes what is to come out of the articles' stock, lets the order be changed, and puts it in again."""
        now, before = self._store.clock(), order.status
        expect(order, -1, now)
        try:
            yield
        finally:
            expect(order, 1, now)
        if order.status != before:
            order.status_changed = now
            self._add_webhook(order)

    def _add_webhook(self, order: PurchaseOrder) -> None:
        self._store.webhook_outbox.add("purchase-order", order.goods_owner_id, purchase_order_payload(order))

    # ---- fulfilment

    def receive(
        self,
        number: str,
        quantities: Mapping[str, float],
        goods_owner_id: int | None = None,
        marks: Marks | None = None,
    ) -> PurchaseOrder:
        """`quantities`, per row number, come in now and go into stock, all with these marks. One below 0 is a correction.

        Received in full, the order goes to 500, otherwise to 400 (INF). Raises LookupError for what is not there.
        """
        order = self._store.the_one(self.by_number, number, goods_owner_id)
        lines = {order.line(row_number).id: quantity for row_number, quantity in quantities.items()}
        now = self._store.clock()
        with self._changing(order):
            for line in order.lines:
                if quantity := lines.get(line.id):
                    line.items.append(ReceivedItem(self._store.next_id(), quantity, now, marks or Marks()))
                    line.article.stock.present += quantity
                    line.article.stock.last_in = now
            order.last_received = now
            order.status = RECEIVED if all(line.received >= line.advised for line in order.lines) else DEVIATION
        for line in order.lines:
            if quantity := lines.get(line.id):
                payload = webhook_payloads.received_payload(line.article, quantity)
                self._store.webhook_outbox.add("inbound-and-move", order.goods_owner_id, payload)
        return order


def purchase_order_payload(order: PurchaseOrder) -> dict[str, Any]:
    return {
        "purchaseOrderId": order.id,
        "purchaseOrderNumber": order.number,
        "purchaseOrderStatus": {"number": order.status},
        "path": f"/api/v1/purchaseOrders/{order.id}",
    }
