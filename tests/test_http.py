"""Outgoing calls: where they may go, that they go to the address that was checked, and what the network may answer."""

from __future__ import annotations

import asyncio
import gc
import gzip
import ipaddress
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app import http as guarded
from app.errors import BadInput, Malformed, RateLimited, Unavailable
from app.http import GuardedTransport, account_client, client_on, encode_query, open_client, retry_after_seconds, send
from app.outgoing.addresses import Reach, check_address, is_public, plain_address
from app.sandbox.kit.server import Server

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ANYWHERE = Reach(private_addresses=True, plain_http=True)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::7f00:1",
            "168.63.129.16",
            "192.88.99.1",
            "fec0::1",
            "3fff::1",
            "::ffff:168.63.129.16",
        ],
    )
    def test_what_is_inside_is_not_public_however_it_is_written(self, address: str) -> None:
        assert not is_public(ipaddress.ip_address(address))

    @pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
    def test_what_is_outside_is_public(self, address: str) -> None:
        assert is_public(ipaddress.ip_address(address))

    @pytest.mark.parametrize(
        "url", ["https://shop.example/", "https://shop.example:8443/a?b=c", "https://1.1.1.1/", "https://blåbær.no/"]
    )
    def test_a_public_address_over_https_will_do(self, url: str) -> None:
        check_address(url, Reach(), "url")

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "shop.example",
            "ftp://shop.example/",
            "javascript:alert(1)",
            "https:///x",
            "https://[::1",
            "https://x:99999/",
            "https://x:0/",
        ],
    )
    def test_what_is_no_web_address_is_refused_with_its_field(self, url: str) -> None:
        with pytest.raises(BadInput) as caught:
            check_address(url, ANYWHERE, "shop.shop_url")
        assert caught.value.field == "shop.shop_url"

    @pytest.mark.parametrize(
        "url",
        ["http://shop.example/", "https://10.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://LOCALHOST/", "https://a.local/"],
    )
    def test_what_a_setting_must_allow_says_which(self, url: str) -> None:
        with pytest.raises(BadInput) as caught:
            check_address(url, Reach(), "url")
        assert "GATEWAY_ALLOW_" in str(caught.value.fix)
        check_address(url, ANYWHERE, "url")

    @pytest.mark.parametrize(
        "host",
        [
            *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "1.2.3.4.5", "shop.0x7f", "１２７.０.０.１"),
            *("a..b", ".", "-", "-a.example", "a-.example", "a" * 64 + ".example", "a." * 130 + "example", "xn--zz"),
            *("ex ample", "shop,example", "a*b.example", "sho\u00adp.example", "shop\ud800.example"),
        ],
    )
    def test_what_cannot_be_the_name_of_a_host_is_refused_with_its_field(self, host: str) -> None:
        with pytest.raises(BadInput) as caught:
            check_address(f"https://{host}/", ANYWHERE, "source.shop_url")
        assert (caught.value.field, caught.value.status) == ("source.shop_url", 422)

    @pytest.mark.parametrize("host", ["localhost.", "foo.local.", "metadata.google.internal."])
    def test_a_dot_at_the_end_makes_no_other_host(self, host: str) -> None:
        with pytest.raises(BadInput, match="inside a private network"):
            check_address(f"https://{host}/", Reach(), "url")

    @pytest.mark.parametrize("given", ["https://ex\nample/", "https://x.example/\x01", "https://x.example/a b", "https://x\\@y/"])
    def test_what_is_in_no_address_is_refused_as_it_is_given(self, given: str) -> None:
        with pytest.raises(ValueError, match="a blank or another character that is in no address"):
            plain_address(given)

    def test_an_address_has_an_end(self) -> None:
        assert plain_address("  https://shop.example/ ") == "https://shop.example/"
        with pytest.raises(ValueError, match="at most 1000 characters"):
            plain_address("https://shop.example/" + "a" * 1000)

    def test_credentials_do_not_belong_into_an_address(self) -> None:
        with pytest.raises(BadInput) as caught:
            check_address("https://user:secret@shop.example/", ANYWHERE, "url")
        assert "secret@" not in str(caught.value)


class Resolver:
    """Answers as it is told, and notes what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)

    def _resolve(self, host: str, port: Any, **_: Any) -> list[Any]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in self.answers[host]]


class Inner(httpx.AsyncBaseTransport):
    """Notes where a connection would go."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, json=[])


async def get(url: str, reach: Reach = Reach(), inner: Inner | None = None) -> httpx.Request:  # noqa: B008 - frozen
    there = inner or Inner()
    async with httpx.AsyncClient(transport=GuardedTransport(reach, there)) as client:
        await client.get(url)
    return there.seen[-1]


