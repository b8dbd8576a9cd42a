"""Jobs and their calls, for reading. `engine.jobs` makes them, `engine.dispatch` works on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, bindparam, func, insert, literal, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.storage.newest import Look, connection_ids, newest
from app.storage.tables import LISTED, attempts, connections, jobs
from app.tracing.origin import Origin, stored


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
    request_id: str | None
    traceparent: str | None
    reason_code: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def origin(self) -> Origin | None:
        return stored(self.request_id, self.traceparent)

    @property
    def trace_id(self) -> str | None:
        return self.origin.trace_id if self.origin else None


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
    """Newest first. Costs the same however many jobs are done."""
    also: list[ColumnElement[bool]] = []
    if chosen.connection_ids is not None:
        also.append(jobs.c.connection_id.in_(chosen.connection_ids))
    for column, value in (
        (jobs.c.state, chosen.state),
        (jobs.c.process, chosen.process),
        (jobs.c.source_id, chosen.source_id),
        (jobs.c.number, chosen.number),
        (jobs.c.reason_code, chosen.reason_code),
    ):
        if value is not None:
            also.append(column == value)
    found = await newest(db, jobs.c.id, await _looks(db, chosen), tuple(also), before=before, limit=limit)
    query = _jobs().where(jobs.c.id.in_(found)).order_by(jobs.c.id.desc())
    return [_listed(row) for row in await db.execute(query)] if found else []


async def of_mappings(db: AsyncConnection, mapping_ids: Collection[int]) -> dict[int, list[ListedJob]]:
    """The jobs of these records, by the ids of their mappings."""
    found: dict[int, list[ListedJob]] = {}
    for row in await db.execute(_jobs().where(jobs.c.mapping_id.in_(mapping_ids)).order_by(jobs.c.id)) if mapping_ids else ():
        found.setdefault(row.mapping_id, []).append(_listed(row))
    return found


async def _looks(db: AsyncConnection, chosen: Filter) -> list[Look]:
    """The looks that find the fewest: by number, by a state or reason that few have, by connection and process."""
    if chosen.number is not None:
        return [(jobs.c.number == chosen.number,)]
    if chosen.source_id is not None:
        return [(jobs.c.source_id == chosen.source_id,)]
    if chosen.state is not None and chosen.state is not JobState.DONE:
        return [(jobs.c.state == chosen.state,)]
    if chosen.reason_code is not None:
        return [(jobs.c.reason_code == chosen.reason_code,)]
    if chosen.connection_ids is None and chosen.process is None:
        return [()]
    processes = list(Process) if chosen.process is None else [chosen.process]
    of_it = [jobs.c.connection_id == each for each in await connection_ids(db, chosen.connection_ids)]
    listed = text(f"jobs.{LISTED}")
    return [(mine, jobs.c.process == process, listed) for mine in of_it for process in processes]


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
    row = (await db.execute(query.with_for_update(key_share=True) if lock else query)).first()
    return opened(row) if row else None


async def locked_by_source(
    db: AsyncConnection, connection_id: str, wanted: Mapping[Process, Collection[str]], *, with_record: bool
) -> list[Job]:
    """The jobs of these records, locked in the order of their ids. Without `with_record`, `source` and `payload` are None."""
    each_process = [and_(jobs.c.process == process, jobs.c.source_id.in_(source_ids)) for process, source_ids in wanted.items()]
    shown = jobs.c if with_record else _SHOWN
    query = select(*shown).where(jobs.c.connection_id == connection_id, or_(*each_process))
    rows = await db.execute(query.order_by(jobs.c.id).with_for_update(key_share=True))
    return [Job(**{"source": None, "payload": None} | _values(row)) for row in rows]


async def create_all(db: AsyncConnection, made: Sequence[Job]) -> dict[tuple[Process, str], int]:
    """Stores new jobs. Returns their ids by process and source id."""
    rows = [{key: value for key, value in _stored(each).items() if key != "id"} for each in made]
    done = await db.execute(insert(jobs).returning(jobs.c.id, jobs.c.process, jobs.c.source_id), rows)
    return {(Process(row.process), row.source_id): row.id for row in done}


_STORED_BY_CHANGES = (
    "mapping_id",
    "lane",
    "state",
    "priority",
    "suspect",
    "generation",
    "tries",
    "ready_at",
    "due_at",
    "received_at",
    "number",
    "source",
    "payload",
    "schema_version",
    "settings_version",
    "found_by",
    "override",
    "request_id",
    "traceparent",
    "reason_code",
    "reason",
    "updated_at",
)
"""What a change of a job's record may set."""
_STORE = (
    update(jobs).where(jobs.c.id == bindparam("job_id")).values({name: bindparam(f"new_{name}") for name in _STORED_BY_CHANGES})
)


async def store_changed(db: AsyncConnection, changed: Sequence[Job]) -> None:
    """Stores what changes of their records have set, in one statement. The rows are locked by `locked_by_source`."""
    rows = [
        {"job_id": each.id} | {f"new_{name}": value for name, value in _stored(each).items() if name in _STORED_BY_CHANGES}
        for each in sorted(changed, key=attrgetter("id"))
    ]
    await db.execute(_STORE, rows)


def _stored(job: Job) -> dict[str, Any]:
    return vars(job) | {"suspect": int(job.suspect)}


async def locked_of_mapping(db: AsyncConnection, mapping_id: int) -> list[Job]:
    """The record's job in each process, oldest first; nobody else changes them until the transaction ends."""
    query = select(jobs).where(jobs.c.mapping_id == mapping_id).order_by(jobs.c.id).with_for_update(key_share=True)
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


MOST_NAMED = 5


@dataclass(frozen=True)
class HeldNow:
    """How many records are held at this moment, and some of them in words."""

    count: int = 0
    some: tuple[str, ...] = ()


async def held_now(db: AsyncConnection, of: Collection[tuple[str, Process]]) -> HeldNow:
    """What is held of these connections and processes, whoever came upon it."""
    if not of:
        return HeldNow()
    held = jobs.c.state == literal(JobState.HELD.value, String, literal_execute=True)
    mine = or_(*(and_(jobs.c.connection_id == connection_id, jobs.c.process == process) for connection_id, process in of))
    count = await db.scalar(select(func.count()).select_from(jobs).where(held, mine))
    if not count:
        return HeldNow()
    columns = (jobs.c.process, jobs.c.number, jobs.c.source_id, jobs.c.reason_code)
    rows = await db.execute(select(*columns).where(held, mine).order_by(jobs.c.id).limit(MOST_NAMED))
    return HeldNow(count, tuple(f"{row.process} {row.number or row.source_id}: {row.reason_code}" for row in rows))
