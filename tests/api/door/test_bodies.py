"""Bodies that are being received, bounded together, for each address and in time: over real sockets, nothing of a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.api.intake import guard
from app.api.kit import problems
from tests.api.door.serving import Answer, Line, Served, served

KIB = 1024
LIMITS: dict[str, Any] = {
    "max_body_bytes": 200 * KIB,
    "max_receiving_bytes_of_address": 200 * KIB,
    "max_receiving_bytes": 300 * KIB,
    "trusted_proxies": ["127.0.0.1"],
}


class Door:
    """`served` with one connection, whose secret is `x`."""

    def __init__(self, server: Served, path: str) -> None:
        self.server, self.path = server, path

    def head(self, length: int | None, *, address: str = "203.0.113.5", signature: str = "guessed", path: str = "") -> bytes:
        """`length` None: in chunks."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        return (
            f"POST {path or self.path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nContent-Type: application/json\r\n"
            f"X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Signature: {signature}\r\n{framing}\r\n\r\n"
        ).encode()

    async def begin(self, length: int, sent: int, address: str = "203.0.113.5") -> Line:
        """A delivery that never ends. Returns once the gateway has what was sent of it."""
        line = await self.server.open()
        await line.send(self.head(length, address=address) + b"a" * sent)
        receiving = self.server.api.app.receiving
        await self.server.until(lambda: receiving._of.get(address, 0) >= sent)
        return line

    async def signed(self, size: int, address: str = "203.0.113.5") -> Answer:
        body = b'{"id": 1, "note": "' + b"x" * (size - 21) + b'"}'
        signature = base64.b64encode(hmac.new(b"x", body, hashlib.sha256).digest()).decode()
        return await self.server.ask(self.head(len(body), address=address, signature=signature), body[:100], body[100:])

    @property
    def held(self) -> int:
        return self.server.api.app.receiving._bytes


@pytest.fixture
async def door(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Door]:
    async with served(sqlite_database, tmp_path, **LIMITS) as server:
        yield Door(server, f"/webhooks/{(await server.api.connect('shop')).webhook_id}")


def is_busy(answer: Answer) -> bool:
    is_told_when = 1 <= int(answer.headers.get("retry-after", 0)) <= 60
    return answer.status == 503 and is_told_when and answer.headers["content-type"] == "application/problem+json"


async def test_one_address_has_a_budget_of_which_small_bodies_know_nothing(door: Door) -> None:
    stuck = await door.begin(190 * KIB, 150 * KIB)
    assert is_busy(await door.server.ask(door.head(100 * KIB)))  # nothing of it need be sent
    in_chunks = await door.server.ask(door.head(None), *(b"4000\r\n" + b"a" * 0x4000 + b"\r\n" for _ in range(7)))
    assert is_busy(in_chunks)
    assert orjson.loads(in_chunks.body)["type"] == "urn:gateway:problem:busy"
    for path in ("/oauth/mystore/start", "/connections"):
        assert is_busy(await door.server.ask(door.head(100 * KIB, path=path))), path
    for _ in range(20):
        assert (await door.signed(60 * KIB)).status == 200
    stuck.writer.transport.abort()
    await door.server.until(lambda: door.held == 0)
    assert (await door.signed(190 * KIB)).status == 200
    assert door.held == 0


async def test_another_address_has_its_own_and_all_together_one(door: Door) -> None:
    await door.begin(190 * KIB, 150 * KIB)
    assert (await door.signed(140 * KIB, "198.51.100.7")).status == 200
    other = await door.begin(140 * KIB, 130 * KIB, "198.51.100.7")
    assert is_busy(await door.server.ask(door.head(100 * KIB, address="192.0.2.1")))
    assert (await door.signed(60 * KIB, "192.0.2.1")).status == 200
    assert door.held <= 300 * KIB
    other.writer.transport.abort()
    await door.server.until(lambda: door.held == 150 * KIB)
    assert (await door.signed(100 * KIB, "192.0.2.1")).status == 200


async def test_the_door_of_the_wms_has_the_same_budget(door: Door) -> None:
    given = {"warehouse": {"webhook_secret": "a-fixed-secret-of-the-wms"}}
    assert (await door.server.api.admin.patch("/connections/shop", json=given)).status_code == 200
    await door.begin(190 * KIB, 150 * KIB)
    path = door.path.replace("/webhooks/", "/webhooks/ongoing/")
    head = door.head(100 * KIB, path=path).replace(b"\r\n\r\n", b"\r\nX-Auth-Token: a-fixed-secret-of-the-wms\r\n\r\n")
    assert is_busy(await door.server.ask(head))


async def test_a_body_that_crawls_is_ended_wherever_it_is_sent(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.server.api.gateway.settings, "body_timeout_seconds", 0.3)
    monkeypatch.setattr(guard, "GRACE_SECONDS", 20)
    for path in (door.path, "/oauth/mystore/start", "/connections"):
        line = await door.server.open()
        await line.send(door.head(190 * KIB, path=path) + b"a" * 100 * KIB)
        answer = await line.answer()
        assert (path, answer.status, answer.headers["content-type"]) == (path, 408, "application/problem+json")
        line.writer.transport.abort()
    monkeypatch.setattr(guard, "GRACE_SECONDS", 0.3)
    unread = await door.server.open()  # answered before its body is there
    assert (await unread.ask(door.head(190 * KIB, path="/nothing"), b"a")).status == 404
    await unread.send(b"a")
    assert await unread.is_closed()
    await door.server.until(lambda: door.held == 0)


async def test_who_hangs_up_in_the_middle_leaves_no_error(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[str] = []
    monkeypatch.setattr(problems.log, "error", lambda event, **said: failed.append(event))
    for path in ("/oauth/mystore/start", "/connections", door.path):
        line = await door.server.open()
        await line.send(door.head(190 * KIB, path=path) + b"a" * 100 * KIB)
        await door.server.until(lambda: door.held > 0)
        line.writer.transport.abort()
        await door.server.until(lambda: door.held == 0)
    assert (await door.signed(60 * KIB)).status == 200
    assert failed == []
