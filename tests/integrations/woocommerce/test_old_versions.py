"""Shops before WooCommerce 3.5: the same records and writes over other paths, envelopes and field names.

Nothing here was recorded: bodies are those of the documentation of wc/v1, wc/v2 and the legacy REST API, cut to what is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.domain import Process
from app.errors import LoginRefused, Refused
from app.integrations.protocol import Announced, OrderNote, StockChange, StockLevel, WebhookSeen
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.fields import map_article, map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.integrations.woocommerce.versions import Version, release_of, version_of
from app.integrations.woocommerce.webhooks import interpret
from tests.integrations.woocommerce.recordings import credentials
from tests.integrations.woocommerce.scripted import Scripted
from tests.integrations.woocommerce.small_shop import START

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


def legacy(answers: dict[str, Any], version: str = "wc-api/v3") -> Scripted:
    return Scripted(answers, {"rest": version}, base=f"/{version}/")


class TestWhichVersion:
    def test_is_as_set_else_as_found_else_the_newest(self) -> None:
        assert version_of(WooCommerceSettings(), {}) == Version("wc/v3", True)
        assert version_of(
            WooCommerceSettings(), {"rest": "wc/v2", "lists_by_modification": False, "version": "3.4.1"}
        ) == Version("wc/v2", False, (3, 4, 1))
        assert version_of(WooCommerceSettings(rest_version="wc-api/v2"), {"rest": "wc/v3"}).name == "wc-api/v2"
        assert version_of(WooCommerceSettings(), {"rest": "wc/v9"}).name == "wc/v3"
        assert not version_of(WooCommerceSettings(rest_version="wc/v1"), {}).lists_by_modification
        chosen = WooCommerceSettings.model_validate({"list_by": "all"})
        assert not version_of(chosen, {}).lists_by_modification

    @pytest.mark.parametrize(
        ("text", "release"), [("5.8.0-rc.1", (5, 8, 0)), ("11.0.1", (11, 0, 1)), ("", ()), (None, ()), ("new", ())]
    )
    def test_releases_are_read(self, text: Any, release: tuple[int, ...]) -> None:
        assert release_of(text) == release

    def test_refunds_go_by_the_release_where_it_is_known(self) -> None:
        assert not Version("wc/v3", False, (5, 0)).lists_refund_lines
        assert Version("wc/v3", False, (5, 1)).lists_refund_lines
        assert not Version("wc/v3", False, (5, 6)).chooses_restock
        assert Version("wc/v3").chooses_restock


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
            StockLevel("604", None, "SOK", None, managed=False),
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
        seen: list[httpx.URL] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request.url)
            return httpx.Response(200, json={"orders": []})

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            shop = credentials(shop_url="http://shop.example/")
            client = WooCommerceClient(WooCommerceSettings(), shop, http, lambda: START, {"rest": version})
            async for _ in client.changes(Process.ORDERS, None, None):
                pass
        params = dict(seen[0].params)
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


V1_PRODUCT: dict[str, Any] = {
    "id": 23, "name": "Ullsokker", "type": "variable", "status": "publish", "sku": "SOK", "date_created": "2016-06-01T10:00:00",
    "date_modified": "2016-06-02T10:00:00", "manage_stock": False, "stock_quantity": None,
    "variations": [
        {"id": 24, "sku": "SOK-36", "date_modified": "2016-06-02T10:00:00", "visible": True, "manage_stock": True,
         "stock_quantity": 4, "attributes": [{"name": "Størrelse", "option": "36-39"}]},
    ],
}  # fmt: skip


def first_rest(answers: dict[str, Any]) -> Scripted:
    return Scripted(answers, {"rest": "wc/v1", "lists_by_modification": False}, base="/wp-json/wc/v1/")


class TestFirstRestApi:
    async def test_times_are_utc_or_the_zone_that_is_set(self) -> None:
        shop = first_rest({"GET orders/1": (200, {"id": 1, "date_modified": "2016-06-01T12:00:00", "status": "processing"})})
        for zone, hour in (("UTC", 12), ("Europe/Oslo", 10)):
            found = await shop.client(wc_v1_time_zone=zone).read(Process.ORDERS, "1")
            assert found is not None
            assert found.modified_at == datetime(2016, 6, 1, hour, tzinfo=UTC)

    async def test_a_variation_is_looked_for_in_the_products_before_it_is_gone(self) -> None:
        """wc/v1 says "invalid id" of a variation's id too."""
        gone = (404, {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."})
        shop = first_rest({"GET products/24": gone, "GET products/99": gone, "GET products": (200, [V1_PRODUCT])})
        found = await shop.client().read(Process.ARTICLES, "24")
        assert found is not None
        article = map_article(found, WooCommerceSettings())
        assert (article.number, article.name, article.wanted) == ("SOK-36", "Ullsokker - 36-39", True)
        assert await shop.client().read(Process.ARTICLES, "99") is None

    async def test_the_stock_of_a_variation_is_not_written(self) -> None:
        """It could be, with its product only, and would make hidden variations visible."""
        shop = first_rest({})
        (batch,) = shop.client().stock_batches([StockChange("24", "23", 4)])
        (answer,) = await shop.client().write_stock(batch)
        assert answer.problem is not None
        assert answer.problem.code == "stock-refused"
        assert "wc-api/v3" in answer.problem.fix
        assert shop.asked == []

    async def test_quantities_are_read_with_their_products(self) -> None:
        shop = first_rest({"GET products": (200, [V1_PRODUCT]), "GET products/23": (200, V1_PRODUCT)})
        levels = [level async for page in shop.client().stock_levels() for level in page.levels]
        assert levels[0] == StockLevel("24", "23", "SOK-36", 4, managed=True)
        assert (await shop.client().read_stock([("24", "23")]))["24"] == levels[0]
        assert "_fields" not in shop.asked[0].query


class TestPollsByListingAll:
    """WooCommerce before 5.8 has no filter by modification."""

    def shop(self, bodies: list[dict[str, Any]], path: str = "orders") -> Scripted:
        class Paged(Scripted):
            def answer(self, request: httpx.Request) -> httpx.Response:
                assert "modified_after" not in request.url.params
                assert request.url.params["orderby"] == "id"
                offset, size = int(request.url.params["offset"]), int(request.url.params["per_page"])
                self.answers[f"GET {path}"] = (200, bodies[offset : offset + size])
                return super().answer(request)

        return Paged({}, {"lists_by_modification": False})

    @staticmethod
    def order(number: int, second: int, **fields: Any) -> dict[str, Any]:
        return {"id": number, "status": "processing", "date_modified_gmt": f"2026-11-21T16:00:{second:02d}"} | fields

    async def poll(self, shop: Scripted, cursor: dict[str, Any] | None, **settings: Any) -> tuple[list[int], dict[str, Any]]:
        found: list[int] = []
        async for page in shop.client(**settings).changes(Process.ORDERS, cursor, None):
            found += [int(record.source_id) for record in page.records]
            cursor = page.cursor
        assert cursor is not None
        return found, cursor

    async def test_find_what_is_new_and_what_has_changed_and_nothing_else(self) -> None:
        bodies = [self.order(number, 1) for number in range(1, 26)]
        shop = self.shop(bodies)
        found, cursor = await self.poll(shop, None, page_size=10)
        assert found == list(range(1, 26))
        assert (await self.poll(shop, cursor, page_size=10))[0] == []
        bodies[4] = self.order(5, 30, status="cancelled")
        bodies.append(self.order(26, 31))
        found, cursor = await self.poll(shop, cursor, page_size=10)
        assert found == [5, 26]
        assert cursor["modified"] == "2026-11-21T16:00:31"

    async def test_the_cursor_moves_at_the_end_only(self) -> None:
        """The list is by id: what comes later in it may have changed earlier."""
        shop = self.shop([self.order(number, 40 - number) for number in range(1, 26)])
        cursors = [page.cursor async for page in shop.client(page_size=10).changes(Process.ORDERS, None, None)]
        assert cursors[:-1] == [{}] * (len(cursors) - 1)
        assert cursors[-1]["modified"] == "2026-11-21T16:00:39"

    async def test_orders_of_the_last_days_are_listed_products_all(self) -> None:
        shop = self.shop([self.order(1, 1)])
        _, cursor = await self.poll(shop, None)
        assert "after" not in shop.asked[-1].query
        await self.poll(shop, cursor, list_all_days=7)
        assert shop.asked[-1].query["after"] == "2026-11-13T16:00:00"
        shop.asked.clear()
        products = self.shop([], "products")
        async for _page in products.client().changes(Process.ARTICLES, cursor, None):
            pass
        assert "after" not in products.asked[-1].query

    async def test_a_first_poll_begins_at_the_given_moment(self) -> None:
        shop = self.shop([self.order(1, 1), self.order(2, 50)])
        since = datetime(2026, 11, 21, 16, 0, 30, tzinfo=UTC)
        found = [record.source_id async for page in shop.client().changes(Process.ORDERS, None, since) for record in page.records]
        assert found == ["2"]
        assert shop.asked[0].query["after"] == "2026-11-20T16:00:30"