class TestTheGuard:
    async def test_the_connection_goes_to_the_address_that_was_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolver = Resolver(monkeypatch, shop_example=["93.184.216.34"])
        request = await get("https://shop.example:8443/path?a=b")
        assert (request.url.host, request.url.port, request.url.path) == ("93.184.216.34", 8443, "/path")
        assert (request.headers["host"], request.extensions["sni_hostname"]) == ("shop.example:8443", "shop.example")
        assert resolver.asked == ["shop.example"]

    @pytest.mark.parametrize("addresses", [["127.0.0.1"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.1"]])
    async def test_a_name_that_leads_inside_is_refused_at_every_call(
        self, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
    ) -> None:
        Resolver(monkeypatch, shop_example=addresses)
        inner = Inner()
        with pytest.raises(httpx.ConnectError, match="private network"):
            await get("https://shop.example/", inner=inner)
        assert inner.seen == []

    async def test_a_name_that_leads_elsewhere_the_next_time_is_checked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolver = Resolver(monkeypatch, shop_example=["93.184.216.34"])
        await get("https://shop.example/")
        resolver.answers["shop.example"] = ["127.0.0.1"]
        with pytest.raises(httpx.ConnectError):
            await get("https://shop.example/")

    async def test_a_name_that_there_is_not_could_not_be_reached(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Resolver(monkeypatch)
        with pytest.raises(httpx.ConnectError, match="cannot be resolved"):
            await get("https://shop.example/")

    async def test_plain_http_must_be_allowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Resolver(monkeypatch, shop_example=["93.184.216.34"])
        with pytest.raises(httpx.UnsupportedProtocol):
            await get("http://shop.example/")
        assert (await get("http://shop.example/", Reach(plain_http=True))).url.host == "93.184.216.34"

    async def test_every_host_has_connections_of_its_own(self) -> None:
        """Two shops of one hosting company have one address, and a certificate each."""
        transport = GuardedTransport(Reach())
        first, second = transport._connections("a.example"), transport._connections("b.example")
        assert first is not second
        assert transport._connections("a.example") is first
        await transport.aclose()


class Page:
    """An application that answers what it is told."""

    def __init__(self, body: bytes = b"[]", status: int = 200, headers: dict[str, str] | None = None, pause: float = 0.0) -> None:
        self.body, self.status, self.headers, self.pause = body, status, headers or {}, pause
        self.seen: list[dict[bytes, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.seen.append(dict(scope["headers"]))
        await asyncio.sleep(self.pause)
        headers = [(key.encode(), value.encode()) for key, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def ask(page: Page, within: float = 5.0, times: int = 1) -> guarded.Answer:
    with Server(page) as server:
        async with open_client(ANYWHERE) as client:
            for _ in range(times):
                answer = await send(client, client.build_request("GET", server.url), timeout=within, system="the shop")
    return answer


class Pieces(httpx.AsyncByteStream):
    """An answer's body whose pieces are all there at once."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece


async def answered(stream: Pieces, headers: dict[str, str]) -> guarded.Answer:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=stream))
    async with client_on(transport) as client:
        return await send(client, client.build_request("GET", "http://shop.example/"), timeout=5, system="the shop")


class TestAnswers:
    async def test_json_and_null_and_no_json_are_told_apart(self) -> None:
        for body, json, is_json in [
            (b'{"a":1}', {"a": 1}, True),
            (b"null", None, True),
            (b"<html>", None, False),
            (b"", None, False),
        ]:
            answer = await ask(Page(body))
            assert (answer.json, answer.is_json) == (json, is_json)

    async def test_an_answer_that_does_not_end_is_cut_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guarded, "MAX_ANSWER_BYTES", 1000)
        assert (await ask(Page(b"x" * 1000))).status == 200
        with pytest.raises(Malformed, match="more than 1000 bytes"):
            await ask(Page(b"x" * 1001))

    async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off_while_it_does(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guarded, "MAX_ANSWER_BYTES", 1000)
        packed = {"content-encoding": "gzip"}
        assert (await ask(Page(gzip.compress(b"[" + b" " * 998 + b"]"), headers=packed))).json == []
        with pytest.raises(Malformed, match="more than 1000 bytes"):
            await ask(Page(gzip.compress(b" " * 50_000_000), headers=packed))

    @pytest.mark.parametrize(
        ("body", "coding", "why"),
        [
            (b"[]", "gzip", "not gzip"),
            (gzip.compress(b"[1, 2, 3]")[:-9], "gzip", "only a part"),
            (b"[]", "br", "'br', which was not asked for"),
            (gzip.compress(gzip.compress(b"[]")), "gzip, gzip", "'gzip, gzip', which was not asked for"),
        ],
        ids=["not packed", "cut off", "unknown packing", "packed twice"],
    )
    async def test_what_is_packed_otherwise_than_asked_for_is_no_answer(self, body: bytes, coding: str, why: str) -> None:
        page = Page(body, headers={"content-encoding": coding})
        with pytest.raises(Malformed, match=why):
            await ask(page)
        assert page.seen[0][b"accept-encoding"] == b"gzip"

    async def test_an_empty_name_of_a_packing_is_none(self) -> None:
        assert (await ask(Page(b'{"a":1}', headers={"content-encoding": ""}))).json == {"a": 1}

    async def test_what_stands_behind_a_packed_answer_is_not_read(self) -> None:
        """It would be kept without being counted. Counted here in bytes that were asked for."""
        stream = Pieces(gzip.compress(b"[1]"), *[b"x" * 1000] * 1000)
        answer = await answered(stream, {"content-encoding": "gzip"})
        assert (answer.json, stream.given) == ([1], 1)

    async def test_others_have_their_turn_while_thousands_of_pieces_are_read(self) -> None:
        """Counted in turns that another task has: one for every 64 pieces, where all of them are there at once."""
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        answer = await answered(Pieces(b"[", *[b" "] * 6_400, b"1]"), {})
        task.cancel()
        assert answer.json == [1]
        assert turns >= 100

    async def test_a_large_answer_goes_with_whoever_asked_for_it(self) -> None:
        """And not when circles are looked for, which may be many answers later."""
        gc.disable()
        try:
            answer = await answered(Pieces(b'["only here ', b"x" * 100_000, b'"]'), {})
            assert len(answer.json[0]) == 100_010
            responses = [each for each in gc.get_objects() if type(each) is httpx.Response]
            kept = [each for each in responses if getattr(each, "_content", b"").startswith(b'["only here ')]
            assert kept == []
        finally:
            gc.enable()

    async def test_whoever_sends_over_the_transport_has_the_same_limits_and_errors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A SOAP library sends with a client of its own and knows nothing of `send`."""
        monkeypatch.setattr(guarded, "MAX_ANSWER_BYTES", 1000)
        with Server(Page(b"x" * 1001)) as server:
            async with account_client(GuardedTransport(ANYWHERE)) as client:
                with pytest.raises(Malformed, match=r"127\.0\.0\.1 answered more than 1000 bytes"):
                    await client.post(server.url, content=b"<soap/>")
                with pytest.raises(Unavailable) as caught:
                    await client.post("http://127.0.0.1:1/", content=b"<soap/>")
        assert (caught.value.sent, caught.value.call) == (False, "POST /")

    async def test_an_account_keeps_its_cookies_to_itself(self) -> None:
        page = Page(headers={"set-cookie": "session=1"})
        transport = GuardedTransport(ANYWHERE)
        with Server(page) as server:
            async with account_client(transport) as first, account_client(transport) as second:
                await first.get(server.url)
                await first.get(server.url)
                await second.get(server.url)
            async with account_client(transport) as third:  # the ones before closed, the transport is open
                assert (await third.get(server.url)).status_code == 200
        await transport.aclose()
        assert [seen.get(b"cookie") for seen in page.seen] == [None, b"session=1", None, None]

    async def test_redirects_are_not_followed(self) -> None:
        answer = await ask(Page(status=302, headers={"location": "http://169.254.169.254/"}))
        assert answer.status == 302

    async def test_cookies_of_one_are_never_sent_to_another(self) -> None:
        page = Page(headers={"set-cookie": "session=1"})
        await ask(page, times=2)
        assert [b"cookie" in seen for seen in page.seen] == [False, False]

    async def test_a_call_has_a_time_in_all(self) -> None:
        with pytest.raises(Unavailable) as caught:
            await ask(Page(pause=1.0), within=0.05)
        assert (caught.value.sent, "0.05 s" in caught.value.message) == (True, True)

    async def test_what_never_left_is_told_from_what_may_have_arrived(self) -> None:
        async with open_client(ANYWHERE) as client:
            with pytest.raises(Unavailable) as caught:
                await send(client, client.build_request("GET", "http://127.0.0.1:1/"), timeout=5, system="the shop")
        assert caught.value.sent is False

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    async def test_these_are_worth_another_try(self, status: int) -> None:
        answer = await ask(Page(status=status))
        with pytest.raises(Unavailable):
            guarded.raise_passing(answer, system="the shop", call="GET /", now=NOW)

    async def test_429_says_when(self) -> None:
        answer = await ask(Page(status=429, headers={"retry-after": "17"}))
        with pytest.raises(RateLimited) as caught:
            guarded.raise_passing(answer, system="the shop", call="GET /", now=NOW)
        assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Sat, 21 Nov 2026 10:01:30 GMT", 90),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0),
        ("Sat, 21 Nov 2026 11:01:00 +0100", 60),
        ("99999999999999999999", 3_600),
        ("9" * 5000, 3_600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600),
        ("Mon, 01 Jan 1 00:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("²", None),
        ("١٢", None),
        ("1e308", None),
        ("nan", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", None),
        ("Mon, 01 Jan 2024 00:00:00 -99999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 99 Jan 2024 99:99:99 GMT", None),
    ],
)
def test_retry_after_comes_in_two_forms_and_is_at_most_an_hour(value: str, seconds: float | None) -> None:
    assert retry_after_seconds({"Retry-After": value}, NOW) == seconds


def test_without_a_retry_after_there_is_none() -> None:
    assert retry_after_seconds({}, NOW) is None


def test_a_query_keeps_its_order_and_is_encoded_as_it_is_signed() -> None:
    assert encode_query([("b", "x y+z"), ("a", "æ/~-._")]) == "b=x%20y%2Bz&a=%C3%A6%2F~-._"
