"""The fast path of the WMS's own webhooks: what they name is read and reported at once. The polls stand behind it and miss
nothing."""

from __future__ import annotations

from app.engine import outbound
from app.engine.gateway import Gateway
from app.engine.rings import Task
from app.errors import RemoteError
from app.logs import get_logger
from app.records import deliveries
from app.records import stock as levels
from app.records.connections import Connection, Status, shop_lane

log = get_logger(__name__)


def order_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|order|{number}"


def article_key(connection_id: str, number: str) -> str:
    return f"{connection_id}|article|{number}"


async def look(gateway: Gateway, key: str) -> None:
    """Reads what the key names. A failure is logged and left to the next poll."""
    connection_id, kind, number = key.split("|", 2)
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE:
        return
    try:
        if kind == "order":
            await _look_at_order(gateway, connection, number)
        elif connection.settings.processes.stock:
            await _look_at_stock(gateway, connection, number)
    except RemoteError as error:
        log.warning("look_failed", connection=connection.name, kind=kind, error=type(error).__name__)


async def _look_at_order(gateway: Gateway, connection: Connection, number: str) -> None:
    asked = gateway.clock()
    order = await gateway.warehouse(connection).get_order_by_number(number)
    if order is None:
        return
    now = gateway.clock()
    async with gateway.database.begin() as db:
        mapping = await deliveries.mapping_of(db, connection.lane, order.order_id, order.back_order_for)
        if mapping is None or mapping.connection_id != connection.id:
            return
        for process in await outbound.store_delivery(db, connection, mapping, order, asked, now):
            await outbound.queue(db, connection, process, mapping, now)
    await gateway.rings.ring(Task.DRAIN, shop_lane(connection.id))


async def _look_at_stock(gateway: Gateway, connection: Connection, number: str) -> None:
    found = await gateway.warehouse(connection).stock_of([number])
    level = found.get(number)
    if level is None or level.is_stock is False:
        return
    now = gateway.clock()
    async with gateway.database.begin() as db:
        sellable = {level.number: float(level.sellable)}
        await levels.save_sellable(db, connection.id, connection.lane, sellable, level.read_at, now)
    await gateway.rings.ring(Task.STOCK, connection.id)
