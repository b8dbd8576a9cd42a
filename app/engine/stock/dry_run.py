"""A dry run of stock: what would be written to the shop, from a read of both sides. It stores and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.engine.core import leases
from app.engine.core.runtime import Gateway
from app.engine.core.sources import stock_source
from app.engine.jobs.dry_run import MOST_SHOWN
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.stock.read import number_of
from app.integrations.protocol import StockLevel, StockSettings
from app.integrations.protocol.quantities import ParentQuantity
from app.records import reservations, runs
from app.records.connections import Connection
from app.records.stock import levels, rules
from app.storage.outbound_tables import stock_levels
from app.storage.tables import mappings
from app.warehouse.reads.stock import StockLevel as WarehouseStock
from app.warehouse.reads.stock import pieces_of

CHUNK = 500
AT_A_TIME = 100
"""Articles that the shop is asked for between two looks at the clock."""

Entry = dict[str, Any]
"""`record`, `number`, `outcome` (updated, unchanged, skipped), `code`, `reason`, and `fields` as a dry run shows them."""


@dataclass(frozen=True)
class Known:
    """One article of the shop, by its number in the WMS, and what became of the last write."""

    source_id: str
    parent_id: str | None
    number: str
    written_quantity: int | None = None
    shown_after: float | None = None
    shown_before: float | None = None
    problem: str | None = None


async def read(part_run: PartRun) -> bool:
    """Compares all articles of the WMS, a hundred at a time, with what the shop shows now.

    Returns whether all were compared within the slice.
    """
    after = int(part_run.part.cursor.get("read_to", 0))
    places = part_run.connection.settings.stock.warehouses
    async for page in part_run.gateway.warehouse(part_run.connection).stock(None, after, warehouse_ids=places):
        for start in range(0, len(page), AT_A_TIME):
            some = page[start : start + AT_A_TIME]
            await _count(part_run, some, await compare(part_run.gateway, part_run.connection, some))
            if part_run.time_is_up:
                return False
    return True


async def compare(gateway: Gateway, connection: Connection, some: Sequence[WarehouseStock]) -> list[Entry]:
    """What would be written to the shop of these articles, and what not, and why. Nothing is."""
    sellable = pieces_of(some, on_shelf=connection.settings.stock.is_on_shelf)
    async with gateway.database.read() as db:
        known = await _known(db, connection.id, list(sellable))
        reserved = await _reserved(db, connection, list(sellable), some[0].read_at)
    source = stock_source(gateway, connection)
    shown = await source.read_stock([(one.source_id, one.parent_id) for one in known]) if known else {}
    settings = connection.settings.stock
    sums = settings.parent_quantity is ParentQuantity.SUM
    wanted = {each: rules.sellable_in_shop(pieces, reserved.get(each, 0.0), settings.floor) for each, pieces in sellable.items()}
    by_id = {one.source_id: one for one in known}
    entries = []
    for one in known:
        level, parent = shown.get(one.source_id), by_id.get(one.parent_id or "")
        is_counted = sums and level is not None and level.kept_by_parent
        if parent is not None and parent.number == one.number and not is_counted:
            entries.append(_skipped(one, *rules.NUMBER_OF_PARENT))
        elif one.source_id not in shown:
            entries.append(_skipped(one, "variations-unread", "The shop does not list its variations or those of its product"))
        elif sums and level is not None and level.variations:
            entries.append(_decide(one, level, await _sum(gateway, connection, level, sellable), settings))
        else:
            entries.append(_decide(one, level, wanted[one.number], settings))
    return entries


async def _sum(gateway: Gateway, connection: Connection, level: StockLevel, here: Mapping[str, float]) -> int | None:
    """What may be sold of all variations that are counted in this product's quantity. The WMS is asked for those not at hand."""
    async with gateway.database.read() as db:
        known = await levels.numbers_of(db, connection.id, [each.source_id for each in level.variations])
    found = (number_of(connection, each, known) for each in level.variations)
    numbers = sorted({number for number in found if number})
    begun = gateway.clock()
    places = connection.settings.stock.warehouses
    missing = [number for number in numbers if number not in here]
    asked = await gateway.warehouse(connection).stock_of(missing, warehouse_ids=places)
    sellable = {number: here.get(number) for number in numbers}
    sellable |= pieces_of(asked.values(), on_shelf=connection.settings.stock.is_on_shelf)
    async with gateway.database.read() as db:
        reserved = await _reserved(db, connection, numbers, begun)
    return rules.sum_of(sellable, reserved, connection.settings.stock.floor)


async def _known(db: AsyncConnection, connection_id: str, numbers: Sequence[str]) -> list[Known]:
    """The shop's articles with these numbers: those of the last sweep, and those that were transferred."""
    found: dict[str, Known] = {}
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        swept = select(*(stock_levels.c[each.name] for each in fields(Known))).where(
            stock_levels.c.connection_id == connection_id, stock_levels.c.number.in_(chunk)
        )
        mapped = select(mappings.c.source_id, mappings.c.parent_source_id.label("parent_id"), mappings.c.number).where(
            mappings.c.connection_id == connection_id, mappings.c.kind == Kind.ARTICLE, mappings.c.number.in_(chunk)
        )
        for query in (mapped, swept):
            for row in await db.execute(query):
                values = dict(row._mapping)
                found[row.source_id] = Known(**{**values, "parent_id": values["parent_id"] or None})
    return sorted(found.values(), key=lambda one: (one.number, one.source_id))


async def _reserved(db: AsyncConnection, connection: Connection, numbers: Sequence[str], begun: datetime) -> dict[str, float]:
    found: dict[str, float] = {}
    if connection.settings.stock.deducts_waiting:
        for start in range(0, len(numbers), CHUNK):
            found |= await reservations.reserved(db, connection.id, connection.lane, numbers[start : start + CHUNK], begun)
    return found


def _decide(one: Known, level: StockLevel | None, wanted: int | None, settings: StockSettings) -> Entry:
    """One line of the preview, as for orders and articles."""
    if level is None:
        return _skipped(one, "product-gone", "The shop lists no such article")
    if (unwritten := rules.unwritten(level, settings.parent_quantity)) is not None:
        return _skipped(one, *unwritten)
    if wanted is None:
        return _skipped(one, "stock-unknown", "The warehouse has not said how many pieces there are of all its variations")
    if level.quantity == wanted:
        return {**_line(one), "outcome": "unchanged"}
    if wanted == one.written_quantity and level.quantity in (one.shown_after, one.shown_before):
        return _skipped(one, "stock-not-taken", one.problem or "The shop did not take this quantity when it was written last")
    change = {"field": "quantity", "before": level.quantity, "after": wanted}
    return {**_line(one), "outcome": "updated", "fields": [change]}


def _skipped(one: Known, code: str, reason: str) -> Entry:
    return {**_line(one), "outcome": "skipped", "code": code, "reason": reason}


def _line(one: Known) -> Entry:
    return {"record": one.source_id, "number": one.number, "code": None, "reason": None, "fields": []}


async def _count(part_run: PartRun, page: Sequence[WarehouseStock], entries: Sequence[Entry]) -> None:
    """Counts these articles, keeps the first changes of the run to be shown, and the place behind them."""
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
        await save_progress(db, part_run, 1, cursor={"read_to": max(level.article_system_id for level in page)})
