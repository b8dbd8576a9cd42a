"""A lane under our lease, and its transactions: what has ended is stored and the next jobs are claimed in one."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.domain.problem import with_what_lifts
from app.engine.core import failpoints, leases
from app.engine.core.attempts import close_all, withdraw
from app.engine.core.circuit import CALLS, TO_SHOP, Counters, all_keys, keys_of
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.dispatch import endings, lane_lease, mapping_updates
from app.engine.dispatch.endings import Ending, TakenOver
from app.engine.dispatch.gate import TOGETHER_SECONDS, Gate
from app.engine.dispatch.lane_lease import LaneNow, Look
from app.engine.dispatch.loading import ClaimedJob, load, with_suppliers
from app.engine.jobs import claim
from app.engine.jobs.claim import OnLane, Orphans
from app.engine.jobs.events import EVENT_STATE, Finished
from app.engine.jobs.turns import Progress, Rules
from app.errors import LeaseLost
from app.flows.outcomes import Outcome, Result, Transfer
from app.logs import get_logger
from app.metrics import EVENTS, TO_WAREHOUSE_SECONDS
from app.records import mappings
from app.records.connection_lanes import SHOP_LANE
from app.records.connections import Connection, Status
from app.records.mappings import MappingChange, Note
from app.storage.outages import UNSTORABLE, is_passing
from app.tracing.origin import bound, fresh

log = get_logger(__name__)

MOST_TOGETHER = 40
FIRST_TOGETHER = 20
"""How many jobs are claimed together in a lane of which nothing is known yet."""


class HeldByAnother(Exception):
    """Another worker holds the lane's lease."""


@dataclass(frozen=True)
class Claimed:
    """Jobs that were claimed together."""

    jobs: tuple[ClaimedJob, ...] = ()
    has_more: bool = False


