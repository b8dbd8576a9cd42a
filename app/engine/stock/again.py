"""Quantities of a few articles, read again on both sides: the outside system may have changed its own."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import Process
from app.engine.core import circuit
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.core.sources import stock_source
from app.engine.stock.read import in_shop
from app.errors import RemoteError
from app.integrations.protocol.stock import StockLevel as ShopLevel
from app.logs import get_logger
from app.records import cursors
from app.records.connections import Connection
from app.records.stock import levels
from app.warehouse.reads.stock import StockLevel, pieces_of

log = get_logger(__name__)


async def read_again(gateway: Gateway, connection: Connection, source_ids: Sequence[str]) -> None:
    """Reads the WMS now, and forgets what the outside system showed: it is read right before the next write, which follows.

    Where quantities are only compared there is no such write, and both sides are read now. While one cannot be read, a comparison
    of all quantities is due.
    """
    async with gateway.database.read() as db:
        numbers = await levels.articles_of(db, connection.id, source_ids)
    if not numbers:
        return
    began = gateway.clock()
    found = await _in_warehouse(gateway, connection, numbers)
    shown: list[ShopLevel] | None = []
    if found is not None and not connection.settings.writes_stock:
        shown = await _in_system(gateway, connection, source_ids)
    now = gateway.clock()
    async with gateway.database.begin() as db:
        if found is None or shown is None:
            await cursors.ask_for_sweep(db, connection, Process.STOCK, now)
            await cursors.change(db, connection.id, Process.STOCK, next_poll_at=now)
            return
        if found:
            pieces = pieces_of(found, on_shelf=connection.settings.stock.is_on_shelf)
            read_at = min(each.read_at for each in found)
            await levels.save_sellable(db, connection.id, connection.lane, pieces, read_at, now)
        if connection.settings.writes_stock:
            await levels.doubt(db, connection.id, connection.lane, source_ids, now)
        else:
            seen = await in_shop(db, connection, shown)
            await levels.save_in_shop(db, connection.id, connection.lane, seen, began, now)
    await gateway.wake_ups.send(Task.STOCK, connection.id)


async def _in_system(gateway: Gateway, connection: Connection, source_ids: Sequence[str]) -> list[ShopLevel] | None:
    """None: the outside system cannot be read now. What it does not list is missing."""
    async with gateway.database.read() as db:
        places = await levels.places_of(db, connection.id, source_ids)
    try:
        found = await stock_source(gateway, connection).read_stock(places)
    except RemoteError as error:
        log.warning("stock_not_read_again", connection=connection.name, articles=len(places), error=type(error).__name__)
        return None
    return [each for each in found.values() if each is not None]


async def _in_warehouse(gateway: Gateway, connection: Connection, numbers: Sequence[str]) -> list[StockLevel] | None:
    """None: the WMS cannot be read now."""
    key = circuit.key_for(circuit.of_warehouse(connection), circuit.READS)
    async with gateway.database.read() as db:
        if await circuit.blocked_until(db, [key], gateway.clock()) is not None:
            return None
    try:
        return list(
            (await gateway.warehouse(connection).stock_of(numbers, warehouse_ids=connection.settings.stock.warehouses)).values()
        )
    except RemoteError as error:
        log.warning("stock_not_read_again", connection=connection.name, articles=len(numbers), error=type(error).__name__)
        return None
