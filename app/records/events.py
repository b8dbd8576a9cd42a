"""Events: webhooks as they were received, and what became of them. `engine.intake` stores them; this module reads them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, Process
from app.storage.newest import Look, connection_ids, first_since, newest
from app.storage.tables import connections, inbox
from app.storage.types import spelled
from app.tracing.origin import Origin, stored


@dataclass(frozen=True)
class Event:
    """A webhook that is still to be decided. Its body is kept until then.

    `is_named`: it was looked at before, and the source must be asked about its record.
    """

    id: int
    received_at: datetime
    headers: dict[str, Any]
    body: bytes
    tries: int
    is_named: bool = False
    origin: Origin | None = None


@dataclass(frozen=True)
class ListedEvent:
    """A webhook for a list: without its body, with the name of its connection. Times in UTC."""

    id: int
    connection_id: str
    connection: str
    received_at: datetime
    headers: dict[str, Any]
    has_body: bool
    size: int
    state: EventState
    topic: str | None
    process: str | None
    source_id: str | None
    job_id: int | None
    generation: int | None
    reason_code: str | None
    reason: str | None
    tries: int
    due_at: datetime | None
    settled_at: datetime | None
    request_id: str | None
    traceparent: str | None

    @property
    def trace_id(self) -> str | None:
        origin = stored(self.request_id, self.traceparent)
        return origin.trace_id if origin else None


@dataclass(frozen=True)
class Filter:
    """Which events to list; None does not limit. `since`: received then or later (UTC)."""

    connection_ids: Sequence[str] | None = None
    state: EventState | None = None
    process: str | None = None
    source_id: str | None = None
    reason_code: str | None = None
    since: datetime | None = None


_SHOWN = [column for column in inbox.c if column.name != "body"]


def _events() -> Select[Any]:
    named = [*_SHOWN, inbox.c.body.is_not(None).label("has_body"), connections.c.name.label("connection")]
    return select(*named).join(connections, connections.c.id == inbox.c.connection_id)


def _listed(row: Row[Any]) -> ListedEvent:
    return ListedEvent(**{**row._mapping, "state": EventState(row.state), "has_body": bool(row.has_body)})


@dataclass(frozen=True)
class Wanted:
    """How many received events to take: at most `most`, and `most_bytes` of their bodies, but always one.

    `without`: ids to leave out. `fresh`: only those that were not looked at yet.
    """

    most: int
    most_bytes: int
    without: Collection[int] = ()
    fresh: bool = False


async def received(db: AsyncConnection, connection_id: str, wanted: Wanted) -> tuple[list[Event], bool]:
    """The oldest received events, with their bodies; and whether there are no others.

    Selects by state, never by "id greater than the last": ids are not committed in order.
    """
    small = wanted.most_bytes // wanted.most
    columns = [
        inbox.c[name] for name in ("id", "received_at", "headers", "process", "tries", "size", "request_id", "traceparent")
    ]
    query = select(*columns, case((inbox.c.size <= small, inbox.c.body)).label("body"))
    query = query.where(inbox.c.connection_id == connection_id, inbox.c.state == EventState.RECEIVED)
    if wanted.fresh:
        query = query.where(inbox.c.process.is_(None))
    if wanted.without:
        query = query.where(inbox.c.id.not_in(wanted.without))
    rows = list(await db.execute(query.order_by(inbox.c.id).limit(wanted.most)))
    fitting = rows[: _as_many_as_fit([row.size for row in rows], wanted.most_bytes)]
    large = [row.id for row in fitting if row.size > small]
    bodies: dict[int, bytes] = {}
    if large:
        bodies = {row.id: row.body for row in await db.execute(select(inbox.c.id, inbox.c.body).where(inbox.c.id.in_(large)))}
    events = [
        Event(
            row.id,
            row.received_at,
            row.headers,
            bodies.get(row.id, row.body) or b"",
            row.tries,
            row.process is not None,
            stored(row.request_id, row.traceparent),
        )
        for row in fitting
    ]
    return events, len(fitting) < wanted.most and len(fitting) == len(rows)


def _as_many_as_fit(sizes: Sequence[int], most: int) -> int:
    """How many of the first take at most so many bytes together, but always at least one."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count and total > most:
            return count
    return len(sizes)


