"""One call: its headers, its errors, its token; and lists to their end."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.errors import LoginRefused, Malformed, NoSuchRecord, RateLimited, Refused, RemoteError, Unavailable
from app.http import client_on
from app.integrations.mystore.credentials import MystoreCredentials
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.rest.lists import everything
from app.integrations.mystore.rest.resources import moment, written
from app.integrations.mystore.settings import MystoreSettings
from tests.integrations.mystore.calling import open_bench

NOW = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)
OSLO = "Europe/Oslo"


class Renewable:
    """A token that can be renewed so many times."""

    def __init__(self, renewals: int = 0) -> None:
        self.renewals, self.made = renewals, 1
        self.refused: list[str] = []

    async def token(self) -> str:
        return f"token-{self.made}"

    async def renewed(self, refused: str) -> str | None:
        self.refused.append(refused)
        if not self.renewals:
            return None
        self.renewals -= 1
        self.made += 1
        return await self.token()


Answer = Callable[[httpx.Request], httpx.Response]


def calls(answer: Answer, token: Renewable | None = None) -> Calls:
    credentials = MystoreCredentials.model_validate({"shop": "demo", "access_token": "x", "api_url": "http://mystore.test"})
    http = client_on(httpx.MockTransport(answer))
    return Calls(MystoreSettings(page_size=2), credentials, http, lambda: NOW, token or Renewable())


def error(status: int, detail: str = "No", title: str = "Wrong") -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"status": str(status), "title": title, "detail": detail}]})


async def test_a_resource_is_asked_for_as_json_api_with_our_name() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": {"type": "orders", "id": "7"}})

    assert await calls(answer).one("orders/7") == {"type": "orders", "id": "7"}
    (asked,) = seen
    assert str(asked.url) == "http://mystore.test/shops/demo/orders/7"
    assert asked.headers["Authorization"] == "Bearer token-1"
    assert asked.headers["Accept"] == asked.headers["Content-Type"] == "application/vnd.api+json"
    assert asked.headers["User-Agent"].startswith("ongoing-gateway")


async def test_plain_calls_speak_plain_json() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"default_language": "no"})

    assert await calls(answer).plain("GET", "settings") == {"default_language": "no"}
    assert seen[0].headers["Accept"] == seen[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (error(404), NoSuchRecord, "Wrong: No"),
        (httpx.Response(404, json={"error": "not_found", "message": "no such order"}), NoSuchRecord, "not_found: no such order"),
        (httpx.Response(404, text="<html>gone</html>", headers={"Content-Type": "text/html"}), Malformed, "a web page"),
        (error(400, "unknown field"), Refused, "unknown field"),
        (error(422, "too long"), Refused, "too long"),
        (error(403, "Missing scope"), LoginRefused, "no right to GET orders/7: Wrong: Missing scope"),
        (error(403, "Token has expired or is invalid", "Forbidden"), LoginRefused, "does not accept the access token"),
        (error(401), LoginRefused, "does not accept the access token"),
        (error(429), RateLimited, "too many calls"),
        (error(500), Unavailable, "answered 500"),
        (error(504), Unavailable, "answered 504"),
        (httpx.Response(302, headers={"Location": "https://x/"}), Malformed, "302"),
        (httpx.Response(200, text="hello"), Malformed, "not its API"),
        (httpx.Response(200, json=[]), Malformed, "document"),
        (httpx.Response(200, json={"data": None}), Malformed, "a resource"),
    ],
)
async def test_answers_are_sorted(answer: httpx.Response, kind: type[RemoteError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        await calls(lambda request: answer).one("orders/7")
    assert type(caught.value) is kind
    assert caught.value.call == "GET orders/7"
    assert "token-1" not in caught.value.message


@pytest.mark.parametrize("first", [error(401), error(403, "Token has expired or is invalid")])
async def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(first: httpx.Response) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Authorization"])
        return first if len(asked) == 1 else httpx.Response(200, json={"data": {"id": "7"}})

    token = Renewable(5)
    assert await calls(answer, token).one("orders/7") == {"id": "7"}
    assert asked == ["Bearer token-1", "Bearer token-2"]
    assert token.refused == ["token-1"]


async def test_a_token_that_is_refused_twice_is_not_renewed_again() -> None:
    token = Renewable(5)
    with pytest.raises(LoginRefused):
        await calls(lambda request: error(401), token).one("orders/7")
    assert token.refused == ["token-1"]


async def test_a_missing_right_renews_nothing() -> None:
    token = Renewable(5)
    with pytest.raises(LoginRefused):
        await calls(lambda request: error(403, "Missing scope"), token).one("orders/7")
    assert token.refused == []


# --- lists ------------------------------------------------------------------------------------------------------------


def rows(*ids: int) -> list[dict[str, str]]:
    return [{"type": "orders", "id": str(each)} for each in ids]


def link(number: int, host: str = "http://mystore.test") -> str:
    return f"{host}/shops/demo/orders?page%5Bnumber%5D={number}&page%5Bsize%5D=2"


async def read(*pages: Any) -> tuple[list[str], list[str]]:
    """The ids of the list and the pages that were asked for. A page that is not there is 404."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "mystore.test"
        number = int(request.url.params["page[number]"])
        asked.append(str(number))
        return httpx.Response(200, json=pages[number - 1]) if number <= len(pages) else error(404)

    found = await everything(calls(answer), "orders", 2)
    return [each["id"] for each in found], asked


