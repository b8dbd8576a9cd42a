"""One report to the shop, from what is stored of the WMS's orders; then the acknowledgement to the WMS."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, OutgoingType, Process
from app.domain.shipment import Shipment
from app.engine.core.circuit import REPORT_PICKED, REPORT_RECEIVED, REPORT_RETURNED
from app.engine.core.queue import Task
from app.engine.dispatch.shop_port import RecordedShop
from app.engine.dispatch.warehouse_port import RecordedWarehouse
from app.engine.jobs.report_jobs import close_short, enqueue_report
from app.engine.returning import reporting
from app.engine.returning.sending import send_announced
from app.engine.stock.again import read_again
from app.errors import Refused
from app.flows.imports import report_import
from app.flows.notes import note_hold
from app.flows.outcomes import Outcome, Result, explained
from app.flows.report import Delivery, Reported
from app.flows.rest import cancel_rest, rest_of, waits_for_rest
from app.flows.returns import report_returns
from app.flows.shipments import report_shipments
from app.records import deliveries, mappings
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.records.deliveries import Acknowledgement, Confirmed
from app.records.mappings import Mapping
from app.records.outgoing_webhooks import add as add_event
from app.records.outgoing_webhooks import are_wanted
from app.storage.tables import jobs
from app.warehouse.reads.resources import read_order
from app.warehouse.reads.shipments import shipment_of

TOLD_TO_WAREHOUSE = (Process.ACKNOWLEDGEMENTS, Process.RETURN_ORDERS)
ACKNOWLEDGE = {"picked": REPORT_PICKED, "returned": REPORT_RETURNED, "received": REPORT_RECEIVED}


async def report(process: Process, port: RecordedShop) -> Result:
    """Reports to the shop. Raises RemoteError when a call failed in a way that is worth another try."""
    if process is Process.NOTES:
        is_held = await _is_held(port)
        return await note_hold(port.mapping.reason_code if is_held else None, port.mapping.reason, port)
    if process is Process.IMPORT_STATUS:
        return await _result(await report_import(port), port)
    async with port.gateway.database.read() as db:
        shipments = await stored_shipments(db, port.connection, port.mapping)
    if process is Process.RETURNS:
        return await _report_returned(shipments, port)
    return await _result(await report_shipments(shipments, port), port)


async def _report_returned(shipments: Sequence[Shipment], port: RecordedShop) -> Result:
    found = await reporting.read_returned(port.gateway, port.connection, port.mapping, shipments)
    reported = await report_returns(found.returns, port)
    await reporting.keep_outcome(port.gateway, port.connection, port.mapping, found, reported)
    return await _result(reported, port)


async def _result(reported: Reported, port: RecordedShop) -> Result:
    """How the job ends. What follows from the report is stored first: a job that is done again does it again."""
    if reported.moved and port.connection.settings.processes.stock:
        await read_again(port.gateway, port.connection, reported.moved)
    await _keep_event(port, reported)
    await _queue_acknowledgements(port, reported)
    return Result(
        reported.outcome,
        None,
        reported.code,
        reported.reason,
        notes=(*reported.notes, *((reported.warning,) if reported.warning else ())),
        warning=reported.warning,
        delivery=reported.delivery,
        completed=reported.completed,
    )


async def _keep_event(port: RecordedShop, reported: Reported) -> None:
    """Keeps the event of an order of which fewer pieces were sent than were ordered, once for each state of it."""
    if not reported.short or not are_wanted(port.connection.settings, OutgoingType.SHIPMENT_SHORT):
        return
    data = short_data(port.connection, port.mapping, reported)
    of_lines = hashlib.sha256(orjson.dumps(data["lines"])).hexdigest()
    key = f"{port.mapping.id} {data['rest']} {of_lines}"
    async with port.gateway.database.begin() as db:
        is_new = await add_event(db, port.connection.id, OutgoingType.SHIPMENT_SHORT, key, data, port.gateway.clock())
    if is_new:
        await port.gateway.wake_ups.send(Task.OUTGOING, port.connection.id)


def short_data(connection: Connection, mapping: Mapping, reported: Reported) -> dict[str, Any]:
    """What the address of a connection is told of such an order: plain JSON, pieces as numbers.

    `rest`: to-come (from the same order, or a back order of the WMS), undecided (a person decides), closed (none will come: who
    wants it makes a new order).
    """
    rest = {Delivery.REPORTED: "closed", Delivery.HELD: "undecided"}.get(reported.delivery or Delivery.NONE, "to-come")
    lines = [
        {
            "row_number": each.row_number,
            "article_number": each.article_number,
            "ordered": float(each.ordered),
            "sent": float(each.shipped),
            "missing": float(max(each.ordered - each.shipped, Decimal(0))),
        }
        for each in reported.short
    ]
    return {
        "connection": connection.name,
        "order": {"id": mapping.source_id, "number": mapping.source_number},
        "warehouse_order": {"id": mapping.wms_id, "number": mapping.number},
        "policy": connection.settings.shipments.partial_deliveries.value,
        "rest": rest,
        "lines": lines,
    }


async def _is_held(port: RecordedShop) -> bool:
    """Whether the order is still held. One that was released or changed since needs no note."""
    same = (jobs.c.mapping_id == port.mapping.id, jobs.c.process == Process.ORDERS, jobs.c.state == JobState.HELD)
    async with port.gateway.database.read() as db:
        return await db.scalar(select(jobs.c.id).where(*same)) is not None


async def stored_shipments(db: AsyncConnection, connection: Connection, mapping: Mapping) -> list[Shipment]:
    """What the WMS has made of the order, as it was read last."""
    return shipments_of(await deliveries.of_mapping(db, mapping.id), connection)


def shipments_of(rows: Sequence[deliveries.Delivery], connection: Connection) -> list[Shipment]:
    """Those of the stored orders of the WMS that retention has not emptied."""
    settings = connection.settings
    return [
        shipment_of(read_order(row.snapshot), settings.shipments.complete_when, settings.warehouse)
        for row in rows
        if row.snapshot is not None
    ]


async def _queue_acknowledgements(port: RecordedShop, reported: Reported) -> None:
    """Queues, in the WMS's own lane, the acknowledgement of what the shop has confirmed."""
    if not reported.acknowledge:
        return
    now = port.gateway.clock()
    async with port.gateway.database.begin() as db:
        for each in reported.acknowledge:
            confirmed = Confirmed(each.kind, each.wms_order_id, each.line_id, each.quantity)
            await deliveries.queue_acknowledgement(db, port.mapping.id, confirmed, now)
        if await deliveries.pending_acknowledgements(db, port.mapping.id):
            await enqueue_report(db, port.connection, Process.ACKNOWLEDGEMENTS, port.mapping, now)
    await port.gateway.wake_ups.send(Task.DRAIN, port.connection.lane)


