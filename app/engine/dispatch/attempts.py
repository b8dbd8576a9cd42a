"""Calls fenced by attempts: none while a transaction is open; an attempt is committed before a write, its result after it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core import circuit, failpoints
from app.engine.core.leases import LEASE_PER_CALL, renew
from app.engine.core.runtime import Gateway
from app.engine.jobs.claim import ClaimedJob
from app.errors import LeaseLost, LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
from app.flows.outcomes import Unsettled
from app.metrics import ATTEMPTS
from app.records.connections import Connection
from app.records.jobs import Job
from app.storage.tables import attempts
from app.storage.types import db_now
from app.warehouse.rest.client import Written

T = TypeVar("T")
ANSWER_CHARACTERS = 4000
RESULTS: tuple[tuple[type[RemoteError], str], ...] = (
    (RateLimited, "rate-limited"),
    (LoginRefused, "login-refused"),
    (Malformed, "malformed"),
    (Refused, "refused"),
    (Unavailable, "unavailable"),
)


class Blocked(RemoteError):
    """The method's failure budget is used up until `until` (UTC); nothing was sent."""

    def __init__(self, system: str, call: str, until: datetime) -> None:
        super().__init__(f"{call} is paused until {until:%H:%M:%S} UTC", system=system, call=call)
        self.until = until


@dataclass
class RecordedCalls:
    """The calls of one turn of one job to one outside system.

    `budget` names whose failures are counted together; no call takes longer than `call_timeout_seconds`.
    """

    gateway: Gateway
    connection: Connection
    claimed: ClaimedJob
    mapping_id: int
    system: str
    budget: str
    call_timeout_seconds: float
    unsettled: Unsettled | None
    released: bool
    outcome_unknown: bool = False
    """A write was sent in this turn and its outcome is not known."""
    was_answered: bool = False
    """A call of this turn went well."""
    is_down: bool = False
    """The method's failure budget is used up and nothing went well in this turn: it is not this record that the WMS fails on."""
    notes: list[tuple[str, str, int]] = field(default_factory=list)

    async def read(self, call: str, do: Callable[[], Awaitable[T]]) -> T:
        key = circuit.key_for(self.budget, call)
        async with self.gateway.database.begin() as db:
            await renew(db, self.claimed.lease)
            await self._refuse_blocked(db, call, key)
        try:
            answer = await do()
        except RemoteError as error:
            async with self.gateway.database.begin() as db:
                await self._count_failure(db, key, error)
            raise
        self.was_answered = True
        async with self.gateway.database.begin() as db:
            await circuit.succeeded(db, key, self.gateway.clock())
        return answer

    async def write(self, call: str, request: Mapping[str, Any] | None, do: Callable[[], Awaitable[T]]) -> T:
        key = circuit.key_for(self.budget, call)
        # A connection may allow its WMS more time than a lease usually lasts; the lease outlives the call all the same.
        lasts = max(self.claimed.lease.seconds, self.call_timeout_seconds * LEASE_PER_CALL)
        lasts_until = time.monotonic() + lasts
        async with self.gateway.database.begin() as db:
            await renew(db, self.claimed.lease, at_least=lasts)
            await self._refuse_blocked(db, call, key)
            attempt_id = await self._open_attempt(db, call, request)
        failpoints.hit("attempt-after-commit")
        # Looked at once more, by a clock of our own: whoever froze here for a while must not send what another has sent since.
        if time.monotonic() + self.call_timeout_seconds > lasts_until:
            raise LeaseLost(f"the lease on {self.claimed.lease.key} may run out before {call} is over")
        try:
            answer = await do()
        except RemoteError as error:
            await self._close_attempt(attempt_id, key, call, error, None)
            raise
        failpoints.hit("call-after-answer")
        await self._close_attempt(attempt_id, key, call, None, answer)
        return answer

    async def _refuse_blocked(self, db: AsyncConnection, call: str, key: str) -> None:
        until = await circuit.blocked_until(db, [key], self.gateway.clock())
        if until is not None:
            raise Blocked(self.system, call, until)

    async def _open_attempt(self, db: AsyncConnection, call: str, request: Mapping[str, Any] | None) -> int:
        attempt_id: int | None = await db.scalar(
            insert(attempts)
            .values(
                job_id=self.claimed.job.id,
                mapping_id=self.mapping_id,
                lane=self.claimed.lease.key,
                fence=self.claimed.lease.fence,
                generation=self.claimed.job.taken_generation,
                call=call,
                request=dict(request) if request is not None else None,
                started_at=db_now(),
                timeout_seconds=self.call_timeout_seconds,
            )
            .returning(attempts.c.id)
        )
        assert attempt_id is not None
        return attempt_id

    async def _close_attempt(self, attempt_id: int, key: str, call: str, error: RemoteError | None, answer: Any) -> None:
        result = "ok" if error is None else next(name for kind, name in RESULTS if isinstance(error, kind))
        # An answer that never came, or came garbled, may have been preceded by the write.
        self.outcome_unknown = isinstance(error, Malformed) or (isinstance(error, Unavailable) and error.sent)
        status = error.status if error else (answer.status if isinstance(answer, Written) else None)
        words = _words(error, answer)
        async with self.gateway.database.begin() as db:
            await db.execute(
                update(attempts)
                .where(attempts.c.id == attempt_id, attempts.c.finished_at.is_(None))
                .values(finished_at=db_now(), result=result, status=status, answer=words)
            )
            if error is None:
                await circuit.succeeded(db, key, self.gateway.clock())
            else:
                await self._count_failure(db, key, error)
        self.was_answered |= error is None
        ATTEMPTS.labels(call, result).inc()
        self.notes.append((call, result, attempt_id))

    async def _count_failure(self, db: AsyncConnection, key: str, error: RemoteError) -> None:
        lane, now = self.claimed.lease.key, self.gateway.clock()
        used_up = await circuit.count_failure(db, key, lane, error, now, self.gateway.settings) is not None
        self.is_down |= used_up and not self.was_answered


def _words(error: RemoteError | None, answer: Any) -> str | None:
    if error is not None:
        return (error.answer or error.message)[:ANSWER_CHARACTERS]
    if isinstance(answer, Written):
        return str(answer.answer)[:ANSWER_CHARACTERS]
    return None


async def find_unsettled(db: AsyncConnection, job: Job) -> tuple[Unsettled | None, datetime | None]:
    """The job's last writing call, when what came of it has not been written down; and until when to wait before it may be
    looked at.

    An attempt without a result is one whose worker ended: its call may still be under way until its time is over. One with a
    result that is newer than the generation that was ended last succeeded just before its worker ended.
    """
    newest = select(attempts, db_now().label("now")).where(attempts.c.job_id == job.id).order_by(attempts.c.id.desc())
    row = (await db.execute(newest.limit(1))).first()
    if row is None or row.generation <= job.done_generation or row.result in ("refused", "rate-limited", "login-refused"):
        return None, None
    unsettled = Unsettled(row.call, row.request)
    if row.finished_at is not None:
        return unsettled, None
    over: datetime = row.started_at + timedelta(seconds=row.timeout_seconds)
    return unsettled, over if over > row.now else None


async def close_unknown(db: AsyncConnection, job_id: int) -> None:
    """Marks attempts whose worker ended before the answer came."""
    await db.execute(
        update(attempts)
        .where(attempts.c.job_id == job_id, attempts.c.finished_at.is_(None))
        .values(finished_at=db_now(), result="unknown")
    )
