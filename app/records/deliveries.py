"""Deliveries: the WMS's orders that belong to a source order, what the shop was told of them, and what was acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, String, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.records.mappings import Mapping, opened
from app.storage.batches import change_batch
from app.storage.outbound_tables import acknowledgements, deliveries, reports, returned_goods
from app.storage.tables import mappings
from app.storage.types import UtcTime, spelled
from app.storage.upserts import insert_missing

WATCH_SHARE = 1 / 24
"""A sent order is read again after this share of the time in which nothing has changed. One a day old: every hour."""


async def mapping_of(db: AsyncConnection, lane: str, wms_order_id: int, back_order_for: int | None) -> Mapping | None:
    """The source order that a WMS order belongs to: directly, or as a back order of one that does."""
    ids = [wms_order_id, *([back_order_for] if back_order_for is not None else [])]
    same = (mappings.c.lane == lane, mappings.c.kind == Kind.ORDER)
    row = (await db.execute(select(mappings).where(*same, mappings.c.wms_id.in_(ids)))).first()
    if row is None and back_order_for is not None:
        # A back order of a back order: found through the delivery to which it points.
        first = select(deliveries.c.mapping_id).where(deliveries.c.lane == lane, deliveries.c.wms_order_id == back_order_for)
        row = (await db.execute(select(mappings).where(mappings.c.id.in_(first)))).first()
    return opened(row) if row else None


async def numbers_of(db: AsyncConnection, lane: str, wms_order_ids: Sequence[int]) -> list[str]:
    """The numbers in the WMS of those of these orders that are known here."""
    if not wms_order_ids:
        return []
    ours = select(mappings.c.number).where(
        mappings.c.lane == lane,
        mappings.c.kind == Kind.ORDER,
        mappings.c.wms_id.in_(wms_order_ids),
        mappings.c.number.is_not(None),
    )
    seen = select(deliveries.c.number).where(deliveries.c.lane == lane, deliveries.c.wms_order_id.in_(wms_order_ids))
    return list(dict.fromkeys([*await db.scalars(ours), *await db.scalars(seen)]))


async def statuses(db: AsyncConnection, lane: str, wms_order_ids: Sequence[int], numbers: Sequence[str]) -> dict[str, int | None]:
    """The stored status of those of these orders that are ours, by the WMS's id (as text) and by number. None: not read yet."""
    same = (mappings.c.lane == lane, mappings.c.kind == Kind.ORDER)
    shown = select(mappings.c.wms_id, mappings.c.number, mappings.c.warehouse_status).where(*same)
    found: dict[str, int | None] = {}
    # SQLite reads the whole table to find that nothing is in an empty list.
    for column, values in ((mappings.c.wms_id, wms_order_ids), (mappings.c.number, numbers)):
        which = column.in_(values)
        for row in await db.execute(shown.where(which)) if values else ():
            found |= {f"#{row.wms_id}": row.warehouse_status, row.number: row.warehouse_status}
    return found


@dataclass(frozen=True)
class Seen:
    """An order of the WMS as it was read. The digests cover what each report depends on; None: there is nothing to report."""

    wms_order_id: int
    number: str
    back_order_for: int | None
    tracking: str | None
    """Its first tracking number or way bill."""
    snapshot: dict[str, Any]
    status: int
    shipped_at: datetime | None
    digest: str | None
    returns_digest: str | None
    watch: timedelta | None
    """For how long it is read again after its last change; None: not at all."""


