"""The way back: reads from the WMS what was shipped and what came back, and queues what the shop is to be told.

The WMS's own work lists (picked or returned more than acknowledged) need no clock; orders that were sent are read again for a
while, because a tracking number may come late, and a further one later still.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.domain.record import SCHEMA_VERSION
from app.engine import leases
from app.engine.offers import FoundBy
from app.engine.reading import Reading, save_progress
from app.engine.rings import Task
from app.records import deliveries, mappings
from app.records.connections import Connection, shop_lane
from app.records.mappings import Mapping
from app.storage.tables import jobs, run_items
from app.warehouse.resources import WarehouseOrder
from app.warehouse.shipments import digest_of, shipment_of

WATCHED_BATCH = 200


async def read_shipments(reading: Reading) -> bool:
    """The work list, then the orders that are watched. Whether all was read within the slice."""
    warehouse = reading.gateway.warehouse(reading.connection)
    if not reading.part.sweeping:
        async for page in warehouse.orders_to_report():
            await _store(reading, page)
        async with reading.gateway.database.begin() as db:
            await save_progress(db, reading, 0, sweeping=True, cursor={"watched_to": 0})
    return await _read_watched(reading)


async def _read_watched(reading: Reading) -> bool:
    gateway, connection = reading.gateway, reading.connection
    after = int((reading.part.cursor or {}).get("watched_to", 0)) if reading.part.sweeping else 0
    while True:
        async with gateway.database.read() as db:
            batch = await deliveries.watched(db, connection.id, gateway.clock(), after, WATCHED_BATCH)
        if not batch:
            return True
        found = await gateway.warehouse(connection).get_orders([row.number for row in batch])
        after = batch[-1].id
        await _store(reading, list(found.values()))
        async with gateway.database.begin() as db:
            await save_progress(db, reading, 0, sweeping=True, cursor={"watched_to": after})
        if reading.time_is_up:
            return False


async def read_returns(reading: Reading) -> bool:
    """The work list of orders of which more came back than was acknowledged."""
    async for page in reading.gateway.warehouse(reading.connection).orders_with_returns_to_report():
        await _store(reading, page)
    return True


async def _store(reading: Reading, orders: Sequence[WarehouseOrder]) -> None:
    gateway, connection, now = reading.gateway, reading.connection, reading.gateway.clock()
    reading.counts.clear()
    reading.reasons.clear()
    async with gateway.database.begin() as db:
        await leases.renew(db, reading.lease)
        for order in orders:
            reading.counts["read"] += 1
            await _consider(db, reading, order, now)
        await save_progress(db, reading, 1)
    await gateway.rings.ring(Task.DRAIN, shop_lane(connection.id))


async def _consider(db: AsyncConnection, reading: Reading, order: WarehouseOrder, now: datetime) -> None:
    mapping = await deliveries.mapping_of(db, reading.connection.lane, order.order_id, order.back_order_for)
    if mapping is None or mapping.connection_id != reading.connection.id:
        reading.counts["skipped"] += 1
        reading.reasons["not-ours"] += 1
        return
    changed = await store_delivery(db, reading.connection, mapping, order, now)
    owed = mapping.delivery in (None, "none", "partly", "waiting") if reading.process is Process.SHIPMENTS else True
    if not changed and not (owed and await _is_unheard_of(db, reading, mapping)):
        reading.counts["unchanged"] += 1
        return
    await queue(db, reading.connection, reading.process, mapping, now, part_id=reading.part.id)


async def _is_unheard_of(db: AsyncConnection, reading: Reading, mapping: Mapping) -> bool:
    """Stored by the other process, and never looked at by this one."""
    same = (
        jobs.c.connection_id == reading.connection.id,
        jobs.c.process == reading.process,
        jobs.c.source_id == mapping.source_id,
    )
    return await db.scalar(select(jobs.c.id).where(*same)) is None


async def store_delivery(
    db: AsyncConnection, connection: Connection, mapping: Mapping, order: WarehouseOrder, now: datetime
) -> bool:
    """Keeps the order as the WMS shows it; whether what a report depends on has changed."""
    settings = connection.settings
    shipment = shipment_of(order, settings.shipments.complete_when, settings.warehouse)
    watch = timedelta(days=settings.shipments.watch_days)
    changed = await deliveries.save(
        db,
        mapping,
        wms_order_id=order.order_id,
        number=order.number,
        back_order_for=order.back_order_for,
        snapshot=order.raw,
        digest=digest_of(shipment),
        status=order.status_number,
        shipped_at=order.shipped_at,
        watched_until=now + watch if order.status_number >= settings.warehouse.shipped_from_status else None,
        now=now,
    )
    if order.back_order_for is None:
        status = {"warehouse_status": order.status_number, "warehouse_status_text": order.status_text or None}
        await mappings.change(db, mapping.id, now, warehouse_read_at=now, **status)
    return changed


async def queue(
    db: AsyncConnection,
    connection: Connection,
    process: Process,
    mapping: Mapping,
    now: datetime,
    *,
    part_id: int | None = None,
    lane: str | None = None,
) -> int:
    """One job row for each (connection, process, record), as on the way in: a newer state raises its generation."""
    same = (jobs.c.connection_id == connection.id, jobs.c.process == process, jobs.c.source_id == mapping.source_id)
    job = (await db.execute(select(jobs).where(*same).with_for_update())).first()
    if job is None:
        job_id, generation = await _insert(db, connection, process, mapping, lane or shop_lane(connection.id), now), 1
    else:
        job_id, generation = job.id, job.generation + 1
        again = (
            {}
            if job.state in ("waiting", "running", "parked")
            else {"state": "waiting", "ready_at": now, "due_at": None, "tries": 0}
        )
        await db.execute(update(jobs).where(jobs.c.id == job.id).values(generation=generation, updated_at=now, **again))
    if part_id is not None:
        await db.execute(
            insert(run_items).values(part_id=part_id, job_id=job_id, generation=generation, source_id=mapping.source_id)
        )
    return job_id


async def _insert(
    db: AsyncConnection, connection: Connection, process: Process, mapping: Mapping, lane: str, now: datetime
) -> int:
    job_id: int | None = await db.scalar(
        insert(jobs)
        .values(
            connection_id=connection.id,
            process=process,
            source_id=mapping.source_id,
            mapping_id=mapping.id,
            lane=lane,
            state="waiting",
            priority=1,
            generation=1,
            ready_at=now,
            number=mapping.number,
            schema_version=SCHEMA_VERSION,
            settings_version=connection.settings_version,
            found_by=FoundBy.POLL,
            created_at=now,
            updated_at=now,
        )
        .returning(jobs.c.id)
    )
    assert job_id is not None
    return job_id
