"""Returns to be looked at: what was announced and how far it has come, what came back, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.records.returned.keeping import COLUMNS, Refund, ReturnRecord
from app.storage.outbound_tables import return_records
from app.storage.tables import connections, jobs, mappings


class ReturnWay(StrEnum):
    """How goods come back."""

    ORDER = "order"
    RETURN_ORDER = "return-order"
    PURCHASE_ORDER = "purchase-order"


class ReturnState(StrEnum):
    """How far a return has come."""

    WAITING = "waiting"
    """Announced here; it is on its way to the WMS."""
    HELD = "held"
    """Announced here and not sent: nothing of the line was picked yet, or it cannot be."""
    FAILED = "failed"
    """The WMS refused it."""
    ANNOUNCED = "announced"
    """The WMS has it, and nothing has come back yet."""
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    """Something came back."""


@dataclass(frozen=True)
class Filter:
    """Which returns are listed; None: all. `order`: the order's number in the WMS or in the outside system."""

    connection_ids: Sequence[str] | None = None
    number: str | None = None
    order: str | None = None
    way: str | None = None
    refund: Refund | None = None


@dataclass(frozen=True)
class Listed:
    """One return with the names around it. `code` and `reason`: why it is held, waits or was refused."""

    record: ReturnRecord
    connection: str
    order_id: str | None
    source_number: str | None
    state: ReturnState
    code: str | None
    reason: str | None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[Listed]:
    """Searches returns, newest first."""
    query = _query().order_by(return_records.c.id.desc()).limit(limit)
    if chosen.connection_ids is not None:
        query = query.where(return_records.c.connection_id.in_(chosen.connection_ids))
    if chosen.number is not None:
        query = query.where(return_records.c.number == chosen.number)
    if chosen.way is not None:
        query = query.where(return_records.c.way == chosen.way)
    if chosen.refund is not None:
        query = query.where(return_records.c.refund == chosen.refund)
    if chosen.order is not None:
        of_order = mappings.c.number == chosen.order
        named = select(mappings.c.id).where(of_order).union(select(mappings.c.id).where(mappings.c.source_number == chosen.order))
        query = query.where(return_records.c.mapping_id.in_(named))
    if before is not None:
        query = query.where(return_records.c.id < before)
    return [_listed(row) for row in await db.execute(query)]


async def one(db: AsyncConnection, record_id: int) -> Listed:
    """The return with this id, which must be there."""
    return _listed((await db.execute(_query().where(return_records.c.id == record_id))).one())


async def of_order(db: AsyncConnection, mapping_id: int, limit: int = 50) -> list[Listed]:
    """The returns of one order, newest first."""
    query = _query().where(return_records.c.mapping_id == mapping_id).order_by(return_records.c.id.desc()).limit(limit)
    return [_listed(row) for row in await db.execute(query)]


def _query() -> Select[tuple[object, ...]]:
    of_job = and_(
        jobs.c.connection_id == return_records.c.connection_id,
        jobs.c.process == Process.RETURN_ORDERS,
        jobs.c.source_id == return_records.c.number,
        return_records.c.wanted.is_not(None),
    )
    around = return_records.join(connections, connections.c.id == return_records.c.connection_id)
    around = around.outerjoin(mappings, mappings.c.id == return_records.c.mapping_id).outerjoin(jobs, of_job)
    return select(
        *COLUMNS,
        connections.c.name.label("connection"),
        mappings.c.source_id.label("order_id"),
        mappings.c.source_number,
        jobs.c.state.label("job_state"),
        jobs.c.reason_code.label("job_code"),
        jobs.c.reason.label("job_reason"),
    ).select_from(around)


def _listed(row: Row[tuple[object, ...]]) -> Listed:
    values = row._mapping
    record = ReturnRecord(**{column.name: values[column.name] for column in COLUMNS})
    state = _state(record, values["job_state"])
    of_job = state in (ReturnState.WAITING, ReturnState.HELD, ReturnState.FAILED)
    return Listed(
        record,
        values["connection"],
        values["order_id"],
        values["source_number"],
        state,
        values["job_code"] if of_job else None,
        values["job_reason"] if of_job else record.reason,
    )


def _state(record: ReturnRecord, job: str | None) -> ReturnState:
    if record.lines:
        return ReturnState.RETURNED
    if job == JobState.HELD:
        return ReturnState.HELD
    if job == JobState.DEAD:
        return ReturnState.FAILED
    if record.wanted == "absent":
        return ReturnState.WITHDRAWN if record.withdrawn_at is not None else ReturnState.WAITING
    return ReturnState.ANNOUNCED if record.sent_at is not None else ReturnState.WAITING
