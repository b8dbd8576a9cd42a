"""Queues changed records. Webhooks, polls, sweeps and operators all come here.

The newest version wins, by the record's own time. There is one job for each connection, process and record. A newer version
raises its generation and replaces what waited, so ten changes that wait are one write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Order, Process
from app.domain.record import kind_of
from app.engine.jobs import events
from app.engine.jobs.changes import (
    ACTIVE,
    Change,
    EnqueueResult,
    Found,
    FoundBy,
    RecordChange,
    RecordGone,
    Verdict,
    Version,
    stale,
)
from app.engine.jobs.record_plans import Key, RecordPlan
from app.engine.jobs.report_jobs import tell_again
from app.metrics import FOUND
from app.records import jobs as job_rows
from app.records import mappings
from app.records.connections import Connection
from app.records.stock import levels, sold
from app.storage.tables import connections as connection_rows
from app.storage.tables import run_items

__all__ = [
    "ACTIVE",
    "Change",
    "EnqueueResult",
    "Found",
    "FoundBy",
    "RecordChange",
    "RecordGone",
    "Verdict",
    "Version",
    "enqueue_change",
    "enqueue_changes",
    "enqueue_gone",
]

_Asked = dict[Key, list[Change]]
K = TypeVar("K")


async def enqueue_change(db: AsyncConnection, connection: Connection, change: RecordChange, now: datetime) -> EnqueueResult:
    """Decides about one record change, and queues a job when there is something to do. All in the caller's transaction."""
    (result,) = await enqueue_changes(db, connection, [change], now)
    return result


async def enqueue_gone(
    db: AsyncConnection, connection: Connection, process: Process, source_id: str, found: Found, now: datetime
) -> EnqueueResult:
    """Takes a record that the shop itself says is gone. Acts only on an order that is, or may come to be, in the warehouse."""
    (result,) = await enqueue_changes(db, connection, [RecordGone(process, source_id, found)], now)
    return result


async def enqueue_changes(
    db: AsyncConnection, connection: Connection, changes: Sequence[Change], now: datetime
) -> list[EnqueueResult]:
    """Decides about many changes of one connection's records as if one came after the other. Returns what became of each.

    Takes its locks in the order that all keep: stock, connection, mappings by id, jobs by id. A batch costs about as many
    statements as a single change.
    """
    if not changes:
        return []
    if any(_may_sell(change) for change in changes):
        await levels.one_at_a_time(db, connection.lane)
    await _one_at_a_time(db, connection)
    asked: _Asked = {}
    for change in changes:
        asked.setdefault((change.process, change.source_id), []).append(change)
    plans: dict[Key, RecordPlan] = {}
    left = asked
    while left:
        plans |= await _decide(db, connection, left, now)
        taken = await _store_new_mappings(db, [plans[key] for key in left if plans[key].is_new])
        # Another process has made these mappings meanwhile: they are decided again, by what is stored now.
        left = {key: asked[key] for key in taken}
    await _store(db, connection, list(plans.values()), now)
    of_each = {key: iter(plan.results()) for key, plan in plans.items()}
    results = [next(of_each[change.process, change.source_id]) for change in changes]
    _count(connection, changes, results)
    return results


def _may_sell(change: Change) -> bool:
    return change.process is Process.ORDERS if isinstance(change, RecordGone) else isinstance(change.mapped, Order)


async def _one_at_a_time(db: AsyncConnection, connection: Connection) -> None:
    """Lets the record changes of a connection in one after the other.

    Webhooks, polls and operators find the same record at the same moment. Side by side, both would find theirs newer, and the
    older could be stored last. (SQLite has one writer anyway.)
    """
    if db.dialect.name == "postgresql":
        mine = select(connection_rows.c.id).where(connection_rows.c.id == connection.id)
        # Not a full lock: intake refers to this row with every delivery and must not wait.
        await db.execute(mine.with_for_update(key_share=True))


# --- deciding -------------------------------------------------------------------------------------------------------------


