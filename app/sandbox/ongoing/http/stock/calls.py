"""The calls on stock: by warehouse, by piece, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.sandbox.kit.queries import Filter, Parameter, flag, integer, kept, parameters, size
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.members import goods_owner
from app.sandbox.ongoing.answers.stock import adjustment_answer, item_answer, place_answer, stored_items
from app.sandbox.ongoing.bodies.values import parse_moment
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.kits import stock_changed
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.stock.adjustments import Adjustment

ARTICLES: dict[str, Filter[Article]] = {
    "articleNumbers": Filter(str, lambda article, numbers: article.number in numbers, many=True),
    "articleSystemIdFrom": Filter(integer, lambda article, first: article.id >= first),
    "onlyArticlesInStock": Filter(flag, lambda article, on: not on or article.stock.present > 0),
}
PER_WAREHOUSE = {
    **GOODS_OWNER,
    **parameters(ARTICLES),
    "warehouseIds": Parameter(integer, many=True),
    "stockInfoChangedFrom": Parameter(parse_moment),
    "maxArticlesToGet": Parameter(size),
}
ITEMS = {
    **GOODS_OWNER,
    "articleNumber": Parameter(str),
    "articleNumbers": Parameter(str, many=True),
    "articleSystemIdFrom": Parameter(integer),
    "maxArticlesToGet": Parameter(size),
    "locationNames": Parameter(str, many=True),
    "articleItemStatusCodes": Parameter(str, many=True),
}
ADJUSTMENTS: dict[str, Filter[Adjustment]] = {
    "from": Filter(parse_moment, lambda one, time: one.made > time),
    "to": Filter(parse_moment, lambda one, time: one.made < time),
    "toTime": Filter(parse_moment, lambda one, time: one.made < time),
    "isReported": Filter(flag, lambda one, on: one.is_reported is on),
}


def inventory_per_warehouse(call: ApiCall) -> Answer:
    """An article without pieces in the warehouses that are asked for is listed without rows (INF)."""
    given = call.query(PER_WAREHOUSE)
    call.check_goods_owner(given["goodsOwnerId"])
    warehouse, changed_from = call.warehouse, given.get("stockInfoChangedFrom")
    if changed_from is not None and warehouse.clock() - changed_from > timedelta(hours=24):
        raise assumed.too_far_back("stockInfoChangedFrom", 24)
    found = kept(_of_owner(call, given["goodsOwnerId"]), given, ARTICLES)
    if changed_from is not None:
        times = ((article, stock_changed(article, warehouse.articles)) for article in found)
        found = [article for article, changed in times if changed is not None and changed > changed_from]
    wanted = given.get("warehouseIds")
    return Answer(
        [
            {
                "articleSystemId": article.id,
                "articleNumber": article.number,
                "inventoryPerWarehouse": [
                    place_answer(article, building.id, warehouse)
                    for building in warehouse.config.buildings
                    if wanted is None or building.id in wanted
                ],
            }
            for article in found[: given.get("maxArticlesToGet")]
        ]
    )


def article_items(call: ApiCall) -> Answer:
    """Articles of which nothing is there, or nothing passes the filters, are listed without items (INF)."""
    given = call.query(ITEMS)
    call.check_goods_owner(given["goodsOwnerId"])
    numbers = [given["articleNumber"]] if "articleNumber" in given else given.get("articleNumbers")
    first = given.get("articleSystemIdFrom", 0)
    articles = [
        each
        for each in _of_owner(call, given["goodsOwnerId"])
        if each.id >= first and (numbers is None or each.number in numbers)
    ]
    return Answer([_with_items(call, article, given) for article in articles[: given.get("maxArticlesToGet")]])


def _with_items(call: ApiCall, article: Article, given: dict[str, Any]) -> dict[str, Any]:
    locations, statuses = given.get("locationNames"), given.get("articleItemStatusCodes")
    items = [
        item
        for item in stored_items(article)
        if (locations is None or item.location in locations) and (statuses is None or item.status in statuses)
    ]
    return {
        "articleSystemId": article.id,
        "articleNumber": article.number,
        "items": [item_answer(item, call.warehouse) for item in items],
        "goodsOwner": goods_owner(article, call.warehouse),
    }


def _of_owner(call: ApiCall, goods_owner_id: int) -> list[Article]:
    mine = [article for article in call.warehouse.articles.values() if article.goods_owner_id == goods_owner_id]
    return sorted(mine, key=lambda article: article.id)


def adjustments(call: ApiCall) -> Answer:
    given = call.query({**GOODS_OWNER, **parameters(ADJUSTMENTS)})
    call.check_goods_owner(given["goodsOwnerId"])
    return Answer(_by_article(call, kept(call.warehouse.adjustments.of(given["goodsOwnerId"]), given, ADJUSTMENTS)))


def adjustment(call: ApiCall) -> Answer:
    call.query({})
    (told,) = _by_article(call, _in_path(call))
    return Answer(told)


def _by_article(call: ApiCall, found: Sequence[Adjustment]) -> list[dict[str, Any]]:
    by_id: dict[int, list[Adjustment]] = {}
    for one in found:
        by_id.setdefault(one.article.id, []).append(one)
    return [adjustment_answer(of_it, call.warehouse) for of_it in by_id.values()]


def _in_path(call: ApiCall) -> Sequence[Adjustment]:
    inventory_id = call.number("inventory_id")
    found = call.warehouse.adjustments.numbered(inventory_id)
    if not found:
        raise assumed.no_such_record("inventory", inventory_id)
    call.check_goods_owner(found[0].article.goods_owner_id)
    return found


def set_reported(call: ApiCall) -> Write:
    """Takes no body. Confirming it a second time changes nothing (INF)."""
    call.query({})
    article_id = call.number("article_id")
    found = [each for each in _in_path(call) if each.article.id == article_id]
    if not found:
        raise assumed.no_such_article(article_id)

    def make() -> Answer:
        for each in found:
            each.is_reported = True
        items = [{"inventoryArticleItemId": each.id, "articleItemId": each.id} for each in found]
        return Answer({"message": None, "items": items})

    return Write(found[0].article.goods_owner_id, make)


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/articles/inventoryPerWarehouse", inventory_per_warehouse),
    ("GET", "/articleItems", article_items),
    ("GET", "/inventoryAdjustments", adjustments),
    ("GET", "/inventoryAdjustments/{inventory_id:int}", adjustment),
    ("PATCH", "/inventoryAdjustments/{inventory_id:int}/articles/{article_id:int}/setReported", set_reported),
)
