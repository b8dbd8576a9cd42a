"""Alerts as people read them: lists, one alert, and the record that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Kind
from app.errors import NotFound
from app.storage.side_tables import mutes
from app.storage.tables import LISTED, alerts, connections, jobs, mappings


class AlertState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


OPEN = "alerts.closed_at is null"
"""Word by word as in the index of the open ones."""


@dataclass(frozen=True)
class Alert:
    """Trouble that was raised `times` times; times in UTC. `connection` is the name, or None when it belongs to no connection.

    `closed_by`: the person who closed it. None: the gateway did, because the trouble was over.
    """

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
    closed_at: datetime | None
    closed_by: str | None
    closed_why: str | None
    closing_sent_at: datetime | None
    own_mute: datetime | None
    kind_mute: datetime | None

    @property
    def state(self) -> AlertState:
        return AlertState.OPEN if self.closed_at is None else AlertState.CLOSED

    def muted_until(self, now: datetime) -> datetime | None:
        """Until when nobody is told of it. None: it is not muted."""
        return max((each for each in (self.own_mute, self.kind_mute) if each is not None and each > now), default=None)


def listed() -> Select[Any]:
    """The query for rows that `opened` reads."""
    shown = [column for column in alerts.c if column.name not in ("count", "muted_until")]
    # These columns need other names: a row's `count` is its own method, and there are two kinds of mutes.
    named = [
        alerts.c.count.label("times"),
        connections.c.name.label("connection"),
        alerts.c.muted_until.label("own_mute"),
        mutes.c.until.label("kind_mute"),
    ]
    of_kind = and_(mutes.c.kind == alerts.c.kind, mutes.c.connection_id == func.coalesce(alerts.c.connection_id, ""))
    joined = select(*shown, *named).outerjoin(connections, connections.c.id == alerts.c.connection_id)
    return joined.outerjoin(mutes, of_kind)


def opened(row: Row[Any]) -> Alert:
    return Alert(**row._mapping)


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    kind: str | None = None,
    state: AlertState | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """Searches alerts, first raised last. With `connection_ids`, alerts that belong to no connection are left out."""
    query = listed().order_by(alerts.c.id.desc()).limit(limit)
    query = query.where(text(OPEN)) if state is AlertState.OPEN else query.where(text(f"alerts.{LISTED}"))
    if state is AlertState.CLOSED:
        query = query.where(alerts.c.closed_at.is_not(None))
    if connection_ids is not None:
        query = query.where(alerts.c.connection_id.in_(connection_ids))
    if kind is not None:
        query = query.where(alerts.c.kind == kind)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return [opened(row) for row in await db.execute(query)]


async def find(db: AsyncConnection, alert_id: int) -> Alert:
    """Raises NotFound."""
    row = (await db.execute(listed().where(alerts.c.id == alert_id))).one_or_none()
    if row is None:
        raise no_alert(alert_id)
    return opened(row)


def no_alert(alert_id: int) -> NotFound:
    return NotFound(f"no alert has the id {alert_id}", fix="take one from GET /alerts")


async def open_ones(db: AsyncConnection, after: int, limit: int) -> list[Alert]:
    """The next open alerts behind this id, oldest first."""
    query = listed().where(text(OPEN), alerts.c.id > after).order_by(alerts.c.id).limit(limit)
    return [opened(row) for row in await db.execute(query)]


REST_MISSING = "rest-missing"
ABOUT_A_RECORD = frozenset({"held", "dead-letter", "warning", "articles", "not-stored", REST_MISSING})
"""Alerts whose subject is a job: `orders:5012`, `shipments:5012`."""


@dataclass(frozen=True)
class About:
    """The record of an alert, as it is stored now. `changed_at`: UTC, when its job was changed last."""

    mapping_id: int
    kind: Kind
    number: str
    state: JobState
    is_partly_sent: bool
    changed_at: datetime


async def records_of(db: AsyncConnection, found: Sequence[Alert]) -> dict[int, About]:
    """The records that alerts are about, by the alerts' ids. Alerts about something else, and deleted records, are not in it."""
    asked: dict[tuple[str | None, ...], list[Alert]] = {}
    for one in found:
        if one.kind in ABOUT_A_RECORD and ":" in one.subject:
            asked.setdefault((one.connection_id, *one.subject.split(":", 1)), []).append(one)
    keys = (jobs.c.connection_id, jobs.c.process, jobs.c.source_id)
    columns = (jobs.c.state, jobs.c.updated_at, jobs.c.mapping_id)
    shown = (mappings.c.kind, mappings.c.source_number, mappings.c.number, mappings.c.delivery)
    query = select(*keys, *columns, *shown).join(mappings, mappings.c.id == jobs.c.mapping_id)
    # Column by column: SQLite would read all jobs for a list of triples. Combinations that nobody asked for are left out below.
    for column, values in zip(keys, zip(*asked, strict=True), strict=False):
        query = query.where(column.in_(set(values)))
    known: dict[int, About] = {}
    for row in await db.execute(query) if asked else ():
        number = row.source_number or row.number or row.source_id
        about = About(row.mapping_id, Kind(row.kind), number, JobState(row.state), row.delivery == "partly", row.updated_at)
        known |= {one.id: about for one in asked.get((row.connection_id, row.process, row.source_id), ())}
    return known
