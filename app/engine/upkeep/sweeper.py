"""The sweeper: every few seconds one process looks in SQL for what is due, and wakes it up.

A wake-up that was lost, or a Redis that was emptied, costs seconds and never work. How many statements a sweep takes does not
depend on how many connections there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.engine.core.queue import LongWork, Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.polling import health_alerts
from app.engine.upkeep import due, gauges, missing_rests, retention, webhook_guard
from app.engine.upkeep.alerting import notify
from app.engine.upkeep.due import Sign, WakeUp
from app.engine.upkeep.known import Known
from app.engine.upkeep.rung import MOST_POLLS, Rung
from app.engine.upkeep.sweep_turn import Turn
from app.logs import get_logger
from app.records import runs
from app.records.stock import levels as stock_levels
from app.storage import outages

log = get_logger(__name__)

SILENCE_EVERY = timedelta(minutes=1)
RESTS_EVERY = timedelta(minutes=1)
CLOSED_EVERY = timedelta(seconds=30)
GAUGES_EVERY = timedelta(seconds=15)
LEAST_PAUSE = 0.2
"""The shortest pause between two sweeps, as a share of the interval."""
MOST_OUTAGES = 2
"""After so many parts of a sweep that the database did not answer, the rest waits for the next one."""
CONNECTIONS_PER_POLL = 20
"""With many connections, one poll for every so many is rung for at a time, if that is more."""


async def run(gateway: Gateway) -> None:
    """Sweeps until cancelled, or waits for its turn. Waits for a database that is away."""
    sweeper = of(gateway)
    sweeper.starts = sweeper.beside = True
    try:
        while True:
            began = time.monotonic()
            try:
                await sweep(gateway)
            except (SQLAlchemyError, OSError) as error:
                log.warning("sweep_failed", error=type(error).__name__)
            except Exception:
                # Anything else is a fault of ours. It goes into the log, and the sweeper goes on.
                log.exception("sweep_failed")
            await asyncio.sleep(sweeper.pause_after(time.monotonic() - began))
    finally:
        await sweeper.end()


async def sweep(gateway: Gateway) -> None:
    """One sweep, if it is this process's turn: wakes up what is due, ends finished runs, tells of alerts, sets the gauges."""
    await of(gateway).sweep()


def of(gateway: Gateway) -> Sweeper:
    """This process's sweeper."""
    if Sweeper not in gateway.kept:
        gateway.kept[Sweeper] = Sweeper(gateway)
    kept: Sweeper = gateway.kept[Sweeper]
    return kept


def _is_over(last: datetime | None, pause: timedelta, now: datetime) -> bool:
    return last is None or now - last >= pause


