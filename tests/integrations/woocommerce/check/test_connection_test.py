"""The connection test says what is wrong in the user's words, and never raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.domain import Process
from app.http import GuardedTransport, client_on
from app.integrations.protocol import Check, TestReport
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.outgoing.addresses import Reach
from tests.integrations.woocommerce.fake_shop import START, FakeShop
from tests.integrations.woocommerce.recordings import credentials, rest

Answers = dict[str, httpx.Response]

HEALTHY: dict[str, Any] = {
    "orders": [{"id": 32}],
    "products": [
        {"id": 14, "type": "simple", "virtual": False, "manage_stock": True},
        {"id": 16, "type": "simple", "virtual": True, "manage_stock": False},
        {"id": 23, "type": "variable", "virtual": False, "manage_stock": False},
    ],
    "products/batch": [],
    "": {"namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3"]},
    "system_status": rest("193")["body"],
    "settings/products/woocommerce_weight_unit": {"id": "woocommerce_weight_unit", "value": "kg"},
    "settings/products/woocommerce_dimension_unit": {"id": "woocommerce_dimension_unit", "value": "cm"},
    "settings/products/woocommerce_manage_stock": {"id": "woocommerce_manage_stock", "value": "yes"},
}


def recorded(number: str) -> httpx.Response:
    found = rest(number)
    return httpx.Response(found["status"], json=found["body"])


async def examine(changed: Answers | None = None, shop_url: str = "https://127.0.0.1:8099/", **settings: Any) -> TestReport:
    answers = {path: httpx.Response(200, json=body) for path, body in HEALTHY.items()} | (changed or {})

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/wp-json/").removeprefix("wc/v3/")
        found = answers.get(path, httpx.Response(404, json={"code": "rest_no_route", "message": "No route."}))
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    return await report_of(answer, shop_url, **settings)


async def report_of(answer: Callable[[httpx.Request], httpx.Response], shop_url: str, **settings: Any) -> TestReport:
    return await FakeShop(decide=answer).client(shop_url, **settings).test()


def failed(report: TestReport) -> Check:
    assert not report.ok
    (check,) = [check for check in report.checks if not check.ok]
    return check


class TestAHealthyShop:
    async def test_is_found_healthy_and_its_facts_are_learned(self) -> None:
        report = await examine()
        assert report.ok
        assert report.facts == {
            "rest": "wc/v3",
            "lists_by_modification": True,
            "version": "11.0.1",
            "wordpress": "7.1",
            "home_url": "http://127.0.0.1:8099",
            "currency": "NOK",
            "currency_symbol": "kr",
            "weight_unit": "kg",
            "dimension_unit": "cm",
            "can_write": True,
            "tracking": "note",
            "manages_stock": True,
            "products_looked_at": 3,
            "virtual_products": 1,
            "unmanaged_products": 1,
        }

    @pytest.mark.parametrize(
        ("choice", "becomes"), [("stock", "become stock articles"), ("non-stock", "become non-stock articles")]
    )
    async def test_virtual_products_are_mentioned(self, choice: str, becomes: str) -> None:
        report = await examine(virtual_products=choice)
        said = next(check for check in report.checks if check.name == "virtual products")
        assert said.ok
        assert "1 of 3" in said.message
        assert becomes in said.message

    async def test_facts_that_the_key_may_not_see_are_no_failure(self) -> None:
        hidden = recorded("200")
        settings = {f"settings/products/woocommerce_{name}": hidden for name in ("weight_unit", "manage_stock")}
        report = await examine({"system_status": hidden, **settings})
        assert report.ok
        assert not {"version", "currency", "weight_unit", "manages_stock"} & report.facts.keys()

    async def test_a_home_address_that_only_the_index_shows(self) -> None:
        index = httpx.Response(200, json={"namespaces": ["wc/v3"], "home": "https://127.0.0.1:8099/nb"})
        report = await examine({"system_status": recorded("200"), "": index})
        assert report.facts["home_url"] == "https://127.0.0.1:8099/nb"
        assert report.ok


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("file", "words"),
        [
            ("200", "key is unknown, or its user has no right"),
            ("204", "consumer key and secret"),
            ("206", "shop's own home address"),
        ],
    )
    async def test_the_login(self, file: str, words: str) -> None:
        check = failed(await examine({"orders": recorded(file)}))
        assert check.name == "orders"
        assert words in check.fix

    async def test_the_clock(self) -> None:
        refused = {"code": "woocommerce_rest_authentication_error", "message": "Invalid timestamp.", "data": {"status": 401}}
        check = failed(await examine({"orders": httpx.Response(401, json=refused)}))
        assert "clock" in check.fix

    async def test_a_key_that_may_read_orders_but_not_products(self) -> None:
        report = await examine({"products": recorded("200")})
        assert [(check.name, check.ok) for check in report.checks] == [("orders", True), ("products", False)]

    async def test_no_rest_api_at_that_address(self) -> None:
        page = httpx.Response(404, html="<h1>404</h1>")
        assert "Permalinks" in failed(await examine({"orders": page, "": page})).fix

    async def test_another_version_of_the_api(self) -> None:
        index = httpx.Response(200, json={"namespaces": ["oembed/1.0", "wc/v2", "wc/v1"]})
        check = failed(await examine({"orders": recorded("115"), "": index}, rest_version="wc/v3"))
        assert check.fix == "set rest_version to one of wc/v1, wc/v2"

    async def test_woocommerce_switched_off(self) -> None:
        index = httpx.Response(200, json={"namespaces": ["oembed/1.0"]})
        assert "switch WooCommerce on" in failed(await examine({"orders": recorded("115"), "": index})).fix

    async def test_an_address_that_redirects(self) -> None:
        moved = httpx.Response(301, headers={"Location": "https://www.shop.example/wp-json/wc/v3/orders"})
        check = failed(await examine({"orders": moved}))
        assert "https://www.shop.example/" in check.message
        assert check.fix == "take that address as shop_url"

    async def test_an_address_that_leads_back_to_the_shop_is_not_said_to_be_another(self) -> None:
        login = httpx.Response(302, headers={"Location": "/wp-login.php?redirect_to=x"})
        check = failed(await examine({"orders": login}))
        assert check.message == (
            "the shop sends us to https://127.0.0.1:8099/wp-login.php instead of answering: that is not its REST API's"
        )
        assert check.fix.startswith("the REST API is there, and GET /wp-json/wc/v3/orders is answered by something else")

    @pytest.mark.parametrize(
        "body", [b'Notice: Undefined offset: [0]\n[{"id": 14}', b"<html>Fatal error</html>", b"<b>Warning</b>: x"]
    )
    async def test_junk_on_one_route_is_not_taken_for_plain_permalinks(self, body: bytes) -> None:
        check = failed(await examine({"products": httpx.Response(200, content=body)}))
        assert check.name == "products"
        assert "not its REST API" in check.message
        assert "Plain" not in check.fix
        assert check.fix.startswith("PHP writes its messages into the answer") == (b"<html>" not in body)

    async def test_a_page_in_place_of_the_whole_api_is_not_taken_for_plain_permalinks(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.params.get("rest_route") != "/":
                return httpx.Response(200, html="<html>Welcome</html>")
            link = {"Link": '<https://127.0.0.1:8099/wp-json/>; rel="https://api.w.org/"'}
            return httpx.Response(200, json={"namespaces": ["wc/v3"]}, headers=link)

        check = failed(await report_of(answer, "https://127.0.0.1:8099/"))
        assert "Plain" not in check.fix
        assert check.fix.startswith("the REST API is there")

    @pytest.mark.parametrize(
        "page",
        [
            httpx.Response(200, html="<html><title>Just a moment...</title></html>"),
            httpx.Response(406, html="<h1>Not Acceptable!</h1> generated by Mod_Security"),
            httpx.Response(503, html="<html>Attention Required! | Cloudflare</html>"),
            httpx.Response(403, html="<html>Access denied</html>"),
        ],
    )
    async def test_the_page_of_a_firewall(self, page: httpx.Response) -> None:
        check = failed(await examine({"orders": page}))
        assert "blocked before WooCommerce sees the call" in check.message
        assert "security plugin or firewall" in check.fix

    async def test_a_password_before_the_whole_site(self) -> None:
        asked = httpx.Response(401, html="<h1>401 Authorization Required</h1>", headers={"WWW-Authenticate": 'Basic realm="x"'})
        assert "htpasswd" in failed(await examine({"orders": asked})).fix

    async def test_rights_that_were_taken_away(self) -> None:
        body = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources.", "data": {"status": 403}}
        assert "its user has no right to this any more" in failed(await examine({"orders": httpx.Response(403, json=body)})).fix

    async def test_a_shop_that_is_https_by_now(self) -> None:
        index = httpx.Response(
            200, json={"namespaces": ["wc/v3"], "home": "https://127.0.0.1:8099", "url": "https://127.0.0.1:8099"}
        )
        check = failed(await examine({"orders": recorded("206"), "": index}, shop_url="http://127.0.0.1:8099/"))
        assert check.fix == "take https://127.0.0.1:8099/ as shop_url"
        assert check.message.startswith(
            "the shop calls itself https://127.0.0.1:8099/, the connection says http://127.0.0.1:8099/"
        )

    @pytest.mark.parametrize(
        ("key", "secret", "words"),
        [
            ("cs_1", "ck_1", "the consumer key and the consumer secret are swapped"),
            ("cs_1", "cs_1", "the consumer key begins with cs_, as a secret does"),
            ("ck_1", "ck_1", "the consumer secret begins with ck_, as a key does"),
        ],
    )
    async def test_keys_that_are_mixed_up(self, key: str, secret: str, words: str) -> None:
        shop = FakeShop(decide=lambda request: recorded("200"))
        keys = credentials(consumer_key=key, consumer_secret=secret)
        client = WooCommerceClient(WooCommerceSettings(), keys, client_on(httpx.MockTransport(shop.answer)), lambda: START)
        check = failed(await client.test())
        assert check.message == words
        assert check.fix.startswith("take the one that begins with ck_ as consumer_key")

    @pytest.mark.parametrize(
        ("shop_url", "home"),
        [
            ("https://www.shop.example/", "https://shop.example"),
            ("https://shop.example:8443/", "https://shop.example"),
            ("https://shop.example/no/", "https://shop.example"),
            ("http://shop.example/", "https://shop.example/nb"),
        ],
    )
    async def test_a_shop_that_says_itself_that_it_is_the_same_host(self, shop_url: str, home: str) -> None:
        status = httpx.Response(200, json={"environment": {"version": "10.5.0", "home_url": home}, "settings": {}})

        def answer(request: httpx.Request) -> httpx.Response:
            path = request.url.path.partition("/wp-json/")[2].removeprefix("wc/v3/")
            return status if path == "system_status" else httpx.Response(200, json=HEALTHY.get(path, {}))

        report = await report_of(answer, shop_url)
        assert report.ok
        assert report.facts["home_url"] == home

    async def test_a_shop_that_calls_itself_otherwise(self) -> None:
        check = failed(await examine(shop_url="https://localhost:8099/"))
        assert check.name == "home address"
        assert "accepted_sources" in check.fix
        assert (await examine(shop_url="https://localhost:8099/", accepted_sources=["http://127.0.0.1:8099"])).ok

    async def test_other_units(self) -> None:
        check = failed(await examine(weight_unit="g"))
        assert (check.message, check.fix) == ("the shop uses kg, the connection says g", "set weight_unit to kg")

    async def test_a_shop_out_of_order(self) -> None:
        assert "try again later" in failed(await examine({"orders": httpx.Response(503, html="x")})).fix

    async def test_a_shop_that_cannot_be_reached(self) -> None:
        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no", request=request)

        assert "check the shop address" in failed(await report_of(refuse, "https://shop.example/")).fix

    async def test_plain_http_where_only_https_is_allowed(self) -> None:
        transport = GuardedTransport(Reach(), httpx.MockTransport(lambda request: httpx.Response(200, json=[])))
        async with client_on(transport) as http:
            shop = credentials(shop_url="http://shop.example/")
            report = await WooCommerceClient(WooCommerceSettings(), shop, http, lambda: START).test()
        assert "GATEWAY_ALLOW_PLAIN_HTTP" in failed(report).fix


SHOP = "https://shop.example/"
MANAGED = "settings/products/woocommerce_manage_stock"


def said(report: TestReport, name: str) -> Check:
    (check,) = [check for check in report.checks if check.name == name]
    return check


class TestWhatCannotBeReached:
    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(403, html="<h1>Forbidden</h1>"),
            httpx.Response(401, json={"code": "rest_cannot_access", "message": "Only authenticated users can access."}),
            httpx.Response(403, json={"code": "rest_disabled", "message": "The REST API on this site is disabled."}),
        ],
    )
    async def test_a_rest_api_that_a_security_plugin_blocks(self, answer: httpx.Response) -> None:
        check = failed(await examine({"orders": answer}))
        assert "blocked before WooCommerce sees the call" in check.message
        assert "security plugin or firewall" in check.fix

    async def test_plain_permalinks(self) -> None:
        """The shop answers its home page, or 404, where its REST API would be; it has one at `?rest_route=` all the same."""

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.params.get("rest_route") == "/":
                return httpx.Response(200, json={"namespaces": ["wc/v3"]})
            return httpx.Response(404, html="<h1>Siden finnes ikke</h1>")

        check = failed(await report_of(answer, SHOP))
        assert check.message == "the shop has plain permalinks, with which its REST API has no address"
        assert "any other kind than Plain" in check.fix

    @pytest.mark.parametrize("login", ["oauth", "query"])
    async def test_keys_that_must_be_given_in_another_way(self, login: str) -> None:
        """A shop behind a proxy that takes itself to be on http; a web server that hides the Authorization header."""
        mark = {"oauth": "oauth_signature", "query": "consumer_secret"}[login]

        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=[]) if mark in request.url.params else recorded("200")

        check = failed(await report_of(answer, SHOP))
        assert check.fix == f"set login to {login}"
        assert "login" not in failed(await report_of(answer, SHOP, login="basic")).fix.split(":")[0]


class TestWriting:
    async def test_a_read_only_key_is_refused_while_something_must_write(self) -> None:
        check = failed(await examine({"products/batch": recorded("207")}))
        assert check.name == "writing"
        assert "stock, shipments must" in check.message
        assert "Read/Write" in check.fix
        assert "or switch stock and shipments off" in check.fix

    async def test_a_read_only_key_will_do_where_nothing_writes(self) -> None:
        off = {"stock": False, "shipments": False}
        report = await examine({"products/batch": recorded("207")}, processes=off)
        assert report.ok
        assert report.facts["can_write"] is False
        assert "webhooks must be made in the shop by hand" in said(report, "writing").message

    async def test_nothing_is_changed_by_finding_out(self) -> None:
        bodies: list[bytes] = []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method != "GET":
                bodies.append(request.content)
            return httpx.Response(200, json=[])

        await report_of(answer, SHOP)
        assert bodies == [b"{}"]


class TestStock:
    async def test_a_shop_that_counts_no_stock_is_said(self) -> None:
        off = httpx.Response(200, json={"id": "woocommerce_manage_stock", "value": "no"})
        check = failed(await examine({MANAGED: off}))
        assert "Enable stock management" in check.fix
        assert (await examine({MANAGED: off}, processes={"stock": False})).ok

    async def test_products_that_take_no_quantity_are_counted(self) -> None:
        check = said(await examine(), "stock")
        assert check.ok
        assert "'Track stock quantity' is off for 1 of 3 products" in check.message
        assert not [each for each in (await examine(processes={"stock": False})).checks if each.name == "stock"]


CARRIERS = "wc-shipment-tracking/v3/shipment-trackings/providers"
ADVANCED = "wc-shipment-tracking/v3/orders/32/shipment-trackings/providers"
WITH_ADVANCED = {
    "": httpx.Response(200, json={"namespaces": ["wc/v3", "wc-ast/v3", "wc-shipment-tracking/v3"]}),
    ADVANCED: recorded("226"),
    CARRIERS: recorded("227"),
}


class TestTracking:
    async def test_advanced_shipment_tracking_is_found(self) -> None:
        report = await examine(WITH_ADVANCED)
        assert report.facts["tracking"] == "advanced-shipment-tracking"
        assert said(report, "tracking").message == "tracking goes by Advanced Shipment Tracking"

    async def test_shipment_tracking_is_found_by_a_path_that_only_it_has(self) -> None:
        listed = httpx.Response(200, json={"Norway": {"Bring": "https://x/%1$s"}})
        assert (await examine({CARRIERS: listed})).facts["tracking"] == "shipment-tracking"

    async def test_without_a_plugin_it_goes_by_notes(self) -> None:
        report = await examine()
        assert (report.ok, report.facts["tracking"]) == (True, "note")
        assert "order notes" in said(report, "tracking").message

    async def test_a_plugin_that_is_asked_for_and_not_there(self) -> None:
        check = failed(await examine(shipments={"tracking_via": "shipment-tracking"}))
        assert "no Shipment Tracking" in check.message
        assert (await examine(WITH_ADVANCED, shipments={"tracking_via": "note"})).ok

    async def test_a_carrier_that_the_plugin_does_not_list(self) -> None:
        check = failed(await examine(WITH_ADVANCED, shipments={"provider": "Postnord", "providers": {"BRING": "bring"}}))
        assert check.message == "the tracking plugin lists no carrier Postnord"
        assert check.fix == "use its own names: Bring, Posten Norge"


class TestOldShops:
    async def old(self, *namespaces: str, release: str = "3.4.8", changed: Answers | None = None, **settings: Any) -> TestReport:
        """A shop with these REST APIs, the last of them answering as wc/v3 does."""
        spoken = namespaces[-1] if namespaces else ""
        status = {"environment": {"version": release}, "settings": {}}
        answers = {f"{spoken}/{path}": httpx.Response(200, json=body) for path, body in HEALTHY.items() if path}
        answers[f"{spoken}/system_status"] = httpx.Response(200, json=status)
        answers[""] = httpx.Response(200, json={"namespaces": ["oembed/1.0", *namespaces]})
        answers |= changed or {}

        def answer(request: httpx.Request) -> httpx.Response:
            found = answers.get(request.url.path.removeprefix("/wp-json/"))
            if request.url.params.get("orderby") == "modified":
                found = recorded("092") if found else None
            found = found or recorded("115")
            return httpx.Response(found.status_code, content=found.content)

        return await report_of(answer, SHOP, **settings)

    @pytest.mark.parametrize(("namespaces", "spoken"), [(["wc/v1", "wc/v2"], "wc/v2"), (["wc/v1"], "wc/v1")])
    async def test_the_newest_api_that_there_is_is_spoken(self, namespaces: list[str], spoken: str) -> None:
        report = await self.old(*namespaces)
        assert [check for check in report.checks if not check.ok] == []
        assert (report.facts["rest"], report.facts["lists_by_modification"]) == (spoken, False)

    async def test_one_before_5_8_is_polled_by_listing_and_says_so(self) -> None:
        report = await self.old("wc/v1", "wc/v2", "wc/v3", release="4.9.2")
        assert (report.facts["rest"], report.facts["lists_by_modification"]) == ("wc/v3", False)
        assert "orders of the last 30 days" in said(report, "polling").message

    async def test_what_a_version_lacks_is_said(self) -> None:
        report = await self.old("wc/v1", release="2.6.14", processes={"returns": True})
        assert "cannot refund single lines" in failed(report).message
        told = [check.message for check in report.checks if check.name == "stock"]
        assert any("cannot write the stock of variations" in message for message in told)
        assert "taken back from the trash" in said(report, "webhooks").message

    async def test_refunds_that_raise_the_shops_own_stock_are_mentioned(self) -> None:
        report = await self.old("wc/v2", "wc/v3", release="5.6.0", processes={"returns": True})
        assert report.ok
        assert "raises its own stock" in said(report, "returns").message

    async def test_one_without_woocommerces_rest_api_is_spoken_to_by_the_legacy_api(self) -> None:
        store = {"URL": "https://shop.example", "wc_version": "2.4.13", "meta": {"currency": "NOK", "weight_unit": "kg"}}
        asked: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            path = request.url.path
            asked.append(f"{request.method} {path}")
            answers: Answers = {
                "GET /wc-api/v3/": httpx.Response(200, json={"store": store}),
                "GET /wc-api/v3/orders": httpx.Response(200, json={"orders": []}),
                "GET /wc-api/v3/products": httpx.Response(200, json={"products": []}),
                "PUT /wc-api/v3/orders/0": httpx.Response(
                    404, json={"errors": [{"code": "woocommerce_api_invalid_order_id", "message": "Invalid order ID"}]}
                ),
            }
            return answers.get(f"{request.method} {path}") or httpx.Response(404, html="<h1>404</h1>")

        report = await report_of(answer, SHOP)
        assert [check for check in report.checks if not check.ok] == []
        assert report.facts["rest"] == "wc-api/v3"
        assert (report.facts["version"], report.facts["currency"]) == ("2.4.13", "NOK")
        assert report.facts["can_write"] is True
        assert report.facts["lists_by_modification"] is True
        assert report.facts["tracking"] == "note"

    async def test_a_legacy_api_that_is_switched_off(self) -> None:
        off = {"errors": {"code": "woocommerce_api_disabled", "message": "The WooCommerce API is disabled on this site"}}

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path.startswith("/wc-api/"):
                return httpx.Response(404, json=off)
            return httpx.Response(404, html="<h1>404</h1>")

        check = failed(await report_of(answer, SHOP))
        assert "switch the REST API on" in check.fix

    async def test_the_client_goes_on_with_what_was_found(self) -> None:
        answers = {"/wp-json/wc/v2/orders": [], "/wp-json/wc/v2/products": [], "/wp-json/": {"namespaces": ["wc/v1", "wc/v2"]}}

        def answer(request: httpx.Request) -> httpx.Response:
            found = answers.get(request.url.path)
            return httpx.Response(200, json=found) if found is not None else recorded("115")

        shop = FakeShop(decide=answer).client(SHOP)
        assert (await shop.test()).facts["rest"] == "wc/v2"
        assert await shop.read_many(Process.ORDERS, []) == {}
        assert [page.records async for page in shop.changes(Process.ORDERS, None, None)] == [()]
