"""Reads in the WMS what its webhook named, and reports it at once. The polls find whatever is missed here."""

from __future__ import annotations

from datetime import datetime

from app.domain import Process
from app.engine.core import circuit
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.polling import shipments
from app.errors import RemoteError
from app.flows.orders import GET_ORDER
from app.logs import get_logger
from app.records import cursors, deliveries
from app.records.connections import Connection, Status, shop_lane
from app.records.stock import levels
from app.warehouse.reads.resources import WarehouseOrder

log = get_logger(__name__)

BACK = (Process.SHIPMENTS, Process.RETURNS, Process.STOCK)
"""What is read when the webhook names no order or article."""


async def refresh(gateway: Gateway, key: str) -> None:
    """Reads what the key names. After a failure, or while the WMS is blocked, the next poll reads it."""
    connection_id, kind, name = key.split("|", 2)
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE or await _is_blocked(gateway, connection):
        return
    try:
        match kind:
            case "order":
                asked = gateway.clock()
                await _take(gateway, connection, await gateway.warehouse(connection).get_order_by_number(name), asked)
            case "order-id":
                asked = gateway.clock()
                await _take(gateway, connection, await gateway.warehouse(connection).get_order(int(name)), asked)
            case "article":
                await _refresh_stock(gateway, connection, name)
            case _:
                await _refresh_all(gateway, connection)
    except RemoteError as error:
        log.warning("look_failed", connection=connection.name, kind=kind, error=type(error).__name__)


async def _is_blocked(gateway: Gateway, connection: Connection) -> bool:
    key = circuit.key_for(circuit.of_warehouse(connection), GET_ORDER)
    async with gateway.database.read() as db:
        return await circuit.blocked_until(db, [key], gateway.clock()) is not None


async def _take(gateway: Gateway, asked_by: Connection, order: WarehouseOrder | None, asked: datetime) -> None:
    """Stores the order for the connection that owns it. The WMS's webhook may belong to another one of the same goods owner."""
    if order is None:
        return
    now = gateway.clock()
    async with gateway.database.begin() as db:
        mapping = await deliveries.mapping_of(db, asked_by.lane, order.order_id, order.back_order_for)
        if mapping is None:
            return
        connection = await gateway.connection(mapping.connection_id)
        for process in await shipments.store_delivery(db, connection, mapping, order, asked, now):
            await enqueue_report(db, connection, process, mapping, now)
    await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection.id))


async def _refresh_stock(gateway: Gateway, asked_by: Connection, number: str) -> None:
    """Reads the article's stock for every shop that sells from the goods owner's stock."""
    concerned = [each for each in await gateway.on_lane(asked_by.lane) if each.settings.processes.stock]
    if not concerned:
        return
    level = (await gateway.warehouse(asked_by).stock_of([number])).get(number)
    if level is None or level.is_stock is False:
        return
    now = gateway.clock()
    for connection in concerned:
        async with gateway.database.begin() as db:
            sellable = {level.number: float(level.sellable)}
            await levels.save_sellable(db, connection.id, connection.lane, sellable, level.read_at, now)
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
