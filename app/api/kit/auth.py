"""Who calls: API keys, their rights, and the connections they may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.api.door.wrong_tries import WrongTries
from app.api.kit.addresses import caller_of, neighbourhood
from app.api.kit.queries import refuse_unknown
from app.domain import Right
from app.engine.core.runtime import Gateway
from app.errors import Forbidden, NotFound, TooManyTries, Unauthenticated, nearest
from app.records import connections, keys
from app.records.connections import Connection
from app.records.keys import ApiKey
from app.storage.audit import acts
from app.storage.audit.acts import Act, Way
from app.ttl_cache import TtlCache

CACHE_SECONDS = 3.0
"""How long a process may still accept a revoked key that it has just seen."""

MAKE_ONE = "make one with: gateway keys create NAME"
MAX_CACHED = 1000
READING = frozenset({"GET", "HEAD", "OPTIONS"})
WELCOME_SECONDS = 3600.0
"""How long an address is let in with a key that was right there before, whatever others try from it."""
TOUCH_AFTER = timedelta(minutes=1)

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="`Authorization: Bearer gw_…`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="api_key", description="`X-API-Key: gw_…`")


@dataclass
class KnownKeys:
    """The keys seen last, by their hash. One a process. Addresses that send too many wrong ones are slowed down."""

    gateway: Gateway
    tries: WrongTries = field(default_factory=lambda: WrongTries("api", "API key", "wrong-keys"))
    _kept: TtlCache[str, ApiKey] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MAX_CACHED))
    _welcome: TtlCache[tuple[str, str], bool] = field(default_factory=lambda: TtlCache(WELCOME_SECONDS, MAX_CACHED))

    async def find(self, secret: str, address: str) -> ApiKey:
        """The key that somebody at that address has sent. Raises Unauthenticated, Forbidden and TooManyTries."""
        digest, caller = keys.hashed(secret), neighbourhood(address)
        self._let_in(caller, digest)
        kept = self._kept.get(digest)
        if kept is None:
            async with self.gateway.database.read() as db:
                found = await keys.find(db, secret)
            if found is None:
                self.tries.wrong(self.gateway, caller)
                raise Unauthenticated("this API key is unknown or was revoked", fix=MAKE_ONE)
            kept = self._kept.put(digest, await self._touched(found))
        self._refuse_limits(kept, address)
        self._welcome.put((caller, digest), True)
        return kept

    def _refuse_limits(self, key: ApiKey, address: str) -> None:
        if key.expires_at is not None and key.is_over(self.gateway.clock()):
            raise Unauthenticated(f"this API key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC", fix=MAKE_ONE)
        if not key.may_come_from(address):
            where = f"from {address}" if address else "without an address"
            fix = "call from one of its addresses, or make a key for this one: gateway keys create NAME --address ADDRESS"
            raise Forbidden(f"this API key may not be used {where}", fix=fix)

    def _let_in(self, caller: str, digest: str) -> None:
        """Raises TooManyTries for an address that is slowed down, unless this very key was right there."""
        seconds = self.tries.wait(caller)
        if seconds and not self._welcome.get((caller, digest)):
            raise TooManyTries(seconds)

    async def _touched(self, key: ApiKey) -> ApiKey:
        now = self.gateway.clock()
        if key.last_used_at is None or now - key.last_used_at >= TOUCH_AFTER:
            async with self.gateway.database.begin() as db:
                await keys.touch(db, key.id, now)
        return key

    def wrong_link(self, address: str) -> None:
        """Somebody at that address has opened a one-time link that is none."""
        self.tries.wrong(self.gateway, neighbourhood(address))

    def let_in(self, address: str) -> None:
        """Raises TooManyTries for an address that is slowed down."""
        if seconds := self.tries.wait(neighbourhood(address)):
            raise TooManyTries(seconds)

    def forget(self) -> None:
        """After a key was revoked by this process."""
        self._kept.clear()


@dataclass(frozen=True)
class Caller:
    """Whoever sent the request, by the key they sent."""

    key: ApiKey
    gateway: Gateway

    @property
    def connection_ids(self) -> list[str] | None:
        """The connections the key may see; None: all."""
        return None if self.key.connection_ids is None else list(self.key.connection_ids)

    async def connection(self, id_or_name: str) -> Connection:
        """Raises NotFound, also for a connection that exists but is not among the key's."""
        async with self.gateway.database.read() as db:
            try:
                found = await connections.find(db, self.gateway.vault, id_or_name)
            except NotFound:
                found = None
        if found is None or not self.key.sees(found.id):
            async with self.gateway.database.read() as db:
                known = await connections.names(db)
            meant = nearest(id_or_name, [name for each, name in known.items() if self.key.sees(each)])
            fix = "list them with: gateway connections list"
            fix = f"did you mean {meant}? {fix}" if meant else fix
            raise NotFound(f"there is no connection {id_or_name!r}", field="connection", fix=fix)
        return found

    async def scope(self, id_or_name: str | None) -> list[str] | None:
        """The connections that a list's `connection` filter leaves, of those the key may see. None: all. Raises NotFound."""
        return self.connection_ids if id_or_name is None else [(await self.connection(id_or_name)).id]

    def must_see_all(self, what: str) -> None:
        """Raises Forbidden for a key that is limited to some connections."""
        if self.key.connection_ids is not None:
            raise Forbidden(
                f"{what} belong to no single connection, and this key is limited to some",
                fix="use a key without a limit to connections",
            )


async def _caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    header: Annotated[str | None, Security(_header)] = None,
) -> Caller:
    secret = bearer.credentials if bearer else header
    if not secret:
        raise Unauthenticated(
            "the request has no API key",
            fix="send Authorization: Bearer gw_… or X-API-Key: gw_…; make a key with: gateway keys create NAME",
        )
    known: KnownKeys = request.app.state.keys
    caller = Caller(await known.find(secret, caller_of(request)), known.gateway)
    if request.method not in READING:
        acts.begin(act_of(request, caller.key))
    refuse_unknown(request)
    return caller


def act_of(request: Request, key: ApiKey | None, way: Way = Way.API, actor: str | None = None) -> Act:
    """Who is at work when this request changes something."""
    path = getattr(request.scope.get("route"), "path_format", request.url.path)
    clock = request.app.state.gateway.clock
    key_id, key_name = (key.id, key.name) if key is not None else (None, None)
    return Act(way, f"{request.method} {path}", key_id, key_name, actor, caller_of(request), clock)


def _with(right: Right) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if not caller.key.may(right):
            held = ", ".join(sorted(caller.key.rights)) or "none"
            raise Forbidden(
                f"this needs a key with the right {right.value}; yours has {held}",
                fix=f"make one with: gateway keys create NAME --right {right.value}",
            )
        return caller

    return check


Reader = Annotated[Caller, Depends(_with(Right.READ))]
Syncer = Annotated[Caller, Depends(_with(Right.SYNC))]
Admin = Annotated[Caller, Depends(_with(Right.ADMIN))]
