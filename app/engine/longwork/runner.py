"""Works on a long work, a slice at a time, and ends it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.core.pace import in_background
from app.engine.core.queue import LongWork, Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.longwork import backfill
from app.engine.longwork.adopt import steps as adoption
from app.engine.longwork.reconcile import steps
from app.engine.longwork.slices import Interrupted, Slice
from app.errors import BadInput, LeaseLost, LoginRefused, NotFound, Paced, RateLimited, Refused, RemoteError
from app.logs import get_logger
from app.records.connections import Status
from app.records.longwork import works
from app.records.longwork.works import BEFORE_ACTIVATION, WorkKind, WorkState
from app.storage.outages import is_passing

log = get_logger(__name__)

MOST_FAILURES = 20
"""After so many slices in a row that an outside system has ended, the work has failed."""
LONGEST_PAUSE_SECONDS = 60.0

WORKS: dict[WorkKind, Callable[[Slice], Awaitable[bool]]] = {
    WorkKind.RECONCILE: steps.reconcile,
    WorkKind.BACKFILL: backfill.work,
    WorkKind.ADOPT: adoption.adopt,
}
"""Each works until it is done or the slice is over. Returns whether it is done."""


async def work_on(gateway: Gateway, key: str) -> None:
    """Works on it for a slice, unless somebody else does, it is paused, or it waits."""
    named = LongWork.of(key)
    lease = await leases.acquire(gateway.database, f"{Task.LONG_WORK.value}:{key}", gateway.settings.lease_seconds)
    if lease is None:
        return
    more = False
    try:
        async with leases.kept(gateway.database, lease):
            more = await _slice(gateway, named.work_id, lease)
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
    finally:
        await leases.release(gateway.database, lease)
    if more and not gateway.stopping:
        await gateway.wake_ups.send(Task.LONG_WORK, key)


async def _slice(gateway: Gateway, work_id: int, lease: Lease) -> bool:
    """Returns whether the next slice may begin at once."""
    now = gateway.clock()
    async with gateway.database.read() as db:
        work = await works.find(db, work_id)
    if work is None or work.state not in works.TO_WORK or (work.due_at is not None and work.due_at > now):
        return False
    try:
        connection = await gateway.connection_now(work.connection_id)
    except NotFound:
        return False
    if connection.status is not Status.ACTIVE and work.kind not in BEFORE_ACTIVATION:
        return False
    in_background.set(True)  # of this task: what came in just now goes first
    run = Slice(gateway, connection, work, lease, time.monotonic() + gateway.settings.slice_seconds)
    with structlog.contextvars.bound_contextvars(work=work.id, connection=connection.name):
        try:
            if work.started_at is None:
                await run.save(work.place, started_at=now)
            done = await WORKS[work.kind](run)
        except Interrupted:
            return False
        except LeaseLost:
            raise
        except RemoteError as error:
            await _after_failure(run, error)
            return False
        except Exception as error:
            if is_passing(error):
                raise  # the database is away: it goes on when that is back
            await _not_understood(run, error)
            return False
        if done:
            await _end(run, WorkState.DONE)
            return False
    return await _next(run)


async def _next(run: Slice) -> bool:
    if run.waits is None:
        return True
    async with run.gateway.database.begin() as db:
        due_at = run.gateway.clock() + timedelta(seconds=run.waits)
        await works.change(db, run.work.id, *works.TO_WORK, due_at=due_at)
    return False


async def _after_failure(run: Slice, error: RemoteError) -> None:
    """It goes on later where it is, unless that would not help."""
    log.warning("long_work_waits", error=type(error).__name__, status=error.status)
    failures = run.work.failures + (not isinstance(error, Paced))
    if isinstance(error, LoginRefused | Refused) or failures >= MOST_FAILURES:
        await _end(run, WorkState.FAILED, error.message)
        return
    pause = pause_before(failures, run.gateway.settings.retry_base_seconds, LONGEST_PAUSE_SECONDS)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        pause = max(pause, timedelta(seconds=error.retry_after))
    due_at = run.gateway.clock() + pause
    async with run.gateway.database.begin() as db:
        await works.change(db, run.work.id, *works.TO_WORK, failures=failures, error=error.message, due_at=due_at)


async def _not_understood(run: Slice, error: Exception) -> None:
    if isinstance(error, BadInput):
        words = error.message
    else:
        log.error("long_work_not_understood", exc_info=error)
        words = f"The gateway met something it did not expect ({type(error).__name__}); its log has the details"
    await _end(run, WorkState.FAILED, words)


async def _end(run: Slice, state: WorkState, error: str | None = None) -> None:
    now = run.gateway.clock()
    async with run.gateway.database.begin() as db:
        ended = await works.change(db, run.work.id, *works.TO_WORK, state=state, error=error, finished_at=now, due_at=None)
        if ended:
            await backfill.end_part(db, run.work, now)
