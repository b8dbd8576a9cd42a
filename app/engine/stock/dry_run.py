"""A dry run of stock: what would be written to the shop, from a read of both sides. It stores and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.engine.core import leases
from app.engine.core.sources import stock_source
from app.engine.jobs.dry_run import MOST_SHOWN
from app.engine.jobs.run_part import PartRun, save_progress
from app.integrations.protocol import StockLevel
from app.records import reservations, runs
from app.records.stock import rules
from app.storage.outbound_tables import stock_levels
from app.storage.tables import mappings
from app.warehouse.reads.stock import StockLevel as WarehouseStock

CHUNK = 500


@dataclass(frozen=True)
class Known:
    """One article of the shop, by its number in the WMS."""

    source_id: str
    parent_id: str | None
    number: str


async def read(part_run: PartRun) -> bool:
    """Compares all articles of the WMS, page by page, with what the shop shows now.

    It always reads to the end: a dry run stores no progress.
    """
    gateway, connection = part_run.gateway, part_run.connection
    begun = gateway.clock()
    async for page in gateway.warehouse(connection).stock(None):
        sellable = {level.number: float(level.sellable) for level in page if level.is_stock is not False}
        async with gateway.database.read() as db:
            known = await _known(db, connection.id, list(sellable))
            reserved = await _reserved(db, part_run, list(sellable), begun)
        source = stock_source(gateway, connection)
        shown = await source.read_stock([(one.source_id, one.parent_id) for one in known]) if known else {}
        floor = connection.settings.stock.floor
        wanted = {
            number: rules.sellable_in_shop(quantity, reserved.get(number, 0.0), floor) for number, quantity in sellable.items()
        }
        entries = [_decide(one, shown.get(one.source_id), wanted[one.number]) for one in known]
        await _count(part_run, page, entries)
    return True


async def _known(db: AsyncConnection, connection_id: str, numbers: Sequence[str]) -> list[Known]:
    """The shop's articles with these numbers: those of the last sweep, and those that were transferred."""
    found: dict[str, Known] = {}
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        swept = select(stock_levels.c.source_id, stock_levels.c.parent_id, stock_levels.c.number).where(
            stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(chunk)
        )
        mapped = select(mappings.c.source_id, mappings.c.parent_source_id.label("parent_id"), mappings.c.number).where(
            mappings.c.connection_id == connection_id, mappings.c.kind == Kind.ARTICLE, mappings.c.number.in_(chunk)
        )
        for query in (mapped, swept):
            found |= {row.source_id: Known(row.source_id, row.parent_id or None, row.number) for row in await db.execute(query)}
    return sorted(found.values(), key=lambda one: (one.number, one.source_id))


async def _reserved(db: AsyncConnection, part_run: PartRun, numbers: Sequence[str], begun: datetime) -> dict[str, float]:
    connection, found = part_run.connection, dict[str, float]()
    if connection.settings.stock.deduct_waiting_orders:
        for start in range(0, len(numbers), CHUNK):
            found |= await reservations.reserved(db, connection.id, connection.lane, numbers[start : start + CHUNK], begun)
    return found


def _decide(one: Known, level: StockLevel | None, wanted: int) -> dict[str, Any]:
    """One line of the preview, as for orders and articles."""
    line: dict[str, Any] = {"record": one.source_id, "number": one.number, "code": None, "reason": None, "fields": []}
    if level is None:
        return {**line, "outcome": "skipped", "code": "product-gone", "reason": "The shop lists no such article"}
    if not level.managed:
        code = "stock-kept-by-parent" if level.kept_by_parent else "stock-not-managed"
        return {**line, "outcome": "skipped", "code": code, "reason": "The shop keeps no quantity of this article"}
    if level.quantity == wanted:
        return {**line, "outcome": "unchanged"}
    change = {"field": "quantity", "before": level.quantity, "after": wanted}
    return {**line, "outcome": "updated", "fields": [change]}


async def _count(part_run: PartRun, page: Sequence[WarehouseStock], entries: Sequence[dict[str, Any]]) -> None:
    """Counts the whole page, and keeps the first changes of the run to be shown."""
    by_outcome = Counter(entry["outcome"] for entry in entries)
    part_run.counts.update(
        read=len(page), unchanged=by_outcome["unchanged"], skipped=by_outcome["skipped"] + len(page) - len(entries)
    )
    part_run.reasons.update(entry["code"] for entry in entries if entry["outcome"] == "skipped")
    if len(page) > len(entries):
        part_run.reasons["not-in-this-shop"] += len(page) - len(entries)
    async with part_run.gateway.database.begin() as db:
        await leases.renew(db, part_run.lease)
        stored = await runs.progress_of(db, part_run.part.id)
        changes = [entry for entry in entries if entry["outcome"] == "updated"]
        planned = Counter(stored.planned) + Counter({"updated": len(changes)})
        preview = [*stored.preview, *changes][:MOST_SHOWN]
        await runs.change_part(db, part_run.part.id, planned=dict(planned), preview=preview)
        await save_progress(db, part_run, 1)