async def save(db: AsyncConnection, mapping: Mapping, seen: Seen, read_at: datetime) -> tuple[bool, bool] | None:
    """Stores what a read that began at `read_at` showed. Returns whether shipment and returns have changed since the last one.

    Returns None when a later read is stored already.
    """
    same = (deliveries.c.lane == mapping.lane, deliveries.c.wms_order_id == seen.wms_order_id)
    known = (await db.execute(select(deliveries).where(*same).with_for_update())).first()
    if known is not None and known.read_at > read_at:
        return None
    changed = seen.digest is not None and (known is None or known.digest != seen.digest)
    returned = seen.returns_digest is not None and (known is None or known.returns_digest != seen.returns_digest)
    changed_at = read_at if known is None or changed or returned else known.changed_at
    values: dict[str, Any] = {
        "mapping_id": mapping.id,
        "connection_id": mapping.connection_id,
        "number": seen.number,
        "back_order_for": seen.back_order_for,
        "tracking": seen.tracking,
        "snapshot": seen.snapshot,
        "status": seen.status,
        "shipped_at": seen.shipped_at,
        "changed_at": changed_at,
        "read_at": read_at,
        "watched_until": changed_at + seen.watch if seen.watch is not None else None,
        "look_at": read_at + (read_at - changed_at) * WATCH_SHARE if seen.watch is not None else None,
    }
    values |= {"digest": seen.digest} if changed else {}
    values |= {"returns_digest": seen.returns_digest} if returned else {}
    if known is None:
        await insert_missing(db, deliveries, lane=mapping.lane, wms_order_id=seen.wms_order_id, **values)
    else:
        await db.execute(update(deliveries).where(deliveries.c.id == known.id).values(**values))
    return changed, returned


async def first_wms_id(db: AsyncConnection, connection: str, lane: str) -> int | None:
    """The WMS's id of the first order that this connection has sent there. Ids rise: older orders are not ours."""
    mine = (mappings.c.lane == lane, mappings.c.kind == Kind.ORDER, mappings.c.wms_id.is_not(None))
    query = select(mappings.c.wms_id).where(*mine, mappings.c.connection_id == connection).order_by(mappings.c.wms_id).limit(1)
    found: int | None = await db.scalar(query)
    return found


async def mapping_by_number(
    db: AsyncConnection, lane: str, numbers: Sequence[str], connection_id: str | None = None
) -> Mapping | None:
    """The one order of this goods owner, or of this connection, with one of these numbers, the WMS's or the shop's. None when
    there are several."""
    same = [mappings.c.lane == lane, mappings.c.kind == Kind.ORDER]
    same += [mappings.c.connection_id == connection_id] if connection_id is not None else []
    query = select(mappings).where(*same, or_(mappings.c.number.in_(numbers), mappings.c.source_number.in_(numbers))).limit(2)
    rows = list(await db.execute(query))
    return opened(rows[0]) if len(rows) == 1 else None


@dataclass(frozen=True)
class Delivery:
    """An order of the WMS as it is stored; times in UTC. `snapshot` is what was read last, None once retention has emptied it."""

    id: int
    wms_order_id: int
    number: str
    back_order_for: int | None
    snapshot: dict[str, Any] | None
    status: int
    shipped_at: datetime | None
    read_at: datetime
    watched_until: datetime | None


async def of_mapping(db: AsyncConnection, mapping_id: int) -> list[Delivery]:
    """The deliveries of a source order: the first order first, then its back orders."""
    shown = select(*(deliveries.c[each.name] for each in fields(Delivery)))
    query = shown.where(deliveries.c.mapping_id == mapping_id).order_by(deliveries.c.wms_order_id)
    return [Delivery(**row._mapping) for row in await db.execute(query)]


Watched = tuple[datetime, int, str]
"""Until when a sent order is watched, its id here, its WMS number."""


async def watched(
    db: AsyncConnection, connection_id: str, now: datetime, after: tuple[datetime, int] | None, limit: int
) -> list[Watched]:
    """Sent orders that are to be read again at `now`: their tracking may still come or grow. Those watched longest come last.

    The order is that of the index: by id, PostgreSQL would walk through all orders that were ever sent.
    """
    until, of_id = deliveries.c.watched_until, deliveries.c.id
    due = [deliveries.c.connection_id == connection_id, until > now, deliveries.c.look_at <= now]
    if after is not None:
        due += [until >= after[0], or_(until > after[0], of_id > after[1])]
    query = select(until, of_id, deliveries.c.number).where(*due).order_by(until, of_id).limit(limit)
    return [(row.watched_until, row.id, row.number) for row in await db.execute(query)]


# --- returns that are records of their own --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Returned:
    """Pieces, in total, that came back of one order line on one line of a return order or purchase order."""

    way: str  # return-order, purchase-order
    record_id: int
    line_id: int
    row_number: str
    quantity: float


