"""What one process of the gateway works with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import httpx
from sqlalchemy import exists, select

from app.clock import Clock, utc_now
from app.domain import Kind, Process
from app.engine.core.account_circuit import AccountCircuits, RestingClient
from app.engine.core.circuit import of_source
from app.engine.core.pace import PacedTransport, PaceKeeper
from app.engine.core.queue import WakeUps
from app.engine.core.sessions import SharedSessions, consent_page
from app.http import GuardedTransport, ListeningClient, account_client, client_on
from app.integrations.kit.odd_answers import what_stands_around
from app.integrations.protocol import Source
from app.integrations.protocol.integration import Opened
from app.records import connections
from app.records.alerts import DailyAlerts
from app.records.connection_lanes import SHOP_LANE
from app.records.connections import Connection
from app.settings import Settings
from app.storage.engine import Database
from app.storage.secrets import Vault, open_vault
from app.storage.shared_clock import SharedClock, kept_right
from app.storage.tables import jobs, mappings
from app.ttl_cache import TtlCache
from app.warehouse.rest.client import OngoingClient

CACHE_SECONDS = 2.0
"""How old a cached connection may be. Every process sees a change within this time."""
SOURCE_SECONDS = 24 * 3600.0
"""How long a client of an outside system is kept, with all it has cached, however often it is used."""
ARTICLE_SECONDS = 600.0
"""How long it is taken for granted that an article is in the WMS."""
MOST_CACHED = 10_000


_Lane = tuple[list[Connection], frozenset[str]]
"""A goods owner's connections, and the ids of those that cannot be opened."""


@dataclass(frozen=True)
class _OpenSource:
    """A client, and what it was made for: the versions of the settings and the test, and whether the connection is in use."""

    made_for: tuple[int, datetime | None, bool]
    source: Source


@dataclass(frozen=True)
class StoredNumbers:
    """The article numbers of one connection. Implements `integrations.protocol.integration.ArticleNumbers`."""

    database: Database
    connection_id: str

    async def numbers(self, source_ids: Collection[str]) -> Mapping[str, str]:
        mine = (mappings.c.connection_id == self.connection_id, mappings.c.kind == Kind.ARTICLE)
        # An article that cannot be sent has a number all the same, which may be another one's too: its job has none.
        cannot = exists().where(jobs.c.mapping_id == mappings.c.id, jobs.c.process == Process.ARTICLES, jobs.c.number.is_(None))
        wanted = (*mine, mappings.c.source_id.in_(source_ids), ~cannot)
        query = select(mappings.c.source_id, mappings.c.source_number).where(*wanted)
        async with self.database.read() as db:
            return {row.source_id: row.source_number for row in await db.execute(query) if row.source_number}


