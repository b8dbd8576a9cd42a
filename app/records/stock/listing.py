"""Stock levels to be looked at: a list of articles, and figures for each connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.integrations.protocol import StockSettings
from app.records import reservations
from app.records.stock import levels, rules
from app.records.stock.rules import sellable_in_shop
from app.storage.outbound_tables import OPEN_LEVEL, stock_levels
from app.storage.tables import attempts, connections, cursors

STATES = ("same", "waiting", "parked", "problem", "none", "unknown")


@dataclass(frozen=True)
class Listed:
    """One article. `deducted`: pieces that the shop has sold and the WMS's figure does not show yet.

    `wanted`: what the shop must show, None while the WMS has said nothing.
    """

    row: Row[Any]
    deducted: float
    wanted: int | None


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    state: str | None = None,
    number: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Searches levels, in the order in which they became known."""
    query = (
        select(stock_levels, connections.c.name.label("connection"), connections.c.lane, connections.c.settings)
        .join(connections, connections.c.id == stock_levels.c.connection_id)
        .order_by(stock_levels.c.id)
        .limit(limit)
    )
    if connection_ids is not None:
        query = query.where(stock_levels.c.connection_id.in_(connection_ids))
    if state is not None:
        query = query.where(stock_levels.c.state == state)
        query = query.where(text(f"stock_levels.{OPEN_LEVEL}")) if state != "same" else query
    if number is not None:
        query = query.where(stock_levels.c.number == number)
    if after is not None:
        query = query.where(stock_levels.c.id > after)
    rows = list(await db.execute(query))
    deducted, sums = await _deducted(db, rows), await _sums(db, rows)
    return [_listed(row, deducted.get((row.connection_id, row.number), 0.0), sums) for row in rows]


async def _deducted(db: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for connection_id in sorted({row.connection_id for row in rows}):
        of_it = [row for row in rows if row.connection_id == connection_id]
        if StockSettings.model_validate(of_it[0].settings.get("stock", {})).deducts_waiting:
            held = await reservations.reserved(db, connection_id, of_it[0].lane, [row.number for row in of_it])
            found |= {(connection_id, number): pieces for number, pieces in held.items()}
    return found


async def _sums(db: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[int, int | None]:
    """What the products that are given a sum must show, by their rows' ids."""
    found: dict[int, int | None] = {}
    for row in rows:
        if row.sums_variations:
            settings = StockSettings.model_validate(row.settings.get("stock", {}))
            found |= await rules.wanted_of(db, row.connection_id, row.lane, [row], settings)
    return found


def _listed(row: Row[Any], deducted: float, sums: dict[int, int | None]) -> Listed:
    if row.id in sums:
        return Listed(row, 0.0, sums[row.id])
    floor = int(row.settings.get("stock", {}).get("floor", 0))
    wanted = None if row.sellable is None else sellable_in_shop(row.sellable, deducted, floor)
    return Listed(row, deducted, wanted)


@dataclass
class Figures:
    """One connection's stock. `read_at`: the last read of what had changed; `compared_at`: of everything, on both sides."""

    connection: str
    is_on: bool
    looks_only: bool = False
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    problems: dict[str, int] = field(default_factory=dict)
    read_at: datetime | None = None
    compared_at: datetime | None = None
    next_read_at: datetime | None = None
    next_compared_at: datetime | None = None
    last_error: str | None = None
    written_at: datetime | None = None


async def figures(db: AsyncConnection, connection_ids: Sequence[str] | None, *, only_open: bool = False) -> list[Figures]:
    """The stock figures by the connections' names. `only_open`: articles that are the same on both sides, nearly all of them, are
    not counted."""
    query = select(connections.c.id, connections.c.name, connections.c.settings).order_by(connections.c.name)
    if connection_ids is not None:
        query = query.where(connections.c.id.in_(connection_ids))
    found = {row.id: Figures(row.name, bool(_is_on(row.settings)), _looks_only(row.settings)) for row in await db.execute(query)}
    await _count(db, found, only_open=only_open)
    await _add_times(db, found)
    return list(found.values())


def _is_on(settings: dict[str, Any]) -> Any:
    return settings.get("processes", {}).get("stock", True)


def _looks_only(settings: dict[str, Any]) -> bool:
    return bool(settings.get("stock", {}).get("look_only", False))


async def _count(db: AsyncConnection, found: dict[str, Figures], *, only_open: bool) -> None:
    groups = (stock_levels.c.connection_id, stock_levels.c.state, stock_levels.c.problem_code)
    query = select(*groups, func.count().label("articles")).where(stock_levels.c.connection_id.in_(found)).group_by(*groups)
    query = query.where(text(f"stock_levels.{OPEN_LEVEL}")) if only_open else query
    for row in await db.execute(query):
        one = found[row.connection_id]
        one.states[row.state] = one.states.get(row.state, 0) + row.articles
        if row.state == "problem":
            one.problems[row.problem_code] = one.problems.get(row.problem_code, 0) + row.articles


async def _add_times(db: AsyncConnection, found: dict[str, Figures]) -> None:
    mine = (cursors.c.connection_id.in_(found), cursors.c.process == Process.STOCK)
    for row in await db.execute(select(cursors).where(*mine)):
        one = found[row.connection_id]
        one.read_at, one.compared_at, one.last_error = row.polled_at, row.swept_at, row.last_error
        one.next_read_at, one.next_compared_at = row.next_poll_at, row.next_sweep_at
    batches = (attempts.c.lane == levels.LANE + connections.c.id, attempts.c.job_id.is_(None))
    answered = (attempts.c.finished_at.is_not(None), attempts.c.result == "ok")
    last = select(attempts.c.finished_at).where(*batches, *answered).order_by(attempts.c.finished_at.desc()).limit(1)
    written = select(connections.c.id, last.scalar_subquery()).where(connections.c.id.in_(found))
    for connection_id, moment in await db.execute(written):
        found[connection_id].written_at = moment
