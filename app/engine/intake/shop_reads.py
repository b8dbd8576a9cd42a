"""Reads of the shop that events need: a few at a time, each record once, and none of a shop that is away.

What a read has answered is judged as soon as a few are there, so that a slow shop holds up nothing that it has answered already.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import SourceRecord
from app.domain.record import kind_of
from app.engine.core import circuit, leases
from app.engine.core.circuit import Standing
from app.engine.core.retry import pause_before
from app.engine.core.sessions import told
from app.engine.core.sources import reads_by_id, record_source
from app.engine.intake.deciding import Turn
from app.engine.intake.understanding import Ended, Ready, ToRead, about, change_of, change_of_family, dead, found, not_understood
from app.engine.jobs.enqueue import RecordGone, Version
from app.engine.jobs.events import EventWait, park_events
from app.engine.jobs.mapper import completed
from app.errors import LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
from app.integrations.protocol.source import ReadsFamilies
from app.logs import get_logger
from app.records import alerts, mappings
from app.records.connection_lanes import shop_lane
from app.tracing import spans

log = get_logger(__name__)
T = TypeVar("T")

READS_AT_ONCE = 4
"""Reads of one shop at the same time."""
JUDGED_TOGETHER = 8
"""So many answers are judged at once, or those of LOOK_SECONDS."""
LOOK_SECONDS = 1.0
"""While reads go on, new events are looked for at least this often."""
MOST_WAITING = 100
"""Events that may wait here for a read. The others stay in the inbox."""
FAILURES_IN_A_ROW = 3
"""After so many reads without an answer between them, the whole shop counts as away."""


@dataclass(frozen=True)
class _Answer:
    """What a read found; None: the shop says that there is no such record. `before`: the version stored when it began."""

    record: SourceRecord | None
    announced: SourceRecord | None
    before: Version | None
    family: Sequence[SourceRecord] = ()
    """What may have changed with it."""


@dataclass
class Answers:
    """What reads have led to."""

    ready: list[Ready] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


class ShopReads:
    """The reads of one turn. None begins after `stop`; those that run end by `deadline` (monotonic seconds)."""

    def __init__(self, turn: Turn, deadline: float) -> None:
        self._turn = turn
        self._deadline = deadline
        self._key = circuit.key_for(circuit.of_source(turn.connection), circuit.READ_RECORDS)
        self._asked: dict[tuple[object, ...], list[ToRead]] = {}
        self._running: dict[asyncio.Task[_Answer], list[ToRead]] = {}
        self._waits: list[EventWait] = []
        self._standing: Standing | None = None
        self._in_a_row = 0
        self._answered = False
        self._away: _Away | None = None
        self._untold: RemoteError | OSError | None = None

    @property
    def is_open(self) -> bool:
        return bool(self._asked or self._running)

    @property
    def room(self) -> int:
        return MOST_WAITING - len(self.event_ids())

    def event_ids(self) -> list[int]:
        return [each.event.id for asked in (*self._asked.values(), *self._running.values()) for each in asked]

    def add(self, asked: Sequence[ToRead]) -> None:
        """Two reads of the same record are one, unless the first has begun: the record may have changed since."""
        for each in asked:
            key = (each.process, each.source_id) if each.by_id else (each.event.id,)
            self._asked.setdefault(key, []).append(each)

    def stop(self) -> bool:
        """Forgets the reads that have not begun: their events wait in the inbox. Returns whether there were any."""
        left, self._asked = bool(self._asked), {}
        return left

    async def end(self) -> None:
        """Waits for the reads that have begun. A call that is broken off would leave its connection behind."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def collect(self) -> Answers:
        """Begins as many reads as may run, and waits until a few are answered or LOOK_SECONDS are over."""
        answers, until = Answers(), time.monotonic() + LOOK_SECONDS
        if self._standing is None:
            await self._look_at_circuit()
        while True:
            self._begin()
            left = until - time.monotonic()
            if not self._running or left <= 0 or len(answers.ready) + len(answers.ended) >= JUDGED_TOGETHER:
                break
            done, _ = await asyncio.wait(self._running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._judge(task, self._running.pop(task), answers)
        await self._store_waits()
        return answers

    # --- one read ----------------------------------------------------------------------------------------------------------

    async def _look_at_circuit(self) -> None:
        gateway = self._turn.gateway
        async with gateway.database.read() as db:
            self._standing = known = await circuit.standing(db, self._key)
        if known.blocked_until is not None and known.blocked_until > gateway.clock():
            self._away = _Away(known.blocked_until, known.last_error or "it did not answer")

    def _begin(self) -> None:
        """A shop that failed last is asked by one read first. One that is away is not asked: all events wait."""
        at_once = 1 if self._standing is not None and self._standing.failures else READS_AT_ONCE
        while self._asked and self._away is None and len(self._running) < at_once:
            asked = self._asked.pop(next(iter(self._asked)))
            self._running[asyncio.get_running_loop().create_task(self._read(asked))] = asked
        if self._away is not None:
            for each in (each for asked in self._asked.values() for each in asked):
                self._waits.append(EventWait(each.event.id, self._away.until, each.event.tries, self._away.why))
            self._asked.clear()

    async def _read(self, asked: Sequence[ToRead]) -> _Answer:
        first = asked[0]
        with spans.work("read", first.event.origin, connection=self._turn.connection.id, process=first.process.value):
            return await self._answer(first, asked)

    async def _answer(self, first: ToRead, asked: Sequence[ToRead]) -> _Answer:
        gateway, connection = self._turn.gateway, self._turn.connection
        announced = next((each.announced for each in asked if each.announced is not None), None)
        if not first.by_id:
            assert announced is not None
            return _Answer(None, await self._in_time(gateway.source(connection).enrich(announced)), None)
        before, record = None, None
        if reads_by_id(connection):
            async with gateway.database.read() as db:
                stored = await mappings.by_source(db, connection.id, kind_of(first.process), first.source_id)
            before = Version(stored.source_modified_at, stored.source_hash) if stored else None
            record = await self._in_time(record_source(gateway, connection).read(first.process, first.source_id))
        if record is not None:
            source = gateway.source(connection)
            family = await self._in_time(source.family(record)) if isinstance(source, ReadsFamilies) else ()
            return _Answer(await self._whole(record), None, before, family)
        return _Answer(None, await self._whole(announced) if announced is not None else None, before)

    async def _whole(self, record: SourceRecord) -> SourceRecord:
        gateway, connection = self._turn.gateway, self._turn.connection
        (complete,) = await completed(gateway, connection, [record])
        if complete is not None:
            return complete
        return await self._in_time(gateway.source(connection).enrich(record))

    async def _in_time(self, call: Awaitable[T]) -> T:
        """Raises TimeoutError at the deadline. Only calls of the shop are broken off, never the database's."""
        async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
            return await call

    # --- judging -----------------------------------------------------------------------------------------------------------

    def _judge(self, task: asyncio.Task[_Answer], asked: Sequence[ToRead], answers: Answers) -> None:
        error = task.exception()
        if error is None:
            self._in_a_row, self._answered = 0, True
            for each in asked:
                self._take(each, task.result(), answers)
        elif isinstance(error, RemoteError | OSError):
            for each in asked:
                self._put_off(each, error, answers)
            self._note_failure(error)
        elif isinstance(error, Exception):
            answers.ended += [not_understood(each.event, error) for each in asked]
        else:
            raise error

    def _take(self, asked: ToRead, answer: _Answer, answers: Answers) -> None:
        event, connection = asked.event, self._turn.connection
        with about(connection, event):
            try:
                record = answer.record or (answer.announced if asked.announced is not None else None)
                if record is None:
                    answers.ready.append(Ready(event, RecordGone(asked.process, asked.source_id, found(event))))
                    return
                change = change_of(connection, event, record, answer.before)
                answers.ready.append(Ready(event, replace(change, read_now=asked.by_id)))
                for each in answer.family:
                    answers.ready.append(Ready(event, change_of_family(connection, event, each), of_family=True))
            except Exception as error:
                answers.ended.append(not_understood(event, error))

    def _put_off(self, asked: ToRead, error: RemoteError | OSError, answers: Answers) -> None:
        """The record's own fault costs its event a try, or ends it. A shop that is away costs it nothing."""
        event, settings = asked.event, self._turn.gateway.settings
        tries = event.tries if _is_away(error) else event.tries + 1
        if isinstance(error, Refused) or (tries > event.tries and tries >= settings.max_tries):
            reason = f"The {self._turn.connection.system.noun} had to be asked about it: {_words(error)}"
            answers.ended.append(dead(event, "shop-refused", reason))
            return
        now = self._turn.gateway.clock()
        if tries > event.tries:
            pause = pause_before(event.tries, settings.retry_base_seconds, settings.retry_cap_seconds)
        else:
            # The longer it has waited, the longer it waits: there is no count of tries to tell by.
            age = (now - event.received_at).total_seconds()
            pause = timedelta(seconds=min(max(age / 2, settings.shop_pause_seconds), settings.shop_pause_cap_seconds))
        self._waits.append(EventWait(event.id, now + pause, tries, _words(error)))

    def _note_failure(self, error: RemoteError | OSError) -> None:
        if isinstance(error, Refused):
            self._in_a_row = 0  # the shop has answered
            return
        self._in_a_row += 1
        if _is_plainly_away(error) or self._in_a_row >= FAILURES_IN_A_ROW:
            until = self._turn.gateway.clock() + self._pause(error)
            if self._away is None or until > self._away.until:
                self._away, self._untold = _Away(until, _words(error)), error

    def _pause(self, error: RemoteError | OSError) -> timedelta:
        return circuit.shop_pause(error, self._standing.failures if self._standing else 0, self._turn.gateway.settings)

    async def _store_waits(self) -> None:
        """Stores what waits, and what is known of the shop now. A shop that has answered is asked as usual again."""
        gateway, connection, now = self._turn.gateway, self._turn.connection, self._turn.gateway.clock()
        waits, error, away = self._waits, self._untold, self._away
        mended = self._standing is not None and self._standing.failures > 0 and self._answered and away is None
        self._waits, self._untold = [], None
        if not waits and error is None and not mended:
            return
        if away is not None:
            waits = [replace(each, due_at=max(each.due_at, away.until)) for each in waits]

        async def store(db: AsyncConnection) -> None:
            await leases.renew(db, self._turn.lease)
            if away is not None and error is not None:
                gateway.circuits.forget(circuit.of_source(connection))
                await circuit.block(db, self._key, shop_lane(connection.id), away.until, away.why, now)
            if mended:
                await circuit.succeeded(db, self._key, now)
            await park_events(db, waits)
            if isinstance(error, LoginRefused):
                words = told(gateway.settings, connection, error)
                await alerts.raise_alert(db, "login-refused", connection.id, error.system, words, now)

        await gateway.database.run(store)
        if mended:
            self._standing = Standing()
        if waits:
            due = min(each.due_at for each in waits)
            log.warning(
                "event_parked", connection=connection.name, events=len(waits), reason=waits[0].reason, due_at=due.isoformat()
            )


@dataclass(frozen=True)
class _Away:
    """A shop that is not asked until then (UTC), and why."""

    until: datetime
    why: str


def _words(error: RemoteError | OSError) -> str:
    if isinstance(error, RemoteError):
        return error.message
    return "it did not answer in time" if isinstance(error, TimeoutError) else f"it could not be asked ({type(error).__name__})"


def _is_away(error: RemoteError | OSError) -> bool:
    """Whether the shop is at fault, not the record."""
    return isinstance(error, Unavailable | RateLimited | LoginRefused | OSError) or _is_web_page(error)


def _is_plainly_away(error: RemoteError | OSError) -> bool:
    """Whether any other read would fail as well. An error 500 may be one record's."""
    if isinstance(error, Unavailable):
        return error.status is None or error.status == 408 or error.status in circuit.ON_THE_WAY or error.status >= 520
    return _is_away(error)


def _is_web_page(error: RemoteError | OSError) -> bool:
    """A page for people where the API should answer: the shop is being maintained, or sends everybody elsewhere."""
    if not isinstance(error, Malformed) or error.status is None or error.status >= 400:
        return False
    return error.status >= 300 or (error.answer or "").lstrip().startswith("<")
