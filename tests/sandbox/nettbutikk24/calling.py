"""A caller of the simulated 24Nettbutikk, for tests that are about something else than tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette

from app.sandbox.nettbutikk24 import NettbutikkConfig, Shop, create_nettbutikk

TOKEN = "the-token"
MORNING = 1795248720
"""2026-11-21 09:12:00 in Oslo, as Unix seconds."""


@dataclass
class StoppedClock:
    """A clock that stands until it is moved."""

    seconds: float = MORNING

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


@dataclass
class Site:
    """One simulated shop and a caller of its API."""

    app: Starlette
    clock: StoppedClock
    http: httpx.AsyncClient

    @property
    def shop(self) -> Shop:
        found: Shop = self.app.state.shop
        return found

    def use(self, auth: Any) -> None:
        """Calls from now on with `(user, password)`, or without."""
        self.http.auth = auth

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return await self.http.request(method, f"/api/v1/{path}", json=body, params=query)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, **query)

    async def patch(self, path: str, body: Any, **query: Any) -> httpx.Response:
        return await self.call("PATCH", path, body, **query)

    async def rows(self, path: str, **query: Any) -> list[Any]:
        answer = await self.get(path, **query)
        assert answer.status_code == 200
        found: list[Any] = answer.json()["data"]
        return found

    async def keys(self, path: str, key: str = "order_no", **query: Any) -> list[str]:
        """Which records a list has."""
        return [row[key] for row in await self.rows(path, **query)]

    def orders(self, count: int) -> None:
        """So many orders of one cup, the first with number 1001, a minute between two."""
        if self.shop.catalogue.with_article_no("KOPP-1") is None:
            self.shop.add_product("KOPP-1", "Kopp", price="99")
        for number in range(count):
            self.clock.seconds += 60 if number else 0
            self.shop.place_order([{"article_no": "KOPP-1"}])


def build(**settings: Any) -> Site:
    clock = StoppedClock()
    app = create_nettbutikk(NettbutikkConfig(**{"token": TOKEN, **settings}), clock)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", auth=(TOKEN, ""))
    return Site(app, clock, client)


def part(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some members of a row."""
    return {name: row[name] for name in names}
