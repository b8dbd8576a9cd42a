"""What was heard of the connections: their newest order, and the silence that was told of last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.storage.tables import LISTED, alerts, connections, mappings


@dataclass(frozen=True)
class Heard:
    """What was heard of a connection: when its newest order was stored (UTC), and its last alert about silence."""

    connection_id: str
    newest: datetime | None
    silence: str | None


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
    return select(connections.c.id, newest, last).where(connections.c.status == "active")


_HEARD = _heard()


async def heard(db: AsyncConnection) -> list[Heard]:
    """What was heard of every active connection, in one statement: one row of an index each, however many orders there are."""
    return [Heard(*row) for row in await db.execute(_HEARD)]
