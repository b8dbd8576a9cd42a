"""What one process of the gateway works with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from app.clock import Clock, utc_now
from app.engine.core.pace import PacedTransport, PaceKeeper
from app.engine.core.queue import WakeUps
from app.engine.core.sessions import SharedSessions
from app.http import GuardedTransport, account_client, client_on
from app.integrations.protocol import Source
from app.integrations.protocol.integration import Opened
from app.records import connections
from app.records.connections import SHOP_LANE, Connection
from app.settings import Settings
from app.storage.engine import Database
from app.storage.secrets import Vault, open_vault
from app.ttl_cache import TtlCache
from app.warehouse.rest.client import OngoingClient

CACHE_SECONDS = 2.0
"""How old a cached connection may be. Every process sees a change within this time."""
SOURCE_SECONDS = 24 * 3600.0
"""How long a client of an outside system is kept, with all it has cached, however often it is used."""
MOST_CACHED = 10_000


@dataclass(frozen=True)
class _OpenSource:
    """A client, and the versions of the settings and the test for which it was made."""

    made_for: tuple[int, datetime | None]
    source: Source


@dataclass
class Gateway:
    """One process's database, queue, vault, clock and outgoing connections. `stopping` is set when it is to end.

    `http` is the client that all connections share, on `transport`.
    """

    settings: Settings
    database: Database
    vault: Vault
    wake_ups: WakeUps
    transport: httpx.AsyncBaseTransport
    http: httpx.AsyncClient
    paces: PaceKeeper
    clock: Clock = utc_now
    stopping: bool = False
    pruned_at: datetime | None = None
    _connections: TtlCache[str, Connection] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_CACHED))
    _lanes: TtlCache[str, list[Connection]] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_CACHED))
    _sources: TtlCache[str, _OpenSource] = field(default_factory=lambda: TtlCache(SOURCE_SECONDS, MOST_CACHED))

    async def connection(self, connection_id: str) -> Connection:
        """By id, at most CACHE_SECONDS old. Raises NotFound."""
        kept = self._connections.get(connection_id)
        if kept is not None:
            return kept
        async with self.database.read() as db:
            return self._connections.put(connection_id, await connections.find(db, self.vault, connection_id))

    async def on_lane(self, lane: str) -> list[Connection]:
        """The connections whose writes go through this lane (a goods owner's, or one shop's), at most CACHE_SECONDS old."""
        if lane.startswith(SHOP_LANE):
            return [await self.connection(lane.removeprefix(SHOP_LANE))]
        kept = self._lanes.get(lane)
        if kept is not None:
            return kept
        async with self.database.read() as db:
            return self._lanes.put(lane, await connections.every(db, self.vault, lane=lane))

    def forget(self, connection_id: str) -> None:
        """Called after this process has changed the connection."""
        self._connections.forget(connection_id)
        self._lanes.clear()

    def source(self, connection: Connection) -> Source:
        """A client of the connection's shop, kept (with what it has cached) until its settings change or it is tested again."""
        made_for = (connection.settings_version, connection.tested_at)
        kept = self._sources.get(connection.id)
        if kept is None or kept.made_for != made_for:
            kept = self._sources.put(connection.id, _OpenSource(made_for, self.open_source(connection, connection.facts)))
        return kept.source

    def open_source(self, connection: Connection, facts: Mapping[str, Any]) -> Source:
        """A new client that knows these facts about the system. Its transport remembers what the account allows."""
        system, transport, shared = connection.system, self.transport, self.http
        pace = system.pace(connection.source)
        if pace is not None:
            key = f"{connection.integration}|{system.account(connection.source).key}"
            transport = PacedTransport(self.transport, self.paces, key, pace, self.clock)
            shared = client_on(transport)

        def client(*, own: bool = False) -> httpx.AsyncClient:
            return account_client(transport) if own else shared

        sessions = SharedSessions(self.database, self.vault, self.clock, connection.id, system.title)
        return system.open(Opened(connection.settings, connection.source, client, self.clock, facts, sessions))

    def warehouse(self, connection: Connection) -> OngoingClient:
        return OngoingClient(connection.warehouse, self.http, self.clock, connection.settings.warehouse)

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.close()


@asynccontextmanager
async def open_gateway(settings: Settings, wake_ups: WakeUps, clock: Clock = utc_now) -> AsyncIterator[Gateway]:
    """Opens everything, and closes it again at the end."""
    transport = GuardedTransport(settings.reach)
    gateway = Gateway(
        settings=settings,
        database=Database(settings.sqlalchemy_url),
        vault=open_vault(settings),
        wake_ups=wake_ups,
        transport=transport,
        http=client_on(transport),
        paces=PaceKeeper(wake_ups.redis),
        clock=clock,
    )
    try:
        yield gateway
    finally:
        await gateway.close()
