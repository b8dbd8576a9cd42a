"""The API of WooCommerce 2.2 to 2.5, as far as a gateway needs it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.woocommerce.conftest import HTTPS_HOME
from tests.sandbox.woocommerce.recorded.recorded_shop import HOME, KEYS, Receiver, StoppedClock, client_of, open_shop, rest

SOCKS, GREY, JACKET = 23, 24, 14
KEY, SECRET, _ = KEYS[0]


class LegacyShop:
    """A shop of 2.5 with the recorded socks and jacket and two orders, a minute apart, called over https."""

    def __init__(self, version: str = "2.5.5", home: str = HTTPS_HOME, **settings: Any) -> None:
        self.clock = StoppedClock()
        self.app, self.shop = open_shop(home, self.clock, version=version, **settings)
        for number in (129, 139, 127):
            self.shop.put_product_raw(rest(number)["body"])
        self.first = self._order({"product_id": SOCKS, "variation_id": GREY, "quantity": 2})
        self.clock.seconds += 60
        self.second = self._order({"product_id": JACKET, "quantity": 1})
        self.http = client_of(self.app, home)

    def _order(self, line: dict[str, Any]) -> int:
        shipping = [{"method_id": "flat_rate", "method_title": "Posten", "total": "63.20"}]
        billing = {"first_name": "Kari", "email": "kari@example.com", "country": "NO"}
        body = {"status": "processing", "line_items": [line], "shipping_lines": shipping, "billing": billing}
        made: int = self.shop.add_order(body)["id"]
        return made

    async def get(self, path: str, **query: Any) -> httpx.Response:
        named = {name.replace("__", "[").rstrip("_") + ("]" if "__" in name else ""): value for name, value in query.items()}
        return await self.http.get(f"/wc-api/{path}", params=named, auth=(KEY, SECRET))

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        return await self.http.request(method, f"/wc-api/{path}", json=body, auth=(KEY, SECRET))

    def product(self, record_id: int) -> dict[str, Any]:
        return self.shop.products[record_id]


@pytest.fixture
def old() -> LegacyShop:
    return LegacyShop()


def error_of(answer: httpx.Response) -> tuple[int, str]:
    (only,) = answer.json()["errors"]
    return answer.status_code, only["code"]


class TestWhichShopsHaveIt:
    @pytest.mark.parametrize(
        ("version", "second", "third"), [("2.2.11", 200, 404), ("2.4.0", 200, 200), ("2.5.5", 200, 200), ("9.0.0", 404, 404)]
    )
    async def test_the_second_version_from_2_2_the_third_from_2_4_and_none_from_9_0(
        self, version: str, second: int, third: int
    ) -> None:
        old = LegacyShop(version, legacy_api=True)

        assert [(await old.get(f"{path}/orders")).status_code for path in ("v2", "v3")] == [second, third]

    async def test_from_2_6_on_it_has_to_be_switched_on(self) -> None:
        off, on = LegacyShop("3.9.0"), LegacyShop("3.9.0", legacy_api=True)

        refused = await off.get("v3/orders")

        assert (refused.status_code, refused.json()["errors"]["code"]) == (404, "woocommerce_api_disabled")
        assert (await on.get("v3/orders")).status_code == 200

    async def test_the_index_is_open_to_everybody_and_tells_the_version(self, old: LegacyShop) -> None:
        index = (await old.http.get("/wc-api/v3/")).json()["store"]

        assert (index["wc_version"], index["meta"]["weight_unit"], index["meta"]["ssl_enabled"]) == ("2.5.5", "kg", True)

    async def test_plain_permalinks_hide_it(self, old: LegacyShop) -> None:
        old.shop.front.change(permalinks="plain")

        assert "text/html" in (await old.get("v3/orders")).headers["content-type"]


class TestLogin:
    async def test_a_wrong_secret_and_an_unknown_key_say_so(self, old: LegacyShop) -> None:
        wrong = await old.http.get("/wc-api/v3/orders", auth=(KEY, "cs_wrong"))
        unknown = await old.http.get("/wc-api/v3/orders", auth=("ck_nobody", SECRET))

        assert (error_of(wrong), wrong.json()["errors"][0]["message"]) == (
            (401, "woocommerce_api_authentication_error"),
            "Consumer Secret is invalid",
        )
        assert unknown.json()["errors"][0]["message"] == "Consumer Key is invalid"

    async def test_a_key_that_only_reads_is_refused_to_write(self, old: LegacyShop) -> None:
        reader, secret, _ = KEYS[1]
        answer = await old.http.put(f"/wc-api/v3/orders/{old.first}", json={"order": {}}, auth=(reader, secret))

        assert error_of(answer) == (401, "woocommerce_api_authentication_error")

    @pytest.mark.parametrize(("version", "ending"), [("v2", ""), ("v3", "&")])
    async def test_over_http_each_version_signs_in_its_own_way(self, version: str, ending: str) -> None:
        old = LegacyShop(home=HOME)

        signed = await old.http.get(_signed(old, version, SECRET + ending))
        other = await old.http.get(_signed(old, version, SECRET + ("" if ending else "&"), nonce="n2"))

        assert signed.status_code == 200, signed.text
        assert other.json()["errors"][0]["message"] == "Invalid Signature - provided signature does not match"

    async def test_over_http_a_missing_parameter_is_404_and_a_nonce_serves_once(self) -> None:
        old = LegacyShop(home=HOME)
        url = _signed(old, "v3", SECRET + "&")

        assert (await old.http.get(url)).status_code == 200
        assert (await old.http.get(url)).json()["errors"][0]["message"] == "Invalid nonce - nonce has already been used"
        missing = await old.http.get("/wc-api/v3/orders", auth=(KEY, SECRET))
        assert (missing.status_code, missing.json()["errors"][0]["message"]) == (404, "oauth_consumer_key parameter is missing")


def _signed(old: LegacyShop, version: str, key: str, nonce: str = "n1") -> str:
    """An address signed as RFC 5849 has it, with a filter in it."""
    given = {
        "filter[limit]": "5", "filter[updated_at_min]": "2026-11-21T00:00:00Z", "oauth_consumer_key": KEY, "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(int(old.clock.seconds)),
    }  # fmt: skip
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(given.items()))
    url = f"{HOME}/wc-api/{version}/orders"
    text = f"GET&{quote(url, safe='')}&{quote(query, safe='')}"
    made = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
    return f"{url}?{query}&oauth_signature={quote(made, safe='')}"


class TestOrders:
    async def test_one_order_in_its_envelope_with_the_names_of_then(self, old: LegacyShop) -> None:
        order = (await old.get(f"v3/orders/{old.first}")).json()["order"]

        assert (order["order_number"], order["status"]) == (str(old.first), "processing")
        assert (order["created_at"], order["updated_at"]) == ("2026-11-21T16:24:40Z", "2026-11-21T16:24:40Z")
        assert (order["billing_address"]["first_name"], order["shipping_methods"]) == ("Kari", "Posten")
        (line,) = order["line_items"]
        assert (line["product_id"], line["sku"], line["quantity"], line["price"]) == (GREY, "FB-SOK-36-GR", 2, "143.20")
        assert (order["order_key"] != "", "order_key" in (await old.get(f"v2/orders/{old.first}")).json()["order"]) == (
            True,
            False,
        )

    async def test_an_order_that_is_not_completed_was_completed_now(self, old: LegacyShop) -> None:
        assert (await old.get(f"v3/orders/{old.first}")).json()["order"]["completed_at"] == "2026-11-21T16:25:40Z"

    @pytest.mark.parametrize(
        ("since", "found"),
        [
            ("2026-11-21T16:25:40Z", 1),
            ("2026-11-21T16:25:41Z", 0),
            ("2026-11-21T16:24:40Z", 2),
            ("2026-11-21T17:25:40+01:00", 0),
            ("i går", 2),
        ],
    )
    async def test_a_list_since_a_time_includes_it_and_takes_every_time_for_utc(
        self, old: LegacyShop, since: str, found: int
    ) -> None:
        assert len((await old.get("v3/orders", filter__updated_at_min=since)).json()["orders"]) == found

    async def test_pages_go_by_limit_and_are_counted_in_headers(self, old: LegacyShop) -> None:
        query = {"filter__limit": "1", "filter__orderby": "modified", "filter__order": "ASC"}
        first, second = await old.get("v3/orders", **query), await old.get("v3/orders", page="2", **query)

        assert [answer.json()["orders"][0]["id"] for answer in (first, second)] == [old.first, old.second]
        assert (first.headers["x-wc-total"], first.headers["x-wc-totalpages"]) == ("2", "2")
        assert [part.split('"')[1] for part in first.headers["link"].split(",")] == ["next", "last"]
        assert (await old.get("v3/orders", page="3", **query)).json() == {"orders": []}

    async def test_statuses_are_named_and_asked_for(self, old: LegacyShop) -> None:
        await old.send("PUT", f"v3/orders/{old.first}", {"order": {"status": "completed"}})

        assert (await old.get("v3/orders/statuses")).json()["order_statuses"]["on-hold"] == "On hold"
        assert [order["id"] for order in (await old.get("v3/orders", status="completed")).json()["orders"]] == [old.first]
        assert (await old.get("v3/orders/count")).json() == {"count": 2}

    async def test_fields_and_meta_as_asked(self, old: LegacyShop) -> None:
        await old.send("PUT", f"v3/orders/{old.first}", {"order": {"order_meta": {"ref": "PO-1", "_hidden": "x"}}})

        query = {"fields": "id,order_meta,billing_address.email", "filter__meta": "true"}
        order = (await old.get(f"v3/orders/{old.first}", **query)).json()["order"]

        assert order == {"id": old.first, "order_meta": {"ref": "PO-1"}, "billing_address": {"email": "kari@example.com"}}

    async def test_a_status_nobody_knows_is_refused_by_a_strict_shop_and_loses_the_order_in_a_real_one(
        self, old: LegacyShop
    ) -> None:
        real = LegacyShop(strict=False)
        body = {"order": {"status": "shipped"}}

        assert error_of(await old.send("PUT", f"v3/orders/{old.first}", body)) == (400, "woocommerce_api_invalid_parameter")
        assert (await real.send("PUT", f"v3/orders/{real.first}", body)).json()["order"]["status"] == "shipped"
        assert [order["id"] for order in (await real.get("v3/orders")).json()["orders"]] == [real.second]

    async def test_errors_name_what_was_not_found(self, old: LegacyShop) -> None:
        assert error_of(await old.get("v3/orders/9999")) == (404, "woocommerce_api_no_order_found")
        assert error_of(await old.get(f"v3/orders/{JACKET}")) == (404, "woocommerce_api_invalid_order")
        assert error_of(await old.get("v3/ordrer")) == (404, "woocommerce_api_no_route")
        assert error_of(await old.send("PUT", f"v3/orders/{old.first}", {"status": "completed"})) == (
            400,
            "woocommerce_api_missing_order_data",
        )

    async def test_notes(self, old: LegacyShop) -> None:
        body = {"order_note": {"note": "Sendt: 370", "customer_note": True}}
        made = await old.send("POST", f"v3/orders/{old.first}/notes", body)

        assert (made.status_code, made.json()["order_note"]["customer_note"]) == (201, True)
        listed = (await old.get(f"v3/orders/{old.first}/notes")).json()["order_notes"]
        assert "Sendt: 370" in [note["note"] for note in listed]
        assert isinstance(listed[0]["id"], str)

    async def test_refunds_have_their_lines_by_id_and_never_restock(self, old: LegacyShop) -> None:
        line = old.shop.orders[old.first]["line_items"][0]["id"]
        before = old.product(GREY)["stock_quantity"]
        lines = {str(line): {"qty": 1, "refund_total": 10, "refund_tax": {"1": 2.5}}}
        body = {"order_refund": {"amount": 12.5, "reason": "Retur", "line_items": lines}}

        refund = (await old.send("POST", f"v3/orders/{old.first}/refunds", body)).json()["order_refund"]

        assert (refund["amount"], refund["line_items"][0]["refunded_item_id"]) == ("12.50", line)
        assert old.product(GREY)["stock_quantity"] == before
        assert [part["id"] for part in (await old.get(f"v3/orders/{old.first}/refunds")).json()["order_refunds"]] == [
            refund["id"]
        ]
        too_much = {"order_refund": {"amount": 99999}}
        assert (await old.send("POST", f"v3/orders/{old.first}/refunds", too_much)).status_code == 400


class TestProducts:
    async def test_variations_stand_inside_and_are_found_by_their_number(self, old: LegacyShop) -> None:
        listed = (await old.get("v3/products", filter__order="ASC")).json()["products"]
        by_sku = (await old.get("v3/products", filter__sku="FB-SOK-36-GR")).json()["products"]

        assert [product["id"] for product in listed] == [JACKET, SOCKS]
        assert [part["id"] for part in listed[1]["variations"]] == [GREY]
        assert (listed[0]["title"], listed[0]["in_stock"], listed[0]["weight"]) == ("Turjakke Dovre – rød", True, "0.65")
        assert [(product["id"], product["type"], product["parent"]["id"]) for product in by_sku] == [(GREY, "variation", SOCKS)]

    @pytest.mark.parametrize(("record_id", "quantity"), [(JACKET, 7), (GREY, 3)])
    async def test_the_stock_of_a_product_or_a_variation_is_written_under_its_own_id(
        self, old: LegacyShop, record_id: int, quantity: int
    ) -> None:
        answer = await old.send("PUT", f"v3/products/{record_id}", {"product": {"stock_quantity": quantity}})

        assert (answer.json()["product"]["stock_quantity"], old.product(record_id)["stock_quantity"]) == (quantity, quantity)

    async def test_or_inside_its_product(self, old: LegacyShop) -> None:
        body = {"product": {"variations": [{"id": GREY, "stock_quantity": 8}]}}

        answer = await old.send("PUT", f"v2/products/{SOCKS}", body)

        assert answer.json()["product"]["variations"][0]["stock_quantity"] == 8

    async def test_where_no_stock_is_kept_a_quantity_changes_nothing(self, old: LegacyShop) -> None:
        await old.send("PUT", f"v3/products/{JACKET}", {"product": {"managing_stock": False, "in_stock": True}})
        answer = await old.send("PUT", f"v3/products/{JACKET}", {"product": {"stock_quantity": 5}})

        product = answer.json()["product"]
        assert (product["managing_stock"], product["stock_quantity"], product["in_stock"]) == (False, None, True)

    async def test_bulk_writes_up_to_100_each_for_itself_and_only_in_the_third_version(self, old: LegacyShop) -> None:
        items = [
            {"id": JACKET, "stock_quantity": 9},
            {"sku": "FB-SOK-36-GR", "stock_quantity": 2},
            {"id": 999, "stock_quantity": 1},
        ]

        answer = await old.send("POST", "v3/products/bulk", {"products": items})

        jacket, grey, missing = answer.json()["products"]
        assert (jacket["stock_quantity"], grey["stock_quantity"]) == (9, 2)
        assert (missing["id"], missing["error"]["code"]) == (999, "woocommerce_api_no_product_found")
        assert (await old.send("POST", "v3/products/bulk", {"products": items * 34})).status_code == 413
        assert error_of(await old.send("POST", "v2/products/bulk", {"products": items})) == (404, "woocommerce_api_no_route")

    async def test_what_the_api_does_not_know_is_refused_by_a_strict_shop(self, old: LegacyShop) -> None:
        body = {"product": {"manage_stock": True}}

        assert error_of(await old.send("PUT", f"v3/products/{JACKET}", body)) == (400, "woocommerce_api_invalid_parameter")
        assert error_of(await old.get("v3/orders", filter__modified_after="x")) == (400, "woocommerce_api_invalid_parameter")
        assert error_of(await old.get("v3/orders", per_page="5")) == (400, "woocommerce_api_invalid_parameter")


async def test_a_customer_is_read(old: LegacyShop) -> None:
    old.shop.customers[2] = rest(198)["body"]

    customer = (await old.get("v3/customers/2")).json()["customer"]

    assert (customer["email"], customer["billing_address"]["company"]) == ("kari@fjellsport.example", "Fjellsport Øst AS")
    assert error_of(await old.get("v3/customers/3")) == (404, "woocommerce_api_invalid_customer")


async def test_webhooks_are_made_changed_and_taken_away(old: LegacyShop, receiver: Receiver) -> None:
    body = {"webhook": {"topic": "order.updated", "delivery_url": receiver.url, "secret": "whsec"}}
    made = await old.send("POST", "v3/webhooks", body)
    await old.send("PUT", f"v3/orders/{old.first}", {"order": {"status": "completed"}})
    await old.shop.run_queue()

    assert (made.status_code, made.json()["webhook"]["status"]) == (201, "active")
    delivery = receiver.received[1]
    assert (delivery.topic, delivery.content["order"]["status"]) == ("order.updated", "completed")
    signed = base64.b64encode(hmac.new(b"whsec", delivery.body, hashlib.sha256).digest()).decode()
    assert delivery.headers["x-wc-webhook-signature"] == signed

    paused = await old.send("PUT", "v3/webhooks/1", {"webhook": {"status": "paused"}})
    assert paused.json()["webhook"]["status"] == "paused"
    assert (await old.get("v3/webhooks")).json() == {"webhooks": []}
    assert len((await old.get("v3/webhooks", status="all")).json()["webhooks"]) == 1
    assert (await old.send("DELETE", "v3/webhooks/1", None)).json() == {"message": "Permanently deleted webhook"}
    assert error_of(await old.get("v3/webhooks/1")) == (404, "woocommerce_api_no_webhook_found")
    refused = await old.send("POST", "v3/webhooks", {"webhook": {"topic": "order.restored", "delivery_url": receiver.url}})
    assert error_of(refused) == (400, "woocommerce_api_invalid_webhook_topic")
