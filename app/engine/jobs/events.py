"""How events and the items of a run end: done, merged, ignored, held or dead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.flows.outcomes import Outcome
from app.metrics import EVENTS
from app.storage.tables import inbox, run_items

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


async def merge_waiting_events(db: AsyncConnection, job_id: int, taken_generation: int, now: datetime, connection: str) -> None:
    """Merges older events into the newer state of their record: those not taken up yet, held or failed."""
    not_taken = and_(inbox.c.state == EventState.QUEUED, inbox.c.generation > taken_generation)
    ended = inbox.c.state.in_(EventState.MERGED.sources(EventState.HELD, EventState.DEAD))
    done = await db.execute(
        update(inbox)
        .where(inbox.c.job_id == job_id, or_(not_taken, ended))
        .values(
            state=EventState.MERGED,
            reason_code="newer",
            reason="A newer state of the record came before this one was taken up",
            settled_at=now,
        )
    )
    if done.rowcount:
        EVENTS.labels(connection, EventState.MERGED).inc(done.rowcount)


async def ignore_event(db: AsyncConnection, event_id: int, code: str, reason: str, now: datetime, connection: str) -> None:
    done = await db.execute(
        update(inbox)
        .where(inbox.c.id == event_id, inbox.c.state.in_(EventState.IGNORED.sources(EventState.RECEIVED)))
        .values(state=EventState.IGNORED, reason_code=code, reason=reason, settled_at=now)
    )
    if done.rowcount:
        EVENTS.labels(connection, EventState.IGNORED).inc()


async def dead_letter(db: AsyncConnection, event_id: int, code: str, reason: str, now: datetime, connection: str) -> None:
    """Makes the event a dead letter. It can be replayed."""
    done = await db.execute(
        update(inbox)
        .where(inbox.c.id == event_id, inbox.c.state.in_(EventState.DEAD.sources(EventState.RECEIVED)))
        .values(state=EventState.DEAD, reason_code=code, reason=reason, settled_at=now)
    )
    if done.rowcount:
        EVENTS.labels(connection, EventState.DEAD).inc()


@dataclass(frozen=True)
class Ending:
    """How a job ended, for the events and run items that waited for its `generation` or an older one."""

    job_id: int
    generation: int
    outcome: Outcome
    code: str | None
    reason: str | None


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
