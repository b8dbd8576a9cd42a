"""Records in transit: stored as JSON and read back as they were; compared by what they hold, not by when they were changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest

from app.domain import (
    Address,
    Article,
    Category,
    Coded,
    Notification,
    Order,
    OrderLine,
    Problem,
    Process,
    ShopState,
    Transporter,
    content_hash,
    from_payload,
    to_payload,
)

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
ARTICLE = Article(
    source_id="1",
    modified_at=NOW,
    number="A-1",
    name="Lue",
    product_code="1",
    weight_kg=Decimal("0.300"),
    categories=(Category("1", "Klær"),),
    extra={"freeText1": "x"},
    problems=(Problem("code", "field", "message", "fix"),),
)
ORDER = Order(
    source_id="1",
    source_number="1",
    number="A-1",
    state=ShopState.WANTED,
    status="processing",
    modified_at=NOW,
    created_at=NOW,
    delivery_date=None,
    currency="NOK",
    consignee=Address("Kari", "Storgata 1", "", "0155", "Oslo", "NO", Notification("k@example.com", True), None),
    invoice_address=None,
    lines=(OrderLine("1", "A-1", "Lue", Decimal(2), Decimal("80.10"), None, "NOK"),),
    way_of_delivery=Coded("flat_rate", "Posten"),
    transporter=Transporter("BRING", "SERVICEPAKKE"),
)


@pytest.mark.parametrize(("process", "record"), [(Process.ARTICLES, ARTICLE), (Process.ORDERS, ORDER)])
def test_what_is_stored_as_json_comes_back_as_it_was(process: Process, record: Article | Order) -> None:
    assert from_payload(process, orjson.loads(orjson.dumps(to_payload(record)))) == record


def test_decimals_keep_their_digits() -> None:
    payload = to_payload(ARTICLE)
    assert payload["weight_kg"] == "0.300"


@pytest.mark.parametrize("record", [ARTICLE, ORDER])
def test_when_it_was_modified_is_not_content(record: Article | Order) -> None:
    assert content_hash(record) == content_hash(replace(record, modified_at=None))


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, remark="x"),
        replace(ORDER, state=ShopState.CANCELLED),
        replace(ORDER, number="A-2"),
        replace(ORDER, lines=(*ORDER.lines, *ORDER.lines)),
        replace(ORDER, consignee=replace(ORDER.consignee, city="Bergen")),
        replace(ORDER, problems=ARTICLE.problems),
    ],
)
def test_whatever_else_differs_is(other: Order) -> None:
    assert content_hash(other) != content_hash(ORDER)
