"""Logging in with an API key, and whoever is logged in. A session is a row in the database and a cookie in the browser."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.api.kit.addresses import caller_of
from app.api.kit.auth import TOUCH_AFTER, Caller, KnownKeys, act_of
from app.engine.core.runtime import Gateway
from app.ids import may_be_unguessable
from app.records import keys
from app.records.console import sessions
from app.records.console.sessions import Session
from app.records.keys import ApiKey
from app.storage.audit import acts
from app.storage.audit.acts import Way

COOKIE = "gateway_console"
PATH = "/console"
LOGIN = "/console/login"


@dataclass(frozen=True)
class LoggedIn:
    """Somebody's session, and what its key may do."""

    session: Session
    caller: Caller

    @property
    def csrf(self) -> str:
        """What every form of this session carries."""
        return hmac.new(self.session.token.encode(), b"csrf", hashlib.sha256).hexdigest()

    def is_ours(self, given: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), given.encode("utf-8", "replace"))


async def of_request(request: Request, gateway: Gateway) -> LoggedIn | None:
    """Who is logged in: one statement. None for nobody, for a session or key that is over, and from an address that the key is
    not for."""
    token = request.cookies.get(COOKIE, "")
    if not may_be_unguessable(token):
        return None
    now = gateway.clock()
    async with gateway.database.read() as db:
        found = await sessions.find(db, token, now)
    if found is None:
        return None
    session, key = found
    if not key.may_come_from(caller_of(request)):
        return None
    if key.last_used_at is None or now - key.last_used_at >= TOUCH_AFTER:
        async with gateway.database.begin() as db:
            await keys.touch(db, key.id, now)
    return LoggedIn(session, Caller(key, gateway))


async def log_in(request: Request, gateway: Gateway, secret: str) -> Session:
    """Begins a session. Raises Unauthenticated, Forbidden and TooManyTries, as the REST API does for a key."""
    known: KnownKeys = request.app.state.keys
    key: ApiKey = await known.find(secret, caller_of(request))
    now = gateway.clock()
    ends = now + timedelta(hours=gateway.settings.console_session_hours)
    acts.begin(act_of(request, key, Way.PAGE))
    async with gateway.database.begin() as db:
        return await sessions.begin(db, key, now, ends if key.expires_at is None else min(ends, key.expires_at))


async def log_out(gateway: Gateway, who: LoggedIn) -> None:
    async with gateway.database.begin() as db:
        await sessions.end(db, who.session.token, who.caller.key)


def remember(response: Response, session: Session, *, is_secure: bool) -> None:
    """Sets the cookie, which ends with the browser or with the session."""
    seconds = int((session.ends_at - session.begins_at).total_seconds())
    response.set_cookie(COOKIE, session.token, max_age=seconds, path=PATH, secure=is_secure, httponly=True, samesite="lax")


def forget(response: Response, *, is_secure: bool) -> None:
    response.delete_cookie(COOKIE, path=PATH, secure=is_secure, httponly=True, samesite="lax")


def inside(address: str) -> str:
    """Where to go after the login: a page of the console, else its first one."""
    is_ours = address == PATH or address.startswith((f"{PATH}/", f"{PATH}?"))
    return address if is_ours and not set(address) & set("\\\r\n\t") and not address.startswith(LOGIN) else PATH
