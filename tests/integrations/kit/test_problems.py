"""A record is completed with what the warehouse would refuse, in the words of the system that it comes from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.domain import Order, Problem
from app.integrations.kit.problems import FieldNames, complete_article, complete_order
from app.integrations.protocol import ConnectionSettings
from tests.warehouse.records import FULL_ARTICLE, FULL_LINE, FULL_ORDER

SETTINGS = ConnectionSettings()
NAMES = FieldNames(
    {"number": "ordrenr", "consignee.address1": "levering.gate", "lines": "linjer", "lines[].article_number": "linjer[].varenr"}
)


def found(record: Order) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in record.problems]


def test_a_record_without_problems_stays_as_it_is() -> None:
    assert complete_order(FULL_ORDER, (), SETTINGS, NAMES) == FULL_ORDER
    assert complete_article(FULL_ARTICLE, (), SETTINGS, NAMES) == FULL_ARTICLE


def test_the_warehouses_problems_name_the_systems_own_fields() -> None:
    order = replace(FULL_ORDER, number="", consignee=replace(FULL_ORDER.consignee, address1="", city=""), lines=())
    assert found(complete_order(order, (), SETTINGS, NAMES)) == [
        ("order-without-number", "ordrenr"),
        ("street-missing", "levering.gate"),
        ("city-missing", "consignee.city"),
        ("order-without-lines", "linjer"),
    ]


def test_a_line_is_named_by_its_place_in_the_systems_own_list() -> None:
    order = replace(FULL_ORDER, lines=(FULL_LINE, replace(FULL_LINE, row_number="2", article_number="A%")))
    (problem,) = complete_order(order, (), SETTINGS, NAMES).problems
    assert problem.field == "linjer[1].varenr"
    (problem,) = complete_order(order, (), SETTINGS, FieldNames(NAMES.paths, rows=(3, 7))).problems
    assert problem.field == "linjer[7].varenr"


def test_a_number_that_cannot_be_sent_is_no_number() -> None:
    order = replace(FULL_ORDER, lines=(replace(FULL_LINE, article_number="A" * 101), replace(FULL_LINE, row_number="2")))
    assert [line.article_number for line in complete_order(order, (), SETTINGS, NAMES).lines] == [None, "TEE-NAVY-M"]
    assert complete_article(replace(FULL_ARTICLE, number="A_B"), (), SETTINGS, NAMES).number is None


def test_what_the_integration_says_of_a_field_counts_instead_of_the_warehouses() -> None:
    own = [
        Problem("article-number-of-parent", "linjer[0].varenr", "the number is the parent's", "give it one of its own"),
        Problem("payment-open", "betaling", "the order is not paid", "wait for the payment"),
    ]
    order = replace(FULL_ORDER, lines=(replace(FULL_LINE, article_number=None),))
    completed = complete_order(order, own, SETTINGS, NAMES)
    assert found(completed) == [("article-number-of-parent", "linjer[0].varenr"), ("payment-open", "betaling")]
    assert completed.problems[0].message == "the number is the parent's"


def test_customs_are_looked_at_when_the_connection_says_so() -> None:
    abroad = replace(FULL_ORDER, consignee=replace(FULL_ORDER.consignee, country_code="US"))
    order = replace(abroad, lines=(replace(FULL_LINE, line_price=None, customer_line_price=Decimal(1)),))
    assert found(complete_order(order, (), SETTINGS, NAMES)) == []
    asked = ConnectionSettings(customs_required=True)
    assert found(complete_order(order, (), asked, NAMES)) == [("customs-price-missing", "lines[0]")]


def test_what_nobody_carries_goes_through_no_customs() -> None:
    abroad = replace(FULL_ORDER, consignee=replace(FULL_ORDER.consignee, country_code="US"), is_carried=False)
    order = replace(abroad, lines=(replace(FULL_LINE, line_price=None),))
    completed = complete_order(order, (), ConnectionSettings(customs_required=True), NAMES)
    assert (found(completed), completed.asks_for_customs) == ([], False)
