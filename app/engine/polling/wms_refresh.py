"""Reads in the WMS what its webhooks named, and reports it at once. The polls find whatever is missed here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core import circuit
from app.engine.core.queue import Task, named_in, poll_key
from app.engine.core.runtime import Gateway
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.polling import shipments
from app.errors import RemoteError
from app.flows.orders import GET_ORDER
from app.logs import get_logger
from app.records import cursors, deliveries
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection, Status
from app.records.stock import levels
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.stock import StockLevel, pieces_of

log = get_logger(__name__)

BACK = (Process.SHIPMENTS, Process.RETURNS, Process.STOCK)
"""What is read when the webhook names no order or article."""


async def refresh(gateway: Gateway, key: str) -> None:
    """Reads what the key names. After a failure, or while the WMS is blocked, the next poll reads it."""
    connection_id, named = named_in(key)
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE or await _is_blocked(gateway, connection):
        return
    numbers = [name for kind, name in named if kind == "order"]
    ids = [int(name) for kind, name in named if kind == "order-id"]
    articles = [name for kind, name in named if kind == "article"]
    try:
        if numbers or ids:
            asked = gateway.clock()
            await _take(gateway, connection, await _orders(gateway, connection, numbers, ids), asked)
        if articles:
            await _refresh_stock(gateway, connection, articles)
        if len(numbers) + len(ids) + len(articles) < len(named):
            await _refresh_all(gateway, connection)
    except RemoteError as error:
        log.warning("look_failed", connection=connection.name, names=len(named), error=type(error).__name__)


async def _is_blocked(gateway: Gateway, connection: Connection) -> bool:
    key = circuit.key_for(circuit.of_warehouse(connection), GET_ORDER)
    async with gateway.database.read() as db:
        return await circuit.blocked_until(db, [key], gateway.clock()) is not None


async def _orders(gateway: Gateway, connection: Connection, numbers: Sequence[str], ids: Sequence[int]) -> list[WarehouseOrder]:
    """The orders, in one call as far as their numbers are known. What the slice leaves no time for is read by the next poll."""
    warehouse, ends = gateway.warehouse(connection), time.monotonic() + gateway.settings.slice_seconds
    wanted = list(numbers)
    if len(ids) > 1 or numbers:
        async with gateway.database.read() as db:
            wanted += await deliveries.numbers_of(db, connection.lane, ids)
    found = {order.order_id: order for order in (await warehouse.get_orders(wanted)).values()} if wanted else {}
    for order_id in ids:
        if order_id not in found and time.monotonic() < ends:
            order = await warehouse.get_order(order_id)
            found |= {order_id: order} if order is not None else {}
    return list(found.values())


async def _take(gateway: Gateway, asked_by: Connection, orders: Sequence[WarehouseOrder], asked: datetime) -> None:
    """Stores each order for the connection that owns it. The webhook may belong to another one of the same goods owner."""
    if not orders:
        return
    now = gateway.clock()
    owners = {each.id: each for each in await gateway.on_lane(asked_by.lane)}

    async def store(db: AsyncConnection) -> set[str]:
        concerned = set()
        known = [
            (order, await deliveries.mapping_of(db, asked_by.lane, order.order_id, order.back_order_for)) for order in orders
        ]
        ours = sorted(
            ((mapping, order) for order, mapping in known if mapping is not None and mapping.connection_id in owners),
            key=lambda pair: pair[0].id,
        )
        for mapping, order in ours:
            connection = owners[mapping.connection_id]
            for process in await shipments.store_delivery(db, connection, mapping, order, asked, now):
                await enqueue_report(db, connection, process, mapping, now)
                concerned.add(connection.id)
        return concerned

    for connection_id in sorted(await gateway.database.run(store)):
        await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection_id))


async def _refresh_stock(gateway: Gateway, asked_by: Connection, numbers: Sequence[str]) -> None:
    """Reads the articles' stock for every shop that sells from the goods owner's stock."""
    concerned = [each for each in await gateway.on_lane(asked_by.lane) if each.settings.processes.stock]
    if not concerned:
        return
    for warehouse_ids in sorted({tuple(each.settings.stock.warehouses) for each in concerned}):
        found = (await gateway.warehouse(asked_by).stock_of(numbers, warehouse_ids=warehouse_ids)).values()
        stocked = [level for level in found if level.is_stock is not False]
        if stocked:
            alike = [each for each in concerned if tuple(each.settings.stock.warehouses) == warehouse_ids]
            await _store_stock(gateway, alike, stocked)


async def _store_stock(gateway: Gateway, concerned: Sequence[Connection], stocked: Sequence[StockLevel]) -> None:
    read_at, now = min(level.read_at for level in stocked), gateway.clock()
    for connection in concerned:
        sellable = pieces_of(stocked, on_shelf=connection.settings.stock.is_on_shelf)
        async with gateway.database.begin() as db:
            await levels.save_sellable(db, connection.id, connection.lane, sellable, read_at, now)
        await gateway.wake_ups.send(Task.STOCK, connection.id)


async def _refresh_all(gateway: Gateway, connection: Connection) -> None:
    """Makes the polls due now instead of at their time."""
    now = gateway.clock()
    for process in BACK:
        if connection.settings.processes.is_on(process):
            async with gateway.database.begin() as db:
                await cursors.ensure(db, connection, process, now)
                await cursors.change(db, connection.id, process, next_poll_at=now)
            await gateway.wake_ups.send(Task.POLL, poll_key(connection.id, process))
