"""What an article is given by settings, for every system."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.domain import Article, BarCode, Part
from app.integrations.kit.articles.options import with_options
from app.integrations.protocol.choices.articles import ArticleSettings, counted

PRODUCT: dict[str, Any] = {"list": "A, B ; A*2\nB", "none": None, "yes": True, "price": 12.5, "parts": "TEE-M*2, CAP-1; TEE-M"}


def made(article: dict[str, Any] | None = None, **settings: Any) -> Article:
    given = {"number": "SOKK-1", "name": "Sokk", "product_code": "7", "barcode": "7090", **(article or {})}
    return with_options(Article("7", None, **given), PRODUCT.get, ArticleSettings.model_validate(settings))


def test_without_settings_it_stays_as_it_is() -> None:
    plain = Article("7", None, "SOKK-1", "Sokk", "7", barcode="7090", picture="https://a.example/b.jpg")
    found = with_options(plain, PRODUCT.get, ArticleSettings())
    assert (found.barcode, found.more_barcodes, found.picture, found.parts) == ("7090", (), None, ())


def test_further_codes_each_once_and_never_the_scanned_one() -> None:
    assert made(more_bar_codes_fields=["list", "none", "yes"]).more_barcodes == (BarCode("A"), BarCode("B"))
    assert made({"barcode": "A"}, more_bar_codes_fields=["list"]).more_barcodes == (BarCode("B"),)


@pytest.mark.parametrize(
    ("entry", "code", "count"),
    [
        ("A*2", "A", Decimal(2)),
        ("A B * 2.5", "A B", Decimal("2.5")),
        ("A*B*6", "A*B", Decimal(6)),
        ("A*0", "A*0", None),
        ("*2", "*2", None),
        ("A*x", "A*x", None),
        ("A" + " " * 100_000 + "B", "A" + " " * 100_000 + "B", None),
    ],
)
def test_a_count_stands_behind_the_last_star(entry: str, code: str, count: Decimal | None) -> None:
    assert counted(entry) == (code, count)


def test_another_code_is_scanned_and_the_systems_own_goes_along() -> None:
    found = made(scanned_code="product-code")
    assert (found.barcode, found.more_barcodes) == ("7", (BarCode("7090"),))


def test_a_pictures_file_name_needs_an_address_before_it() -> None:
    found = made({"picture": "a b.jpg"}, send_pictures=True)
    assert (found.picture, found.said) == (None, ("The picture 'a b.jpg' is no whole address: set articles.picture_base_url",))
    whole = made({"picture": "sokk.jpg"}, send_pictures=True, picture_base_url="https://cdn.example/i/")
    assert whole.picture == "https://cdn.example/i/sokk.jpg"


def test_a_kit_is_made_of_what_the_field_or_the_settings_list() -> None:
    assert made(parts_field="parts").parts == (Part("TEE-M", Decimal(3)), Part("CAP-1", Decimal(1)))
    assert made(parts_field="parts", kits={"SOKK-1": "A*4"}).parts == (Part("A", Decimal(4)),)
    assert made(parts_field="none").parts == ()


@pytest.mark.parametrize("text", ["TEE-M*x", "TEE-M*0", "SOKK-1*2", "TEE*-1"])
def test_parts_that_cannot_be_read_keep_the_kit_from_being_sent(text: str) -> None:
    article = Article("7", None, "SOKK-1", "Sokk", "7")
    found = with_options(article, {"parts": text}.get, ArticleSettings(parts_field="parts"))
    assert [problem.code for problem in found.problems] == ["kit-parts-unreadable"]
    assert found.parts == ()


@pytest.mark.parametrize("parts", ["", "KIT", "A*0", "A*2*3*"])
def test_a_kit_in_the_settings_is_checked_when_it_is_saved(parts: str) -> None:
    with pytest.raises(ValidationError, match="the kit KIT"):
        ArticleSettings(kits={"KIT": parts})
