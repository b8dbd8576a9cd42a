"""The articles of an order as the WMS has them, or as the one that waits to be sent there.

What the WMS has is certain: it prints the papers, and people there weigh and complete articles by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.domain import Article, Order
from app.flows.outcomes import WarehousePort
from app.json_reading import number
from app.warehouse.reads.resources import WarehouseArticle


@dataclass(frozen=True)
class Goods:
    """One article. `weight_kg` is that of a piece; None or 0: it is not known. Empty text: not given."""

    weight_kg: Decimal | None = None
    country_of_origin: str = ""
    tariff_number: str = ""
    is_stock: bool = True


async def goods_of(order: Order, port: WarehousePort) -> dict[str, Goods]:
    """By article number. An article that neither the WMS has nor waits to be sent there is missing."""
    numbers = list(dict.fromkeys(line.article_number for line in order.lines if line.article_number))
    there = await port.articles(numbers)
    found: dict[str, Goods] = {}
    for each in numbers:
        known = _of_warehouse(there[each]) if each in there else None
        if known is None or not (known.country_of_origin and known.tariff_number and known.weight_kg):
            waiting = await port.waiting_article(each)
            known = _joined(known, _of_article(waiting)) if waiting is not None else known
        if known is not None:
            found[each] = known
    return found


def _of_warehouse(article: WarehouseArticle) -> Goods:
    is_stock = article.is_stock is not False
    return Goods(article.weight_kg, article.country_of_origin.strip(), article.tariff_number.strip(), is_stock)


def _of_article(article: Article) -> Goods:
    """With its configured extra fields, which go before the table's."""
    extra = article.extra
    weight = number(extra["weight"]) if "weight" in extra else article.weight_kg
    origin = str(extra.get("countryOfOriginCode") or article.country_of_origin or "")
    tariff = str(extra.get("statisticsNumber") or article.tariff_number or "")
    return Goods(weight, origin.strip(), tariff.strip(), article.is_stock)


def _joined(there: Goods | None, waiting: Goods) -> Goods:
    """What waits is sent right after, or before: it completes what the WMS has."""
    if there is None:
        return waiting
    return Goods(
        there.weight_kg or waiting.weight_kg,
        there.country_of_origin or waiting.country_of_origin,
        there.tariff_number or waiting.tariff_number,
        there.is_stock,
    )
