"""Deliveries as a shop sends them, and a writer that counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from app.engine.intake.inbox import Delivery
from tests.harness import Harness, signature

BODY = b'{"id": 1, "status": "pending", "date_modified_gmt": "2026-11-21T10:00:00"}'


JSON = {"content-type": "application/json"}


FORM = {"content-type": "application/x-www-form-urlencoded"}


def signed(body: bytes = BODY) -> dict[str, str]:
    return {**JSON, "x-wc-webhook-signature": signature(body), "x-wc-webhook-topic": "order.updated"}


async def post(harness: Harness, body: bytes = BODY, headers: dict[str, str] | None = None) -> httpx.Response:
    to = f"/webhooks/{harness.connection.webhook_id}"
    return await harness.client.post(to, content=body, headers=signed(body) if headers is None else headers)


async def call(harness: Harness, headers: dict[str, str], receive: Callable[[], Any]) -> int:
    """The intake called as a server would, with a body of the test's own making; the status."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    path = f"/webhooks/{harness.connection.webhook_id}"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
    }
    await harness.intake(scope, receive, send)
    return int(sent[0]["status"])


async def never_read() -> Any:
    raise AssertionError("the body was read")


class CountingWriter:
    """Writes through, counts transactions, and can be held up or broken."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.batches: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def write(self, rows: Any) -> None:
        self.batches.append(len(rows))
        await self.gate.wait()
        if self.error:
            raise self.error
        await self.inner.write(rows)

    async def close(self) -> None:
        await self.inner.close()


def counted(harness: Harness) -> CountingWriter:
    writer = CountingWriter(harness.intake.inbox.writer)
    harness.intake.inbox.writer = writer
    return writer


async def until(condition: Callable[[], bool]) -> None:
    """Lets the others run until it holds."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0)


class NoWriter:
    async def close(self) -> None:
        return None


def delivery(connection_id: str) -> Delivery:
    return Delivery(connection_id, datetime(2026, 11, 21, tzinfo=UTC), "order.updated", {}, BODY)
