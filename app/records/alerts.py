"""Alerts: what an operator should hear of, once per subject and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, text, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import Clock
from app.domain import JobState, Kind
from app.logs import get_logger
from app.storage.engine import Database
from app.storage.tables import LISTED, alerts, connections, jobs, mappings
from app.storage.upserts import insert_missing

log = get_logger(__name__)

DAY = timedelta(days=1)
MOST_REMEMBERED = 10_000


async def raise_alert(db: AsyncConnection, kind: str, connection_id: str | None, subject: str, text: str, now: datetime) -> None:
    """Counts the alert. `subject` (an address, an order) tells one trouble from another of the same kind."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    again = update(alerts).where(*same).values(count=alerts.c.count + 1, last_at=now, text=text)
    if (await db.execute(again)).rowcount:
        return
    fresh: dict[str, Any] = {"text": text, "count": 1, "first_at": now, "last_at": now}
    # Another process may raise the same alert now. That must not undo the rest of the caller's transaction.
    if not await insert_missing(db, alerts, kind=kind, connection_id=connection_id, subject=subject[:200], **fresh):
        await db.execute(again)


async def is_raised(db: AsyncConnection, kind: str, connection_id: str | None, subject: str) -> bool:
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
    return await db.scalar(select(alerts.c.id).where(*same)) is not None


