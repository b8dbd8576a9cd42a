"""Stock, read on both sides. The moment a read began is its time: stock has no version.

An edit in the shop itself is found by the full sweep, which reads both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core import leases
from app.engine.core.queue import Task
from app.engine.core.sources import stock_source
from app.engine.jobs.run_part import PartRun, part_cursor, save_progress
from app.engine.stock import adjustments
from app.integrations.kit.number_rules import article_number
from app.integrations.protocol import StockLevel
from app.integrations.protocol.quantities import ParentQuantity
from app.integrations.protocol.stock import LimitsStock
from app.records import alerts, cursors
from app.records.connections import Connection
from app.records.cursors import Cursor
from app.records.stock import levels, rules
from app.records.stock.levels import InShop
from app.warehouse.reads.stock import pieces_of

OVERLAP = timedelta(minutes=5)
"""We ask for changed stock from a little before the last read, because two reads may cross."""


LONGEST_NUMBER = 120
"""Characters of an article's number."""
MOST_NAMED = 10
MOST_PIECES = 2**31 - 1
"""A quantity beyond this is kept as this: nobody means it, and no database column holds it."""


async def read(part_run: PartRun, cursor: Cursor) -> bool:
    """Reads what changed in the WMS; in a sweep, everything in the WMS and in the shop.

    Returns whether it was read within the slice.
    """
    done = await _read_shop(part_run) if part_run.sweeps and not _shop_is_read(part_run) else True
    done = done and await _read_warehouse(part_run, cursor)
    if done:
        await adjustments.read(part_run)
    if not done:  # what was found so far is written meanwhile; a part that has ended has its quantities written anyway
        await part_run.gateway.wake_ups.send(Task.STOCK, part_run.connection.id)
    return done


def _shop_is_read(part_run: PartRun) -> bool:
    return bool((part_run.part.cursor or {}).get("shop_read"))


async def _read_shop(part_run: PartRun) -> bool:
    """Reads the shop first: what it shows is compared with what the WMS says right afterwards."""
    gateway, connection = part_run.gateway, part_run.connection
    source = stock_source(gateway, connection)
    asked = gateway.clock()
    began = datetime.fromisoformat(stored["began"]) if (stored := part_run.part.cursor or {}).get("began") else asked
    async for page in source.stock_levels(stored.get("shop")):
        now = gateway.clock()
        async with gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            seen = await in_shop(db, connection, page.levels)
            await levels.save_in_shop(db, connection.id, connection.lane, seen, asked, now)
            if page.left_out:
                await _name_left_out(db, part_run, page.left_out, now)
            cursor = {"shop": page.cursor, "began": began.isoformat()}
            await save_progress(db, part_run, page.calls, sweeping=True, cursor=cursor)
        # We stop only where the cursor has moved. So even a shop that takes a whole slice for one page gets to its end.
        if part_run.time_is_up and page.cursor != stored.get("shop"):
            return False
        asked = gateway.clock()
    async with gateway.database.begin() as db:
        await levels.forget_unseen(db, connection.id, began)
        await levels.forbid_shared_numbers(db, connection.id, gateway.clock())
        await save_progress(db, part_run, 0, sweeping=True, cursor={"shop_read": True})
    return True


async def _name_left_out(db: AsyncConnection, part_run: PartRun, left_out: Mapping[str, str], now: datetime) -> None:
    """What is stored of these families stays as it is, and they are named to people."""
    await levels.keep_families(db, part_run.connection.id, list(left_out), now)
    part_run.reasons["variations-unread"] += len(left_out)
    named = "; ".join(f"{source_id}: {why}" for source_id, why in list(left_out.items())[:MOST_NAMED])
    more = f"; and {len(left_out) - MOST_NAMED} more" if len(left_out) > MOST_NAMED else ""
    text = f"stock: the variations of products could not be read, and their quantities stay as they are: {named}{more}"
    await alerts.raise_alert(db, "failing", part_run.connection.id, "stock of variations", text, now)


