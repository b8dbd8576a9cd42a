"""The deep sweep reads every open order by its id. It finds what was deleted for good or put in the trash."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process, SourceRecord
from app.engine.core import leases
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import enqueue
from app.engine.jobs.enqueue import Found, FoundBy
from app.engine.jobs.mapper import enriched
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling import shop_records
from app.records import mappings, runs
from app.records.connections import Connection
from app.records.runs import RunPart

SWEEP_BATCH = 100
SWEPT = (Process.ORDERS, Process.STOCK)
"""Processes whose deep sweep finds what no change announces."""


def has_sweep(connection: Connection, process: Process) -> bool:
    """Whether the process has a deep sweep.

    Orders are read one by one, and their system must be able to do that. Quantities are compared all together.
    """
    return process in SWEPT and (process is not Process.ORDERS or reads_by_id(connection))


async def sweeps(db: AsyncConnection, connection: Connection, process: Process, part: RunPart) -> bool:
    """Whether this part sweeps: a full sync does, and so does a scheduled poll when a deep sweep was due."""
    if part.dry_run or not has_sweep(connection, process):
        return False
    run = await runs.find(db, part.run_id)
    return part.full or (run is not None and bool(run.options.get("sweep")))


async def sweep(part_run: PartRun) -> bool:
    """Reads by its id every order that is open in the warehouse. Returns whether all were read within the slice."""
    gateway, connection = part_run.gateway, part_run.connection
    after = int(part_run.part.cursor.get("swept_to", 0)) if part_run.part.sweeping else 0
    while True:
        async with gateway.database.read() as db:
            batch = await mappings.open_orders(db, connection.id, after, SWEEP_BATCH)
        if not batch:
            return True
        found = await record_source(gateway, connection).read_many(Process.ORDERS, [source_id for _, source_id in batch])
        records = {key: await enriched(gateway, connection, record) if record else None for key, record in found.items()}
        after = batch[-1][0]
        await _store_swept(part_run, records, after)
        if part_run.time_is_up:
            return False


async def _store_swept(part_run: PartRun, records: dict[str, SourceRecord | None], after: int) -> None:
    gateway, connection, now = part_run.gateway, part_run.connection, part_run.gateway.clock()
    async with gateway.database.begin() as db:
        await leases.renew(db, part_run.lease)
        for source_id, record in records.items():
            if record is not None:
                await shop_records.consider(db, part_run, record, FoundBy.SWEEP, read_now=True, now=now)
                continue
            part_run.counts["read"] += 1
            enqueued = await enqueue.enqueue_gone(
                db, connection, Process.ORDERS, source_id, Found(FoundBy.SWEEP, part_id=part_run.part.id, held_by_brake=True), now
            )
            await shop_records.count(db, part_run, enqueued, cancels=True)
        await save_progress(db, part_run, 1, cursor={"swept_to": after}, sweeping=True)


def hours(part_run: PartRun) -> float:
    settings = part_run.connection.settings
    return settings.stock.full_sweep_hours if part_run.process is Process.STOCK else settings.deep_sweep_hours
