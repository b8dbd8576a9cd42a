"""Maps what a source gave to what the warehouse is sent, with the connection's settings as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from app.domain import Order, Process, Record, ShopState, SourceRecord, from_payload
from app.domain.record import SCHEMA_VERSION
from app.engine.core.runtime import Gateway
from app.integrations.protocol.source import KnowsWhatLacks
from app.records.connections import Connection
from app.records.jobs import Job
from app.storage.tables import jobs

_OURS = "_gateway_"
"""What the keys begin with that we have added to a source."""
GONE = "_gateway_gone"
"""Marks a stored source whose record the shop has deleted for good."""


async def enriched(gateway: Gateway, connection: Connection, record: SourceRecord) -> SourceRecord:
    """Returns the record with the extra data that mapping needs. Raises RemoteError.

    Takes it from the stored source if the resource is the same, which saves the shop a call.
    """
    (complete,) = await completed(gateway, connection, [record])
    return complete or await gateway.source(connection).enrich(record)


async def completed(gateway: Gateway, connection: Connection, records: Sequence[SourceRecord]) -> list[SourceRecord | None]:
    """Returns the records with what mapping needs, without asking the source; None for those about which it must be asked.

    A stored source of the same resource has it, unless the system refused a part of it then.
    """
    source = gateway.source(connection)

    def lacks(record: SourceRecord) -> bool:
        return not isinstance(source, KnowsWhatLacks) or source.lacks(record)

    lacking = [each for each in records if lacks(each)]
    stored = await _stored_sources(gateway, connection, lacking) if lacking else {}

    def whole(record: SourceRecord) -> SourceRecord | None:
        found = _with(stored.get((record.process, record.source_id)), record)
        lacks_again = found is not None and isinstance(source, KnowsWhatLacks) and source.lacks(found)
        return None if lacks_again else found

    missing = {id(each) for each in lacking}
    return [whole(each) if id(each) in missing else each for each in records]


def _with(stored: dict[str, Any] | None, record: SourceRecord) -> SourceRecord | None:
    """The record as it is stored, with what belongs beside it; None when another version is."""
    if stored is None or {key: value for key, value in stored.items() if not key.startswith(_OURS)} != record.body:
        return None
    return replace(record, body={key: value for key, value in stored.items() if key != GONE})


async def _stored_sources(
    gateway: Gateway, connection: Connection, records: Sequence[SourceRecord]
) -> dict[tuple[str, str], dict[str, Any]]:
    wanted: dict[Process, list[str]] = {}
    for each in records:
        wanted.setdefault(each.process, []).append(each.source_id)
    same = [and_(jobs.c.process == process, jobs.c.source_id.in_(source_ids)) for process, source_ids in wanted.items()]
    query = select(jobs.c.process, jobs.c.source_id, jobs.c.source).where(jobs.c.connection_id == connection.id, or_(*same))
    async with gateway.database.read() as db:
        rows = await db.execute(query.where(jobs.c.source.is_not(None)))
        return {(row.process, row.source_id): row.source for row in rows}


def map_record(connection: Connection, record: SourceRecord) -> Record:
    if record.process is Process.PURCHASE_ORDERS:
        return from_payload(record.process, record.body)  # callers give it in our own words
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
    source = job.payload if job.process is Process.PURCHASE_ORDERS else job.source
    assert source is not None, f"job {job.id} has lost its source"
    record = SourceRecord(job.process, job.source_id, datetime.fromisoformat(modified) if modified else None, source)
    return map_record(connection, record)
