"""Gauges read from SQL: what waits and for how long, what is held or dead, how late the polls are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from app.domain import EventState, JobState
from app.engine.core.runtime import Gateway
from app.metrics import ALERTS_OPEN, DEAD_LETTERS, HELD, JOBS, OLDEST_WAITING, POLL_LAG, WAITING_EVENTS
from app.storage.tables import alerts, connections, cursors, inbox, jobs
from app.storage.types import spelled

OF_ALERTS = "alert:"
STATES = (JobState.WAITING, JobState.PARKED, JobState.RUNNING, JobState.HELD, JobState.DEAD)


def _jobs(state: JobState) -> Select[Any]:
    places = (jobs.c.lane, jobs.c.connection_id, jobs.c.state)
    counted = select(*places, func.count().label("n"), func.min(jobs.c.ready_at).label("since"))
    return counted.where(jobs.c.state == spelled(state)[0]).group_by(*places)


def _events(state: EventState) -> Select[Any]:
    """An event with a job shares its job's dead letter, and is not counted again."""
    places = (inbox.c.connection_id, inbox.c.state)
    counted = select(*places, func.count().label("n")).where(inbox.c.state == spelled(state)[0]).group_by(*places)
    return counted.where(inbox.c.job_id.is_(None)) if state is EventState.DEAD else counted


def _alerts() -> Select[Any]:
    """The open ones, among the events: their kind stands behind OF_ALERTS."""
    kind = literal(OF_ALERTS).concat(alerts.c.kind).label("state")
    # By their ids: to group at once, SQLite would read the closed ones too, in the order of another index.
    are_open = select(alerts.c.id).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.id)
    counted = select(alerts.c.connection_id, kind, func.count().label("n"))
    return counted.where(alerts.c.id.in_(are_open)).group_by(alerts.c.connection_id, alerts.c.kind)


# One state at a time: each has an index of its own, and none is read for what is done.
_JOBS = union_all(*(_jobs(state) for state in STATES))
_EVENTS = union_all(*(_events(state) for state in (EventState.RECEIVED, EventState.PARKED, EventState.DEAD)), _alerts())


async def update(gateway: Gateway, now: datetime) -> None:
    """Reads the counts from indexes: the cost does not grow with the finished rows."""
    async with gateway.database.read() as db:
        every = list(await db.execute(select(connections.c.id, connections.c.name, connections.c.lane)))
        names = {row.id: row.name for row in every}
        lanes = list(dict.fromkeys(row.lane for row in every))
        rows = list(await db.execute(_JOBS))
        events = list(await db.execute(_EVENTS))
        polled = list(await db.execute(select(cursors.c.connection_id, cursors.c.process, cursors.c.polled_at)))
    _show_lanes(lanes, rows, now)
    _show_connections(names, rows, events)
    _show_alerts(names, [row for row in events if row.state.startswith(OF_ALERTS)])
    for row in polled:
        if row.polled_at is not None:
            POLL_LAG.labels(names.get(row.connection_id, row.connection_id), row.process).set(
                (now - row.polled_at).total_seconds()
            )


def _show_lanes(lanes: Sequence[str], rows: Sequence[Any], now: datetime) -> None:
    found: Counter[tuple[str, str]] = Counter()
    oldest: dict[str, datetime] = {}
    for row in rows:
        found[row.lane, row.state] += row.n
        if row.state == JobState.WAITING:
            oldest[row.lane] = min(row.since, oldest.get(row.lane, row.since))
    for lane in lanes:
        for state in STATES:
            JOBS.labels(lane, state).set(found[lane, state])
        OLDEST_WAITING.labels(lane).set(max(0.0, (now - oldest.get(lane, now)).total_seconds()))


def _show_connections(names: Mapping[str, str], rows: Sequence[Any], events: Sequence[Any]) -> None:
    jobs_in, events_in = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in rows:
        jobs_in[row.connection_id, row.state] += row.n
    for row in events:
        events_in[row.connection_id, row.state] += row.n
    for each, name in names.items():
        HELD.labels(name).set(jobs_in[each, JobState.HELD])
        WAITING_EVENTS.labels(name).set(events_in[each, EventState.RECEIVED] + events_in[each, EventState.PARKED])
        DEAD_LETTERS.labels(name).set(jobs_in[each, JobState.DEAD] + events_in[each, EventState.DEAD])


def _show_alerts(names: Mapping[str, str], rows: Sequence[Any]) -> None:
    ALERTS_OPEN.clear()  # a kind of which none is open any more is not there
    for row in rows:
        name = names.get(row.connection_id, row.connection_id or "")
        ALERTS_OPEN.labels(name, row.state.removeprefix(OF_ALERTS)).set(row.n)


def forget() -> None:
    """Shows none of these figures any more: another process reads them now."""
    for gauge in (JOBS, OLDEST_WAITING, HELD, WAITING_EVENTS, DEAD_LETTERS, POLL_LAG, ALERTS_OPEN):
        gauge.clear()