async def _decide(db: AsyncConnection, connection: Connection, asked: _Asked, now: datetime) -> dict[Key, RecordPlan]:
    """Locked: a lane may be storing the outcome of the version before at this moment."""
    wanted = _grouped((kind_of(process), source_id) for process, source_id in asked)
    stored = {(row.kind, row.source_id): row for row in await mappings.locked_by_source(db, connection.id, wanted)}
    plans = {key: RecordPlan(key, connection, now, stored.get((kind_of(key[0]), key[1]))) for key in asked}
    await _add_jobs(db, connection, [(key, plans[key], asked[key]) for key in asked])
    for key, plan in plans.items():
        for change in asked[key]:
            plan.decide(change)
    return plans


async def _add_jobs(db: AsyncConnection, connection: Connection, each: Sequence[tuple[Key, RecordPlan, list[Change]]]) -> None:
    """Reads the jobs of those records whose changes may come so far. A record without a mapping has none."""
    needed = {key: plan for key, plan, changes in each if any(_may_need_job(plan, change) for change in changes)}
    if not needed:
        return
    whole = any(isinstance(change, RecordGone) for _, _, changes in each for change in changes)
    found = await job_rows.locked_by_source(db, connection.id, _grouped(needed), with_record=whole)
    for job in found:
        needed[job.process, job.source_id].job = job


def _may_need_job(plan: RecordPlan, change: Change) -> bool:
    if plan.mapping is None:
        return False
    if isinstance(change, RecordGone) or change.found.forced:
        return True
    if change.found.by is FoundBy.WEBHOOK and change.mapped.is_withdrawn and plan.mapping.wanted == "present":
        return True  # a run may have held this cancellation
    return stale(plan.mapping, change, plan.connection.settings_version, plan.now) is None


def _grouped(keys: Iterable[tuple[K, str]]) -> dict[K, list[str]]:
    found: dict[K, list[str]] = {}
    for group, source_id in keys:
        found.setdefault(group, []).append(source_id)
    return found


# --- storing --------------------------------------------------------------------------------------------------------------


async def _store_new_mappings(db: AsyncConnection, plans: Sequence[RecordPlan]) -> list[Key]:
    """Returns the records whose mapping another process has made meanwhile."""
    new = {plan.key: plan.mapping for plan in plans if plan.mapping is not None}
    if not new:
        return []
    made = await mappings.create_all(db, list(new.values()))
    for plan in plans:
        assert plan.mapping is not None
        mapping_id = made.get((plan.mapping.kind, plan.mapping.source_id))
        if mapping_id is not None:
            plan.mapping_made(mapping_id)
    return [plan.key for plan in plans if plan.is_new]


async def _store(db: AsyncConnection, connection: Connection, plans: Sequence[RecordPlan], now: datetime) -> None:
    changed = [plan.mapping for plan in plans if plan.mapping is not None and plan.mapping_changed]
    if changed:
        await mappings.store_changed(db, changed)
    await _store_jobs(db, connection, [plan for plan in plans if plan.job_changed], now)
    await events.end_events(db, [end for plan in plans for end in plan.event_ends()], connection.name)
    notes = [line for plan in plans for line in plan.history()]
    if notes:
        await mappings.note_all(db, notes, now)
    if again := [plan.mapping.id for plan in plans if plan.mapping is not None and plan.tells_again]:
        await tell_again(db, sorted(again), now)
    sales = [sale for plan in plans if (sale := plan.sale()) is not None]
    if sales:
        await sold.move(db, connection.id, connection.lane, sales, now)


async def _store_jobs(db: AsyncConnection, connection: Connection, plans: Sequence[RecordPlan], now: datetime) -> None:
    jobs = [(plan, plan.job) for plan in plans if plan.job is not None]
    new, known = [job for _, job in jobs if job.id == 0], [job for _, job in jobs if job.id != 0]
    if known:
        await events.merge_waiting_events(db, [job.id for job in known], now, connection.name)
        await job_rows.store_changed(db, known)
    if new:
        made = await job_rows.create_all(db, new)
        for plan, job in jobs:
            if job.id == 0:
                plan.job_made(made[job.process, job.source_id])
    items = [item for plan in plans for item in plan.run_items()]
    if items:
        await db.execute(insert(run_items), items)


def _count(connection: Connection, changes: Sequence[Change], results: Sequence[EnqueueResult]) -> None:
    for change, result in zip(changes, results, strict=True):
        if result.verdict is Verdict.QUEUED:
            FOUND.labels(connection.name, change.process.value, change.found.by.value).inc()
