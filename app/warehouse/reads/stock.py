"""How many pieces of an article there are, as the WMS states it (requirement: Ongoing WMS, stock values)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.errors import GatewayError
from app.json_reading import decimal, flag, objects, required_id, required_text, section, whole


@dataclass(frozen=True)
class StockLevel:
    """`sellable` in pieces; may be negative. `on_shelf`: pieces that are there, sold or not; None when the WMS does not state it.

    Stock has no version: `read_at` (UTC) is when the call that told it was begun.

    `is_stock` is None when the WMS does not say; an article that is no stock article (a service), or is not in use, has no stock
    to speak of.
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

    is_active: bool | None = None

    def level(self, read_at: datetime) -> StockLevel | None:
        """None when the WMS states no quantity. That is not the same as 0."""
        if self.sellable is None:
            return None
        is_stock = False if self.is_active is False else self.is_stock
        return StockLevel(self.number, self.article_system_id, self.sellable, read_at, is_stock, self.on_shelf)


def read_stated_stock(raw: Mapping[str, Any]) -> StatedStock:
    """Raises Unreadable without article system id or article number."""
    return StatedStock(
        number=required_text(raw, "articleNumber"),
        article_system_id=required_id(raw, "articleSystemId"),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
        sellable=decimal(section(raw, "inventoryInfo"), "sellableNumberOfItems"),
        is_stock=flag(raw, "isStockArticle"),
        on_shelf=decimal(section(raw, "inventoryInfo"), "numberOfItems"),
        is_active=flag(raw, "isActive"),
    )


@dataclass(frozen=True)
class PlaceStock:
    """What the WMS says of an article in one of its warehouses. A figure is None when it does not state it."""

    warehouse_id: int | None
    sellable: Decimal | None
    on_shelf: Decimal | None
    locked: Decimal | None = None
    allocated: Decimal | None = None


@dataclass(frozen=True)
class StockByPlace:
    """One row of the list by warehouse. The list has no goods owner in it: it is asked for by one."""

    number: str
    article_system_id: int
    places: tuple[PlaceStock, ...]
    goods_owner_id: int | None = None

    def within(self, warehouse_ids: Collection[int]) -> tuple[Decimal | None, Decimal | None]:
        """What may be sold in these warehouses together, and what is on their shelves.

        A warehouse that is not listed has none of it. None when a listed one does not state its figure.
        """
        listed = [each for each in self.places if each.warehouse_id in warehouse_ids]
        return _sum([each.sellable for each in listed]), _sum([each.on_shelf for each in listed])


def _sum(figures: Iterable[Decimal | None]) -> Decimal | None:
    known = list(figures)
    return None if None in known else sum((each for each in known if each is not None), Decimal(0))


def read_stock_by_place(raw: Mapping[str, Any]) -> StockByPlace:
    """Raises Unreadable without article system id or article number."""
    places = tuple(
        PlaceStock(
            whole(row, "warehouseId"),
            decimal(row, "sellableNumberOfItems"),
            decimal(row, "numberOfItems"),
            decimal(row, "numberOfLockedItems"),
            decimal(row, "allocatedNumberOfItems"),
        )
        for row in objects(raw, "inventoryPerWarehouse")
    )
    return StockByPlace(required_text(raw, "articleNumber"), required_id(raw, "articleSystemId"), places)


def in_places(level: StockLevel, by_place: StockByPlace | None, warehouse_ids: Collection[int]) -> StockLevel | None:
    """The level of these warehouses only. None when the WMS does not state it; 0 when it lists none of them for the article."""
    sellable, on_shelf = (Decimal(0), Decimal(0)) if by_place is None else by_place.within(warehouse_ids)
    return None if sellable is None else replace(level, sellable=sellable, on_shelf=on_shelf)


def pieces_of(levels: Iterable[StockLevel], *, on_shelf: bool) -> dict[str, float]:
    """The figure that counts, by article number: what is on the shelf, or what may be sold. Without what is no stock article."""
    stated = ((each.number, each.on_shelf if on_shelf else each.sellable) for each in levels if each.is_stock is not False)
    return {number: float(pieces) for number, pieces in stated if pieces is not None}


def earliest_change(now: datetime, look_back_hours: float) -> datetime:
    """The oldest moment that an incremental read may begin at."""
    return now - timedelta(hours=look_back_hours)
