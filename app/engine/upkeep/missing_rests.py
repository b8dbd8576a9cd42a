"""Alerts about orders that were sent in part and whose rest does not come: once for each order.

The orders that wait for a rest are walked through a lot at a time, so that a look costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.flows.shipment_plan import plan_shipments
from app.records import alerts, deliveries
from app.records.alerts import REST_MISSING
from app.records.connections import Connection
from app.records.deliveries import SentInPart
from app.storage.engine import Database
from app.warehouse.reads.resources import WarehouseOrder, read_order
from app.warehouse.reads.shipments import shipment_of

AT_A_TIME = 100


async def look(database: Database, active: Mapping[str, Connection], after: int, now: datetime) -> int:
    """Looks at the next orders behind mapping id `after`. Returns where to go on; 0: from the beginning.

    One statement while there is nothing to say.
    """
    if not any(_days(connection) for connection in active.values()):
        return 0
    async with database.read() as db:
        found = await deliveries.sent_in_part(db, after, AT_A_TIME)
        late = {(each.connection_id, _subject(each)): each for each in found if _is_late(each, active, now)}
        fresh = set(late) - (await alerts.raised(db, REST_MISSING, list(late)) if late else set())
        texts = {key: await _text(db, active[late[key].connection_id], late[key]) for key in fresh}
    if texts:
        async with database.begin() as db:
            for (connection_id, subject), text in sorted(texts.items()):
                await alerts.raise_alert(db, REST_MISSING, connection_id, subject, text, now)
    return found[-1].mapping_id if len(found) == AT_A_TIME else 0


def _days(connection: Connection) -> float | None:
    return connection.settings.shipments.rest_days if connection.settings.processes.shipments else None


def _subject(order: SentInPart) -> str:
    return f"{Process.SHIPMENTS}:{order.source_id}"


def _is_late(order: SentInPart, active: Mapping[str, Connection], now: datetime) -> bool:
    days = _days(active[order.connection_id]) if order.connection_id in active else None
    return days is not None and order.since is not None and now - order.since >= timedelta(days=days)


async def _text(db: AsyncConnection, connection: Connection, order: SentInPart) -> str:
    rows = await deliveries.of_mapping(db, order.mapping_id)
    number = order.source_number or order.source_id
    what = _sent_and_missing(connection, [read_order(row.snapshot) for row in rows if row.snapshot is not None])
    return (
        f"Order {number} was sent in part, and its rest has not come since {order.since:%Y-%m-%d}.{what} Ask the warehouse. "
        f"If the rest will not come, close the order with what was sent: gateway close-short {number}"
    )


def _sent_and_missing(connection: Connection, orders: Sequence[WarehouseOrder]) -> str:
    """In articles. Empty when retention has emptied what the WMS showed."""
    settings = connection.settings
    shipments = [shipment_of(each, settings.shipments.complete_when, settings.warehouse) for each in orders]
    plan = plan_shipments(shipments, settings.shipments.partial_deliveries)
    short = {row: (shipped, wanted) for row, shipped, wanted in plan.short}
    sent, missing = list[str](), list[str]()
    for line in (line for each in orders if each.back_order_for is None for line in each.lines):
        shipped, wanted = short.pop(line.row_number, (line.ordered, line.ordered))
        sent += [f"{_plain(shipped)} of {_plain(wanted)} {line.article_number}"] if shipped else []
        missing += [f"{_plain(wanted - shipped)} {line.article_number}"] if shipped < wanted else []
    return f" Sent: {', '.join(sent)}. Missing: {', '.join(missing)}." if missing else ""


def _plain(pieces: Decimal) -> str:
    return f"{pieces.normalize():f}"
