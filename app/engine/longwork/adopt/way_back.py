"""The way back of orders that are taken over: what the shop knows already is not told again, and what it does not know is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.domain.shipment import Shipment
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.longwork.slices import Slice
from app.engine.polling.shipments import store_delivery
from app.flows.report import Delivery, Kind
from app.flows.returns import as_text
from app.records import cursors, deliveries
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.warehouse.adopted import adopted_rows, in_our_rows
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.shipments import shipment_of

ADOPTED = "adopted"
"""In place of the shop's id of a tracking number that somebody else has told it."""
READS = (Process.SHIPMENTS, Process.RETURNS)


@dataclass(frozen=True)
class Met:
    """An order of the WMS of which something was picked, as a read that began at `asked` (UTC) showed it.

    `is_told`: the shop knows that it was sent.
    """

    order: WarehouseOrder
    is_told: bool
    asked: datetime


def told(order: WarehouseOrder, now: datetime) -> dict[str, Any]:
    """What the mapping holds of an order that was sent, and of which the shop knows."""
    reason = "Sent, and reported by others before the order was taken over"
    return {"delivery": Delivery.REPORTED, "delivery_reason": reason, "completed_at": order.shipped_at or now}


async def begin_reading(run: Slice) -> None:
    """Shipments and returns are read from the moment of the adoption on, however much later the connection is activated."""
    since = run.gateway.warehouse(run.connection).by_its_clock(run.work.created_at)
    async with run.gateway.database.begin() as db:
        for process in READS:
            stored = await cursors.ensure(db, run.connection, process, run.gateway.clock())
            if not (stored.cursor or {}).get("since"):
                await cursors.change(db, run.connection.id, process, cursor={"since": since.isoformat()})


async def store(db: AsyncConnection, connection: Connection, mapping: Mapping, met: Met, now: datetime) -> None:
    """Stores what was sent and what came back. Nothing that came back before is ever refunded by the gateway."""
    concerned = await store_delivery(db, connection, mapping, met.order, met.asked, now)
    settings = connection.settings
    order = in_our_rows(met.order, adopted_rows(mapping.adopted))
    shipment = shipment_of(order, settings.shipments.complete_when, settings.warehouse)
    await _settle_returns(db, mapping, shipment, now)
    if met.is_told:
        for number in shipment.tracking:
            request = {"tracking": number.number, "told_by": ADOPTED}
            await deliveries.intend(db, mapping.id, Kind.TRACKING, number.number, request, now)
            await deliveries.done(db, mapping.id, Kind.TRACKING, number.number, ADOPTED, now)
    elif Process.SHIPMENTS in concerned:
        await enqueue_report(db, connection, Process.SHIPMENTS, mapping, now)


async def _settle_returns(db: AsyncConnection, mapping: Mapping, shipment: Shipment, now: datetime) -> None:
    """Marks what has come back as dealt with by others."""
    pieces: dict[str, Decimal] = {}
    for line in shipment.lines:
        if line.returned:
            pieces[line.row_number] = pieces.get(line.row_number, Decimal(0)) + line.returned
    if pieces:
        key = f"settled {now.isoformat()}"
        await deliveries.intend(db, mapping.id, Kind.REFUND, key, {"pieces": as_text(pieces)}, now)
        await deliveries.done(db, mapping.id, Kind.REFUND, key, ADOPTED, now)
