"""How fast an account may be called. All processes of the gateway share one pace, kept in Redis.

Calls are spread evenly, and a few may come at once (the generic cell rate algorithm). In any `seconds` there are at most
`calls`. While Redis is away, every process keeps to a part of the pace by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.clock import Clock
from app.errors import Paced
from app.http import BoundedTransport, CallLimits, retry_after_seconds
from app.ids import new_id
from app.integrations.protocol.account import CALLS_COUNTED, IN_TURN, Pace
from app.logs import get_logger

log = get_logger(__name__)

BURST_SHARE = 0.1
"""The share of the calls that may come at once; the rest is spread."""
ALONE_SHARE = 0.25
"""The share of the pace that one process takes while it cannot ask the others."""
BACKGROUND_SHARE = 0.75
"""The share of the pace that work without haste takes: polls, sweeps, syncs. The rest is left to what came in just now."""
PATIENCE_SECONDS = 5.0
"""A call that would wait longer is not begun: its job waits until then."""
LONGEST_HOLD_SECONDS = 3600.0
REDIS_SECONDS = 1.0

in_background: ContextVar[bool] = ContextVar("in_background", default=False)
"""Whether the running task has no haste: its calls wait in a row of their own first, and longer than others."""

_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local calls = tonumber(ARGV[4])
local stored = tonumber(redis.call('GET', KEYS[1]) or '0')
local wait = math.max(0, stored + (calls - 1) * ARGV[1] - ARGV[2] - now)
if wait > tonumber(ARGV[3]) then return wait end
local free = math.max(stored + (2 * calls - 1) * ARGV[1], now + calls * ARGV[1])
redis.call('SET', KEYS[1], free, 'PX', math.ceil(free - now + 1000 + ARGV[5]))
return wait
"""
"""KEYS: the account. ARGV in milliseconds: between two calls, how much sooner one may come, the longest wait; then as how many
calls this one counts, and for how long the row is kept behind its last call.

One call that counts as many waits for its last place, and leaves as many places behind it empty: the system's own minute may
begin right before it. Returns the wait. A wait that is too long takes no place in the row.
"""
_HOLD = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + tonumber(ARGV[1]))
redis.call('SET', KEYS[1], free, 'PX', math.ceil(free - now + 1000))
return 0
"""

_STOP = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
return 0
"""
"""KEYS: the mark that nobody calls. ARGV: for how many milliseconds. An earlier mark that lasts longer stays."""

_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
"""KEYS: the account's turn. ARGV: who has it."""
TURN_SECONDS = 0.02
"""How often it is asked whether another process's call is answered."""


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

    def take(self, key: str, spacing: Spacing, patience: float, calls: int = 1) -> float:
        now, stored = self.now() * 1000, self.free.get(key, -math.inf)
        wait = max(0.0, stored + (calls - 1) * spacing.interval - spacing.tolerance - now)
        if wait <= patience:
            self.free[key] = max(stored + (2 * calls - 1) * spacing.interval, now + calls * spacing.interval)
        return wait

    def hold(self, key: str, milliseconds: float) -> None:
        self.free[key] = max(self.free.get(key, 0.0), self.now() * 1000 + milliseconds)


class PaceKeeper:
    """Gives every call its place in the row. `redis` None: this process is the only one, and keeps the pace alone."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._alone = LocalRow()
        self._is_alone = False
        self._turns: dict[str, asyncio.Lock] = {}
        self._stopped: dict[str, float] = {}
        """Until when nobody calls, by row, in the process's own seconds."""

    @asynccontextmanager
    async def turn(self, key: str, seconds: float) -> AsyncIterator[None]:
        """One at a time for the account, over all processes; over those of this process while Redis is away.

        Another process that ended in the middle is waited for no longer than `seconds`, the time of a call.
        """
        async with self._turns.setdefault(key, asyncio.Lock()):
            mine, name = new_id("turn"), _name("turn", key)
            taken = await self._take_turn(name, mine, seconds)
            while not taken:
                await asyncio.sleep(TURN_SECONDS)
                taken = await self._take_turn(name, mine, seconds)
            try:
                yield
            finally:
                if self._redis is not None:
                    with contextlib.suppress(RedisError, OSError):
                        async with asyncio.timeout(REDIS_SECONDS):
                            await self._redis.eval(_LEAVE, 1, name, mine)  # type: ignore[misc]

    async def _take_turn(self, name: str, mine: str, seconds: float) -> bool:
        if self._redis is None:
            return True
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                return bool(await self._redis.set(name, mine, nx=True, px=math.ceil(seconds * 1000)))
        except (RedisError, OSError):
            return True

    async def wait(self, key: str, pace: Pace, patience: float = PATIENCE_SECONDS, calls: int = 1) -> float:
        """Returns the seconds until the call may be made. A wait longer than `patience` takes no place: the caller asks again
        then. `calls`: as how many the system counts it.
        """
        milliseconds = patience * 1000
        if self._redis is None:
            return self._alone.take(key, Spacing.of(pace), milliseconds, calls) / 1000
        spacing, kept = Spacing.of(pace), pace.seconds * 1000
        waited = await self._run(_TAKE, _name("pace", key), spacing.interval, spacing.tolerance, milliseconds, calls, kept)
        if waited is None:
            return self._alone.take(key, Spacing.of(pace, ALONE_SHARE), milliseconds, calls) / 1000
        return waited / 1000

    async def stop(self, key: str, seconds: float, pace: Pace) -> None:
        """Stops all calls to the account for so long, because it asked for fewer calls: those that are to come, and those that
        have their place in the row and wait for it."""
        self._stopped[key] = max(self._stopped.get(key, 0.0), self._alone.now() + seconds)
        await self._run(_STOP, _name("stop", key), seconds * 1000)
        await self.hold(key, seconds, pace)

    async def stopped(self, key: str) -> float:
        """For how many seconds more nobody calls, asked right before a call."""
        here = self._stopped.get(key, 0.0) - self._alone.now()
        there = await self._run("return redis.call('PTTL', KEYS[1])", _name("stop", key)) or 0.0
        return max(0.0, here, there / 1000)

    async def hold(self, key: str, seconds: float, pace: Pace) -> None:
        """Keeps the row empty for so long. None of a burst comes before."""
        milliseconds = seconds * 1000 + Spacing.of(pace).tolerance
        self._alone.hold(key, milliseconds)
        await self._run(_HOLD, _name("pace", key), milliseconds)

    async def _run(self, script: str, name: str, *arguments: float) -> float | None:
        """None while there is no Redis."""
        if self._redis is None:
            return None
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


