"""What the warehouse keeps: articles with their stock, orders with their lines."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.orders import LineBody, OrderBody
from app.sandbox.ongoing.config import CANCELLED, WAREHOUSE_ID

COLLECTED = 500


@dataclass
class Stock:
    """The counts of one article. `present` may fall below 0 when goods are picked that were never put in; it is shown as 0."""

    present: float = 0.0
    booked: float = 0.0
    allocated: float = 0.0
    to_be_collected: float = 0.0
    locked: float = 0.0
    locked_for_sale: float = 0.0
    to_receive: float = 0.0
    last_in: datetime | None = None
    changed: datetime | None = None

    @property
    def sellable(self) -> float:
        """What can still be sold; may be negative."""
        return max(self.present, 0.0) - self.booked - self.locked - self.locked_for_sale


@dataclass
class StoredItem:
    """Pieces of an article that lie at one place and are told apart from others: by batch, serial or date."""

    id: int
    pieces: float
    batch: str | None = None
    serial: str | None = None
    expires: str | None = None
    location: str | None = None
    status: str | None = None
    warehouse_id: int = WAREHOUSE_ID
    is_locked: bool = False


@dataclass
class Article:
    """One article; `body` is what was last written to it.

    `stock` counts all warehouses together, `elsewhere` those beside the first. `items`: what is told apart of what is there.
    """

    id: int
    body: ArticleBody
    updated: datetime
    stock: Stock = field(default_factory=Stock)
    elsewhere: dict[int, Stock] = field(default_factory=dict)
    items: list[StoredItem] = field(default_factory=list)

    @property
    def number(self) -> str:
        return str(self.body.article_number)

    @property
    def goods_owner_id(self) -> int:
        return int(self.body.goods_owner_id)

    def counts(self, warehouse_id: int | None) -> tuple[Stock, ...]:
        """What changes when something happens in this warehouse (None: the first)."""
        if warehouse_id in (None, WAREHOUSE_ID):
            return (self.stock,)
        return (self.stock, self.elsewhere.setdefault(warehouse_id or 0, Stock()))

    def stock_in(self, warehouse_id: int) -> Stock:
        """The counts of one warehouse. The first has what the others have not."""
        if warehouse_id != WAREHOUSE_ID:
            return self.elsewhere.get(warehouse_id, Stock())
        names = [each.name for each in fields(Stock) if each.type == "float"]
        others = self.elsewhere.values()
        return Stock(**{name: getattr(self.stock, name) - sum(getattr(each, name) for each in others) for name in names})


@dataclass
class PickedItem:
    """Goods that were taken for an order line."""

    id: int
    number_of_items: float
    picked: datetime
    returned: datetime | None = None
    return_cause: tuple[str, str] | None = None
    original_id: int | None = None
    """Of the goods that these were split off from."""


@dataclass
class OrderLine:
    """One line; quantities beside the ordered one are the warehouse's own."""

    id: int
    body: LineBody
    article: Article
    allocated: float = 0.0
    picked: float = 0.0
    packed: float = 0.0
    returned: float = 0.0
    reported: float | None = None
    reported_returned: float | None = None
    restocked: float = 0.0
    """How many of the returned went back into stock; the rest was scrapped."""
    moved: float = 0.0
    """How many are now the business of a back order."""
    picked_items: list[PickedItem] = field(default_factory=list)
    parts: list[tuple[Article, float]] = field(default_factory=list)
    """What the line takes out of stock per piece: the article itself, or a kit's parts."""

    @property
    def row_number(self) -> str:
        return str(self.body.row_number)

    @property
    def ordered(self) -> float:
        return float(self.body.number_of_items)

    @property
    def to_be_picked(self) -> float:
        """How many the warehouse has to pick: none when the line says that it needs no picking."""
        return 0.0 if self.body.should_be_picked is False else self.ordered

    @property
    def to_come(self) -> float:
        """What is still to be picked here."""
        return max(self.to_be_picked - self.picked - self.moved, 0.0)


@dataclass
class Tracking:
    waybill: str
    url: str | None
    created: datetime
    is_return: bool = False


@dataclass
class Parcel:
    id: int
    number: str
    is_return: bool = False
    url: str | None = None
    waybill: str | None = None


@dataclass
class OrderFile:
    """A document of an order: what a person prints, or a label that the WMS has made."""

    id: int
    name: str
    mime_type: str
    data: str  # base64


@dataclass
class Order:
    """One order; `body` is what was last written to it. All times are UTC."""

    id: int
    body: OrderBody
    consignee_id: int
    status: int
    created: datetime
    updated: datetime
    status_changed: datetime
    lines: list[OrderLine] = field(default_factory=list)
    shipped: datetime | None = None
    last_picked: datetime | None = None
    last_returned: datetime | None = None
    way_bill: str | None = None
    return_way_bill: str | None = None
    tracking: list[Tracking] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    shipment_id: int | None = None
    back_order_for: int | None = None
    files: list[OrderFile] = field(default_factory=list)

    @property
    def number(self) -> str:
        return str(self.body.order_number)

    @property
    def goods_owner_id(self) -> int:
        return int(self.body.goods_owner_id)

    @property
    def cancelled(self) -> bool:
        return self.status == CANCELLED

    def line(self, row_number: str) -> OrderLine:
        """Raises KeyError when the order has no such row."""
        for line in self.lines:
            if line.row_number == row_number:
                return line
        raise KeyError(row_number)


def book(order: Order, sign: int, at: datetime) -> None:
    """Put what the order asks for and has taken into its articles' stock (`sign` 1), or take it out again (-1)."""
    for line in order.lines:
        for article, times in line.parts:
            for stock in article.counts(order.body.warehouse_id):
                _book_line(order, line, stock, sign * times)
            article.stock.changed = at


def _book_line(order: Order, line: OrderLine, stock: Stock, factor: float) -> None:
    stock.present -= factor * (line.picked - line.restocked)
    if order.status < COLLECTED:
        stock.to_be_collected += factor * line.picked
    if not order.cancelled:
        stock.booked += factor * line.to_come
        stock.allocated += factor * max(line.allocated - line.picked, 0.0)
