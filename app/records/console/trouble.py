"""What needs a person, by connection: what is held or dead, whose login ended, whose polls fail, who is silent or locked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, Kind
from app.storage.tables import STUCK, alerts, budgets, connections, cursors, inbox, jobs, mappings, sessions
from app.storage.types import spelled

FAILING_FROM = 3
"""So many polls have failed in a row."""


@dataclass(frozen=True)
class Stuck:
    """Records of one connection and process that go on only when somebody does something. `state`: held or dead."""

    connection_id: str
    process: str
    state: str
    records: int


async def stuck(db: AsyncConnection, ids: Collection[str]) -> list[Stuck]:
    """What is held or dead now. Nothing is read for what is done."""
    places = (jobs.c.connection_id, jobs.c.process, jobs.c.state)
    of_jobs = select(*places, func.count()).where(jobs.c.connection_id.in_(ids), text(f"jobs.{STUCK}")).group_by(*places)
    of_events = (
        select(inbox.c.connection_id, literal("events"), literal("dead"), func.count())
        .where(inbox.c.state == spelled(EventState.DEAD)[0], inbox.c.job_id.is_(None), inbox.c.connection_id.in_(ids))
        .group_by(inbox.c.connection_id)
    )
    return [Stuck(*row) for row in await db.execute(union_all(of_jobs, of_events))]


@dataclass(frozen=True)
class Cut:
    """What a connection cannot do: `ended` (its login or consent is over since then) or `failing` (a process's polls fail)."""

    kind: str
    connection_id: str
    process: str | None
    since: datetime | None
    words: str | None


async def cut_off(db: AsyncConnection) -> list[Cut]:
    """Of every connection: these tables have a row or a few for each."""
    ended = select(literal("ended"), sessions.c.connection_id, literal(None), sessions.c.ended_at, sessions.c.ended_words).where(
        sessions.c.ended_at.is_not(None)
    )
    failing = select(
        literal("failing"), cursors.c.connection_id, cursors.c.process, cursors.c.polled_at, cursors.c.last_error
    ).where(cursors.c.failures >= FAILING_FROM)
    return [Cut(*row) for row in await db.execute(union_all(ended, failing))]


async def newest_orders(db: AsyncConnection, ids: Collection[str]) -> dict[str, datetime | None]:
    """When the last order of each connection came in."""
    newest = (
        select(mappings.c.created_at)
        .where(mappings.c.connection_id == connections.c.id, mappings.c.kind == Kind.ORDER, mappings.c.created_at.is_not(None))
        .order_by(mappings.c.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await db.execute(select(connections.c.id, newest).where(connections.c.id.in_(ids)))
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True)
class Alerted:
    """Open alerts of one kind, since the first of them."""

    connection_id: str | None
    kind: str
    alerts: int
    since: datetime
    words: str


async def alerted(db: AsyncConnection, ids: Collection[str], kinds: Sequence[str]) -> list[Alerted]:
    """Of these connections and kinds, what is open."""
    places = (alerts.c.connection_id, alerts.c.kind)
    query = (
        select(*places, func.count(), func.min(alerts.c.first_at), func.max(alerts.c.text))
        .where(text("closed_at is null"), alerts.c.connection_id.in_(ids), alerts.c.kind.in_(kinds))
        .group_by(*places)
    )
    return [Alerted(*row) for row in await db.execute(query)]


@dataclass(frozen=True)
class Locked:
    """A call that is not made before `until`, by the key of its counter."""

    key: str
    until: datetime
    words: str | None


async def locked_out(db: AsyncConnection, now: datetime) -> list[Locked]:
    """Of every account: reads only what has failed of late."""
    columns = (budgets.c.key, budgets.c.blocked_until, budgets.c.last_error)
    found = await db.execute(select(*columns).where(text("failures > 0"), budgets.c.blocked_until > now))
    return [Locked(*row) for row in found]
