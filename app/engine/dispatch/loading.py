"""What a job needs to know besides its record: loaded for all jobs that were claimed together, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Process, Supplier
from app.engine.core.attempts import close_unknown, over_at
from app.engine.core.leases import Lease
from app.engine.dispatch.unsettled import OWN_WRITES, is_own
from app.flows.outcomes import UnknownWrite
from app.records.connection_lanes import goods_owner_of
from app.records.jobs import Job
from app.records.mappings import Mapping
from app.records.purchases import suppliers
from app.storage.outbound_tables import reservations
from app.storage.tables import attempts, jobs, mappings, run_items
from app.storage.types import db_now


@dataclass(frozen=True)
class NumberOwner:
    """Whose a WMS number is."""

    mapping_id: int
    connection_id: str
    kind: Kind
    source_id: str


@dataclass(frozen=True)
class ClaimedJob:
    """A job that was claimed, and the lease under which it was.

    `unknown_write`: a write of its record whose outcome is not known. `wait_until` (UTC): a call of an earlier worker may be
    under way until then. `owner`: who has the job's number in the WMS. `has_run_items`, `has_reservation`: its end changes them.
    `supplier`: that of an article, as the gateway keeps it.
    """

    job: Job
    lease: Lease
    mapping: Mapping
    unknown_write: UnknownWrite | None = None
    wait_until: datetime | None = None
    owner: NumberOwner | None = None
    has_run_items: bool = True
    has_reservation: bool = True
    supplier: Supplier | None = None


_OWNERS = mappings.alias("owners")
_OPEN = attempts.alias("open_attempts")
_UNSETTLED = attempts.alias("unsettled")
_NAMES = [each.name for each in fields(Mapping)]
_LOADED = (
    select(
        *(mappings.c[name].label(f"mapping_{name}") for name in _NAMES),
        jobs.c.id.label("job_id"),
        _OWNERS.c.id.label("owner_id"),
        _OWNERS.c.connection_id.label("owner_connection"),
        _OWNERS.c.kind.label("owner_kind"),
        _OWNERS.c.source_id.label("owner_source"),
        _OPEN.c.id.label("open_id"),
        _OPEN.c.call.label("open_call"),
        _OPEN.c.request.label("open_request"),
        _OPEN.c.lane.label("open_lane"),
        _OPEN.c.started_at.label("open_at"),
        _OPEN.c.timeout_seconds.label("open_seconds"),
        _UNSETTLED.c.call.label("unsettled_call"),
        _UNSETTLED.c.request.label("unsettled_request"),
        _UNSETTLED.c.lane.label("unsettled_lane"),
        exists(select(run_items.c.id).where(run_items.c.job_id == jobs.c.id, run_items.c.outcome.is_(None))).label("has_items"),
        exists(
            select(reservations.c.id).where(
                reservations.c.mapping_id == jobs.c.mapping_id, reservations.c.transferred_at.is_(None)
            )
        ).label("has_reservation"),
        db_now().label("at"),
    )
    .select_from(jobs)
    .join(mappings, mappings.c.id == jobs.c.mapping_id)
    .outerjoin(
        _OWNERS,
        (_OWNERS.c.lane == jobs.c.lane) & (_OWNERS.c.kind == mappings.c.kind) & (_OWNERS.c.number == jobs.c.number),
    )
    .outerjoin(_OPEN, (_OPEN.c.job_id == jobs.c.id) & _OPEN.c.finished_at.is_(None))
    .outerjoin(_UNSETTLED, _UNSETTLED.c.id == mappings.c.unsettled_attempt_id)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
)


async def load(db: AsyncConnection, lease: Lease, taken: Sequence[Job], now: datetime) -> list[ClaimedJob]:
    """Loads what the claimed jobs need, in their order.

    An attempt without a result belongs to a worker that ended. Its call may still be under way until its time is over. After that
    it is closed, and its outcome is unknown: a fact about the mapping.
    """
    if not taken:
        return []
    rows: dict[int, list[Any]] = {job.id: [] for job in taken}
    for row in await db.execute(_LOADED, {"ids": list(rows)}):
        rows[row.job_id].append(row)
    loaded = [_claimed(lease, job, rows[job.id]) for job in taken]
    over = [each.job.id for each in loaded if each.wait_until is None and rows[each.job.id][0].open_id is not None]
    if over:
        await _close(db, [each for each in loaded if each.job.id in over], rows, now)
    return loaded


async def with_suppliers(db: AsyncConnection, loaded: Sequence[ClaimedJob], connection_ids: Collection[str]) -> list[ClaimedJob]:
    """The jobs, the articles of these connections with their suppliers as they are kept now."""
    found = dict[tuple[str, str], Supplier]()
    for connection_id in connection_ids:
        wanted = {
            supplier_id for each in loaded if each.job.connection_id == connection_id if (supplier_id := _supplier_id(each.job))
        }
        kept = await suppliers.find(db, connection_id, wanted)
        found |= {(connection_id, supplier_id): each for supplier_id, each in kept.items()}
    return [replace(each, supplier=found.get((each.job.connection_id, _supplier_id(each.job) or ""))) for each in loaded]


def _supplier_id(job: Job) -> str | None:
    payload: dict[str, Any] = (job.payload or {}) if job.process is Process.ARTICLES else {}
    return payload.get("supplier_id")


def _claimed(lease: Lease, job: Job, rows: Sequence[Any]) -> ClaimedJob:
    first = rows[0]
    mapping = Mapping(**{name: first[number] for number, name in enumerate(_NAMES)})
    overs = [over_at(row.open_at, row.open_seconds) for row in rows if row.open_id is not None]
    owner = None
    if first.owner_id is not None:
        owner = NumberOwner(first.owner_id, first.owner_connection, Kind(first.owner_kind), first.owner_source)
    return ClaimedJob(
        job,
        lease,
        mapping,
        unknown_write=_unknown_write(job, mapping, rows),
        wait_until=max((over for over in overs if over > first.at), default=None),
        owner=owner,
        has_run_items=bool(first.has_items),
        has_reservation=bool(first.has_reservation),
    )


def _own_open(job: Job, rows: Sequence[Any]) -> Any:
    """The newest attempt without a result that wrote the record itself; of a report the newest of all."""
    own = [
        row for row in rows if row.open_id is not None and (job.process not in OWN_WRITES or is_own(job.process, row.open_call))
    ]
    return own[-1] if own else None


def _unknown_write(job: Job, mapping: Mapping, rows: Sequence[Any]) -> UnknownWrite | None:
    newest = _own_open(job, rows)
    if newest is not None:
        return UnknownWrite(
            newest.open_call, newest.open_request, elsewhere=goods_owner_of(newest.open_lane) != goods_owner_of(job.lane)
        )
    if job.process not in OWN_WRITES or mapping.unsettled_attempt_id is None:
        return None
    first = rows[0]
    if first.unsettled_call is None:
        return UnknownWrite("", None)  # retention has deleted it: nothing is left of it but that it was made
    elsewhere = goods_owner_of(first.unsettled_lane) != goods_owner_of(job.lane)
    return UnknownWrite(first.unsettled_call, first.unsettled_request, elsewhere)


async def _close(db: AsyncConnection, over: Sequence[ClaimedJob], rows: dict[int, list[Any]], now: datetime) -> None:
    for each in sorted(over, key=lambda each: each.mapping.id):
        newest = _own_open(each.job, rows[each.job.id])
        if newest is not None and is_own(each.job.process, newest.open_call):
            change = update(mappings).where(mappings.c.id == each.mapping.id)
            await db.execute(change.values(unsettled_attempt_id=newest.open_id, updated_at=now))
    await close_unknown(db, attempts.c.job_id.in_([each.job.id for each in over]))
