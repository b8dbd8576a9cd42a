"""What happens to an order: its stock, its dates, its lines, its refunds, its trash."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import ApiClient, StoppedClock, open_shop, rest

JACKET, SOCKS, SMALL_GREY = 5001, 5002, 5003


@pytest.fixture
def goods(shop: Shop) -> Shop:
    shop.add_product({"name": "Jakke & bukse", "sku": "J-1", "regular_price": "1299", "manage_stock": True, "stock_quantity": 25})
    shop.add_product({
        "name": "Ullsokker", "type": "variable", "sku": "S",
        "attributes": [{"name": "Størrelse", "variation": True, "visible": True, "options": ["36-39"]}],
    })  # fmt: skip
    shop.add_variation(SOCKS, {
        "regular_price": "179.00", "sku": "S-36", "manage_stock": True, "stock_quantity": 10,
        "attributes": [{"name": "Størrelse", "option": "36-39"}],
    })  # fmt: skip
    shop.drop_queue()
    return shop


def stock_of(shop: Shop, product: int) -> Any:
    return shop.products[product]["stock_quantity"]


class TestStock:
    @pytest.mark.parametrize(("status", "left"), [
        ("pending", 25), ("processing", 23), ("completed", 23), ("on-hold", 23),
    ])  # fmt: skip
    async def test_is_taken_by_these_statuses_and_not_by_pending(
        self, api: ApiClient, goods: Shop, status: str, left: int
    ) -> None:
        answer = await api.post("/orders", {"status": status, "line_items": [{"product_id": JACKET, "quantity": 2}]})

        assert answer.status_code == 201
        assert stock_of(goods, JACKET) == left

    @pytest.mark.parametrize(("status", "left"), [
        ("cancelled", 25), ("failed", 25), ("pending", 25), ("refunded", 23), ("completed", 23),
    ])  # fmt: skip
    async def test_is_put_back_by_these_statuses_and_not_by_refunded(
        self, api: ApiClient, goods: Shop, status: str, left: int
    ) -> None:
        order = goods.add_order({"status": "processing", "line_items": [{"product_id": JACKET, "quantity": 2}]})

        await api.put(f"/orders/{order['id']}", {"status": status})

        assert stock_of(goods, JACKET) == left

    async def test_can_go_below_zero_when_back_orders_are_allowed(self, api: ApiClient, goods: Shop) -> None:
        await api.put(f"/products/{JACKET}", {"backorders": "notify", "stock_quantity": 1})
        await api.post("/orders", {"status": "processing", "line_items": [{"product_id": JACKET, "quantity": 2}]})

        product = (await api.get(f"/products/{JACKET}")).json()
        assert (product["stock_quantity"], product["stock_status"], product["backordered"]) == (-1, "onbackorder", True)

    async def test_of_the_parent_is_taken_when_the_parent_keeps_it(self, api: ApiClient, goods: Shop) -> None:
        await api.put(f"/products/{SOCKS}/variations/{SMALL_GREY}", {"manage_stock": False})
        await api.put(f"/products/{SOCKS}", {"manage_stock": True, "stock_quantity": 47})
        await api.post("/orders", {"status": "processing", "line_items": [{"variation_id": SMALL_GREY, "quantity": 7}]})

        variation = (await api.get(f"/products/{SOCKS}/variations/{SMALL_GREY}")).json()
        assert stock_of(goods, SOCKS) == 40
        assert (variation["manage_stock"], variation["stock_quantity"]) == ("parent", 40)


class TestLines:
    async def test_a_product_the_shop_does_not_know_is_taken_with_product_0_and_price_0(self, api: ApiClient) -> None:
        answer = await api.post("/orders", {"line_items": [{"product_id": 987654, "quantity": 2}]})

        line = answer.json()["line_items"][0]
        assert answer.status_code == 201
        assert (line["product_id"], line["price"], line["quantity"], line["total"]) == (0, 0, 2, "0.00")

    async def test_a_line_can_be_given_by_the_sku_of_a_variation(self, api: ApiClient, goods: Shop) -> None:
        line = (await api.post("/orders", {"line_items": [{"sku": "s-36", "quantity": 1}]})).json()["line_items"][0]

        assert (line["product_id"], line["variation_id"], line["sku"]) == (SOCKS, SMALL_GREY, "S-36")
        assert (line["name"], line["parent_name"]) == ("Ullsokker - 36-39", "Ullsokker")
        assert [(m["key"], m["value"], m["display_key"]) for m in line["meta_data"]] == [("storrelse", "36-39", "Størrelse")]

    async def test_names_hold_entities(self, api: ApiClient, goods: Shop) -> None:
        line = (await api.post("/orders", {"line_items": [{"product_id": JACKET}]})).json()["line_items"][0]

        assert line["name"] == "Jakke &amp; bukse"

    @pytest.mark.parametrize("removal", [{"quantity": 0}, {"product_id": None}])
    async def test_a_line_goes_when_its_quantity_is_0_or_its_product_null(
        self, api: ApiClient, goods: Shop, removal: dict[str, Any]
    ) -> None:
        lines = [{"product_id": JACKET, "quantity": 1}, {"variation_id": SMALL_GREY, "quantity": 1}]
        order = goods.add_order({"status": "processing", "line_items": lines})

        after = (
            await api.put(f"/orders/{order['id']}", {"line_items": [{"id": order["line_items"][0]["id"], **removal}]})
        ).json()

        assert [line["variation_id"] for line in after["line_items"]] == [SMALL_GREY]
        assert after["total"] == "179.00"
        assert stock_of(goods, JACKET) == 25

    async def test_a_product_deleted_later_leaves_its_name_only(self, api: ApiClient, goods: Shop) -> None:
        order = goods.add_order({"line_items": [{"product_id": JACKET}]})
        await api.delete(f"/products/{JACKET}", force="true")

        line = (await api.get(f"/orders/{order['id']}")).json()["line_items"][0]
        assert (line["product_id"], line["sku"], line["name"]) == (0, None, "Jakke &amp; bukse")

    async def test_the_price_is_a_number_without_tax_with_as_many_decimals_as_it_takes(self, api: ApiClient) -> None:
        body = {"line_items": [{"product_id": 1, "quantity": 3, "total": "100.00"}]}

        assert (await api.post("/orders", body)).json()["line_items"][0]["price"] == 33.333333333333336


class TestStatuses:
    async def test_set_paid_gives_processing_and_for_cash_on_delivery_completed(self, api: ApiClient, goods: Shop) -> None:
        statuses = []
        for method in ("vipps", "cod"):
            body = {"set_paid": True, "payment_method": method, "line_items": [{"product_id": JACKET}]}
            statuses.append((await api.post("/orders", body)).json()["status"])

        assert statuses == ["processing", "completed"]

    async def test_the_completed_date_stays_when_the_order_goes_back(self, api: ApiClient, goods: Shop) -> None:
        order = goods.add_order({"status": "completed", "line_items": [{"product_id": JACKET}]})

        after = (await api.put(f"/orders/{order['id']}", {"status": "processing"})).json()

        assert (after["status"], after["date_completed_gmt"]) == ("processing", "2026-11-21T16:24:40")

    async def test_writing_the_same_status_moves_the_modification_date(
        self, api: ApiClient, goods: Shop, clock: StoppedClock
    ) -> None:
        order = goods.add_order({"status": "processing", "line_items": [{"product_id": JACKET}]})
        clock.seconds += 60

        after = (await api.put(f"/orders/{order['id']}", {"status": "processing"})).json()

        assert (order["date_modified_gmt"], after["date_modified_gmt"]) == ("2026-11-21T16:24:40", "2026-11-21T16:25:40")

    async def test_an_unknown_customer_is_refused_and_a_known_one_linked(self, api: ApiClient) -> None:
        customer = (await api.post("/customers", {"email": "kari@example.com", "first_name": "Kari"})).json()
        good = await api.post("/orders", {"customer_id": customer["id"]})
        bad = await api.post("/orders", {"customer_id": 999})

        assert list(customer) == list(rest(198)["body"])
        assert good.json()["customer_id"] == customer["id"]
        assert "customer" in good.json()["_links"]
        assert (bad.status_code, bad.json()["code"]) == (400, "woocommerce_rest_invalid_customer_id")
        assert (await api.get(f"/customers/{customer['id']}")).json()["email"] == "kari@example.com"


class TestMetaAndNotes:
    async def test_a_key_without_an_id_replaces_the_value_and_numbers_come_back_as_text(
        self, api: ApiClient, goods: Shop
    ) -> None:
        order = goods.add_order({"meta_data": [{"key": "ref", "value": 1}]})

        body = {"meta_data": [{"key": "ref", "value": 2.5}, {"key": "list", "value": [1, "a"]}]}
        after = (await api.put(f"/orders/{order['id']}", body)).json()["meta_data"]

        assert [(m["key"], m["value"]) for m in after] == [("ref", "2.5"), ("list", [1, "a"])]

    async def test_a_note_does_not_move_the_order_and_every_post_makes_another(
        self, api: ApiClient, goods: Shop, clock: StoppedClock
    ) -> None:
        order = goods.add_order({})
        clock.seconds += 60
        for _ in range(2):
            assert (await api.post(f"/orders/{order['id']}/notes", {"note": "Sendt"})).status_code == 201
        customer_note = (await api.post(f"/orders/{order['id']}/notes", {"note": "Hei", "customer_note": True})).json()

        notes = (await api.get(f"/orders/{order['id']}/notes")).json()
        assert [note["note"] for note in notes] == ['Email "Customer note" sent.', "Hei", "Sendt", "Sendt"]
        assert list(notes[0]) == list(rest(50)["body"])
        assert customer_note["customer_note"] is True
        assert (await api.get(f"/orders/{order['id']}")).json()["date_modified_gmt"] == "2026-11-21T16:24:40"


class TestRefunds:
    async def test_a_full_refund_in_two_parts_makes_the_order_refunded(self, api: ApiClient, goods: Shop) -> None:
        order = goods.add_order({"status": "processing", "line_items": [{"product_id": JACKET, "quantity": 2}]})
        line = {"id": order["line_items"][0]["id"], "quantity": 1, "refund_total": 1039.2}
        part = {"amount": "1299.00", "api_refund": False, "line_items": [line]}

        first = await api.post(f"/orders/{order['id']}/refunds", part)
        between = (await api.get(f"/orders/{order['id']}")).json()
        second = await api.post(f"/orders/{order['id']}/refunds", {**part, "api_restock": False})
        after = (await api.get(f"/orders/{order['id']}")).json()

        assert (first.status_code, second.status_code) == (201, 201)
        assert (between["status"], after["status"]) == ("processing", "refunded")
        assert [refund["total"] for refund in after["refunds"]] == ["-1299.00", "-1299.00"]
        assert after["total"] == "2598.00"
        assert stock_of(goods, JACKET) == 24

    async def test_the_list_of_refunds_is_newest_first(self, api: ApiClient, goods: Shop) -> None:
        order = goods.add_order({"status": "processing", "line_items": [{"product_id": JACKET, "quantity": 2}]})
        for amount in ("10.00", "20.00"):
            await api.post(f"/orders/{order['id']}/refunds", {"amount": amount, "api_refund": False})

        listed = await api.get(f"/orders/{order['id']}/refunds")
        assert [refund["amount"] for refund in listed.json()] == ["20.00", "10.00"]
        one = await api.get(f"/orders/{order['id']}/refunds/{listed.json()[0]['id']}")
        assert list(one.json()) == list(rest(39)["body"])


class TestTrash:
    async def test_delete_shows_the_order_as_it_was_and_force_removes_it(self, api: ApiClient, goods: Shop) -> None:
        order = goods.add_order({"status": "processing"})
        trashed = await api.delete(f"/orders/{order['id']}")
        again = await api.delete(f"/orders/{order['id']}")
        removed = await api.delete(f"/orders/{order['id']}", force="true")

        assert (trashed.status_code, trashed.json()["status"]) == (200, "processing")
        assert (again.status_code, again.json()["code"]) == (410, "woocommerce_rest_already_trashed")
        assert (removed.status_code, removed.json()["status"]) == (200, "trash")
        assert (await api.get(f"/orders/{order['id']}")).json() == rest(112)["body"]


async def test_ids_are_shared_by_products_and_orders_and_numbers_can_have_a_pattern() -> None:
    _, shop = open_shop(number_pattern="FB-{id}", first_id=100)
    product, order = shop.add_product({"name": "A"}), shop.add_order({})

    assert (product["id"], order["id"], order["number"]) == (100, 101, "FB-101")
