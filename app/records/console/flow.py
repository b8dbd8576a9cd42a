"""Orders of a day as a flow: how many took each step, hour by hour, and how long that was after they had come in.

Each question reads the day's entries of an index, for each connection: neither earlier days nor other connections cost anything.
"Is not null" is said in the words of the index: SQLite uses it only then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    ScalarSelect,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.storage.outbound_tables import deliveries
from app.storage.tables import OPEN_ORDER, history, mappings
from app.storage.types import seconds_between

HOUR = 3600


class Step(StrEnum):
    """What an order goes through, in this order."""

    IN = "in"
    ENTERED = "entered"
    """The warehouse has it."""
    SENT = "sent"
    TOLD = "told"
    """The shop was told that it is completed."""


@dataclass(frozen=True)
class Page:
    """So many, with an id below `before`."""

    before: int | None
    limit: int


@dataclass(frozen=True)
class Taken:
    """How many orders took a step, and how many seconds after they had come in: half of them within `median`."""

    step: Step
    orders: int
    median: float | None
    p95: float | None
    longest: float | None


def _steps(ids: Sequence[str], since: datetime) -> CompoundSelect[tuple[int, str, datetime, float]]:
    """An order that was sent in several parts counts once, by the first of them in this time."""
    came_in = select(
        mappings.c.id.label("id"),
        literal(Step.IN.value, String).label("step"),
        mappings.c.created_at.label("at"),
        null().label("seconds"),
    )
    came_in = came_in.where(
        mappings.c.connection_id.in_(ids),
        mappings.c.kind == Kind.ORDER,
        mappings.c.created_at.is_not(None),
        mappings.c.created_at >= since,
    )

    def later(step: Step, moment: str) -> Select[tuple[int, str, datetime, float]]:
        at = mappings.c[moment]
        shown = select(mappings.c.id, literal(step.value, String), at, seconds_between(at, mappings.c.created_at))
        return shown.where(mappings.c.connection_id.in_(ids), at >= since)

    first = (
        select(deliveries.c.mapping_id, func.min(deliveries.c.shipped_at).label("at"))
        .where(deliveries.c.connection_id.in_(ids), deliveries.c.shipped_at >= since)
        .group_by(deliveries.c.mapping_id)
        .subquery()
    )
    sent = select(
        mappings.c.id, literal(Step.SENT.value, String), first.c.at, seconds_between(first.c.at, mappings.c.created_at)
    ).join(mappings, mappings.c.id == first.c.mapping_id)
    return union_all(came_in, later(Step.ENTERED, "entered_at"), sent, later(Step.TOLD, "completed_at"))


async def taken(db: AsyncConnection, ids: Sequence[str], since: datetime) -> dict[Step, Taken]:
    """By step. A step that nobody took is missing."""
    steps = _steps(ids, since).subquery()
    ranked = select(
        steps.c.step,
        steps.c.seconds,
        func.row_number().over(partition_by=steps.c.step, order_by=steps.c.seconds).label("place"),
        func.count().over(partition_by=steps.c.step).label("orders"),
    ).subquery()

    def at(hundredths: int) -> ColumnElement[float]:
        """The least value that so many of a hundred do not exceed."""
        return func.max(case((ranked.c.place == (ranked.c.orders * hundredths + 99) // 100, ranked.c.seconds)))

    query = select(ranked.c.step, func.max(ranked.c.orders).label("orders"), at(50), at(95), func.max(ranked.c.seconds))
    rows = await db.execute(query.group_by(ranked.c.step))
    return {Step(step): Taken(Step(step), orders, median, p95, longest) for step, orders, median, p95, longest in rows}


async def of_step(
    db: AsyncConnection, ids: Sequence[str], step: Step, since: datetime, found_by: str | None, page: Page
) -> list[int]:
    """The ids of the mappings that `taken` counts; with `found_by` only those that were found so. Newest first."""
    steps = _steps(ids, since).subquery()
    query = select(steps.c.id).where(steps.c.step == step.value)
    if found_by is not None:
        query = query.where(_first_code(steps.c.id) == f"found-by-{found_by}")
    return await _newest(db, query, steps.c.id, page)


async def by_hour(db: AsyncConnection, ids: Sequence[str], since: datetime) -> dict[Step, dict[int, int]]:
    """By step and by the hour after `since`."""
    steps = _steps(ids, since).subquery()
    hour = cast(func.floor(seconds_between(steps.c.at, literal(since, steps.c.at.type)) / HOUR), Integer).label("hour")
    found: dict[Step, dict[int, int]] = {}
    for step, number, orders in await db.execute(select(steps.c.step, hour, func.count()).group_by(steps.c.step, hour)):
        found.setdefault(Step(step), {})[number] = orders
    return found


def _first_code(mapping_id: ColumnElement[int]) -> ScalarSelect[str]:
    first = select(history.c.code).where(history.c.mapping_id == mapping_id).order_by(history.c.id).limit(1)
    return first.scalar_subquery()


async def found_by(db: AsyncConnection, ids: Sequence[str], since: datetime) -> dict[str, int]:
    """How the orders that came in were found first: `webhook`, `poll`, `sweep` …"""
    mine = (
        select(_first_code(mappings.c.id).label("code"))
        .where(
            mappings.c.connection_id.in_(ids),
            mappings.c.kind == Kind.ORDER,
            mappings.c.created_at.is_not(None),
            mappings.c.created_at >= since,
        )
        .subquery()
    )
    rows = await db.execute(select(mine.c.code, func.count()).group_by(mine.c.code))
    return {str(code or "").removeprefix("found-by-"): orders for code, orders in rows}


@dataclass(frozen=True)
class Open:
    """Orders that are not done, counted by where they are. `since`: when the first of them came in; `late`: how many of them
    came in before the moment that was asked for."""

    connection_id: str
    is_there: bool
    """The warehouse has them."""
    transfer: str
    delivery: str | None
    warehouse_status: int | None
    orders: int
    since: datetime
    late: int


async def open_orders(db: AsyncConnection, ids: Sequence[str], late_before: datetime) -> list[Open]:
    """Reads the open orders and no others."""
    is_there = mappings.c.wms_id.is_not(None)
    places = (mappings.c.connection_id, is_there, mappings.c.transfer, mappings.c.delivery, mappings.c.warehouse_status)
    late = func.sum(case((mappings.c.created_at < late_before, 1), else_=0))
    query = (
        select(*places, func.count(), func.min(mappings.c.created_at), late)
        .where(mappings.c.connection_id.in_(ids), mappings.c.kind == Kind.ORDER, text(OPEN_ORDER))
        .group_by(*places)
    )
    return [Open(*row) for row in await db.execute(query)]


async def of_places(db: AsyncConnection, places: Sequence[Open], came_in_before: datetime | None, page: Page) -> list[int]:
    """The ids of the mappings that stand at these places, as `open_orders` has counted them. Newest first."""
    if not places:
        return []

    def there(each: Open) -> ColumnElement[bool]:
        return (
            (mappings.c.connection_id == each.connection_id)
            & (mappings.c.wms_id.is_not(None) if each.is_there else mappings.c.wms_id.is_(None))
            & (mappings.c.transfer == each.transfer)
            & mappings.c.delivery.is_not_distinct_from(each.delivery)
            & mappings.c.warehouse_status.is_not_distinct_from(each.warehouse_status)
        )

    ids = sorted({each.connection_id for each in places})
    query = select(mappings.c.id).where(mappings.c.connection_id.in_(ids), mappings.c.kind == Kind.ORDER, text(OPEN_ORDER))
    query = query.where(or_(*map(there, places)))
    if came_in_before is not None:
        query = query.where(mappings.c.created_at < came_in_before)
    return await _newest(db, query, mappings.c.id, page)


async def _newest(db: AsyncConnection, query: Select[tuple[int]], of: ColumnElement[int], page: Page) -> list[int]:
    if page.before is not None:
        query = query.where(of < page.before)
    return [row.id for row in await db.execute(query.order_by(of.desc()).limit(page.limit))]
