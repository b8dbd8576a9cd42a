"""What shops have sold: taken off what they show, in every shop that sells from the same stock, or put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Order
from app.integrations.registry import integration as find_integration
from app.records import reservations
from app.records.stock import rules
from app.records.stock.levels import count_sales, one_at_a_time
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections, mappings

CLOCKS_APART = timedelta(minutes=1)
"""How far a shop's clock may differ from ours."""


@dataclass(frozen=True)
class Sale:
    """An order that waits to be sent to the WMS: what it needs now, and what its former versions needed.

    `order` None: it will not come to the WMS. `is_new`: it has reserved nothing yet.
    """

    mapping_id: int
    order: Order | None
    before: Sequence[Order] = ()
    is_new: bool = False


async def move(db: AsyncConnection, connection_id: str, lane: str, sales: Sequence[Sale], now: datetime) -> None:
    """Takes what orders will need off the stock for sale, in every shop of this goods owner, or puts it back.

    The shop that sold it has lowered its own quantity. That is not known exactly until it is written or read again. It is written
    at once only if a write of ours may have come after the sale and undone it. The caller holds the lock of `one_at_a_time`.
    """
    released = await reservations.release(db, [each.mapping_id for each in sales if not each.is_new])
    await reservations.reserve(db, lane, {each.mapping_id: each.order for each in sales if each.order is not None})
    pieces = _pieces([each.order for each in sales if each.order is not None and each.mapping_id not in released])
    sold: dict[str, datetime] = {}
    back: set[str] = set()
    for sale in sales:
        orders = [*sale.before, sale.order] if sale.order is not None else sale.before
        numbers = _numbers(orders)
        (back if sale.order is None else numbers).update(released.get(sale.mapping_id, ()))
        seen_before = min((_seen_before(each) for each in orders), default=_LONG_AGO)
        for number in numbers:
            sold[number] = min(sold.get(number, seen_before), seen_before)
    for connection, rows in (await on_lane(db, lane, [*sold, *(back - set(sold))])).items():
        put_back = [row.id for row in rows if row.number not in sold and row.shop_quantity is not None]
        rows = [row for row in rows if row.number in sold]
        if connection == connection_id:
            await count_sales(db, [(row.id, pieces.get(row.number, 0.0)) for row in rows])
            rows = [row for row in rows if (row.shop_read_at or now) >= sold[row.number]]
        await rules.decide_state(db, connection, lane, [*(row.id for row in rows), *put_back], now)


def _numbers(orders: Sequence[Order]) -> set[str]:
    return {line.article_number for order in orders for line in order.lines if line.article_number}


def _pieces(orders: Sequence[Order]) -> dict[str, float]:
    """How many of each article: of orders that have reserved nothing before, so that an edit counts nothing twice."""
    found: dict[str, float] = {}
    for line in (line for order in orders for line in order.lines if line.article_number):
        assert line.article_number is not None
        found[line.article_number] = found.get(line.article_number, 0.0) + float(line.quantity)
    return found


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _seen_before(order: Order) -> datetime:
    """A quantity of the shop that was read before this cannot have the order in it."""
    return _LONG_AGO if order.created_at is None else order.created_at - CLOCKS_APART


async def unsold(db: AsyncConnection, lane: str, mapping_id: int, now: datetime, *, settled: bool = False) -> None:
    """Puts back what an order would have needed: it is not in the WMS, and will not come to it.

    An order that waits in the shop, on hold, stays sold while the shop keeps its goods off its own stock, unless it is `settled`.
    """
    await one_at_a_time(db, lane)
    if not settled and await _waits_in_shop(db, mapping_id):
        return
    await move(db, "", lane, [Sale(mapping_id, None)], now)


async def _waits_in_shop(db: AsyncConnection, mapping_id: int) -> bool:
    query = (
        select(connections.c.integration, mappings.c.source_status)
        .join(mappings, mappings.c.connection_id == connections.c.id)
        .where(mappings.c.id == mapping_id, mappings.c.wanted == "present")
    )
    row = (await db.execute(query)).first()
    statuses = find_integration(row.integration).stock_statuses if row is not None else None
    return row is not None and statuses is not None and row.source_status not in statuses.free


@dataclass(frozen=True)
class _OnLane:
    """A level that changes when a piece of this number is sold."""

    id: int
    source_id: str
    parent_id: str
    number: str
    shop_read_at: datetime | None
    shop_quantity: float | None
    problem_code: str | None


async def on_lane(db: AsyncConnection, lane: str, numbers: Sequence[str]) -> dict[str, list[_OnLane]]:
    """The levels of these articles in every shop that sells from the goods owner's stock, by connection."""
    if not numbers:
        return {}
    columns = [stock_levels.c[each.name] for each in fields(_OnLane)]
    # By the goods owner's connections and the numbers: a number alone may be that of articles of any customer.
    of_owner = stock_levels.c.connection_id.in_(select(connections.c.id).where(connections.c.lane == lane))
    query = select(stock_levels.c.connection_id, *columns).where(of_owner, stock_levels.c.number.in_(numbers))
    found: dict[str, list[_OnLane]] = {}
    for row in list(await db.execute(query.order_by(stock_levels.c.id))):
        values = dict(row._mapping)
        found.setdefault(values.pop("connection_id"), []).append(_OnLane(**values))
    for connection_id, rows in found.items():
        rows += await _sums_with(db, connection_id, [row for row in rows if row.problem_code == rules.IN_SUM[0]])
    return found


async def _sums_with(db: AsyncConnection, connection_id: str, parts: Sequence[_OnLane]) -> list[_OnLane]:
    """The products whose one quantity is the sum of these and others, each under the number of what is sold."""
    if not parts:
        return []
    columns = [stock_levels.c[each.name] for each in fields(_OnLane)]
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.sums_variations.is_(True))
    parents = stock_levels.c.source_id.in_({part.parent_id for part in parts})
    found = {row.source_id: _OnLane(**row._mapping) for row in await db.execute(select(*columns).where(*mine, parents))}
    return [replace(found[part.parent_id], number=part.number) for part in parts if part.parent_id in found]
