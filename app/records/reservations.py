"""What a shop has sold and the WMS does not know yet. It is deducted from what may be sold.

A reservation ends with the first stock read that began after the order arrived in the WMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Order
from app.storage.outbound_tables import reservations, stock_levels
from app.storage.types import UtcTime


async def reserve(db: AsyncConnection, lane: str, mapping_id: int, order: Order) -> list[str]:
    """Replaces what the order reserves. Returns the numbers of all articles concerned."""
    before = await release(db, mapping_id)
    rows = [
        {"lane": lane, "mapping_id": mapping_id, "number": line.article_number, "quantity": float(line.quantity)}
        for line in order.lines
        if line.article_number
    ]
    if rows:
        await db.execute(insert(reservations), rows)
    return list(dict.fromkeys([*before, *(str(row["number"]) for row in rows)]))


async def release(db: AsyncConnection, mapping_id: int) -> list[str]:
    """Takes back what the order reserves, unless it is in the WMS. Returns the numbers of the articles."""
    mine = (reservations.c.mapping_id == mapping_id, reservations.c.transferred_at.is_(None))
    found = await db.execute(delete(reservations).where(*mine).returning(reservations.c.number))
    return list(dict.fromkeys(row.number for row in found))


async def transferred(db: AsyncConnection, mapping_id: int, now: datetime) -> None:
    """Stores that the WMS has the order. The WMS's own figure shows it from the next read on."""
    mine = (reservations.c.mapping_id == mapping_id, reservations.c.transferred_at.is_(None))
    await db.execute(update(reservations).where(*mine).values(transferred_at=now))


async def reserved(
    db: AsyncConnection, connection_id: str, lane: str, numbers: Sequence[str], read_at: datetime | None = None
) -> dict[str, float]:
    """Pieces by article number that the WMS's figure does not show yet.

    The figure is this connection's last read, or one at `read_at`.
    """
    begun = stock_levels.c.wms_read_at if read_at is None else literal(read_at, UtcTime())
    query = (
        select(reservations.c.number, func.sum(reservations.c.quantity))
        .join(stock_levels, stock_levels.c.number == reservations.c.number)
        .where(
            stock_levels.c.connection_id == connection_id,
            reservations.c.lane == lane,
            reservations.c.number.in_(numbers),
            or_(reservations.c.transferred_at.is_(None), reservations.c.transferred_at >= begun),
        )
        .group_by(reservations.c.number, stock_levels.c.source_id)
    )
    found: dict[str, float] = {}
    for number, quantity in await db.execute(query):
        found[number] = max(found.get(number, 0.0), float(quantity))
    return found


async def prune(db: AsyncConnection, before: datetime) -> None:
    """Deletes reservations that every stock read since has shown."""
    await db.execute(delete(reservations).where(reservations.c.transferred_at < before))
