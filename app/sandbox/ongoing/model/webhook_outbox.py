"""The outbox of the warehouse's own webhooks: what waits to be sent, and the sending of it.

Each event is sent to every webhook that is set up for it. It is sent again after 1, 5, 15 and 30 minutes, then every two hours
until a day has passed, unless the answer was a 2xx (upstream: webhooks). INF: that these times are gaps, and what counts as a
failure.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any

import httpx
import orjson

from app.sandbox.ongoing.bodies.values import zulu
from app.sandbox.ongoing.config import WarehouseConfig, Webhook

log = logging.getLogger(__name__)

GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30))
LAST_GAP = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=1)
TIMEOUT_SECONDS = 10.0
_LOGGED = 100_000


@dataclass(frozen=True)
class Sent:
    """One delivery, or one more try of it. `status` is None when there was no answer; `at` is UTC."""

    at: datetime
    url: str
    template: str
    event_id: int
    attempt: int
    status: int | None
    payload: dict[str, Any]


@dataclass
class Waiting:
    """An event that is still to be sent to a webhook, at `due`. Its payload shows things as they were when it happened."""

    webhook: Webhook
    template: str
    payload: dict[str, Any]
    first: datetime
    due: datetime
    attempts: int = 0


@dataclass
class WebhookOutbox:
    """`add` may be called from any thread; sending runs in the loop of whoever calls `deliver`."""

    config: WarehouseConfig
    clock: Callable[[], datetime]
    webhooks: list[Webhook] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    sent: deque[Sent] = field(default_factory=lambda: deque(maxlen=_LOGGED))

    def __post_init__(self) -> None:
        self.webhooks.extend(self.config.webhooks)
        self._event_ids = count(90001)
        self._changing = threading.Lock()

    def add(self, template: str, goods_owner_id: int, payload: dict[str, Any], *, status: int | None = None) -> None:
        """Something has happened. `status` is the order's new one, which a webhook may be narrowed down to."""
        now = self.clock()
        with self._changing:
            event = {**self._common(template, goods_owner_id, now), **payload}
            for webhook in self.webhooks:
                if _listens(webhook, template, goods_owner_id, status):
                    self.waiting.append(Waiting(webhook, template, event, now, now))

    def _common(self, template: str, goods_owner_id: int, now: datetime) -> dict[str, Any]:
        """What every payload has. The timestamp has seven decimals and no zone, as in the vendor's sample."""
        return {
            "webhookEventId": next(self._event_ids),
            "system": self.config.warehouse,
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0",
            "goodsOwnerId": goods_owner_id,
            "goodsOwnerName": f"Goods owner {goods_owner_id}",
            "webhookTemplate": template,
            "byUser": {"userId": 3},
            "byComputer": {"computerId": 1, "computerName": "PC1"},
        }

    async def run_forever(self) -> None:
        while True:
            await asyncio.sleep(self.config.webhook_seconds)
            try:
                await self.deliver()
            except Exception:
                log.exception("a webhook could not be delivered")

    async def deliver(self, *, all_now: bool = False) -> int:
        """Sends what is due (`all_now`: what waits for another try too), oldest first, and says how many that were."""
        due = self._take(all_now)
        if due:
            async with _client() as client:
                for one in due:
                    await self._send(client, one)
        return len(due)

    def _take(self, all_now: bool) -> list[Waiting]:
        now = self.clock()
        with self._changing:
            due = [one for one in self.waiting if all_now or one.due <= now]
            self.waiting = [one for one in self.waiting if not (all_now or one.due <= now)]
            return due

    async def _send(self, client: httpx.AsyncClient, one: Waiting) -> None:
        headers = {"Content-Type": "application/json", one.webhook.header: one.webhook.token}
        one.attempts += 1
        try:
            status = (await client.post(one.webhook.url, content=orjson.dumps(one.payload), headers=headers)).status_code
        except httpx.HTTPError:
            status = None
        now = self.clock()
        self.sent.append(
            Sent(now, one.webhook.url, one.template, one.payload["webhookEventId"], one.attempts, status, one.payload)
        )
        if status is not None and 200 <= status < 300:
            return
        one.due = now + (GAPS[one.attempts - 1] if one.attempts <= len(GAPS) else LAST_GAP)
        if one.webhook.retries and one.due - one.first <= GIVE_UP_AFTER:
            with self._changing:
                self.waiting.append(one)

    def describe(self) -> list[dict[str, Any]]:
        """What still waits, for people: to whom, about what, since when, until when."""
        return [
            {
                "url": one.webhook.url,
                "template": one.template,
                "event_id": one.payload["webhookEventId"],
                "attempts": one.attempts,
                "due": zulu(one.due),
            }
            for one in self.waiting
        ]


def _listens(webhook: Webhook, template: str, goods_owner_id: int, status: int | None) -> bool:
    return (
        template in webhook.templates
        and webhook.goods_owner_id in (None, goods_owner_id)
        and (status is None or not webhook.statuses or status in webhook.statuses)
    )


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=_trusted(), trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a delivery."""
    return ssl.create_default_context()