async def save_returned(db: AsyncConnection, mapping: Mapping, back: Returned, read_at: datetime) -> bool:
    """Stores what came back. Returns whether it is more than was known. The stored total never falls: a refund is not undone."""
    place = {"way": back.way, "record_id": back.record_id, "line_id": back.line_id, "row_number": back.row_number}
    fresh = {"mapping_id": mapping.id, "quantity": back.quantity, "read_at": read_at}
    if await insert_missing(db, returned_goods, lane=mapping.lane, **place, **fresh):
        return True
    same = (returned_goods.c.lane == mapping.lane, *(returned_goods.c[name] == value for name, value in place.items()))
    more = update(returned_goods).where(*same, returned_goods.c.quantity < back.quantity)
    return bool((await db.execute(more.values(quantity=back.quantity, read_at=read_at))).rowcount)


async def returned_of(db: AsyncConnection, mapping_id: int) -> list[Returned]:
    shown = select(*(returned_goods.c[each.name] for each in fields(Returned)))
    query = shown.where(returned_goods.c.mapping_id == mapping_id).order_by(returned_goods.c.id)
    return [Returned(**row._mapping) for row in await db.execute(query)]


KEPT = ("refund", "returned")
"""Reports that keep what they were for: more may come back, and what was dealt with must stay known. They name no person."""


# --- what the shop was told -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """A report to the shop about one order; times in UTC. `remote_id` and `done_at` are set once the shop has it."""

    kind: str
    key: str
    request: dict[str, Any] | None
    remote_id: str | None
    intended_at: datetime
    done_at: datetime | None


async def intend(db: AsyncConnection, mapping_id: int, kind: str, key: str, request: dict[str, Any], now: datetime) -> bool:
    """Stores the intent. Returns whether it is new."""
    return await insert_missing(db, reports, mapping_id=mapping_id, kind=kind, key=key[:200], request=request, intended_at=now)


async def reported(db: AsyncConnection, mapping_id: int, kind: str | None = None) -> list[Report]:
    shown = select(*(reports.c[each.name] for each in fields(Report)))
    query = shown.where(reports.c.mapping_id == mapping_id).order_by(reports.c.id)
    found = await db.execute(query if kind is None else query.where(reports.c.kind == kind))
    return [Report(**row._mapping) for row in found]


async def done(db: AsyncConnection, mapping_id: int, kind: str, key: str, remote_id: str, now: datetime) -> None:
    same = (reports.c.mapping_id == mapping_id, reports.c.kind == kind, reports.c.key == key[:200])
    await db.execute(update(reports).where(*same).values(remote_id=remote_id, done_at=now))


# --- orders whose rest does not come --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SentInPart:
    """An order of which the shop has been told a part. `since`: when its last part was sent (UTC)."""

    mapping_id: int
    connection_id: str
    source_id: str
    source_number: str | None
    since: datetime | None


async def sent_in_part(db: AsyncConnection, after: int, limit: int) -> list[SentInPart]:
    """The next orders, by the ids of their mappings, that wait for a rest. One index holds them, whatever is finished."""
    since = select(func.max(func.coalesce(deliveries.c.shipped_at, deliveries.c.changed_at), type_=UtcTime()))
    last = since.where(deliveries.c.mapping_id == mappings.c.id).scalar_subquery()
    columns = (mappings.c.id, mappings.c.connection_id, mappings.c.source_id, mappings.c.source_number, last)
    partly = mappings.c.delivery == literal("partly", String, literal_execute=True)
    query = select(*columns).where(partly, mappings.c.id > after).order_by(mappings.c.id).limit(limit)
    return [SentInPart(*row) for row in await db.execute(query)]


# --- what the WMS was told of that ----------------------------------------------------------------------------------------

CANCELLED = "cancelled"
"""Kind of an acknowledgement that is a cancellation: an operator has said that the rest is not wanted any more."""


@dataclass(frozen=True)
class Confirmed:
    """Pieces, in total, of one line of a WMS order that the shop has confirmed. `kind`: picked, returned, received."""

    kind: str
    wms_order_id: int
    line_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Acknowledgement:
    """What the WMS must be told of one line, and what it was told (`acknowledged`; None: nothing yet)."""

    id: int
    kind: str
    wms_order_id: int
    line_id: int
    quantity: float
    acknowledged: float | None
    updated_at: datetime


