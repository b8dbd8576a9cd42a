"""Stock levels: what the WMS says can be sold, what the shop shows, and what is to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, delete, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Process
from app.records import reservations
from app.records.stock import rules
from app.storage.outbound_tables import stock_levels
from app.storage.tables import cursors, mappings
from app.storage.upserts import insert_missing


@dataclass(frozen=True)
class InShop:
    """One product or variation as the shop shows it. `quantity` None: the shop keeps none there, and `problem` says why.

    `sums_variations`: its quantity is that of all its variations together.
    """

    source_id: str
    parent_id: str
    number: str
    quantity: float | None
    problem_code: str | None = None
    problem: str | None = None
    sums_variations: bool = False


@dataclass(frozen=True)
class Waiting:
    """A level that is to be written. `sellable`: what the WMS said. `shop_quantity` None: what the shop shows is not known."""

    id: int
    source_id: str
    parent_id: str
    number: str
    sellable: float | None
    sums_variations: bool
    shop_quantity: float | None
    written_quantity: int | None
    tries: int


LANE = "stock:"


def lane_of(connection_id: str) -> str:
    """The lease under which a connection's stock is written, and the lane of its recorded calls."""
    return f"{LANE}{connection_id}"


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
    """Adds rows for articles of this connection that no sweep of the shop has shown yet.

    The quantity of one with variations may be theirs, which only a look at the shop tells.
    """
    known = select(stock_levels.c.number).where(stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(numbers))
    query = await db.execute(
        select(mappings.c.source_id, mappings.c.number, mappings.c.parent_source_id, mappings.c.has_variations).where(
            mappings.c.connection_id == connection_id,
            mappings.c.kind == Kind.ARTICLE,
            mappings.c.wanted == "present",
            mappings.c.number.in_(numbers),
            mappings.c.number.not_in(known),
        )
    )
    found = list(query)
    sold = await reservations.of_connection(db, connection_id, [row.number for row in found])
    for row in found:
        may_be_shared = row.parent_source_id is None and row.has_variations is not False
        code, words = rules.NOT_SEEN if may_be_shared else (None, None)
        await insert_missing(
            db,
            stock_levels,
            connection_id=connection_id,
            source_id=row.source_id,
            parent_id=row.parent_source_id or "",
            number=row.number,
            state="unknown",
            sold=sold.get(row.number, 0.0),
            problem_code=code,
            problem=words,
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
    known = {row.source_id: row for row in await db.execute(select(stock_levels).where(*mine))}
    sold = await reservations.of_connection(db, connection_id, [one.number for one in seen if one.source_id not in known])
    ids = []
    for one in seen:
        parent, row = known.get(one.parent_id), known.get(one.source_id)
        if parent is not None and parent.number == one.number and one.problem_code != rules.IN_SUM[0]:
            one = replace(one, quantity=None, problem_code=rules.NUMBER_OF_PARENT[0], problem=rules.NUMBER_OF_PARENT[1])
        values = {**_as_shown(one, row), "shop_read_at": read_at, "updated_at": now}
        if row is None:
            same = {"connection_id": connection_id, "source_id": one.source_id}
            state = "unknown" if one.problem_code is None else rules.state_without_quantity(one.problem_code)
            await insert_missing(db, stock_levels, **same, state=state, sold=sold.get(one.number, 0.0), **values)
        elif row.shop_read_at is None or row.shop_read_at < read_at:
            await db.execute(update(stock_levels).where(stock_levels.c.id == row.id).values(**values))
            ids.append(row.id)
    return await rules.decide_state(db, connection_id, lane, ids, now)


def _as_shown(one: InShop, row: Row[Any] | None) -> dict[str, Any]:
    """What is stored of it. What became of the last write is kept while the shop shows the same product with the same number."""
    values: dict[str, Any] = {"parent_id": one.parent_id, "number": one.number, "shop_quantity": one.quantity}
    values |= {"sums_variations": one.sums_variations}
    is_another = row is None or (row.parent_id, row.number) != (one.parent_id, one.number)
    if one.problem_code is not None or is_another or row is None:
        return {**values, "problem_code": one.problem_code, "problem": one.problem, **_FORGOTTEN}
    if not rules.is_by_write(row.problem_code, row.written_quantity):
        values |= {"problem_code": None, "problem": None}
    if one.quantity is not None and one.quantity == row.written_quantity:
        values["shown_before"] = None  # the shop has kept it
    return values


_FORGOTTEN: dict[str, Any] = dict.fromkeys(("written_quantity", "shown_after", "shown_before"))


async def forbid_shared_numbers(db: AsyncConnection, connection_id: str, now: datetime) -> None:
    """After a whole sweep: marks variations that share their product's number as a problem.

    Such a variation has no SKU of its own.
    """
    parent = stock_levels.alias()
    same = (parent.c.connection_id == connection_id, parent.c.source_id == stock_levels.c.parent_id)
    shared = select(parent.c.id).where(*same, parent.c.number == stock_levels.c.number).exists()
    counted = stock_levels.c.problem_code.is_distinct_from(rules.IN_SUM[0])  # in its product's quantity, and not written
    code, words = rules.NUMBER_OF_PARENT
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.connection_id == connection_id, stock_levels.c.parent_id != "", shared, counted)
        .values(
            problem_code=code,
            problem=words,
            state="problem",
            differs_since=func.coalesce(stock_levels.c.differs_since, now),
            updated_at=now,
            **_FORGOTTEN,
        )
    )


