"""The connection test says what is wrong in the user's words, and never raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.http import GuardedTransport, Reach
from app.integrations.protocol import Check, TestReport
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials, rest
from tests.integrations.woocommerce.small_shop import START

Answers = dict[str, httpx.Response]

HEALTHY: dict[str, Any] = {
    "orders": [{"id": 32}],
    "products": [{"id": 14, "virtual": False}, {"id": 16, "virtual": True}],
    "system_status": rest("193")["body"],
    "settings/products/woocommerce_weight_unit": {"id": "woocommerce_weight_unit", "value": "kg"},
    "settings/products/woocommerce_dimension_unit": {"id": "woocommerce_dimension_unit", "value": "cm"},
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
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        shop = credentials(shop_url=shop_url)
        return await WooCommerceClient(WooCommerceSettings.model_validate(settings), shop, http, lambda: START).test()


def failed(report: TestReport) -> Check:
    assert not report.ok
    (check,) = [check for check in report.checks if not check.ok]
    return check


class TestAHealthyShop:
    async def test_is_found_healthy_and_its_facts_are_learned(self) -> None:
        report = await examine()
        assert report.ok
        assert report.facts == {
            "version": "11.0.1",
            "wordpress": "7.1",
            "home_url": "http://127.0.0.1:8099",
            "currency": "NOK",
            "currency_symbol": "kr",
            "weight_unit": "kg",
            "dimension_unit": "cm",
            "products_looked_at": 2,
            "virtual_products": 1,
        }

    @pytest.mark.parametrize(
        ("choice", "becomes"), [("stock", "become stock articles"), ("non-stock", "become non-stock articles")]
    )
    async def test_virtual_products_are_mentioned(self, choice: str, becomes: str) -> None:
        report = await examine(virtual_products=choice)
        said = next(check for check in report.checks if check.name == "virtual products")
        assert said.ok
        assert "1 of 2" in said.message
        assert becomes in said.message

    async def test_facts_that_the_key_may_not_see_are_no_failure(self) -> None:
        hidden = recorded("200")
        report = await examine({"system_status": hidden, "settings/products/woocommerce_weight_unit": hidden})
        assert report.ok
        assert report.facts == {"products_looked_at": 2, "virtual_products": 1}


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
        check = failed(await examine({"orders": httpx.Response(404, html="<h1>404</h1>")}))
        assert "Permalinks" in check.fix

    async def test_another_version_of_the_api(self) -> None:
        index = httpx.Response(200, json={"namespaces": ["oembed/1.0", "wc/v2", "wc/v1"]})
        check = failed(await examine({"orders": recorded("115"), "": index}))
        assert check.fix == "set rest_version to one of wc/v1, wc/v2"

    async def test_woocommerce_switched_off(self) -> None:
        index = httpx.Response(200, json={"namespaces": ["oembed/1.0"]})
        assert "switch WooCommerce on" in failed(await examine({"orders": recorded("115"), "": index})).fix

    async def test_a_shop_too_old_to_be_polled(self) -> None:
        assert "5.8" in failed(await examine({"orders": recorded("092")})).fix

    async def test_an_address_that_redirects(self) -> None:
        moved = httpx.Response(301, headers={"Location": "https://www.shop.example/wp-json/wc/v3/orders"})
        check = failed(await examine({"orders": moved}))
        assert "https://www.shop.example/" in check.message
        assert check.fix == "take that address as shop_url"

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
        async with httpx.AsyncClient(transport=transport) as http:
            shop = credentials(shop_url="http://shop.example/")
            report = await WooCommerceClient(WooCommerceSettings(), shop, http, lambda: START).test()
        assert "GATEWAY_ALLOW_PLAIN_HTTP" in failed(report).fix
