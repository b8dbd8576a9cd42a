"""Jobs and their calls, for reading. `engine.jobs` makes them, `engine.dispatch` works on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.storage.tables import attempts, connections, jobs


@dataclass(frozen=True)
class JobFacts:
    """A job without its record. Times in UTC. Every newer state of the record raises `generation`."""

    id: int
    connection_id: str
    process: Process
    source_id: str
    mapping_id: int
    lane: str
    state: JobState
    priority: int
    suspect: bool
    generation: int
    taken_generation: int
    fence: int
    done_generation: int
    tries: int
    ready_at: datetime
    due_at: datetime | None
    received_at: datetime | None
    number: str | None
    schema_version: int
    settings_version: int
    found_by: str
    override: str | None
    reason_code: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Job(JobFacts):
    """A job with its record, as the source gave it and as it was mapped. Both are None in a report."""

    source: dict[str, Any] | None
    payload: dict[str, Any] | None


@dataclass(frozen=True)
class ListedJob(JobFacts):
    """A job for a list: with the name of its connection."""

    connection: str


@dataclass(frozen=True)
class Call:
    """One write to an outside system. `result` None: its answer has not come, or the worker has ended."""

    id: int
    call: str
    request: dict[str, Any] | None
    started_at: datetime
    finished_at: datetime | None
    result: str | None
    status: int | None
    answer: str | None


@dataclass(frozen=True)
class Filter:
    """Which jobs to list; None does not limit."""

    connection_ids: Sequence[str] | None = None
    state: JobState | None = None
    process: str | None = None
    source_id: str | None = None
    number: str | None = None
    reason_code: str | None = None


def opened(row: Row[Any]) -> Job:
    """A whole row of the table."""
    return Job(**_values(row))


def _listed(row: Row[Any]) -> ListedJob:
    return ListedJob(**_values(row))


def _values(row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    return values | {
        "process": Process(row.process),
        "state": JobState(row.state),
        "suspect": bool(row.suspect),
    }


_SHOWN = [column for column in jobs.c if column.name not in ("source", "payload")]


def _jobs() -> Select[Any]:
    return select(*_SHOWN, connections.c.name.label("connection")).join(connections, connections.c.id == jobs.c.connection_id)


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[ListedJob]:
    """Newest first."""
    query = _jobs().order_by(jobs.c.id.desc()).limit(limit)
    if chosen.connection_ids is not None:
        query = query.where(jobs.c.connection_id.in_(chosen.connection_ids))
    for column, value in (
        (jobs.c.state, chosen.state),
        (jobs.c.process, chosen.process),
        (jobs.c.source_id, chosen.source_id),
        (jobs.c.number, chosen.number),
        (jobs.c.reason_code, chosen.reason_code),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(jobs.c.id < before)
    return [_listed(row) for row in await db.execute(query)]


async def find(db: AsyncConnection, job_id: int) -> ListedJob | None:
    found = (await db.execute(_jobs().where(jobs.c.id == job_id))).first()
    return _listed(found) if found else None


async def of_mapping(db: AsyncConnection, mapping_id: int) -> list[ListedJob]:
    """The record's job in each process, oldest first: its own transfer, and what is reported about it."""
    found = await db.execute(_jobs().where(jobs.c.mapping_id == mapping_id).order_by(jobs.c.id))
    return [_listed(row) for row in found]


async def of_record(
    db: AsyncConnection, connection_id: str, process: Process, source_id: str, *, lock: bool = False
) -> Job | None:
    """The record's one job in this process. `lock`: nobody else changes it until the transaction ends."""
    same = (jobs.c.connection_id == connection_id, jobs.c.process == process, jobs.c.source_id == source_id)
    query = select(jobs).where(*same)
    row = (await db.execute(query.with_for_update() if lock else query)).first()
    return opened(row) if row else None


async def locked_of_mapping(db: AsyncConnection, mapping_id: int) -> list[Job]:
    """The record's job in each process, oldest first; nobody else changes them until the transaction ends."""
    query = select(jobs).where(jobs.c.mapping_id == mapping_id).order_by(jobs.c.id).with_for_update()
    return [opened(row) for row in await db.execute(query)]


async def payload(db: AsyncConnection, job_id: int) -> dict[str, Any] | None:
    """The job's normalized record; None when retention has emptied it."""
    found: dict[str, Any] | None = await db.scalar(select(jobs.c.payload).where(jobs.c.id == job_id))
    return found


async def calls_of_mapping(db: AsyncConnection, mapping_id: int, limit: int) -> list[Call]:
    """What was sent to the warehouse about one record, with the answers, newest first."""
    return await _calls(db, attempts.c.mapping_id == mapping_id, limit)


async def calls_of_job(db: AsyncConnection, job_id: int, limit: int) -> list[Call]:
    return await _calls(db, attempts.c.job_id == job_id, limit)


async def _calls(db: AsyncConnection, whose: ColumnElement[bool], limit: int) -> list[Call]:
    shown = select(*(attempts.c[each.name] for each in fields(Call)))
    found = await db.execute(shown.where(whose).order_by(attempts.c.id.desc()).limit(limit))
    return [Call(**row._mapping) for row in found]
