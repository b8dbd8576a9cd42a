"""Jobs and their calls, to be looked at. `engine.jobs.enqueue` makes them, `engine.dispatch.lane_worker` works them off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import attempts, connections, jobs

STATES = ("waiting", "parked", "running", "held", "dead", "done")

_SHOWN = [column for column in jobs.c if column.name not in ("source", "payload")]


def _jobs() -> Select[Any]:
    return select(*_SHOWN, connections.c.name.label("connection")).join(connections, connections.c.id == jobs.c.connection_id)


async def search(
    db: AsyncConnection,
    *,
    connection_ids: Sequence[str] | None,
    state: str | None = None,
    process: str | None = None,
    source_id: str | None = None,
    number: str | None = None,
    reason_code: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Row[Any]]:
    """Newest first, without what they carry."""
    query = _jobs().order_by(jobs.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(jobs.c.connection_id.in_(connection_ids))
    for column, value in (
        (jobs.c.state, state),
        (jobs.c.process, process),
        (jobs.c.source_id, source_id),
        (jobs.c.number, number),
        (jobs.c.reason_code, reason_code),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(jobs.c.id < before)
    return list(await db.execute(query))


async def find(db: AsyncConnection, job_id: int) -> Row[Any] | None:
    found: Row[Any] | None = (await db.execute(_jobs().where(jobs.c.id == job_id))).first()
    return found


async def of_mapping(db: AsyncConnection, mapping_id: int) -> list[Row[Any]]:
    """The record's job in each process, oldest first: its own transfer, and what is reported about it."""
    return list(await db.execute(_jobs().where(jobs.c.mapping_id == mapping_id).order_by(jobs.c.id)))


async def payload(db: AsyncConnection, job_id: int) -> dict[str, Any] | None:
    """What the job carries, normalized; None when retention has emptied it."""
    found: dict[str, Any] | None = await db.scalar(select(jobs.c.payload).where(jobs.c.id == job_id))
    return found


async def calls_of_mapping(db: AsyncConnection, mapping_id: int, limit: int) -> list[Row[Any]]:
    """What was sent to the warehouse about one record and what it answered, newest first."""
    return list(
        await db.execute(select(attempts).where(attempts.c.mapping_id == mapping_id).order_by(attempts.c.id.desc()).limit(limit))
    )


async def calls_of_job(db: AsyncConnection, job_id: int, limit: int) -> list[Row[Any]]:
    return list(await db.execute(select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.id.desc()).limit(limit)))