@dataclass
class Lane:
    """A lane while this worker holds its lease. `lease` None: it has been given back."""

    gateway: Gateway
    key: str
    connections: dict[str, Connection]
    counters: Counters
    closed: frozenset[str] = frozenset()
    """Connections of the lane that cannot be opened: their jobs wait."""
    lease: Lease | None = None
    progress: Progress = field(default_factory=lambda: Progress(0, ""))
    has_left: bool = False
    """Something waited that was not taken: whose turn is next is worth storing."""
    one_by_one: bool = False
    """A worker died here. The jobs it had taken are taken one by one, until it is known which of them ends the workers."""

    @classmethod
    async def of(cls, gateway: Gateway, key: str) -> Lane:
        on_lane = {each.id: each for each in await gateway.on_lane(key)}
        counters = Counters(tuple(all_keys(on_lane.values(), _processes(key))))
        return cls(gateway, key, on_lane, counters, await gateway.closed_on(key))

    # --- transactions -------------------------------------------------------------------------------------------------------

    async def take(self) -> Claimed:
        """Takes the lease and the first jobs, in one transaction. None of them when another worker holds the lease."""
        now = self.gateway.clock()

        async def work(db: AsyncConnection) -> tuple[LaneNow, Orphans | None, _Next]:
            lane = await lane_lease.acquire(db, self.key, self.gateway.settings.lease_seconds, self._look(now))
            if lane is None:
                raise HeldByAnother
            orphans = None
            if lane.has_running:
                alive = {fence for key, fence in self.gateway.alive if key == self.key}
                orphans = await claim.take_back_orphans(db, lane.lease, now, alive)
            self.progress = Progress(lane.turns, lane.last_connection_id)
            self.one_by_one = orphans is not None and orphans.by_a_crash
            return lane, orphans, await self._claim(db, lane, now)

        try:
            lane, orphans, found = await self.gateway.database.run(work)
        except HeldByAnother:
            return Claimed()
        self.lease = lane.lease if found.is_kept else None
        if orphans is not None and orphans.count:
            log.warning("jobs_taken_back", lane=self.key, count=orphans.count)
        return await self._claimed(found)

    async def end(self, ended: Sequence[Ending], unsent: Sequence[int], *, go_on: bool) -> Claimed:
        """Stores how these jobs ended and claims the next ones, in one transaction. Raises LeaseLost.

        If one record cannot be stored, each is stored alone, so that it costs only itself.
        """
        failpoints.hit("finish-before-commit")
        lease, now = self._held(), self.gateway.clock()
        self._take_turns_back(ended)

        async def work(db: AsyncConnection) -> tuple[list[Finished], _Next]:
            again = not go_on or any(each.waits_again(now) for each in ended)
            lane, is_kept = await lane_lease.renew_for_work(db, lease, self._look(now), keep=again)
            finished = await endings.store(db, lease, ended, now) if ended else []
            await withdraw(db, unsent)
            return finished, await self._next(db, lane, now, go_on=go_on) if is_kept else _Next(is_kept=False)

        try:
            finished, found = await self.gateway.database.run(work)
        except (TakenOver, *UNSTORABLE) as error:
            if is_passing(error) or not ended:
                raise
            log.warning("ended_one_by_one", lane=self.key, jobs=len(ended), error=type(error).__name__)
            for each in ended:
                await self._end_alone(each, now)
            return await self.end((), unsent, go_on=go_on)
        failpoints.hit("finish-after-commit")
        self._count(ended, finished, now)
        self.lease = lease if found.is_kept else None
        return await self._claimed(found)

    def _take_turns_back(self, ended: Sequence[Ending]) -> None:
        """Jobs that are given back have had no turn."""
        had = [each for each in ended if not each.is_given_back]
        if had and len(had) < len(ended):
            turns = self.progress.turns - len(ended) + len(had)
            self.progress = Progress(max(0, turns), had[-1].claimed.job.connection_id)

    async def _end_alone(self, ended: Ending, now: datetime) -> None:
        """A record whose end cannot be stored becomes a dead letter; if that fails too, it is given back."""
        lease, is_taken = self._held(), False
        for attempt in (ended, _not_stored(ended), ended.bare()):
            if is_taken and attempt.result is not None:
                continue  # another record claimed its number at the same moment: it is given back, and looked at again

            async def work(db: AsyncConnection, ending: Ending = attempt) -> list[Finished]:
                await leases.renew(db, lease)
                return await endings.store(db, lease, [ending], now)

            try:
                finished = await self.gateway.database.run(work)
            except TakenOver:
                log.warning("job_taken_over", job_id=ended.claimed.job.id)
                return
            except UNSTORABLE as error:
                if is_passing(error):
                    raise
                is_taken = isinstance(error, IntegrityError)
                log.warning("job_not_stored", job_id=ended.claimed.job.id, error=type(error).__name__, exc_info=not is_taken)
                continue
            self._count([attempt], finished, now)
            return

    async def let_go(self, gate: Gate[Ending] | None) -> None:
        """After an error: the next worker takes the jobs back at once, and it costs them no try. What was answered is stored."""
        lease, now = self.lease, self.gateway.clock()
        if lease is None:
            return

        async def work(db: AsyncConnection) -> None:
            if gate is not None:
                unsettled: dict[int, MappingChange] = {
                    each.mapping_id: {"unsettled_attempt_id": each.call.begun.attempt_id}
                    for each in gate.answered
                    if each.is_open
                }
                await mapping_updates.change_all(db, unsettled, now)
            await claim.let_go(db, lease)
            if gate is not None:
                await close_all(db, [each.call for each in gate.answered])
                await withdraw(db, gate.unsent)

        try:
            await self.gateway.database.run(work)
        except Exception as error:
            self.gateway.alive.add((self.key, lease.fence))
            log.warning("jobs_not_let_go", lane=self.key, error=type(error).__name__)

    # --- inside a transaction -----------------------------------------------------------------------------------------------

    async def _next(self, db: AsyncConnection, lane: LaneNow, now: datetime, *, go_on: bool) -> _Next:
        """Claims the next jobs if it goes on, else gives the lease back."""
        if go_on:
            return await self._claim(db, lane, now)
        waits = lane.is_open and await self._has_work(db, lane, now)
        await self._give_back(db, lane.lease)
        return _Next(is_kept=False, rings=(self.key,) if waits and not self.gateway.stopping else ())

    async def _claim(self, db: AsyncConnection, lane: LaneNow, now: datetime) -> _Next:
        await self.counters.read(db, is_troubled=lane.is_troubled)
        if not lane.is_open:
            await self._give_back(db, lane.lease)
            return _Next(is_kept=False)
        if lane.has_due:
            await claim.wake_parked(db, self.key, now)
        on_lane = self._on_lane(now)
        taken = await claim.claim(db, lane.lease, now, on_lane, self._rules(now), self.progress)
        rings: list[str] = []
        strays = taken.strays or (() if taken.jobs else await claim.find_strays(db, on_lane))
        if strays:
            rings = await claim.move_strays(db, self.key, strays, now)
        if not taken.jobs:
            await self._give_back(db, lane.lease)
            return _Next(is_kept=False, rings=tuple(rings), is_stale=bool(strays) and not rings)
        loaded = await load(db, lane.lease, taken.jobs, now)
        with_them = [each.id for each in self.connections.values() if each.settings.processes.suppliers]
        loaded = await with_suppliers(db, loaded, with_them) if with_them else loaded
        known = await self._known_articles(db, taken.jobs)
        return _Next(True, Claimed(tuple(loaded), taken.has_more), taken.progress, tuple(rings), known=known)

    async def _has_work(self, db: AsyncConnection, lane: LaneNow, now: datetime) -> bool:
        """Whether something may be done at once. Suspect jobs do not count: they may have to wait for a pause."""
        await self.counters.read(db, is_troubled=lane.is_troubled)
        if lane.has_due:
            return True
        queues, strays = await claim.look(db, self._on_lane(now), Rules(1, now, suspects=False))
        self.has_left = self.has_left or not queues.is_empty()
        return bool(strays) or not queues.is_empty()

    async def _give_back(self, db: AsyncConnection, lease: Lease) -> None:
        if self.has_left:
            await claim.save_progress(db, self.key, self.progress)
        await lane_lease.give_back(db, lease)

    async def _known_articles(self, db: AsyncConnection, taken: Sequence[Any]) -> set[str]:
        """The articles of these orders that are known to be in the WMS, without those that this process knew already."""
        kept = self.gateway.known_articles
        numbers = {number for job in taken if job.process is Process.ORDERS for number in _articles(job.payload)}
        asked = sorted(number for number in numbers if kept.get((self.key, number)) is None)
        return await mappings.known_articles(db, self.key, asked) if asked else set()

    # --- what may be taken --------------------------------------------------------------------------------------------------

    def _look(self, now: datetime) -> Look:
        return Look(self.counters.keys, now)

    def _on_lane(self, now: datetime) -> OnLane:
        blocked = self.counters.blocked(now)
        slots = frozenset(
            (connection.id, process)
            for connection in self.connections.values()
            for process in _processes(self.key)
            if not _is_on(connection, process) or (blocked and not blocked.isdisjoint(keys_of(connection, process)))
        )
        return OnLane(self.key, tuple(self.connections), _processes(self.key), slots, self.closed)

    def _rules(self, now: datetime) -> Rules:
        settings = self.gateway.settings
        # Two suspect records never run back to back, in whatever slice or worker: the WMS counts failures in a row. One may run
        # after a call that went well, or after a pause.
        since = now - timedelta(seconds=settings.budget_pause_seconds)
        return Rules(
            most=self._together(),
            aged_before=now - timedelta(minutes=settings.ageing_minutes),
            suspects=not self.counters.has_just_failed(since),
        )

    def _together(self) -> int:
        """As many as were done in the time that jobs may take together."""
        seconds = self.gateway.job_seconds.get(self.key)
        if self.one_by_one:
            return 1
        if seconds is None:
            return FIRST_TOGETHER
        return max(1, min(MOST_TOGETHER, int(TOGETHER_SECONDS / max(seconds, 0.001))))

    def worked(self, jobs: int, since: float) -> None:
        """Remembers how long a job takes. `since`: when these were begun (monotonic)."""
        if jobs:
            self.gateway.job_seconds.put(self.key, (time.monotonic() - since) / jobs)

    def gate(self, ends: float) -> Gate[Ending]:
        """The way out for jobs that were claimed together. Nothing new begins after `ends` (monotonic)."""
        return Gate(self.gateway, self._held(), self.counters, ends)

    def _held(self) -> Lease:
        if self.lease is None:
            raise LeaseLost(f"the lease on {self.key} was given back")
        return self.lease

    # --- after a commit -----------------------------------------------------------------------------------------------------

    async def _claimed(self, found: _Next) -> Claimed:
        if found.progress is not None:
            self.progress = found.progress
        self.has_left = self.has_left or found.claimed.has_more
        for number in found.known:
            self.gateway.known_articles.put((self.key, number), True)
        if found.is_stale:
            self.gateway.forget("")  # a connection has come to this lane since its connections were read
        for key in (*found.rings, *((self.key,) if found.is_stale else ())):
            await self.gateway.wake_ups.send(Task.DRAIN, key)
        if found.claimed.jobs:
            failpoints.hit("claim-after-commit")
        return found.claimed

    def _count(self, ended: Sequence[Ending], finished: Sequence[Finished], now: datetime) -> None:
        by_job = {each.claimed.job.id: each for each in ended}
        for event in finished:
            ending = by_job[event.job_id]
            assert ending.result is not None
            EVENTS.labels(ending.name, EVENT_STATE[ending.result.outcome]).inc()
            TO_WAREHOUSE_SECONDS.observe(max(0.0, (now - event.received_at).total_seconds()))
        for each in ended:
            log_ending(each)


