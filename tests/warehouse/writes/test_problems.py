"""What is found before a call is spent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Address, Order, OrderLine, Problem
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.problems import article_problems, customs_problems, order_problems
from app.warehouse.writes.writable import ORDER_EXTRAS, extra_path_problems
from tests.warehouse.records import FULL_ARTICLE, FULL_LINE, FULL_ORDER

SETTINGS = OngoingSettings()
ALL_PARTS = OngoingSettings(required_address_parts=["name", "street", "post-code", "city", "country"])


def found(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in problems]


def with_line(**changes: Any) -> Order:
    return replace(FULL_ORDER, lines=(replace(FULL_LINE, **changes),))


def with_consignee(**changes: Any) -> Order:
    return replace(FULL_ORDER, consignee=replace(FULL_ORDER.consignee, **changes))


def test_a_complete_order_has_none() -> None:
    assert order_problems(FULL_ORDER, SETTINGS) == ()


def test_every_problem_says_what_a_person_can_do() -> None:
    order = replace(with_line(article_number=None, quantity=Decimal(0), currency=""), currency="", consignee=Address(), number="")
    problems = order_problems(order, SETTINGS)
    assert problems
    assert all(problem.message and problem.fix for problem in problems)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (replace(FULL_ORDER, number=""), ("order-without-number", "number")),
        (replace(FULL_ORDER, number="1" * 51), ("order-number-too-long", "number")),
        (replace(FULL_ORDER, number=" 1"), ("order-number-unclean", "number")),
        (replace(FULL_ORDER, number="1\u00a02"), ("order-number-unclean", "number")),
        (replace(FULL_ORDER, source_id="1" * 41), ("order-id-too-long", "source_id")),
        (replace(FULL_ORDER, customer_number="1" * 51), ("customer-number-too-long", "customer_number")),
        (replace(FULL_ORDER, delivery_date=None), ("date-missing", "delivery_date")),
        (replace(FULL_ORDER, lines=()), ("order-without-lines", "lines")),
        (with_consignee(address1=""), ("street-missing", "consignee.address1")),
        (with_consignee(city=""), ("city-missing", "consignee.city")),
        (with_consignee(country_code=""), ("country-missing", "consignee.country_code")),
        (with_consignee(country_code="Norge"), ("country-unknown", "consignee.country_code")),
        (
            replace(FULL_ORDER, invoice_address=Address(country_code="no")),
            ("country-unknown", "invoice_address.country_code"),
        ),
        (with_consignee(address1="\u200b\u3164"), ("street-missing", "consignee.address1")),
        (with_consignee(city="\u00a0\u2060"), ("city-missing", "consignee.city")),
        (replace(FULL_ORDER, number="10\ufe0f45"), ("order-number-unclean", "number")),
        (replace(FULL_ORDER, source_number="\u200b"), ("order-without-number", "number")),
        (with_line(article_number="\u200b"), ("line-without-article-number", "lines[0].article_number")),
        (with_line(row_number=""), ("line-without-row-number", "lines[0].row_number")),
        (with_line(row_number="1" * 41), ("row-number-too-long", "lines[0].row_number")),
        (with_line(article_number=None), ("line-without-article-number", "lines[0].article_number")),
        (with_line(article_number="  "), ("line-without-article-number", "lines[0].article_number")),
        (with_line(article_number="A" * 101), ("article-number-too-long", "lines[0].article_number")),
        (with_line(quantity=Decimal(0)), ("line-quantity-wrong", "lines[0].quantity")),
        (with_line(quantity=Decimal(-1)), ("line-quantity-wrong", "lines[0].quantity")),
        (with_line(quantity=Decimal("NaN")), ("line-quantity-wrong", "lines[0].quantity")),
        (with_line(line_price=Decimal("Infinity")), ("number-impossible", "lines[0].line_price")),
        (replace(with_line(currency=""), currency=""), ("currency-missing", "lines[0].currency")),
        (replace(FULL_ORDER, extra={"noSuchField": "x"}), ("extra-field-unknown", "extra.noSuchField")),
        (replace(FULL_ORDER, extra={"orderNumber": "x"}), ("extra-field-unknown", "extra.orderNumber")),
        (replace(FULL_ORDER, extra={"freightPrice": "mye"}), ("extra-field-unreadable", "extra.freightPrice")),
        (replace(FULL_ORDER, extra={"warehouseId": "1.5"}), ("extra-field-unreadable", "extra.warehouseId")),
        (replace(FULL_ORDER, extra={"orderFreeDateTime1": "i morgen"}), ("extra-field-unreadable", "extra.orderFreeDateTime1")),
        (
            replace(FULL_ORDER, extra={"smsNotification.toBeNotified": "?"}),
            ("extra-field-unreadable", "extra.smsNotification.toBeNotified"),
        ),
    ],
)
def test_an_order_that_the_warehouse_could_not_take_is_found(order: Order, expected: tuple[str, str]) -> None:
    assert found(order_problems(order, SETTINGS)) == [expected]


@pytest.mark.parametrize("character", ["!", "%", "_", "^", "\\"])
def test_a_search_wildcard_in_an_article_number_is_found(character: str) -> None:
    number = f"A{character}B"
    assert found(order_problems(with_line(article_number=number), SETTINGS)) == [
        ("article-number-forbidden-character", "lines[0].article_number")
    ]
    assert found(article_problems(replace(FULL_ARTICLE, number=number), SETTINGS)) == [
        ("article-number-forbidden-character", "number")
    ]


@pytest.mark.parametrize("number", ["A-1", "A.1", "A 1", "A/1", "Ærlig#1", "(A)*1"])
def test_other_characters_may_be_in_an_article_number(number: str) -> None:
    assert order_problems(with_line(article_number=number), SETTINGS) == ()
    assert article_problems(replace(FULL_ARTICLE, number=number), SETTINGS) == ()


def test_which_characters_are_forbidden_is_a_setting() -> None:
    assert order_problems(with_line(article_number="A_B"), OngoingSettings(forbidden_in_article_number="%")) == ()


def test_a_row_number_that_occurs_twice_is_found_on_both_lines() -> None:
    order = replace(FULL_ORDER, lines=(FULL_LINE, replace(FULL_LINE, article_number="OTHER")))
    assert found(order_problems(order, SETTINGS)) == [
        ("row-number-twice", "lines[0].row_number"),
        ("row-number-twice", "lines[1].row_number"),
    ]


def test_several_lines_of_one_article_are_fine() -> None:
    assert order_problems(replace(FULL_ORDER, lines=(FULL_LINE, replace(FULL_LINE, row_number="890"))), SETTINGS) == ()


@pytest.mark.parametrize("missing", ["name", "post_code"])
def test_a_name_or_a_post_code_is_a_must_only_where_the_setting_says_so(missing: str) -> None:
    order = with_consignee(**{missing: "\u200b"})
    assert order_problems(order, SETTINGS) == ()
    assert found(order_problems(order, ALL_PARTS)) == [(f"{missing.replace('_', '-')}-missing", f"consignee.{missing}")]


@pytest.mark.parametrize("mark", ["\ufe0f", "\u034f", "\u3164", "\u2060", "\u00a0", "\u200d", "\u2800", "\U000e0101"])
def test_a_mark_that_nobody_sees_in_an_article_number_is_found(mark: str) -> None:
    """On the article and on the order's line alike: neither is sent under a number that nobody can type."""
    number = f"A{mark}B"
    assert found(order_problems(with_line(article_number=number), SETTINGS)) == [
        ("article-number-unclean", "lines[0].article_number")
    ]
    assert found(article_problems(replace(FULL_ARTICLE, number=number), SETTINGS)) == [("article-number-unclean", "number")]


