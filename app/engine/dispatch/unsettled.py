"""Writes to the WMS whose outcome is not known.

That a write's outcome is not known is a fact about the record, kept in its mapping (`unsettled_attempt_id`). Whatever becomes
of the job, only a read of the WMS settles it, or a later write for the same record that was answered well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core.attempts import close_unknown, over_at
from app.flows.articles import PUT_ARTICLE
from app.flows.orders import CANCEL_ORDER, PUT_ORDER
from app.flows.outcomes import UnknownWrite
from app.flows.purchases.orders import CANCEL_PURCHASE_ORDER, PUT_PURCHASE_ORDER
from app.records import mappings
from app.records.connection_lanes import goods_owner_of
from app.records.jobs import Job
from app.records.mappings import Mapping
from app.storage.tables import attempts
from app.storage.tables import mappings as mapping_rows
from app.storage.types import db_now

OWN_WRITES: dict[Process, tuple[str, ...]] = {
    Process.ORDERS: (PUT_ORDER, CANCEL_ORDER),
    Process.ARTICLES: (PUT_ARTICLE,),
    Process.SUPPLIERS: (),
    Process.PURCHASE_ORDERS: (PUT_PURCHASE_ORDER, CANCEL_PURCHASE_ORDER),
}
"""The calls that write the record itself. An article that is made for an order is not the order's."""
NOT_DONE = ("refused", "rate-limited", "login-refused")
"""Results of a write that was surely not done."""


@dataclass(frozen=True)
class Unsettled:
    """`write`: the record's write whose outcome is not known. `wait_until` (UTC): a call may be under way until then."""

    write: UnknownWrite | None = None
    wait_until: datetime | None = None


async def look(db: AsyncConnection, job: Job, mapping: Mapping, lane: str, now: datetime) -> Unsettled:
    """Finds the write of this record whose outcome is not known, and stores in the mapping that it is not.

    `lane`: the connection's, as it is now. An attempt without a result belongs to a worker that ended. Its call may still be
    under way until its time is over. An attempt with a result that is newer than the last generation that ended succeeded just
    before its worker ended.
    """
    newest = await _first(db, _with_now().where(attempts.c.job_id == job.id).order_by(attempts.c.id.desc()).limit(1))
    if newest is not None and newest.over_at is not None and newest.over_at > newest.now:
        return Unsettled(wait_until=newest.over_at)
    found = newest if newest is not None and newest.is_unknown(job) else None
    if found is not None and found.id != mapping.unsettled_attempt_id:
        await mappings.change(db, mapping.id, now, unsettled_attempt_id=found.id)
    if newest is not None and newest.over_at is not None:
        await close_unknown(db, attempts.c.job_id == job.id)
    if job.process not in OWN_WRITES or (found is None and mapping.unsettled_attempt_id is None):
        return Unsettled()
    found = found or await _first(db, _with_now().where(attempts.c.id == mapping.unsettled_attempt_id))
    if found is None:
        return Unsettled(UnknownWrite("", None))  # retention has deleted it: nothing is left of it but that it was made
    return Unsettled(UnknownWrite(found.call, found.request, elsewhere=goods_owner_of(found.lane) != goods_owner_of(lane)))


@dataclass(frozen=True)
class _Attempt:
    """`over_at`: when the call of an attempt without a result must be over; None when it has a result. Times in UTC."""

    id: int
    call: str
    request: dict[str, Any] | None
    lane: str
    generation: int
    result: str | None
    over_at: datetime | None
    now: datetime

    def is_unknown(self, job: Job) -> bool:
        if not is_own(job.process, self.call):
            return False
        return self.over_at is not None or (self.generation > job.done_generation and self.result not in NOT_DONE)


def _with_now() -> Select[Any]:
    return select(attempts, db_now().label("now"))


async def _first(db: AsyncConnection, query: Select[Any]) -> _Attempt | None:
    row = (await db.execute(query)).first()
    if row is None:
        return None
    over = over_at(row.started_at, row.timeout_seconds) if row.finished_at is None else None
    return _Attempt(row.id, row.call, row.request, row.lane, row.generation, row.result, over, row.now)


def is_own(process: Process, call: str) -> bool:
    """Whether the call writes the record of such a job itself."""
    return call in OWN_WRITES.get(process, ())


def newest_of(job_id: int, process: Process, done_generation: int) -> ColumnElement[Any]:
    """For an update of the mapping: the job's newest write whose outcome is not known, else what stands there."""
    unknown = or_(
        attempts.c.finished_at.is_(None),
        (attempts.c.generation > done_generation) & attempts.c.result.not_in(NOT_DONE),
    )
    own = attempts.c.call.in_(OWN_WRITES.get(process, ()))
    newest = select(func.max(attempts.c.id)).where(attempts.c.job_id == job_id, own, unknown)
    return func.coalesce(newest.scalar_subquery(), mapping_rows.c.unsettled_attempt_id)


async def attempt_of(db: AsyncConnection, job: Job) -> int | None:
    """The attempt of the record's newest write whose outcome is not known, stored in the mapping or not."""
    newest = select(newest_of(job.id, job.process, job.done_generation)).where(mapping_rows.c.id == job.mapping_id)
    found: int | None = await db.scalar(newest)
    return found


async def may_have_sent(db: AsyncConnection, mapping_id: int, call: str) -> bool:
    """Whether the record was ever sent with this call, and not refused."""
    not_refused = or_(attempts.c.result.is_(None), attempts.c.result.not_in(NOT_DONE))
    query = select(attempts.c.id).where(attempts.c.mapping_id == mapping_id, attempts.c.call == call, not_refused)
    return await db.scalar(query.limit(1)) is not None


async def may_be_under_way(db: AsyncConnection, job_id: int, now: datetime) -> bool:
    """Whether the job's last write may still be worked on by the other side although its answer was given up.

    Looked up too early it would not be found, and a note or a refund would be made twice.
    """
    query = select(attempts.c.result, attempts.c.finished_at, attempts.c.timeout_seconds).where(attempts.c.job_id == job_id)
    row = (await db.execute(query.order_by(attempts.c.id.desc()).limit(1))).first()
    if row is None or row.result == "ok" or row.result in NOT_DONE:
        return False
    return row.finished_at is None or over_at(row.finished_at, row.timeout_seconds) > now
