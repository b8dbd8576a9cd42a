"""The legacy API (WooCommerce 2.2 to 2.5): the same records and writes over other paths, envelopes and field names.

Nothing here was recorded: bodies are those of its documentation, cut to what is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Process
from app.errors import LoginRefused, Refused
from app.integrations.protocol import Announced, OrderNote, StockChange, StockLevel, WebhookSeen
from app.integrations.woocommerce.mapping.fields import map_article, map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.integrations.woocommerce.webhooks.incoming import interpret
from tests.integrations.woocommerce.fake_shop import FakeShop, scripted
from tests.integrations.woocommerce.recordings import credentials

ADDRESS = {
    "first_name": "Eva", "last_name": "Moen", "company": "Moen AS", "address_1": "Vei 1", "address_2": "", "city": "Oslo",
    "state": "", "postcode": "0150", "country": "NO",
}  # fmt: skip
LEGACY_ORDER: dict[str, Any] = {
    "id": 645,
    "order_number": "WEB-645",
    "created_at": "2015-01-26T20:00:21Z",
    "updated_at": "2015-01-26T20:00:22Z",
    "status": "processing",
    "currency": "NOK",
    "total": "79.87",
    "total_shipping": "10.00",
    "shipping_methods": "Posten, Bring",
    "payment_details": {"method_id": "bacs", "method_title": "Bank", "paid": True},
    "billing_address": ADDRESS | {"email": "eva@firma.example", "phone": "+4790000000"},
    "shipping_address": ADDRESS,
    "note": "Ring på",
    "customer_id": 2,
    "customer": {"id": 2, "email": "eva@privat.example"},
    "line_items": [
        {"id": 504, "subtotal": "43.48", "total": "43.48", "total_tax": "4.35", "price": "21.74", "quantity": 2,
         "name": "Ullsokker", "product_id": 613, "sku": "SOK-36", "meta": []},
    ],
    "shipping_lines": [{"id": 506, "method_id": "flat_rate", "method_title": "Posten", "total": "10.00"}],
    "order_meta": {"leveringsdato": "2015-02-01"},
}  # fmt: skip
LEGACY_PRODUCT: dict[str, Any] = {
    "title": "Ullsokker",
    "id": 604,
    "created_at": "2015-01-22T20:37:14Z",
    "updated_at": "2015-01-22T20:37:15Z",
    "type": "variable",
    "status": "publish",
    "virtual": False,
    "sku": "SOK",
    "price": "19.99",
    "managing_stock": False,
    "stock_quantity": 0,
    "weight": "0.2",
    "dimensions": {"length": "", "width": "", "height": "", "unit": "cm"},
    "categories": ["Klær"],
    "variations": [
        {"id": 613, "created_at": "2015-01-22T20:37:16Z", "updated_at": "2015-01-22T20:37:17Z", "virtual": False, "sku": "SOK-36",
         "price": "19.99", "managing_stock": True, "stock_quantity": 23, "visible": True,
         "attributes": [{"name": "Størrelse", "slug": "storrelse", "option": "36-39"}]},
        {"id": 614, "sku": "SOK-40", "managing_stock": "parent", "stock_quantity": 0, "visible": False, "attributes": []},
    ],
    "parent": [],
}  # fmt: skip


def legacy(answers: dict[str, Any], version: str = "wc-api/v3") -> FakeShop:
    return scripted(answers, {"rest": version}, base=f"/{version}/")


class TestLegacyRecords:
    async def test_an_order_is_mapped_as_one_of_wc_v3(self) -> None:
        shop = legacy({"GET orders/645": (200, {"order": LEGACY_ORDER})})
        client = shop.client()
        found = await client.read(Process.ORDERS, "645")
        assert found is not None
        assert found.modified_at == datetime(2015, 1, 26, 20, 0, 22, tzinfo=UTC)
        settings = WooCommerceSettings.model_validate({"extra_order_fields": {"freeText1": "meta_data.leveringsdato"}})
        order = map_order(await client.enrich(found), settings)
        assert order.problems == ()
        assert (order.number, order.status, order.remark) == ("WEB-645", "processing", "Ring på")
        assert order.created_at == datetime(2015, 1, 26, 20, 0, 21, tzinfo=UTC)
        assert (order.consignee.name, order.consignee.city, order.sales_code) == ("Moen AS", "Oslo", "Eva Moen")
        assert order.email is not None
        assert order.email.value == "eva@privat.example"
        assert order.way_of_delivery_text == "Posten, Bring"
        assert order.way_of_delivery is not None
        assert order.way_of_delivery.code == "flat_rate"
        (line,) = order.lines
        assert (line.row_number, line.article_number, line.quantity) == ("504", "SOK-36", Decimal(2))
        assert (line.line_price, line.customer_line_price, line.product_code) == (Decimal("21.74"), Decimal("43.48"), "613")
        assert order.extra == {"freeText1": "2015-02-01"}
        assert shop.calls == ["GET orders/645"]

    async def test_a_product_and_its_variations_are_polled_in_one_list(self) -> None:
        shop = legacy({"GET products": (200, {"products": [LEGACY_PRODUCT]})})
        records = [each async for page in shop.client().changes(Process.ARTICLES, None, None) for each in page.records]
        articles = {each.number: each for each in (map_article(record, WooCommerceSettings()) for record in records)}
        assert list(articles) == ["SOK-36", "SOK-40", "SOK"]
        assert articles["SOK-36"].name == "Ullsokker - 36-39"
        assert (articles["SOK-36"].wanted, articles["SOK-40"].wanted) == (True, False)
        assert articles["SOK"].product_code == "604"
        assert len(shop.asked) == 1

    async def test_a_variation_by_its_own_id(self) -> None:
        body = LEGACY_PRODUCT["variations"][0] | {
            "title": "Ullsokker",
            "type": "variation",
            "status": "publish",
            "parent": LEGACY_PRODUCT,
        }
        shop = legacy({"GET products/613": (200, {"product": body})})
        client = shop.client()
        found = await client.read(Process.ARTICLES, "613")
        assert found is not None
        assert map_article(await client.enrich(found), WooCommerceSettings()).name == "Ullsokker - 36-39"
        assert shop.calls == ["GET products/613"]

    @pytest.mark.parametrize("code", ["woocommerce_api_no_order_found", "woocommerce_api_invalid_order_id"])
    async def test_gone_by_the_shops_own_word(self, code: str) -> None:
        gone = (404, {"errors": [{"code": code, "message": "Invalid order ID"}]})
        assert await legacy({"GET orders/9": gone}).client().read(Process.ORDERS, "9") is None

    async def test_a_missing_route_proves_nothing(self) -> None:
        with pytest.raises(Refused):
            await legacy({}).client().read(Process.ORDERS, "9")
        missing = (404, {"errors": [{"code": "woocommerce_api_no_route", "message": "No route was found"}]})
        with pytest.raises(Refused, match="No route was found"):
            await legacy({"GET orders/9": missing}).client().read(Process.ORDERS, "9")

    async def test_a_missing_key_is_a_refused_login_whatever_its_status(self) -> None:
        refused = (404, {"errors": [{"code": "woocommerce_api_authentication_error", "message": "Consumer Key is missing"}]})
        with pytest.raises(LoginRefused):
            await legacy({"GET orders/9": refused}).client().read(Process.ORDERS, "9")


class TestLegacyPolls:
    async def test_go_by_the_time_of_modification(self) -> None:
        shop = legacy({"GET orders": (200, {"orders": [LEGACY_ORDER]})})
        pages = [page async for page in shop.client().changes(Process.ORDERS, {"modified": "2015-01-26T20:00:00"}, None)]
        assert [record.source_id for page in pages for record in page.records] == ["645"]
        assert shop.asked[0].query == {
            "filter[limit]": "100",
            "filter[meta]": "true",
            "filter[order]": "ASC",
            "filter[orderby]": "modified",
            "filter[updated_at_min]": "2015-01-26T19:59:56Z",
        }
        assert pages[-1].cursor["modified"] == "2015-01-26T20:00:22"

    async def test_filters_are_sent_sorted_because_the_shop_signs_them_as_they_come(self) -> None:
        shop = legacy({"GET products": (200, {"products": []})})
        await shop.client().read_many(Process.ARTICLES, [])
        async for _ in shop.client().changes(Process.ARTICLES, None, None):
            pass
        names = list(shop.asked[-1].query)
        assert names == sorted(names)
        assert shop.asked[-1].query["filter[post_status]"] == "any"


class TestLegacyWrites:
    async def test_quantities_go_in_batches_products_and_variations_together(self) -> None:
        answered: list[dict[str, Any]] = [
            {"id": 14, "managing_stock": True, "stock_quantity": 3},
            {"id": 613, "managing_stock": "parent", "stock_quantity": 23},
            {"id": 15, "managing_stock": False, "stock_quantity": 0},
            {"id": 16, "sku": "", "error": {"code": "woocommerce_api_no_product_found", "message": "No product found"}},
        ]
        shop = legacy({"POST products/bulk": (200, {"products": answered})})
        changes = [StockChange(str(each["id"]), "604" if each["id"] == 613 else None, 3) for each in answered]
        (batch,) = shop.client().stock_batches(changes)
        answers = await shop.client().write_stock(batch)
        assert [(each.quantity, each.problem and each.problem.code) for each in answers] == [
            (3, None), (23, "stock-kept-by-parent"), (None, "stock-not-managed"), (None, "product-gone"),
        ]  # fmt: skip
        assert shop.asked[0].body == {"products": [{"id": each["id"], "stock_quantity": 3} for each in answered]}

    async def test_before_2_4_each_goes_by_itself(self) -> None:
        body = {"id": 14, "managing_stock": True, "stock_quantity": 3}
        gone = (404, {"errors": [{"code": "woocommerce_api_no_product_found", "message": "No product found"}]})
        shop = legacy({"PUT products/14": (200, {"product": body}), "PUT products/15": gone}, "wc-api/v2")
        batches = shop.client().stock_batches([StockChange("14", None, 3), StockChange("15", None, 3)])
        assert [len(batch) for batch in batches] == [1, 1]
        (first,), (second,) = [await shop.client().write_stock(batch) for batch in batches]
        assert (first.quantity, first.problem) == (3, None)
        assert second.problem is not None
        assert second.problem.code == "product-gone"
        assert shop.asked[0].body == {"product": {"stock_quantity": 3}}

    async def test_a_sweep_takes_variations_from_their_product(self) -> None:
        shop = legacy({"GET products": (200, {"products": [LEGACY_PRODUCT]})})
        levels = [level async for page in shop.client().stock_levels() for level in page.levels]
        assert levels == [
            StockLevel("613", "604", "SOK-36", 23, managed=True),
            StockLevel("614", "604", "SOK-40", 0, managed=False, kept_by_parent=True),
            StockLevel("604", None, "SOK", None, managed=False, without_stock=True),
        ]

    async def test_status_and_notes(self) -> None:
        noted = {"id": 128, "created_at": "2015-01-26T20:56:44Z", "note": "Sendt", "customer_note": True}
        shop = legacy({
            "GET orders/645": (200, {"order": LEGACY_ORDER}),
            "PUT orders/645": (200, {"order": LEGACY_ORDER | {"status": "completed"}}),
            "POST orders/645/notes": (201, {"order_note": noted}),
            "GET orders/645/notes": (200, {"order_notes": [noted]}),
        })  # fmt: skip
        client = shop.client()
        assert (await client.complete("645")).written
        assert shop.asked[1].body == {"order": {"status": "completed"}}
        assert await client.add_note("645", "Sendt", to_customer=True) == "128"
        assert shop.asked[2].body == {"order_note": {"note": "Sendt", "customer_note": True}}
        made = datetime(2015, 1, 26, 20, 56, 44, tzinfo=UTC)
        assert await client.notes("645") == (OrderNote("128", "Sendt", to_customer=True, created_at=made),)

    async def test_webhooks_that_are_switched_off_are_asked_for(self) -> None:
        url = "https://gateway.example/webhooks/k3y"
        off = {"id": 535, "name": "x", "status": "disabled", "topic": "order.updated", "delivery_url": url}
        shop = legacy({
            "GET webhooks": [(200, {"webhooks": []}), (200, {"webhooks": []}), (200, {"webhooks": [off]})],
            "POST webhooks": (201, {"webhook": off | {"status": "active"}}),
            "DELETE webhooks/535": (200, {"message": "Permanently deleted webhook"}),
        })  # fmt: skip
        client = shop.client()
        assert await client.webhooks() == (WebhookSeen("535", "x", "order.updated", "disabled", url),)
        assert [each.query.get("status") for each in shop.asked] == ["active", "paused", "disabled"]
        assert (await client.register("order.updated", url, "s")).status == "active"
        assert shop.asked[-1].body["webhook"]["delivery_url"] == url
        await client.delete_webhook("535")


class TestLegacyLogin:
    @pytest.mark.parametrize(("version", "key"), [("wc-api/v3", b"cs_1&"), ("wc-api/v2", b"cs_1")])
    async def test_over_http_the_key_ends_as_the_version_has_it(self, version: str, key: bytes) -> None:
        shop = scripted(answers={"*": (200, {"orders": []})}, facts={"rest": version})
        async for _ in shop.client("http://shop.example/").changes(Process.ORDERS, None, None):
            pass
        params = shop.asked[0].query
        nonce, stamp = params["oauth_nonce"], params["oauth_timestamp"]
        pairs = (
            "filter%255Blimit%255D%3D100%26filter%255Bmeta%255D%3Dtrue%26filter%255Border%255D%3DASC"
            "%26filter%255Borderby%255D%3Dmodified%26oauth_consumer_key%3Dck_1"
            f"%26oauth_nonce%3D{nonce}%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D{stamp}"
        )
        base = f"GET&http%3A%2F%2Fshop.example%2F{version.replace('/', '%2F')}%2Forders&{pairs}"
        expected = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()
        assert params["oauth_signature"] == expected


class TestLegacyWebhooks:
    def test_an_order_in_its_envelope_is_announced(self) -> None:
        said = interpret(
            {"x-wc-webhook-topic": "order.updated"},
            json.dumps({"order": LEGACY_ORDER}).encode(),
            WooCommerceSettings(),
            credentials(),
        )
        assert isinstance(said, Announced)
        assert (said.record.source_id, said.record.body["number"]) == ("645", "WEB-645")
        assert map_order(said.record, WooCommerceSettings()).problems == ()

    def test_a_product_in_its_envelope_is_announced_without_its_variations(self) -> None:
        said = interpret(
            {"x-wc-webhook-topic": "product.updated"},
            json.dumps({"product": LEGACY_PRODUCT}).encode(),
            WooCommerceSettings(),
            credentials(),
        )
        assert isinstance(said, Announced)
        assert not [key for key in said.record.body if key.startswith("_gateway_")]