async def any_received(db: AsyncConnection, connection_id: str) -> bool:
    waiting = (inbox.c.connection_id == connection_id, inbox.c.state == EventState.RECEIVED)
    return await db.scalar(select(inbox.c.id).where(*waiting).limit(1)) is not None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[ListedEvent]:
    """Newest first. Costs the same however many events are kept."""
    also: list[ColumnElement[bool]] = []
    if chosen.connection_ids is not None:
        also.append(inbox.c.connection_id.in_(chosen.connection_ids))
    for column, value in (
        (inbox.c.state, chosen.state),
        (inbox.c.process, chosen.process),
        (inbox.c.source_id, chosen.source_id),
        (inbox.c.reason_code, chosen.reason_code),
    ):
        if value is not None:
            also.append(column == value)
    if chosen.since is not None:
        first = await first_since(db, inbox, inbox.c.received_at, chosen.since)
        if first is None:
            return []
        also += [inbox.c.received_at >= chosen.since, inbox.c.id >= first]
    found = await newest(db, inbox.c.id, await _looks(db, chosen), tuple(also), before=before, limit=limit)
    query = _events().where(inbox.c.id.in_(found)).order_by(inbox.c.id.desc())
    return [_listed(row) for row in await db.execute(query)] if found else []


_TAKEN_IN = inbox.c.state != spelled(EventState.RECEIVED)[0]


async def _looks(db: AsyncConnection, chosen: Filter) -> list[Look]:
    """The looks that find the fewest: by record, by a state or reason that few have, by connection."""
    if chosen.source_id is not None:
        processes = list(Process) if chosen.process is None else [chosen.process]
        of_it = [inbox.c.connection_id == each for each in await connection_ids(db, chosen.connection_ids)]
        return [(mine, inbox.c.process == each, inbox.c.source_id == chosen.source_id) for mine in of_it for each in processes]
    if chosen.reason_code is not None:
        return [(inbox.c.reason_code == chosen.reason_code,)]
    if chosen.connection_ids is None and chosen.state is None:
        return [()]
    if chosen.connection_ids is None and chosen.state is not EventState.RECEIVED:
        return [(inbox.c.state == chosen.state, _TAKEN_IN)]
    states = list(EventState) if chosen.state is None else [chosen.state]
    of_it = [inbox.c.connection_id == each for each in await connection_ids(db, chosen.connection_ids)]
    return [_in_state(mine, state) for mine in of_it for state in states]


def _in_state(mine: ColumnElement[bool], state: EventState) -> Look:
    """Each of the two has an index of its own."""
    same = (mine, inbox.c.state == state)
    return same if state is EventState.RECEIVED else (*same, _TAKEN_IN)


async def find(db: AsyncConnection, event_id: int) -> ListedEvent | None:
    found = (await db.execute(_events().where(inbox.c.id == event_id))).first()
    return _listed(found) if found else None


async def body(db: AsyncConnection, event_id: int) -> bytes | None:
    """The body as it was received; None when retention has emptied it."""
    found: bytes | None = await db.scalar(select(inbox.c.body).where(inbox.c.id == event_id))
    return found


async def of_record(db: AsyncConnection, connection_id: str, process: str, source_id: str, limit: int) -> list[ListedEvent]:
    """What came in about one record, newest first."""
    same = (inbox.c.connection_id == connection_id, inbox.c.process == process, inbox.c.source_id == source_id)
    return [_listed(row) for row in await db.execute(_events().where(*same).order_by(inbox.c.id.desc()).limit(limit))]
