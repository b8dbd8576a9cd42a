"""The inbox: a webhook is kept before it is answered.

Many requests share one transaction (group commit). While one batch is being committed, the next one gathers. If a batch fails,
its rows are stored one by one, so that one bad row costs nobody else. A client that hangs up cancels nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.engine.intake.batch_writer import Writer
from app.errors import GatewayError
from app.logs import get_logger
from app.tracing.origin import Origin, fresh

log = get_logger(__name__)

BATCH_ROWS = 256
ONE_BY_ONE_SECONDS = 15.0
"""After a batch failed: for how many seconds its rows are tried one by one."""


class InboxFull(GatewayError):
    """More bytes wait for their commit than is allowed."""


class NotStored(GatewayError):
    """The database did not store the delivery."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook. `received_at` in UTC; `headers` in lower case, without the signature."""

    connection_id: str
    received_at: datetime
    topic: str | None
    headers: dict[str, str]
    body: bytes
    origin: Origin = field(default_factory=fresh)


@dataclass
class Inbox:
    """`on_commit` is called with the ids of the connections whose deliveries were committed."""

    writer: Writer
    on_commit: Callable[[set[str]], None]
    max_waiting_bytes: int
    _waiting: list[tuple[Delivery, asyncio.Future[None]]] = field(default_factory=list)
    _bytes: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _closing: bool = False

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Commits the waiting deliveries, then ends."""
        self._closing = True
        self._wake.set()
        if self._task:
            await self._task
        await self.writer.close()

    def store(self, delivery: Delivery) -> asyncio.Future[None]:
        """Returns a future that is done once the delivery is committed. It raises NotStored when that failed.

        Raises InboxFull at once when too much waits already. Cancelling the future changes nothing for the delivery.
        """
        size = len(delivery.body)
        if self._closing or self._bytes + size > self.max_waiting_bytes:
            raise InboxFull(f"{self._bytes} bytes wait for their commit")
        self._bytes += size
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, done))
        self._wake.set()
        return done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_ROWS], self._waiting[BATCH_ROWS:]
                await self._commit(batch)
                self._bytes -= sum(len(delivery.body) for delivery, _ in batch)
            if self._closing:
                return

    async def _commit(self, batch: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        try:
            await self.writer.write([delivery for delivery, _ in batch])
        except Exception as error:  # whatever went wrong, every caller gets an answer and the next batch must come
            log.warning("batch_failed", rows=len(batch), error=type(error).__name__)
            await self._one_by_one(batch)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        self.on_commit({delivery.connection_id for delivery, _ in batch})

    async def _one_by_one(self, batch: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        stored: set[str] = set()
        ends = time.monotonic() + ONE_BY_ONE_SECONDS
        for delivery, done in batch:
            if time.monotonic() > ends:
                # The database fails, not a row. The callers of this batch have their answer by now, and newer deliveries wait.
                if not done.done():
                    done.set_exception(NotStored("the database does not answer"))
                continue
            try:
                await self.writer.write([delivery])
            except Exception:
                log.exception("delivery_not_stored", connection=delivery.connection_id)
                if not done.done():
                    done.set_exception(NotStored("the database did not take it"))
                continue
            stored.add(delivery.connection_id)
            if not done.done():
                done.set_result(None)
        if stored:
            self.on_commit(stored)
