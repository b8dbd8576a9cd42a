"""Calls that may be half done, recorded: an attempt is committed before a write, its result after it.

No transaction is open during a call. Whoever finds an attempt without a result knows that its worker ended: the call may still be
under way until its time is over. Jobs of a lane (orders, articles, reports) and batches without a job (stock) are recorded alike.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core import circuit, failpoints
from app.engine.core.leases import LEASE_PER_CALL, Lease, renew
from app.engine.core.runtime import Gateway
from app.errors import LeaseLost, LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
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
    """The method's circuit is open until `until` (UTC); nothing was sent."""

    def __init__(self, system: str, call: str, until: datetime) -> None:
        super().__init__(f"{call} is paused until {until:%H:%M:%S} UTC", system=system, call=call)
        self.until = until


@dataclass(frozen=True)
class About:
    """What a call is for: one generation of a job, or, with none of these, a batch of its lane."""

    job_id: int | None = None
    mapping_id: int | None = None
    generation: int | None = None


@dataclass(frozen=True)
class Begun:
    """A write whose attempt is stored. It must not be sent after `not_after`, by this process's own clock."""

    attempt_id: int
    call: str
    not_after: float


def result_of(error: RemoteError | None) -> str:
    return "ok" if error is None else next(name for kind, name in RESULTS if isinstance(error, kind))


def is_unknown(error: RemoteError | None) -> bool:
    """Whether the write may have been done: its answer never came, or could not be read."""
    return isinstance(error, Malformed) or (isinstance(error, Unavailable) and error.sent)


@dataclass(frozen=True)
class Planned:
    """A write that is about to be made: its attempt is still to be stored."""

    about: About
    call: str
    request: Mapping[str, Any] | None
    timeout_seconds: float


@dataclass(frozen=True)
class EndedCall:
    """A write that was made: its attempt, and its answer or its error."""

    begun: Begun
    error: RemoteError | None
    answer: object = None

    @property
    def result(self) -> str:
        return result_of(self.error)

    @property
    def status(self) -> int | None:
        if self.error is not None:
            return self.error.status
        return self.answer.status if isinstance(self.answer, Written) else None


_OPEN = insert(attempts).values(started_at=db_now()).returning(attempts.c.id, attempts.c.job_id)
_CLOSE = (
    update(attempts)
    .where(attempts.c.id == bindparam("attempt"), attempts.c.finished_at.is_(None))
    .values(finished_at=db_now(), result=bindparam("ended"), status=bindparam("code"), answer=bindparam("said"))
)


async def open_all(db: AsyncConnection, lease: Lease, planned: Sequence[Planned]) -> dict[int, int]:
    """Stores an attempt for each of these writes, at most one a job. Returns the attempts' ids by job."""
    rows = [
        {
            "job_id": each.about.job_id,
            "mapping_id": each.about.mapping_id,
            "lane": lease.key,
            "fence": lease.fence,
            "generation": each.about.generation,
            "call": each.call,
            "request": dict(each.request) if each.request is not None else None,
            "timeout_seconds": each.timeout_seconds,
        }
        for each in planned
    ]
    return {row.job_id: row.id for row in await db.execute(_OPEN, rows)}


async def close_all(db: AsyncConnection, ended: Sequence[EndedCall]) -> None:
    """Stores what came of these writes."""
    rows = [
        {"attempt": each.begun.attempt_id, "ended": each.result, "code": each.status, "said": _words(each.error, each.answer)}
        for each in sorted(ended, key=lambda each: each.begun.attempt_id)
    ]
    if rows:
        await db.execute(_CLOSE, rows)


async def withdraw(db: AsyncConnection, attempt_ids: Sequence[int]) -> None:
    """Removes attempts whose calls were never made."""
    if attempt_ids:
        await db.execute(delete(attempts).where(attempts.c.id.in_(attempt_ids), attempts.c.finished_at.is_(None)))


