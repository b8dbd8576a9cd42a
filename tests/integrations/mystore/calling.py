"""A client of a simulated mystore shop, without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain import Process, SourceRecord
from app.http import client_on
from app.integrations.mystore.client import MystoreClient
from app.integrations.mystore.credentials import MystoreCredentials
from app.integrations.mystore.integration import Mystore
from app.integrations.mystore.settings import MystoreSettings
from app.integrations.protocol.integration import Opened
from app.sandbox.mystore import MystoreConfig, PersonalToken, Shop, create_mystore

TOKEN = "all-rights"
URL = "http://mystore.test"


@dataclass
class Clock:
    """It stands until it is moved; it begins at 2026-11-21 09:12:00 in Oslo."""

    now: datetime = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Bench:
    """One simulated shop and a client of it. `asked` are the calls. The call number `breaks_at` gets no answer."""

    shop: Shop
    clock: Clock
    transport: httpx.AsyncBaseTransport
    facts: dict[str, Any] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    breaks_at: int | None = None

    def client(self, token: str = TOKEN, shop: str = "demo", **settings: Any) -> MystoreClient:
        credentials = MystoreCredentials.model_validate({"shop": shop, "access_token": token, "api_url": URL})
        chosen = MystoreSettings.model_validate(settings)
        http = client_on(Heard(self))
        return Mystore().open(Opened(chosen, credentials, lambda *, own=False: http, self.clock, self.facts))

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/shops/demo/')}" for each in self.requests]


class Heard(httpx.AsyncBaseTransport):
    """Remembers what goes through it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._bench.requests.append(request)
        if len(self._bench.requests) == self._bench.breaks_at:
            raise httpx.ReadError("broken off", request=request)
        return await self._bench.transport.handle_async_request(request)


def open_bench(**config: Any) -> Bench:
    clock = Clock()
    given: dict[str, Any] = {"personal_tokens": (PersonalToken(TOKEN),), "calls_per_minute": None, **config}
    app = create_mystore(MystoreConfig(**given), clock)
    return Bench(app.state.mystore.shop, clock, httpx.ASGITransport(app))


async def changed(
    client: MystoreClient, process: Process, cursor: dict[str, Any] | None = None, since: datetime | None = None
) -> tuple[list[SourceRecord], dict[str, Any]]:
    """All changes, and the cursor behind them."""
    found: list[SourceRecord] = []
    async for page in client.changes(process, cursor, since):
        found += page.records
        cursor = page.cursor
    return found, cursor or {}
