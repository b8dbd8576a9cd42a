"""One call at a time: how the jobs that were claimed together take turns.

Each job's flow runs until it wants to write, or ends. Then the attempts of all these writes are stored in one commit, and the
writes go out one after the other. A flow that wants to write once more comes round again. When time is up, the rest is given
back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.engine.core.attempts import Begun, Blocked, EndedCall, Planned, open_all
from app.engine.core.circuit import Counters, keys_of
from app.engine.core.leases import LEASE_PER_CALL, Lease
from app.engine.core.runtime import Gateway
from app.engine.dispatch import lane_lease, mapping_updates
from app.engine.dispatch.lane_lease import Look
from app.engine.dispatch.loading import ClaimedJob, NumberOwner
from app.engine.dispatch.mapping_updates import NumberClaim
from app.errors import GatewayError
from app.records.connections import Connection
from app.storage.outages import UNSTORABLE, is_passing

R = TypeVar("R")

TOGETHER_SECONDS = 1.0
"""Jobs that were claimed together take about so long at most: what is urgent waits no longer."""
SEND_WITHIN_SECONDS = 5.0
"""A write is sent at most so long after its attempt was stored."""


class GaveWay(GatewayError):
    """Time is up, or the call must not be made now. Nothing was sent: the job waits in the lane again."""


@dataclass(eq=False)
class Wish:
    """A write that a flow waits to make. `counter` counts its method; `number` is claimed for the record in the same commit."""

    planned: Planned
    system: str
    counter: str
    number: NumberClaim | None
    answer: asyncio.Future[Begun]
    begun: Begun | None = None


@dataclass(frozen=True)
class Answered:
    """A write that was made. `is_open`: it may have changed the record in the WMS, and how its job ended is not stored yet."""

    mapping_id: int
    call: EndedCall
    is_open: bool


@dataclass(eq=False)
class Turn(Generic[R]):
    """One job while it is worked on. `result` None: it was given back before it had begun."""

    claimed: ClaimedJob
    connection: Connection | None
    result: R | None = None
    task: asyncio.Task[R] | None = None
    stopped: asyncio.Future[None] | None = None
    wish: Wish | None = None
    paused: asyncio.Future[None] | None = None
    has_written: bool = False

    @property
    def is_suspect(self) -> bool:
        return self.claimed.job.suspect

    async def run(self, work: Callable[[Turn[R]], Awaitable[R]]) -> R:
        try:
            return await work(self)
        finally:
            self.stop()

    def stop(self) -> None:
        """Lets the gate go on: the flow has ended, or waits."""
        if self.stopped is not None and not self.stopped.done():
            self.stopped.set_result(None)


@dataclass
class Gate(Generic[R]):
    """The way to the lane's outside system for jobs that were claimed together. Nothing new begins after `ends` (monotonic)."""

    gateway: Gateway
    lease: Lease
    counters: Counters
    ends: float
    numbers: dict[tuple[Kind, str], NumberOwner] = field(default_factory=dict)
    """Numbers whose owner is known: stored, or claimed by one of these jobs."""
    made: set[str] = field(default_factory=set)
    """Articles that are in the WMS, as these jobs have seen."""
    withdrawn: list[int] = field(default_factory=list)
    """Attempts that were stored and never sent."""
    answered: list[Answered] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _has_written: bool = False
    _turns: Sequence[Turn[R]] = ()
    _running: Turn[R] | None = None
    _making: dict[str, Turn[R]] = field(default_factory=dict)

    async def work(self, turns: Sequence[Turn[R]], work: Callable[[Turn[R]], Awaitable[R]]) -> None:
        """Works on the jobs, in their order. What a flow raises is raised here, once the others are stopped."""
        self._began, self._turns = time.monotonic(), turns
        try:
            for number, turn in enumerate(turns):
                if (number and self._is_over(TOGETHER_SECONDS / 2)) or self._must_wait(turn):
                    continue
                turn.stopped = asyncio.get_running_loop().create_future()
                turn.task = asyncio.get_running_loop().create_task(turn.run(work))
                await self._until_stopped(turn)
            while waiting := [turn for turn in turns if turn.wish is not None or turn.paused is not None]:
                await self._go_round(waiting)
        finally:
            await _cancel([turn.task for turn in turns if turn.task is not None and not turn.task.done()])

    @property
    def unsent(self) -> list[int]:
        """Attempts that are stored and were not sent, also when the work was broken off."""
        waiting = [turn.wish.begun.attempt_id for turn in self._turns if turn.wish is not None and turn.wish.begun is not None]
        return [*self.withdrawn, *waiting]

    # --- for the flows ------------------------------------------------------------------------------------------------------

    async def open(self, planned: Planned, system: str, counter: str, number: NumberClaim | None) -> Begun:
        """Waits until the attempt is stored and the write's turn has come. Raises Blocked and GaveWay, with nothing sent."""
        turn, loop = self._running, asyncio.get_running_loop()
        assert turn is not None
        turn.wish = wish = Wish(planned, system, counter, number, loop.create_future())
        turn.stop()
        return await wish.answer

    async def pause(self) -> None:
        """Waits until the others have made their writes."""
        turn = self._running
        assert turn is not None
        turn.paused = asyncio.get_running_loop().create_future()
        turn.stop()
        await turn.paused

    async def reserve_articles(self, numbers: Sequence[str]) -> list[str]:
        """Waits while other flows make any of these articles. Returns those that the running flow has to look for and to make."""
        turn = self._running
        assert turn is not None
        while any(self._is_made_by_another(number, turn) for number in numbers):
            await self.pause()
        left = [number for number in numbers if number not in self.made]
        self._making |= dict.fromkeys(left, turn)
        return left

    def _is_made_by_another(self, number: str, turn: Turn[R]) -> bool:
        maker = self._making.get(number)
        if number in self.made or maker is None or maker is turn:
            return False
        return maker.task is not None and not maker.task.done()

    # --- one round ----------------------------------------------------------------------------------------------------------

    async def _go_round(self, waiting: Sequence[Turn[R]]) -> None:
        """Stores the attempts of all that wait to write, makes the writes, then lets those go on that waited for others."""
        late = [turn for turn in waiting if self._is_late(turn)]
        for turn in late:
            await self._send_away(turn, GaveWay("time is up"))
        writing = [turn for turn in waiting if turn not in late and turn.wish is not None]
        paused = [turn for turn in waiting if turn not in late and turn.paused is not None]
        asked = time.monotonic()
        for turn in await self._opened(writing, asked) if writing else []:
            await self._let_through(turn, asked)
        for turn in paused:
            await self._go_on(turn)

    async def _opened(self, writing: Sequence[Turn[R]], asked: float) -> list[Turn[R]]:
        """Stores the attempts. One that cannot be stored fails alone. Returns those that may go on to write."""
        try:
            await self._open([turn.wish for turn in writing if turn.wish is not None], asked)
        except UNSTORABLE as error:
            if is_passing(error):
                raise
            if len(writing) == 1:
                # Another record has claimed the number at the same moment: the next look shows whose it is.
                away = GaveWay("its number was just taken") if isinstance(error, IntegrityError) else error
                await self._send_away(writing[0], away)
                return []
            return [turn for each in writing for turn in await self._opened([each], asked)]
        opened = []
        for turn in writing:
            assert turn.wish is not None
            if turn.wish.begun is not None:
                opened.append(turn)
            else:
                until = self.counters.blocked_until(turn.wish.counter, self.gateway.clock()) or self.gateway.clock()
                await self._send_away(turn, Blocked(turn.wish.system, turn.wish.planned.call, until))
        return opened

    async def _open(self, wishes: Sequence[Wish], asked: float) -> None:
        """One commit for all. What is blocked by now is not stored."""
        longest = max(wish.planned.timeout_seconds for wish in wishes)
        # A connection may allow its system more time than a lease lasts. The lease must still outlive the call.
        lasts = max(self.lease.seconds, longest * LEASE_PER_CALL)
        now = self.gateway.clock()

        async def work(db: AsyncConnection) -> dict[int, int]:
            lane = await lane_lease.renew(db, self.lease, Look(self.counters.keys, now), lasts)
            await self.counters.read(db, is_troubled=lane.is_troubled)
            free = [wish for wish in wishes if self.counters.blocked_until(wish.counter, now) is None]
            await mapping_updates.claim_numbers(db, [wish.number for wish in free if wish.number is not None], now)
            return await open_all(db, self.lease, [wish.planned for wish in free]) if free else {}

        attempt_ids = await self.gateway.database.run(work)
        for wish in wishes:
            attempt_id = attempt_ids.get(wish.planned.about.job_id or 0)
            if attempt_id is not None:
                wish.begun = Begun(attempt_id, wish.planned.call, asked + lasts - wish.planned.timeout_seconds)

    async def _let_through(self, turn: Turn[R], asked: float) -> None:
        wish, now = turn.wish, self.gateway.clock()
        assert wish is not None
        assert wish.begun is not None
        until = self.counters.blocked_until(wish.counter, now)
        late = self._is_late(turn) or time.monotonic() > asked + SEND_WITHIN_SECONDS
        if until is None and not late and not (turn.is_suspect and self._has_just_failed(now)):
            self._has_written = turn.has_written = True
            await self._go_on(turn)
            return
        self.withdrawn.append(wish.begun.attempt_id)
        error = GaveWay("time is up") if until is None else Blocked(wish.system, wish.planned.call, until)
        await self._send_away(turn, error)

    # --- one flow -----------------------------------------------------------------------------------------------------------

    async def _go_on(self, turn: Turn[R]) -> None:
        turn.stopped = asyncio.get_running_loop().create_future()
        wish, paused, turn.wish, turn.paused = turn.wish, turn.paused, None, None
        if wish is not None and wish.begun is not None:
            wish.answer.set_result(wish.begun)
        elif paused is not None:
            paused.set_result(None)
        await self._until_stopped(turn)

    async def _send_away(self, turn: Turn[R], error: Exception) -> None:
        turn.stopped = asyncio.get_running_loop().create_future()
        waits = turn.wish.answer if turn.wish is not None else turn.paused
        turn.wish = turn.paused = None
        assert waits is not None
        waits.set_exception(error)
        await self._until_stopped(turn)

    async def _until_stopped(self, turn: Turn[R]) -> None:
        assert turn.stopped is not None
        assert turn.task is not None
        self._running = turn
        await turn.stopped
        if turn.task.done():
            turn.result = turn.task.result()

    # --- what must wait -----------------------------------------------------------------------------------------------------

    def _is_over(self, seconds: float) -> bool:
        now = time.monotonic()
        return self.gateway.stopping or now - self._began > seconds or now >= self.ends

    def _is_late(self, turn: Turn[R]) -> bool:
        """Time is up. One job is always done, and one that has written goes on to its end."""
        return self._has_written and not turn.has_written and self._is_over(TOGETHER_SECONDS)

    def _must_wait(self, turn: Turn[R]) -> bool:
        """A method that it needs is blocked by now; or it is suspect, and another call has just failed."""
        if turn.connection is None:
            return False
        keys, now = keys_of(turn.connection, turn.claimed.job.process), self.gateway.clock()
        blocked = any(self.counters.blocked_until(key, now) for key in keys)
        return blocked or (turn.is_suspect and self._has_just_failed(now))

    def _has_just_failed(self, now: datetime) -> bool:
        return self.counters.has_just_failed(now - timedelta(seconds=self.gateway.settings.budget_pause_seconds))


async def _cancel(tasks: Sequence[asyncio.Task[R]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
