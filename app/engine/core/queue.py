"""The seam to the queue: a wake-up says "there is something to do for this key". It never says what.

A wake-up that gets lost costs seconds, never work.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import orjson
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms
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
    LOOK_AGAIN = "look-again"
    LONG_WORK = "long-work"
    OUTGOING = "outgoing"


READS = frozenset({Task.POLL, Task.HOOKS, Task.REFRESH, Task.LOOK_AGAIN, Task.LONG_WORK, Task.OUTGOING})
"""What only reads, by a schedule or on a hint, and what callers are told. It has a queue and places of its own, so that orders
never wait for it."""


SUPPLIERS = "suppliers"
"""Why articles are looked at again that name a supplier which has changed."""
_OF_PRODUCT = "product:"


def queue_of(task: Task, queue_name: str) -> str:
    """The arq queue in which the task's wake-ups wait."""
    return f"{queue_name}:reads" if task in READS else queue_name


def poll_key(connection_id: str, process: Process) -> str:
    """The key of Task.POLL."""
    return f"{connection_id}:{process.value}"


class Look(NamedTuple):
    """What Task.LOOK_AGAIN is to look at. `why`: articles, settings, filters, suppliers, or a product (`of_product`).

    `place` tells a wake-up from the one that it follows. `is_owed`: an earlier one could not be made.
    """

    connection_id: str
    why: str
    place: int = 0
    is_owed: bool = False

    @property
    def key(self) -> str:
        return f"{self.connection_id}|{self.why}|{self.place}|{'owed' if self.is_owed else ''}"

    @classmethod
    def of(cls, key: str) -> Look:
        connection_id, rest = key.split("|", 1)
        why, place, owed = rest.rsplit("|", 2)
        return cls(connection_id, why, int(place), bool(owed))


class LongWork(NamedTuple):
    """What Task.LONG_WORK is to go on with."""

    connection_id: str
    work_id: int

    @property
    def key(self) -> str:
        return f"{self.connection_id}|{self.work_id}"

    @classmethod
    def of(cls, key: str) -> LongWork:
        connection_id, _, work_id = key.partition("|")
        return cls(connection_id, int(work_id))


def of_product(source_id: str) -> str:
    """Why orders that are held for this product are looked at again."""
    return f"{_OF_PRODUCT}{source_id}"


def product_in(why: str) -> str | None:
    return why.removeprefix(_OF_PRODUCT) if why.startswith(_OF_PRODUCT) else None


def refresh_order_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|order|{number}"


def refresh_order_id_key(connection_id: str, order_id: int) -> str:
    return f"{connection_id}|order-id|{order_id}"


def refresh_article_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|article|{number}"


def refresh_all_key(connection_id: str) -> str:
    return f"{connection_id}|all|"


def refresh_many_key(keys: Sequence[str]) -> str:
    """One key for several of one connection."""
    if len(keys) == 1:
        return keys[0]
    connection_id = keys[0].partition("|")[0]
    return f"{connection_id}|many|{orjson.dumps([key.split('|', 1)[1] for key in keys]).decode()}"


def named_in(key: str) -> tuple[str, list[tuple[str, str]]]:
    """The connection's id, and what is to be read: kind (order, order-id, article, all) and name."""
    connection_id, kind, name = key.split("|", 2)
    if kind != "many":
        return connection_id, [(kind, name)]
    several: list[str] = orjson.loads(name)
    return connection_id, [(each.partition("|")[0], each.partition("|")[2]) for each in several]


class WakeUps(Protocol):
    @property
    def redis(self) -> ArqRedis | None:
        """What all processes share besides the database; None where there is only one process."""
        ...

    async def send(self, task: Task, key: str) -> bool:
        """Sends a wake-up. Returns whether it is in the queue now. Never raises: the sweeper finds what a lost one was for."""
        ...

    async def problem(self) -> str | None:
        """Why wake-ups are being lost now; None when they are not. Never raises, and takes PROBLEM_SECONDS at most."""
        ...


_SEND = """
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[4]) then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[5])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('RPUSH', KEYS[4], 1)
redis.call('LTRIM', KEYS[4], -20, -1)
return 1
"""
"""KEYS: the queue, the mark, the job, the bell. ARGV: the job's id, the job, the time, how long mark and job are kept, all in ms.

The mark says that the wake-up waits. Whoever takes it off the queue removes the mark before the task begins.
"""
_TAKE = """
local taken = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
for place = 1, #taken, 2 do
  local mark = string.match(taken[place], '^(.*)#')
  if mark then redis.call('DEL', ARGV[2] .. mark) end
end
return taken
"""
"""KEYS: the queue. ARGV: how many, and what stands before every mark. Returns ids and times in turn."""
MARK_SECONDS = 120
"""After this time another wake-up is sent, whatever became of the first."""
JOB_SECONDS = 3600
"""How long a wake-up may wait in the queue."""


def bell_of(queue: str) -> str:
    """The list on which a worker waits while its queue is empty: one element for each new wake-up, the newest few."""
    return f"{queue}:bell"


def _marks(queue: str) -> str:
    return f"{queue}:waits:"


def _mark_of(task: Task, key: str) -> str:
    name = f"{task.value}:{key}"
    return name if len(name) <= 200 else hashlib.sha256(name.encode()).hexdigest()


async def _run(redis: ArqRedis, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
    return await redis.eval(script, len(keys), *keys, *args)  # type: ignore[misc]  # typed as the client without await is


async def take_wake_ups(redis: ArqRedis, queue: str, most: int) -> list[tuple[str, int]]:
    """Takes up to `most` wake-ups off the queue, in one step. Returns arq's job ids with their times in milliseconds.

    A worker that ends after this loses them: the sweeper finds their work.
    """
    taken = await _run(redis, _TAKE, [queue], [most, _marks(queue)])
    return [(job_id.decode(), int(float(score))) for job_id, score in zip(taken[::2], taken[1::2], strict=True)]


class ArqWakeUps:
    """Wake-ups through arq. One that waits in the queue is not sent again, by whichever process.

    Each has an id of its own: arq drops an id that is running, and blocks it after a crash.
    """

    def __init__(self, redis: ArqRedis, queue_name: str) -> None:
        self.redis = redis
        self._queue = queue_name

    async def send(self, task: Task, key: str) -> bool:
        try:
            is_new = await self._put(task, key)
        except (RedisError, OSError) as error:
            log.warning("ring_lost", task=task.value, key=key, error=type(error).__name__)
            return False
        if is_new:
            WAKE_UPS.labels(task.value).inc()
        return True

    async def _put(self, task: Task, key: str) -> bool:
        queue, mark, now = queue_of(task, self._queue), _mark_of(task, key), timestamp_ms()
        job_id = f"{mark}#{unguessable()}"
        job = serialize_job(task.value, (key,), {}, None, now, serializer=serialize)
        keys = (queue, _marks(queue) + mark, job_key_prefix + job_id, bell_of(queue))
        return bool(await _run(self.redis, _SEND, keys, [job_id, job, now, MARK_SECONDS * 1000, JOB_SECONDS * 1000]))

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

    async def send(self, task: Task, key: str) -> bool:
        self.waiting.append((task, key))
        self._wake.set()
        return True

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
