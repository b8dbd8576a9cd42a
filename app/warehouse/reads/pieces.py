"""The warehouses of a WMS, what lies in them piece by piece, and the corrections of stock.

Upstream: goods owner REST API, `GET /warehouses`, `GET /articleItems`, `GET /inventoryAdjustments`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.json_reading import decimal, flag, moment, objects, required_id, required_text, section, text, whole


@dataclass(frozen=True)
class WarehouseBuilding:
    """One warehouse of the WMS. Texts that it does not give are empty."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class StoredPieces:
    """Pieces of one article that lie together. Texts that the WMS does not give are empty; `expires` and `came_in` are UTC."""

    item_id: int | None
    pieces: Decimal
    batch: str
    serial: str
    expires: datetime | None
    location: str
    status: str
    warehouse: WarehouseBuilding | None
    is_locked: bool
    is_locked_for_sale: bool
    comment: str
    came_in: datetime | None


@dataclass(frozen=True)
class ArticlePieces:
    """All pieces of one article."""

    number: str
    article_system_id: int
    items: tuple[StoredPieces, ...]
    goods_owner_id: int | None = None


@dataclass(frozen=True)
class Adjustment:
    """A correction of stock: `pieces` more, or (negative) fewer, made at `made_at` (UTC).

    It has no id of its own: one stock-taking (`inventory_id`) may correct an article at several places. `is_scrapped`: the goods
    were thrown away, as newer systems say; None where the WMS does not say.
    """

    inventory_id: int
    article_system_id: int
    number: str
    article_name: str
    pieces: Decimal
    made_at: datetime | None
    cause_code: str
    cause_name: str
    is_scrapped: bool | None
    batch: str
    serial: str
    expires: datetime | None
    location: str
    status: str
    warehouse: WarehouseBuilding | None
    comment: str


def read_building(raw: Mapping[str, Any]) -> WarehouseBuilding:
    """Raises Unreadable without an id."""
    return WarehouseBuilding(required_id(raw, "id"), text(raw, "code"), text(raw, "name"))


def _building(raw: Mapping[str, Any]) -> WarehouseBuilding | None:
    inside = section(raw, "warehouse")
    number = whole(inside, "id")
    return None if number is None else WarehouseBuilding(number, text(inside, "code"), text(inside, "name"))


def read_pieces(raw: Mapping[str, Any]) -> ArticlePieces:
    """Raises Unreadable without article system id or article number."""
    return ArticlePieces(
        number=required_text(raw, "articleNumber"),
        article_system_id=required_id(raw, "articleSystemId"),
        items=tuple(_pieces(row) for row in objects(raw, "items")),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
    )


def _pieces(row: Mapping[str, Any]) -> StoredPieces:
    status = section(row, "status")
    return StoredPieces(
        item_id=whole(row, "articleItemId"),
        pieces=decimal(row, "numberOfItems") or Decimal(0),
        batch=text(row, "batch"),
        serial=text(row, "serial"),
        expires=moment(row.get("expiryDate")),
        location=text(row, "location"),
        status=text(status, "name") or text(status, "code"),
        warehouse=_building(row),
        is_locked=bool(flag(row, "isLocked")),
        is_locked_for_sale=bool(flag(row, "isLockedForSale")),
        comment=text(row, "comment"),
        came_in=moment(row.get("inDate")),
    )


def read_adjustments(raw: Mapping[str, Any]) -> tuple[Adjustment, ...]:
    """Those of one article. Raises Unreadable without the article's id or number, or the stock-taking's id."""
    return tuple(_adjustments(raw))


def _adjustments(raw: Mapping[str, Any]) -> Iterator[Adjustment]:
    article = section(raw, "article")
    article_id, number = required_id(article, "articleSystemId"), required_text(article, "articleNumber")
    for row in objects(raw, "inventoryAdjustments"):
        cause, status = section(row, "inventoryAdjustmentCause"), section(row, "articleItemStatus")
        comments = (text(row, "inventoryItemComment"), text(row, "articleItemComment"))
        yield Adjustment(
            inventory_id=required_id(row, "inventoryId"),
            article_system_id=article_id,
            number=number,
            article_name=text(article, "articleName"),
            pieces=decimal(row, "numberOfItems") or Decimal(0),
            made_at=moment(row.get("inventoryTime")),
            cause_code=text(cause, "code"),
            cause_name=text(cause, "name"),
            is_scrapped=flag(row, "isScrapped"),
            batch=text(row, "batchNumber"),
            serial=text(row, "serial"),
            expires=moment(row.get("expiryDate")),
            location=text(row, "location"),
            status=text(status, "name") or text(status, "code"),
            warehouse=_building(row),
            comment="; ".join(each for each in comments if each),
        )
