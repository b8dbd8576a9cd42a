"""Receipts as they are kept, and what is known of each line of a purchase order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.batches import delete_batch
from app.storage.callers.tables import receipt_lines, receipts
from app.storage.tables import connections


@dataclass(frozen=True)
class StoredLine:
    """One line of a purchase order as it was read last. `received` in pieces, in all; `items`: pieces by the WMS's id of each
    article item. `acknowledged`: what the WMS was told of `received`; None: nothing yet."""

    purchase_order_id: int
    line_id: int
    received: float
    items: Mapping[int, float]
    acknowledged: float | None = None


async def lines_of(db: AsyncConnection, connection_id: str, purchase_order_id: int) -> dict[int, StoredLine]:
    """By the line's id."""
    mine = (receipt_lines.c.connection_id == connection_id, receipt_lines.c.purchase_order_id == purchase_order_id)
    return {row.line_id: _opened(row) for row in await db.execute(select(receipt_lines).where(*mine))}


def _opened(row: Any) -> StoredLine:
    items = {int(item_id): float(pieces) for item_id, pieces in (row.items or {}).items()}
    return StoredLine(row.purchase_order_id, row.line_id, row.received, items, row.acknowledged)


async def keep_lines(db: AsyncConnection, connection_id: str, lines: Sequence[StoredLine], now: datetime) -> None:
    """Keeps lines as they were read last. What was acknowledged of them stays."""
    if not lines:
        return
    made = (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(receipt_lines)
    given = {name: made.excluded[name] for name in ("received", "items", "updated_at")}
    keys = [receipt_lines.c.connection_id, receipt_lines.c.purchase_order_id, receipt_lines.c.line_id]
    rows = [
        {
            "connection_id": connection_id,
            "purchase_order_id": each.purchase_order_id,
            "line_id": each.line_id,
            "received": each.received,
            "items": {str(item_id): pieces for item_id, pieces in each.items.items()},
            "acknowledged": each.acknowledged,
            "updated_at": now,
        }
        for each in lines
    ]
    await db.execute(made.on_conflict_do_update(index_elements=keys, set_=given), rows)


async def one_at_a_time(db: AsyncConnection) -> None:
    """Lets no other receipt be made until the transaction ends.

    Whoever reads those behind an id would pass by one that is committed after a later one. Two connections of a goods owner would
    both keep the same goods. (SQLite has one writer anyway.)
    """
    if db.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("receipts", 0))))


async def is_kept_by_another(db: AsyncConnection, connection_id: str, lane: str, purchase_order_id: int) -> bool:
    """Whether another connection of the goods owner has kept goods of this purchase order."""
    others = select(connections.c.id).where(connections.c.lane == lane, connections.c.id != connection_id)
    theirs = (receipt_lines.c.connection_id.in_(others), receipt_lines.c.purchase_order_id == purchase_order_id)
    return await db.scalar(select(literal(1)).select_from(receipt_lines).where(*theirs).limit(1)) is not None


async def add(db: AsyncConnection, connection_id: str, content: Mapping[str, Any], now: datetime) -> int:
    """Keeps a receipt. Returns its id."""
    values = {"purchase_order_id": content["purchase_order_id"], "number": content["purchase_order_number"]}
    made = insert(receipts).values(connection_id=connection_id, **values, content=dict(content), created_at=now)
    new_id: int = (await db.execute(made.returning(receipts.c.id))).scalar_one()
    return new_id


async def first_purchase_order(db: AsyncConnection, connection_id: str) -> int | None:
    """The smallest id of a purchase order that something was received of; None: there is none yet."""
    mine = receipt_lines.c.connection_id == connection_id
    found: int | None = await db.scalar(select(func.min(receipt_lines.c.purchase_order_id)).where(mine))
    return found


async def to_acknowledge(
    db: AsyncConnection, connection_id: str, after: int, limit: int, *, refused_too: bool
) -> list[tuple[int, int]]:
    """The next receipts behind this id that the WMS was not told of: their ids, and those of their purchase orders."""
    mine = (receipts.c.connection_id == connection_id, receipts.c.acknowledged_at.is_(None), receipts.c.id > after)
    query = select(receipts.c.id, receipts.c.purchase_order_id).where(*mine).order_by(receipts.c.id).limit(limit)
    if not refused_too:
        query = query.where(receipts.c.acknowledgement_error.is_(None))
    return [(row.id, row.purchase_order_id) for row in await db.execute(query)]


async def line_acknowledged(db: AsyncConnection, connection_id: str, line: StoredLine, now: datetime) -> None:
    """The WMS knows that we have what is `received` of the line."""
    mine = (
        receipt_lines.c.connection_id == connection_id,
        receipt_lines.c.purchase_order_id == line.purchase_order_id,
        receipt_lines.c.line_id == line.line_id,
    )
    await db.execute(update(receipt_lines).where(*mine).values(acknowledged=line.received, updated_at=now))


async def acknowledged(db: AsyncConnection, receipt_id: int, now: datetime, error: str | None = None) -> None:
    """With `error`: the WMS has refused to be told."""
    values = {"acknowledgement_error": error} if error else {"acknowledged_at": now, "acknowledgement_error": None}
    await db.execute(update(receipts).where(receipts.c.id == receipt_id).values(**values))


async def prune(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Deletes receipts that are older. Returns whether there may be more.

    The newest stays: SQLite would give its id once more, and whoever reads those behind an id would pass by what comes next.
    """
    others = receipts.alias()
    newest = select(func.max(others.c.id)).scalar_subquery()
    return await delete_batch(db, receipts, (receipts.c.created_at < before, receipts.c.id < newest), limit)
