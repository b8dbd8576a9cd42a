"""How fast an account may be called. All processes of the gateway share one pace, kept in Redis.

Calls are spread evenly, and a few may come at once (the generic cell rate algorithm). In any `seconds` there are at most
`calls`. While Redis is away, every process keeps to a part of the pace by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.clock import Clock
from app.errors import RateLimited
from app.http import CallLimits, retry_after_seconds
from app.integrations.protocol.account import Pace
from app.logs import get_logger

log = get_logger(__name__)

BURST_SHARE = 0.1
"""The share of the calls that may come at once; the rest is spread."""
ALONE_SHARE = 0.25
"""The share of the pace that one process takes while it cannot ask the others."""
PATIENCE_SECONDS = 5.0
"""A call that would wait longer is not begun: its job waits until then."""
LONGEST_HOLD_SECONDS = 3600.0
REDIS_SECONDS = 1.0

_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = math.max(0, free - tonumber(ARGV[2]) - now)
if wait > tonumber(ARGV[3]) then return wait end
redis.call('SET', KEYS[1], free + tonumber(ARGV[1]), 'PX', math.ceil(free + tonumber(ARGV[1]) - now + 1000))
return wait
"""
"""KEYS: the account. ARGV in milliseconds: between two calls, how much sooner one may come, the longest wait.

Returns the wait. A wait that is too long takes no place in the row.
"""
_HOLD = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + tonumber(ARGV[1]))
redis.call('SET', KEYS[1], free, 'PX', math.ceil(free - now + 1000))
return 0
"""


@dataclass(frozen=True)
class Spacing:
    """A pace as the algorithm needs it, in milliseconds. The burst is taken off the calls, so that no window holds more."""

    interval: float
    tolerance: float

    @classmethod
    def of(cls, pace: Pace, share: float = 1.0) -> Spacing:
        calls = max(1, math.floor(pace.calls * share))
        burst = max(1, math.floor(calls * BURST_SHARE))
        interval = pace.seconds * 1000 / max(1, calls - burst)
        return cls(interval, (burst - 1) * interval)


@dataclass
class LocalRow:
    """The pace of one process that knows no other. `now` is the process's own time, in seconds."""

    now: Callable[[], float] = time.monotonic
    free: dict[str, float] = field(default_factory=dict)

    def take(self, key: str, spacing: Spacing, patience: float) -> float:
        now = self.now() * 1000
        free = max(self.free.get(key, 0.0), now)
        wait = max(0.0, free - spacing.tolerance - now)
        if wait <= patience:
            self.free[key] = free + spacing.interval
        return wait

    def hold(self, key: str, milliseconds: float) -> None:
        self.free[key] = max(self.free.get(key, 0.0), self.now() * 1000 + milliseconds)


class PaceKeeper:
    """Gives every call its place in the row. `redis` None: this process is the only one, and keeps the pace alone."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._alone = LocalRow()
        self._is_alone = False

    async def wait(self, key: str, pace: Pace, patience: float = PATIENCE_SECONDS) -> float:
        """Returns the seconds until the call may be made. A wait longer than `patience` takes no place: the caller asks again
        then.
        """
        milliseconds = patience * 1000
        if self._redis is None:
            return self._alone.take(key, Spacing.of(pace), milliseconds) / 1000
        spacing = Spacing.of(pace)
        waited = await self._ask(_TAKE, key, spacing.interval, spacing.tolerance, milliseconds)
        if waited is None:
            return self._alone.take(key, Spacing.of(pace, ALONE_SHARE), milliseconds) / 1000
        return waited / 1000

    async def hold(self, key: str, seconds: float) -> None:
        """Stops all calls to the account for so long, because it asked for fewer calls."""
        self._alone.hold(key, seconds * 1000)
        if self._redis is not None:
            await self._ask(_HOLD, key, seconds * 1000)

    async def _ask(self, script: str, key: str, *arguments: float) -> float | None:
        assert self._redis is not None
        name = f"pace:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                found = await self._redis.eval(script, 1, name, *(str(math.ceil(each)) for each in arguments))  # type: ignore[misc]
        except (RedisError, OSError) as error:
            if not self._is_alone:
                log.warning("pace_kept_alone", error=type(error).__name__, share=ALONE_SHARE)
            self._is_alone = True
            return None
        self._is_alone = False
        return float(found)


class PacedTransport(httpx.AsyncBaseTransport):
    """Holds a call back until the account may be called. The wait is part of the call's time.

    Raises RateLimited when the wait is too long. An answer of 429 holds back all calls to the account.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, keeper: PaceKeeper, key: str, pace: Pace, clock: Clock) -> None:
        self._inner = inner
        self._keeper = keeper
        self._key = key
        self._pace = pace
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limits = CallLimits.of(request)
        patience = min(PATIENCE_SECONDS, limits.seconds / 2)
        wait = await self._keeper.wait(self._key, self._pace, patience)
        if wait > patience:
            raise RateLimited(
                f"{limits.system} allows {self._pace.calls} calls in {self._pace.seconds:g} s",
                system=limits.system,
                call=f"{request.method} {request.url.path}",
                retry_after=wait,
            )
        if wait > 0:
            await asyncio.sleep(wait)
            CallLimits(limits.system, limits.seconds - wait).on(request)
        response = await self._inner.handle_async_request(request)
        if response.status_code == 429:
            asked = retry_after_seconds(response.headers, self._clock()) or self._pace.seconds
            await self._keeper.hold(self._key, min(asked, LONGEST_HOLD_SECONDS))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
