"""The shop's webhooks and what is sent to them. A delivery is sent once and never again, whatever the answer (A21)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson

from app.sandbox.mystore.config import Clock, MystoreConfig
from app.sandbox.mystore.model.tables import Table
from app.sandbox.mystore.wire.resource import Resource

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A delivery that has not been sent. Its body was made when the thing happened."""

    webhook_id: int
    topic: str
    resource_id: int
    body: bytes


@dataclass(frozen=True)
class Sent:
    """One request to a receiver. `status` is None when there was no answer. `at` is UTC."""

    at: datetime
    webhook_id: int
    topic: str
    resource_id: int
    status: int | None


def signature(body: bytes, secret: str, encoding: str = "base64") -> str:
    """HMAC-SHA256 over the raw body, with the secret as UTF-8 text (A23)."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    return digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()


def new_secret() -> str:
    return secrets.token_urlsafe(24)


class Webhooks:
    """One shop's deliveries: `waiting` in the order they will be sent, `log` those that were."""

    def __init__(self, shop: str, config: MystoreConfig, clock: Clock, table: Table) -> None:
        self._shop = shop
        self._config = config
        self._clock = clock
        self._table = table
        self._running = threading.Lock()
        self.waiting: deque[Waiting] = deque()
        self.log: deque[Sent] = deque(maxlen=100_000)
        self.paused = False

    def fire(self, topic: str, resource_id: int, document: dict[str, Any]) -> None:
        """Queues a delivery for every webhook of the topic."""
        body = orjson.dumps(document)
        for webhook in self._table:
            if webhook["topic"] == topic:
                self.waiting.append(Waiting(webhook.id, topic, resource_id, body))

    def drop(self) -> int:
        """Loses everything that waits, and says how much that was."""
        count = len(self.waiting)
        self.waiting.clear()
        return count

    def secret_of(self, webhook: Resource) -> str:
        """Its own, or that of the app that made it (A19)."""
        if self._config.webhook_key == "answer":
            return str(webhook["key"])
        clients = self._config.clients
        return next((one.secret for one in clients if one.id == webhook["client"]), clients[0].secret)

    def headers(self, topic: str, body: bytes, secret: str) -> dict[str, str]:
        """What a delivery is sent with."""
        return {
            "Content-Type": "application/vnd.api+json",
            "User-Agent": "Mystore/2.0",
            "X-No-Mystore-Topic": topic,
            "X-No-Mystore-Host": self._shop,
            "X-No-Mystore-Hmac-Sha256": signature(body, secret, self._config.webhook_encoding),
        }

    async def run_forever(self) -> None:
        while True:
            await asyncio.sleep(self._config.queue_seconds)
            if self.waiting and not self.paused:
                try:
                    await self.run()
                except Exception:
                    log.exception("a delivery could not be made")

    async def run(self) -> None:
        """Sends what waits and returns when it has been answered. Runs one at a time, whichever thread they are started from."""
        while not self._running.acquire(blocking=False):  # noqa: ASYNC110 - an Event belongs to one loop, this is asked from any
            await asyncio.sleep(0.01)
        try:
            if self.waiting:
                async with httpx.AsyncClient(trust_env=False, timeout=self._config.webhook_timeout) as client:
                    await self._empty(client)
        finally:
            self._running.release()

    async def _empty(self, client: httpx.AsyncClient) -> None:
        while self.waiting:
            delivery = self.waiting.popleft()
            webhook = self._table.get(delivery.webhook_id)
            if webhook is not None:
                await self._deliver(client, webhook, delivery)

    async def _deliver(self, client: httpx.AsyncClient, webhook: Resource, delivery: Waiting) -> None:
        headers = self.headers(delivery.topic, delivery.body, self.secret_of(webhook))
        try:
            status: int | None = (await client.post(webhook["url"], content=delivery.body, headers=headers)).status_code
        except httpx.HTTPError:
            status = None
        self.log.append(Sent(self._clock(), webhook.id, delivery.topic, delivery.resource_id, status))
