"""Whatever a shop answers: what is read of it for the way back, and what old versions are translated to, never raises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.integrations.protocol import Announced, NotOurs, ReadNeeded, StockChange, SweepNeeded
from app.integrations.woocommerce.legacy.answers import Legacy
from app.integrations.woocommerce.legacy.dialects import FirstRest, SecondRest
from app.integrations.woocommerce.rest.dialect import Dialect
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.integrations.woocommerce.webhooks.incoming import WooCommerceWebhooks
from app.integrations.woocommerce.writes.refunds import refund_plan, refund_seen
from app.integrations.woocommerce.writes.shipments import order_state
from app.integrations.woocommerce.writes.stock import judged, levels_of
from tests.integrations.woocommerce.legacy.test_legacy import LEGACY_ORDER, LEGACY_PRODUCT
from tests.integrations.woocommerce.legacy.test_old_versions import V1_PRODUCT
from tests.integrations.woocommerce.recordings import credentials, rest
from tests.integrations.woocommerce.rest.test_any_json import anything, mutated

ENVELOPES = [{"order": LEGACY_ORDER}, {"product": LEGACY_PRODUCT}, {"product": LEGACY_PRODUCT["variations"][0]}]
ORDERS = [rest(number)["body"] for number in ("100", "229", "248")]
PATHS = [
    "orders",
    "orders/1",
    "orders/1/notes",
    "products",
    "products/1",
    "products/23/variations",
    "webhooks",
    "customers/1",
    "x",
]


@given(mutated(ENVELOPES), st.sampled_from(["order.updated", "product.updated", "product.deleted"]))
@settings(max_examples=100, deadline=None)
def test_a_legacy_delivery_says_something(body: dict[str, Any], topic: str) -> None:
    said = WooCommerceWebhooks().interpret(
        {"x-wc-webhook-topic": topic}, orjson.dumps(body), WooCommerceSettings(), credentials()
    )
    assert isinstance(said, Announced | ReadNeeded | SweepNeeded | NotOurs)


@pytest.mark.parametrize("dialect", [Dialect(), SecondRest(), FirstRest(ZoneInfo("Europe/Oslo")), Legacy()])
@given(answer=mutated([*ENVELOPES, V1_PRODUCT]) | anything, path=st.sampled_from(PATHS))
@settings(max_examples=40, deadline=None)
def test_any_answer_is_a_record_or_none(dialect: Dialect, answer: Any, path: str) -> None:
    for found in (dialect.one(path, answer), dialect.many(path, [answer]), dialect.batch_answers(path, {"update": [answer]})):
        assert found is None or isinstance(found, dict | list)


@given(mutated(ORDERS), mutated(rest("183")["body"]))
@settings(max_examples=100, deadline=None)
def test_any_order_can_be_looked_at_before_it_is_written(body: dict[str, Any], refund: dict[str, Any]) -> None:
    state, seen = order_state(body), refund_seen(refund)
    assert state.total.is_finite()
    plan = refund_plan(state, {line.line_id: 1 for line in state.lines}, [seen])
    for line in plan.lines:
        assert line.quantity == 1
        assert all(tax >= 0 for tax in line.taxes.values())


@given(mutated(rest("144")["body"]["update"]) | st.dictionaries(st.text(max_size=8), anything, max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_item_of_a_batch_is_judged(item: dict[str, Any]) -> None:
    answer = judged(StockChange("14", None, 28), item)
    assert answer.problem is not None or answer.quantity == 28
    assert all(level.source_id for level in levels_of([item], None))


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=6),
    st.decimals(0, 10_000, places=2),
    st.lists(st.decimals(0, 3_000, places=2), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_the_parts_of_a_line_always_add_up_to_it(pieces: list[int], total: Decimal, taxes: list[Decimal]) -> None:
    """However it comes back, and to the penny."""
    line = {
        "id": 1,
        "quantity": sum(pieces),
        "total": str(total),
        "taxes": [{"id": rate, "total": str(tax)} for rate, tax in enumerate(taxes, 1)],
    }
    order = order_state({"id": 9, "total": str(total + sum(taxes)), "currency": "NOK", "line_items": [line]})
    refunds: list[Any] = []
    for count in pieces:
        plan = refund_plan(order, {"1": count}, refunds)
        assert plan.problems == ()
        refunds.append(refund_seen({"id": 5, "amount": str(plan.lines[0].total), "line_items": [_as_listed(plan.lines[0])]}))
    assert sum(refund.lines[0].amount for refund in refunds) == total
    assert sum(refund.amount for refund in refunds) == total + sum(taxes)


def _as_listed(line: Any) -> dict[str, Any]:
    """As the shop lists what was refunded: all of it negative."""
    return {
        "id": 77,
        "quantity": -line.quantity,
        "total": str(-line.amount),
        "taxes": [{"id": int(rate), "total": str(-tax)} for rate, tax in line.taxes.items()],
        "meta_data": [{"key": "_refunded_item_id", "value": line.line_id}],
    }
