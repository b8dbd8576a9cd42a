"""Stock written by a client: one at a time, and in batches that check nothing."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import ApiClient, rest


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> Shop:
    for number in (127, 128, 129, 139):
        shop.put_product_raw(rest(number)["body"])
    shop.put_product_raw({**rest(127)["body"], "id": 17, "sku": "", "manage_stock": False, "stock_quantity": None})
    return shop


@pytest.mark.parametrize(("sent", "stored"), [
    ("sju", 0), ("", 0), ("12 stk", 12), (7.9, 7), (True, 1), (None, 28), (-3, -3),
])  # fmt: skip
async def test_a_batch_casts_where_a_single_write_would_refuse(api: ApiClient, stocked: Shop, sent: Any, stored: int) -> None:
    answer = await api.post("/products/batch", {"update": [{"id": 14, "stock_quantity": sent}]})

    assert answer.status_code == 200
    assert answer.json()["update"][0]["stock_quantity"] == stored


async def test_null_in_a_single_write_sets_zero(api: ApiClient) -> None:
    product = (await api.put("/products/14", {"stock_quantity": None})).json()

    assert (product["stock_quantity"], product["stock_status"]) == (0, "outofstock")


async def test_a_quantity_where_no_stock_is_kept_is_answered_200_and_changes_nothing(api: ApiClient) -> None:
    unmanaged = (await api.put("/products/17", {"stock_quantity": 5})).json()
    parent = (await api.put("/products/23", {"stock_quantity": 5})).json()

    assert (unmanaged["manage_stock"], unmanaged["stock_quantity"]) == (False, None)
    assert (parent["manage_stock"], parent["stock_quantity"]) == (False, None)


async def test_each_item_of_a_batch_succeeds_or_fails_by_itself_in_its_place(api: ApiClient) -> None:
    items = [{"id": 15, "stock_quantity": 1}, {"id": 24, "stock_quantity": 2}, {"id": 999, "stock_quantity": 3}, {"id": 14}]

    done = (await api.post("/products/batch", {"update": items})).json()["update"]

    assert [item["id"] for item in done] == [15, 24, 999, 14]
    assert done[0]["stock_quantity"] == 1
    assert (done[1]["error"]["code"], done[1]["error"]["data"]) == ("woocommerce_rest_invalid_product_id", {"status": 404})
    assert done[2]["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert "error" not in done[3]


async def test_a_variation_of_another_parent_fails_in_a_batch_as_recorded(api: ApiClient, stocked: Shop) -> None:
    stocked.put_product_raw({**rest(139)["body"], "id": 29, "parent_id": 28, "sku": "FB-LUE-1"})

    answer = await api.post("/products/23/variations/batch", {"update": [{"id": 24, "stock_quantity": 11}, {"id": 29}]})

    assert answer.json()["update"][0]["stock_quantity"] == 11
    assert answer.json()["update"][1] == rest(158)["body"]["update"][2]


async def test_more_than_a_hundred_items_are_refused_and_none_is_done(api: ApiClient, stocked: Shop) -> None:
    items = [{"id": 14, "stock_quantity": 1}] * 60

    answer = await api.post("/products/batch", {"update": items, "create": [{"name": "x"}] * 41})

    assert (answer.status_code, answer.json()) == (413, rest(156)["body"])
    assert stocked.products[14]["stock_quantity"] == 28


async def test_an_empty_batch_is_an_empty_list(api: ApiClient) -> None:
    assert (await api.post("/products/batch", {})).json() == rest(157)["body"] == []


async def test_a_batch_creates_and_deletes_too(api: ApiClient, stocked: Shop) -> None:
    body = {"create": [{"name": "Ny", "sku": "NY"}, {"name": "Dobbel", "sku": "FB-GEN-002"}], "delete": [14]}

    done = (await api.post("/products/batch", body)).json()

    assert done["create"][0]["sku"] == "NY"
    assert done["create"][1]["error"]["code"] == "product_invalid_sku"
    assert done["delete"][0]["id"] == 14
    assert 14 not in stocked.products


async def test_the_stock_status_of_a_variable_product_follows_its_variations(api: ApiClient) -> None:
    await api.put("/products/23/variations/24", {"stock_quantity": 0})

    assert (await api.get("/products/23")).json()["stock_status"] == "outofstock"


async def test_the_units_and_versions_can_be_asked_for(api: ApiClient) -> None:
    asked = rest(193)["request"]["query"][0][1]
    status = (await api.get("/system_status", _fields=asked)).json()

    assert status["settings"] == rest(193)["body"]["settings"]
    assert status["environment"]["version"] == "11.0.1"
    assert (await api.get("/settings/products/woocommerce_weight_unit")).json()["value"] == "kg"
