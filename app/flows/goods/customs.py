"""What customs papers lack of an order's articles. Requirement: Ongoing WMS, articles (customs)."""

from __future__ import annotations

from app.domain import Order, Problem
from app.flows.goods.facts import Goods, goods_of
from app.flows.outcomes import WarehousePort

CUSTOMS_LACKING = "customs-article-incomplete"


async def customs_lacking(order: Order, port: WarehousePort) -> tuple[Problem, ...]:
    """One problem for each article that the papers cannot be written for; none for an order that stays at home.

    Services and freight (non-stock articles) are no goods: no customs ask for them.
    """
    if not order.asks_for_customs:
        return ()
    goods, found, asked = await goods_of(order, port), list[Problem](), set[str]()
    for index, line in enumerate(order.lines):
        number = line.article_number or ""
        article = goods.get(number, Goods())
        if number in asked or not article.is_stock:
            continue
        asked.add(number)
        lacks = [
            words
            for words, value in (
                ("a country of origin (countryOfOriginCode)", article.country_of_origin),
                ("a customs tariff number (statisticsNumber)", article.tariff_number),
            )
            if not value
        ]
        if lacks:
            found.append(
                Problem(
                    CUSTOMS_LACKING,
                    f"lines[{index}].article_number",
                    f"article {number} goes to {order.consignee.country_code} and lacks {' and '.join(lacks)}",
                    f"add it to the product in the {port.noun} or to the article in the WMS, or switch customs_required off",
                )
            )
    return tuple(found)
