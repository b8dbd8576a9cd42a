"""The calls on articles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.sandbox.kit.queries import Filter, Parameter, choice, flag, integer, kept, parameters, size
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.articles import article_answer, structure_answer
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.values import parse_moment
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.kits import stock_changed
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.warehouse import Warehouse


def _bar_codes(article: Article) -> set[str | None]:
    info = article.body.bar_code_info
    if info is None:
        return set()
    return {
        info.bar_code,
        info.bar_code_package,
        info.bar_code_pallet,
        *(one.bar_code for one in info.alternative_bar_codes or []),
    }


def _below_limit(article: Article, count: float) -> bool:
    return article.body.stock_limit is not None and count < article.body.stock_limit


def _class_ids(article: Article, warehouse: Warehouse) -> set[int]:
    info = article.body.article_classes_info
    classes = (info.classes if info else None) or []
    return {warehouse.classes[article.goods_owner_id, one.code] for one in classes}


FILTERS: dict[str, Filter[Article]] = {
    "articleNumber": Filter(str, lambda article, number: article.number == number),
    "articleNumbers": Filter(str, lambda article, numbers: article.number in numbers, many=True),
    "articleSystemIdFrom": Filter(integer, lambda article, first: article.id >= first),
    "productCode": Filter(str, lambda article, code: article.body.product_code == code),
    "productCodes": Filter(str, lambda article, codes: article.body.product_code in codes, many=True),
    "barCodes": Filter(str, lambda article, codes: not _bar_codes(article).isdisjoint(codes), many=True),
    "articleNameContains": Filter(
        str,
        lambda article, parts: any(part.lower() in (article.body.article_name or "").lower() for part in parts),
        many=True,
    ),
    "articleDataLastUpdatedFrom": Filter(parse_moment, lambda article, time: article.updated > time),
    "onlyArticlesInStock": Filter(flag, lambda article, on: not on or article.stock.present > 0),
    "onlyArticlesBelowStockLimit": Filter(flag, lambda article, on: not on or _below_limit(article, article.stock.present)),
    "onlyArticlesBelowStockLimitConsideringNumberOfBookedItems": Filter(
        flag, lambda article, on: not on or _below_limit(article, article.stock.present - article.stock.booked)
    ),
}
PARAMETERS = {
    **GOODS_OWNER,
    **parameters(FILTERS),
    "stockInfoChangedFrom": Parameter(parse_moment),
    "articleClassIds": Parameter(integer, many=True),
    "maxArticlesToGet": Parameter(size),
}


def list_articles(call: ApiCall) -> Answer:
    given = call.query(PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    warehouse = call.warehouse
    changed_from = given.get("stockInfoChangedFrom")
    if changed_from is not None and warehouse.clock() - changed_from > timedelta(hours=24):
        raise assumed.too_far_back("stockInfoChangedFrom", 24)
    found = kept(_candidates(warehouse, given), given, FILTERS)
    if changed_from is not None:
        times = ((article, stock_changed(article, warehouse.articles)) for article in found)
        found = [article for article, changed in times if changed is not None and changed > changed_from]
    if (ids := given.get("articleClassIds")) is not None:
        found = [article for article in found if not _class_ids(article, warehouse).isdisjoint(ids)]
    found.sort(key=lambda article: article.id)
    return Answer([article_answer(article, warehouse) for article in found[: given.get("maxArticlesToGet")]])


def _candidates(warehouse: Warehouse, given: dict[str, Any]) -> list[Article]:
    """By number where numbers are asked for, so that a lookup costs the same in a large warehouse."""
    owner = given["goodsOwnerId"]
    numbers = [given["articleNumber"]] if "articleNumber" in given else given.get("articleNumbers")
    if numbers is not None:
        return [warehouse.articles[owner, number] for number in dict.fromkeys(numbers) if (owner, number) in warehouse.articles]
    return [article for article in warehouse.articles.values() if article.goods_owner_id == owner]


def read_article(call: ApiCall) -> Answer:
    return Answer(article_answer(_article(call), call.warehouse))


def put_article(call: ApiCall) -> Write:
    call.query({})
    body = call.body(ArticleBody)
    call.check_goods_owner(body.goods_owner_id)

    def make() -> Answer:
        article, message = call.warehouse.put_article(body)
        return Answer({"articleSystemId": article.id, "message": message})

    return Write(body.goods_owner_id, make)


def put_article_by_id(call: ApiCall) -> Write:
    article = _article(call)
    body = call.body(ArticleBody)

    def make() -> Answer:
        message = call.warehouse.put_article_by_id(article, body)
        return Answer({"articleSystemId": article.id, "message": message})

    return Write(article.goods_owner_id, make)


STRUCTURE_PARAMETERS = {
    **GOODS_OWNER,
    "articleNumbers": Parameter(str, many=True),
    "articleKind": Parameter(choice("Structure", "Production"), required=True),
}


def list_structures(call: ApiCall) -> Answer:
    given = call.query(STRUCTURE_PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    found = _candidates(call.warehouse, given)
    kinds = [article for article in found if _kind(article) == given["articleKind"]]
    return Answer([structure_answer(article, call.warehouse) for article in kinds])


def _kind(article: Article) -> str | None:
    structure = article.body.structure_definition
    return structure.article_kind if structure is not None else None


def read_structure(call: ApiCall) -> Answer:
    return Answer(structure_answer(_article(call), call.warehouse))


def _article(call: ApiCall) -> Article:
    """The article named in the path; such a call takes no query."""
    call.query({})
    article_id = call.number("article_id")
    article = call.warehouse.articles_by_id.get(article_id)
    if article is None:
        raise assumed.no_such_article(article_id)
    call.check_goods_owner(article.goods_owner_id)
    return article


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/articles", list_articles),
    ("PUT", "/articles", put_article),
    ("GET", "/articles/structureDefinitions", list_structures),
    ("GET", "/articles/{article_id:int}/structureDefinition", read_structure),
    ("GET", "/articles/{article_id:int}", read_article),
    ("PUT", "/articles/{article_id:int}", put_article_by_id),
)
