"""The token that a shop is called with. A call knows only this: what the token is, and a newer one when it was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import httpx

from app.clock import Clock
from app.errors import ConsentEnded, LoginRefused, RateLimited, Unavailable
from app.integrations.kit.oauth2 import ACCESS, OAuthClient, claims
from app.integrations.mystore.credentials import MystoreCredentials, deployment, own_credentials
from app.integrations.mystore.settings import own_settings
from app.integrations.protocol.integration import Opened
from app.integrations.protocol.session import Session, SessionStore


class AccessToken(Protocol):
    """The token of one shop, whatever kind it is."""

    async def token(self) -> str:
        """The token to call with now. Raises the RemoteErrors of `app.errors`, LoginRefused when a person must give access."""
        ...

    async def renewed(self, refused: str) -> str | None:
        """A token that is newer than the one that was refused; None when there is none to be had.

        The caller asks once for a call, and repeats the call once with the new token.
        """
        ...


class PersonalToken:
    """A personal access token. It is valid for years and cannot be renewed: a person makes another. Implements `AccessToken`."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token

    async def renewed(self, refused: str) -> str | None:
        return None


def personal_token(credentials: MystoreCredentials) -> PersonalToken:
    """Raises ValueError for credentials of another kind."""
    if credentials.access_token is None:
        raise ValueError("these credentials hold no personal access token")
    return PersonalToken(credentials.access_token.get_secret_value())


def oauth_client() -> OAuthClient:
    """The deployment's client at mystore's authorization server. Raises LoginRefused when none is set."""
    own = deployment()
    if own.client_id is None or own.client_secret is None:
        message = "this gateway has no OAuth client of mystore (GATEWAY_MYSTORE_CLIENT_ID, GATEWAY_MYSTORE_CLIENT_SECRET)"
        raise LoginRefused(message, system="mystore", call="POST /oauth/token")
    at, secret = own.auth_url, own.client_secret.get_secret_value()
    return OAuthClient(own.client_id, secret, f"{at}/oauth/authorize", f"{at}/oauth/token", "mystore")


class ConsentedToken:
    """The token that a shop has allowed: it is renewed before it expires, and when it is refused. Implements `AccessToken`.

    It is kept in memory until then, so that calls cost no look into the store.
    """

    def __init__(self, store: SessionStore, http: httpx.AsyncClient, clock: Clock, early_seconds: float) -> None:
        self._store = store
        self._http = http
        self._clock = clock
        self._early = timedelta(seconds=early_seconds)
        self._session: Session | None = None

    async def token(self) -> str:
        session = self._session or await self._stored()
        if session.expires_at is not None and session.expires_at - self._early <= self._clock():
            session = await self._before_it_expires(session)
        self._session = session
        return session.values[ACCESS]

    async def renewed(self, refused: str) -> str | None:
        session = self._session
        if session is None or session.values[ACCESS] == refused:
            session = await self._stored()  # another process may have renewed it
        if session.values[ACCESS] == refused:
            session = await self._renew(session)
        self._session = session
        return session.values[ACCESS]

    async def _before_it_expires(self, session: Session) -> Session:
        """A newer one; the same while it is good and the authorization server cannot be reached."""
        try:
            return await self._renew(session)
        except (Unavailable, RateLimited):
            if session.expires_at is not None and session.expires_at > self._clock():
                return session
            raise

    async def _renew(self, old: Session) -> Session:
        return await self._store.renew(old, lambda: oauth_client().renew(self._http, old, self._clock()))

    async def _stored(self) -> Session:
        session = await self._store.current()
        if session is None:
            message = "the shop has not allowed this connection to use it yet, or its address was changed"
            raise ConsentEnded(message, system="mystore", call="login")
        return session


def access_token(opened: Opened) -> AccessToken:
    """The token that a connection calls with, by its credentials."""
    credentials = own_credentials(opened.credentials)
    if credentials.auth_mode == "personal_token":
        return personal_token(credentials)
    if opened.sessions is None:
        raise ValueError("a consent is kept with its connection")
    early = own_settings(opened.settings).refresh_early_seconds
    return ConsentedToken(opened.sessions, opened.client(), opened.clock, early)


def shops_of(token: str) -> tuple[str, ...]:
    """The shops that a token is for, as it says itself; empty when it does not say."""
    hosts = claims(token).get("no_mystore_hosts")
    return tuple(str(each) for each in hosts) if isinstance(hosts, list) else ()


def rights_of(token: str) -> frozenset[str] | None:
    """The rights in a token, as it says itself; None when it does not say."""
    scopes = claims(token).get("scopes")
    if isinstance(scopes, str):
        return frozenset(scopes.split())
    return frozenset(str(each) for each in scopes) if isinstance(scopes, list) else None
