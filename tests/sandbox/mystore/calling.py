"""A caller of the simulated mystore with all rights, for tests that are about something else than rights and forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette

from app.sandbox.mystore import Mystore, MystoreConfig, PersonalToken, Shop, create_mystore

TOKEN = "all-rights"
JSON_API = "application/vnd.api+json"
PLAIN = "application/json"
AGENT = "Ongoing-Gateway/1.0"


@dataclass
class StoppedClock:
    """A clock that stands until it is moved. It begins at 2026-11-21 09:12:00 in Oslo."""

    seconds: float = datetime(2026, 11, 21, 8, 12, tzinfo=UTC).timestamp()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def headers(form: str = JSON_API, token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": form, "Content-Type": form, "User-Agent": AGENT}


@dataclass
class Site:
    """One simulated mystore and a caller of its API."""

    app: Starlette
    clock: StoppedClock
    http: httpx.AsyncClient

    @property
    def mystore(self) -> Mystore:
        found: Mystore = self.app.state.mystore
        return found

    @property
    def shop(self) -> Shop:
        return self.mystore.shop

    async def call(self, method: str, path: str, body: Any = None, query: Any = None, **more: Any) -> httpx.Response:
        return await self.http.request(
            method, f"/shops/demo{path}", json=body, params=query, headers={**headers(), **more.pop("headers", {})}
        )

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """`**{"page[size]": 2}`."""
        return await self.call("GET", path, query=query)

    async def plain(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> httpx.Response:
        """For what speaks plain JSON."""
        return await self.http.request(method, f"/shops/demo{path}", json=body, headers=headers(PLAIN, token))

    async def patch(self, kind: str, record_id: str, attributes: Any = None, **related: tuple[str, str]) -> httpx.Response:
        """`patch("orders", "10001", order_status=("order-status", "3"))`."""
        return await self.call("PATCH", f"/{kind}/{record_id}", document(kind, record_id, attributes, **related))

    async def post(self, kind: str, attributes: Any = None, **related: tuple[str, str]) -> httpx.Response:
        return await self.call("POST", f"/{kind}", document(kind, None, attributes, **related))


def document(kind: str, record_id: str | None, attributes: Any = None, **related: tuple[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {"type": kind, "id": record_id, "attributes": attributes or {}}
    if record_id is None:
        del data["id"]
    if related:
        data["relationships"] = {
            name.replace("_", "-"): {"data": {"type": target, "id": found}} for name, (target, found) in related.items()
        }
    return {"data": data}


def build(clock: StoppedClock, **settings: Any) -> Site:
    given: dict[str, Any] = {"personal_tokens": (PersonalToken(TOKEN),), "calls_per_minute": None, **settings}
    app = create_mystore(MystoreConfig(**given), clock)
    return Site(app, clock, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mystore"))


def detail(answer: httpx.Response) -> str:
    """What an error says."""
    found: str = answer.json()["errors"][0]["detail"]
    return found
