"""Gauges read from SQL: what waits and for how long, what is held or dead, how late the polls are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select

from app.domain import EventState, JobState
from app.engine.core.runtime import Gateway
from app.metrics import DEAD_LETTERS, HELD, JOBS, OLDEST_WAITING, POLL_LAG, WAITING_EVENTS
from app.storage.tables import connections, cursors, inbox, jobs

STATES = (JobState.WAITING, JobState.PARKED, JobState.RUNNING, JobState.HELD, JobState.DEAD)


async def update(gateway: Gateway, now: datetime) -> None:
    """Reads the counts from indexes: the cost does not grow with the finished rows."""
    async with gateway.database.read() as db:
        names = {row.id: row.name for row in await db.execute(select(connections.c.id, connections.c.name))}
        lanes = [row.lane for row in await db.execute(select(connections.c.lane).distinct())]
        by_state = select(
            jobs.c.lane, jobs.c.connection_id, jobs.c.state, func.count().label("n"), func.min(jobs.c.ready_at).label("since")
        )
        rows = list(
            await db.execute(by_state.where(jobs.c.state.in_(STATES)).group_by(jobs.c.lane, jobs.c.connection_id, jobs.c.state))
        )
        open_events = select(inbox.c.connection_id, inbox.c.state, func.count().label("n")).group_by(
            inbox.c.connection_id, inbox.c.state
        )
        # An event with a job shares its job's dead letter, and is not counted again.
        own_end = or_(
            inbox.c.state.in_((EventState.RECEIVED, EventState.PARKED)),
            (inbox.c.state == EventState.DEAD) & inbox.c.job_id.is_(None),
        )
        events = list(await db.execute(open_events.where(own_end)))
        polled = list(await db.execute(select(cursors)))
    for lane in lanes:
        for state in STATES:
            JOBS.labels(lane, state).set(sum(row.n for row in rows if row.lane == lane and row.state == state))
        since = [row.since for row in rows if row.lane == lane and row.state == JobState.WAITING]
        OLDEST_WAITING.labels(lane).set(max(0.0, (now - min(since)).total_seconds()) if since else 0)
    for connection_id, name in names.items():
        mine = [row for row in rows if row.connection_id == connection_id]
        kept = [row for row in events if row.connection_id == connection_id]
        HELD.labels(name).set(sum(row.n for row in mine if row.state == JobState.HELD))
        WAITING_EVENTS.labels(name).set(sum(row.n for row in kept if row.state != EventState.DEAD))
        dead = sum(row.n for row in mine if row.state == JobState.DEAD)
        dead += sum(row.n for row in kept if row.state == EventState.DEAD)
        DEAD_LETTERS.labels(name).set(dead)
    for row in polled:
        if row.polled_at is not None:
            POLL_LAG.labels(names.get(row.connection_id, row.connection_id), row.process).set(
                (now - row.polled_at).total_seconds()
            )
