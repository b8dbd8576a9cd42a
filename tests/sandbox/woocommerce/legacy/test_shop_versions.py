"""Shops of another age: which REST API they have, what it does not know yet, and how it shows things."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.woocommerce.conftest import HTTPS_HOME
from tests.sandbox.woocommerce.recorded.recorded_shop import KEYS, Receiver, StoppedClock, client_of, open_shop, rest

SOCKS, GREY = 23, 24


class OldShop:
    """A shop of an earlier version with the recorded socks and one order of them, called over https."""

    def __init__(self, version: str, **settings: Any) -> None:
        self.app, self.shop = open_shop(HTTPS_HOME, StoppedClock(), version=version, **settings)
        for number in (129, 139):
            self.shop.put_product_raw(rest(number)["body"])
        line = {"product_id": SOCKS, "variation_id": GREY, "quantity": 2}
        billing = {"first_name": "Kari", "email": "kari@example.com", "country": "NO"}
        self.order = self.shop.add_order({"status": "processing", "line_items": [line], "billing": billing})["id"]
        self.http = client_of(self.app, HTTPS_HOME)
        self.http.auth = httpx.BasicAuth(*KEYS[0][:2])

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/wp-json/wc/{path}", params=query)

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        return await self.http.request(method, f"/wp-json/wc/{path}", json=body)

    def stock(self, product: int = GREY) -> Any:
        return self.shop.products[product]["stock_quantity"]


@pytest.mark.parametrize(
    ("version", "namespaces"),
    [
        ("2.5.5", []),
        ("2.6.0", ["wc/v1"]),
        ("3.0.0", ["wc/v1", "wc/v2"]),
        ("3.4.8", ["wc/v1", "wc/v2"]),
        ("3.5.0", ["wc/v1", "wc/v2", "wc/v3"]),
    ],
)
async def test_each_version_names_its_rest_apis_and_has_no_others(version: str, namespaces: list[str]) -> None:
    old = OldShop(version)

    index = (await old.http.get("/wp-json/")).json()

    assert index["namespaces"] == ["oembed/1.0", *namespaces, "wp/v2"]
    for namespace in ("wc/v1", "wc/v2", "wc/v3"):
        answer = await old.http.get(f"/wp-json/{namespace}/orders")
        assert answer.status_code == (200 if namespace in namespaces else 404)


async def test_a_wordpress_before_4_4_has_nothing_under_wp_json() -> None:
    old = OldShop("2.3.0", wordpress_version="4.3")

    answer = await old.http.get("/wp-json/")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_plugins_are_named_in_the_index_and_in_the_system_status() -> None:
    new = OldShop("11.0.1", plugins=("advanced-shipment-tracking",))

    index = (await new.http.get("/wp-json/")).json()
    status = (await new.get("v3/system_status", _fields="active_plugins")).json()

    assert index["namespaces"][-3:] == ["wc-shipment-tracking/v3", "wc-ast/v3", "wp/v2"]
    assert [plugin["name"] for plugin in status["active_plugins"]] == ["Advanced Shipment Tracking for WooCommerce"]


class TestBefore58:
    @pytest.mark.parametrize("wish", [{"modified_after": "2026-11-21T00:00:00"}, {"orderby": "modified"}])
    async def test_nothing_is_listed_by_the_time_it_was_modified(self, wish: dict[str, str]) -> None:
        old, new = OldShop("5.7.2"), OldShop("5.8.0")

        assert (await old.get("v3/orders", **wish)).status_code == 400
        assert (await new.get("v3/orders", **wish)).status_code == 200

    async def test_a_lenient_shop_ignores_the_time_and_lists_everything(self) -> None:
        old = OldShop("5.7.2", strict=False)

        assert len((await old.get("v3/orders", modified_after="2030-01-01T00:00:00")).json()) == 1
        assert (await old.get("v3/orders", orderby="modified")).status_code == 400

    async def test_a_refund_cannot_be_told_not_to_restock_before_5_7(self) -> None:
        old = OldShop("5.6.0")
        body = {"amount": "1.00", "api_refund": False, "api_restock": False}

        assert "api_restock" in (await old.send("POST", f"v3/orders/{old.order}/refunds", body)).json()["data"]["params"]


class TestYoungFields:
    async def test_what_later_versions_brought_is_not_shown(self) -> None:
        old = OldShop("3.6.0")

        order = (await old.get(f"v3/orders/{old.order}")).json()
        product = (await old.get(f"v3/products/{SOCKS}")).json()
        variation = (await old.get(f"v3/products/{SOCKS}/variations/{GREY}")).json()

        assert {"payment_url", "is_editable", "currency_symbol"}.isdisjoint(order)
        assert {"parent_name", "image", "global_unique_id"}.isdisjoint(order["line_items"][0])
        assert {"brands", "global_unique_id", "low_stock_amount"}.isdisjoint(product)
        assert {"name", "parent_id", "type"}.isdisjoint(variation)
        assert product["stock_status"] == "instock"

    async def test_they_are_refused_in_a_body_too(self) -> None:
        old = OldShop("9.1.0")

        answer = await old.send("PUT", f"v3/products/{SOCKS}", {"global_unique_id": "7040000000017"})

        assert "global_unique_id" in answer.json()["data"]["params"]

    async def test_fields_are_not_picked_by_a_wordpress_before_4_9_8(self) -> None:
        old = OldShop("3.5.0", wordpress_version="4.9.6")

        assert "billing" in (await old.get(f"v3/orders/{old.order}", _fields="id")).json()


class TestSecondVersion:
    async def test_stock_is_a_yes_or_no_and_variations_are_visible_or_not(self) -> None:
        old = OldShop("3.4.0")

        variation = (await old.get(f"v2/products/{SOCKS}/variations/{GREY}")).json()

        assert (variation["in_stock"], variation["visible"]) == (True, True)
        assert {"stock_status", "status"}.isdisjoint(variation)
        assert variation["_links"]["up"][0]["href"] == f"{HTTPS_HOME}/wp-json/wc/v2/products/{SOCKS}"

    async def test_one_status_at_a_time(self) -> None:
        old = OldShop("3.4.0")

        assert len((await old.get("v2/orders", status="processing")).json()) == 1
        assert len((await old.get("v2/orders")).json()) == 1
        assert (await old.get("v2/orders", status="processing,completed")).status_code == 400

    async def test_stock_goes_in_batches(self) -> None:
        old = OldShop("3.4.0")

        answer = await old.send("POST", f"v2/products/{SOCKS}/variations/batch", {"update": [{"id": GREY, "stock_quantity": 4}]})

        assert (answer.json()["update"][0]["stock_quantity"], old.stock()) == (4, 4)
        assert answer.json()["update"][0]["in_stock"] is True
        refused = await old.send("POST", "v2/products/batch", {"update": [{"id": SOCKS, "stock_status": "instock"}]})
        assert "update[0][stock_status]" in refused.json()["data"]["params"]

    async def test_in_stock_is_asked_for_and_written(self) -> None:
        old = OldShop("3.4.0")
        body = {"manage_stock": False, "in_stock": False}
        written = await old.send("PUT", f"v2/products/{SOCKS}/variations/{GREY}", body)

        assert written.json()["in_stock"] is False
        assert [product["id"] for product in (await old.get("v2/products", in_stock="false")).json()] == [SOCKS]

    async def test_refunds_have_their_lines_by_id_and_always_restock(self) -> None:
        old = OldShop("3.4.0")
        line = old.shop.orders[old.order]["line_items"][0]
        before = old.stock()
        lines = {str(line["id"]): {"qty": 1, "refund_total": 10, "refund_tax": {"1": 2.5}}}
        body = {"amount": "12.50", "api_refund": False, "line_items": lines}

        refund = (await old.send("POST", f"v2/orders/{old.order}/refunds", body)).json()

        assert [(part["quantity"], part["total"], part["total_tax"]) for part in refund["line_items"]] == [
            (-1, "-10.00", "-2.50")
        ]
        assert old.stock() == before + 1
        body["line_items"] = [{"id": line["id"], "quantity": 1}]
        assert "line_items" in (await old.send("POST", f"v2/orders/{old.order}/refunds", body)).json()["data"]["params"]

    async def test_webhooks_are_made_there_too_without_those_of_the_trash_before_3_2(self, receiver: Receiver) -> None:
        old = OldShop("3.1.0")
        made = await old.send("POST", "v2/webhooks", {"topic": "order.updated", "delivery_url": receiver.url})
        refused = await old.send("POST", "v2/webhooks", {"topic": "order.restored", "delivery_url": receiver.url})

        assert made.status_code == 201
        assert made.json()["_links"]["self"][0]["href"] == f"{HTTPS_HOME}/wp-json/wc/v2/webhooks/1"
        assert refused.json()["code"] == "woocommerce_rest_shop_webhook_invalid_topic"
        old.shop.change_order(old.order, {"status": "completed"})
        await old.shop.run_queue()
        assert receiver.topics == ["ping", "order.updated"]
        assert "currency_symbol" not in receiver.received[1].content


class TestFirstVersion:
    async def test_an_order_has_utc_under_the_plain_name_and_no_meta(self) -> None:
        old = OldShop("2.6.14")

        order = (await old.get(f"v1/orders/{old.order}")).json()

        assert order["date_created"] == "2026-11-21T16:24:40"
        assert [name for name in order if name.endswith("_gmt")] == []
        assert {"meta_data", "currency_symbol", "payment_url"}.isdisjoint(order)
        line = order["line_items"][0]
        assert (line["price"], line["product_id"], line["variation_id"]) == ("143.20", SOCKS, GREY)
        assert [(meta["key"], meta["value"]) for meta in line["meta"]] == [("storrelse", "36-39"), ("farge", "Grå")]

    async def test_variations_stand_inside_their_product_and_nowhere_else(self) -> None:
        old = OldShop("2.6.14")

        product = (await old.get(f"v1/products/{SOCKS}")).json()

        assert [(part["id"], part["in_stock"]) for part in product["variations"]] == [(GREY, True)]
        assert (await old.get(f"v1/products/{SOCKS}/variations")).json()["code"] == "rest_no_route"
        assert (await old.get(f"v1/products/{GREY}")).json()["code"] == "woocommerce_rest_product_invalid_id"

    async def test_their_stock_is_written_inside_the_product(self) -> None:
        old = OldShop("2.6.14")
        inside = {"variations": [{"id": GREY, "stock_quantity": 5}]}

        one = await old.send("PUT", f"v1/products/{SOCKS}", inside)
        assert (one.json()["variations"][0]["stock_quantity"], old.stock()) == (5, 5)

        inside["variations"][0]["stock_quantity"] = 6
        many = await old.send("POST", "v1/products/batch", {"update": [{"id": SOCKS, **inside}]})
        assert (many.json()["update"][0]["variations"][0]["stock_quantity"], old.stock()) == (6, 6)

    async def test_a_note_is_written_and_nothing_tells_the_version(self) -> None:
        old = OldShop("2.6.14")

        note = await old.send("POST", f"v1/orders/{old.order}/notes", {"note": "Sendt", "customer_note": True})

        assert (note.status_code, note.json()["customer_note"]) == (201, True)
        assert "author" not in note.json()
        assert (await old.get("v1/system_status")).json()["code"] == "rest_no_route"

    async def test_before_3_0_a_webhook_brings_the_legacy_envelope(self, receiver: Receiver) -> None:
        old = OldShop("2.6.14")
        await old.send("POST", "v1/webhooks", {"topic": "order.updated", "delivery_url": receiver.url})
        old.shop.change_order(old.order, {"status": "completed"})
        await old.shop.run_queue()

        assert receiver.received[1].content["order"]["order_number"] == str(old.order)
