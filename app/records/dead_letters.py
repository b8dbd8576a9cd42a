"""Dead letters: jobs that were given up or refused, and events of which no job could be made. Each can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Select, String, cast, func, literal, null, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState
from app.errors import BadInput
from app.storage.tables import connections, inbox, jobs

Kind = Literal["event", "job"]
ListPosition = tuple[datetime, str, int]
"""When it died, its kind and its number: the order of the list."""


@dataclass(frozen=True)
class DeadLetter:
    """`key` is its kind and number, like `job-17`. `at` is when it died (UTC)."""

    kind: Kind
    number: int
    connection_id: str
    connection: str
    process: str | None
    source_id: str | None
    mapping_id: int | None
    reason_code: str | None
    reason: str | None
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def position(self) -> ListPosition:
        return self.at, self.kind, self.number


@dataclass(frozen=True)
class Filter:
    """Which dead letters to list; None does not limit. `before`: died before that moment."""

    connection_ids: Sequence[str] | None = None
    process: str | None = None
    reason_code: str | None = None
    before: datetime | None = None


def parse(key: str) -> tuple[Kind, int]:
    """`job-17` → ("job", 17). Raises BadInput."""
    kind, _, number = key.partition("-")
    if kind in ("job", "event") and number.isascii() and number.isdigit() and 0 < len(number) < 19:
        return ("job" if kind == "job" else "event"), int(number)
    raise BadInput(
        f"{key[:80]!r} is no dead letter's id", field="id", fix="take one from GET /dead-letters, like job-17 or event-4"
    )


async def search(db: AsyncConnection, chosen: Filter, *, after: ListPosition | None = None, limit: int = 50) -> list[DeadLetter]:
    """Newest first."""
    found: list[DeadLetter] = []
    for kind, query, number, died in (
        ("event", _dead_events(chosen), inbox.c.id, inbox.c.settled_at),
        ("job", _dead_jobs(chosen), jobs.c.id, jobs.c.updated_at),
    ):
        page = query.order_by(died.desc(), number.desc()).limit(limit)
        if after is not None:
            page = page.where(*_behind(after, kind, died, number))
        found += [DeadLetter(**row._mapping) for row in await db.execute(page)]
    return sorted(found, key=lambda each: (-each.at.timestamp(), each.kind, -each.number))[:limit]


def _behind(after: ListPosition, kind: str, died: Column[Any], number: Column[Any]) -> Sequence[ColumnElement[bool]]:
    """What of this kind comes behind a position. The first condition alone says it to the index."""
    at, last_kind, last = after
    if kind > last_kind:
        return (died <= at,)
    return (died < at,) if kind < last_kind else (died <= at, or_(died < at, number < last))


async def count(db: AsyncConnection, chosen: Filter) -> int:
    both = union_all(_dead_events(chosen), _dead_jobs(chosen)).subquery()
    return int(await db.scalar(select(func.count()).select_from(both)) or 0)


async def find(db: AsyncConnection, kind: Kind, number: int) -> DeadLetter | None:
    """Returns None when it is not a dead letter, or not any more."""
    one = (
        _dead_events(Filter()).where(inbox.c.id == number) if kind == "event" else _dead_jobs(Filter()).where(jobs.c.id == number)
    )
    row = (await db.execute(one)).first()
    return DeadLetter(**row._mapping) if row else None


def _dead_jobs(chosen: Filter) -> Select[Any]:
    query = (
        select(
            literal("job", String).label("kind"),
            jobs.c.id.label("number"),
            jobs.c.connection_id,
            connections.c.name.label("connection"),
            jobs.c.process,
            jobs.c.source_id,
            jobs.c.mapping_id,
            jobs.c.reason_code,
            jobs.c.reason,
            jobs.c.updated_at.label("at"),
        )
        .join(connections, connections.c.id == jobs.c.connection_id)
        .where(jobs.c.state == JobState.DEAD)
    )
    return _narrowed(query, jobs, jobs.c.updated_at, chosen)


def _dead_events(chosen: Filter) -> Select[Any]:
    """The dead events without a job. An event with a job is dead with its job, and is replayed with it."""
    query = (
        select(
            literal("event", String).label("kind"),
            inbox.c.id.label("number"),
            inbox.c.connection_id,
            connections.c.name.label("connection"),
            inbox.c.process,
            inbox.c.source_id,
            cast(null(), inbox.c.id.type).label("mapping_id"),
            inbox.c.reason_code,
            inbox.c.reason,
            inbox.c.settled_at.label("at"),
        )
        .join(connections, connections.c.id == inbox.c.connection_id)
        .where(inbox.c.state == EventState.DEAD, inbox.c.job_id.is_(None))
    )
    return _narrowed(query, inbox, inbox.c.settled_at, chosen)


def _narrowed(query: Select[Any], table: Any, died: Any, chosen: Filter) -> Select[Any]:
    if chosen.connection_ids is not None:
        query = query.where(table.c.connection_id.in_(chosen.connection_ids))
    if chosen.process is not None:
        query = query.where(table.c.process == chosen.process)
    if chosen.reason_code is not None:
        query = query.where(table.c.reason_code == chosen.reason_code)
    if chosen.before is not None:
        query = query.where(died < chosen.before)
    return query
