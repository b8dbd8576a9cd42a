"""How stock reads back: by warehouse, by piece, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.sandbox.kit.answers import answer, nulls, via
from app.sandbox.ongoing.answers.members import at, warehouse_member
from app.sandbox.ongoing.bodies.values import zulu
from app.sandbox.ongoing.config import WAREHOUSE_ID
from app.sandbox.ongoing.model.kits import sellable
from app.sandbox.ongoing.model.records import Article, StoredItem
from app.sandbox.ongoing.model.stock.adjustments import Adjustment
from app.sandbox.ongoing.model.warehouse import Warehouse


def place_answer(article: Article, warehouse_id: int, warehouse: Warehouse) -> dict[str, Any]:
    """The article's counts in one warehouse."""
    stock = article.stock_in(warehouse_id)
    free = sellable(article, warehouse.articles, of=lambda one: one.stock_in(warehouse_id).sellable)
    return {
        "warehouseId": warehouse_id,
        "numberOfItems": max(stock.present, 0.0),
        "numberOfLockedItems": stock.locked,
        "sellableNumberOfItems": free,
        "availableForSaleNumberOfItems": max(free, 0.0),
        "reported": None,
        "allocatedNumberOfItems": stock.allocated,
    }


def stored_items(article: Article) -> list[StoredItem]:
    """What is there, piece by piece: what is told apart, as far as it is still there (the first go first), and the rest."""
    left, found = max(article.stock.present, 0.0), list[StoredItem]()
    for item in reversed(article.items):
        pieces = min(item.pieces, left)
        left -= pieces
        if pieces:
            found.insert(0, replace(item, pieces=pieces))
    if left:
        found.append(StoredItem(article.id, left, location="A-1", warehouse_id=WAREHOUSE_ID))
    return found


item_answer = answer(
    {
        **{"batch": "batch", "serial": "serial", "location": "location", "isLocked": "is_locked", "articleItemId": "id"},
        "expiryDate": "expires",
        "isLockedForSale": "is_locked",
        "numberOfItems": "pieces",
        "status": via("status", lambda code: None if code is None else {"code": code, "name": code}),
        "warehouse": warehouse_member,
        "inDate": lambda item, warehouse: zulu(warehouse.clock()),
        "lockCauses": lambda item, warehouse: {
            **dict.fromkeys(("byAllocation", "byInventory", "byLocation", "byStatus", "byWarehouseTransferOrder"), False),
            "byItemLock": item.is_locked,
        },
        **nulls("container", "comment", "purchaseOrderInfo"),
    }
)

_adjustment = answer(
    {
        "inventoryId": "id",
        "numberOfItems": "change.by",
        "inventoryTime": at("made"),
        "inventoryItemComment": "change.comment",
        "inventoryAdjustmentCause": via("change.cause", lambda code: {"code": code, "name": code.capitalize()}),
        "location": "change.location",
        "batchNumber": "change.batch",
        "serial": "change.serial",
        "warehouse": warehouse_member,
        **nulls("articleItemComment", "articleItemStatus", "expiryDate"),
    }
)


def adjustment_answer(of_one_article: Sequence[Adjustment], warehouse: Warehouse) -> dict[str, Any]:
    """The corrections of one article."""
    article = of_one_article[0].article
    told = [_adjustment(each, warehouse) for each in of_one_article]
    if warehouse.config.tells_scrapped:
        told = [{**row, "isScrapped": each.change.scrapped} for row, each in zip(told, of_one_article, strict=True)]
    return {
        "article": {
            "articleSystemId": article.id,
            "articleNumber": article.number,
            "articleName": article.body.article_name,
            "productCode": article.body.product_code,
        },
        "inventoryAdjustments": told,
    }
