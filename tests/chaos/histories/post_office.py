"""The way of webhooks from shop and warehouse to the gateway: some are lost, doubled, late or refused, as the weather has it.

The gateway is told that this is its own public address. What it answered with 200 is remembered: that must never be lost.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DELIVERY_ID = "x-wc-webhook-delivery-id"
ANSWER_SECONDS = 6.0
KEPT_HEADERS = ("content-type", "authorization", "x-auth-token", "user-agent")


@dataclass(frozen=True)
class Weather:
    """The fate that `share` of the deliveries have: lost, twice, late, refused or answer-lost."""

    fate: str
    share: float


@dataclass
class Letter:
    """One delivery, on its way. `answers` are the gateway's: a status for each time that it was sent on, None for no answer."""

    id: str
    at: float
    topic: str
    record: int | None
    says: str
    fate: str
    answers: list[int | None] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        return 200 in self.answers

    def described(self) -> str:
        return f"{self.at:7.2f} s  {self.topic} ({self.says}): {self.fate}, the gateway answered {self.answers or 'nothing'}"


class PostOffice:
    """`app` takes deliveries and sends them on to `gateway`, the API's address."""

    def __init__(self, gateway: str, seed: int) -> None:
        self.weather: Weather | None = None
        self.letters: list[Letter] = []
        self.began = time.monotonic()
        self._gateway = gateway
        self._seed = seed
        self._numbers = itertools.count(1)
        self._seen: dict[tuple[str, int | None], int] = {}
        self._late: set[asyncio.Task[None]] = set()
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST", "GET", "HEAD"])], lifespan=self._open)

    @property
    def accepted(self) -> list[Letter]:
        """What the gateway answered with 200: the shop's deliveries, not its pings and not the warehouse's own webhooks."""
        return [each for each in list(self.letters) if each.is_accepted]

    @property
    def is_empty(self) -> bool:
        return not self._late

    def of_record(self, record: int) -> list[Letter]:
        return [each for each in list(self.letters) if each.record == record]

    @asynccontextmanager
    async def _open(self, app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS) as self._http:
            yield
            for task in list(self._late):
                task.cancel()

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        headers = {name: value for name, value in request.headers.items() if name in KEPT_HEADERS or name.startswith("x-wc-")}
        topic = request.headers.get("x-wc-webhook-topic")
        if topic is None:
            status = None if self._is_lost_elsewhere() else await self._forward(request, body, headers)
            return Response(status_code=status or 502)
        letter = self._letter(topic, body)
        headers[DELIVERY_ID] = letter.id
        match letter.fate:
            case "lost":
                return Response(status_code=200)
            case "refused":
                return Response(status_code=500)
            case "late":
                self._later(request, body, headers, letter)
                return Response(status_code=200)
        status = await self._send_on(request, body, headers, letter)
        if letter.fate == "twice":
            self._later(request, body, headers, letter, soon=True)
        return Response(status_code=500 if letter.fate == "answer-lost" else status or 502)

    def _is_lost_elsewhere(self) -> bool:
        """The warehouse's own webhooks only make things faster, and pings do not matter: in lossy weather none goes through."""
        return self.weather is not None and self.weather.fate == "lost" and self.weather.share == 1

    def _letter(self, topic: str, body: bytes) -> Letter:
        record = _read(body)
        known: tuple[str, int | None] = (topic, record.get("id"))
        times = self._seen[known] = self._seen.get(known, 0) + 1
        weather, fate = self.weather, "delivered"
        if weather is not None and random.Random(f"{self._seed} {known} {times}").random() < weather.share:
            fate = weather.fate
        says = f"{record.get('status', '-')}, changed {record.get('date_modified_gmt', '-')}"
        number = f"history-{next(self._numbers)}"
        letter = Letter(number, time.monotonic() - self.began, topic, record.get("id"), says, fate)
        self.letters.append(letter)
        return letter

    def _later(self, request: Request, body: bytes, headers: dict[str, str], letter: Letter, *, soon: bool = False) -> None:
        seconds = random.Random(f"{self._seed} {letter.id}").uniform(0.1, 0.5) if soon else self._delay(letter)

        async def go() -> None:
            await asyncio.sleep(seconds)
            await self._send_on(request, body, headers, letter)

        task = asyncio.create_task(go())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _delay(self, letter: Letter) -> float:
        return random.Random(f"{self._seed} {letter.id}").uniform(0.3, 5)

    async def _send_on(self, request: Request, body: bytes, headers: dict[str, str], letter: Letter) -> int | None:
        status = await self._forward(request, body, headers)
        letter.answers.append(status)
        return status

    async def _forward(self, request: Request, body: bytes, headers: dict[str, str]) -> int | None:
        url = f"{self._gateway}{request.url.path}"
        try:
            return (await self._http.request(request.method, url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return None


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
