"""The articles that a purchase order needs: those that wait are sent before it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.domain import Article, OrderLine, PurchaseLine
from app.flows.articles import GET_ARTICLES, PUT_ARTICLE
from app.flows.outcomes import WarehousePort
from app.warehouse.writes.fields import article_body


async def missing_articles(lines: Sequence[PurchaseLine], port: WarehousePort) -> list[PurchaseLine]:
    """The lines whose articles the WMS lacks and nobody is about to send. Articles that wait in the lane are sent now, in full.

    None is made from the line itself: what a caller misspells would become an article. Raises Refused when the WMS does not take
    an article that waits.
    """
    unknown = await port.unknown_articles(list(dict.fromkeys(line.article_number for line in lines)))
    if not unknown:
        return []
    there = await port.read(GET_ARTICLES, lambda: port.client.get_articles(unknown))
    missing = set[str]()
    for number in unknown:
        if number in there:
            await port.article_exists(number, there[number].article_system_id)
        elif (waiting := await port.waiting_article(number)) is not None:
            await _send(waiting, number, port)
        else:
            missing.add(number)
    return [line for line in lines if line.article_number in missing]


async def _send(article: Article, number: str, port: WarehousePort) -> None:
    body = article_body(article, port.goods_owner_id, port.settings)
    written = await port.write(PUT_ARTICLE, body.json, lambda: port.client.put_article(body.json))
    line = OrderLine("", number, article.name, Decimal(1), None, None, "", article.source_id)
    await port.article_created(line, written, body.hash)