def test_an_address_in_a_country_without_post_codes_needs_none() -> None:
    assert order_problems(with_consignee(country_code="HK", post_code=""), ALL_PARTS) == ()


@pytest.mark.parametrize(("country", "expected"), [("LA", []), ("IE", [("post-code-missing", "consignee.post_code")])])
def test_the_setting_says_which_countries_need_no_post_code(country: str, expected: list[tuple[str, str]]) -> None:
    settings = ALL_PARTS.model_copy(update={"countries_without_post_code": ["LA"]})
    assert found(order_problems(with_consignee(country_code=country, post_code=""), settings)) == expected


def test_a_prefix_alone_is_no_order_number() -> None:
    order = replace(FULL_ORDER, source_number="", number="W-")
    assert found(order_problems(order, SETTINGS)) == [("order-without-number", "number")]


def test_what_the_integration_found_is_not_repeated() -> None:
    known = Problem("some-problem", "field", "message", "fix")
    assert order_problems(replace(FULL_ORDER, problems=(known,)), SETTINGS) == ()
    assert order_problems(replace(with_consignee(name=""), problems=(known,)), SETTINGS) == ()
    assert article_problems(replace(FULL_ARTICLE, number="A%", problems=(known,)), SETTINGS) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"number": None}, ("article-without-number", "number")),
        ({"number": ""}, ("article-without-number", "number")),
        ({"number": "A" * 101}, ("article-number-too-long", "number")),
        ({"number": "A "}, ("article-number-unclean", "number")),
        ({"weight_kg": Decimal(-1)}, ("number-impossible", "weight_kg")),
        ({"customer_price": Decimal("NaN")}, ("number-impossible", "customer_price")),
        ({"country_of_origin": "Portugal"}, ("country-of-origin-unknown", "country_of_origin")),
        ({"extra": {"freeText1": "x"}}, ("extra-field-unknown", "extra.freeText1")),
        ({"extra": {"freeValues.freeDecimal1": "x"}}, ("extra-field-unreadable", "extra.freeValues.freeDecimal1")),
    ],
)
def test_an_article_that_the_warehouse_could_not_take_is_found(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert found(article_problems(replace(FULL_ARTICLE, **changes), SETTINGS)) == [expected]


def test_a_complete_article_has_none() -> None:
    assert article_problems(FULL_ARTICLE, SETTINGS) == ()


class TestCustoms:
    def test_an_order_at_home_needs_no_customs_prices(self) -> None:
        assert customs_problems(with_line(line_price=None, customer_line_price=None), ["NO"]) == ()

    def test_an_order_abroad_with_both_prices_and_currency_has_no_problem(self) -> None:
        assert customs_problems(with_consignee(country_code="SJ"), ["NO"]) == ()

    def test_an_order_abroad_names_what_its_lines_lack(self) -> None:
        line = OrderLine("5", "A", "", Decimal(1), None, Decimal(1), "NOK")
        (problem,) = customs_problems(replace(with_consignee(country_code="US"), lines=(FULL_LINE, line)), ["NO"])
        assert (problem.code, problem.field) == ("customs-price-missing", "lines[1]")
        assert problem.message == "row 5 (A) goes to US and lacks a price per piece"


def test_a_configured_path_that_the_wms_does_not_have_is_found_when_it_is_saved() -> None:
    problems = extra_path_problems(
        {"freeText1": "meta_data.a", "freeValues.freeText1": "meta_data.b"}, ORDER_EXTRAS, "extra_order_fields"
    )
    assert found(problems) == [("extra-field-unknown", "extra_order_fields.freeValues.freeText1")]
