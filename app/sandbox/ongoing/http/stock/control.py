"""How a test or a person changes the stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.sandbox.ongoing.answers.articles import article_answer
from app.sandbox.ongoing.config import WAREHOUSE_ID
from app.sandbox.ongoing.model.records import StoredItem
from app.sandbox.ongoing.model.stock.adjustments import Change
from app.sandbox.ongoing.model.warehouse import Warehouse

Quantity = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Command(BaseModel):
    """What a test or a person wants to happen."""

    model_config = ConfigDict(extra="forbid")

    goods_owner_id: int | None = None


class StockChange(Command):
    """`present`: so many are there now; `by`: so many more, or fewer; `locked`, `locked_for_sale`: so many of them are locked.

    `warehouse_id` and `scrapped` say of `by` where that is, and whether the goods were thrown away.
    """

    present: Quantity | None = None
    by: float | None = None
    locked: Quantity | None = None
    locked_for_sale: Quantity | None = None
    cause: str = "ADJUSTED"
    warehouse_id: int = WAREHOUSE_ID
    scrapped: bool = False


class Item(BaseModel):
    """Pieces that are told apart from others."""

    model_config = ConfigDict(extra="forbid")

    pieces: Positive
    batch: str | None = None
    serial: str | None = None
    expires: str | None = None
    location: str | None = None
    status: str | None = None
    warehouse_id: int = WAREHOUSE_ID
    is_locked: bool = False


class Items(Command):
    """What is told apart of the pieces that are there, in place of what was before."""

    items: tuple[Item, ...]


Act = Callable[[Any, str], dict[str, Any]]


def stock_commands(warehouse: Warehouse) -> list[tuple[str, type[Command], Act]]:
    """Each with its path, what it takes, and what it does."""

    def restock(change: StockChange, number: str) -> dict[str, Any]:
        owner = change.goods_owner_id
        article = warehouse.the_one(warehouse.articles, number, owner)
        if change.present is not None:
            warehouse.put_in_stock(number, change.present, owner)
        if change.by is not None:
            made = Change(change.by, change.cause, change.warehouse_id, scrapped=change.scrapped)
            warehouse.change_stock(number, made, owner)
        if change.locked is not None or change.locked_for_sale is not None:
            warehouse.lock_stock(number, change.locked, change.locked_for_sale, owner)
        return article_answer(article, warehouse)

    def tell_apart(given: Items, number: str) -> dict[str, Any]:
        article = warehouse.the_one(warehouse.articles, number, given.goods_owner_id)
        article.items = [StoredItem(warehouse.next_id(), **item.model_dump()) for item in given.items]
        return article_answer(article, warehouse)

    return [
        ("/_sandbox/articles/{number:path}/stock", StockChange, restock),
        ("/_sandbox/articles/{number:path}/items", Items, tell_apart),
    ]