async def test_a_list_is_followed_by_its_links() -> None:
    first, second = {"data": rows(1, 2), "links": {"next": link(2)}}, {"data": rows(3), "links": {"self": link(2)}}
    assert await read(first, second) == (["1", "2", "3"], ["1", "2"])


async def test_a_short_page_with_a_link_is_not_the_end() -> None:
    """The server may cap the size."""
    first, second = {"data": rows(1), "links": {"next": link(2)}}, {"data": rows(2), "links": {}}
    assert await read(first, second) == (["1", "2"], ["1", "2"])


async def test_a_full_page_with_links_and_without_next_is_the_end() -> None:
    assert await read({"data": rows(1, 2), "links": {"self": link(1)}}) == (["1", "2"], ["1"])


async def test_without_links_a_short_page_is_the_end() -> None:
    assert await read({"data": rows(1, 2)}, {"data": rows(3)}) == (["1", "2", "3"], ["1", "2"])


async def test_without_links_a_page_that_does_not_exist_is_the_end() -> None:
    assert await read({"data": rows(1, 2)}) == (["1", "2"], ["1", "2"])


async def test_a_link_to_another_host_is_not_followed_there() -> None:
    first, second = {"data": rows(1, 2), "links": {"next": link(2, "http://evil.test")}}, {"data": rows(3), "links": {}}
    assert await read(first, second) == (["1", "2", "3"], ["1", "2"])


async def test_a_list_in_a_circle_is_refused() -> None:
    with pytest.raises(Malformed, match="circle"):
        await read({"data": rows(1, 2), "links": {"next": link(1)}})


async def test_the_first_page_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(NoSuchRecord):
        await read()


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-11-21 09:12:00", datetime(2026, 11, 21, 8, 12, tzinfo=UTC)),
        ("2026-07-21 09:12:00", datetime(2026, 7, 21, 7, 12, tzinfo=UTC)),
        ("2026-11-21T09:12:00+00:00", datetime(2026, 11, 21, 9, 12, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (5, None),
    ],
)
def test_times_are_the_shop_s_own(given: Any, utc: datetime | None) -> None:
    assert moment(given, OSLO) == utc


def test_a_time_before_the_clocks_went_back_is_asked_for_by_the_earlier_reading() -> None:
    """At 3:00 summer time it becomes 2:00: what changed at 2:05 winter time bears an earlier time than 2:49."""
    when = datetime(2026, 10, 25, 0, 49, tzinfo=UTC)
    assert written(when, datetime(2026, 10, 25, 0, 59, tzinfo=UTC), OSLO) == "2026-10-25 02:49:00"
    assert written(when, datetime(2026, 10, 25, 1, 10, tzinfo=UTC), OSLO) == "2026-10-25 01:49:00"


async def test_a_token_of_another_shop_is_named() -> None:
    packed = base64.urlsafe_b64encode(b'{"no_mystore_hosts": ["other"]}').decode().rstrip("=")
    report = await open_bench().client(token=f"eyJhbGciOiJSUzI1NiJ9.{packed}.c2ln").test()
    (failed,) = report.checks
    assert (failed.name, failed.ok) == ("shop", False)
    assert failed.message == "the token is for the shop other, the connection says demo"
