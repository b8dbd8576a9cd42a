"""Who may call: the token in both forms, and when it is worth nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.sandbox.nettbutikk24.calling import TOKEN, Site
from tests.sandbox.nettbutikk24.conftest import Build


async def asked(site: Site, auth: Any = None, **query: str) -> int:
    """The status of a call with these credentials and no others."""
    site.use(auth)
    return (await site.get("orders", **query)).status_code


@pytest.mark.parametrize("password", ["", "x-oauth-basic"])
async def test_basic_has_the_token_as_user(site: Site, password: str) -> None:
    assert await asked(site, (TOKEN, password)) == 200


async def test_the_token_may_be_a_parameter(site: Site) -> None:
    assert await asked(site, access_token=TOKEN) == 200


@pytest.mark.parametrize(
    ("auth", "query"),
    [
        (None, {}),
        (("another", ""), {}),
        ((TOKEN, "password"), {}),
        (None, {"access_token": "another"}),
        (None, {"access_token": ""}),
    ],
)
async def test_anything_else_is_refused_without_a_body(site: Site, auth: Any, query: dict[str, str]) -> None:
    site.use(auth)
    answer = await site.get("orders", **query)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_a_header_that_is_not_basic_is_no_token(site: Site) -> None:
    site.use(None)
    for header in ("Bearer " + TOKEN, "Basic !", "Basic " + TOKEN):
        answer = await site.http.get("/api/v1/orders", headers={"Authorization": header})
        assert answer.status_code == 401


async def test_the_refusal_is_a_setting(open_site: Build) -> None:
    assert await asked(open_site(wrong_token_status=403)) == 403


async def test_each_form_can_be_off(open_site: Build) -> None:
    query_only, basic_only = open_site(auth_forms=("query",)), open_site(auth_forms=("basic",))
    assert await asked(query_only, (TOKEN, "")) == 401
    assert await asked(query_only, access_token=TOKEN) == 200
    assert await asked(basic_only, access_token=TOKEN) == 401
    assert await asked(basic_only, (TOKEN, "")) == 200


async def test_both_forms_at_once_are_refused_by_a_strict_shop(open_site: Build) -> None:
    assert await asked(open_site(), (TOKEN, ""), access_token=TOKEN) == 400
    assert await asked(open_site(strict=False), (TOKEN, ""), access_token=TOKEN) == 200


async def test_a_replaced_token_is_worth_nothing(site: Site) -> None:
    new = site.shop.replace_token()
    assert await asked(site, (TOKEN, "")) == 401
    assert await asked(site, (new, "")) == 200
    assert site.shop.replace_token("mine") == "mine"
    site.shop.remove_token()
    assert await asked(site, ("mine", "")) == 401


async def test_the_token_is_looked_at_first(site: Site) -> None:
    site.use(None)
    for path in ("orders/9999", "orders/abc", "nothing"):
        assert (await site.get(path)).status_code == 401


async def test_one_call_a_second(open_site: Build) -> None:
    site = open_site(requests_per_second=1, retry_after=2)
    assert (await site.get("orders")).status_code == 200
    answer = await site.get("orders")
    assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (429, "2", b"")
    site.clock.seconds += 1
    assert [(await site.get("orders")).status_code for _ in range(2)] == [200, 429]


async def test_a_burst_after_a_pause(open_site: Build) -> None:
    site = open_site(requests_per_second=2, burst=3)
    assert [(await site.get("orders")).status_code for _ in range(4)] == [200, 200, 200, 429]
    site.clock.seconds += 0.5
    assert [(await site.get("orders")).status_code for _ in range(2)] == [200, 429]


async def test_one_call_at_a_time(open_site: Build) -> None:
    site = open_site(one_at_a_time=True, busy_status=503, call_seconds=0.05)
    answers: list[httpx.Response] = await asyncio.gather(*(site.get("orders") for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 503]
    assert site.shop.pace.most_at_once == 2
    assert (await site.get("orders")).status_code == 200