async def forget_quantity(db: AsyncConnection, ids: Sequence[int]) -> None:
    """Marks what the shop has now as unknown, so that the next write is made in any case."""
    if ids:
        await db.execute(update(stock_levels).where(stock_levels.c.id.in_(ids)).values(shop_quantity=None))


async def count_sales(db: AsyncConnection, sold: Sequence[tuple[int, float]]) -> None:
    """The shop has sold so many pieces of these rows: what it shows now is not known."""
    if sold:
        more = stock_levels.c.sold + bindparam("pieces")
        change = update(stock_levels).where(stock_levels.c.id == bindparam("row")).values(shop_quantity=None, sold=more)
        await db.execute(change, [{"row": row_id, "pieces": pieces} for row_id, pieces in sold])


async def forget_quantities(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> list[int]:
    """Does the same by the shop's ids. Returns the ids of the rows."""
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id.in_(source_ids))
    done = update(stock_levels).where(*mine, stock_levels.c.problem_code.is_(None)).values(shop_quantity=None)
    return [row.id for row in await db.execute(done.returning(stock_levels.c.id))]


async def articles_of(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> list[str]:
    """The WMS's numbers of these, as far as their quantities are known."""
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id.in_(source_ids))
    return sorted({row.number for row in await db.execute(select(stock_levels.c.number).where(*mine))})


async def places_of(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> list[tuple[str, str | None]]:
    """(source id, parent id) of those of these that are known."""
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id.in_(source_ids))
    found = await db.execute(select(stock_levels.c.source_id, stock_levels.c.parent_id).where(*mine))
    return [(row.source_id, row.parent_id or None) for row in found]


async def doubt(db: AsyncConnection, connection_id: str, lane: str, source_ids: Sequence[str], now: datetime) -> int:
    """The shop may have changed these quantities itself by `now`: what an earlier read or write has shown counts no longer.

    Returns how many are to be written: a system that moves its stock reads them first.
    """
    await one_at_a_time(db, lane)
    ids = await forget_quantities(db, connection_id, source_ids)
    await db.execute(update(stock_levels).where(stock_levels.c.id.in_(ids)).values(shop_read_at=now))
    return await rules.decide_state(db, connection_id, lane, ids, now)


# --- writing --------------------------------------------------------------------------------------------------------------


FAMILIES: tuple[ColumnElement[Any], ...] = (stock_levels.c.parent_id, stock_levels.c.id)
"""Those of one parent together."""
MOST_SOLD: tuple[ColumnElement[Any], ...] = (stock_levels.c.sold.desc(), stock_levels.c.id.desc())
"""Those that the shop sells most first; of those it sells alike the newest."""


