"""Deliveries: the WMS's orders that belong to a source order, what the shop was told of them, and what the WMS was told of
that."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.records.mappings import Mapping, opened
from app.storage.outbound_tables import acknowledgements, deliveries, reports
from app.storage.tables import mappings
from app.storage.upserts import insert_missing


async def mapping_of(db: AsyncConnection, lane: str, wms_order_id: int, back_order_for: int | None) -> Mapping | None:
    """The source order that a WMS order belongs to: its own, or that of the order whose rest it is."""
    ids = [wms_order_id, *([back_order_for] if back_order_for is not None else [])]
    same = (mappings.c.lane == lane, mappings.c.kind == Kind.ORDER)
    row = (await db.execute(select(mappings).where(*same, mappings.c.wms_id.in_(ids)))).first()
    if row is None and back_order_for is not None:
        # The rest of a rest: through the delivery that it points at.
        first = select(deliveries.c.mapping_id).where(deliveries.c.lane == lane, deliveries.c.wms_order_id == back_order_for)
        row = (await db.execute(select(mappings).where(mappings.c.id.in_(first)))).first()
    return opened(row) if row else None


async def save(
    db: AsyncConnection,
    mapping: Mapping,
    *,
    wms_order_id: int,
    number: str,
    back_order_for: int | None,
    snapshot: dict[str, Any],
    digest: str,
    status: int,
    shipped_at: datetime | None,
    watched_until: datetime | None,
    now: datetime,
) -> bool:
    """Stores the WMS order as it was read; whether anything that matters has changed since it was stored last."""
    same = (deliveries.c.lane == mapping.lane, deliveries.c.wms_order_id == wms_order_id)
    known = await db.scalar(select(deliveries.c.digest).where(*same))
    values: dict[str, Any] = {
        "snapshot": snapshot,
        "digest": digest,
        "status": status,
        "shipped_at": shipped_at,
        "read_at": now,
    }
    if known is None:
        await insert_missing(
            db,
            deliveries,
            connection_id=mapping.connection_id,
            mapping_id=mapping.id,
            lane=mapping.lane,
            wms_order_id=wms_order_id,
            number=number,
            back_order_for=back_order_for,
            watched_until=watched_until,
            **values,
        )
        return True
    if known != digest:
        values["watched_until"] = watched_until
    await db.execute(update(deliveries).where(*same).values(**values))
    return bool(known != digest)


async def of_mapping(db: AsyncConnection, mapping_id: int) -> list[Row[Any]]:
    """The first order first, then its back orders."""
    query = select(deliveries).where(deliveries.c.mapping_id == mapping_id).order_by(deliveries.c.wms_order_id)
    return list(await db.execute(query))


async def watched(db: AsyncConnection, connection_id: str, now: datetime, after: int, limit: int) -> list[Row[Any]]:
    """Sent orders whose tracking may still come or grow, by id."""
    query = (
        select(deliveries.c.id, deliveries.c.number)
        .where(deliveries.c.connection_id == connection_id, deliveries.c.watched_until > now, deliveries.c.id > after)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return list(await db.execute(query))


# --- what the shop was told -----------------------------------------------------------------------------------------------


async def intend(db: AsyncConnection, mapping_id: int, kind: str, key: str, request: dict[str, Any], now: datetime) -> bool:
    """Whether the intent is new."""
    return await insert_missing(db, reports, mapping_id=mapping_id, kind=kind, key=key[:200], request=request, intended_at=now)


async def reported(db: AsyncConnection, mapping_id: int, kind: str | None = None) -> list[Row[Any]]:
    query = select(reports).where(reports.c.mapping_id == mapping_id).order_by(reports.c.id)
    return list(await db.execute(query if kind is None else query.where(reports.c.kind == kind)))


async def done(db: AsyncConnection, mapping_id: int, kind: str, key: str, remote_id: str, now: datetime) -> None:
    same = (reports.c.mapping_id == mapping_id, reports.c.kind == kind, reports.c.key == key[:200])
    await db.execute(update(reports).where(*same).values(remote_id=remote_id, done_at=now))


# --- what the WMS was told of that ----------------------------------------------------------------------------------------


async def owe(
    db: AsyncConnection, mapping_id: int, kind: str, wms_order_id: int, line_id: int, quantity: Decimal, now: datetime
) -> None:
    """A total that the shop has confirmed, to be acknowledged. Never less than before."""
    same = (
        acknowledgements.c.mapping_id == mapping_id,
        acknowledgements.c.kind == kind,
        acknowledgements.c.wms_order_id == wms_order_id,
        acknowledgements.c.line_id == line_id,
    )
    total = float(quantity)
    row = (await db.execute(select(acknowledgements.c.id, acknowledgements.c.quantity).where(*same))).first()
    if row is None:
        await db.execute(
            insert(acknowledgements).values(
                mapping_id=mapping_id, kind=kind, wms_order_id=wms_order_id, line_id=line_id, quantity=total, updated_at=now
            )
        )
    elif row.quantity < total:
        await db.execute(update(acknowledgements).where(acknowledgements.c.id == row.id).values(quantity=total, updated_at=now))


async def acknowledgements_of(db: AsyncConnection, mapping_id: int) -> list[Row[Any]]:
    query = select(acknowledgements).where(acknowledgements.c.mapping_id == mapping_id).order_by(acknowledgements.c.id)
    return list(await db.execute(query))


async def owed(db: AsyncConnection, mapping_id: int) -> list[Row[Any]]:
    """What is not acknowledged yet."""
    open_ = or_(acknowledgements.c.acknowledged.is_(None), acknowledgements.c.acknowledged < acknowledgements.c.quantity)
    query = select(acknowledgements).where(acknowledgements.c.mapping_id == mapping_id, acknowledgements.c.quantity > 0, open_)
    return list(await db.execute(query.order_by(acknowledgements.c.id)))


async def settled_returns(db: AsyncConnection, mapping_id: int) -> dict[int, Decimal]:
    """Pieces by the WMS's line id that were refunded already."""
    same = (acknowledgements.c.mapping_id == mapping_id, acknowledgements.c.kind == "returned")
    found = await db.execute(select(acknowledgements.c.line_id, acknowledgements.c.quantity).where(*same))
    return {row.line_id: Decimal(str(row.quantity)) for row in found}


async def acknowledged(db: AsyncConnection, row_id: int, quantity: float, now: datetime) -> None:
    await db.execute(
        update(acknowledgements).where(acknowledgements.c.id == row_id).values(acknowledged=quantity, updated_at=now)
    )


async def prune(db: AsyncConnection, before: datetime) -> None:
    """Empties snapshots and requests, which hold personal data."""
    await db.execute(
        update(deliveries)
        .where(deliveries.c.read_at < before, or_(deliveries.c.watched_until.is_(None), deliveries.c.watched_until < before))
        .values(snapshot=None)
    )
    await db.execute(update(reports).where(reports.c.done_at < before).values(request=None))
