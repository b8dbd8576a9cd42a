"""Deliveries through the server's own protocol, over real sockets: taken whole, in pieces, and side by side on one connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from app.api.intake.protocol import protocol_for
from app.api.intake.shop_webhooks import WebhookIntake
from app.engine.intake.inbox import NotStored
from tests.chaos.processes import until
from tests.engine.intake.intake_steps import BODY
from tests.harness import Harness, open_harness

HOST = b"Host: gateway.test\r\n"
NO_HEADERS: Mapping[str, str] = {}


@dataclass
class Line:
    """One connection to the gateway. `ordinary`: the paths of requests that went the ordinary way."""

    harness: Harness
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ordinary: list[str] = field(default_factory=list)

    def request(self, body: bytes = BODY, headers: Mapping[str, str] = NO_HEADERS, *, path: str = "", more: bytes = b"") -> bytes:
        """A signed delivery as bytes; `headers` replace those of a shop, and an empty one leaves it out."""
        given = {**self.harness.shop.delivery_headers(body, "order.updated"), **headers}
        lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in given.items() if value)
        to = path or f"/webhooks/{self.harness.connection.webhook_id}"
        length = f"Content-Length: {len(body)}\r\n".encode()
        return f"POST {to} HTTP/1.1\r\n".encode() + HOST + lines + length + more + b"\r\n" + body

    async def send(self, *chunks: bytes) -> None:
        for number, chunk in enumerate(chunks):
            self.writer.write(chunk)
            await self.writer.drain()
            if number < len(chunks) - 1:
                await asyncio.sleep(0.05)  # a packet of its own; nothing depends on how long

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))


@pytest.fixture
async def line(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Line]:
    async with open_harness(sqlite_database, tmp_path, max_waiting_bytes=20_000) as harness:
        await harness.connect()
        # The connection's address is known from here on, as it is after the first delivery.
        assert (await harness.post(b'{"id": 1}', "order.updated")).status_code == 200
        async with serving(harness) as opened:
            yield opened


@contextlib.asynccontextmanager
async def serving(harness: Harness) -> AsyncIterator[Line]:
    ordinary: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        ordinary.append(scope["path"])
        await harness.intake(scope, receive, send)

    config = uvicorn.Config(app, lifespan="off", access_log=False, proxy_headers=False)
    config.load()
    made, state = protocol_for(harness.intake), ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: made(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]  # uvicorn's own call
        "127.0.0.1",
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield Line(harness, reader, writer, ordinary)
    finally:
        writer.close()
        server.close()


async def test_a_whole_delivery_is_kept_without_a_task_and_the_connection_stays_open(line: Line) -> None:
    for _ in range(2):
        await line.send(line.request())
        status, headers, body = await line.answer()
        assert (status, headers["content-type"], body) == (200, "application/json", b'{"status":"accepted"}')
    assert line.ordinary == []
    assert await line.harness.stored.events() == {"received": 3}


async def test_a_body_in_two_pieces_is_kept_once(line: Line) -> None:
    whole = line.request()
    await line.send(whole[:-10], whole[-10:])
    assert (await line.answer())[0] == 200
    assert len(line.ordinary) == 1
    assert await line.harness.stored.events() == {"received": 2}


async def test_a_head_in_two_pieces_is_kept_without_a_task(line: Line) -> None:
    whole = line.request()
    await line.send(whole[:40], whole[40:])
    assert (await line.answer())[0] == 200
    assert line.ordinary == []
    assert await line.harness.stored.events() == {"received": 2}


async def test_three_in_one_packet_are_answered_in_their_order(line: Line) -> None:
    forged = line.request(headers={"X-WC-Webhook-Signature": "forged"})
    await line.send(line.request() + forged + line.request())
    assert [(await line.answer())[0] for _ in range(3)] == [200, 401, 200]
    assert await line.harness.stored.events() == {"received": 3}


async def test_two_deliveries_and_a_page_that_is_none_of_ours(line: Line) -> None:
    await line.send(line.request() + line.request(path="/webhooks/nobody") + line.request())
    assert [(await line.answer())[0] for _ in range(3)] == [200, 404, 200]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"X-WC-Webhook-Signature": ""}, BODY, 401),
        ({"Content-Type": "text/plain"}, BODY, 415),
        ({}, b"not json", 400),
        ({"X-WC-Webhook-Signature": "", "Content-Type": "application/x-www-form-urlencoded"}, b"webhook_id=7", 200),
    ],
    ids=["unsigned", "wrong type", "not JSON", "greeting"],
)
async def test_what_is_out_of_the_ordinary_is_answered_as_ever(
    line: Line, headers: dict[str, str], body: bytes, status: int
) -> None:
    await line.send(line.request(body, headers))
    assert (await line.answer())[0] == status
    assert len(line.ordinary) == 1
    assert await line.harness.stored.events() == {"received": 1}


async def test_a_client_that_asks_before_it_sends_its_body_is_told_to(line: Line) -> None:
    whole = line.request(more=b"Expect: 100-continue\r\n")
    head, _, body = whole.partition(b"\r\n\r\n")
    await line.send(head + b"\r\n\r\n")
    assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await line.send(body)
    assert (await line.answer())[0] == 200


async def test_a_connection_that_is_to_be_closed_is_closed_after_the_answer(line: Line) -> None:
    await line.send(line.request(more=b"Connection: close\r\n"))
    status, headers, _ = await line.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert await line.reader.read() == b""


async def test_a_client_that_hangs_up_before_the_answer_has_its_delivery_kept(line: Line) -> None:
    await line.send(line.request())
    line.writer.transport.abort()

    async def is_kept() -> bool:
        return await line.harness.stored.events() == {"received": 2}

    await until(is_kept, "the delivery was kept")


async def test_a_full_inbox_asks_for_another_try(line: Line) -> None:
    large = b'{"id": 2, "note": "' + b"x" * 25_000 + b'"}'
    await line.send(line.request(large))
    status, headers, _ = await line.answer()
    assert (status, headers["retry-after"]) == (503, "5")


async def test_what_could_not_be_committed_asks_for_another_try(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = line.harness.intake.inbox

    def refuse(delivery: Any) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_exception(NotStored("the database did not take it"))
        return done

    monkeypatch.setattr(inbox, "store", refuse)
    await line.send(line.request())
    status, headers, body = await line.answer()
    assert (status, headers["retry-after"], headers["content-type"]) == (503, "5", "application/problem+json")
    assert b"could not be kept" in body
    assert line.ordinary == []


async def test_an_address_that_is_not_known_yet_goes_the_ordinary_way_once(line: Line) -> None:
    fresh = WebhookIntake()
    fresh.open(line.harness.gateway, line.harness.intake.inbox)
    line.harness.intake = fresh
    async with serving(line.harness) as other:
        for _ in range(2):
            await other.send(other.request())
            assert (await other.answer())[0] == 200
        assert len(other.ordinary) == 1
