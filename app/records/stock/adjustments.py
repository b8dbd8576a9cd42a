"""Corrections of the WMS's stock: counted, found, scrapped. Each is kept once for its goods owner, and confirmed once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import stock_adjustments
from app.storage.tables import connections
from app.storage.upserts import insert_missing
from app.warehouse.reads.pieces import Adjustment

LONGEST_TEXT = 200
LONGEST_COMMENT = 2000


@dataclass(frozen=True)
class KeptAdjustment:
    """One correction as it is kept. `pieces` more, or (negative) fewer. Times in UTC; texts that the WMS does not give are empty.

    `confirmed_at`: when the WMS was told that it is known here. `problem`: why it would not hear of it.
    """

    id: int
    lane: str
    inventory_id: int
    article_system_id: int
    number: str
    article_name: str
    pieces: float
    made_at: datetime | None
    cause_code: str
    cause_name: str
    is_scrapped: bool
    batch: str
    serial: str
    expires_at: datetime | None
    location: str
    status: str
    warehouse_id: int | None
    warehouse: str
    comment: str
    read_at: datetime
    confirmed_at: datetime | None
    problem: str | None


async def keep(
    db: AsyncConnection, lane: str, found: Sequence[Adjustment], scrapped_causes: Sequence[str], now: datetime
) -> list[KeptAdjustment]:
    """Keeps those of a goods owner that are not known yet. Returns these, in the order in which the WMS gave them."""
    known = await _known(db, lane, found)
    scrapped, times = {each.casefold() for each in scrapped_causes}, Counter[tuple[int, int, str]]()
    new = []
    for each in found:
        digest = _digest(each)
        times[each.inventory_id, each.article_system_id, digest] += 1
        key = (each.inventory_id, each.article_system_id, f"{digest}-{times[each.inventory_id, each.article_system_id, digest]}")
        if key in known:
            continue
        is_scrapped = each.cause_code.casefold() in scrapped if each.is_scrapped is None else each.is_scrapped
        values = {**_values(each), "lane": lane, "digest": key[2], "is_scrapped": is_scrapped, "read_at": now}
        if await insert_missing(db, stock_adjustments, **values):
            new.append(key)
    if not new:
        return []
    since = select(stock_adjustments).where(stock_adjustments.c.lane == lane, stock_adjustments.c.read_at == now)
    rows = await db.execute(since.order_by(stock_adjustments.c.id))
    return [_kept(row) for row in rows if (row.inventory_id, row.article_system_id, row.digest) in set(new)]


async def _known(db: AsyncConnection, lane: str, found: Sequence[Adjustment]) -> set[tuple[int, int, str]]:
    ids = sorted({each.inventory_id for each in found})
    columns = (stock_adjustments.c.inventory_id, stock_adjustments.c.article_system_id, stock_adjustments.c.digest)
    known = set[tuple[int, int, str]]()
    for start in range(0, len(ids), 500):
        mine = (stock_adjustments.c.lane == lane, stock_adjustments.c.inventory_id.in_(ids[start : start + 500]))
        known |= {(row[0], row[1], row[2]) for row in await db.execute(select(*columns).where(*mine))}
    return known


def _digest(each: Adjustment) -> str:
    """What tells it from others of the same stock-taking and article: the WMS gives it no id of its own."""
    place = each.warehouse.id if each.warehouse is not None else None
    told = (each.pieces.normalize(), each.made_at, each.cause_code, each.location, each.batch, each.serial, each.expires, place)
    return hashlib.sha256(repr(tuple(map(str, told))).encode()).hexdigest()[:16]


def _values(each: Adjustment) -> dict[str, Any]:
    texts = ("article_name", "cause_code", "cause_name", "batch", "serial", "location", "status")
    building = each.warehouse
    return {
        "inventory_id": each.inventory_id,
        "article_system_id": each.article_system_id,
        "number": each.number[:LONGEST_TEXT],
        "pieces": float(each.pieces),
        "made_at": each.made_at,
        "expires_at": each.expires,
        "warehouse_id": building.id if building is not None else None,
        "warehouse": (building.name or building.code)[:LONGEST_TEXT] if building is not None else "",
        "comment": each.comment[:LONGEST_COMMENT],
        **{name: getattr(each, name)[:LONGEST_TEXT] for name in texts},
    }


def _kept(row: Any) -> KeptAdjustment:
    return KeptAdjustment(**{each.name: getattr(row, each.name) for each in fields(KeptAdjustment)})


# --- confirming -----------------------------------------------------------------------------------------------------------


async def unconfirmed(db: AsyncConnection, lane: str, limit: int) -> list[tuple[int, int]]:
    """Stock-takings and articles whose corrections the WMS is still to hear of, the oldest first."""
    open_ones = (stock_adjustments.c.confirmed_at.is_(None), stock_adjustments.c.problem.is_(None))
    pair = (stock_adjustments.c.inventory_id, stock_adjustments.c.article_system_id)
    query = select(*pair).where(stock_adjustments.c.lane == lane, *open_ones).order_by(stock_adjustments.c.id)
    rows = await db.execute(query.limit(limit))
    return list(dict.fromkeys((row[0], row[1]) for row in rows))


async def confirmed(db: AsyncConnection, lane: str, pair: tuple[int, int], now: datetime, problem: str | None = None) -> None:
    """The WMS has heard of these corrections at `now`, or (`problem`) would not."""
    mine = (
        stock_adjustments.c.lane == lane,
        stock_adjustments.c.inventory_id == pair[0],
        stock_adjustments.c.article_system_id == pair[1],
        stock_adjustments.c.confirmed_at.is_(None),
    )
    values: dict[str, Any] = {"problem": problem} if problem is not None else {"confirmed_at": now}
    await db.execute(update(stock_adjustments).where(*mine).values(**values))


# --- looking --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which corrections are looked for; None: any. `after`: only those with a smaller id, as the newest come first."""

    number: str | None = None
    scrapped: bool | None = None
    after: int | None = None


