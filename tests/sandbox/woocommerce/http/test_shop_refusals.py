"""What the shop refuses: as recorded, and what only this strict one refuses."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import API, ApiClient, client_of, open_shop, rest


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.put_product_raw(rest(127)["body"])
    shop.put_order_raw(rest(96)["body"])
    for number in (54, 33, 64):
        shop.put_order_raw({**rest(96)["body"], "id": number})
    return shop


@pytest.mark.parametrize("number", [112, 115, 143, 162, 163, 169, 173, 174, 175, 178, 181, 191, 192, 211])
async def test_the_recorded_refusals_are_given(api: ApiClient, stocked: Shop, number: int) -> None:
    recorded = rest(number)
    asked = recorded["request"]
    for topic in ("order.created", "order.updated", "order.deleted", "order.restored") * 2:
        stocked.webhooks.add({"topic": topic, "delivery_url": "http://127.0.0.1:9/"}, stocked.now())
    stocked.webhooks.to_ping.clear()

    answer = await api.call(asked["method"], asked["path"].removeprefix(API), asked["body"])

    assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])


async def test_a_sku_that_is_taken_is_refused_as_recorded(api: ApiClient, stocked: Shop) -> None:
    answer = await api.post("/products", rest(159)["request"]["body"])

    assert (answer.status_code, answer.json()) == (400, rest(159)["body"])


@pytest.mark.parametrize(("sent", "code"), [(b'{"stock_quantity": ', 4), (b'{"name": "\xe6"}', 5), (b"<html>", 4)])
async def test_a_body_that_is_no_json_is_refused(api: ApiClient, stocked: Shop, sent: bytes, code: int) -> None:
    answer = await api.http.put(f"{API}/products/14", content=sent, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "rest_invalid_json"
    assert answer.json()["data"]["json_error_code"] == code


async def test_json_without_a_content_type_is_answered_200_and_changes_nothing(api: ApiClient, stocked: Shop) -> None:
    answer = await api.http.put(f"{API}/products/14", content=b'{"stock_quantity": 3}')

    assert answer.status_code == 200
    assert answer.json()["stock_quantity"] == 28


@pytest.mark.parametrize(("path", "query", "named"), [
    ("/orders", {"modified_since": "2026-11-21T16:00:00"}, "modified_since"),
    ("/products", {"skus": "A"}, "skus"),
    ("/orders/32", {"expand": "lines"}, "expand"),
])  # fmt: skip
async def test_a_parameter_the_shop_does_not_know_is_refused_and_named(
    api: ApiClient, stocked: Shop, path: str, query: dict[str, str], named: str
) -> None:
    answer = await api.get(path, **query)

    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == [named]
    assert stocked.products[14]["stock_quantity"] == 28
    assert len(stocked.orders) == 4


@pytest.mark.parametrize(("method", "path", "body", "named"), [
    ("PUT", "/orders/32", {"statuss": "completed"}, "statuss"),
    ("POST", "/orders", {"lines": []}, "lines"),
    ("POST", "/orders", {"billing": {"street": "x"}}, "billing"),
    ("POST", "/orders", {"line_items": [{"product_id": 14, "qty": 1}]}, "line_items"),
    ("PUT", "/products/14", {"stock": 1}, "stock"),
    ("POST", "/products/batch", {"update": [{"id": 14, "stock": 1}]}, "update[0][stock]"),
    ("POST", "/orders/32/notes", {"note": "x", "private": True}, "private"),
    ("POST", "/webhooks", {"topic": "order.created", "delivery_url": "http://x/", "url": "y"}, "url"),
])  # fmt: skip
async def test_a_field_the_shop_does_not_know_is_refused_and_named(
    api: ApiClient, stocked: Shop, method: str, path: str, body: dict[str, Any], named: str
) -> None:
    answer = await api.call(method, path, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == [named]
    assert stocked.products[14]["stock_quantity"] == 28
    assert len(stocked.orders) == 4


@pytest.mark.parametrize(("path", "body", "message"), [
    ("/products/14", {"stock_quantity": "sju"}, "stock_quantity is not of type integer."),
    ("/products/14", {"stock_quantity": 7.9}, "stock_quantity is not of type integer."),
    ("/products/14", {"name": 7}, "name is not of type string."),
    ("/products/14", {"regular_price": 99.5}, "regular_price is not of type string."),
    ("/products/14", {"manage_stock": "perhaps"}, "manage_stock is not of type boolean."),
    ("/orders/32", {"billing": {"phone": 90000001}}, "billing[phone] is not of type string."),
    ("/orders/32", {"line_items": [{"id": "x"}]}, "line_items[0][id] is not of type integer."),
    ("/orders/32", {"set_paid": "soon"}, "set_paid is not of type boolean."),
])  # fmt: skip
async def test_a_value_of_the_wrong_type_is_refused(api: ApiClient, stocked: Shop, path: str, body: Any, message: str) -> None:
    answer = await api.put(path, body)

    assert answer.status_code == 400
    assert list(answer.json()["data"]["params"].values()) == [message]


async def test_fields_the_api_shows_but_does_not_take_are_ignored(api: ApiClient, stocked: Shop) -> None:
    answer = await api.put("/orders/32", {"number": "X-1", "total": "1.00", "status": "completed"})

    assert answer.status_code == 200
    assert (answer.json()["number"], answer.json()["total"]) == ("32", "1378.00")


async def test_a_shop_that_is_not_strict_ignores_what_it_does_not_know() -> None:
    app, shop = open_shop("https://shop.example", strict=False)
    shop.put_order_raw(rest(96)["body"])

    answer = await ApiClient(app, "https://shop.example").call("PUT", "/orders/32", {"statuss": "x"}, expand="lines")

    assert answer.status_code == 200


async def test_a_webhook_address_that_is_none_is_refused(api: ApiClient) -> None:
    answer = await api.post("/webhooks", {"topic": "order.created", "delivery_url": "ftp://x/"})

    assert answer.json()["code"] == "woocommerce_rest_shop_webhook_invalid_delivery_url"


async def test_an_unknown_route_needs_no_login_to_be_missing(app: Starlette) -> None:
    async with client_of(app, "https://fjellbutikken.example") as client:
        answer = await client.get("/wp-json/wc/v3/ordrer")

    assert (answer.status_code, answer.json()) == (404, rest(115)["body"])
