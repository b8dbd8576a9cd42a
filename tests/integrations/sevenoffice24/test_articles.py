"""Articles, cell by cell. Requirement: 24SevenOffice, articles."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Article, Process, SourceRecord
from app.integrations.sevenoffice24.mapping.articles import map_article
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import article_body

MODIFIED = datetime(2026, 5, 4, 8, 1, 11, tzinfo=UTC)
PRODUCT: dict[str, Any] = {
    "Id": 1042,
    "No": "WS-42",
    "Name": "Wool socks 42",
    "Description": "Warm & dry",
    "EAN1": "0704661234567",
    "Weight": "0.1200",
    "StatusId": 1,
    "SupplierId": 310,
    "DateChanged": "2026-05-04T08:01:11",
}


def mapped(given: dict[str, Any] | None = None, **changes: Any) -> Article:
    settings = SevenOfficeAdapterSettings.model_validate(given or {})
    return map_article(SourceRecord(Process.ARTICLES, "1042", MODIFIED, {**PRODUCT, **changes}), settings)


def sent(given: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return article_body(mapped(given, **changes), 77, OngoingSettings()).json


def test_all_six_fields_and_no_others() -> None:
    assert sent() == {
        "goodsOwnerId": 77,
        "productCode": "1042",
        "articleNumber": "WS-42",
        "articleName": "Wool socks 42",
        "description": "Warm & dry",
        "barCodeInfo": {"barCode": "0704661234567"},
        "weight": 0.12,
        "isStockArticle": True,
    }
    assert mapped().problems == ()


@pytest.mark.parametrize(
    ("unit", "weight", "kilograms"),
    [
        ("kg", "0.1200", Decimal("0.12")),
        ("g", "120.0000", Decimal("0.12")),
        ("kg", "0.0000", None),
        ("kg", "-79228162514264337593543950335", None),
        ("kg", None, None),
    ],
)
def test_the_weight_has_a_unit_and_may_not_be_set(unit: str, weight: str | None, kilograms: Decimal | None) -> None:
    assert mapped({"weight_unit": unit}, Weight=weight).weight_kg == kilograms


@pytest.mark.parametrize("member", ["Description", "EAN1", "Name"])
def test_an_empty_text_is_left_out(member: str) -> None:
    at = {"Description": "description", "EAN1": "barCodeInfo", "Name": "articleName"}[member]
    for nothing in ("", None):
        changes: dict[str, Any] = {member: nothing}
        assert at not in sent(None, **changes)


@pytest.mark.parametrize("number", ["", "  ", None])
def test_a_product_without_a_number_is_not_sent_unless_there_is_a_fallback(number: str | None) -> None:
    article = mapped(No=number)
    assert (article.number, [(each.code, each.field) for each in article.problems]) == (None, [("article-without-number", "No")])
    article = mapped({"article_number_fallback": "24SO-{id}"}, No=number)
    assert (article.number, article.problems) == ("24SO-1042", ())


def test_two_products_with_one_number_are_not_sent_and_the_reason_names_both() -> None:
    article = mapped({"article_number_fallback": "24SO-{id}"}, _gateway_shared=["1042", "1055"])
    assert (article.number, [each.code for each in article.problems]) == (None, ["article-number-taken"])
    assert article.problems[0].message == "the number WS-42 belongs to products 1042 and 1055"


def test_a_wildcard_in_the_number_is_not_sent_unless_it_is_replaced() -> None:
    assert [each.code for each in mapped(No="WS_42").problems] == ["article-number-forbidden-character"]
    assert mapped({"article_number_replacements": {"_": "-"}}, No="WS_42").number == "WS-42"


def test_further_fields_are_a_setting() -> None:
    mapped_to = {"extra_article_fields": {"purchasePrice": "InPrice", "freeValues.freeText1": "StockLocation"}}
    body = sent(mapped_to, InPrice="12.5000", StockLocation="A-12")
    assert (body["purchasePrice"], body["freeValues"]) == (12.5, {"freeText1": "A-12"})


@pytest.mark.parametrize(("status", "word"), [(1, "active"), (0, "expired"), (-2147483648, "")])
def test_an_expired_product_is_an_article_too(status: int, word: str) -> None:
    article = mapped(StatusId=status)
    assert (article.wanted, article.status, article.problems) == (True, word, ())


def test_a_product_without_anything_is_read_all_the_same() -> None:
    article = map_article(SourceRecord(Process.ARTICLES, "7", None, {}), SevenOfficeAdapterSettings())
    assert (article.source_id, article.number, article.name) == ("7", None, "")