@dataclass(frozen=True)
class _Next:
    """What a transaction has claimed: nothing when the lease was given back. `rings`: lanes with something to do."""

    is_kept: bool
    claimed: Claimed = field(default_factory=Claimed)
    progress: Progress | None = None
    rings: tuple[str, ...] = ()
    known: Collection[str] = ()
    is_stale: bool = False
    """A connection has come to the lane that this process does not know yet."""


def log_ending(ended: Ending) -> None:
    job, result, later = ended.claimed.job, ended.result, ended.later
    about = {"job_id": job.id, "connection": job.connection_id, "process": job.process, "record": job.source_id}
    with bound(job.origin or fresh()):
        if result is not None:
            log.info("job_ended", outcome=result.outcome.value, code=result.code, tries=job.tries + 1, **about)
        elif later is not None and later.due is not None:
            log.warning("job_parked", error=later.code, tries=later.tries, due_at=later.due.isoformat(), **about)


def _not_stored(ended: Ending) -> Ending:
    """What becomes of a job whose end cannot be stored as it is."""
    words = with_what_lifts("An error of the gateway itself; its log has the details", "internal-error")
    transfer = Transfer.UNKNOWN if ended.claimed.job.process not in TO_SHOP else None
    result = Result(Outcome.FAILED, transfer, "internal-error", words)
    alert = endings.Alert("dead-letter", f"{ended.claimed.job.process}:{ended.claimed.job.source_id}", words)
    note = Note("internal-error", words, job_id=ended.claimed.job.id)
    return Ending(ended.claimed, ended.connection, result=result, notes=(note,), alerts=(alert,))


def _processes(key: str) -> tuple[Process, ...]:
    """The processes whose jobs run in such a lane: a shop's, or a goods owner's."""
    return tuple(process for process in CALLS if (process in TO_SHOP) == key.startswith(SHOP_LANE))


def _is_on(connection: Connection, process: Process) -> bool:
    return connection.status is Status.ACTIVE and connection.settings.processes.is_on(process)


def _articles(payload: Any) -> list[str]:
    """The article numbers of a stored order. One that cannot be read has none: its own flow says what is wrong with it."""
    lines = payload.get("lines") if isinstance(payload, dict) else None
    found = [line.get("article_number") for line in lines or () if isinstance(line, dict)]
    return [number for number in found if isinstance(number, str)]