async def tell_warehouse(port: RecordedWarehouse) -> Result:
    """Tells the WMS what is no record of the source: what was confirmed, or a return that a caller has announced."""
    job = port.claimed.job
    if job.process is Process.RETURN_ORDERS:
        return await send_announced(port.gateway, port.connection, port.mapping, job.source_id, port)
    return await acknowledge(port)


async def acknowledge(port: RecordedWarehouse) -> Result:
    """Confirms to the WMS, per line, the quantity that was read. Confirming the whole line would hide a pick made since.

    Cancels as well what an operator does not want any more of an order that was sent in part.
    """
    async with port.gateway.database.read() as db:
        pending = await deliveries.pending_acknowledgements(db, port.mapping_id)
    for row in pending:
        if row.kind == deliveries.CANCELLED:
            continue
        quantity = Decimal(str(row.quantity))
        request = {"order": row.wms_order_id, "line": row.line_id, "quantity": row.quantity}
        client = port.client
        send = {"picked": client.report_picked, "returned": client.report_returned, "received": client.report_received}
        call = functools.partial(send[row.kind], row.wms_order_id, row.line_id, quantity)
        try:
            await port.write(ACKNOWLEDGE[row.kind], request, call)
        except Refused as refusal:
            return Result(Outcome.FAILED, None, "refused", f"The WMS refused the acknowledgement: {refusal.message}")
        async with port.gateway.database.begin() as db:
            await deliveries.acknowledged(db, row.id, row.quantity, port.gateway.clock())
    unwanted = [row for row in pending if row.kind == deliveries.CANCELLED]
    if unwanted:
        return await _cancel_rests(port, unwanted)
    return Result(Outcome.UPDATED if pending else Outcome.UNCHANGED, None)


async def _cancel_rests(port: RecordedWarehouse, unwanted: Sequence[Acknowledgement]) -> Result:
    """Cancels these orders, each once. When no rest is left, the shop is told that the order is completed."""
    problems = []
    async with port.gateway.database.read() as db:
        known = {row.wms_order_id: row for row in await deliveries.of_mapping(db, port.mapping_id)}
    for row in unwanted:
        delivery = known[row.wms_order_id]
        problem = await cancel_rest(delivery.number, row.wms_order_id, port)
        problems += [problem] if problem else []
        now = port.gateway.clock()
        async with port.gateway.database.begin() as db:
            await deliveries.acknowledged(db, row.id, row.quantity, now)
            if problem is None:
                await deliveries.mark_cancelled(db, delivery.id, port.settings.cancelled_statuses[0], now)
    await _close_without_rest(port)
    if problems:
        return Result(Outcome.HELD, None, problems[0].code, explained(problems[0]))
    return Result(Outcome.UPDATED, None, "rest-cancelled", "The rest is cancelled in the warehouse")


async def _close_without_rest(port: RecordedWarehouse) -> None:
    async with port.gateway.database.begin() as db:
        mapping = await mappings.by_id(db, port.mapping_id, lock=True)
        if mapping is None or not waits_for_rest(mapping.delivery, mapping.delivery_code):
            return
        if rest_of(await stored_shipments(db, port.connection, mapping), port.settings):
            return
        words = "Closed with what was sent: the rest is cancelled in the warehouse"
        await close_short(db, mapping.id, words, port.gateway.clock())
    await port.gateway.wake_ups.send(Task.DRAIN, shop_lane(port.connection.id))
