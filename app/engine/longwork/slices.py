"""One slice of a long work: what it counts and finds until that is stored, and when it must stop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process, SourceRecord
from app.engine.core import failpoints, leases
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.jobs.mapper import enriched
from app.engine.polling.lots import at_once
from app.errors import Paced, RemoteError
from app.integrations.kit.cursor import digest
from app.integrations.kit.side_reads import FINAL_NO, FailuresInRow
from app.integrations.protocol import Page
from app.records.connections import Connection
from app.records.longwork import lines, works
from app.records.longwork.lines import Line
from app.records.longwork.works import SEEN, Work, WorkChange, WorkState, moment_of
from app.records.runs.left import measured

AT_A_TIME = 50
"""So many records are looked at, and stored, together."""

T = TypeVar("T")
Also = Callable[[AsyncConnection], Awaitable[Counter[str]]]
"""What is stored together with the place, and what it counts. It may run several times."""


class Interrupted(Exception):
    """Somebody has paused or stopped it meanwhile."""


@dataclass
class Slice:
    """One long work being worked on, until `ends` (monotonic seconds). What is counted and found grows until it is stored."""

    gateway: Gateway
    connection: Connection
    work: Work
    lease: Lease
    ends: float
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wakes: set[tuple[Task, str]] = field(default_factory=set)
    """What is woken up once it is stored."""
    waits: float | None = None
    """Seconds after which the next slice begins; None: at once."""
    in_row: FailuresInRow = field(default_factory=FailuresInRow)

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() >= self.ends or self.gateway.stopping

    @property
    def noun(self) -> str:
        return self.connection.system.noun

    def leave_out(self, what: str, error: Exception) -> None:
        """Says that a record was left out, and why."""
        why = error.message if isinstance(error, RemoteError) else type(error).__name__
        self.counts["unread"] += 1
        self.notes.append(f"{what}: {why}")

    async def save(self, place: dict[str, Any], also: Also | None = None, started_at: datetime | None = None) -> None:
        """Stores the place, and what was counted and found since the last time, with what `also` does. In one transaction.

        Raises LeaseLost when another worker has taken over, Interrupted when the work was paused or stopped.
        """

        async def store(db: AsyncConnection) -> Work:
            await leases.renew(db, self.lease)
            stored = await works.find(db, self.work.id, lock=True)
            if stored is None or stored.state not in works.TO_WORK:
                raise Interrupted
            counts = Counter(stored.counts) + self.counts
            if also is not None:
                counts += await also(db)
            room = lines.MOST_KEPT - sum(stored.counts.get(kind, 0) for kind in (*lines.KINDS, *lines.ADOPTED))
            again = await lines.replace(db, self.work.id, self.lines[: max(0, room)])
            counts.subtract(again)
            notes = list(dict.fromkeys((*stored.notes, *self.notes)))[: works.MOST_NOTES]
            now_at: WorkChange = {"state": WorkState.RUNNING, "place": place, "counts": dict(counts), "notes": notes}
            now_at |= {"failures": 0, "error": None, "due_at": None}
            if started_at is not None:
                now_at["started_at"] = started_at
            await works.change(db, self.work.id, *works.TO_WORK, **now_at)
            found = await works.find(db, self.work.id)
            assert found is not None
            failpoints.hit("long-work-before-commit")
            return found

        self.work = await self.gateway.database.run(store)
        failpoints.hit("long-work-after-commit")
        for task, key in sorted(self.wakes):
            await self.gateway.wake_ups.send(task, key)
        self.wakes.clear()
        self.counts.clear()
        self.lines.clear()
        self.notes.clear()


Step = Callable[[Slice], Awaitable[bool]]
"""Works on one kind of record. Returns whether all were read within the slice."""
KEPT = ("oldest_missing",)
"""Members of a place that outlast their step."""


async def work_through(run: Slice, steps: Mapping[str, Step]) -> bool:
    """Works through the steps that the work names, one after the other. Returns whether all are over."""
    while run.work.step is not None:
        step = run.work.step
        if "step" not in run.work.place:
            await run.save(_beginning(run, step))
        if not await steps[step](run):
            return False
        following = run.work.steps[run.work.steps.index(step) + 1 :]
        if not following:
            return True
        await run.save(_beginning(run, following[0]))
        if run.time_is_up:
            return False
    return True


def _beginning(run: Slice, step: str) -> dict[str, Any]:
    kept = {name: run.work.place[name] for name in KEPT if name in run.work.place}
    return {**kept, "step": step, "step_began": run.gateway.clock().isoformat()}


Take = Callable[[Sequence[SourceRecord]], Awaitable[Also | None]]
"""Looks at some records. What it returns is done in the transaction that stores that they are done."""


async def read_source(run: Slice, process: Process, since: datetime | None, take: Take) -> bool:
    """Gives `take` all records of the source, a few at a time, complete as mapping needs them. Returns whether all were read.

    `since`: only what was changed since then, where the source can tell.
    """
    cursor: dict[str, Any] = dict(run.work.place.get("cursor") or {})
    done = set(run.work.place.get("done", ()))
    async for page in run.gateway.source(run.connection).changes(process, cursor or None, since):
        _name_left_out(run, process, page)
        left = [each for each in page.records if _mark(each) not in done]
        for some in _lots(left):
            also = await take(await _completed(run, some))
            done |= {_mark(each) for each in some}
            run.counts[SEEN] += len(some)
            await run.save({**run.work.place, "done": sorted(done), "seen": _seen(run) + len(some)}, also)
            if run.time_is_up or run.waits is not None:
                return False
        began = moment_of(run.work.place.get("step_began"))
        now_at = measured(cursor, dict(page.cursor), began, run.gateway.clock())
        moved, cursor, done = page.cursor != cursor, now_at, set()
        await run.save({**run.work.place, "cursor": cursor, "done": []})
        if moved and run.time_is_up:
            return False
    return True


def _seen(run: Slice) -> int:
    return int(run.work.place.get("seen", 0))


def _mark(record: SourceRecord) -> str:
    return f"{record.source_id}/{digest(record.body, frozenset())}"


def _lots(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + AT_A_TIME] for start in range(0, len(items), AT_A_TIME))


def _name_left_out(run: Slice, process: Process, page: Page) -> None:
    if page.left_out:
        named = f": {'; '.join(page.odd)}" if page.odd else ""
        run.notes.append(f"{page.left_out} {process.value} that the {run.noun} listed and could not give{named}")
    for source_id, error in page.waiting.items():
        run.leave_out(f"{process.value} {source_id}", error)


async def _completed(run: Slice, some: Sequence[SourceRecord]) -> list[SourceRecord]:
    """The records with what belongs beside them. One for which that cannot be read is left out and named.

    Raises RemoteError when it is the system that fails.
    """
    found: list[SourceRecord] = []

    async def complete(record: SourceRecord) -> SourceRecord:
        return await enriched(run.gateway, run.connection, record)

    async for record, full in at_once(some, complete):
        if not isinstance(full, Exception):
            run.in_row.went_well()
            found.append(full)
        elif isinstance(full, Paced) or not isinstance(full, RemoteError):
            raise full
        elif isinstance(full, FINAL_NO) or run.in_row.is_its_own(full):
            run.leave_out(f"{record.process.value} {record.source_id}", full)
        else:
            raise full
    return found
