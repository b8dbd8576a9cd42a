"""Receipts as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.callers.tables import receipts as table
from app.storage.tables import connections


@dataclass(frozen=True)
class Receipt:
    """What came in for one purchase order between two reads. Times in UTC. `content`: as callers are given it.

    `acknowledged_at`: since when the WMS knows that we have it. `acknowledgement_error`: why it could not be told.
    """

    id: int
    connection_id: str
    connection: str
    purchase_order_id: int
    number: str
    content: dict[str, Any]
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledgement_error: str | None


@dataclass(frozen=True)
class Which:
    """Chooses receipts. None: does not narrow the choice."""

    connection_ids: Sequence[str] | None = None
    number: str | None = None
    acknowledged: bool | None = None


def _listed() -> Select[Any]:
    return select(table, connections.c.name.label("connection")).join(connections, connections.c.id == table.c.connection_id)


def _opened(row: Row[Any]) -> Receipt:
    return Receipt(**row._mapping)


async def search(
    db: AsyncConnection, which: Which, *, before: int | None = None, after: int | None = None, limit: int = 50
) -> list[Receipt]:
    """The newest first; with `after`, those behind this id, the oldest first."""
    query = _listed().order_by(table.c.id if after is not None else table.c.id.desc()).limit(limit)
    if which.connection_ids is not None:
        query = query.where(table.c.connection_id.in_(which.connection_ids))
    if which.number is not None:
        query = query.where(table.c.number == which.number)
    if which.acknowledged is not None:
        query = query.where(table.c.acknowledged_at.is_not(None) if which.acknowledged else table.c.acknowledged_at.is_(None))
    if before is not None:
        query = query.where(table.c.id < before)
    if after is not None:
        query = query.where(table.c.id > after)
    return [_opened(row) for row in await db.execute(query)]


async def find(db: AsyncConnection, receipt_id: int) -> Receipt:
    """Raises NotFound."""
    row = (await db.execute(_listed().where(table.c.id == receipt_id))).one_or_none()
    if row is None:
        raise no_receipt(receipt_id)
    return _opened(row)


def no_receipt(receipt_id: int) -> NotFound:
    return NotFound(f"no receipt has the id {receipt_id}", field="id", fix="list them with GET /receipts")
