"""Stock levels: what the WMS says can be sold, what the shop shows, and what is to be written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.records import reservations
from app.storage.outbound_tables import stock_levels
from app.storage.tables import mappings
from app.storage.upserts import insert_missing

BATCH = 100
CHUNK = 500


@dataclass(frozen=True)
class InShop:
    """One product or variation as the shop shows it. `quantity` None: the shop keeps none of its own there, `problem` says
    why."""

    source_id: str
    parent_id: str
    number: str
    quantity: int | None
    problem_code: str | None = None
    problem: str | None = None


def sellable_in_shop(sellable: float, reserved: float, floor: int = 0) -> int:
    """Whole pieces that a shop may sell: never below `floor`, fractions rounded down (requirement: stock values)."""
    return max(floor, math.floor(sellable - reserved))


async def save_sellable(
    db: AsyncConnection, connection_id: str, lane: str, sellable: Mapping[str, float], read_at: datetime, now: datetime
) -> int:
    """Stores what a WMS read that began at `read_at` said, by article number. Returns how many rows are to be written now."""
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
    return await judge(db, connection_id, lane, [row.id for row in rows], now)


async def _add_missing(db: AsyncConnection, connection_id: str, numbers: Sequence[str], now: datetime) -> None:
    """Rows for articles of this connection that no sweep of the shop has shown yet."""
    known = select(stock_levels.c.number).where(stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(numbers))
    found = await db.execute(
        select(mappings.c.source_id, mappings.c.number, mappings.c.parent_source_id).where(
            mappings.c.connection_id == connection_id,
            mappings.c.kind == Kind.ARTICLE,
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


async def save_in_shop(
    db: AsyncConnection, connection_id: str, lane: str, seen: Sequence[InShop], read_at: datetime, now: datetime
) -> int:
    """Stores what a read of the shop that began at `read_at` showed; a write of ours that came after it stands."""
    ids = []
    for one in seen:
        values: dict[str, Any] = {
            "parent_id": one.parent_id,
            "number": one.number,
            "shop_quantity": one.quantity,
            "shop_read_at": read_at,
            "problem_code": one.problem_code,
            "problem": one.problem,
            "updated_at": now,
        }
        same = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id == one.source_id)
        row = (await db.execute(select(stock_levels.c.id, stock_levels.c.shop_read_at).where(*same))).first()
        if row is None:
            await insert_missing(
                db, stock_levels, connection_id=connection_id, source_id=one.source_id, state="unknown", **values
            )
            row = (await db.execute(select(stock_levels.c.id, stock_levels.c.shop_read_at).where(*same))).one()
        elif row.shop_read_at is None or row.shop_read_at < read_at:
            await db.execute(update(stock_levels).where(stock_levels.c.id == row.id).values(**values))
        ids.append(row.id)
    return await judge(db, connection_id, lane, ids, now)


async def judge(db: AsyncConnection, connection_id: str, lane: str, ids: Sequence[int], now: datetime) -> int:
    """Decides for each row whether it is to be written; returns how many are."""
    waiting = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = list(await db.execute(select(stock_levels).where(stock_levels.c.id.in_(chunk))))
        held_back = await reservations.reserved(db, connection_id, lane, [row.number for row in rows])
        moved = []
        for row in rows:
            state = _state(row, held_back.get(row.number, 0.0))
            waiting += state == "waiting"
            if state != row.state:
                moved.append({"row": row.id, "new_state": state})
        if moved:
            await db.execute(
                update(stock_levels)
                .where(stock_levels.c.id == bindparam("row"))
                .values(state=bindparam("new_state"), tries=0, due_at=None, updated_at=now),
                moved,
            )
    return waiting


def _state(row: Row[Any], reserved: float) -> str:
    if row.problem_code is not None:
        return "problem"
    if row.sellable is None:
        return "unknown"
    return "same" if row.shop_quantity == sellable_in_shop(row.sellable, reserved) else "waiting"


async def next_batch(db: AsyncConnection, connection_id: str, limit: int = BATCH) -> list[Row[Any]]:
    """Waiting rows that go into one call: products of their own, or the variations of one product."""
    waiting = (stock_levels.c.connection_id == connection_id, stock_levels.c.state == "waiting")
    parent = await db.scalar(select(stock_levels.c.parent_id).where(*waiting).order_by(stock_levels.c.parent_id).limit(1))
    if parent is None:
        return []
    query = select(stock_levels).where(*waiting, stock_levels.c.parent_id == parent).order_by(stock_levels.c.id).limit(limit)
    return list(await db.execute(query))


async def save_answer(
    db: AsyncConnection,
    row_id: int,
    quantity: int | None,
    code: str | None,
    problem: str | None,
    read_at: datetime,
    now: datetime,
) -> None:
    """What the shop answered for one item. A row that has changed since goes on waiting: `judge` decides afterwards."""
    values: dict[str, Any] = {"problem_code": code, "problem": problem, "updated_at": now, "shop_read_at": read_at, "tries": 0}
    if quantity is not None:
        values["shop_quantity"] = quantity
    await db.execute(update(stock_levels).where(stock_levels.c.id == row_id).values(**values))


async def park(db: AsyncConnection, ids: Sequence[int], due_at: datetime, reason: str, now: datetime) -> None:
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.id.in_(ids), stock_levels.c.state == "waiting")
        .values(state="parked", due_at=due_at, tries=stock_levels.c.tries + 1, problem=reason, updated_at=now)
    )


async def wake(db: AsyncConnection, now: datetime) -> list[str]:
    """What is due waits again; returns the connections that have something waiting."""
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.state == "parked", stock_levels.c.due_at <= now)
        .values(state="waiting", due_at=None, problem=None)
    )
    found = await db.execute(select(stock_levels.c.connection_id).where(stock_levels.c.state == "waiting").distinct())
    return [row.connection_id for row in found]


async def forget_unseen(db: AsyncConnection, connection_id: str, swept_from: datetime) -> int:
    """Deletes what a whole sweep of the shop, begun at `swept_from`, did not show: the shop has it no longer."""
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
