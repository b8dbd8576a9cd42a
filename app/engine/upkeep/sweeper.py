"""The sweeper: every few seconds each worker looks in SQL for what is due, and wakes it up.

A wake-up that was lost, or a Redis that was emptied, costs one interval and never work.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import POLLED, EventState, JobState, Process
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.polling import health_alerts
from app.engine.upkeep import alerts, gauges, retention, webhook_guard
from app.logs import get_logger
from app.records import connections, cursors, runs
from app.records.connections import Connection, Status
from app.records.stock import levels as stock_levels
from app.storage.tables import inbox, jobs, lanes, run_parts

log = get_logger(__name__)


async def run(gateway: Gateway) -> None:
    """Sweeps until cancelled. Waits for a database that is away."""
    while True:
        try:
            await sweep(gateway)
        except (SQLAlchemyError, OSError) as error:
            log.warning("sweep_failed", error=type(error).__name__)
        except Exception:
            # Anything else is a fault of ours. It goes into the log, and the sweeper goes on.
            log.exception("sweep_failed")
        await asyncio.sleep(gateway.settings.sweep_interval_seconds)


async def sweep(gateway: Gateway) -> None:
    """One sweep: sends wake-ups for events, lanes and polls that are due; ends finished runs; prunes; updates the gauges."""
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await _wake_events(db, now)
        await runs.end_finished(db, now)
        wake_ups = [(Task.STOCK, connection_id) for connection_id in await stock_levels.requeue(db, now)]
    async with gateway.database.read() as db:
        active = await connections.every(db, gateway.vault, status=Status.ACTIVE)
        wake_ups += [*await _events_due(db, active), *await _lanes_due(db, now), *await _hooks_due(db, gateway, active, now)]
    wake_ups += await _polls_due(gateway, active, now)
    for task, key in dict.fromkeys(wake_ups):
        await gateway.wake_ups.send(task, key)
    async with gateway.database.begin() as db:
        for connection in active:
            await health_alerts.look_for_silence(db, connection, now)
    await alerts.notify(gateway, now)
    await retention.prune_when_due(gateway, now)
    await gauges.update(gateway, now)


async def _wake_events(db: AsyncConnection, now: datetime) -> None:
    parked = inbox.c.state.in_(EventState.RECEIVED.sources(EventState.PARKED))
    await db.execute(update(inbox).where(parked, inbox.c.due_at <= now).values(state=EventState.RECEIVED, due_at=None))


async def _events_due(db: AsyncConnection, active: list[Connection]) -> list[tuple[Task, str]]:
    due = []
    for connection in active:
        waiting = select(inbox.c.id).where(inbox.c.connection_id == connection.id, inbox.c.state == EventState.RECEIVED).limit(1)
        if await db.scalar(waiting) is not None:
            due.append((Task.INGEST, connection.id))
    return due


async def _hooks_due(db: AsyncConnection, gateway: Gateway, active: list[Connection], now: datetime) -> list[tuple[Task, str]]:
    return [
        (Task.HOOKS, each.id)
        for each in active
        if each.settings.webhooks.managed and webhook_guard.address_of(gateway, each) and await webhook_guard.due(db, each, now)
    ]


async def _lanes_due(db: AsyncConnection, now: datetime) -> list[tuple[Task, str]]:
    """Lanes with waiting jobs, parked jobs that are due, or jobs left running by a worker that ended."""
    due = []
    for row in await db.execute(select(lanes.c.key).where(lanes.c.paused.is_(False))):
        if await _has_due_jobs(db, row.key, now):
            due.append((Task.DRAIN, row.key))
    return due


async def _has_due_jobs(db: AsyncConnection, lane: str, now: datetime) -> bool:
    """Asks for one state at a time. Each state has an index of its own, so that finished jobs cost nothing."""
    parked_and_due = (jobs.c.state == JobState.PARKED) & (jobs.c.due_at <= now)
    states = (jobs.c.state == JobState.WAITING, jobs.c.state == JobState.RUNNING, parked_and_due)
    for state in states:
        if await db.scalar(select(jobs.c.id).where(jobs.c.lane == lane, state).limit(1)) is not None:
            return True
    return False


async def _polls_due(gateway: Gateway, active: list[Connection], now: datetime) -> list[tuple[Task, str]]:
    due = []
    async with gateway.database.begin() as db:
        for connection in active:
            for process in POLLED:
                if not connection.settings.processes.is_on(process):
                    continue
                cursor = await cursors.ensure(db, connection, process, now)
                if cursor.next_poll_at <= now:
                    due.append((Task.POLL, poll_key(connection.id, process)))
        waiting = select(run_parts.c.connection_id, run_parts.c.process).where(run_parts.c.state.in_(runs.TO_READ)).distinct()
        due += [(Task.POLL, poll_key(row.connection_id, Process(row.process))) for row in await db.execute(waiting)]
    return due