@dataclass
class RecordedCalls:
    """Writes to one outside system under one lease, in three steps: `begin`, `send`, `end`.

    `counted` names whose failures are counted together; no call takes longer than `call_timeout_seconds`. `is_shop`: the calls
    are the shop's, which locks nobody out.
    """

    gateway: Gateway
    lease: Lease
    system: str
    counted: str
    call_timeout_seconds: float
    about: About
    is_shop: bool

    async def begin(self, db: AsyncConnection, call: str, request: Mapping[str, Any] | None) -> Begun:
        """Stores the attempt in the caller's transaction. The caller commits it before `send`. Raises LeaseLost and Blocked."""
        # A connection may allow its system more time than a lease lasts. The lease must still outlive the call.
        lasts = max(self.lease.seconds, self.call_timeout_seconds * LEASE_PER_CALL)
        not_after = time.monotonic() + lasts - self.call_timeout_seconds
        await renew(db, self.lease, at_least=lasts)
        await self.refuse_blocked(db, call)
        attempt_id: int | None = await db.scalar(
            insert(attempts)
            .values(
                job_id=self.about.job_id,
                mapping_id=self.about.mapping_id,
                lane=self.lease.key,
                fence=self.lease.fence,
                generation=self.about.generation,
                call=call,
                request=dict(request) if request is not None else None,
                started_at=db_now(),
                timeout_seconds=self.call_timeout_seconds,
            )
            .returning(attempts.c.id)
        )
        assert attempt_id is not None
        return Begun(attempt_id, call, not_after)

    async def send(self, begun: Begun, do: Callable[[], Awaitable[T]]) -> T:
        """Makes the call. Raises LeaseLost, with nothing sent, when the lease may run out before the call is over."""
        failpoints.hit("attempt-after-commit")
        # We check the time again, on our own clock. A process that was frozen here must not send what another has sent since.
        if time.monotonic() > begun.not_after:
            raise LeaseLost(f"the lease on {self.lease.key} may run out before {begun.call} is over")
        answer = await do()
        failpoints.hit("call-after-answer")
        return answer

    async def end(self, db: AsyncConnection, begun: Begun, error: RemoteError | None = None, answer: object = None) -> bool:
        """Stores the result in the caller's transaction. Returns whether this failure opened the method's circuit."""
        await close_all(db, [EndedCall(begun, error, answer)])
        return await self.count(db, begun.call, error)

    async def count(self, db: AsyncConnection, call: str, error: RemoteError | None) -> bool:
        """Counts a call once: None for success, or its error. Returns whether this failure opened the method's circuit."""
        key, now = circuit.key_for(self.counted, call), self.gateway.clock()
        if error is None:
            await circuit.succeeded(db, key, now)
            return False
        self.gateway.circuits.forget(self.counted)
        failed = circuit.shop_failed if self.is_shop else circuit.count_failure
        return await failed(db, key, self.lease.key, error, now, self.gateway.settings) is not None

    async def refuse_blocked(self, db: AsyncConnection, call: str) -> None:
        until = await circuit.blocked_until(db, [circuit.key_for(self.counted, call)], self.gateway.clock())
        if until is not None:
            raise Blocked(self.system, call, until)


def _words(error: RemoteError | None, answer: object) -> str | None:
    if error is not None:
        return (error.answer or error.message)[:ANSWER_CHARACTERS]
    if isinstance(answer, Written):
        return str(answer.answer)[:ANSWER_CHARACTERS]
    return None


def over_at(started_at: datetime, timeout_seconds: float) -> datetime:
    """When the call of an attempt without a result must be over at the latest."""
    return started_at + timedelta(seconds=timeout_seconds)


def of_batches(lane: str) -> ColumnElement[bool]:
    """The attempts of a lane that belong to no job."""
    return (attempts.c.lane == lane) & attempts.c.job_id.is_(None)


async def under_way(db: AsyncConnection, which: ColumnElement[bool]) -> datetime | None:
    """Until when a call may still be under way after its worker ended; None when every such call must be over."""
    query = select(attempts.c.started_at, attempts.c.timeout_seconds, db_now().label("now"))
    rows = list(await db.execute(query.where(which, attempts.c.finished_at.is_(None))))
    return max((over for row in rows if (over := over_at(row.started_at, row.timeout_seconds)) > row.now), default=None)


async def close_unknown(db: AsyncConnection, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Marks attempts whose worker ended before the answer came. Returns what they had sent."""
    done = update(attempts).where(which, attempts.c.finished_at.is_(None)).values(finished_at=db_now(), result="unknown")
    return [row.request or {} for row in await db.execute(done.returning(attempts.c.request))]
