"""Articles that are both in the shop and in the warehouse, and what was written of their stock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.sandbox.kit.journal import Call
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.storage.outbound_tables import stock_levels
from tests.harness import GOODS_OWNER, Harness

ON = {"stock": True, "shipments": False, "returns": False}


def in_warehouse(harness: Harness, number: str, present: float, goods_owner_id: int = GOODS_OWNER) -> None:
    """The article in the WMS, so many pieces of it there."""
    body = {"goodsOwnerId": goods_owner_id, "articleNumber": number, "articleName": number}
    if (goods_owner_id, number) not in harness.warehouse.model.articles:
        harness.warehouse.model.put_article(ArticleBody.model_validate(body))
    harness.warehouse.model.put_in_stock(number, present, goods_owner_id)


def in_both(harness: Harness, number: str, *, shop: int, wms: float, **more: Any) -> int:
    """A product whose pieces the shop counts, and its article; gives the shop's id."""
    made = harness.shop.product(number, manage_stock=True, stock_quantity=shop, **more)
    in_warehouse(harness, number, wms)
    return int(made["id"])


def quantity(harness: Harness, product_id: int) -> Any:
    """What the shop shows."""
    return harness.shop.model.products[product_id]["stock_quantity"]


def batches(harness: Harness) -> list[Call]:
    """The writing calls that reached the shop, from its own journal."""
    return [call for call in harness.shop.calls() if call.path.endswith("/batch")]


def written(harness: Harness) -> list[tuple[int, Any]]:
    """Every quantity that was sent, by the shop's id."""
    return [(item["id"], item["stock_quantity"]) for call in batches(harness) for item in call.body["update"]]


async def level(harness: Harness, product_id: int) -> Any:
    (row,) = await harness.stored.rows(select(stock_levels).where(stock_levels.c.source_id == str(product_id)))
    return row
