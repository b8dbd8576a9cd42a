"""How events and the items of a run end: done, merged, ignored, held or dead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.flows.outcomes import Outcome
from app.metrics import EVENTS
from app.storage.tables import inbox, jobs, run_items

EVENT_STATE = {
    Outcome.CREATED: EventState.DONE,
    Outcome.UPDATED: EventState.DONE,
    Outcome.CANCELLED: EventState.DONE,
    Outcome.UNCHANGED: EventState.DONE,
    Outcome.SKIPPED: EventState.IGNORED,
    Outcome.HELD: EventState.HELD,
    Outcome.FAILED: EventState.DEAD,
}
"""How a job's outcome ends its event: done, ignored, held or dead."""


MERGED_CODE, MERGED_REASON = "newer", "A newer state of the record came before this one was taken up"


@dataclass(frozen=True)
class EventEnd:
    """What became of an event that was received: its state, the record it is about, its job, and why."""

    event_id: int
    state: EventState
    process: str | None = None
    source_id: str | None = None
    job_id: int | None = None
    generation: int | None = None
    reason_code: str | None = None
    reason: str | None = None
    settled_at: datetime | None = None

    def settled(self, now: datetime) -> EventEnd:
        return replace(self, settled_at=now)

    def merged(self, now: datetime) -> EventEnd:
        """The same, after a newer one of the same record has taken its place."""
        return replace(self, state=EventState.MERGED, reason_code=MERGED_CODE, reason=MERGED_REASON, settled_at=now)


_END = (
    update(inbox)
    .where(inbox.c.id == bindparam("event_id"), inbox.c.state == EventState.RECEIVED)
    .values({each.name: bindparam(f"new_{each.name}") for each in fields(EventEnd) if each.name != "event_id"})
)


async def end_events(db: AsyncConnection, ends: Sequence[EventEnd], connection: str) -> None:
    """Stores what became of events that were received, all in one statement."""
    if not ends:
        return
    for end in ends:
        assert EventState.RECEIVED in (*end.state.sources(), end.state), end.state
    rows = [
        {"event_id": end.event_id} | {f"new_{key}": value for key, value in vars(end).items() if key != "event_id"}
        for end in ends
    ]
    await db.execute(_END, rows)
    for state, count in Counter(end.state for end in ends if end.settled_at is not None).items():
        EVENTS.labels(connection, state).inc(count)


async def merge_waiting_events(db: AsyncConnection, job_ids: Sequence[int], now: datetime, connection: str) -> None:
    """Merges these jobs' older events into the newer state of their records: those not taken up yet, held or failed."""
    taken = select(jobs.c.taken_generation).where(jobs.c.id == inbox.c.job_id).scalar_subquery()
    not_taken = and_(inbox.c.state == EventState.QUEUED, inbox.c.generation > taken)
    ended = inbox.c.state.in_(EventState.MERGED.sources(EventState.HELD, EventState.DEAD))
    done = await db.execute(
        update(inbox)
        .where(inbox.c.job_id.in_(job_ids), or_(not_taken, ended))
        .values(state=EventState.MERGED, reason_code=MERGED_CODE, reason=MERGED_REASON, settled_at=now)
    )
    if done.rowcount:
        EVENTS.labels(connection, EventState.MERGED).inc(done.rowcount)


@dataclass(frozen=True)
class EventWait:
    """An event that waits until `due_at` (UTC), because the outside system could not be asked about its record."""

    event_id: int
    due_at: datetime
    tries: int
    reason: str


_WAIT = (
    update(inbox)
    .where(inbox.c.id == bindparam("event_id"), inbox.c.state == EventState.RECEIVED)
    .values(
        state=EventState.PARKED,
        reason_code="another-try",
        **{each.name: bindparam(f"new_{each.name}") for each in fields(EventWait) if each.name != "event_id"},
    )
)