@dataclass
class Sweeper:
    """What one process keeps from sweep to sweep."""

    gateway: Gateway
    starts: bool = False
    """The next sweep is this process's first: it takes its turn in any case."""
    beside: bool = False
    """What may take long (mail, retention) runs beside the sweeps instead of in them."""
    turn: Turn = field(init=False)
    known: Known = field(init=False)
    rung: Rung = field(init=False)
    _listened_at: datetime | None = None
    _rests_at: datetime | None = None
    _rests_to: int = 0
    _closed_at: datetime | None = None
    _closed_to: int = 0
    _shown_at: datetime | None = None
    _outages: int = 0
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        interval = self.gateway.settings.sweep_interval_seconds
        self.turn = Turn(self.gateway.database, interval)
        self.known = Known(self.gateway)
        self.rung = Rung(timedelta(seconds=interval))

    async def sweep(self) -> None:
        had_it = self.turn.ours
        if not await self.turn.take(by_force=self.starts):
            if had_it:
                gauges.forget()  # another process shows them now; ours would stay as they are
            return
        self.starts, self._outages = False, 0
        now, wake_ups = self.gateway.clock(), list[WakeUp]()
        async with self._part("connections"):
            await self.known.refresh(now)
        async with self._part("parked"):
            wake_ups += await self._written(now)
        async with self._part("waiting"):
            wake_ups += await self._waiting(now)
        async with self._part("webhooks"):
            wake_ups += self._hooks(now)
        async with self._part("polls"):
            wake_ups += await self._polls(now)
        async with self._part("wake-ups"):
            await self._ring(wake_ups, now)
        await self._aside("alerts", notify.notify, now)
        await self._aside("retention", retention.prune_when_due, now)
        # Not in the same sweep, so that none takes many more statements than the others.
        if _is_over(self._listened_at, SILENCE_EVERY, now):
            self._listened_at = now
            async with self._part("silence"):
                await health_alerts.look_for_silence(self.gateway.database, list(self.known.active.values()), now)
        elif _is_over(self._rests_at, RESTS_EVERY, now):
            self._rests_at = now
            async with self._part("rests"):
                self._rests_to = await missing_rests.look(self.gateway.database, self.known.active, self._rests_to, now)
        elif _is_over(self._closed_at, CLOSED_EVERY, now):
            self._closed_at = now
            async with self._part("alerts"):
                self._closed_to = await notify.look(self.gateway, self._closed_to, now)
        elif _is_over(self._shown_at, GAUGES_EVERY, now):
            self._shown_at = now
            await self._aside("gauges", gauges.update, now)

    @contextlib.asynccontextmanager
    async def _part(self, name: str) -> AsyncIterator[None]:
        """One part of a sweep. Its failure is logged by its name and ends no other; a database that stays away ends the sweep."""
        try:
            yield
        except Exception as error:
            self._outages += outages.is_passing(error)
            if self._outages >= MOST_OUTAGES:
                raise
            if outages.is_passing(error):
                log.warning("sweep_failed", part=name, error=type(error).__name__)
            else:
                log.exception("sweep_failed", part=name)

    async def _aside(self, name: str, work: Callable[[Gateway, datetime], Awaitable[object]], now: datetime) -> None:
        """Lets it run beside the sweeps, unless the last one still does. A mail server that hangs holds up nothing."""

        async def guarded() -> None:
            async with self._part(name):
                await work(self.gateway, now)

        last = self._tasks.get(name)
        if not self.beside:
            await guarded()
        elif last is None or last.done():
            self._tasks[name] = asyncio.create_task(guarded())

    async def _written(self, now: datetime) -> list[WakeUp]:
        """Lets what is parked and due wait again, and ends finished runs. Mostly there is nothing, and it writes nothing."""
        database = self.gateway.database
        async with database.read() as db:
            signs = await due.signs(db, now)
        found: list[WakeUp] = []
        if Sign.PARKED_EVENTS in signs:
            found += [(Task.INGEST, each) for each in await due.wake_events(database, now) if each in self.known.active]
        if Sign.PARKED_STOCK in signs:
            async with database.begin() as db:
                woken = await stock_levels.requeue(db, now)
            found += [(Task.STOCK, each) for each in woken if each in self.known.active]
        if signs & {Sign.WORKING_PARTS, Sign.OPEN_RUNS}:
            await database.run(lambda db: runs.end_finished(db, now))
        return found

    async def _waiting(self, now: datetime) -> list[WakeUp]:
        """What waits and can be worked on: nothing of a connection that is not active, and no lane without an active one."""
        known = self.known
        async with self.gateway.database.read() as db:
            found = await due.waiting(db, now)
            shared = {key for task, key in found if task is Task.DRAIN and key in known.shared}
            idle = shared - await due.workable(db, shared, list(known.active), now) if shared else set()
        return [each for each in found if self._is_active(each) and each[1] not in idle]

    def _is_active(self, wake_up: WakeUp) -> bool:
        task, key = wake_up
        if task is Task.DRAIN:
            return key in self.known.lanes
        connection = self.known.active.get(_connection_of(task, key))
        return connection is not None and (task is not Task.STOCK or connection.settings.writes_stock)

    def _hooks(self, now: datetime) -> list[WakeUp]:
        """Connections whose webhooks are due for a check. The first check is due at once."""
        due_at = self.known.next_checks
        managed = [each.id for each in self.known.active.values() if webhook_guard.is_managed(self.gateway, each)]
        return [(Task.HOOKS, each) for each in managed if (due_at.get(each) or now) <= now]

    async def _polls(self, now: datetime) -> list[WakeUp]:
        async with self.gateway.database.read() as db:
            found = await due.polls(db, now)
        active = self.known.active
        return [
            (Task.POLL, poll_key(connection_id, process))
            for connection_id, process in found
            if connection_id in active and active[connection_id].settings.processes.is_on(process)
        ]

    async def _ring(self, found: list[WakeUp], now: datetime) -> None:
        """Sends what nobody works on and what does not wait in the queue already. Stops at a queue that is away."""
        if not found:
            self.rung.forget_all()
            return
        most_polls = max(MOST_POLLS, len(self.known.active) // CONNECTIONS_PER_POLL)
        async with self.gateway.database.read() as db:
            to_ring = await self.rung.still_to_ring(db, found, most_polls, now)
        for number, (task, key) in enumerate(to_ring):
            if not await self.gateway.wake_ups.send(task, key):
                self.rung.forget(to_ring[number:])
                return

    def pause_after(self, seconds: float) -> float:
        """Seconds until the next sweep, or the next look whether the turn is free, after one that took so many."""
        if not self.turn.ours:
            return self.turn.pause
        return max(self.turn.interval - seconds, self.turn.interval * LEAST_PAUSE)

    async def end(self) -> None:
        """Ends what runs beside, and lets another process sweep at once."""
        for task in self._tasks.values():
            task.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await self.turn.give_up()


def _connection_of(task: Task, key: str) -> str:
    match task:
        case Task.POLL:
            return key.partition(":")[0]
        case Task.LONG_WORK:
            return LongWork.of(key).connection_id
        case _:
            return key
