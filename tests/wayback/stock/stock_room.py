"""Articles that are both in the shop and in the warehouse, and what was written of their stock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.sandbox.kit.journal import Call
from app.sandbox.ongoing.wire.article_bodies import ArticleBody
from app.storage.outbound_tables import stock_levels
from tests.house import GOODS_OWNER, House

ON = {"stock": True, "shipments": False, "returns": False}


def in_warehouse(house: House, number: str, present: float, goods_owner_id: int = GOODS_OWNER) -> None:
    """The article in the WMS, so many pieces of it there."""
    body = {"goodsOwnerId": goods_owner_id, "articleNumber": number, "articleName": number}
    if (goods_owner_id, number) not in house.warehouse.articles:
        house.warehouse.put_article(ArticleBody.model_validate(body))
    house.warehouse.put_in_stock(number, present, goods_owner_id)


def in_both(house: House, number: str, *, shop: int, wms: float, **more: Any) -> int:
    """A product whose pieces the shop counts, and its article; gives the shop's id."""
    made = house.product(number, manage_stock=True, stock_quantity=shop, **more)
    in_warehouse(house, number, wms)
    return int(made["id"])


def quantity(house: House, product_id: int) -> Any:
    """What the shop shows."""
    return house.shop.products[product_id]["stock_quantity"]


def batches(house: House) -> list[Call]:
    """The writing calls that reached the shop, from its own journal."""
    return [call for call in house.shop_calls() if call.path.endswith("/batch")]


def written(house: House) -> list[tuple[int, Any]]:
    """Every quantity that was sent, by the shop's id."""
    return [(item["id"], item["stock_quantity"]) for call in batches(house) for item in call.body["update"]]


async def level(house: House, product_id: int) -> Any:
    (row,) = await house.rows(select(stock_levels).where(stock_levels.c.source_id == str(product_id)))
    return row
