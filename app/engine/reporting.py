"""One turn of a report: from what is stored of the WMS's orders to the shop, and from there back to the WMS as an
acknowledgement."""

from __future__ import annotations

import functools
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.domain.shipment import Shipment
from app.engine import outbound
from app.engine.calls import REPORT_PICKED, REPORT_RETURNED
from app.engine.desk import GatewayDesk
from app.engine.rings import Task
from app.engine.shop_desk import ShopDesk
from app.errors import Refused
from app.flows.notes import note_hold
from app.flows.report import Reported
from app.flows.result import Outcome, Result
from app.flows.returns import refund_returns
from app.flows.shipments import report_shipments
from app.records import deliveries
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.warehouse.resources import read_order
from app.warehouse.shipments import shipment_of

ACKNOWLEDGE = {"picked": REPORT_PICKED, "returned": REPORT_RETURNED}


async def report(process: Process, desk: ShopDesk) -> Result:
    """Tells the shop. Raises RemoteError when a call failed in a way that is worth another try."""
    if process is Process.NOTES:
        return await note_hold(desk.mapping.reason_code or "held", desk.mapping.reason or "", desk)
    async with desk.gateway.database.read() as db:
        shipments = await _shipments(db, desk.connection, desk.mapping)
        settled = await deliveries.settled_returns(db, desk.mapping.id)
    if not shipments:
        return Result(Outcome.UNCHANGED, None)
    reported = await (
        report_shipments(shipments, desk) if process is Process.SHIPMENTS else refund_returns(shipments, settled, desk)
    )
    await _owe(desk, reported)
    return Result(
        reported.outcome,
        None,
        reported.code,
        reported.reason,
        notes=reported.notes,
        delivery=reported.delivery,
        completed=reported.completed,
    )


async def _shipments(db: AsyncConnection, connection: Connection, mapping: Mapping) -> list[Shipment]:
    settings = connection.settings
    rows = await deliveries.of_mapping(db, mapping.id)
    return [
        shipment_of(read_order(row.snapshot), settings.shipments.complete_when, settings.warehouse)
        for row in rows
        if row.snapshot is not None
    ]


async def _owe(desk: ShopDesk, reported: Reported) -> None:
    """What the shop has confirmed is owed to the WMS, and goes there through its own lane."""
    if not reported.acknowledge:
        return
    now = desk.gateway.clock()
    async with desk.gateway.database.begin() as db:
        for each in reported.acknowledge:
            await deliveries.owe(db, desk.mapping.id, each.kind, each.wms_order_id, each.line_id, each.quantity, now)
        if await deliveries.owed(db, desk.mapping.id):
            lane = desk.connection.lane
            await outbound.queue(db, desk.connection, Process.ACKNOWLEDGEMENTS, desk.mapping, now, lane=lane)
    await desk.gateway.rings.ring(Task.DRAIN, desk.connection.lane)


async def acknowledge(desk: GatewayDesk) -> Result:
    """Confirms to the WMS, per line, the quantity that was read: confirming everything would swallow a pick made in between."""
    async with desk.gateway.database.read() as db:
        owed = await deliveries.owed(db, desk.mapping_id)
    for row in owed:
        quantity = Decimal(str(row.quantity))
        request = {"order": row.wms_order_id, "line": row.line_id, "quantity": row.quantity}
        send = desk.client.report_picked if row.kind == "picked" else desk.client.report_returned
        call = functools.partial(send, row.wms_order_id, row.line_id, quantity)
        try:
            await desk.write(ACKNOWLEDGE[row.kind], request, call)
        except Refused as refusal:
            return Result(Outcome.FAILED, None, "refused", f"The WMS refused the acknowledgement: {refusal.message}")
        async with desk.gateway.database.begin() as db:
            await deliveries.acknowledged(db, row.id, row.quantity, desk.gateway.clock())
    return Result(Outcome.UPDATED if owed else Outcome.UNCHANGED, None)
