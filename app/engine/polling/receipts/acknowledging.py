"""Tells the WMS which received goods are known here: per line, with the quantity that was read.

Confirming a whole purchase order at once would hide what came in since the read. Writes to a goods owner are made one at a time,
so this takes the lane's lease for each receipt; the next poll goes on where it was busy.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

from sqlalchemy import select

from app.engine.core import circuit, leases
from app.engine.core.attempts import About, RecordedCalls
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.jobs.run_part import PartRun
from app.errors import LeaseLost, Refused, RemoteError
from app.logs import get_logger
from app.records.receipts import storing
from app.records.receipts.storing import StoredLine
from app.storage.tables import lanes
from app.warehouse.rest.failures import SYSTEM

log = get_logger(__name__)

AT_A_TIME = 100
LANE_TRIES = 20
LANE_PAUSE_SECONDS = 0.25
"""Between two looks whether the lane is free: a job of it takes less than a second, mostly."""


async def acknowledge(part_run: PartRun, *, refused_too: bool) -> None:
    """All that is kept and not yet acknowledged, until the slice ends. A refusal stays with its receipt, and is tried again with
    `refused_too`: the WMS locks a method that fails too often in a row."""
    if not part_run.connection.settings.receipts.acknowledge:
        return
    after, refusals = 0, dict[int, str]()
    while True:
        async with part_run.gateway.database.read() as db:
            found = await storing.to_acknowledge(db, part_run.connection.id, after, AT_A_TIME, refused_too=refused_too)
        if not found:
            return
        lease = await _lane_lease(part_run)
        if lease is None:
            return
        try:
            for receipt_id, purchase_order_id in found:
                await _one(part_run, lease, (receipt_id, purchase_order_id), refusals)
                after = receipt_id
                if part_run.time_is_up:
                    return
        except LeaseLost:
            log.warning("lease_lost", lease=lease.key)
            return
        except RemoteError as error:
            # It is away, or its circuit is open: what is left is told at the next poll.
            log.warning("receipts_not_acknowledged", error=error.message)
            return
        finally:
            await leases.release(part_run.gateway.database, lease)
            await part_run.gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)  # what found it busy


async def _lane_lease(part_run: PartRun) -> Lease | None:
    """None when the lane is paused, or busy for as long as we wait."""
    gateway, key = part_run.gateway, part_run.connection.lane
    async with gateway.database.read() as db:
        if await db.scalar(select(lanes.c.paused).where(lanes.c.key == key)):
            return None
    for _ in range(LANE_TRIES):
        lease = await leases.acquire(gateway.database, key, gateway.settings.lease_seconds)
        if lease is not None or part_run.time_is_up:
            return lease
        await asyncio.sleep(LANE_PAUSE_SECONDS)
    return None


async def _one(part_run: PartRun, lease: Lease, receipt: tuple[int, int], refusals: dict[int, str]) -> None:
    """`receipt`: its id, and its purchase order's. `refusals`: by purchase order, which is asked once however many receipts it
    has. Raises LeaseLost, and RemoteError when the WMS does not answer."""
    gateway, connection, (receipt_id, purchase_order_id) = part_run.gateway, part_run.connection, receipt
    error = refusals.get(purchase_order_id)
    if error is None:
        async with gateway.database.read() as db:
            lines = await storing.lines_of(db, connection.id, purchase_order_id)
        for line in lines.values():
            if line.acknowledged != line.received:
                error = await _line(part_run, lease, line) or error
        refusals |= {purchase_order_id: error} if error else {}
    async with gateway.database.begin() as db:
        await storing.acknowledged(db, receipt_id, gateway.clock(), error)


async def _line(part_run: PartRun, lease: Lease, line: StoredLine) -> str | None:
    """Returns the refusal in words; None when the WMS has taken it."""
    gateway, connection = part_run.gateway, part_run.connection
    seconds = connection.settings.warehouse.call_timeout_seconds
    counted = circuit.of_warehouse(connection)
    calls = RecordedCalls(gateway, lease, SYSTEM, counted, seconds, About(), is_shop=False)
    request = {"order": line.purchase_order_id, "line": line.line_id, "quantity": line.received}
    async with gateway.database.begin() as db:
        begun = await calls.begin(db, circuit.REPORT_RECEIVED, request)
    quantity, client = Decimal(str(line.received)), gateway.warehouse(connection)
    try:
        answer = await calls.send(begun, lambda: client.report_received(line.purchase_order_id, line.line_id, quantity))
    except RemoteError as error:
        async with gateway.database.begin() as db:
            await calls.end(db, begun, error)
        if isinstance(error, Refused):
            return error.message
        raise
    async with gateway.database.begin() as db:
        await calls.end(db, begun, answer=answer)
        await storing.line_acknowledged(db, connection.id, line, gateway.clock())
    return None
