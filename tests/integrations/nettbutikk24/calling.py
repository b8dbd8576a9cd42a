"""A client of a simulated 24Nettbutikk shop, without a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain import Process, SourceRecord
from app.http import client_on
from app.integrations.nettbutikk24.client import NettbutikkClient
from app.integrations.nettbutikk24.credentials import NettbutikkCredentials
from app.integrations.nettbutikk24.integration import Nettbutikk24
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.integrations.protocol.integration import Opened
from app.sandbox.nettbutikk24 import NettbutikkConfig, Shop, create_nettbutikk

TOKEN = "nettbutikk-token"
URL = "http://nettbutikk.test"


@dataclass
class Clock:
    """It stands until it is moved; it begins at 2026-11-21 09:12:00 in Oslo."""

    now: datetime = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Numbers:
    """Article numbers that the gateway knows, and what it was asked for."""

    known: dict[str, str] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    async def numbers(self, source_ids: Collection[str]) -> Mapping[str, str]:
        self.asked.append(sorted(source_ids))
        return {key: self.known[key] for key in source_ids if key in self.known}


@dataclass
class Bench:
    """One simulated shop and a client of it. `requests` are the calls."""

    shop: Shop
    clock: Clock
    transport: httpx.AsyncBaseTransport
    facts: dict[str, Any] = field(default_factory=dict)
    articles: Numbers = field(default_factory=Numbers)
    requests: list[httpx.Request] = field(default_factory=list)

    def client(self, token: str = TOKEN, **settings: Any) -> NettbutikkClient:
        credentials = NettbutikkCredentials.model_validate({"api_url": URL, "api_key": token})
        chosen = NettbutikkAdapterSettings.model_validate(settings)
        http = client_on(Heard(self.transport, self.requests))
        return Nettbutikk24().open(
            Opened(chosen, credentials, lambda *, own=False: http, self.clock, self.facts, None, self.articles)
        )

    @property
    def asked(self) -> list[str]:
        """`GET orders/1000/0`, without queries."""
        return [f"{each.method} {each.url.path.removeprefix('/api/v1/')}" for each in self.requests]


class Heard(httpx.AsyncBaseTransport):
    """Remembers what goes through it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, requests: list[httpx.Request]) -> None:
        self._inner = inner
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._requests.append(request)
        return await self._inner.handle_async_request(request)


class Saying(httpx.AsyncBaseTransport):
    """Answers one call with what it is told, and every other as the shop does."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str, answer: httpx.Response) -> None:
        self._inner = inner
        self._path = f"/api/v1/{path}"
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == self._path:
            return self._answer
        return await self._inner.handle_async_request(request)


def saying(bench: Bench, path: str, status: int, content: bytes = b"") -> None:
    """PHP calls an answer HTML unless it is told otherwise."""
    answer = httpx.Response(status, headers={"Content-Type": "text/html; charset=iso-8859-1"}, content=content)
    bench.transport = Saying(bench.transport, path, answer)


def open_bench(**config: Any) -> Bench:
    clock = Clock()
    app = create_nettbutikk(NettbutikkConfig(**{"token": TOKEN, **config}), clock)
    return Bench(app.state.shop, clock, httpx.ASGITransport(app))


async def changed(
    client: NettbutikkClient, process: Process, cursor: dict[str, Any] | None = None, since: datetime | None = None
) -> tuple[list[SourceRecord], dict[str, Any]]:
    """All changes, and the cursor behind them."""
    found: list[SourceRecord] = []
    async for page in client.changes(process, cursor, since):
        found += page.records
        cursor = page.cursor
    return found, cursor or {}
