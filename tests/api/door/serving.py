"""The whole app behind the server's own protocol, on a real socket in the test's event loop; and who talks to it byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.server import ServerState

from app.api.intake.protocol import protocol_for
from tests.api.calling import Api, open_api, settings_for

PATIENCE = 30.0
"""Seconds. Nothing that is right takes nearly so long."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *pieces: bytes) -> None:
        """Each piece as a packet of its own, as far as the other side takes them."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def answer(self) -> Answer:
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), headers, body)

    async def ask(self, *pieces: bytes) -> Answer:
        await self.send(*pieces)
        return await self.answer()

    async def is_closed(self) -> bool:
        """Waits for the end of it, with nothing more said."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def end(self) -> None:
        self.writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Served:
    """`state.connections`: those that are open."""

    api: Api
    address: tuple[str, int]
    state: ServerState
    lines: contextlib.AsyncExitStack

    async def open(self) -> Line:
        reader, writer = await asyncio.open_connection(*self.address)
        line = Line(reader, writer)
        self.lines.push_async_callback(line.end)
        return line

    async def ask(self, *pieces: bytes) -> Answer:
        return await (await self.open()).ask(*pieces)

    async def until_open(self, count: int) -> None:
        await self.until(lambda: len(self.state.connections) == count)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 - a count tells nobody
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def served(database_url: str, directory: Path, **limits: Any) -> AsyncIterator[Served]:
    """As `gateway serve` sets it up, but for the process."""
    settings = settings_for(database_url, directory, **limits)
    async with open_api(settings) as api, contextlib.AsyncExitStack() as lines:
        keep_alive: Any = settings.keep_alive_seconds
        config = uvicorn.Config(
            api.app,
            lifespan="off",
            access_log=False,
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=keep_alive,
            log_config=None,
        )
        config.load()
        made, state = protocol_for(api.app.intake), ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: made(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]  # uvicorn's own call
            "127.0.0.1",
        )
        try:
            yield Served(api, server.sockets[0].getsockname(), state, lines)
        finally:
            await lines.aclose()
            server.close()


@dataclass
class Fed:
    """What the parsers of all connections were given."""

    most: int = 0
    count: int = 0


def counting(monkeypatch: pytest.MonkeyPatch) -> Fed:
    """Counts the bytes that a parser is given. `most`: by one connection."""
    fed = Fed()

    class Counting:
        def __init__(self, protocol: Any) -> None:
            self._parser, self._bytes = httptools.HttpRequestParser(protocol), 0

        def feed_data(self, data: bytes) -> None:
            self._bytes += len(data)
            fed.most, fed.count = max(fed.most, self._bytes), fed.count + 1
            self._parser.feed_data(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._parser, name)

    class Library:
        HttpRequestParser = Counting

        def __getattr__(self, name: str) -> Any:
            return getattr(httptools, name)

    monkeypatch.setattr("uvicorn.protocols.http.httptools_impl.httptools", Library())
    return fed
