"""The queue of deliveries, and the one runner that empties it, as Action Scheduler does in the shop.

A delivery is sent once and never again, whatever the answer. Its body is built when it is sent. While a delivery of a record to a
webhook waits, no other of the same record is queued for it (all observed on WooCommerce 11.0.1).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx

from app.sandbox.woocommerce.config import Clock, ShopConfig
from app.sandbox.woocommerce.model.webhooks import Webhook, Webhooks
from app.sandbox.woocommerce.wire import php

log = logging.getLogger(__name__)

Build = Callable[[Webhook, int], Any]
_LOGGED = 100_000


@dataclass(frozen=True)
class Sent:
    """One request to a receiver. `topic` is `ping` for a ping; `status` is None when there was no answer. `at` is UTC."""

    at: datetime
    webhook_id: int
    topic: str
    resource_id: int | None
    status: int | None


def delivered(status: int | None) -> bool:
    """200 to 302 count as delivered; a redirect is never followed (observed)."""
    return status is not None and 200 <= status < 303


def signature(body: bytes, secret: str) -> str:
    """base64 of HMAC-SHA256 over the raw body, with the entities in the secret decoded."""
    key = php.decode_entities(secret).encode()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a delivery."""
    return ssl.create_default_context()


class Deliveries:
    """What waits, what was sent, and how to send it. `build` makes the body of a delivery from the shop as it is then."""

    def __init__(self, config: ShopConfig, clock: Clock, webhooks: Webhooks, build: Build) -> None:
        self._config = config
        self._clock = clock
        self._webhooks = webhooks
        self._build = build
        self._salt = php.slug(config.home_url).encode()
        self._waiting: dict[tuple[int, int], None] = {}
        self._running = threading.Lock()
        self._changing = threading.Lock()
        self.paused = False
        self.log: deque[Sent] = deque(maxlen=_LOGGED)

    @property
    def waiting(self) -> list[tuple[int, int]]:
        """(webhook, record) pairs in the order they will be sent."""
        return list(self._waiting)

    def fire(self, topic: str, resource_id: int) -> None:
        """Queues a delivery for every active webhook of the topic; a webhook that is paused or disabled misses it for good."""
        with self._changing:
            for webhook in self._webhooks.listening(topic):
                self._waiting.setdefault((webhook.id, resource_id))

    def drop(self) -> int:
        """Loses everything that waits, and says how much that was."""
        with self._changing:
            count = len(self._waiting)
            self._waiting.clear()
            return count

    async def run_forever(self) -> None:
        while True:
            await asyncio.sleep(self._config.queue_seconds)
            if self._waiting and not self.paused:
                try:
                    await self.run()
                except Exception:
                    log.exception("a delivery could not be made")

    async def run(self) -> None:
        """Sends what waits and returns when it has been answered. Runs one at a time, whichever thread they are started from."""
        while not self._running.acquire(blocking=False):  # noqa: ASYNC110 - an Event belongs to one loop, this is asked from any
            await asyncio.sleep(0.01)
        try:
            if self._waiting:
                async with self._client() as client:
                    await asyncio.gather(*(self._empty(client) for _ in range(self._config.runners)))
        finally:
            self._running.release()

    async def send_pings(self) -> None:
        """Pings the webhooks that were saved while they waited for a good ping."""
        if self._webhooks.to_ping:
            async with self._client() as client:
                await self._ping(client)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=_trusted(), trust_env=False, follow_redirects=False, timeout=self._config.delivery_timeout
        )

    def _next(self) -> tuple[int, int] | None:
        with self._changing:
            waiting = next(iter(self._waiting), None)
            if waiting is not None:
                del self._waiting[waiting]
            return waiting

    async def _empty(self, client: httpx.AsyncClient) -> None:
        while (waiting := self._next()) is not None:
            webhook = self._webhooks.by_id.get(waiting[0])
            if webhook is not None:
                await self._deliver(client, webhook, waiting[1])

    async def _deliver(self, client: httpx.AsyncClient, webhook: Webhook, resource_id: int) -> None:
        body = php.to_json(self._build(webhook, resource_id))
        status = await self._post(client, webhook.delivery_url, body, self._headers(webhook, body), self._config.delivery_timeout)
        self.log.append(Sent(self._clock(), webhook.id, webhook.topic, resource_id, status))
        if delivered(status):
            webhook.succeeded()
        else:
            webhook.failed()
        self._webhooks.saved(webhook, self._clock())
        await self._ping(client)

    def _headers(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        kind, event = webhook.topic.split(".", 1)
        return {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self._config.home_url.rstrip('/')}/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": kind,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(body, webhook.secret),
            "X-WC-Webhook-ID": str(webhook.id),
            "X-WC-Webhook-Delivery-ID": self._delivery_id(webhook),
        }

    def _delivery_id(self, webhook: Webhook) -> str:
        """Made of the webhook's id and the clock's second only, so it is not unique (observed)."""
        return hmac.new(self._salt, f"{webhook.id}{int(self._clock().timestamp())}".encode(), hashlib.md5).hexdigest()

    async def _ping(self, client: httpx.AsyncClient) -> None:
        while (webhook := self._webhooks.next_to_ping()) is not None:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            body = f"webhook_id={webhook.id}".encode()
            status = await self._post(client, webhook.delivery_url, body, headers, self._config.ping_timeout)
            self.log.append(Sent(self._clock(), webhook.id, "ping", None, status))
            webhook.pending = status != 200

    async def _post(
        self, client: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> int | None:
        """The status of the answer; None when there was none in time."""
        common = {
            "User-Agent": f"WooCommerce/{self._config.version} Hookshot (WordPress/{self._config.wordpress_version})",
            "Accept": "*/*",
            "Accept-Encoding": "deflate, gzip, br, zstd",
            "Connection": "close",
        }
        try:
            async with asyncio.timeout(seconds):
                return (await client.post(url, content=body, headers=common | headers)).status_code
        except (httpx.HTTPError, TimeoutError):
            return None
