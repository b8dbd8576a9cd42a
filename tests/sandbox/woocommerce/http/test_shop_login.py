"""Who gets in: every recorded OAuth 1.0a vector, and Basic where the shop looks at it."""

from __future__ import annotations

import json
from typing import Any

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import API, HOME, KEYS, RECORDED, client_of, open_shop, rest

LISTED_PRODUCTS = 117
LISTED_ORDERS = (221, 222, 223)


def _stock_recorded_shop(shop: Shop) -> None:
    """The products and orders the shop had when the vectors were recorded, as far as they were listed."""
    for product in rest(LISTED_PRODUCTS)["body"]:
        made = f"2026-11-21T16:{product['id']:02}:00"
        shop.put_product_raw({**product, "date_created_gmt": made, "date_modified_gmt": made})
    for number in LISTED_ORDERS:
        for order in rest(number)["body"]:
            if order["id"] <= 55:
                made = f"2026-11-21T16:{order['id']:02}:00"
                shop.put_order_raw({**order, "date_created_gmt": made, "date_modified_gmt": made})


def _vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDED / "oauth1" / "vectors.json").read_text())["vectors"]
    return found


async def _replay(vector: dict[str, Any], app: Any) -> tuple[int, Any, Any]:
    headers = {}
    if vector["authorization_header"]:
        headers["Authorization"] = vector["authorization_header"]
    if vector["body"]:
        is_form = vector["name"].startswith("form")
        headers["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
    async with client_of(app, vector["url_sent"].split("/wp-json")[0]) as client:
        answer = await client.request(
            vector["method"], f"{vector['url_sent']}?{vector['query_string_sent']}", headers=headers, content=vector["body"]
        )
    body = answer.json()
    ids = [part["id"] for part in body] if isinstance(body, list) else None
    return answer.status_code, body if answer.is_error else None, ids


async def test_every_recorded_oauth_vector_gets_the_recorded_answer() -> None:
    app, shop = open_shop(strict=False)
    _stock_recorded_shop(shop)

    answered = {vector["name"]: await _replay(vector, app) for vector in _vectors()}

    assert answered == {vector["name"]: (vector["status"], vector["error"], vector["returned_ids"]) for vector in _vectors()}
    assert len(answered) == 36


async def test_a_signed_call_with_parameters_nobody_knows_is_refused_by_a_strict_shop() -> None:
    app, _ = open_shop()
    vector = next(vector for vector in _vectors() if vector["name"] == "key-order-underscore")

    status, error, _ = await _replay(vector, app)

    assert status == 400
    assert error["code"] == "rest_invalid_param"
    assert sorted(error["data"]["params"]) == ["Zx", "a", "ab"]


async def test_a_form_is_signed_with_the_query() -> None:
    """What `form-body-not-signed` lacks; base string and signature made by hand with OpenSSL for this key."""
    app, shop = open_shop()
    shop.put_product_raw(rest(127)["body"])
    query = (
        f"oauth_consumer_key={KEYS[0][0]}&oauth_timestamp=1795278280&oauth_nonce=form-1"
        "&oauth_signature_method=HMAC-SHA256&oauth_signature=O0xA1cgDXb7NKdiXxetuFZe1l8%2FnMNsQwUotO%2BAd%2FRg%3D"
    )
    async with client_of(app) as client:
        answer = await client.post(f"{API}/products/14?{query}", data={"menu_order": "7"})

    assert answer.status_code == 200
    assert answer.json()["menu_order"] == 7


async def test_without_login_the_recorded_refusals_are_given() -> None:
    app, _ = open_shop()
    async with client_of(app) as client:
        nobody = await client.get(f"{API}/orders")
        basic = await client.get(f"{API}/orders", auth=KEYS[0][:2])
        in_query = await client.get(f"{API}/orders", params={"consumer_key": KEYS[0][0], "consumer_secret": KEYS[0][1]})

    assert (nobody.status_code, nobody.json()) == (401, rest(200)["body"])
    assert (basic.status_code, basic.json()) == (401, rest(201)["body"])
    assert (in_query.status_code, in_query.json()) == (401, rest(200)["body"])
    assert nobody.headers["vary"] == "Origin"


async def test_basic_is_taken_over_https() -> None:
    app, _ = open_shop("https://shop.example")
    async with client_of(app, "https://shop.example") as client:
        good = await client.get(f"{API}/orders", auth=KEYS[0][:2])
        in_query = await client.get(f"{API}/orders", params={"consumer_key": KEYS[0][0], "consumer_secret": KEYS[0][1]})
        bad = await client.get(f"{API}/orders", auth=(KEYS[0][0], "cs_wrong"))
        unknown = await client.get(f"{API}/orders", auth=("ck_wrong", "cs_wrong"))

    assert (good.status_code, in_query.status_code) == (200, 200)
    assert (bad.status_code, bad.json()) == (401, rest(204)["body"])
    assert "www-authenticate" not in bad.headers
    assert (unknown.status_code, unknown.json()) == (401, rest(200)["body"])


async def test_a_tls_proxy_helps_only_a_shop_that_trusts_it() -> None:
    statuses = []
    for trusts in (False, True):
        app, _ = open_shop(trust_forwarded_proto=trusts)
        async with client_of(app) as client:
            answer = await client.get(f"{API}/orders", auth=KEYS[0][:2], headers={"X-Forwarded-Proto": "https"})
        statuses.append(answer.status_code)

    assert statuses == [401, 200]


async def test_a_read_key_that_writes_gets_the_recorded_401() -> None:
    app, shop = open_shop("https://shop.example")
    shop.put_product_raw(rest(127)["body"])
    async with client_of(app, "https://shop.example") as client:
        answer = await client.put(f"{API}/products/14", auth=KEYS[1][:2], json={"menu_order": 0})

    assert (answer.status_code, answer.json()) == (401, rest(207)["body"])


async def test_the_index_is_open_to_everybody() -> None:
    app, _ = open_shop()
    async with client_of(app) as client:
        index = (await client.get("/wp-json/")).json()

    assert (index["name"], index["url"], index["description"]) == ("Fjellbutikken", HOME, "")
    assert index["namespaces"] == ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"]
    assert (index["timezone_string"], index["gmt_offset"]) == ("Europe/Oslo", 1.0)
