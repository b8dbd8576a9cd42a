"""The authorization code grant of OAuth 2.0 (RFC 6749): the page to send a person to, and the calls for tokens.

The client's id and secret go in the body (`client_secret_post`). Calls go through the gateway's own HTTP client, with its limits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from app.errors import ConsentEnded, LoginRefused, Malformed, Refused, RemoteError
from app.http import Answer, encode_query, raise_passing, send
from app.integrations.protocol.session import CameBack, Session

SECONDS = 30.0
ACCESS, REFRESH, SCOPE = "access_token", "refresh_token", "scope"
"""Names in a session's values."""
OWN_FAULTS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""What an authorization server says when it is our client that it does not accept, whatever a person had allowed."""


@dataclass(frozen=True)
class OAuthClient:
    """A deployment's client at one authorization server. `system` is the server's name in messages."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    system: str

    def page(self, redirect_uri: str, state: str, rights: Iterable[str], *, use_pkce: bool = False) -> str:
        """The address to send a person to."""
        query = [
            ("client_id", self.client_id),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", " ".join(rights)),
            ("state", state),
        ]
        if use_pkce:
            challenge = _base64url(hashlib.sha256(self._verifier(state).encode()).digest())
            query += [("code_challenge", challenge), ("code_challenge_method", "S256")]
        return f"{self.authorize_url}?{encode_query(query)}"

    def _verifier(self, state: str) -> str:
        """PKCE's (RFC 7636): nobody can make it from `state` without our secret, and we need not keep it."""
        return _base64url(hmac.new(self.client_secret.encode(), f"pkce {state}".encode(), hashlib.sha256).digest())

    async def exchange(self, client: httpx.AsyncClient, came_back: CameBack, now: datetime, *, use_pkce: bool = False) -> Session:
        """The tokens for a code. Raises LoginRefused for a code that is not good, and the other RemoteErrors."""
        given = {"grant_type": "authorization_code", "redirect_uri": came_back.redirect_uri, "code": came_back.code}
        if use_pkce:
            given["code_verifier"] = self._verifier(came_back.state)
        answer = await self._ask(client, given, now)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, LoginRefused)
        return self._session(answer, now, {})

    async def renew(self, client: httpx.AsyncClient, old: Session, now: datetime) -> Session:
        """New tokens for the refresh token in `old`. Raises ConsentEnded when it is good no more, and the other RemoteErrors."""
        if REFRESH not in old.values:
            message = f"{self.system} gave no token to renew the access with"
            raise ConsentEnded(message, system=self.system, call=self._call)
        given = {"grant_type": "refresh_token", "refresh_token": old.values[REFRESH]}
        answer = await self._ask(client, given, now)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, ConsentEnded)
        return self._session(answer, now, old.values)

    @property
    def _call(self) -> str:
        return f"POST {urlsplit(self.token_url).path}"

    async def _ask(self, client: httpx.AsyncClient, given: Mapping[str, str], now: datetime) -> Answer:
        own = {"client_id": self.client_id, "client_secret": self.client_secret}
        request = client.build_request("POST", self.token_url, data={**given, **own}, headers={"Accept": "application/json"})
        answer = await send(client, request, timeout=SECONDS, system=self.system)
        raise_passing(answer, system=self.system, call=self._call, now=now)
        return answer

    def _refusal(self, answer: Answer, kind: type[LoginRefused]) -> RemoteError:
        """What an answer that is no success means. Only the server's own JSON says that a code or a token is not good."""
        code, words = _said(answer.json)
        more: dict[str, Any] = {"system": self.system, "call": self._call, "status": answer.status, "answer": answer.text()}
        if code in OWN_FAULTS:
            return LoginRefused(f"{self.system} does not accept this gateway's client id and secret ({words})", **more)
        if answer.status in (400, 401, 403) and words:
            return kind(f"{self.system} says: {words}", **more)
        if words:
            return Refused(f"{self.system} says: {words}", **more)
        return Malformed(f"{self.system} answered {answer.status}, and not as an authorization server does", **more)

    def _session(self, answer: Answer, now: datetime, old: Mapping[str, str]) -> Session:
        found = answer.json if isinstance(answer.json, dict) else {}
        access = found.get(ACCESS)
        if not isinstance(access, str) or not access:
            message = f"{self.system} answered {answer.status} without an access token"
            raise Malformed(message, system=self.system, call=self._call, status=answer.status)
        values = {name: old[name] for name in (REFRESH, SCOPE) if name in old}
        values |= {name: found[name] for name in (REFRESH, SCOPE) if isinstance(found.get(name), str)}
        return Session({**values, ACCESS: access}, _expiry(found, access, now))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _said(document: Any) -> tuple[str, str]:
    """An error's code and words: as RFC 6749 has them, with `message`, or as JSON:API's `errors`. Empty where there are none."""
    if not isinstance(document, dict):
        return "", ""
    errors = document.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        words = errors[0].get("detail") or errors[0].get("title") or ""
        return str(errors[0].get("code") or ""), str(words)[:300]
    code = document.get("error")
    words = document.get("error_description") or document.get("message") or code or ""
    return code if isinstance(code, str) else "", str(words)[:300]


def _expiry(found: Mapping[str, Any], access: str, now: datetime) -> datetime | None:
    """When the token ends (UTC): by `expires_in` (seconds), else by what the token says itself; None: not known."""
    seconds = found.get("expires_in")
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds)
    try:
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
            return now + timedelta(seconds=seconds)
        ends = claims(access).get("exp")
        if isinstance(ends, int | float) and not isinstance(ends, bool) and ends > 0:
            return datetime.fromtimestamp(ends, UTC)
    except (OverflowError, ValueError, OSError):
        pass
    return None


def claims(token: str) -> Mapping[str, Any]:
    """What a token says of itself, unverified; empty for one that is no JWT. It comes from the server that we have asked."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
