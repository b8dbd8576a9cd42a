"""What the WMS's webhooks name is gathered for a moment, and read together. What says nothing new is not read at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from app.domain import WarehouseState
from app.engine.core.queue import Task, WakeUps, refresh_many_key
from app.engine.core.runtime import Gateway
from app.errors import NotFound
from app.logs import get_logger
from app.records import deliveries
from app.records.connections import Connection
from app.warehouse.reads.states import warehouse_state
from app.warehouse.reads.webhooks import WarehouseNews
from app.warehouse.settings import OngoingSettings

log = get_logger(__name__)

FIRST_SECONDS = 0.2
"""How long the first of a connection waits for others."""
NEXT_SECONDS = 1.0
"""How long those wait that come after it."""
MOST_TOGETHER = 100

T = TypeVar("T")


@dataclass
class Gathered(Generic[T]):
    """Hands over what came for one connection together: the first after a moment, the later ones at longer intervals."""

    hand_over: Callable[[str, list[T]], Awaitable[None]]
    first: float = FIRST_SECONDS
    following: float = NEXT_SECONDS
    _kept: dict[str, dict[T, None]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def add(self, connection_id: str, one: T) -> None:
        """Returns at once."""
        if connection_id in self._kept:
            self._kept[connection_id][one] = None
            return
        self._kept[connection_id] = {one: None}
        running = asyncio.get_running_loop().create_task(self._hand_over(connection_id))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _hand_over(self, connection_id: str) -> None:
        try:
            await asyncio.sleep(self.first)
            while together := list(self._kept[connection_id])[:MOST_TOGETHER]:
                for one in together:
                    del self._kept[connection_id][one]
                await self.hand_over(connection_id, together)
                if len(self._kept[connection_id]) < MOST_TOGETHER:
                    await asyncio.sleep(self.following)
        finally:
            del self._kept[connection_id]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)


class GatheredWakeUps:
    """Wake-ups for what the WMS is to be asked for: one for all that is named within a moment."""

    def __init__(self, wake_ups: WakeUps) -> None:
        self._wake_ups = wake_ups
        self._gathered: Gathered[str] = Gathered(self._send)

    def send_soon(self, task: Task, key: str) -> None:
        """Returns at once. `task`: Task.REFRESH."""
        self._gathered.add(key.partition("|")[0], key)

    async def _send(self, _: str, keys: list[str]) -> None:
        await self._wake_ups.send(Task.REFRESH, refresh_many_key(keys))

    async def close(self) -> None:
        await self._gathered.close()


def is_early(news: WarehouseNews, settings: OngoingSettings) -> bool:
    """Whether it says no more than that the warehouse has not started on an order yet. The shop hears nothing of that."""
    return (
        warehouse_state(news.status_number, settings) is WarehouseState.OPEN
        and not news.shows_parcels
        and news.is_about_orders
        and not news.is_about_stock
    )


@dataclass
class EarlyNews:
    """Gathers early news, and passes on only what is new: orders that are not ours, and those with another status than stored.

    The WMS tells of every order that we have just written.
    """

    gateway: Gateway
    pass_on: Callable[[Connection, WarehouseNews], None]

    def __post_init__(self) -> None:
        self._gathered: Gathered[WarehouseNews] = Gathered(self._sort)

    def add(self, connection: Connection, news: WarehouseNews) -> None:
        """Returns at once."""
        self._gathered.add(connection.id, news)

    async def _sort(self, connection_id: str, several: list[WarehouseNews]) -> None:
        ids = [order_id for news in several for order_id in news.order_ids]
        numbers = [number for news in several for number in news.order_numbers]
        try:
            connection = await self.gateway.connection(connection_id)
            async with self.gateway.database.read() as db:
                known = await deliveries.statuses(db, connection.lane, ids, numbers)
        except (NotFound, SQLAlchemyError, OSError) as error:
            log.warning("early_news_lost", error=type(error).__name__)  # the next poll finds what it was about
            return
        for news in several:
            if not _is_known(news, known):
                self.pass_on(connection, news)

    async def close(self) -> None:
        await self._gathered.close()


def _is_known(news: WarehouseNews, known: dict[str, int | None]) -> bool:
    """An order of ours whose status was not read yet has been written just now."""
    names = [*(f"#{order_id}" for order_id in news.order_ids), *news.order_numbers]
    statuses = [known[name] for name in names if name in known]
    return bool(statuses) and all(status in (None, news.status_number) for status in statuses)
