"""Each field of an article, beside the requirement's table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.domain import Article, Process, SourceRecord
from app.integrations.mystore.integration import Mystore
from app.integrations.mystore.rest.resources import LANGUAGE, OPTIONS, PRODUCT, VARIANTS
from app.integrations.mystore.settings import MystoreSettings

ATTRIBUTES = {
    "name": {"no": "Ulljakke", "en": "Wool jacket"},
    "sku": "UJ-1",
    "ean": "7090000000017",
    "price": 799.2,
    "cost": 310,
    "weight": 0.62,
    "status": 1,
    "quantity": 0,
}


def product(**attributes: Any) -> Article:
    beside = {VARIANTS: attributes.pop("variants", 0), LANGUAGE: "no"}
    settings = MystoreSettings.model_validate(attributes.pop("settings", {}))
    body = {"type": "products", "id": "281", "attributes": {**ATTRIBUTES, **attributes}, **beside}
    return mapped(SourceRecord(Process.ARTICLES, "281", None, body), settings)


def variant(options: list[tuple[str, str, str]] | None = None, of: dict[str, Any] | None = None, **attributes: Any) -> Article:
    own = {"sku": "UJ-1-M", "ean": "7090000000024", "cost": 305.5, "quantity": 12, "disabled": 0, **attributes}
    chosen = [("5", "41", "M")] if options is None else options
    body = {
        "type": "product-variants",
        "id": "9001",
        "attributes": own,
        PRODUCT: {"id": "281", "attributes": {**ATTRIBUTES, **(of or {})}},
        OPTIONS: [{"option": one, "value": value, "name": name} for one, value, name in chosen],
        LANGUAGE: "no",
    }
    return mapped(SourceRecord(Process.ARTICLES, "v9001", None, body), MystoreSettings())


def mapped(record: SourceRecord, settings: MystoreSettings) -> Article:
    found = Mystore().map(record, settings)
    assert isinstance(found, Article)
    return found


def test_a_product_without_variants() -> None:
    found = product()
    assert (found.source_id, found.number, found.name, found.product_code) == ("281", "UJ-1", "Ulljakke", "281")
    assert (found.barcode, found.weight_kg, found.customer_price) == ("7090000000017", Decimal("0.62"), Decimal("799.2"))
    assert found.extra == {"purchasePrice": "310", "stockValuationPrice": "310"}
    assert (found.wanted, found.parent_id, found.problems) == (True, None, ())


def test_a_variant() -> None:
    found = variant()
    assert (found.source_id, found.number, found.name, found.product_code) == ("v9001", "UJ-1-M", "Ulljakke M", "281-5.41")
    assert (found.barcode, found.weight_kg, found.customer_price) == ("7090000000024", Decimal("0.62"), Decimal("799.2"))
    assert found.extra == {"purchasePrice": "305.5", "stockValuationPrice": "305.5", "freeValues.freeDecimal2": "9001"}
    assert (found.wanted, found.parent_id, found.problems) == (True, "281", ())


def test_several_options_stand_in_ascending_order_of_their_ids() -> None:
    found = variant([("12", "7", "Rød"), ("5", "41", "M"), ("7", "3648", "Ull")])
    assert found.product_code == "281-5.41-7.3648-12.7"
    assert found.name == "Ulljakke M Ull Rød"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ({"no": "Ull &amp; bomull"}, "Ull & bomull"),
        ({"en": "Wool"}, "Wool"),
        ({"no": "", "en": "Wool"}, "Wool"),
        ("Ull", "Ull"),
        (None, ""),
    ],
)
def test_a_name_is_a_text_or_one_by_language(name: Any, shown: str) -> None:
    assert product(name=name).name == shown


def test_the_connection_may_choose_another_language() -> None:
    assert product(settings={"language": "en"}).name == "Wool jacket"


@pytest.mark.parametrize("cost", [None, ""])
def test_a_cost_that_is_hidden_is_not_sent(cost: Any) -> None:
    assert product(cost=cost).extra == {}
    assert variant(cost=cost, of={"cost": cost}).extra == {"freeValues.freeDecimal2": "9001"}


def test_a_cost_of_nothing_is_a_cost() -> None:
    assert product(cost=0).extra == {"purchasePrice": "0", "stockValuationPrice": "0"}


def test_a_variant_without_a_cost_of_its_own_has_its_product_s() -> None:
    assert variant(cost=None).extra["purchasePrice"] == "310"


@pytest.mark.parametrize(
    ("given", "settings", "kilograms"),
    [
        ({"weight": 620}, {"weight_unit": "g"}, "0.62"),
        ({"weight": "0.620"}, {}, "0.62"),
        ({"weight": 620, "weight_unit": "g"}, {}, "0.62"),
        ({"weight": 620, "weight_class": "Gram"}, {}, "0.62"),
        ({"weight": 0.62, "weight_unit": "kg"}, {"weight_unit": "g"}, "0.62"),
        ({"weight": 0.62, "weight_unit": "stone"}, {}, "0.62"),
    ],
)
def test_weight_becomes_kilograms(given: dict[str, Any], settings: dict[str, Any], kilograms: str) -> None:
    assert product(**given, settings=settings).weight_kg == Decimal(kilograms)


def test_a_missing_weight_is_not_sent() -> None:
    assert product(weight=None).weight_kg is None


def test_a_product_with_variants_is_no_article() -> None:
    found = product(variants=3)
    assert (found.wanted, found.status, found.has_variations) == (False, "has variants", True)


@pytest.mark.parametrize(
    ("attributes", "status"), [({"status": 0}, "inactive"), ({"status": "0"}, "inactive"), ({"status": False}, "inactive")]
)
def test_an_inactive_product_becomes_no_article(attributes: dict[str, Any], status: str) -> None:
    found = product(**attributes)
    assert (found.wanted, found.status) == (False, status)
    assert product(**attributes, settings={"inactive_articles": True}).wanted is True


@pytest.mark.parametrize("disabled", [1, "1", True])
def test_a_disabled_variant_becomes_no_article(disabled: Any) -> None:
    found = variant(disabled=disabled)
    assert (found.wanted, found.status) == (False, "disabled")


def test_a_variant_of_an_inactive_product_becomes_no_article() -> None:
    assert variant(of={"status": 0}).wanted is False


@pytest.mark.parametrize("sku", [None, "", "  "])
def test_without_a_sku_the_article_is_left_out_with_the_reason(sku: Any) -> None:
    found = product(sku=sku)
    assert found.number is None
    assert found.problems[0].code == "article-without-number"
    assert found.problems[0].field == "sku"
    assert product(sku=sku, settings={"article_number_fallback": "MS-{id}"}).number == "MS-281"


def test_a_search_wildcard_in_the_number_is_a_problem_named_by_the_shop_s_field() -> None:
    found = product(sku="UJ%1")
    assert found.number is None
    assert {problem.field for problem in found.problems} == {"sku"}
    assert product(sku="UJ%1", settings={"article_number_replacements": {"%": "-"}}).number == "UJ-1"


def test_options_that_cannot_be_read_leave_the_article_out() -> None:
    body = {
        "id": "9001",
        "attributes": {"sku": "A"},
        PRODUCT: {"id": "281", "attributes": ATTRIBUTES},
        OPTIONS: [],
        "_gateway_unread": {"options": "no right to product-attributes"},
    }
    found = mapped(SourceRecord(Process.ARTICLES, "v9001", None, body), MystoreSettings())
    assert [problem.code for problem in found.problems] == ["options-unreadable"]


def test_extra_fields_are_taken_from_the_attributes() -> None:
    found = product(country_of_origin="NO", settings={"extra_article_fields": {"countryOfOriginCode": "country_of_origin"}})
    assert found.extra["countryOfOriginCode"] == "NO"


@pytest.mark.parametrize(
    "body", [{}, {"attributes": None}, {"attributes": []}, {"attributes": {"name": 5, "price": "x", "weight": {}}}]
)
def test_any_body_becomes_an_article(body: dict[str, Any]) -> None:
    for source_id in ("281", "v9001"):
        mapped(SourceRecord(Process.ARTICLES, source_id, None, body), MystoreSettings())
