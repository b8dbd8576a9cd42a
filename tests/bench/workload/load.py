"""A load of one request, sent again and again over many connections. Raw protocols: the client must not be what is measured.

The request has NUMBER in it once: each has one of its own there.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

NUMBER = b"#" * 32
_NUMBERS = itertools.count(time.time_ns())


@dataclass
class Load:
    """What came back: answers by status, and each answer's time in seconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Sender(asyncio.Protocol):
    """Sends the next request when the last one has been answered."""

    def __init__(self, request: bytes, load: Load, ends: float, done: asyncio.Future[None]) -> None:
        self._begin, _, self._end = request.partition(NUMBER)
        self._load, self._ends, self._done = load, ends, done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(b"%b%032d%b" % (self._begin, next(_NUMBERS), self._end))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer = body[length:]
        now = time.perf_counter()
        status = int(head[9:12])
        self._load.statuses[status] = self._load.statuses.get(status, 0) + 1
        self._load.latencies.append(now - self._sent)
        if now < self._ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


def request_bytes(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _run(port: int, request: bytes, connections: int, seconds: float) -> Load:
    load, loop = Load(), asyncio.get_running_loop()
    began = time.perf_counter()
    ends = [loop.create_future() for _ in range(connections)]
    for done in ends:
        await loop.create_connection(functools.partial(_Sender, request, load, began + seconds, done), "127.0.0.1", port)
    await asyncio.gather(*ends)
    load.seconds = time.perf_counter() - began
    return load


def run(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Keeps `connections` requests under way for `seconds`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(port, request, connections, seconds))
