"""Stock levels: what the WMS says can be sold, what the shop shows, and what is to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Order
from app.records import reservations
from app.records.stock import rules
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections, mappings
from app.storage.upserts import insert_missing

CLOCKS_APART = timedelta(minutes=1)
"""How far a shop's clock may differ from ours."""


@dataclass(frozen=True)
class InShop:
    """One product or variation as the shop shows it. `quantity` None: the shop keeps none there, and `problem` says why."""

    source_id: str
    parent_id: str
    number: str
    quantity: int | None
    problem_code: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Waiting:
    """A level that is to be written. `sellable`: what the WMS said. `shop_quantity` None: what the shop shows is not known."""

    id: int
    source_id: str
    parent_id: str
    number: str
    sellable: float
    shop_quantity: int | None
    tries: int


def lane_of(connection_id: str) -> str:
    """The lease under which a connection's stock is written, and the lane of its recorded calls."""
    return f"stock:{connection_id}"


async def one_at_a_time(db: AsyncConnection, lane: str) -> None:
    """Locks the levels of this goods owner's connections until the transaction ends.

    A read of the WMS, an answer of the shop and a new order may come at the same moment. Each decides from what the others are
    about to change, so the last one would decide from half of it. (SQLite has one writer anyway.)
    """
    if db.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"stock:{lane}", 0))))


async def save_sellable(
    db: AsyncConnection, connection_id: str, lane: str, sellable: Mapping[str, float], read_at: datetime, now: datetime
) -> int:
    """Stores what a WMS read that began at `read_at` said, by article number. Returns how many rows must be written now."""
    await one_at_a_time(db, lane)
    numbers = list(sellable)
    await _add_missing(db, connection_id, numbers, now)
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(numbers))
    older = (stock_levels.c.wms_read_at.is_(None)) | (stock_levels.c.wms_read_at < read_at)
    rows = list(await db.execute(select(stock_levels).where(*mine, older)))
    await db.execute(update(stock_levels).where(*mine, older).values(wms_read_at=read_at))
    changed = [{"row": row.id, "quantity": sellable[row.number]} for row in rows if row.sellable != sellable[row.number]]
    if changed:
        await db.execute(
            update(stock_levels)
            .where(stock_levels.c.id == bindparam("row"))
            .values(sellable=bindparam("quantity"), updated_at=now),
            changed,
        )
    return await rules.decide_state(db, connection_id, lane, [row.id for row in rows], now)


async def _add_missing(db: AsyncConnection, connection_id: str, numbers: Sequence[str], now: datetime) -> None:
    """Adds rows for articles of this connection that no sweep of the shop has shown yet."""
    known = select(stock_levels.c.number).where(stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(numbers))
    found = await db.execute(
        select(mappings.c.source_id, mappings.c.number, mappings.c.parent_source_id).where(
            mappings.c.connection_id == connection_id,
            mappings.c.kind == Kind.ARTICLE,
            mappings.c.wanted == "present",
            mappings.c.number.in_(numbers),
            mappings.c.number.not_in(known),
        )
    )
    for row in list(found):
        await insert_missing(
            db,
            stock_levels,
            connection_id=connection_id,
            source_id=row.source_id,
            parent_id=row.parent_source_id or "",
            number=row.number,
            state="unknown",
            updated_at=now,
        )


