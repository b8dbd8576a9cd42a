"""Queues what the shop or the WMS is to be told: shipments, returns, notes, acknowledgements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.domain.record import SCHEMA_VERSION
from app.engine.jobs.enqueue import ACTIVE, FoundBy
from app.engine.jobs.job_rows import JobKey, upsert_job
from app.records.connections import Connection, shop_lane
from app.records.jobs import Job
from app.records.mappings import Mapping


async def enqueue_report(
    db: AsyncConnection, connection: Connection, process: Process, mapping: Mapping, now: datetime, *, part_id: int | None = None
) -> None:
    """Queues a report in the shop's lane, or in the WMS's own for what the WMS is told.

    It holds no record: its content is read when it is sent.
    """
    lane = connection.lane if process is Process.ACKNOWLEDGEMENTS else shop_lane(connection.id)
    new = {
        "mapping_id": mapping.id,
        "lane": lane,
        "state": JobState.WAITING,
        "priority": 1,
        "number": mapping.number,
        "schema_version": SCHEMA_VERSION,
        "settings_version": connection.settings_version,
        "found_by": FoundBy.POLL,
    }

    def again(job: Job) -> dict[str, Any]:
        if job.state in ACTIVE:
            return {}
        return {"state": JobState.WAITING.after(job.state), "ready_at": now, "due_at": None, "tries": 0}

    await upsert_job(db, JobKey(connection.id, process, mapping.source_id), new, again, now, part_id)
