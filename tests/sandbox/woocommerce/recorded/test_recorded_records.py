"""Recorded products, variations and orders, loaded into the shop, are shown as they were recorded."""

from __future__ import annotations

import pytest

from tests.sandbox.woocommerce.recorded.recorded_shop import client_of, open_shop, rest


@pytest.mark.parametrize("number", [127, 128, 129, 132])
async def test_a_recorded_product_loaded_into_the_shop_is_shown_as_recorded(number: int) -> None:
    recorded = rest(number)["body"]
    app, shop = open_shop("https://shop.example")
    shop.put_product_raw(recorded)
    async with client_of(app, "https://shop.example") as client:
        shown = (await client.get(f"/wp-json/wc/v3/products/{recorded['id']}", auth=_basic())).json()

    without = {"permalink", "price_html", "_links"}
    assert {name: value for name, value in shown.items() if name not in without} == {
        name: value for name, value in recorded.items() if name not in without
    }
    assert list(shown) == list(recorded)


async def test_a_recorded_variation_is_shown_in_both_its_shapes() -> None:
    app, shop = open_shop("https://shop.example", strict=True)
    shop.put_product_raw(rest(129)["body"])
    shop.put_product_raw(rest(139)["body"])
    async with client_of(app, "https://shop.example") as client:
        own = (await client.get("/wp-json/wc/v3/products/23/variations/24", auth=_basic())).json()
        as_product = (await client.get("/wp-json/wc/v3/products/24", auth=_basic())).json()

    recorded = rest(139)["body"]
    assert list(own) == list(recorded)
    assert {**own, "permalink": "", "_links": {}} == {**recorded, "permalink": "", "_links": {}}
    assert list(as_product) == list(rest(119)["body"][0])
    assert (as_product["name"], as_product["type"], as_product["parent_id"]) == ("Ullsokker Røros - 36-39, Grå", "variation", 23)


@pytest.mark.parametrize("number", [96, 97, 98, 99, 100])
async def test_a_recorded_order_loaded_into_the_shop_is_shown_as_recorded(number: int) -> None:
    recorded = rest(number)["body"]
    app, shop = open_shop("https://127.0.0.1:8099")
    shop.put_order_raw(recorded)
    async with client_of(app, "https://127.0.0.1:8099") as client:
        shown = (await client.get(f"/wp-json/wc/v3/orders/{recorded['id']}", auth=_basic())).json()

    assert {**shown, "_links": {}} == {**recorded, "_links": {}}
    assert list(shown) == list(recorded)


def _basic() -> tuple[str, str]:
    return "ck_f9bbebef0fc8eb1150ab46eeb08a32b39479cb83", "cs_acb14f09e23e9618db0169d12ad0074c24cdcfc5"
