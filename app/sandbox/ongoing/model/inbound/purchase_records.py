"""What the warehouse keeps of purchase orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.sandbox.ongoing.bodies.inbound import PurchaseLineBody, PurchaseOrderBody
from app.sandbox.ongoing.model.records import Article

CANCELLED = 900


@dataclass
class Marks:
    """What the warehouse notes of goods as they come in."""

    batch_number: str | None = None
    serial: str | None = None
    expiry_date: str | None = None
    status: tuple[str, str] | None = None
    is_locked_for_sale: bool = False


@dataclass
class ReceivedItem:
    """Goods that came in at one time for one line."""

    id: int
    number_of_items: float
    at: datetime
    marks: Marks = field(default_factory=Marks)


@dataclass
class PurchaseLine:
    id: int
    body: PurchaseLineBody
    article: Article
    reported: float | None = None
    items: list[ReceivedItem] = field(default_factory=list)

    @property
    def advised(self) -> float:
        return float(self.body.number_of_items)

    @property
    def received(self) -> float:
        return sum((item.number_of_items for item in self.items), 0.0)


@dataclass
class PurchaseOrder:
    """One purchase order; `body` is what was last written to it. All times are UTC."""

    id: int
    body: PurchaseOrderBody
    status: int
    created: datetime
    status_changed: datetime
    lines: list[PurchaseLine] = field(default_factory=list)
    last_received: datetime | None = None

    @property
    def number(self) -> str:
        return str(self.body.purchase_order_number)

    @property
    def goods_owner_id(self) -> int:
        return int(self.body.goods_owner_id)

    @property
    def is_return(self) -> bool:
        return self.body.advanced is not None and self.body.advanced.purchase_order_is_return_type is True

    def line(self, row_number: str) -> PurchaseLine:
        """Raises KeyError when there is no such row."""
        for line in self.lines:
            if line.body.row_number == row_number:
                return line
        raise KeyError(row_number)


def expect(order: PurchaseOrder, sign: int, at: datetime) -> None:
    """Put what is still to come into its articles' stock (`sign` 1), or take it out again (-1)."""
    for line in order.lines:
        if order.status != CANCELLED:
            line.article.stock.to_receive += sign * max(line.advised - line.received, 0.0)
        line.article.stock.changed = at
