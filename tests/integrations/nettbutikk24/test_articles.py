"""Articles, cell by cell. Requirement: 24Nettbutikk, articles."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Article, Category, Process, SourceRecord
from app.integrations.nettbutikk24.mapping.articles import map_article
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import article_body

MODIFIED = datetime(2026, 11, 20, 12, 5, 44, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": "512",
    "unique_product_id": "512003",
    "article_no": "UJ-1-M",
    "ean_code": "7090000000024",
    "name": "Ulljakke",
    "variant": "Størrelse: M",
    "category": "Jakker",
    "summary": None,
    "description": "Varm jakke",
    "buying_price": "310.00",
    "price": "999.00",
    "sales_price": None,
    "vat": "25.00",
    "weight": "0.620",
    "length": "40",
    "width": "30",
    "height": "8",
    "volume": "9.6",
    "active": "1",
    "stock": "12",
    "modified_on": "2026-11-20 13:05:44",
}


def mapped(given: dict[str, Any] | None = None, **changes: Any) -> Article:
    settings = NettbutikkAdapterSettings.model_validate(given or {})
    return map_article(SourceRecord(Process.ARTICLES, "512003", MODIFIED, {**ROW, **changes}), settings)


def sent(given: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return article_body(mapped(given, **changes), 77, OngoingSettings()).json


def test_all_fourteen_fields() -> None:
    assert sent() == {
        "goodsOwnerId": 77,
        "articleNumber": "UJ-1-M",
        "articleName": "Ulljakke Størrelse: M",
        "productCode": "512003",
        "unitCode": "st",
        "isStockArticle": True,
        "description": "Varm jakke",
        "purchasePrice": 310,
        "customerPrice": 999,
        "weight": 0.62,
        "length": 0.4,
        "width": 0.3,
        "volume": 0.0096,
        "barCodeInfo": {"barCode": "7090000000024"},
        "isActive": True,
        "articleCategory": {"code": "Jakker", "name": "Jakker"},
    }


@pytest.mark.parametrize(
    ("column", "value", "path", "expected"),
    [
        ("active", "0", "isActive", False),
        ("active", 1, "isActive", True),
        ("weight", "0,620", "weight", 0.62),
        ("weight", None, "weight", None),
        ("price", "1 299,00", "customerPrice", 1299),
        ("buying_price", "", "purchasePrice", None),
        ("variant", None, "articleName", "Ulljakke"),
        ("name", "Bl&aring; jakke", "articleName", "Blå jakke Størrelse: M"),
        ("variant", "", "articleName", "Ulljakke"),
        ("unique_product_id", None, "productCode", "512"),
        ("description", "", "description", None),
        ("length", "40,5", "length", 0.405),
        ("width", 30, "width", 0.3),
        ("width", None, "width", None),
        ("volume", "1 250,00", "volume", 1.25),
        ("active", "yes", "isActive", True),
        ("active", None, "isActive", False),
        ("article_no", 4711, "articleNumber", "4711"),
        ("ean_code", 7090000000024, "barCodeInfo", {"barCode": "7090000000024"}),
        ("ean_code", None, "barCodeInfo", None),
        ("category", None, "articleCategory", None),
    ],
)
def test_one_cell(column: str, value: Any, path: str, expected: Any) -> None:
    assert sent(**{column: value}).get(path) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"length_unit": "cm"}, {"length": 40, "width": 30, "volume": 0.0096}),
        ({"length_unit": "mm"}, {"length": 400, "width": 300, "volume": 0.0096}),
        ({"volume_unit": "litre"}, {"length": 0.4, "width": 0.3, "volume": 9.6}),
    ],
)
def test_the_warehouses_units(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    body = sent(settings)
    assert {path: body[path] for path in ("length", "width", "volume")} == expected


def test_the_category_goes_where_the_setting_says() -> None:
    group = sent({"category_field": "group"})
    assert (group["articleGroup"], "articleCategory" in group) == ({"code": "Jakker", "name": "Jakker"}, False)
    article = mapped({"category_field": "class"})
    assert article.categories == (Category("Jakker", "Jakker"),)
    assert {"articleGroup", "articleCategory", "articleClassesInfo"} & set(sent({"category_field": "none"})) == set()


def test_a_product_without_article_number_is_held_with_the_reason() -> None:
    article = mapped(article_no=None)
    assert article.number is None
    assert [(each.code, each.field, each.message) for each in article.problems] == [
        ("article-without-number", "article_no", "there is no article number")
    ]
    assert mapped({"article_number_fallback": "NB-{id}"}, article_no=None).number == "NB-512003"


def test_inactive_articles_are_wanted() -> None:
    article = mapped(active="0")
    assert (article.wanted, article.status, article.weight_kg) == (True, "inactive", Decimal("0.620"))


def test_extra_fields_are_configured() -> None:
    assert sent({"extra_article_fields": {"freeValues.freeText1": "summary"}}, summary="Ull")["freeValues"] == {
        "freeText1": "Ull"
    }