async def search(db: AsyncConnection, lanes: Sequence[str], wanted: Wanted, limit: int) -> list[KeptAdjustment]:
    """The corrections of these goods owners, the newest first."""
    query = select(stock_adjustments).where(stock_adjustments.c.lane.in_(lanes))
    if wanted.number is not None:
        query = query.where(stock_adjustments.c.number == wanted.number)
    if wanted.scrapped is not None:
        query = query.where(stock_adjustments.c.is_scrapped.is_(wanted.scrapped))
    if wanted.after is not None:
        query = query.where(stock_adjustments.c.id < wanted.after)
    return [_kept(row) for row in await db.execute(query.order_by(stock_adjustments.c.id.desc()).limit(limit))]


async def lanes_of(db: AsyncConnection, connection_ids: Sequence[str] | None) -> dict[str, list[str]]:
    """The names of these connections (None: all) by their goods owners' lanes."""
    query = select(connections.c.lane, connections.c.name).order_by(connections.c.name)
    if connection_ids is not None:
        query = query.where(connections.c.id.in_(connection_ids))
    found: dict[str, list[str]] = {}
    for lane, name in await db.execute(query):
        found.setdefault(lane, []).append(name)
    return found


async def move(db: AsyncConnection, before: str, after: str, connection_id: str) -> None:
    """Takes them along when the last connection of a goods owner goes to another address."""
    there = stock_adjustments.alias()
    same = [there.c[name] == stock_adjustments.c[name] for name in ("inventory_id", "article_system_id", "digest")]
    is_double = select(there.c.id).where(there.c.lane == after, *same).exists()
    stays = select(connections.c.id).where(connections.c.lane == before, connections.c.id != connection_id).exists()
    mine = (stock_adjustments.c.lane == before, ~is_double, ~stays)
    await db.execute(update(stock_adjustments).where(*mine).values(lane=after))
