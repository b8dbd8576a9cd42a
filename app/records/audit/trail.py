"""Who changed what, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.side_tables import audit
from app.storage.tables import connections

METHODS = ("POST", "PATCH", "PUT", "DELETE", "GET")


@dataclass(frozen=True)
class Entry:
    """One change. `connection`: its name today, or its last one; None where it belongs to none. Times in UTC."""

    id: int
    at: datetime
    way: str
    key_id: str | None
    key_name: str | None
    actor: str | None
    address: str | None
    route: str
    connection: str | None
    subject: str
    changes: list[dict[str, Any]]


@dataclass(frozen=True)
class Filter:
    """Which entries to list; None does not limit.

    `connection_ids`: those that may be seen. `gone`: the name or id of a connection that is not there any more. `key`: id or
    name. `route`: with its method or without. `since` is included, `until` is not.
    """

    connection_ids: Sequence[str] | None = None
    gone: str | None = None
    key: str | None = None
    route: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _where(chosen: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.connection_ids is not None:
        found.append(audit.c.connection_id.in_(chosen.connection_ids))
    if chosen.gone is not None:
        found.append(_is_gone(chosen.gone))
    if chosen.key is not None:
        found.append(or_(audit.c.key_id == chosen.key, audit.c.key_name == chosen.key))
    if chosen.route is not None:
        found.append(audit.c.route.in_([chosen.route, *(f"{method} {chosen.route}" for method in METHODS)]))
    if chosen.since is not None:
        found.append(audit.c.at >= chosen.since)
    if chosen.until is not None:
        found.append(audit.c.at < chosen.until)
    return found


def _is_gone(id_or_name: str) -> ColumnElement[bool]:
    named = or_(audit.c.connection_id == id_or_name, audit.c.connection_name == id_or_name)
    return named & audit.c.connection_id.not_in(select(connections.c.id))


async def knows_gone(db: AsyncConnection, id_or_name: str) -> bool:
    """Whether there are entries about a connection of this name that is not there any more."""
    return await db.scalar(select(audit.c.id).where(_is_gone(id_or_name)).limit(1)) is not None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None, limit: int) -> list[Entry]:
    """`before`: only entries with a smaller id."""
    columns = [
        audit.c[name] for name in ("id", "at", "way", "key_id", "key_name", "actor", "address", "route", "subject", "changes")
    ]
    query = select(*columns, audit.c.connection_name, connections.c.name).join(
        connections, connections.c.id == audit.c.connection_id, isouter=True
    )
    query = query.where(*_where(chosen))
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = await db.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [
        Entry(
            id=row.id,
            at=row.at,
            way=row.way,
            key_id=row.key_id,
            key_name=row.key_name,
            actor=row.actor,
            address=row.address,
            route=row.route,
            connection=row.name or row.connection_name,
            subject=row.subject,
            changes=row.changes,
        )
        for row in rows
    ]