async def park_events(db: AsyncConnection, waits: Sequence[EventWait]) -> None:
    """Lets received events wait until their next try."""
    if waits:
        await db.execute(_WAIT, [_named(each) for each in waits])


def _named(change: EventEnd | EventWait) -> dict[str, object]:
    return {"event_id": change.event_id} | {f"new_{key}": value for key, value in vars(change).items() if key != "event_id"}


@dataclass(frozen=True)
class Ending:
    """How a job ended, for the events and run items that waited for its `generation` or an older one."""

    job_id: int
    generation: int
    outcome: Outcome
    code: str | None
    reason: str | None


@dataclass(frozen=True)
class Finished:
    """An event that is done now: the job it waited for, and when it was received (UTC)."""

    job_id: int
    received_at: datetime


async def finish_together(
    db: AsyncConnection, job_ids: Sequence[int], how: Ending, now: datetime, with_items: Collection[int]
) -> list[Finished]:
    """Finishes what waited for these jobs, which all ended in the same way, up to the generation that was taken.

    `with_items`: the jobs for which items of runs wait. `how` is one of the endings.
    """
    state = EVENT_STATE[how.outcome]
    ended = {"reason_code": how.code, "reason": how.reason}
    taken = select(jobs.c.taken_generation)
    done = await db.execute(
        update(inbox)
        .where(
            inbox.c.job_id.in_(job_ids),
            inbox.c.state.in_(state.sources(EventState.QUEUED)),
            inbox.c.generation <= taken.where(jobs.c.id == inbox.c.job_id).scalar_subquery(),
        )
        .values(state=state, settled_at=now, **ended)
        .returning(inbox.c.job_id, inbox.c.received_at)
    )
    found = [Finished(row.job_id, row.received_at) for row in done]
    await end_items(db, [job_id for job_id in job_ids if job_id in with_items], how)
    return found


async def end_items(db: AsyncConnection, job_ids: Sequence[int], how: Ending) -> None:
    """Ends what runs wait for of these jobs, up to the generation that was taken. `how` is one of the endings."""
    if not job_ids:
        return
    taken = select(jobs.c.taken_generation).where(jobs.c.id == run_items.c.job_id).scalar_subquery()
    mine = (run_items.c.job_id.in_(job_ids), run_items.c.outcome.is_(None), run_items.c.generation <= taken)
    ended = {"reason_code": how.code, "reason": how.reason}
    await db.execute(update(run_items).where(*mine).values(outcome=how.outcome, **ended))


async def finish_events(db: AsyncConnection, ending: Ending, now: datetime, connection: str) -> list[datetime]:
    """Finishes what waited for the job. Returns when the events that are done now were received (UTC)."""
    state = EVENT_STATE[ending.outcome]
    waiting = (
        inbox.c.job_id == ending.job_id,
        inbox.c.state.in_(state.sources(EventState.QUEUED)),
        inbox.c.generation <= ending.generation,
    )
    received = [row.received_at for row in await db.execute(select(inbox.c.received_at).where(*waiting))]
    ended = {"reason_code": ending.code, "reason": ending.reason}
    await db.execute(update(inbox).where(*waiting).values(state=state, settled_at=now, **ended))
    EVENTS.labels(connection, state).inc(len(received))
    await db.execute(
        update(run_items)
        .where(
            run_items.c.job_id == ending.job_id,
            run_items.c.outcome.is_(None),
            run_items.c.generation <= ending.generation,
        )
        .values(outcome=ending.outcome, **ended)
    )
    return received


async def events_wait_again(db: AsyncConnection, job_id: int, *states: EventState) -> None:
    """Makes the job's events wait with it, so that they end with it."""
    await db.execute(
        update(inbox)
        .where(inbox.c.job_id == job_id, inbox.c.state.in_(EventState.QUEUED.sources(*states)))
        .values(state=EventState.QUEUED, settled_at=None, reason_code=None, reason=None)
    )
