"""The article table, line by line, with recorded products. Expected values are written out from the requirement."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Article, Category, content_hash
from app.integrations.woocommerce.mapping.fields import map_article
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import article, delivery, rest

PARENT = {"id": 23, "name": "Ullsokker Røros", "sku": "FB-SOK", "status": "publish", "virtual": False}


def recorded(file: str, /, **changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = rest(file)["body"]
    return body | changed


def mapped(body: dict[str, Any], **settings: Any) -> Article:
    return map_article(article(body), WooCommerceSettings.model_validate(settings))


def codes(found: Article) -> list[str]:
    return [problem.code for problem in found.problems]


def test_a_simple_product() -> None:
    """Product 14 (jakke): weight and measures, a GTIN."""
    assert mapped(recorded("127")) == Article(
        source_id="14",
        modified_at=datetime(2026, 11, 21, 16, 26, 50, tzinfo=UTC),
        number="FB-JKT-001",
        name="Turjakke Dovre – rød",
        product_code="14",
        unit_code="st",
        is_stock=True,
        wanted=True,
        status="publish",
        barcode="7040000000017",
        weight_kg=Decimal("0.65"),
        length_m=Decimal("0.4"),
        width_m=Decimal("0.3"),
        height_m=Decimal("0.06"),
        customer_price=Decimal("1299.00"),
        country_of_origin=None,
        tariff_number=None,
        categories=(),
        extra={},
        problems=(),
    )


def test_a_variation() -> None:
    """Variation 24: the product's title and the options; its own id and SKU."""
    found = mapped(recorded("139", _gateway_parent=PARENT))
    assert (found.number, found.name, found.product_code) == ("FB-SOK-36-GR", "Ullsokker Røros - 36-39, Grå", "24")
    assert (found.unit_code, found.is_stock, found.wanted, found.problems) == ("st", True, True, ())
    assert found.customer_price == Decimal("179.00")
    assert found.weight_kg is None


def test_a_variation_by_webhook_and_from_the_list_of_variations_has_the_same_content() -> None:
    from_list = next(body for body in rest("138")["body"] if body["id"] == 24) | {"_gateway_parent": PARENT}
    announced = delivery("019").content
    enriched = announced | {"_gateway_parent": PARENT}
    assert content_hash(mapped(announced)) == content_hash(mapped(enriched)) == content_hash(mapped(from_list))


def test_with_more_than_two_options_the_webhook_leaves_them_out_and_the_name_is_the_same_all_the_same() -> None:
    three = [{"name": name, "option": option} for name, option in (("Størrelse", "M"), ("Farge", "Grå"), ("Fôr", "Ja"))]
    by_webhook = delivery("019").content | {"name": "Ullsokker Røros", "attributes": three, "_gateway_parent": PARENT}
    from_list = recorded("139", name="M, Grå, Ja", attributes=three, _gateway_parent=PARENT)
    assert mapped(by_webhook).name == mapped(from_list).name == "Ullsokker Røros - M, Grå, Ja"


class TestVirtual:
    def test_virtual_products_are_stock_articles_by_default(self) -> None:
        """Product 16 (gavekort)."""
        assert mapped(recorded("130")).is_stock

    def test_a_setting_makes_them_non_stock_articles(self) -> None:
        assert not mapped(recorded("130"), virtual_products="non-stock").is_stock
        assert mapped(recorded("127"), virtual_products="non-stock").is_stock

    def test_a_virtual_variation_too(self) -> None:
        assert not mapped(recorded("139", virtual=True), virtual_products="non-stock").is_stock


class TestWanted:
    @pytest.mark.parametrize(("status", "wanted"), [("publish", True), ("draft", False), ("private", False), ("trash", False)])
    def test_published_products_only(self, status: str, wanted: bool) -> None:
        found = mapped(recorded("127", status=status))
        assert (found.wanted, found.status) == (wanted, status)

    def test_the_statuses_are_a_setting(self) -> None:
        assert mapped(recorded("127", status="private"), article_statuses=["publish", "private"]).wanted

    @pytest.mark.parametrize("status", ["draft", "trash", "gone"])
    def test_a_variation_goes_with_its_parent(self, status: str) -> None:
        assert not mapped(recorded("139", _gateway_parent=PARENT | {"status": status})).wanted

    def test_the_parent_of_variations_is_an_article_unless_the_setting_says_otherwise(self) -> None:
        assert mapped(recorded("129")).wanted
        assert not mapped(recorded("129"), variable_parents="skip").wanted


