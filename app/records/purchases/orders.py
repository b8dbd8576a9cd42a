"""Purchase orders for reading: each has one job, which holds what was put last, and one mapping, which says where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process, PurchaseOrder, from_payload
from app.records import mappings as mapping_rows
from app.records.jobs import Job, opened
from app.records.mappings import Mapping
from app.storage.newest import Look, connection_ids, newest
from app.storage.tables import jobs, mappings
from app.storage.types import spelled

NEVER_SENT = "none"
"""The transfer of one that was not sent, and will not be."""
CANCELLATION, OPEN = 0, 1
"""The priorities of their jobs: taken back by the caller, or not."""


class PurchaseState(StrEnum):
    """How far a purchase order has come."""

    WAITING = "waiting"
    """Waits for its turn, or for another try."""
    TRANSFERRED = "transferred"
    HELD = "held"
    """Waits for a person, for an article or for another body."""
    REFUSED = "refused"
    """The WMS said no, or it was given up: a dead letter."""
    CANCELLED = "cancelled"
    RESOLVED = "resolved"
    """An operator has settled it before it was in the warehouse."""


_JOB_STATES: dict[PurchaseState, tuple[JobState, ...]] = {
    PurchaseState.WAITING: (JobState.WAITING, JobState.PARKED, JobState.RUNNING),
    PurchaseState.HELD: (JobState.HELD,),
    PurchaseState.REFUSED: (JobState.DEAD,),
    PurchaseState.TRANSFERRED: (JobState.DONE,),
    PurchaseState.RESOLVED: (JobState.DONE,),
    PurchaseState.CANCELLED: (JobState.DONE,),
}


@dataclass(frozen=True)
class Listed:
    """One purchase order: what was put last, and where it is."""

    mapping: Mapping
    job: Job

    @property
    def content(self) -> PurchaseOrder:
        """Without lines once a person's data in it was erased."""
        if self.job.payload is None:
            number = self.job.source_id
            return PurchaseOrder(number, number, (), is_cancelled=self.is_cancelled)
        order = from_payload(Process.PURCHASE_ORDERS, self.job.payload)
        assert isinstance(order, PurchaseOrder)
        return order

    @property
    def is_cancelled(self) -> bool:
        """Whether its caller has taken it back."""
        return self.job.priority == CANCELLATION

    @property
    def state(self) -> PurchaseState:
        for state in (PurchaseState.WAITING, PurchaseState.HELD, PurchaseState.REFUSED):
            if self.job.state in _JOB_STATES[state]:
                return state
        if self.is_cancelled:
            return PurchaseState.CANCELLED
        return PurchaseState.RESOLVED if self.mapping.transfer == NEVER_SENT else PurchaseState.TRANSFERRED

    @property
    def reason_code(self) -> str | None:
        """Why it is where it is. While it waits for another try, that is why the last one failed."""
        return self.job.reason_code or self.mapping.reason_code

    @property
    def reason(self) -> str | None:
        return self.job.reason or self.mapping.reason


@dataclass(frozen=True)
class Filter:
    """Which purchase orders to list; None does not limit. `number`: exactly this one."""

    connection_ids: Sequence[str] | None = None
    state: PurchaseState | None = None
    number: str | None = None


_MINE = jobs.c.process == spelled(Process.PURCHASE_ORDERS.value)[0]


async def find(db: AsyncConnection, connection_id: str, number: str) -> Listed | None:
    query = select(jobs).where(jobs.c.connection_id == connection_id, _MINE, jobs.c.source_id == number)
    found = await _with_mappings(db, query)
    return found[0] if found else None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[Listed]:
    """Newest first, by the ids of their jobs."""
    of_them = await connection_ids(db, chosen.connection_ids)
    looks = [look for each in of_them for look in _looks(each, chosen)]
    ids = await newest(db, jobs.c.id, looks, tuple(_also(chosen)), before=before, limit=limit) if looks else []
    found = await _with_mappings(db, select(jobs).where(jobs.c.id.in_(ids))) if ids else []
    return sorted(found, key=lambda each: each.job.id, reverse=True)


def _looks(connection_id: str, chosen: Filter) -> Iterator[Look]:
    """Each is answered by the index of purchase orders, whatever else has jobs. By number, the connection's own record is one."""
    mine = (jobs.c.connection_id == connection_id, _MINE)
    if chosen.number is not None:
        yield (*mine, jobs.c.source_id == chosen.number)
        return
    states = JobState if chosen.state is None else _JOB_STATES[chosen.state]
    priorities: tuple[int, ...] = (OPEN, CANCELLATION)
    if chosen.state in (PurchaseState.TRANSFERRED, PurchaseState.RESOLVED):
        priorities = (OPEN,)
    elif chosen.state is PurchaseState.CANCELLED:
        priorities = (CANCELLATION,)
    for state in states:
        for priority in priorities:
            yield (*mine, jobs.c.state == state, jobs.c.priority == priority)


def _also(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    """What the index does not say."""
    if chosen.number is not None and chosen.state is not None:
        yield jobs.c.state.in_(_JOB_STATES[chosen.state])
    if chosen.state in (PurchaseState.TRANSFERRED, PurchaseState.RESOLVED):
        never_sent = jobs.c.mapping_id.in_(
            select(mappings.c.id).where(mappings.c.id == jobs.c.mapping_id, mappings.c.transfer == NEVER_SENT)
        )
        yield never_sent if chosen.state is PurchaseState.RESOLVED else ~never_sent
        yield jobs.c.priority == OPEN
    if chosen.state is PurchaseState.CANCELLED:
        yield jobs.c.priority == CANCELLATION


async def _with_mappings(db: AsyncConnection, query: Select[tuple[object, ...]]) -> list[Listed]:
    found = [opened(row) for row in await db.execute(query)]
    theirs = {each.id: each for each in await mapping_rows.of_ids(db, [job.mapping_id for job in found])}
    return [Listed(theirs[job.mapping_id], job) for job in found]
