"""Reads from the WMS what was received on purchase orders, keeps it as receipts, and acknowledges it.

Two lists are read. Purchase orders on which something was received since the last read. The WMS's own work list (received
differs from acknowledged), which needs no clock and shows corrections, of the purchase orders that are known here. Once a day
the first list goes back further: goods may be booked late, with an earlier time.

Each purchase order is one connection's, also where several share a goods owner: its receipts are given once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, OutgoingType
from app.engine.core import leases
from app.engine.core.queue import Task
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling import shipments
from app.engine.polling.odd_records import one_or_left_out
from app.engine.polling.receipts.acknowledging import acknowledge
from app.engine.polling.shipments import ReadProgress
from app.flows.purchases.receipts import KnownLine, content_of, known_now, new_lines
from app.records import mappings, outgoing_webhooks
from app.records.connections import Connection
from app.records.receipts import storing
from app.records.receipts.storing import StoredLine
from app.warehouse.reads.returns import PurchaseOrder, PurchaseOrderLine

CHANGED, LISTED = "changed", "listed"

Pages = AsyncIterator[tuple[PurchaseOrder, ...]]


async def read_receipts(part_run: PartRun) -> bool:
    """Returns whether all was read within the slice."""
    progress, connection = await shipments.begin(part_run), part_run.connection
    looks_back = shipments.look_back(part_run, progress)
    warehouse = part_run.gateway.warehouse(connection)
    received = warehouse.received_purchase_orders(progress["since"], progress["after"])
    if not await _read_pages(part_run, progress, CHANGED, received):
        return False
    async with part_run.gateway.database.read() as db:
        first = await storing.first_purchase_order(db, connection.id)
    if first is not None and connection.settings.receipts.acknowledge:  # else it lists all, again and again
        listed = warehouse.purchase_orders_to_report(max(first - 1, progress["after"]))
        if not await _read_pages(part_run, progress, LISTED, listed):
            return False
    await shipments.end(part_run, progress, warehouse)
    await acknowledge(part_run, refused_too=looks_back)
    return True


async def _read_pages(part_run: PartRun, progress: ReadProgress, stage: str, pages: Pages) -> bool:
    """One stage, page by page, unless an earlier slice has read it. Returns whether it was read within this slice."""
    if not shipments.is_at(progress, stage):
        return True
    async for page in pages:
        for order in page:
            name = f"purchase order {order.number}"
            await one_or_left_out(part_run, name, partial(_take, part_run, order, stage == LISTED))
            progress["after"] = order.purchase_order_id
        async with part_run.gateway.database.begin() as db:
            await save_progress(db, part_run, 1, cursor=shipments.kept(progress))
        await part_run.gateway.wake_ups.send(Task.OUTGOING, part_run.connection.id)
        if part_run.time_is_up:
            return False
    shipments.is_over(progress, stage)
    return True


async def _take(part_run: PartRun, order: PurchaseOrder, only_known: bool) -> None:
    async def work(db: AsyncConnection) -> None:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        part_run.counts["read"] += 1
        if order.is_return:
            part_run.counts["skipped"] += 1
            part_run.reasons["is-return"] += 1
        elif not await _keep(db, part_run, order, only_known):
            part_run.counts["unchanged"] += 1
        await save_progress(db, part_run, 0)

    await part_run.gateway.database.run(work)


async def _keep(db: AsyncConnection, part_run: PartRun, order: PurchaseOrder, only_known: bool) -> bool:
    """Keeps what is new of it, and its event, in one transaction; that of another connection is passed over. Returns whether
    there is something new."""
    connection, now = part_run.connection, part_run.gateway.clock()
    stored = await storing.lines_of(db, connection.id, order.purchase_order_id)
    if only_known and not stored:
        return False
    known = {line_id: _known(line) for line_id, line in stored.items()}
    new = new_lines(order, known)
    if not new:
        return False
    await storing.one_at_a_time(db)
    if await _is_anothers(db, connection, order, is_known=bool(stored)):
        part_run.counts["skipped"] += 1
        part_run.reasons["not-ours"] += 1
        return True
    content = content_of(order, new, now)
    receipt_id = await storing.add(db, connection.id, content, now)
    await storing.keep_lines(db, connection.id, [_stored(order, each.line) for each in new], now)
    if outgoing_webhooks.are_wanted(connection.settings, OutgoingType.RECEIPT_CREATED):
        told = {"id": receipt_id, "connection": connection.name, **content}
        await outgoing_webhooks.add(db, connection.id, OutgoingType.RECEIPT_CREATED, str(receipt_id), told, now)
    return True


async def _is_anothers(db: AsyncConnection, connection: Connection, order: PurchaseOrder, *, is_known: bool) -> bool:
    """A purchase order is the connection's that has put it. One that none has put is the connection's that first kept goods of
    it."""
    owner = await mappings.owner_of(db, connection.lane, Kind.PURCHASE, order.number)
    if owner is not None:
        return owner.connection_id != connection.id
    return not is_known and await storing.is_kept_by_another(db, connection.id, connection.lane, order.purchase_order_id)


def _known(line: StoredLine) -> KnownLine:
    return KnownLine(Decimal(str(line.received)), {key: Decimal(str(pieces)) for key, pieces in line.items.items()})


def _stored(order: PurchaseOrder, line: PurchaseOrderLine) -> StoredLine:
    """Of a line that is new here, what somebody has confirmed already counts as acknowledged."""
    assert line.line_id is not None
    items = {key: float(pieces) for key, pieces in known_now(line).items.items()}
    return StoredLine(order.purchase_order_id, line.line_id, float(line.received), items, float(line.reported))
