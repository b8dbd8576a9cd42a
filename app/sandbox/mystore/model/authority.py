"""The authorization server: who may be asked, what was allowed, and which tokens are good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.sandbox.mystore.config import Client, Clock, MystoreConfig, User
from app.sandbox.mystore.model.tokens import Grant, jwt, new_name

TEN_YEARS = 3650 * 86400
INVALID_GRANT = ("invalid_grant", 400)


class WrongRequest(Exception):
    """The token endpoint refuses, with an error of OAuth 2.0."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.status = status


@dataclass
class Consent:
    """What a person allowed. It is behind a code first, and behind each refresh token afterwards."""

    client: str
    shop: str
    scopes: tuple[str, ...]
    redirect_uri: str
    expires: datetime
    is_used: bool = False
    access_token: str = ""


class Authority:
    """Codes, refresh tokens, access tokens and logins of one mystore."""

    def __init__(self, config: MystoreConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._codes: dict[str, Consent] = {}
        self._refresh: dict[str, Consent] = {}
        self._logins: dict[str, User] = {}
        self.grants: dict[str, Grant] = {}

    # The pages

    def log_in(self, shop: str, email: str, password: str) -> str | None:
        """The name of a new login, for a cookie; None when one of the three is wrong. A shop may be named by its domain."""
        wanted = User(shop.strip().lower().removeprefix("www.").split(".")[0], email.strip().lower(), password)
        if wanted not in self._config.users or wanted.shop not in self._config.shops:
            return None
        name = new_name()
        self._logins[name] = wanted
        return name

    def log_out(self, login: str | None) -> None:
        self._logins.pop(login or "", None)

    def user(self, login: str | None) -> User | None:
        return self._logins.get(login or "")

    def client(self, client_id: str | None) -> Client | None:
        return next((one for one in self._config.clients if one.id == client_id), None)

    def allow(self, client: Client, user: User, redirect_uri: str, scopes: Sequence[str]) -> str:
        """The code for what the person allowed."""
        code = new_name()
        expires = self._clock() + timedelta(seconds=self._config.code_seconds)
        self._codes[code] = Consent(client.id, user.shop, tuple(scopes), redirect_uri, expires)
        return code

    # The token endpoint

    def authenticate(self, client_id: str | None, secret: str | None) -> Client:
        """Raises WrongRequest."""
        client = self.client(client_id)
        if client is None or client.secret != secret:
            raise WrongRequest("invalid_client", "Client authentication failed", 401)
        return client

    def exchange(self, client: Client, code: str, redirect_uri: str) -> dict[str, Any]:
        """The answer for a code, which is good once. Raises WrongRequest."""
        consent = self._taken(self._codes, code, client, "authorization code")
        if consent.redirect_uri != redirect_uri:
            raise WrongRequest("invalid_grant", "The redirect URI is not that of the authorization request")
        return self._answer(consent)

    def refresh(self, client: Client, refresh_token: str) -> dict[str, Any]:
        """The answer for a refresh token, which is good once. Raises WrongRequest."""
        consent = self._taken(self._refresh, refresh_token, client, "refresh token", self._config.refresh_refusal)
        if self._config.refresh_revokes and (old := self.grants.get(consent.access_token)):
            old.revoked = True
        return self._answer(consent)

    def _taken(
        self, consents: dict[str, Consent], name: str, client: Client, what: str, refusal: tuple[str, int] = INVALID_GRANT
    ) -> Consent:
        error, status = refusal
        consent = consents.get(name)
        if consent is None or consent.client != client.id:
            raise WrongRequest(error, f"The {what} is invalid", status)
        if consent.is_used or self._clock() >= consent.expires:
            raise WrongRequest(error, f"The {what} has been used, has expired or has been revoked", status)
        consent.is_used = True
        return consent

    def _answer(self, consent: Consent) -> dict[str, Any]:
        now = self._clock()
        expires = now + timedelta(seconds=self._config.token_seconds)
        grant = self._granted(consent.shop, consent.scopes, self._config.hidden, expires, consent.client)
        refresh_token = new_name()
        lasts = now + timedelta(seconds=self._config.refresh_seconds)
        self._refresh[refresh_token] = Consent(
            consent.client, consent.shop, consent.scopes, consent.redirect_uri, lasts, access_token=grant.token
        )
        more = {
            "token_type": "Bearer", "expires_in": int(self._config.token_seconds), "scope": " ".join(consent.scopes),
        }  # fmt: skip
        kept = {name: value for name, value in more.items() if name in self._config.answer_members}
        return {**kept, "access_token": grant.token, "refresh_token": refresh_token}

    # Tokens

    def personal_token(self, shop: str, scopes: Sequence[str] = ("*",), hidden: Sequence[str] = ()) -> str:
        """A token that an administrator makes; it lasts ten years."""
        return self._granted(shop, tuple(scopes), tuple(hidden), self._clock() + timedelta(seconds=TEN_YEARS), None).token

    def grant(self, token: str) -> Grant | None:
        """What a token may do; None when it is unknown, expired or revoked."""
        known = self.grants.get(token) or self._configured(token)
        return known if known is not None and known.is_good(self._clock()) else None

    def revoke(self, *, refresh_too: bool = True) -> None:
        """The shop takes the app away: no token that was given out is good any more."""
        for one in self._config.personal_tokens:
            self._configured(one.token)
        for grant in self.grants.values():
            grant.revoked = True
        if refresh_too:
            for consent in self._refresh.values():
                consent.is_used = True

    def expire(self) -> None:
        """The access tokens have expired before their time; what renews them is good."""
        self.revoke(refresh_too=False)

    def _configured(self, token: str) -> Grant | None:
        if token in self.grants:
            return self.grants[token]
        for one in self._config.personal_tokens:
            if one.token == token:
                self.grants[token] = Grant(token, one.shop, tuple(one.scopes), tuple(one.hidden))
        return self.grants.get(token)

    def _granted(
        self, shop: str, scopes: tuple[str, ...], hidden: tuple[str, ...], expires: datetime, client: str | None
    ) -> Grant:
        now = self._clock()
        claims = {
            "aud": client or "1", "jti": new_name(), "iat": int(now.timestamp()), "nbf": int(now.timestamp()),
            "exp": int(expires.timestamp()), "sub": "7", "scopes": list(scopes), "no_mystore_hosts": [shop],
        }  # fmt: skip
        optional = {"exp", "scopes", "no_mystore_hosts"} - set(self._config.token_claims)
        token = jwt({name: value for name, value in claims.items() if name not in optional})
        self.grants[token] = Grant(token, shop, scopes, hidden, client, expires)
        return self.grants[token]
