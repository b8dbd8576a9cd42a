"""What people in the warehouse do with orders and goods: pick, ship, take returns back, count stock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.orders import LineBody
from app.sandbox.ongoing.config import CONTRACTS, WarehouseConfig
from app.sandbox.ongoing.model import fulfilment, webhook_payloads
from app.sandbox.ongoing.model.records import Article, Order
from app.sandbox.ongoing.model.return_causes import ReturnCauses
from app.sandbox.ongoing.model.stock.adjustments import Adjustments, Change
from app.sandbox.ongoing.model.store import Clock, Store, utc_now


class Handling(Store):
    """These methods are for tests and the sandbox's own routes: the REST API has no calls for what they do."""

    def __init__(self, config: WarehouseConfig, clock: Clock = utc_now) -> None:
        super().__init__(config, clock)
        self.return_causes = ReturnCauses(config.return_causes)
        self.adjustments = Adjustments(self)

    def order(self, number: str, goods_owner_id: int | None = None) -> Order:
        """The order with this number; raises LookupError when there is none, or more than one goods owner has it."""
        return self.the_one(self.orders, number, goods_owner_id)

    def set_order_status(self, number: str, status: int, goods_owner_id: int | None = None) -> None:
        """Move the order there with everything on the way: allocated from 320, picked from 400, shipped from 450.

        What is short when it is shipped goes to a back order, if the warehouse is set up for that. Raises LookupError for an
        unknown order, ValueError for a status that the warehouse does not have.
        """
        order = self.order(number, goods_owner_id)
        if status not in dict(self.config.statuses):
            raise ValueError(f"there is no order status {status}")
        is_shipped_now = order.status < fulfilment.SENT <= status < fulfilment.RETURNED
        with self.changing(order):
            fulfilment.move(order, status, self.clock(), self.next_id)
            rest = self._take_rest(order) if is_shipped_now and self.config.back_orders == "new-order" else []
        if rest:
            self._make_back_order(order, rest)

    def _take_rest(self, order: Order) -> list[LineBody]:
        """What was not picked is no more this order's business; its ordered quantities stay what they were (INF)."""
        rest = [line.body.model_copy(update={"number_of_items": line.to_come}) for line in order.lines if line.to_come]
        for line in order.lines:
            line.moved += line.to_come
            line.allocated = line.picked
        return rest

    def _make_back_order(self, order: Order, lines: list[LineBody]) -> None:
        sequence = 1
        while (order.goods_owner_id, assumed.back_order_number(order.number, sequence)) in self.orders:
            sequence += 1
        number = assumed.back_order_number(order.number, sequence)
        made, _, _ = self.put_order(order.body.model_copy(update={"order_number": number, "order_lines": lines}))
        made.back_order_for = order.id

    def pick(self, number: str, quantities: Mapping[str, float] | None = None, goods_owner_id: int | None = None) -> None:
        """Pick the order: `quantities` are the totals per row number (all of every row when left out). Brings it to 400."""
        order = self.order(number, goods_owner_id)
        totals = quantities if quantities is not None else {line.row_number: line.to_be_picked for line in order.lines}
        with self.changing(order):
            fulfilment.pick(order, totals, self.clock(), self.next_id)
            if order.status < fulfilment.PICKED:
                fulfilment.set_status(order, fulfilment.PICKED, self.clock())

    def ship(
        self, number: str, waybill: str | None = None, parcels: tuple[str, ...] = (), goods_owner_id: int | None = None
    ) -> None:
        """Hand the order to the carrier: brings it to 450 and notes its numbers. Picks everything when nothing was picked."""
        self.set_order_status(number, fulfilment.SENT, goods_owner_id)
        self.track(number, waybill, parcels, goods_owner_id)

    def track(
        self,
        number: str,
        waybill: str | None,
        parcels: Sequence[str | fulfilment.Package] = (),
        goods_owner_id: int | None = None,
        *,
        url: str | None = None,
        with_link: bool = True,
    ) -> None:
        """Note the carrier's numbers, which may come later than the shipment. No webhook tells of them.

        The waybill's link is the carrier's usual one when no `url` is given and `with_link` is.
        """
        link = url or (f"https://carrier.example/{waybill}" if with_link else None)
        packages = [fulfilment.Package(one) if isinstance(one, str) else one for one in parcels]
        fulfilment.track(self.order(number, goods_owner_id), waybill, link, packages, self.clock(), self.next_id)

    def label_return(self, number: str, waybill: str, goods_owner_id: int | None = None) -> None:
        """Put a return label into the package."""
        link = f"https://carrier.example/{waybill}"
        fulfilment.label_return(self.order(number, goods_owner_id), waybill, link, self.clock())

    def return_goods(
        self, number: str, quantities: Mapping[str, float], cause: str | None = None, goods_owner_id: int | None = None
    ) -> None:
        """`quantities`, per row number, come back now; they go into stock unless the cause is one for scrapping.

        Raises LookupError for an unknown order, row or cause, ValueError for more than was picked.
        """
        order = self.order(number, goods_owner_id)
        why = self.return_causes.cause(cause) if cause is not None else None
        now = self.clock()
        with self.changing(order):
            for row_number, quantity in quantities.items():
                fulfilment.bring_back(order.line(row_number), quantity, why, now, self.next_id)
            order.last_returned = now
            if self.config.returned_status is not None:
                fulfilment.set_status(order, self.config.returned_status, now)

    def put_in_stock(self, number: str, present: float, goods_owner_id: int | None = None) -> None:
        """Set how many of the article are physically there. Raises LookupError for an unknown article."""
        article = self.the_one(self.articles, number, goods_owner_id)
        self._adjusted(article, Change(present - article.stock.present, "COUNTED"))
        article.stock.last_in = self.clock()

    def adjust_stock(self, number: str, by: float, cause: str = "ADJUSTED", goods_owner_id: int | None = None) -> None:
        """So many more (or, negative, fewer) are there. Raises LookupError for an unknown article."""
        self.change_stock(number, Change(by, cause), goods_owner_id)

    def change_stock(self, number: str, change: Change, goods_owner_id: int | None = None) -> None:
        """Makes a correction, in whichever warehouse. Raises LookupError for an unknown article or warehouse."""
        if self.config.building(change.warehouse_id) is None:
            raise LookupError(f"there is no warehouse {change.warehouse_id}")
        self._adjusted(self.the_one(self.articles, number, goods_owner_id), change)

    def lock_stock(
        self, number: str, locked: float | None, for_sale: float | None = None, goods_owner_id: int | None = None
    ) -> None:
        """Set how many are locked for use and for sale (None: as it was). Raises LookupError for an unknown article."""
        stock = self.the_one(self.articles, number, goods_owner_id).stock
        stock.locked = stock.locked if locked is None else locked
        stock.locked_for_sale = stock.locked_for_sale if for_sale is None else for_sale
        stock.changed = self.clock()

    def list_carriers(self, codes: Collection[tuple[str, str]]) -> None:
        """Only these carriers (code and service code) are set up from now on. An order that has another one keeps it."""
        known = {contract[:2]: contract for contract in (*CONTRACTS, *self.config.transporter_contracts)}
        self.config = replace(self.config, transporter_contracts=tuple(known[pair] for pair in codes))

    def _adjusted(self, article: Article, change: Change) -> None:
        for stock in article.counts(change.warehouse_id):
            stock.present += change.by
            stock.changed = self.clock()
        self.adjustments.add(article, change)
        payload = webhook_payloads.adjustment_payload(article, change.by, change.cause)
        self.webhook_outbox.add("inventory", article.goods_owner_id, payload)
