"""The seam to the queue: a wake-up says "there is something to do for this key". It never says what.

A wake-up that gets lost costs seconds, never work.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import orjson
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.domain import Process
from app.ids import unguessable
from app.logs import get_logger
from app.metrics import QUEUE_UP, WAKE_UPS

log = get_logger(__name__)

PROBLEM_SECONDS = 1.5


class Task(StrEnum):
    """What a worker can be woken up for; the key is a connection's id, `connection:process`, or a lane."""

    INGEST = "ingest"
    POLL = "poll"
    DRAIN = "drain"
    STOCK = "stock"
    HOOKS = "hooks"
    REFRESH = "look"


def poll_key(connection_id: str, process: Process) -> str:
    """The key of Task.POLL."""
    return f"{connection_id}:{process.value}"


def refresh_order_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|order|{number}"


def refresh_order_id_key(connection_id: str, order_id: int) -> str:
    return f"{connection_id}|order-id|{order_id}"


def refresh_article_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|article|{number}"


def refresh_all_key(connection_id: str) -> str:
    return f"{connection_id}|all|"


class WakeUps(Protocol):
    @property
    def redis(self) -> ArqRedis | None:
        """What all processes share besides the database; None where there is only one process."""
        ...

    async def send(self, task: Task, key: str) -> None:
        """Sends a wake-up. Never raises: the sweeper finds the work of a wake-up that was lost."""
        ...

    async def problem(self) -> str | None:
        """Why wake-ups are being lost now; None when they are not. Never raises, and takes PROBLEM_SECONDS at most."""
        ...


class ArqWakeUps:
    """Wake-ups through arq. Each has an id of its own: arq drops an id that is running, and blocks it after a crash."""

    def __init__(self, redis: ArqRedis, queue_name: str) -> None:
        self.redis = redis
        self._queue = queue_name

    async def send(self, task: Task, key: str) -> None:
        try:
            await self.redis.enqueue_job(task.value, key, _job_id=unguessable(), _queue_name=self._queue)
        except (RedisError, OSError) as error:
            log.warning("ring_lost", task=task.value, key=key, error=type(error).__name__)
            return
        WAKE_UPS.labels(task.value).inc()

    async def problem(self) -> str | None:
        try:
            async with asyncio.timeout(PROBLEM_SECONDS):
                await self.redis.ping()
        except (RedisError, OSError) as error:
            QUEUE_UP.set(0)
            return f"Redis does not answer ({type(error).__name__})"
        QUEUE_UP.set(1)
        return None


class MemoryWakeUps:
    """Wake-ups in memory: for tests, and for one process that is both API and worker."""

    redis = None

    def __init__(self) -> None:
        self.waiting: deque[tuple[Task, str]] = deque()
        self._wake = asyncio.Event()

    async def send(self, task: Task, key: str) -> None:
        self.waiting.append((task, key))
        self._wake.set()

    async def problem(self) -> str | None:
        return None

    async def run(self, work: Callable[[Task, str], Awaitable[None]]) -> None:
        """Works off wake-ups one at a time until cancelled."""
        while True:
            while self.waiting:
                await work(*self.waiting.popleft())
            self._wake.clear()
            await self._wake.wait()


@dataclass
class CoalescedWakeUps:
    """Sends wake-ups for the same key at most once per interval: the first at once, the later ones together when it ends."""

    wake_ups: WakeUps
    interval: float
    _open: dict[tuple[Task, str], bool] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def send_soon(self, task: Task, key: str) -> None:
        """Returns at once."""
        place = (task, key)
        if place in self._open:
            self._open[place] = True
            return
        self._open[place] = False
        running = asyncio.get_running_loop().create_task(self._send(place))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _send(self, place: tuple[Task, str]) -> None:
        try:
            await self.wake_ups.send(*place)
            await asyncio.sleep(self.interval)
            while self._open[place]:
                self._open[place] = False
                await self.wake_ups.send(*place)
                await asyncio.sleep(self.interval)
        finally:
            del self._open[place]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)


def serialize(job: dict[str, Any]) -> bytes:
    """arq's jobs as JSON: they hold ids and counters only, so that nothing needs pickle. A failure is kept as its text."""
    return orjson.dumps(job, default=repr)


def deserialize(job: bytes) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(job)
    return value


async def patient_pool(url: str) -> ArqRedis:
    """For a worker: waits for Redis at the start, and survives a Redis that is away for a while."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 5
    settings.conn_retries = 60
    settings.conn_retry_delay = 1
    settings.retry_on_timeout = True
    settings.retry_on_error = [
        RedisConnectionError,
        RedisTimeoutError,
        OSError,
    ]  # refused, no such socket, no route: as the system says it
    settings.retry = Retry(ExponentialBackoff(cap=1.0, base=0.05), retries=30)
    return await create_pool(settings, job_serializer=serialize, job_deserializer=deserialize)


def brisk_pool(url: str) -> ArqRedis:
    """For the API: connects with the first wake-up, and gives up soon. The sweeper finds the work of a lost wake-up."""
    pool: ConnectionPool = ConnectionPool.from_url(url, socket_connect_timeout=2, socket_timeout=3)
    return ArqRedis(pool, job_serializer=serialize, job_deserializer=deserialize)