async def waiting(
    db: AsyncConnection, connection_id: str, limit: int, order: Sequence[ColumnElement[Any]] = FAMILIES
) -> list[Waiting]:
    """The first `limit` rows that wait."""
    shown = select(*(stock_levels.c[each.name] for each in fields(Waiting)))
    query = shown.where(stock_levels.c.connection_id == connection_id, stock_levels.c.state == "waiting")
    found = await db.execute(query.order_by(*order).limit(limit))
    return [Waiting(**row._mapping) for row in found]


async def written_in_run(db: AsyncConnection, connection_id: str) -> int:
    """How many quantities were written since the last run was read."""
    began = select(cursors.c.polled_at).where(cursors.c.connection_id == connection_id, cursors.c.process == Process.STOCK)
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.written_at >= began.scalar_subquery())
    return await db.scalar(select(func.count()).select_from(stock_levels).where(*mine)) or 0


async def left_waiting(db: AsyncConnection, connection_id: str, before: datetime) -> int:
    """How many rows wait, or are put aside, that no read of the WMS has shown since."""
    unread = or_(stock_levels.c.wms_read_at.is_(None), stock_levels.c.wms_read_at < before)
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.state.in_(("waiting", "parked")))
    return await db.scalar(select(func.count()).select_from(stock_levels).where(*mine, unread)) or 0


@dataclass(frozen=True)
class Answered:
    """The shop's answer for one item: the quantity that was `written`, what the shop has `shown` (None when it said nothing),
    and code and text of the problem.
    """

    row: Waiting
    written: int
    shown: float | None
    problem: tuple[str, str] | None


async def save_answer(db: AsyncConnection, answered: Answered, read_at: datetime, now: datetime) -> None:
    """Stores what became of a write. `rules.decide_state` follows: a row that has changed since goes on waiting."""
    row, (code, words) = answered.row, answered.problem or (None, None)
    shown = answered.shown
    if code == "stock-refused" and shown is None:
        shown = row.shop_quantity  # what was there before
    if code is not None and code not in rules.BY_QUANTITY:
        shown = None  # not the quantity of what was written
    values: dict[str, Any] = {
        "problem_code": code,
        "problem": words,
        "updated_at": now,
        "shop_read_at": read_at,
        "tries": 0,
        "written_quantity": answered.written,
        "written_at": now,
        "shown_after": shown,
        "shown_before": row.shop_quantity if row.written_quantity == answered.written else None,
    }
    if shown is not None:
        is_doubted = stock_levels.c.shop_quantity.is_(None) & (stock_levels.c.shop_read_at > read_at)
        values["shop_quantity"] = case((is_doubted, null()), else_=shown)
        values["shop_read_at"] = case((is_doubted, stock_levels.c.shop_read_at), else_=read_at)
    await db.execute(update(stock_levels).where(stock_levels.c.id == row.id).values(**values))


async def write_again(db: AsyncConnection, connection_id: str, lane: str, source_id: str, now: datetime) -> bool:
    """A person asks for it: what became of the last write is forgotten where the shop did not take it. Returns whether it was."""
    await one_at_a_time(db, lane)
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id == source_id)
    stuck = (stock_levels.c.problem_code.is_not(None), stock_levels.c.written_quantity.is_not(None))
    again = {"problem_code": None, "problem": None, "shop_quantity": None, **_FORGOTTEN}
    done = await db.execute(update(stock_levels).where(*mine, *stuck).values(**again).returning(stock_levels.c.id))
    ids = [row.id for row in done]
    return bool(await rules.decide_state(db, connection_id, lane, ids, now))


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


async def keep_families(db: AsyncConnection, connection_id: str, source_ids: Sequence[str], now: datetime) -> None:
    """These products and their variations are not forgotten: the sweep could not see them."""
    of_them = or_(stock_levels.c.source_id.in_(source_ids), stock_levels.c.parent_id.in_(source_ids))
    await db.execute(update(stock_levels).where(stock_levels.c.connection_id == connection_id, of_them).values(updated_at=now))


async def counts(db: AsyncConnection, connection_id: str) -> dict[str, int]:
    found = await db.execute(
        select(stock_levels.c.state, func.count())
        .where(stock_levels.c.connection_id == connection_id)
        .group_by(stock_levels.c.state)
    )
    return {row[0]: row[1] for row in found}
