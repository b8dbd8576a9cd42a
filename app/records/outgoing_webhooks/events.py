"""Events as they are kept: which is sent next, what came of it, and how people find one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.batches import change_batch, delete_batch
from app.storage.callers.tables import outgoing_webhooks as table
from app.storage.tables import connections
from app.storage.types import spelled

MOST_ATTEMPTS = 20
"""Of one event, so many tries are kept: the newest."""


class OutgoingState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True)
class OutgoingEvent:
    """One event for a connection's address. Times in UTC.

    `tries` counts those of the running schedule, which began at `asked_at`; a replay begins a new one. `attempts`: the newest
    tries, the last one last, each with `at`, `status`, `error` and `ms`. `data` is None when retention has emptied it.
    """

    id: int
    connection_id: str
    connection: str
    message_id: str
    type: str
    key: str
    data: dict[str, Any] | None
    state: OutgoingState
    tries: int
    replays: int
    attempts: list[dict[str, Any]]
    due_at: datetime | None
    asked_at: datetime
    created_at: datetime
    settled_at: datetime | None
    status: int | None
    error: str | None


@dataclass(frozen=True)
class Which:
    """Chooses events. None: does not narrow the choice. `connection_ids`: only of these."""

    connection_ids: Sequence[str] | None = None
    event_type: str | None = None
    state: OutgoingState | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one try. `state`: what the event is now; `due_at`: when it is tried again."""

    state: OutgoingState
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    due_at: datetime | None = None


def _listed() -> Select[Any]:
    return select(table, connections.c.name.label("connection")).join(connections, connections.c.id == table.c.connection_id)


def _opened(row: Row[Any]) -> OutgoingEvent:
    known = dict(row._mapping)
    known["state"], known["attempts"] = OutgoingState(known["state"]), known["attempts"] or []
    return OutgoingEvent(**known)


async def search(db: AsyncConnection, which: Which, *, before: int | None = None, limit: int = 50) -> list[OutgoingEvent]:
    """The newest first."""
    query = _chosen(_listed(), which).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [_opened(row) for row in await db.execute(query)]


def _chosen(query: Select[Any], which: Which) -> Select[Any]:
    if which.connection_ids is not None:
        query = query.where(table.c.connection_id.in_(which.connection_ids))
    if which.event_type is not None:
        query = query.where(table.c.type == which.event_type)
    return query.where(table.c.state == which.state) if which.state is not None else query


async def find(db: AsyncConnection, event_id: int) -> OutgoingEvent:
    """Raises NotFound."""
    row = (await db.execute(_listed().where(table.c.id == event_id))).one_or_none()
    if row is None:
        raise no_event(event_id)
    return _opened(row)


def no_event(event_id: int) -> NotFound:
    return NotFound(f"no outgoing webhook has the id {event_id}", field="id", fix="list them with GET /outgoing-webhooks")


async def next_due(db: AsyncConnection, connection_id: str, now: datetime) -> OutgoingEvent | None:
    """The event that has been due for longest."""
    due = (table.c.connection_id == connection_id, table.c.state.in_(spelled("waiting")), table.c.due_at <= now)
    row = (await db.execute(_listed().where(*due).order_by(table.c.due_at, table.c.id).limit(1))).one_or_none()
    return None if row is None else _opened(row)


async def keep_outcome(db: AsyncConnection, event: OutgoingEvent, came: Outcome) -> None:
    """Of one try. An event that was replayed meanwhile keeps its new schedule."""
    attempt = {"at": came.at.isoformat(), "status": came.status, "error": came.error, "ms": came.milliseconds}
    mine = (table.c.id == event.id, table.c.replays == event.replays)
    done = (
        update(table)
        .where(*mine)
        .values(
            state=came.state,
            tries=event.tries + 1,
            attempts=[*event.attempts, attempt][-MOST_ATTEMPTS:],
            due_at=came.due_at,
            settled_at=came.at if came.state is not OutgoingState.WAITING else None,
            status=came.status,
            error=came.error,
        )
    )
    await db.execute(done)


async def give_up(db: AsyncConnection, connection_id: str, asked_before: datetime, error: str, now: datetime) -> int:
    """Events that have waited for all of their schedule are dead. Returns how many."""
    old = (table.c.connection_id == connection_id, table.c.state.in_(spelled("waiting")), table.c.asked_at <= asked_before)
    dead = update(table).where(*old).values(state=OutgoingState.DEAD, due_at=None, settled_at=now, error=error)
    return (await db.execute(dead)).rowcount


async def replay(db: AsyncConnection, event_ids: Sequence[int], now: datetime) -> list[str]:
    """These wait again, with a whole schedule before them, unless they wait already or are emptied. Returns their connections."""
    mine = (table.c.id.in_(event_ids), table.c.state != OutgoingState.WAITING, table.c.data.is_not(None))
    again = {"state": OutgoingState.WAITING, "tries": 0, "due_at": now, "asked_at": now, "settled_at": None}
    done = update(table).where(*mine).values(**again, replays=table.c.replays + 1).returning(table.c.connection_id)
    return [row.connection_id for row in await db.execute(done)]


async def has_dead(db: AsyncConnection, connection_ids: Sequence[str]) -> set[str]:
    """Those of these connections that have a dead event."""
    one = select(literal(1)).where(table.c.connection_id == connections.c.id, table.c.state == OutgoingState.DEAD).limit(1)
    query = select(connections.c.id).where(connections.c.id.in_(connection_ids), one.exists())
    return {row.id for row in await db.execute(query)}


async def counts(db: AsyncConnection, connection_id: str) -> dict[str, int]:
    """How many wait and how many are dead, of the newest thousand of each."""
    found = {}
    for state in (OutgoingState.WAITING, OutgoingState.DEAD):
        mine = (table.c.connection_id == connection_id, table.c.state == state)
        found[state.value] = len(list(await db.scalars(select(table.c.id).where(*mine).limit(1000))))
    return found


async def prune(db: AsyncConnection, emptied_before: datetime, deleted_before: datetime, limit: int) -> bool:
    """Empties, and later deletes, what was settled before these moments. Returns whether there may be more."""
    full = (table.c.settled_at < emptied_before, table.c.data.is_not(None))
    more = await change_batch(db, table, full, limit, data=None)
    return await delete_batch(db, table, (table.c.settled_at < deleted_before,), limit) or more
