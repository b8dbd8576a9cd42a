"""The shop that was recorded, opened again: its keys, its address, its clock; and what was recorded of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.server import Server
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop

RECORDED = Path(__file__).parents[3] / "fixtures" / "woocommerce"
HOME = "http://127.0.0.1:8099"
KEYS = (
    ("ck_f9bbebef0fc8eb1150ab46eeb08a32b39479cb83", "cs_acb14f09e23e9618db0169d12ad0074c24cdcfc5", "read_write"),
    ("ck_897af47760f9079d5910dbdab2affb7eb23edc10", "cs_b2b07ff089f514896819de473773208eb118d4d4", "read"),
)
API = "/wp-json/wc/v3"


def rest(number: int) -> dict[str, Any]:
    """A recorded request with its answer."""
    found: dict[str, Any] = json.loads(next((RECORDED / "rest").glob(f"{number:03}-*.json")).read_text())
    return found


def webhook(number: int) -> dict[str, Any]:
    """A recorded delivery."""
    found: dict[str, Any] = json.loads(next((RECORDED / "webhooks").glob(f"{number:03}-*.json")).read_text())
    return found


@dataclass
class StoppedClock:
    """A clock that stands at `seconds` since 1970 until it is moved. It begins at the hour of the recording."""

    seconds: float = 1795278280.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def open_shop(home_url: str = HOME, clock: StoppedClock | None = None, **settings: Any) -> tuple[Starlette, Shop]:
    given: dict[str, Any] = {"home_url": home_url, "consumer_keys": KEYS, "queue_seconds": 3600, **settings}
    app = create_shop(ShopConfig(**given), clock or StoppedClock())
    return app, app.state.shop


def client_of(app: Starlette, home_url: str = HOME) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=home_url)


class ApiClient:
    """A caller with Basic over https, for tests that are about something else than logging in."""

    def __init__(self, app: Starlette, home_url: str) -> None:
        key, secret, _ = KEYS[0]
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=home_url, auth=(key, secret))

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return await self.http.request(method, f"{API}{path}", json=body, params=query)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.call("POST", path, body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.call("PUT", path, body)

    async def delete(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("DELETE", path, **query)


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers.get("x-wc-webhook-topic", "ping")

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A real HTTP server that takes webhooks and answers what it is told to; pings are answered 200 unless `pings` says else."""

    answers: int = 200
    pings: int = 200
    received: list[Received] = field(default_factory=list)
    url: str = ""
    arrival: threading.Condition = field(default_factory=threading.Condition)

    @property
    def topics(self) -> list[str]:
        return [one.topic for one in self.received]

    def wait_for(self, count: int) -> None:
        """Returns once `count` requests have come."""
        with self.arrival:
            assert self.arrival.wait_for(lambda: len(self.received) >= count, timeout=60)

    async def take(self, request: Request) -> Response:
        one = Received(dict(request.headers), await request.body())
        with self.arrival:
            self.received.append(one)
            self.arrival.notify_all()
        return Response(status_code=self.pings if one.topic == "ping" else self.answers, headers={"Location": "/elsewhere"})


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with Server(Starlette(routes=[Route("/{path:path}", receiver.take, methods=["GET", "POST"])])) as server:
        receiver.url = f"{server.url}/webhooks/woocommerce"
        yield receiver