async def queue_acknowledgement(db: AsyncConnection, mapping_id: int, confirmed: Confirmed, now: datetime) -> None:
    """Queues an acknowledgement. The total never falls."""
    place = {"kind": confirmed.kind, "wms_order_id": confirmed.wms_order_id, "line_id": confirmed.line_id}
    same = (acknowledgements.c.mapping_id == mapping_id, *(acknowledgements.c[name] == value for name, value in place.items()))
    total = float(confirmed.quantity)
    row = (await db.execute(select(acknowledgements.c.id, acknowledgements.c.quantity).where(*same))).first()
    if row is None:
        fresh = insert(acknowledgements).values(mapping_id=mapping_id, quantity=total, updated_at=now, **place)
        await db.execute(fresh)
    elif row.quantity < total:
        await db.execute(update(acknowledgements).where(acknowledgements.c.id == row.id).values(quantity=total, updated_at=now))


async def acknowledgements_of(db: AsyncConnection, mapping_id: int) -> list[Acknowledgement]:
    return await _acknowledgements(db, acknowledgements.c.mapping_id == mapping_id)


async def pending_acknowledgements(db: AsyncConnection, mapping_id: int) -> list[Acknowledgement]:
    """The acknowledgements that are not sent yet."""
    open_ = or_(acknowledgements.c.acknowledged.is_(None), acknowledgements.c.acknowledged < acknowledgements.c.quantity)
    return await _acknowledgements(db, acknowledgements.c.mapping_id == mapping_id, acknowledgements.c.quantity > 0, open_)


async def ask_cancellation(db: AsyncConnection, mapping_id: int, wms_order_id: int, now: datetime) -> None:
    """Queues the cancellation of an order that has the rest of another, once more if it was tried before."""
    place = {"kind": CANCELLED, "wms_order_id": wms_order_id, "line_id": 0, "mapping_id": mapping_id}
    if await insert_missing(db, acknowledgements, **place, quantity=1, updated_at=now):
        return
    same = (acknowledgements.c[name] == value for name, value in place.items())
    await db.execute(update(acknowledgements).where(*same).values(acknowledged=None, updated_at=now))


async def mark_cancelled(db: AsyncConnection, delivery_id: int, status: int, now: datetime) -> None:
    """Stores that the WMS has cancelled the order, as a read would."""
    row = (await db.execute(select(deliveries.c.snapshot).where(deliveries.c.id == delivery_id).with_for_update())).one()
    info = (row.snapshot or {}).get("orderInfo", {})
    snapshot = {**(row.snapshot or {}), "orderInfo": {**info, "orderStatus": {"number": status, "text": "Cancelled"}}}
    values = {"status": status, "read_at": now, **({"snapshot": snapshot} if row.snapshot else {})}
    await db.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


async def _acknowledgements(db: AsyncConnection, *which: ColumnElement[bool]) -> list[Acknowledgement]:
    shown = select(*(acknowledgements.c[each.name] for each in fields(Acknowledgement)))
    found = await db.execute(shown.where(*which).order_by(acknowledgements.c.id))
    return [Acknowledgement(**row._mapping) for row in found]


async def acknowledged(db: AsyncConnection, row_id: int, quantity: float, now: datetime) -> None:
    await db.execute(
        update(acknowledgements).where(acknowledgements.c.id == row_id).values(acknowledged=quantity, updated_at=now)
    )


async def empty_reports(db: AsyncConnection, mapping_ids: Sequence[int]) -> None:
    """Empties finished reports of these orders. Open reports, and what is KEPT, have what is still needed."""
    mine = (reports.c.mapping_id.in_(mapping_ids), reports.c.done_at.is_not(None), reports.c.kind.not_in(KEPT))
    await db.execute(update(reports).where(*mine).values(request=None))


async def prune(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Empties up to `limit` snapshots, which hold personal data. Returns whether there may be more."""
    unwatched = or_(deliveries.c.watched_until.is_(None), deliveries.c.watched_until < before)
    old = (deliveries.c.snapshot.is_not(None), deliveries.c.read_at < before, unwatched)
    return await change_batch(db, deliveries, old, limit, snapshot=None)


async def prune_reports(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Empties up to `limit` requests of reports. What a refund was for must stay known as long as more may come back.

    It names no person. Returns whether there may be more.
    """
    stays = (reports.c.kind != spelled(kind)[0] for kind in KEPT)
    old = (reports.c.request.is_not(None), *stays, reports.c.done_at < before)
    return await change_batch(db, reports, old, limit, request=None)
