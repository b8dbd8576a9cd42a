"""The calls of one claimed job: recorded as attempts, and remembered for how the job ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core.attempts import About, Begun, RecordedCalls, is_unknown, over_at, result_of
from app.engine.core.leases import renew
from app.engine.jobs.claim import ClaimedJob
from app.errors import RemoteError
from app.flows.outcomes import UnknownWrite
from app.metrics import ATTEMPTS
from app.records.connections import Connection
from app.records.jobs import Job
from app.storage.tables import attempts
from app.storage.types import db_now

T = TypeVar("T")


def about(claimed: ClaimedJob, mapping_id: int) -> About:
    return About(claimed.job.id, mapping_id, claimed.job.taken_generation)


@dataclass
class JobCalls(RecordedCalls):
    """The calls that one job makes to one outside system while it is claimed."""

    connection: Connection
    claimed: ClaimedJob
    mapping_id: int
    unknown_write: UnknownWrite | None
    released: bool
    outcome_unknown: bool = False
    """The job sent a write whose outcome is not known."""
    was_answered: bool = False
    """A call of this job went well."""
    is_down: bool = False
    """The method's circuit is open and no call of this job went well: the WMS is down, whatever the record."""
    notes: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def noun(self) -> str:
        """What people call the connection's system: shop, ERP."""
        return self.connection.system.noun

    async def read(self, call: str, do: Callable[[], Awaitable[T]]) -> T:
        async with self.gateway.database.begin() as db:
            await renew(db, self.lease)
            await self.refuse_blocked(db, call)
        try:
            answer = await do()
        except RemoteError as error:
            async with self.gateway.database.begin() as db:
                self._remember(await self.count(db, call, error))
            raise
        self.was_answered = True
        async with self.gateway.database.begin() as db:
            await self.count(db, call, None)
        return answer

    async def write(self, call: str, request: Mapping[str, Any] | None, do: Callable[[], Awaitable[T]]) -> T:
        async with self.gateway.database.begin() as db:
            begun = await self.begin(db, call, request)
        try:
            answer = await self.send(begun, do)
        except RemoteError as error:
            await self._ended(begun, error, None)
            raise
        await self._ended(begun, None, answer)
        return answer

    async def _ended(self, begun: Begun, error: RemoteError | None, answer: object) -> None:
        self.outcome_unknown = is_unknown(error)
        async with self.gateway.database.begin() as db:
            self._remember(await self.end(db, begun, error, answer))
        self.was_answered |= error is None
        ATTEMPTS.labels(begun.call, result_of(error)).inc()
        said = begun.call.replace(" shop ", f" {self.noun} ")  # for people; the recorded call keeps its name
        self.notes.append((said, result_of(error), begun.attempt_id))

    def _remember(self, used_up: bool) -> None:
        self.is_down |= used_up and not self.was_answered


async def find_unknown_write(db: AsyncConnection, job: Job) -> tuple[UnknownWrite | None, datetime | None]:
    """Returns the job's last write if its outcome was never stored, and until when it may not be looked up yet.

    An attempt without a result belongs to a worker that ended. Its call may still be under way until its time is over. An attempt
    with a result that is newer than the last generation that ended succeeded just before its worker ended.
    """
    newest = select(attempts, db_now().label("now")).where(attempts.c.job_id == job.id).order_by(attempts.c.id.desc())
    row = (await db.execute(newest.limit(1))).first()
    if row is None or row.generation <= job.done_generation or row.result in ("refused", "rate-limited", "login-refused"):
        return None, None
    unknown_write = UnknownWrite(row.call, row.request)
    if row.finished_at is not None:
        return unknown_write, None
    over = over_at(row.started_at, row.timeout_seconds)
    return unknown_write, over if over > row.now else None
