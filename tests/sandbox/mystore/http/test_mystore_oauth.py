"""The authorization server: logging in, allowing, and what a code and a refresh token are good for."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.sandbox.mystore import Client, User
from tests.sandbox.mystore.calling import Site, headers
from tests.sandbox.mystore.conftest import Build

BACK = "http://gateway.example/oauth/mystore/callback"
CLIENT = Client("12", "client-secret", (BACK,))
STATE = "a b+c/å&x=1"
ASKED = {"client_id": "12", "redirect_uri": BACK, "response_type": "code", "scope": "read:orders write:orders", "state": STATE}
LOGIN = {"shop": "demo", "email": "kari@example.no", "password": "hemmelig"}
FORM = {"Accept": "application/json"}


@pytest.fixture
def site(open_site: Build) -> Site:
    return open_site(clients=(CLIENT,))


async def follow(site: Site, answer: httpx.Response) -> httpx.Response:
    return await site.http.get(answer.headers["location"])


async def consent_page(site: Site, **asked: str) -> httpx.Response:
    """What the person sees after logging in."""
    start = await site.http.get("/oauth/authorize", params={**ASKED, **asked})
    login = await follow(site, start)
    assert "Logg inn" in login.text
    sent = await site.http.post(login.url, data=LOGIN)
    return await follow(site, sent)


async def decide(site: Site, page: httpx.Response, **form: Any) -> dict[str, list[str]]:
    """The query with which the person comes back."""
    answer = await site.http.post(page.url, data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BACK}?")
    return parse_qs(urlsplit(answer.headers["location"]).query)


async def allowed(site: Site, *scopes: str) -> str:
    """A code for these rights."""
    page = await consent_page(site)
    back = await decide(site, page, decision="allow", scope=list(scopes or ASKED["scope"].split()))
    return back["code"][0]


async def exchange(site: Site, code: str, **other: str) -> httpx.Response:
    given = {
        "grant_type": "authorization_code", "client_id": "12", "client_secret": "client-secret", "redirect_uri": BACK,
        "code": code,
    }  # fmt: skip
    return await site.http.post("/oauth/token", data={**given, **other}, headers=FORM)


async def renew(site: Site, refresh_token: str) -> httpx.Response:
    given = {
        "grant_type": "refresh_token", "client_id": "12", "client_secret": "client-secret", "refresh_token": refresh_token,
    }  # fmt: skip
    return await site.http.post("/oauth/token", json=given, headers=FORM)


async def orders_status(site: Site, token: str) -> int:
    return (await site.http.get("/shops/demo/orders", headers=headers(token=token))).status_code


def payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


class TestPages:
    async def test_the_consent_page_lists_the_rights(self, site: Site) -> None:
        page = await consent_page(site)
        assert re.findall(r'name="scope" value="([^"]+)"', page.text) == ["read:orders", "write:orders"]

    async def test_a_wrong_password_keeps_what_was_typed_and_the_right_one_works(self, site: Site) -> None:
        start = await site.http.get("/oauth/authorize", params=ASKED)
        login = await follow(site, start)
        wrong = await site.http.post(login.url, data={**LOGIN, "password": "x"})
        assert (wrong.status_code, 'value="kari@example.no"' in wrong.text, "er feil" in wrong.text) == (422, True, True)
        right = await site.http.post(wrong.url, data=LOGIN)
        assert "read:orders" in (await follow(site, right)).text

    async def test_somebody_with_another_shop_logs_in_anew(self, site: Site) -> None:
        page = await consent_page(site)
        (link,) = re.findall(r'href="(/logout[^"]+)"', page.text)
        left = await site.http.get(link)
        assert left.headers["location"] == str(page.url.raw_path, "ascii")
        assert (await follow(site, left)).headers["location"].startswith("/login?")

    async def test_the_shop_may_be_named_by_its_domain(self, site: Site) -> None:
        sent = await site.http.post("/login?next=/oauth/authorize", data={**LOGIN, "shop": "demo.no"})
        assert sent.status_code == 303

    async def test_state_comes_back_untouched(self, site: Site) -> None:
        page = await consent_page(site)
        assert (await decide(site, page, decision="allow"))["state"] == [STATE]
        denied = await decide(site, page, decision="deny")
        assert (denied["error"], denied["state"]) == (["access_denied"], [STATE])

    @pytest.mark.parametrize("redirect_uri", [f"{BACK}/", BACK.upper(), f"{BACK}?a=1", "http://evil.example/", ""])
    async def test_an_address_that_differs_is_not_gone_to(self, site: Site, redirect_uri: str) -> None:
        answer = await site.http.get("/oauth/authorize", params={**ASKED, "redirect_uri": redirect_uri})
        assert (answer.status_code, "location" in answer.headers) == (401, False)

    @pytest.mark.parametrize(
        ("asked", "error"),
        [({"scope": "read:moon"}, "invalid_scope"), ({"response_type": "token"}, "unsupported_response_type")],
    )
    async def test_a_wrong_request_goes_back_with_its_error(self, site: Site, asked: dict[str, str], error: str) -> None:
        answer = await site.http.get("/oauth/authorize", params={**ASKED, **asked})
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


class TestCodes:
    async def test_the_token_names_the_shop_and_the_rights(self, site: Site) -> None:
        answer = (await exchange(site, await allowed(site))).json()
        assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, "read:orders write:orders")
        claims = payload(answer["access_token"])
        assert (claims["no_mystore_hosts"], claims["scopes"]) == (["demo"], ["read:orders", "write:orders"])
        assert claims["exp"] == site.clock.seconds + 3600
        assert await orders_status(site, answer["access_token"]) == 200

    async def test_only_what_was_ticked_is_granted(self, site: Site) -> None:
        answer = (await exchange(site, await allowed(site, "write:orders"))).json()
        assert answer["scope"] == "write:orders"
        assert await orders_status(site, answer["access_token"]) == 403

    async def test_a_code_is_good_once(self, site: Site) -> None:
        code = await allowed(site)
        assert (await exchange(site, code)).status_code == 200
        again = await exchange(site, code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    async def test_a_code_does_not_last(self, site: Site) -> None:
        code = await allowed(site)
        site.clock.seconds += 60
        assert (await exchange(site, code)).status_code == 400

    @pytest.mark.parametrize(
        ("other", "status", "error"),
        [
            ({"redirect_uri": f"{BACK}/"}, 400, "invalid_grant"),
            ({"client_secret": "x"}, 401, "invalid_client"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"scope": "*"}, 400, "invalid_request"),
        ],
    )
    async def test_what_does_not_fit_is_refused(self, site: Site, other: dict[str, str], status: int, error: str) -> None:
        answer = await exchange(site, await allowed(site), **other)
        assert (answer.status_code, answer.json()["error"]) == (status, error)

    async def test_a_client_does_not_authenticate_in_a_header(self, site: Site) -> None:
        given = {"grant_type": "refresh_token", "refresh_token": "x"}
        answer = await site.http.post("/oauth/token", data=given, auth=("12", "client-secret"), headers=FORM)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    async def test_errors_may_have_the_other_shape(self, open_site: Build) -> None:
        answer = await exchange(open_site(auth_errors="errors"), "x", client_secret="y")
        assert answer.json() == {
            "errors": [{"status": "401", "title": "Unauthorized", "detail": "invalid_client: Client authentication failed"}]
        }

    async def test_the_answer_may_say_less(self, site: Site) -> None:
        site.mystore.change(answer_members=[], token_claims=["no_mystore_hosts"])
        answer = (await exchange(site, await allowed(site))).json()
        assert set(answer) == {"access_token", "refresh_token"}
        assert {"exp", "scopes"} & set(payload(answer["access_token"])) == set()


class TestRenewal:
    async def test_a_refresh_token_is_good_once(self, site: Site) -> None:
        first = (await exchange(site, await allowed(site))).json()
        second = (await renew(site, first["refresh_token"])).json()
        again = await renew(site, first["refresh_token"])
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert await orders_status(site, first["access_token"]) == 403
        assert await orders_status(site, second["access_token"]) == 200
        assert (await renew(site, second["refresh_token"])).status_code == 200

    async def test_an_older_server_refuses_with_another_error(self, site: Site) -> None:
        site.mystore.change(refresh_refusal=["invalid_request", 401])
        answer = await renew(site, "x")
        assert (answer.status_code, answer.json()) == (
            401,
            {"error": "invalid_request", "message": "The refresh token is invalid"},
        )

    async def test_an_access_token_expires(self, site: Site) -> None:
        given = (await exchange(site, await allowed(site))).json()
        site.clock.seconds += 3600
        answer = await site.http.get("/shops/demo/orders", headers=headers(token=given["access_token"]))
        assert answer.json() == {"errors": [{"status": "403", "title": "Forbidden", "detail": "Token has expired or is invalid"}]}
        assert await orders_status(site, (await renew(site, given["refresh_token"])).json()["access_token"]) == 200

    async def test_a_shop_that_takes_the_app_away_ends_both(self, site: Site) -> None:
        given = (await exchange(site, await allowed(site))).json()
        site.mystore.authority.revoke()
        assert await orders_status(site, given["access_token"]) == 403
        assert (await renew(site, given["refresh_token"])).status_code == 400

    async def test_an_answer_can_get_lost_after_the_work_was_done(self, site: Site) -> None:
        given = (await exchange(site, await allowed(site))).json()
        await site.http.post(
            "/_sandbox/faults", json={"kind": "status", "path": "/oauth/token", "times": 1, "status": 504, "after_write": True}
        )
        assert (await renew(site, given["refresh_token"])).status_code == 504
        assert (await renew(site, given["refresh_token"])).status_code == 400


async def test_a_token_opens_its_own_shop_only(open_site: Build) -> None:
    site = open_site(clients=(CLIENT,), shops=("demo", "fjell"), users=(User("fjell", "ola@example.no", "x"),))
    token = site.mystore.authority.personal_token("fjell")
    assert await orders_status(site, token) == 403
    assert (await site.http.get("/shops/fjell/orders", headers=headers(token=token))).status_code == 200
