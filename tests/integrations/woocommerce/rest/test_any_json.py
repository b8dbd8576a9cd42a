"""Whatever a shop or a plugin of it sends: mapping gives problems, webhooks an announcement, and nothing raises."""

from __future__ import annotations

import copy
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import Article, Order, Process, SourceRecord, content_hash, from_payload, to_payload
from app.integrations.protocol import Announced, NotOurs, ReadNeeded, SweepNeeded
from app.integrations.woocommerce.mapping.fields import map_article, map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.integrations.woocommerce.webhooks import incoming
from tests.integrations.woocommerce.recordings import credentials, deliveries, rest

ORDERS = [each.content for each in deliveries() if each.topic and each.topic.startswith("order.")]
PRODUCTS = [each.content for each in deliveries() if each.topic and each.topic.startswith("product.")] + rest("138")["body"]

EVERYTHING_ON = WooCommerceSettings.model_validate(
    {
        "virtual_products": "non-stock",
        "leave_out_non_stock_lines": True,
        "article_categories": True,
        "send_customer_number": True,
        "customs_required": True,
        "barcode_meta_key": "_ean",
        "country_of_origin_meta_key": "produksjonsland",
        "tariff_number_meta_key": "_hs",
        "extra_order_fields": {"freeText1": "meta_data.leveringsdato", "freeText2": "line_items.0.name", "freeText3": "billing"},
        "extra_article_fields": {"freeText1": "meta_data.leverandor", "freeText2": "dimensions.length.x"},
    }
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        ["", "0", "-1", "1e999999999", "NaN", "Infinity", "2026-11-21T16:13:13", "0001-01-01T00:00:00+14:00", "&amp;", "<b>"]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=10
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[dict[str, Any]]) -> dict[str, Any]:
    """A recorded body in which up to six places hold something else, or are missing."""
    body: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 6))):
        place: Any = body
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                place = inner
                continue
            if draw(st.booleans()):
                place[key] = draw(anything)
            else:
                del place[key]
            break
    return body


def as_record(process: Process, body: dict[str, Any]) -> SourceRecord:
    return SourceRecord(process, "7", None, body)


@given(mutated(ORDERS), st.sampled_from([WooCommerceSettings(), EVERYTHING_ON]))
@settings(max_examples=300, deadline=None)
def test_any_order_becomes_an_order_that_can_be_stored(body: dict[str, Any], chosen: WooCommerceSettings) -> None:
    found = map_order(as_record(Process.ORDERS, body), chosen)
    assert isinstance(found, Order)
    assert from_payload(Process.ORDERS, orjson.loads(orjson.dumps(to_payload(found)))) == found
    assert len(content_hash(found)) == 64


@given(mutated(PRODUCTS), st.sampled_from([WooCommerceSettings(), EVERYTHING_ON]))
@settings(max_examples=300, deadline=None)
def test_any_product_becomes_an_article_that_can_be_stored(body: dict[str, Any], chosen: WooCommerceSettings) -> None:
    found = map_article(as_record(Process.ARTICLES, body), chosen)
    assert isinstance(found, Article)
    assert from_payload(Process.ARTICLES, orjson.loads(orjson.dumps(to_payload(found)))) == found
    assert len(content_hash(found)) == 64


TOPICS = (
    st.sampled_from(["order.created", "order.updated", "order.deleted", "product.restored", "coupon.updated", "", "x"])
    | st.text()
)
SOURCES = st.sampled_from(["http://127.0.0.1:8099/", ""]) | st.text()


@given(mutated(ORDERS + PRODUCTS).map(orjson.dumps) | anything.map(orjson.dumps) | st.binary(max_size=50), TOPICS, SOURCES)
@settings(max_examples=300, deadline=None)
def test_any_delivery_says_something(body: bytes, topic: str, source: str) -> None:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": source}
    said = incoming.WooCommerceWebhooks().interpret(headers, body, EVERYTHING_ON, credentials())
    assert isinstance(said, Announced | ReadNeeded | SweepNeeded | NotOurs)
    assert incoming.is_ping(headers, body) is False
    assert incoming.verify("secret", topic, body) is False


@given(st.dictionaries(st.text(max_size=8), anything, max_size=8))
@settings(max_examples=200, deadline=None)
def test_an_object_of_nothing_we_know_is_held(body: dict[str, Any]) -> None:
    assert map_order(as_record(Process.ORDERS, body), WooCommerceSettings()).problems
    assert map_article(as_record(Process.ARTICLES, body), WooCommerceSettings()).problems
