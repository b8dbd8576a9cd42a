"""One call: how it logs in, and what each kind of failure is sorted into."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from app.clock import Clock
from app.domain import Process
from app.errors import LoginRefused, Malformed, NoSuchRecord, RateLimited, Refused, RemoteError, Unavailable
from app.http import client_on, encode_query
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.rest.oauth import signature
from app.integrations.woocommerce.settings import SignatureMethod, WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials, rest

NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
ORDER = "https://shop.example/wp-json/wc/v3/orders/32"


def clock() -> datetime:
    return NOW


def client(
    http: httpx.AsyncClient, now: Clock = clock, shop_url: str = "https://shop.example/", **settings: Any
) -> WooCommerceClient:
    return WooCommerceClient(WooCommerceSettings.model_validate(settings), credentials(shop_url=shop_url), http, now)


async def read(answer: httpx.Response | Exception, url: str = ORDER) -> RemoteError:
    """The error that reading order 32 ends in."""
    with respx.mock:
        route = respx.get(url)
        if isinstance(answer, Exception):
            route.mock(side_effect=answer)
        else:
            route.mock(return_value=answer)
        async with client_on(httpx.AsyncHTTPTransport()) as http:
            with pytest.raises(RemoteError) as caught:
                await client(http).read(Process.ORDERS, "32")
    return caught.value


def recorded(number: str) -> httpx.Response:
    found = rest(number)
    return httpx.Response(found["status"], json=found["body"])


class TestLogin:
    @respx.mock
    async def test_over_https_the_keys_go_as_basic(self) -> None:
        route = respx.get(ORDER).mock(return_value=recorded("096"))
        async with client_on(httpx.AsyncHTTPTransport()) as http:
            await client(http).read(Process.ORDERS, "32")
        sent = route.calls.last.request
        assert sent.headers["Authorization"] == "Basic " + base64.b64encode(b"ck_1:cs_1").decode()
        assert sent.url.query == b""

    @respx.mock
    @pytest.mark.parametrize("by", list(SignatureMethod))
    async def test_over_http_requests_are_signed_and_the_secret_is_not_sent(self, by: SignatureMethod) -> None:
        route = respx.get(url__startswith="http://127.0.0.1:8099/wp-json/wc/v3/orders/32").mock(return_value=recorded("096"))
        async with client_on(httpx.AsyncHTTPTransport()) as http:
            await client(http, shop_url="http://127.0.0.1:8099/", oauth_signature_method=by).read(Process.ORDERS, "32")
        sent = route.calls.last.request
        params = sent.url.params.multi_items()
        assert "Authorization" not in sent.headers
        assert dict(params)["oauth_timestamp"] == "1795278600"
        assert sent.url.query.decode() == encode_query(params)
        assert params[-1] == (
            "oauth_signature",
            signature("GET", "http://127.0.0.1:8099/wp-json/wc/v3/orders/32", params[:-1], "cs_1", by),
        )
        assert "cs_1" not in str(sent.url)

    @respx.mock
    async def test_the_version_and_a_folder_belong_to_the_address(self) -> None:
        route = respx.get("https://shop.example/butikk/wp-json/wc/v2/orders/32").mock(return_value=recorded("096"))
        async with client_on(httpx.AsyncHTTPTransport()) as http:
            shop = client(http, shop_url="https://shop.example/butikk/wp-json/wc/v2/", rest_version="wc/v2")
            await shop.read(Process.ORDERS, "32")
        assert route.called


class TestSorting:
    @pytest.mark.parametrize("file", ["200", "204", "206"])
    async def test_a_refused_login_has_the_shops_words(self, file: str) -> None:
        error = await read(recorded(file))
        assert isinstance(error, LoginRefused)
        assert rest(file)["body"]["code"] in error.message
        assert error.status == 401

    async def test_a_403_without_the_shops_words_points_at_what_is_in_between(self) -> None:
        error = await read(httpx.Response(403, html="<h1>Forbidden</h1>"))
        assert isinstance(error, LoginRefused)
        assert "firewall" in error.message

    @pytest.mark.parametrize("file", ["112", "114", "143"])
    async def test_only_the_shops_own_code_proves_that_a_record_is_gone(self, file: str) -> None:
        with respx.mock:
            respx.get(ORDER).mock(return_value=recorded(file))
            async with client_on(httpx.AsyncHTTPTransport()) as http:
                assert await client(http).read(Process.ORDERS, "32") is None

    async def test_a_missing_route_is_a_refusal_and_no_proof(self) -> None:
        error = await read(recorded("115"))
        assert isinstance(error, Refused)
        assert not isinstance(error, NoSuchRecord)
        assert "rest_no_route" in error.message

    async def test_a_web_page_with_404_is_no_proof_either(self) -> None:
        error = await read(httpx.Response(404, html="<h1>Siden finnes ikke</h1>"))
        assert isinstance(error, Malformed)
        assert "web page" in error.message

    async def test_the_code_of_a_missing_record_with_another_status_is_no_proof(self) -> None:
        """PUT of an unknown order is answered 400 with that code; a plugin may do so for GET."""
        error = await read(httpx.Response(400, json={"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}))
        assert type(error) is Refused

    async def test_a_bad_parameter_is_named(self) -> None:
        error = await read(recorded("080"))
        assert type(error) is Refused
        assert "rest_invalid_param" in error.message
        assert "per_page must be between 1 (inclusive) and 100 (inclusive)" in error.message

    async def test_a_redirect_is_not_followed_and_says_where_to(self) -> None:
        answer = httpx.Response(301, headers={"Location": "https://www.shop.example/wp-json/wc/v3/orders/32?x=1"})
        error = await read(answer)
        assert isinstance(error, Malformed)
        assert "https://www.shop.example/:" in error.message
        assert "x=1" not in error.message

    @pytest.mark.parametrize("status", [200, 201])
    async def test_a_web_page_with_200_is_malformed(self, status: int) -> None:
        assert isinstance(await read(httpx.Response(status, html="<html>Vedlikehold</html>")), Malformed)

    @pytest.mark.parametrize("body", [b"[]", b"null", b"7", b"Notice: x\n{}", b"", b'{"id": 33}', b"{}"])
    async def test_anything_but_the_record_asked_for_is_malformed(self, body: bytes) -> None:
        assert isinstance(await read(httpx.Response(200, content=body, headers={"Content-Type": "application/json"})), Malformed)

    @pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504])
    async def test_what_passes_is_unavailable(self, status: int) -> None:
        error = await read(httpx.Response(status, html="x"))
        assert isinstance(error, Unavailable)
        assert error.status == status

    async def test_too_many_calls_wait_as_long_as_the_shop_says(self) -> None:
        error = await read(httpx.Response(429, headers={"Retry-After": "Sat, 21 Nov 2026 16:31:30 GMT"}))
        assert isinstance(error, RateLimited)
        assert error.retry_after == 90.0

    @pytest.mark.parametrize(("failure", "sent"), [(httpx.ConnectError("no"), False), (httpx.ReadTimeout("no"), True)])
    async def test_the_network(self, failure: Exception, sent: bool) -> None:
        error = await read(failure)
        assert isinstance(error, Unavailable)
        assert error.sent is sent

    @pytest.mark.parametrize("body", [{"code": "x"}, [1], None, "x"])
    async def test_a_list_that_is_none_is_malformed(self, body: Any) -> None:
        with respx.mock:
            respx.get(url__startswith="https://shop.example/wp-json/wc/v3/orders").mock(
                return_value=httpx.Response(200, json=body)
            )
            async with client_on(httpx.AsyncHTTPTransport()) as http:
                with pytest.raises(Malformed):
                    await client(http).read_many(Process.ORDERS, ["1"])

    async def test_no_error_holds_a_secret(self) -> None:
        error = await read(recorded("204"))
        assert "cs_1" not in f"{error.message} {error.call} {error.answer}"
        assert error.call == "GET /wp-json/wc/v3/orders/32"
