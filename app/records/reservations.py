"""What a shop has sold and the WMS does not know yet. It is deducted from what may be sold.

A reservation ends with the first stock read that began after the order arrived in the WMS.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Order
from app.storage.batches import delete_batch
from app.storage.outbound_tables import reservations, stock_levels
from app.storage.tables import connections, mappings
from app.storage.types import UtcTime


async def reserve(db: AsyncConnection, lane: str, orders: Mapping[int, Order]) -> None:
    """Reserves what the orders need, each by the id of its mapping. What they reserved before must be released."""
    rows = [
        {"lane": lane, "mapping_id": mapping_id, "number": line.article_number, "quantity": float(line.quantity)}
        for mapping_id, order in orders.items()
        for line in order.lines
        if line.article_number
    ]
    if rows:
        await db.execute(insert(reservations), rows)


async def release(db: AsyncConnection, mapping_ids: Collection[int]) -> dict[int, list[str]]:
    """Takes back what these orders reserve, unless they are in the WMS. Returns the numbers of the articles by mapping."""
    if not mapping_ids:
        return {}
    these = (reservations.c.mapping_id.in_(mapping_ids), reservations.c.transferred_at.is_(None))
    done = delete(reservations).where(*these).returning(reservations.c.mapping_id, reservations.c.number)
    found: dict[int, list[str]] = {}
    for row in await db.execute(done):
        found.setdefault(row.mapping_id, []).append(row.number)
    return found


async def transferred(db: AsyncConnection, mapping_ids: Sequence[int], now: datetime) -> None:
    """Stores that the WMS has these orders. The WMS's own figure shows them from the next read on."""
    mine = (reservations.c.mapping_id.in_(mapping_ids), reservations.c.transferred_at.is_(None))
    await db.execute(update(reservations).where(*mine).values(transferred_at=now))


async def reserved(
    db: AsyncConnection, connection_id: str, lane: str, numbers: Sequence[str], read_at: datetime | None = None
) -> dict[str, float]:
    """Pieces by article number that the WMS's figure does not show yet, of all shops of the goods owner together.

    The figure is this connection's last read, or one at `read_at`.
    """
    begun = stock_levels.c.wms_read_at if read_at is None else literal(read_at, UtcTime())
    # From what is reserved to the connection's own level of it: the other way round the levels of all customers that have the
    # number would be read, or all levels of the connection.
    own = (stock_levels.c.number == reservations.c.number) & (stock_levels.c.connection_id == connection_id)
    query = (
        select(reservations.c.number, func.sum(reservations.c.quantity))
        .select_from(reservations.outerjoin(stock_levels, own))
        .where(
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


async def of_connection(db: AsyncConnection, connection_id: str, numbers: Sequence[str]) -> dict[str, float]:
    """Pieces by article number in the connection's orders of late."""
    query = (
        select(reservations.c.number, func.sum(reservations.c.quantity))
        .join(mappings, mappings.c.id == reservations.c.mapping_id)
        .join(connections, connections.c.id == mappings.c.connection_id)
        .where(connections.c.id == connection_id, reservations.c.lane == connections.c.lane, reservations.c.number.in_(numbers))
        .group_by(reservations.c.number)
    )
    return {number: float(pieces) for number, pieces in await db.execute(query)} if numbers else {}


async def prune(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Deletes up to `limit` reservations that a stock read since has shown to every shop of the goods owner.

    Returns whether there may be more.
    """
    of_owner = select(connections.c.id).where(connections.c.lane == reservations.c.lane).correlate(reservations)
    unread = select(stock_levels.c.id).where(
        stock_levels.c.number == reservations.c.number,
        stock_levels.c.connection_id.in_(of_owner),
        stock_levels.c.wms_read_at <= reservations.c.transferred_at,
    )
    unread = unread.correlate(reservations)
    return await delete_batch(db, reservations, (reservations.c.transferred_at < before, ~unread.exists()), limit)