class TestNumber:
    def test_without_a_sku_there_is_a_clear_reason(self) -> None:
        """Product 17 (kåse)."""
        found = mapped(recorded("131"))
        assert found.number is None
        assert codes(found) == ["article-without-number"]
        assert "article_number_fallback" in found.problems[0].fix

    def test_a_variation_that_shares_its_parents_sku_has_none_of_its_own(self) -> None:
        found = mapped(recorded("139", sku="FB-SOK", _gateway_parent=PARENT))
        assert found.number is None
        assert codes(found) == ["article-number-of-parent"]

    def test_a_setting_offers_a_fallback_number(self) -> None:
        assert mapped(recorded("131"), article_number_fallback="WC-{id}").number == "WC-17"
        shared = recorded("139", sku="FB-SOK", _gateway_parent=PARENT)
        assert mapped(shared, article_number_fallback="WC-{id}").number == "WC-24"

    @pytest.mark.parametrize("character", ["!", "%", "_", "^", "\\"])
    def test_search_wildcards_of_the_wms_are_not_sent(self, character: str) -> None:
        body = recorded("127", sku=f"AB{character}1")
        assert codes(mapped(body)) == ["article-number-forbidden-character"]
        assert mapped(body, article_number_replacements={character: "-"}).number == "AB-1"

    def test_letters_blanks_and_slashes_are_fine(self) -> None:
        assert mapped(recorded("127", sku="FB/PRI Ø-7")).number == "FB/PRI Ø-7"

    def test_a_number_that_is_too_long_is_not_sent(self) -> None:
        assert codes(mapped(recorded("127", sku="9" * 101))) == ["article-number-too-long"]


class TestBeyondTheTable:
    def test_categories_are_off_by_default(self) -> None:
        """Product 15 (genser); the shop stores category names encoded."""
        assert mapped(recorded("128")).categories == ()
        assert mapped(recorded("128"), article_categories=True).categories == (
            Category("16", "Klær"),
            Category("17", "Ull & fleece"),
        )

    def test_a_configured_barcode_goes_before_the_shops_own_field(self) -> None:
        meta = [{"id": 1, "key": "_ean", "value": "7041234567890"}]
        assert mapped(recorded("127", meta_data=meta), barcode_meta_key="_ean").barcode == "7041234567890"
        assert mapped(recorded("127"), barcode_meta_key="_ean").barcode == "7040000000017"
        assert mapped(recorded("128")).barcode is None

    @pytest.mark.parametrize(
        ("unit", "kilograms"), [("kg", "650"), ("g", "0.65"), ("lbs", "294.8350405"), ("oz", "18.42719003125")]
    )
    def test_weights_are_kilograms(self, unit: str, kilograms: str) -> None:
        assert mapped(recorded("127", weight="650"), weight_unit=unit).weight_kg == Decimal(kilograms)

    @pytest.mark.parametrize(("unit", "metres"), [("m", "40"), ("cm", "0.4"), ("mm", "0.04"), ("in", "1.016"), ("yd", "36.576")])
    def test_measures_are_metres(self, unit: str, metres: str) -> None:
        assert mapped(recorded("127"), dimension_unit=unit).length_m == Decimal(metres)

    def test_a_weight_written_otherwise_is_the_same_content(self) -> None:
        assert content_hash(mapped(recorded("127", weight="0.650"))) == content_hash(mapped(recorded("127")))

    def test_measures_and_price_can_be_left_out(self) -> None:
        found = mapped(recorded("127"), send_measures=False, send_price=False)
        assert (found.weight_kg, found.length_m, found.customer_price) == (None, None, None)

    def test_customs_fields_come_from_configured_meta_keys(self) -> None:
        meta = [{"key": "produksjonsland", "value": "Norway"}, {"key": "_hs", "value": "6110.11"}]
        found = mapped(
            recorded("127", meta_data=meta), country_of_origin_meta_key="produksjonsland", tariff_number_meta_key="_hs"
        )
        assert (found.country_of_origin, found.tariff_number) == ("NO", "6110.11")

    def test_an_origin_that_is_no_country_is_said(self) -> None:
        """Product 15 has `produksjonsland`: Norge, which is neither code nor English name."""
        found = mapped(recorded("128"), country_of_origin_meta_key="produksjonsland")
        assert found.country_of_origin is None
        assert codes(found) == ["country-of-origin-unknown"]

    def test_further_fields_are_configuration(self) -> None:
        found = mapped(recorded("128"), extra_article_fields={"freeText1": "meta_data._supplier_ref", "freeText2": "slug"})
        assert found.extra == {"freeText1": "LEV-88/Ø", "freeText2": "ullgenser-blafjell"}

    @pytest.mark.parametrize("weight", ["", None, "tung", "1e999999999", True])
    def test_a_weight_that_is_none_is_not_sent(self, weight: Any) -> None:
        assert mapped(recorded("127", weight=weight)).weight_kg is None


def test_stock_is_no_content_of_an_article() -> None:
    """Otherwise our own stock writes would come back as changes."""
    assert content_hash(mapped(delivery("009").content)) == content_hash(mapped(delivery("030").content))


@pytest.mark.parametrize(
    ("stored", "shown"), [("Ull &amp; fleece", "Ull & fleece"), ("Kopp <b>blå</b>", "Kopp blå"), ("5 &lt; 6", "5 < 6")]
)
def test_names_are_decoded_and_without_tags(stored: str, shown: str) -> None:
    assert mapped(recorded("127", name=stored)).name == shown
