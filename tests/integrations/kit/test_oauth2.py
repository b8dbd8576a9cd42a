"""Tokens for a code, new tokens for a refresh token, and what a refusal means."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import respx

from app.errors import ConsentEnded, LoginRefused, Malformed, Unavailable
from app.http import BoundedTransport
from app.integrations.kit.oauth2 import OAuthClient, claims
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.session import CameBack, Session

BACK = CameBack(ConnectionSettings(), "https://gw.example/oauth/x/callback", "st4te", "c0de")
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
CLIENT = OAuthClient("7", "s3cret", "https://auth.example/oauth/authorize", "https://auth.example/oauth/token", "the shop")
# {"exp": 1796040000, "scopes": ["read:orders"]}: 2026-11-30 12:00:00 UTC
JWT = "e30.eyJleHAiOjE3OTYwNDAwMDAsInNjb3BlcyI6WyJyZWFkOm9yZGVycyJdfQ.c2ln"


async def exchanged(answer: httpx.Response) -> Session:
    with respx.mock() as mocked:
        mocked.post(CLIENT.token_url).mock(return_value=answer)
        async with httpx.AsyncClient(transport=BoundedTransport(httpx.AsyncHTTPTransport())) as http:
            return await CLIENT.exchange(http, BACK, NOW)


async def renewed(answer: httpx.Response, old: dict[str, str]) -> tuple[Session, dict[str, str]]:
    with respx.mock() as mocked:
        route = mocked.post(CLIENT.token_url).mock(return_value=answer)
        async with httpx.AsyncClient(transport=BoundedTransport(httpx.AsyncHTTPTransport())) as http:
            made = await CLIENT.renew(http, Session(old), NOW)
        return made, dict(parse_qsl(route.calls.last.request.content.decode()))


def test_the_page_is_asked_for_with_every_right_and_the_state() -> None:
    page = urlsplit(CLIENT.page("https://gw.example/oauth/x/callback", "st4te", ["read:orders", "write:orders"]))
    assert (page.netloc, page.path) == ("auth.example", "/oauth/authorize")
    assert dict(parse_qsl(page.query)) == {
        "client_id": "7",
        "redirect_uri": "https://gw.example/oauth/x/callback",
        "response_type": "code",
        "scope": "read:orders write:orders",
        "state": "st4te",
    }
    assert "scope=read%3Aorders%20write%3Aorders" in page.query


@pytest.mark.parametrize(
    ("answer", "expires_at"),
    [
        ({"access_token": "a", "refresh_token": "r", "expires_in": 3600}, datetime(2026, 11, 29, 13, 0, tzinfo=UTC)),
        ({"access_token": "a", "refresh_token": "r", "expires_in": "3600"}, datetime(2026, 11, 29, 13, 0, tzinfo=UTC)),
        ({"access_token": JWT, "refresh_token": "r"}, datetime(2026, 11, 30, 12, 0, tzinfo=UTC)),
        ({"access_token": "a", "refresh_token": "r"}, None),
        ({"access_token": "a", "refresh_token": "r", "expires_in": 1e300}, None),
    ],
)
async def test_a_token_ends_when_the_answer_or_the_token_itself_says(answer: dict[str, Any], expires_at: datetime | None) -> None:
    made = await exchanged(httpx.Response(200, json=answer))
    assert made == Session({"access_token": answer["access_token"], "refresh_token": "r"}, expires_at)


async def test_new_tokens_replace_both_and_a_refresh_token_that_is_not_repeated_stays() -> None:
    made, sent = await renewed(
        httpx.Response(200, json={"access_token": "a2", "refresh_token": "r2", "expires_in": 60}),
        {"access_token": "a1", "refresh_token": "r1", "scope": "read:orders"},
    )
    assert made.values == {"access_token": "a2", "refresh_token": "r2", "scope": "read:orders"}
    assert sent == {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "7", "client_secret": "s3cret"}
    made, _ = await renewed(httpx.Response(200, json={"access_token": "a2"}), {"access_token": "a1", "refresh_token": "r1"})
    assert made.values == {"access_token": "a2", "refresh_token": "r1"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            400,
            {"error": "invalid_grant", "message": "The refresh token is invalid."},
            ConsentEnded,
            "The refresh token is invalid.",
        ),
        (401, {"error": "invalid_request", "error_description": "Token was revoked"}, ConsentEnded, "Token was revoked"),
        (403, {"errors": [{"status": "403", "title": "Forbidden", "detail": "No more"}]}, ConsentEnded, "No more"),
        (401, {"error": "invalid_client", "message": "Client authentication failed"}, LoginRefused, "client id and secret"),
        (500, {"error": "server_error"}, Unavailable, "500"),
        (403, "<html>blocked</html>", Malformed, "not as an authorization server does"),
        (200, {"token_type": "Bearer"}, Malformed, "without an access token"),
    ],
)
async def test_only_the_servers_own_no_ends_a_consent(status: int, body: Any, kind: type[Exception], words: str) -> None:
    answer = httpx.Response(status, json=body) if isinstance(body, dict) else httpx.Response(status, text=body)
    with pytest.raises(kind, match=words) as caught:
        await renewed(answer, {"access_token": "a1", "refresh_token": "r1"})
    assert type(caught.value) is kind
    assert "r1" not in str(caught.value)


async def test_a_session_without_a_refresh_token_cannot_be_renewed() -> None:
    with respx.mock(), pytest.raises(ConsentEnded):
        async with httpx.AsyncClient() as http:
            await CLIENT.renew(http, Session({"access_token": "a1"}), NOW)


async def test_with_pkce_the_code_is_proven_without_anything_kept() -> None:
    """RFC 7636: the challenge is the SHA-256 of the verifier that is sent with the code."""
    page = dict(parse_qsl(urlsplit(CLIENT.page(BACK.redirect_uri, "st4te", ["a"], use_pkce=True)).query))
    with respx.mock() as mocked:
        route = mocked.post(CLIENT.token_url).mock(return_value=httpx.Response(200, json={"access_token": "a"}))
        async with httpx.AsyncClient(transport=BoundedTransport(httpx.AsyncHTTPTransport())) as http:
            await CLIENT.exchange(http, BACK, NOW, use_pkce=True)
    sent = dict(parse_qsl(route.calls.last.request.content.decode()))
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert page["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (page["code_challenge_method"], len(sent["code_verifier"])) == ("S256", 43)
    assert "s3cret" not in sent["code_verifier"]


@pytest.mark.parametrize("token", ["", "a.b", "a.!!.c", "a.bm90IGpzb24.c", "a.W10.c"])
def test_what_is_no_jwt_says_nothing_of_itself(token: str) -> None:
    assert claims(token) == {}