async def raised(db: AsyncConnection, kind: str, subjects: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (connection id, subject) for which an alert of this kind was raised."""
    which = tuple_(alerts.c.connection_id, alerts.c.subject).in_(subjects)
    found = await db.execute(select(alerts.c.connection_id, alerts.c.subject).where(alerts.c.kind == kind, which))
    return {(row.connection_id, row.subject) for row in found}


async def is_raised_since(db: AsyncConnection, kind: str, connection_id: str | None, since: datetime | None) -> bool:
    """Whether an alert of this kind was raised, or again, at this moment or later. Without one: ever."""
    same = (alerts.c.kind == kind, alerts.c.connection_id == connection_id)
    later = () if since is None else (alerts.c.last_at >= since,)
    return await db.scalar(select(alerts.c.id).where(*same, *later).limit(1)) is not None


@dataclass
class DailyAlerts:
    """Alerts that are raised once a day, from wherever in this process they are noticed: beside the work, never in its way."""

    database: Database
    clock: Clock
    _told: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def is_due(self, kind: str, connection_id: str, subject: str) -> bool:
        """Whether this process has not raised it within a day."""
        told = self._told.get((kind, connection_id, subject))
        return told is None or self.clock() - told >= DAY

    def raise_soon(self, kind: str, connection_id: str, subject: str, text: str) -> None:
        """Returns at once."""
        if not self.is_due(kind, connection_id, subject):
            return
        if len(self._told) >= MOST_REMEMBERED:
            self._told.clear()
        self._told[kind, connection_id, subject] = self.clock()
        task = asyncio.get_running_loop().create_task(self._raise(kind, connection_id, subject, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Waits until what is being raised is stored."""
        await asyncio.gather(*self._tasks)

    async def _raise(self, kind: str, connection_id: str, subject: str, text: str) -> None:
        now = self.clock()
        mine = (alerts.c.kind == kind, alerts.c.connection_id == connection_id, alerts.c.subject == subject[:200])
        try:
            async with self.database.begin() as db:
                last = await db.scalar(select(alerts.c.last_at).where(*mine))  # another process may have raised it today
                if last is None or now - last >= DAY:
                    await raise_alert(db, kind, connection_id, subject, text, now)
        except (SQLAlchemyError, OSError) as error:
            self._told.pop((kind, connection_id, subject), None)
            log.warning("alert_not_raised", kind=kind, error=type(error).__name__)


@dataclass(frozen=True)
class Alert:
    """Trouble that was raised `times` times; times in UTC. `connection` is the name, or None when it belongs to no connection."""

    id: int
    kind: str
    connection_id: str | None
    connection: str | None
    subject: str
    text: str
    times: int
    first_at: datetime
    last_at: datetime
    sent_at: datetime | None


def listed() -> Select[Any]:
    """The query for rows that `opened` reads."""
    shown = [column for column in alerts.c if column.name != "count"]
    # The column needs another name: a row's `count` is its own method.
    named = [alerts.c.count.label("times"), connections.c.name.label("connection")]
    return select(*shown, *named).outerjoin(connections, connections.c.id == alerts.c.connection_id)


def opened(row: Row[Any]) -> Alert:
    return Alert(**row._mapping)


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """Searches alerts, first raised last. With `connection_ids`, alerts that belong to no connection are left out."""
    query = listed().where(text(f"alerts.{LISTED}")).order_by(alerts.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(alerts.c.connection_id.in_(connection_ids))
    if kind is not None:
        query = query.where(alerts.c.kind == kind)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return [opened(row) for row in await db.execute(query)]


REST_MISSING = "rest-missing"
ABOUT_A_RECORD = frozenset({"held", "dead-letter", REST_MISSING})
"""Alerts whose subject is a job: `orders:5012`, `shipments:5012`."""


@dataclass(frozen=True)
class About:
    """The record of an alert. `is_open`: it is still held or dead, or its rest is still to come."""

    kind: Kind
    number: str
    is_open: bool


async def records_of(db: AsyncConnection, found: Sequence[Alert]) -> dict[int, About]:
    """The records that alerts are about, by the alerts' ids. Alerts about something else, and deleted records, are not in it."""
    asked: dict[tuple[str | None, ...], list[Alert]] = {}
    for one in found:
        if _is_about_a_record(one):
            asked.setdefault((one.connection_id, *one.subject.split(":", 1)), []).append(one)
    keys = (jobs.c.connection_id, jobs.c.process, jobs.c.source_id)
    columns = (*keys, jobs.c.state, mappings.c.kind, mappings.c.source_number, mappings.c.number, mappings.c.delivery)
    query = select(*columns).join(mappings, mappings.c.id == jobs.c.mapping_id).where(tuple_(*keys).in_(list(asked)))
    known: dict[int, About] = {}
    for row in await db.execute(query) if asked else ():
        number = row.source_number or row.number or row.source_id
        is_stuck, is_partly = row.state in (JobState.HELD, JobState.DEAD), row.delivery == "partly"
        for one in asked[row.connection_id, row.process, row.source_id]:
            known[one.id] = About(Kind(row.kind), number, is_partly if one.kind == REST_MISSING else is_stuck)
    return known


def _is_about_a_record(alert: Alert) -> bool:
    return alert.kind in ABOUT_A_RECORD and ":" in alert.subject


@dataclass(frozen=True)
class Heard:
    """What was heard of a connection: when its newest order was stored (UTC), its last alert about silence, and whether the
    end of that silence was told."""

    connection_id: str
    newest: datetime | None
    silence: str | None
    told: bool


def _heard() -> Select[Any]:
    # As a range, and ordered by it as well: so no database goes back through the newest records of all connections.
    newest = (
        select(mappings.c.created_at)
        .where(
            mappings.c.connection_id == connections.c.id,
            mappings.c.kind.between(Kind.ORDER, Kind.ORDER),
            text(f"mappings.{LISTED}"),
        )
        .order_by(mappings.c.kind.desc(), mappings.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    last = (
        select(alerts.c.subject)
        .where(alerts.c.kind == "silent", alerts.c.connection_id == connections.c.id)
        .order_by(alerts.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ended = alerts.alias("ended")
    told = select(ended.c.id).where(
        ended.c.kind == "recovered", ended.c.connection_id == connections.c.id, ended.c.subject == "silent " + last
    )
    return select(connections.c.id, newest, last, told.exists()).where(connections.c.status == "active")


_HEARD = _heard()


async def heard(db: AsyncConnection) -> list[Heard]:
    """What was heard of every active connection, in one statement: one row of an index each, however many orders there are."""
    return [Heard(*row) for row in await db.execute(_HEARD)]
