"""Logging in to the console with an API key: who is let in, for how long, and what ends it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.clock import utc_now
from app.domain import Right
from app.records import keys
from tests.api.calling import Api, client_of, open_api, settings_for

LOGIN = "/console/login"
PAGE = "/console/keys"


@pytest.fixture
async def api(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(settings_for(sqlite_database, tmp_path)) as opened:
        yield opened


@pytest.fixture
async def person(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a key."""
    async with client_of(api.app) as client:
        yield client


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def log_in(person: httpx.AsyncClient, key: str, then: str = "") -> httpx.Response:
    token = csrf(await person.get(LOGIN))
    return await person.post(LOGIN, data={"csrf": token, "api_key": key, "next": then})


@contextlib.contextmanager
def later(api: Api, hours: float) -> Iterator[None]:
    before = api.gateway.clock
    api.gateway.clock = lambda: utc_now() + timedelta(hours=hours)
    try:
        yield
    finally:
        api.gateway.clock = before


async def test_a_right_key_opens_the_page_that_was_asked_for(api: Api, person: httpx.AsyncClient) -> None:
    asked = await person.get(f"{PAGE}?x=1")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{LOGIN}?next=%2Fconsole%2Fkeys%3Fx%3D1")
    assert 'name="next" value="/console/keys?x=1"' in (await person.get(asked.headers["location"])).text
    answer = await log_in(person, await api.key("admin"), PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    (cookie,) = (each for each in answer.headers.get_list("set-cookie") if each.startswith("gateway_console="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/console" in cookie
    assert "Secure" not in cookie
    assert (await person.get(PAGE)).status_code == 200


async def test_over_https_the_cookie_is_sent_over_nothing_else(sqlite_database: str, tmp_path: Path) -> None:
    async with (
        open_api(settings_for(sqlite_database, tmp_path, public_url="https://gateway.example")) as api,
        client_of(api.app) as person,
    ):
        person.base_url = "https://gateway.test"
        answer = await log_in(person, await api.key("admin"))
        assert all("; Secure" in each for each in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/keys", "/console\\evil", "/consolex", LOGIN, ""])
async def test_nobody_is_led_elsewhere(api: Api, person: httpx.AsyncClient, then: str) -> None:
    assert (await log_in(person, await api.key("admin"), then)).headers["location"] == "/console"


async def test_a_wrong_key_is_refused_and_many_are_slowed_down(api: Api, person: httpx.AsyncClient) -> None:
    first = await log_in(person, "gw_wrong")
    assert (first.status_code, "This key is unknown, was revoked, or has expired." in first.text) == (401, True)
    assert "gateway_console" not in person.cookies
    for _ in range(9):
        await log_in(person, "gw_wrong")
    slowed = await log_in(person, await api.key("admin"))
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "5")


async def test_another_sites_form_logs_nobody_in(api: Api, person: httpx.AsyncClient) -> None:
    assert (await person.post(LOGIN, data={"csrf": "x", "api_key": await api.key("admin")})).status_code == 400
    assert "gateway_console" not in person.cookies


async def test_a_session_ends_after_its_time(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    with later(api, 11.9):
        assert (await person.get(PAGE)).status_code == 200
    with later(api, 12.1):
        assert (await person.get(PAGE)).status_code == 303


async def test_a_session_ends_with_its_key(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    (listed,) = [each for each in (await api.admin.get("/keys")).json()["items"] if each["last_used_at"] and each["id"]][-1:]
    await api.admin.delete(f"/keys/{listed['id']}")
    assert (await person.get(PAGE)).headers["location"].startswith(LOGIN)


async def test_a_session_is_good_where_its_key_is(api: Api, person: httpx.AsyncClient) -> None:
    limits = keys.Limits.of(None, ["127.0.0.1"], api.gateway.clock())
    async with api.gateway.database.begin() as db:
        _, secret = await keys.create(db, "here", [Right.ADMIN], None, api.gateway.clock(), limits)
    await log_in(person, secret)
    assert (await person.get(PAGE)).status_code == 200
    elsewhere = httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app, client=("203.0.113.9", 1)), base_url="http://gateway.test", cookies=person.cookies
    )
    assert (await elsewhere.get(PAGE)).status_code == 303
    await elsewhere.aclose()


async def test_logging_out_ends_it_for_this_browser(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    kept = person.cookies["gateway_console"]
    out = await person.post("/console/logout", data={"csrf": csrf(await person.get(PAGE))})
    assert (out.status_code, out.headers["location"]) == (303, LOGIN)
    person.cookies.set("gateway_console", kept, domain="gateway.test", path="/console")
    assert (await person.get(PAGE)).status_code == 303


async def test_a_form_of_no_page_of_this_session_changes_nothing(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    before = len((await api.admin.get("/keys")).json()["items"])
    answer = await person.post(PAGE, data={"csrf": "x", "name": "a", "right": "read"})
    assert (answer.status_code, "the form is too old" in answer.text) == (422, True)
    assert len((await api.admin.get("/keys")).json()["items"]) == before


async def test_a_page_shows_no_more_than_the_key_may_see(api: Api, person: httpx.AsyncClient) -> None:
    one = await api.connect("nettbutikk")
    await log_in(person, await api.key("admin", only=[one]))
    refused = await person.get(PAGE)
    assert (refused.status_code, "this key is limited to some" in refused.text) == (403, True)
    assert 'href="/console/keys"' not in refused.text


async def test_who_logged_in_is_in_the_audit(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    (entry,) = (await api.admin.get("/audit", params={"route": f"POST {LOGIN}"})).json()["items"]
    assert (entry["way"], entry["changes"][0]["path"]) == ("page", "console_session")


async def test_an_address_that_is_no_page(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("read"))
    answer = await person.get("/console/nothing-here")
    assert (answer.status_code, "There is no such thing here" in answer.text) == (404, True)


async def test_a_slash_at_the_end_of_an_address_is_no_fault(api: Api, person: httpx.AsyncClient) -> None:
    await log_in(person, await api.key("admin"))
    for given, page in (
        ("/console/", "/console"),
        ("/console/orders/", "/console/orders"),
        ("/console//evil.example/", "/console//evil.example"),
    ):
        assert (await person.get(given)).headers["location"] == page