async def numbers_of(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> dict[str, str | None]:
    """The WMS's numbers of the products and variations that this connection has as articles; None: it must not have one."""
    same = (mappings.c.connection_id == connection_id, mappings.c.kind == Kind.ARTICLE)
    found = await db.execute(select(mappings.c.source_id, mappings.c.number).where(*same, mappings.c.source_id.in_(source_ids)))
    return {row.source_id: row.number for row in found}


async def save_in_shop(
    db: AsyncConnection, connection_id: str, lane: str, seen: Sequence[InShop], read_at: datetime, now: datetime
) -> int:
    """Stores what a read of the shop that began at `read_at` showed. A later write of ours keeps its quantity."""
    await one_at_a_time(db, lane)
    wanted = [one.source_id for one in seen] + [one.parent_id for one in seen if one.parent_id]
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id.in_(wanted))
    columns = (stock_levels.c.id, stock_levels.c.source_id, stock_levels.c.number, stock_levels.c.shop_read_at)
    known = {row.source_id: row for row in await db.execute(select(*columns).where(*mine))}
    ids = []
    for one in seen:
        parent = known.get(one.parent_id)
        values = {**_as_shown(one, read_at, now), **(_SHARED if parent is not None and parent.number == one.number else {})}
        row = known.get(one.source_id)
        if row is None:
            same = {"connection_id": connection_id, "source_id": one.source_id}
            state = "unknown" if values["problem_code"] is None else "problem"
            await insert_missing(db, stock_levels, **same, state=state, **values)
        elif row.shop_read_at is None or row.shop_read_at < read_at:
            await db.execute(update(stock_levels).where(stock_levels.c.id == row.id).values(**values))
            ids.append(row.id)
    return await rules.decide_state(db, connection_id, lane, ids, now)


def _as_shown(one: InShop, read_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "parent_id": one.parent_id,
        "number": one.number,
        "shop_quantity": one.quantity,
        "shop_read_at": read_at,
        "problem_code": one.problem_code,
        "problem": one.problem,
        "updated_at": now,
    }


_SHARED: dict[str, Any] = {
    "problem_code": "stock-number-of-parent",
    "problem": "The variation has its product's number, not one of its own: the same stock would be sold twice. Give it a SKU of "
    "its own in the shop",
}


async def forbid_shared_numbers(db: AsyncConnection, connection_id: str, now: datetime) -> None:
    """After a whole sweep: marks variations that share their product's number as a problem.

    Such a variation has no SKU of its own.
    """
    parent = stock_levels.alias()
    same = (parent.c.connection_id == connection_id, parent.c.source_id == stock_levels.c.parent_id)
    shared = select(parent.c.id).where(*same, parent.c.number == stock_levels.c.number).exists()
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.connection_id == connection_id, stock_levels.c.parent_id != "", shared)
        .values(**_SHARED, state="problem", updated_at=now)
    )


# --- what was sold --------------------------------------------------------------------------------------------------------


async def sold(db: AsyncConnection, connection_id: str, lane: str, mapping_id: int, order: Order, now: datetime) -> None:
    """Takes what an order will need off the stock for sale, in every shop of this goods owner.

    The shop that sold it has lowered its own quantity. That is not known exactly until it is written or read again. It is written
    at once only if a write of ours may have come after the sale and undone it.
    """
    await one_at_a_time(db, lane)
    numbers = await reservations.reserve(db, lane, mapping_id, order)
    seen_before = None if order.created_at is None else order.created_at - CLOCKS_APART
    for connection, rows in (await _on_lane(db, lane, numbers)).items():
        if connection == connection_id:
            await forget_quantity(db, [row.id for row in rows])
            rows = [row for row in rows if seen_before is None or (row.shop_read_at or now) >= seen_before]
        await rules.decide_state(db, connection, lane, [row.id for row in rows], now)


async def unsold(db: AsyncConnection, lane: str, mapping_id: int, now: datetime) -> None:
    """Puts back what an order would have needed: it is not in the WMS, and will not come to it."""
    await one_at_a_time(db, lane)
    numbers = await reservations.release(db, mapping_id)
    for connection, rows in (await _on_lane(db, lane, numbers)).items():
        await rules.decide_state(db, connection, lane, [row.id for row in rows if row.shop_quantity is not None], now)