async def in_shop(db: AsyncConnection, connection: Connection, shown: Sequence[StockLevel]) -> list[InShop]:
    """The levels that are articles of the WMS, with the WMS's numbers."""
    known = await levels.numbers_of(db, connection.id, [level.source_id for level in shown])
    numbered = [(level, number_of(connection, level, known)) for level in shown]
    parent_quantity = connection.settings.stock.parent_quantity
    return [_as_seen(level, number, parent_quantity) for level, number in numbered if number]


def number_of(connection: Connection, level: StockLevel, known: Mapping[str, str | None]) -> str | None:
    """The number under which the article was transferred.

    Where another connection masters the articles, it is the SKU, converted in the same way.
    """
    if connection.settings.processes.articles and level.source_id in known:
        return known[level.source_id]
    number = article_number(level.number, None, None, connection.settings.article_number_replacements)
    return number if number is not None and _is_number(number) else None


def _is_number(text: str) -> bool:
    """Whether it can be the number of an article of ours: no database column holds another."""
    return len(text) <= LONGEST_NUMBER and "\x00" not in text


def _as_seen(level: StockLevel, number: str, parent_quantity: ParentQuantity) -> InShop:
    unwritten = rules.unwritten(level, parent_quantity)
    if unwritten is not None:
        return InShop(level.source_id, level.parent_id or "", number, None, *unwritten)
    pieces = max(-MOST_PIECES, min(level.quantity or 0, MOST_PIECES))
    return InShop(level.source_id, level.parent_id or "", number, pieces, sums_variations=level.shared_by_variations)


async def _read_warehouse(part_run: PartRun, cursor: Cursor) -> bool:
    """Reads changed stock, or all of it when the last read is longer ago than the WMS can look back.

    Returns whether it was read within the slice.
    """
    gateway, connection, stored = part_run.gateway, part_run.connection, await part_cursor(part_run)
    began = datetime.fromisoformat(stored["warehouse_began"]) if "warehouse_began" in stored else gateway.clock()
    after = int(stored.get("read_to", 0))
    warehouse = gateway.warehouse(connection)
    places = connection.settings.stock.warehouses
    async for page in warehouse.stock(_since(part_run, cursor, began), after, warehouse_ids=places):
        now = gateway.clock()
        stocked = [level for level in page if _is_number(level.number)]
        sellable = pieces_of(stocked, on_shelf=connection.settings.stock.is_on_shelf)
        after = max((level.article_system_id for level in page), default=after)
        kept = {**stored, "warehouse_began": began.isoformat(), "read_to": after}
        async with gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            waiting = (
                await levels.save_sellable(db, connection.id, connection.lane, sellable, page[0].read_at, now) if page else 0
            )
            part_run.counts["read"] += len(page)
            # What is only compared is not waited for: the run has changed nothing, and ends.
            part_run.counts["unchanged"] += len(page) - (waiting if connection.settings.writes_stock else 0)
            await save_progress(db, part_run, 1, cursor=kept)
        if part_run.time_is_up:
            return False
    async with gateway.database.begin() as db:
        if isinstance(stock_source(gateway, connection), LimitsStock) and connection.settings.writes_stock:
            part_run.counts["read"] += await levels.left_waiting(db, connection.id, began)  # this run goes on with them
        await cursors.change(
            db, connection.id, part_run.process, cursor={**_others(cursor), "since": warehouse.by_its_clock(began).isoformat()}
        )
    return True


def _others(cursor: Cursor) -> dict[str, Any]:
    """What else is kept of the stock's reads."""
    return {name: kept for name, kept in (cursor.cursor or {}).items() if name == adjustments.CURSOR}


def _since(part_run: PartRun, cursor: Cursor, now: datetime) -> datetime | None:
    stored = (cursor.cursor or {}).get("since")
    if part_run.sweeps or part_run.part.full or stored is None:
        return None
    since = datetime.fromisoformat(stored) - OVERLAP
    back = timedelta(hours=part_run.connection.settings.warehouse.stock_look_back_hours) - OVERLAP
    return since if since > now - back else None
