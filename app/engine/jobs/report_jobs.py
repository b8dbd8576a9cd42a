"""Queues what the shop or the WMS is to be told: shipments, returns, notes, statuses after an import, acknowledgements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.domain.record import SCHEMA_VERSION
from app.engine.core.circuit import TO_SHOP
from app.engine.jobs.changes import ACTIVE, FoundBy
from app.engine.jobs.job_rows import AGAIN, JobKey, upsert_job
from app.records import mappings
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.records.jobs import Job, locked_of_mapping
from app.records.mappings import Mapping, Note
from app.storage.tables import jobs


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


async def tell_again(db: AsyncConnection, mapping_ids: Sequence[int], now: datetime) -> None:
    """Reports that were refused have another try: their orders have changed. The mappings must be locked."""
    theirs = (jobs.c.mapping_id.in_(mapping_ids), jobs.c.process.in_(TO_SHOP), jobs.c.reason_code == "refused")
    is_dead = jobs.c.state.in_(JobState.WAITING.sources(JobState.DEAD))
    await db.execute(update(jobs).where(*theirs, is_dead).values(**AGAIN, ready_at=now, updated_at=now))


async def close_short(db: AsyncConnection, mapping_id: int, words: str, now: datetime) -> bool:
    """Has a partly sent order completed in the shop with what was sent. Returns False while it is being reported.

    `words` go into the history. The mapping must be locked.
    """
    found = [each for each in await locked_of_mapping(db, mapping_id) if each.process == Process.SHIPMENTS]
    is_idle = jobs.c.state.in_(JobState.WAITING.sources(JobState.DONE, JobState.PARKED, JobState.HELD, JobState.DEAD))
    again = {**AGAIN, "override": "release", "ready_at": now, "updated_at": now}
    done = await db.execute(update(jobs).where(jobs.c.id.in_([each.id for each in found]), is_idle).values(**again))
    if done.rowcount:
        await mappings.note(db, mapping_id, now, Note("closed-short", words, job_id=found[0].id))
    return bool(done.rowcount)