async def _on_lane(db: AsyncConnection, lane: str, numbers: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """The levels of these articles in every shop that sells from the goods owner's stock, by connection."""
    if not numbers:
        return {}
    query = (
        select(stock_levels.c.id, stock_levels.c.connection_id, stock_levels.c.shop_read_at, stock_levels.c.shop_quantity)
        .join(connections, connections.c.id == stock_levels.c.connection_id)
        .where(connections.c.lane == lane, stock_levels.c.number.in_(numbers))
    )
    found: dict[str, list[Row[Any]]] = {}
    rows: list[Row[Any]] = list(await db.execute(query.order_by(stock_levels.c.id)))
    for row in rows:
        found.setdefault(row.connection_id, []).append(row)
    return found


async def forget_quantity(db: AsyncConnection, ids: Sequence[int]) -> None:
    """Marks what the shop has now as unknown, so that the next write is made in any case."""
    if ids:
        await db.execute(update(stock_levels).where(stock_levels.c.id.in_(ids)).values(shop_quantity=None))


async def forget_quantities(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> list[int]:
    """Does the same by the shop's ids. Returns the ids of the rows."""
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id.in_(source_ids))
    done = update(stock_levels).where(*mine, stock_levels.c.problem_code.is_(None)).values(shop_quantity=None)
    return [row.id for row in await db.execute(done.returning(stock_levels.c.id))]


# --- writing --------------------------------------------------------------------------------------------------------------


async def waiting(db: AsyncConnection, connection_id: str, limit: int) -> list[Waiting]:
    """The first `limit` rows that wait, those of one parent together."""
    shown = select(*(stock_levels.c[each.name] for each in fields(Waiting)))
    query = shown.where(stock_levels.c.connection_id == connection_id, stock_levels.c.state == "waiting")
    found = await db.execute(query.order_by(stock_levels.c.parent_id, stock_levels.c.id).limit(limit))
    return [Waiting(**row._mapping) for row in found]


async def save_answer(
    db: AsyncConnection, row_id: int, quantity: int | None, problem: tuple[str, str] | None, read_at: datetime, now: datetime
) -> None:
    """Stores the shop's answer for one item; `problem` is its code and text.

    `rules.decide_state` follows: a row that has changed since goes on waiting.
    """
    code, words = problem or (None, None)
    values: dict[str, Any] = {"problem_code": code, "problem": words, "updated_at": now, "shop_read_at": read_at, "tries": 0}
    if quantity is not None:
        values["shop_quantity"] = quantity
    await db.execute(update(stock_levels).where(stock_levels.c.id == row_id).values(**values))


async def defer(db: AsyncConnection, ids: Sequence[int], due_at: datetime, reason: str, now: datetime) -> None:
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.id.in_(ids), stock_levels.c.state == "waiting")
        .values(state="parked", due_at=due_at, tries=stock_levels.c.tries + 1, problem=reason, updated_at=now)
    )


async def requeue(db: AsyncConnection, now: datetime) -> list[str]:
    """Makes parked rows that are due wait again. Returns the connections that have something waiting."""
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.state == "parked", stock_levels.c.due_at <= now)
        .values(state="waiting", due_at=None, problem=None)
    )
    found = await db.execute(select(stock_levels.c.connection_id).where(stock_levels.c.state == "waiting").distinct())
    return [row.connection_id for row in found]


async def forget_unseen(db: AsyncConnection, connection_id: str, swept_from: datetime) -> int:
    """Deletes what a whole sweep of the shop, begun at `swept_from`, did not show: the shop no longer has it."""
    done = await db.execute(
        delete(stock_levels).where(
            stock_levels.c.connection_id == connection_id,
            (stock_levels.c.shop_read_at < swept_from) | (stock_levels.c.shop_read_at.is_(None)),
            stock_levels.c.updated_at < swept_from,
        )
    )
    return int(done.rowcount)


async def counts(db: AsyncConnection, connection_id: str) -> dict[str, int]:
    found = await db.execute(
        select(stock_levels.c.state, func.count())
        .where(stock_levels.c.connection_id == connection_id)
        .group_by(stock_levels.c.state)
    )
    return {row[0]: row[1] for row in found}