@dataclass
class Gateway:
    """One process's database, queue, vault, clock and outgoing connections. `stopping` is set when it is to end.

    `http` is the client that all connections share, on `transport`. `prune_at`: when this process looks at retention again.
    """

    settings: Settings
    database: Database
    vault: Vault
    wake_ups: WakeUps
    transport: httpx.AsyncBaseTransport
    http: httpx.AsyncClient
    paces: PaceKeeper
    circuits: AccountCircuits
    daily: DailyAlerts
    clock: Clock = utc_now
    stopping: bool = False
    prune_at: datetime | None = None
    kept: dict[type[Any], Any] = field(default_factory=dict)
    """What a part of the engine keeps in this process, by its own type."""
    _connections: TtlCache[str, Connection] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_CACHED))
    _lanes: TtlCache[str, _Lane] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_CACHED))
    _sources: TtlCache[str, _OpenSource] = field(default_factory=lambda: TtlCache(SOURCE_SECONDS, MOST_CACHED))

    known_articles: TtlCache[tuple[str, str], bool] = field(default_factory=lambda: TtlCache(ARTICLE_SECONDS, MOST_CACHED))
    """Articles that are in the WMS, by lane and number."""
    job_seconds: TtlCache[str, float] = field(default_factory=lambda: TtlCache(SOURCE_SECONDS, MOST_CACHED))
    """How long a job of each lane took of late."""
    alive: set[tuple[str, int]] = field(default_factory=set)
    """Leases (key and fence) whose jobs this process could not let go of: the database was away."""

    async def connection(self, connection_id: str) -> Connection:
        """By id, at most CACHE_SECONDS old. Raises NotFound."""
        kept = self._connections.get(connection_id)
        if kept is not None:
            return kept
        async with self.database.read() as db:
            return self._connections.put(connection_id, await connections.find(db, self.vault, connection_id))

    async def connection_now(self, connection_id: str) -> Connection:
        """By id, as it is at this moment. Raises NotFound."""
        self._connections.forget(connection_id)
        return await self.connection(connection_id)

    async def on_lane(self, lane: str) -> list[Connection]:
        """The connections whose writes go through this lane (a goods owner's, or one shop's), at most CACHE_SECONDS old.

        Those of a goods owner that cannot be opened are left out (`closed_on`).
        """
        if lane.startswith(SHOP_LANE):
            return [await self.connection(lane.removeprefix(SHOP_LANE))]
        return (await self._lane(lane))[0]

    async def closed_on(self, lane: str) -> frozenset[str]:
        """The ids of the goods owner's connections that cannot be opened. The sweeper alerts about each."""
        return frozenset() if lane.startswith(SHOP_LANE) else (await self._lane(lane))[1]

    async def _lane(self, lane: str) -> _Lane:
        kept = self._lanes.get(lane)
        if kept is not None:
            return kept
        async with self.database.read() as db:
            return self._lanes.put(lane, await connections.on_lane(db, self.vault, lane))

    def forget(self, connection_id: str) -> None:
        """Called after this process has changed the connection."""
        self._connections.forget(connection_id)
        self._lanes.clear()

    def source(self, connection: Connection) -> Source:
        """A client of the connection's shop, kept (with what it has cached) until its settings change or it is tested again."""
        made_for = (connection.settings_version, connection.tested_at, connection.is_in_use)
        kept = self._sources.get(connection.id)
        if kept is None or kept.made_for != made_for:
            opened = self._open(connection, connection.facts, self.circuits, partial(self.junk_heard, connection))
            kept = self._sources.put(connection.id, _OpenSource(made_for, opened))
        return kept.source

    def open_source(self, connection: Connection, facts: Mapping[str, Any], heard: Callable[[str], None]) -> Source:
        """A new client that knows these facts about the system, and asks it even while its account rests. `heard` is given what
        stands around the JSON of its answers."""
        return self._open(connection, facts, None, heard)

    def junk_heard(self, connection: Connection, junk: str) -> None:
        """An answer or delivery of this connection held more than its JSON: once a day an alert says so."""
        kind, subject = "odd-answers", "around the JSON"
        if self.daily.is_due(kind, connection.id, subject):
            words, fix = what_stands_around(junk, connection.system.reference.php_messages)
            self.daily.raise_soon(kind, connection.id, subject, f"The {connection.system.noun}: {words}. Fix: {fix}")

    def _open(
        self,
        connection: Connection,
        facts: Mapping[str, Any],
        circuits: AccountCircuits | None,
        heard: Callable[[str], None],
    ) -> Source:
        """A new client. Its transport remembers what the account allows."""
        system, transport, shared = connection.system, self.transport, self.http
        pace, pause = system.pace(connection.source, connection.settings), None
        if pace is not None:
            key = f"{connection.integration}|{of_source(connection)}"
            transport = PacedTransport(self.transport, self.paces, key, pace, self.clock)
            shared = client_on(transport)
            pause = partial(self.paces.stop, pace.row or key, pace=pace)

        def client(*, own: bool = False) -> httpx.AsyncClient:
            made: ListeningClient
            if circuits is None:
                made = account_client(transport, ListeningClient)
            else:
                made = resting = account_client(transport, RestingClient)
                resting.count_for(circuits, connection)
            made.heard = heard
            if not own:
                made.through = lambda: self.http if pace is None else shared
            return made

        page = consent_page(self.settings, connection) if system.consent is not None else None
        sessions = SharedSessions(self.database, self.vault, self.clock, connection.id, connection.source, system.title, page)
        articles = StoredNumbers(self.database, connection.id)
        settings, source = connection.settings, connection.source
        return system.open(Opened(settings, source, client, self.clock, facts, sessions, articles, pause, token=sessions))

    def warehouse(self, connection: Connection) -> OngoingClient:
        return OngoingClient(connection.warehouse, self.http, self.clock, connection.settings.warehouse)

    async def close(self) -> None:
        await self.daily.settle()
        await self.http.aclose()
        await self.database.close()


@asynccontextmanager
async def open_gateway(settings: Settings, wake_ups: WakeUps, clock: Clock | None = None) -> AsyncIterator[Gateway]:
    """Opens everything, and closes it again at the end. Without a `clock` the time is the database's."""
    transport = GuardedTransport(settings.reach)
    database = Database(settings.sqlalchemy_url)
    shared = SharedClock()
    clock = clock or shared
    gateway = Gateway(
        settings=settings,
        database=database,
        vault=open_vault(settings),
        wake_ups=wake_ups,
        transport=transport,
        http=client_on(transport),
        paces=PaceKeeper(wake_ups.redis),
        circuits=AccountCircuits(database, clock, settings),
        daily=DailyAlerts(database, clock),
        clock=clock,
    )
    try:
        async with kept_right(shared, database) if clock is shared else nullcontext():
            yield gateway
    finally:
        await gateway.close()
