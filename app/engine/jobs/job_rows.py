"""The row of a job, one for each connection, process and record. Whatever has something to do raises its generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState, Process
from app.engine.jobs.events import events_wait_again
from app.records.jobs import Job, of_record
from app.storage.tables import jobs, run_items
from app.storage.upserts import insert_missing_id
from app.tracing.origin import current_or_fresh

Values = Mapping[str, Any]

AGAIN: dict[str, Any] = {"state": JobState.WAITING, "due_at": None, "tries": 0, "reason_code": None, "reason": None}
"""The values that give a job another round of tries."""


@dataclass(frozen=True)
class JobKey:
    connection_id: str
    process: Process
    source_id: str


@dataclass(frozen=True)
class Upserted:
    """`taken_generation`: the generation that a worker last took of a job that was there; None for a new job."""

    job_id: int
    generation: int
    taken_generation: int | None


async def upsert_job(
    db: AsyncConnection,
    key: JobKey,
    new: Values,
    changes: Callable[[Job], Values],
    now: datetime,
    part_id: int | None = None,
) -> Upserted:
    """Makes the job with `new`. If it exists, raises its generation and changes it as `changes` says.

    `part_id`: the part of a run that waits for it. The row is locked until the transaction ends.
    """
    job = await of_record(db, key.connection_id, key.process, key.source_id, lock=True)
    done = await _insert(db, key, new, now) if job is None else None
    if done is None:
        done = await _raise(db, key, job, changes, now)
    if part_id is not None:
        item = {"part_id": part_id, "job_id": done.job_id, "generation": done.generation, "source_id": key.source_id}
        await db.execute(insert(run_items).values(**item))
    return done


async def _insert(db: AsyncConnection, key: JobKey, new: Values, now: datetime) -> Upserted | None:
    fixed = {"connection_id": key.connection_id, "process": key.process, "source_id": key.source_id}
    values = {
        **fixed,
        **new,
        **current_or_fresh()._asdict(),
        "generation": 1,
        "ready_at": now,
        "created_at": now,
        "updated_at": now,
    }
    job_id = await insert_missing_id(db, jobs, **values)
    return None if job_id is None else Upserted(job_id, 1, None)


async def _raise(db: AsyncConnection, key: JobKey, job: Job | None, changes: Callable[[Job], Values], now: datetime) -> Upserted:
    if job is None:  # another process has made it at the same moment
        job = await of_record(db, key.connection_id, key.process, key.source_id, lock=True)
    assert job is not None
    done = Upserted(job.id, job.generation + 1, job.taken_generation)
    changed = {**changes(job), **current_or_fresh()._asdict(), "generation": done.generation, "updated_at": now}
    await db.execute(update(jobs).where(jobs.c.id == job.id).values(**changed))
    return done


async def decide_again(db: AsyncConnection, mapping_id: int, code: str, now: datetime, process: Process = Process.ORDERS) -> None:
    """Has a record that is held with this code decided anew: what it was held for has gone on. The mapping must be locked."""
    same = (jobs.c.mapping_id == mapping_id, jobs.c.process == process, jobs.c.reason_code == code)
    is_held = jobs.c.state.in_(JobState.WAITING.sources(JobState.HELD))
    job_id = await db.scalar(select(jobs.c.id).where(*same, is_held).with_for_update())
    if job_id is not None:
        await db.execute(update(jobs).where(jobs.c.id == job_id).values(**AGAIN, ready_at=now, updated_at=now))
        await events_wait_again(db, job_id, EventState.HELD)