def _name(kind: str, key: str) -> str:
    return f"{kind}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"


@dataclass
class _Sent:
    """When a call was sent, by `time.monotonic`: once its connection was there."""

    at: float

    async def heard(self, event: str, _info: object) -> None:
        """What httpx tells of a call on its way."""
        if event.endswith("send_request_headers.started"):
            self.at = time.monotonic()


class PacedTransport(httpx.AsyncBaseTransport):
    """Holds a call back until the account may be called. The wait is part of the call's time.

    Raises Paced when the wait is too long. An answer of 429 holds back all calls to the account; work in the background gets
    Paced for it as well. A client that reads the limits from the answers itself gets them as they are.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, keeper: PaceKeeper, key: str, pace: Pace, clock: Clock) -> None:
        # A call is answered when the last byte of its answer is there, which may be long after the first.
        self._inner = BoundedTransport(inner) if pace.one_at_a_time else inner
        self._keeper = keeper
        self._key = key
        self._row = pace.row or key
        self._pace = pace
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        calls = request.extensions.get(CALLS_COUNTED, 1)
        if in_background.get():
            own = self._pace.calls * BACKGROUND_SHARE
            slower = Pace(max(1, math.floor(own)), self._pace.seconds)
            await self._wait(request, f"{self._row}|background", slower, CallLimits.of(request).seconds / 3, calls)
        # What counts as many calls waits for as many places: were it not let to, single calls would always be before it.
        longer = (calls - 1) * Spacing.of(self._pace).interval / 1000
        await self._wait(request, self._row, self._pace, PATIENCE_SECONDS + longer, calls)
        call = functools.partial(self._call, request)
        around = request.extensions.get(IN_TURN)
        asked = call if around is None else functools.partial(around, call)
        response = await (self._in_turn(request, asked) if self._pace.one_at_a_time else asked())
        if response.status_code == 429 and not self._pace.is_told:
            named = retry_after_seconds(response.headers, self._clock()) or self._pace.seconds
            pause = min(named, LONGEST_HOLD_SECONDS)
            await self._keeper.stop(self._row, pause, self._pace)
            if in_background.get():
                await response.aclose()
                raise _later(f"{CallLimits.of(request).system} has had too many calls for now (429)", request, pause)
        return response

    async def _call(self, request: httpx.Request) -> httpx.Response:
        """Raises Paced where the account was to be left alone meanwhile."""
        left = await self._keeper.stopped(self._row)
        if left > 0:
            raise _later(f"{CallLimits.of(request).system} has had too many calls for now", request, left)
        return await self._inner.handle_async_request(request)

    async def _in_turn(self, request: httpx.Request, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Keeps the distance between calls as the system sees it.

        Those that waited for a slow answer would come at once when it is there, and a call whose connection had to be opened
        comes later than the one after it expects.
        """
        row, apart = f"{self._row}|turn", Spacing.of(self._pace).interval / 1000
        async with self._keeper.turn(self._key, CallLimits.of(request).seconds + apart):
            await asyncio.sleep(await self._keeper.wait(row, self._pace, LONGEST_HOLD_SECONDS))
            sent = _Sent(time.monotonic())
            request.extensions["trace"] = sent.heard
            response = await ask()
            await self._keeper.hold(row, max(0.0, sent.at + apart - time.monotonic()), self._pace)
            return response

    async def _wait(self, request: httpx.Request, key: str, pace: Pace, patience: float, calls: int) -> None:
        limits = CallLimits.of(request)
        patience = min(patience, limits.seconds / 2)
        wait = await self._keeper.wait(key, pace, patience, calls)
        if wait > patience:
            words = f"{limits.system} allows {self._pace.calls} calls in {self._pace.seconds:g} s"
            raise _later(words, request, wait)
        if wait > 0:
            await asyncio.sleep(wait)
            CallLimits(limits.system, limits.seconds - wait).on(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _later(words: str, request: httpx.Request, seconds: float) -> Paced:
    call = f"{request.method} {request.url.path}"
    return Paced(words, system=CallLimits.of(request).system, call=call, retry_after=seconds)
