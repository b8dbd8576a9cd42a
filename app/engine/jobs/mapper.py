"""Maps what a source gave to what the warehouse is sent, with the connection's settings as they are now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.domain import Order, Record, ShopState, SourceRecord, from_payload
from app.domain.record import SCHEMA_VERSION
from app.engine.core.runtime import Gateway
from app.records.connections import Connection
from app.records.jobs import Job
from app.storage.tables import jobs

GONE = "_gateway_gone"
"""Marks a stored source whose record the shop has deleted for good."""


async def enriched(gateway: Gateway, connection: Connection, record: SourceRecord) -> SourceRecord:
    """Returns the record with the extra data that mapping needs.

    Takes it from the stored source if the resource is the same, which saves the shop a call.
    """
    same = (jobs.c.connection_id == connection.id, jobs.c.process == record.process, jobs.c.source_id == record.source_id)
    async with gateway.database.read() as db:
        stored = await db.scalar(select(jobs.c.source).where(*same))
    if stored is not None and {key: value for key, value in stored.items() if not key.startswith("_gateway_")} == record.body:
        return SourceRecord(record.process, record.source_id, record.modified_at, {k: v for k, v in stored.items() if k != GONE})
    return await gateway.source(connection).enrich(record)


def map_record(connection: Connection, record: SourceRecord) -> Record:
    mapped = connection.system.map(record, connection.settings)
    if record.body.get(GONE) and isinstance(mapped, Order):
        return replace(mapped, state=ShopState.GONE, status="deleted")
    return mapped


def payload_of(connection: Connection, job: Job) -> Record:
    """The job's record. It is mapped again from its source when the schema or the connection's settings have changed since."""
    assert job.payload is not None, f"job {job.id} carries no record"
    if job.schema_version == SCHEMA_VERSION and job.settings_version == connection.settings_version:
        return from_payload(job.process, job.payload)
    # A payload of another schema may not fit the class any more: we read only when it was modified.
    modified = job.payload.get("modified_at")
    assert job.source is not None, f"job {job.id} has lost its source"
    record = SourceRecord(job.process, job.source_id, datetime.fromisoformat(modified) if modified else None, job.source)
    return map_record(connection, record)
