"""How what was accepted ends: every event as done, merged, ignored, held or dead; every item of a run with its outcome."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.flows.outcomes import Outcome
from app.metrics import EVENTS
from app.storage.tables import inbox, run_items

EVENT_STATE = {
    Outcome.CREATED: "done",
    Outcome.UPDATED: "done",
    Outcome.CANCELLED: "done",
    Outcome.UNCHANGED: "done",
    Outcome.SKIPPED: "ignored",
    Outcome.HELD: "held",
    Outcome.FAILED: "dead",
}


async def merge_waiting_events(db: AsyncConnection, job_id: int, taken_generation: int, now: datetime, connection: str) -> None:
    """A newer state of the record has come: older ones that were not taken up, were held or had failed are merged into it."""
    not_taken = and_(inbox.c.state == "queued", inbox.c.generation > taken_generation)
    done = await db.execute(
        update(inbox)
        .where(inbox.c.job_id == job_id, or_(not_taken, inbox.c.state.in_(("held", "dead"))))
        .values(
            state="merged",
            reason_code="newer",
            reason="A newer state of the record came before this one was taken up",
            settled_at=now,
        )
    )
    if done.rowcount:
        EVENTS.labels(connection, "merged").inc(done.rowcount)


async def ignore_event(db: AsyncConnection, event_id: int, code: str, reason: str, now: datetime, connection: str) -> None:
    done = await db.execute(
        update(inbox)
        .where(inbox.c.id == event_id, inbox.c.state == "received")
        .values(state="ignored", reason_code=code, reason=reason, settled_at=now)
    )
    if done.rowcount:
        EVENTS.labels(connection, "ignored").inc()


async def dead_letter(db: AsyncConnection, event_id: int, code: str, reason: str, now: datetime, connection: str) -> None:
    """Into the dead letters, from where it can be replayed."""
    done = await db.execute(
        update(inbox)
        .where(inbox.c.id == event_id, inbox.c.state == "received")
        .values(state="dead", reason_code=code, reason=reason, settled_at=now)
    )
    if done.rowcount:
        EVENTS.labels(connection, "dead").inc()


async def finish_events(
    db: AsyncConnection,
    job_id: int,
    generation: int,
    outcome: Outcome,
    code: str | None,
    reason: str | None,
    now: datetime,
    connection: str,
) -> list[datetime]:
    """Settles what waited for this generation or an older one. Returns when the events that are done now were received (UTC)."""
    waiting = (inbox.c.job_id == job_id, inbox.c.state == "queued", inbox.c.generation <= generation)
    received = [row.received_at for row in await db.execute(select(inbox.c.received_at).where(*waiting))]
    await db.execute(
        update(inbox).where(*waiting).values(state=EVENT_STATE[outcome], reason_code=code, reason=reason, settled_at=now)
    )
    EVENTS.labels(connection, EVENT_STATE[outcome]).inc(len(received))
    await db.execute(
        update(run_items)
        .where(run_items.c.job_id == job_id, run_items.c.outcome.is_(None), run_items.c.generation <= generation)
        .values(outcome=outcome, reason_code=code, reason=reason)
    )
    return received
