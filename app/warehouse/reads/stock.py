"""How many pieces of an article there are, as the WMS states it (requirement: Ongoing WMS, stock values)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.errors import GatewayError
from app.json_reading import decimal, flag, required_id, required_text, section, whole


@dataclass(frozen=True)
class StockLevel:
    """`sellable` in pieces; may be negative. `on_shelf`: pieces that are there, sold or not; None when the WMS does not state it.

    Stock has no version: `read_at` (UTC) is when the call that told it was begun.

    `is_stock` is None when the WMS does not say; an article that is no stock article (a service) has no stock to speak of.
    """

    number: str
    article_system_id: int
    sellable: Decimal
    read_at: datetime
    is_stock: bool | None = None
    on_shelf: Decimal | None = None


class TooFarBack(GatewayError):
    """The WMS does not list changes since `since` (UTC), because it lies before `earliest`. Everything must be read."""

    def __init__(self, since: datetime, earliest: datetime) -> None:
        super().__init__(f"changes since {since:%Y-%m-%d %H:%M} UTC can't be asked for, only since {earliest:%Y-%m-%d %H:%M}")
        self.since = since
        self.earliest = earliest


@dataclass(frozen=True)
class StatedStock:
    """One row of the list of articles; a figure is None when the WMS does not state it."""

    number: str
    article_system_id: int
    goods_owner_id: int | None
    sellable: Decimal | None
    is_stock: bool | None
    on_shelf: Decimal | None = None

    def level(self, read_at: datetime) -> StockLevel | None:
        """None when the WMS states no quantity. That is not the same as 0."""
        if self.sellable is None:
            return None
        return StockLevel(self.number, self.article_system_id, self.sellable, read_at, self.is_stock, self.on_shelf)


def read_stated_stock(raw: Mapping[str, Any]) -> StatedStock:
    """Raises Unreadable without article system id or article number."""
    return StatedStock(
        number=required_text(raw, "articleNumber"),
        article_system_id=required_id(raw, "articleSystemId"),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
        sellable=decimal(section(raw, "inventoryInfo"), "sellableNumberOfItems"),
        is_stock=flag(raw, "isStockArticle"),
        on_shelf=decimal(section(raw, "inventoryInfo"), "numberOfItems"),
    )


def pieces_of(levels: Iterable[StockLevel], *, on_shelf: bool) -> dict[str, float]:
    """The figure that counts, by article number: what is on the shelf, or what may be sold. Without what is no stock article."""
    stated = ((each.number, each.on_shelf if on_shelf else each.sellable) for each in levels if each.is_stock is not False)
    return {number: float(pieces) for number, pieces in stated if pieces is not None}


def earliest_change(now: datetime, look_back_hours: float) -> datetime:
    """The oldest moment that an incremental read may begin at."""
    return now - timedelta(hours=look_back_hours)
