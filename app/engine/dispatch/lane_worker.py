"""Works on one lane: one job after the other, as long as the slice lasts and the lease is ours."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import INBOUND, Article, JobState, Order, Process
from app.engine.core import circuit, failpoints, leases
from app.engine.core.attempts import Blocked, close_unknown
from app.engine.core.circuit import CALLS, TO_SHOP, all_keys, keys_of
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.dispatch.job_calls import JobCalls, find_unknown_write
from app.engine.dispatch.mapping_updates import retry_values, values_of
from app.engine.dispatch.reports import acknowledge, report
from app.engine.dispatch.shop_port import open_shop_port
from app.engine.dispatch.warehouse_port import RecordedWarehouse, open_warehouse_port
from app.engine.jobs import claim, events
from app.engine.jobs.claim import ClaimedJob, LaneSlot
from app.engine.jobs.events import Ending
from app.engine.jobs.mapper import payload_of
from app.engine.jobs.report_jobs import enqueue_report
from app.errors import GatewayError, LeaseLost, LoginRefused, NotFound, RateLimited, Refused, RemoteError
from app.flows.articles import transfer_article
from app.flows.orders import transfer_order
from app.flows.outcomes import Known, Outcome, Result, Transfer
from app.logs import get_logger
from app.metrics import TO_WAREHOUSE_SECONDS
from app.records import alerts, mappings, reservations
from app.records.connections import Connection, Status
from app.records.jobs import Job
from app.records.mappings import Mapping, Note
from app.records.stock import levels
from app.storage.outages import is_passing
from app.storage.tables import attempts, jobs

log = get_logger(__name__)


async def drain(gateway: Gateway, key: str) -> int:
    """Works the lane off. Returns the number of jobs, and 0 at once when another holds the lease or nothing is to be done."""
    lease = await leases.acquire(gateway.database, key, gateway.settings.lease_seconds)
    if lease is None:
        return 0
    worked = 0
    try:
        worked = await _work_off(gateway, lease)
    except LeaseLost:
        log.warning("lease_lost", lane=key)
        return worked
    finally:
        await leases.release(gateway.database, lease)
    if not gateway.stopping:
        await _check_again(gateway, key)
    return worked


async def _work_off(gateway: Gateway, lease: Lease) -> int:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        orphans = await claim.take_back_orphans(db, lease, now)
    if orphans:
        log.warning("jobs_taken_back", lane=lease.key, count=orphans)
    worked = 0
    ends = time.monotonic() + gateway.settings.slice_seconds
    while not gateway.stopping:
        claimed = await _take(gateway, lease)
        if claimed is None:
            break
        await _run_claimed(gateway, claimed)
        worked += 1
        if time.monotonic() >= ends:  # after one job at the earliest: a slice that does nothing would be woken up for ever
            break
    return worked


async def _take(gateway: Gateway, lease: Lease) -> ClaimedJob | None:
    now = gateway.clock()
    ageing = timedelta(minutes=gateway.settings.ageing_minutes)
    on_lane = await gateway.on_lane(lease.key)
    async with gateway.database.begin() as db:
        blocked = await _blocked_slots(db, on_lane, now)
        # Two suspect records never run back to back, in whatever slice or worker: the WMS counts failures in a row. One may run
        # after a call that went well, or after a pause.
        since = now - timedelta(seconds=gateway.settings.budget_pause_seconds)
        suspects = not await circuit.has_just_failed(db, list(all_keys(on_lane)), since)
        await claim.wake_parked(db, lease.key, now)
        claimed = await claim.claim(db, lease, now, ageing, blocked, suspects=suspects)
    if claimed is not None:
        failpoints.hit("claim-after-commit")
    return claimed


async def _blocked_slots(db: AsyncConnection, on_lane: list[Connection], now: datetime) -> list[LaneSlot]:
    """Connections that are not active, processes that are switched off, and those whose WMS methods are blocked."""
    blocked = await circuit.blocked(db, list(all_keys(on_lane)), now)
    return [
        (connection.id, process)
        for connection in on_lane
        for process in CALLS
        if not _is_on(connection, process) or not blocked.isdisjoint(keys_of(connection, process))
    ]


def _is_on(connection: Connection, process: Process) -> bool:
    return connection.status is Status.ACTIVE and connection.settings.processes.is_on(process)


async def _check_again(gateway: Gateway, key: str) -> None:
    """A wake-up that came while we held the lease found it taken. So we check for more work once the lease is free."""
    now = gateway.clock()
    on_lane = await gateway.on_lane(key)
    async with gateway.database.read() as db:
        blocked = await _blocked_slots(db, on_lane, now)
        more = await claim.has_work(db, key) and await claim.has_free_work(db, key, blocked)
    if more:
        await gateway.wake_ups.send(Task.DRAIN, key)


# --- one job ------------------------------------------------------------------------------------------------------------


async def _run_claimed(gateway: Gateway, claimed: ClaimedJob) -> None:
    job = claimed.job
    with structlog.contextvars.bound_contextvars(
        job_id=job.id, connection=job.connection_id, process=job.process, record=job.source_id
    ):
        try:
            await _transfer(gateway, claimed)
        except LeaseLost:
            raise
        except GatewayError as error:
            await _retry_later(gateway, claimed, None, error)
        except Exception as error:
            if is_passing(error):
                raise  # the database is away: the lane's next holder takes the job back and checks what came of it
            log.exception("job_failed")
            result = _failed(job, Transfer.UNKNOWN, "internal-error", "An error of the gateway itself; its log has the details")
            await _end(gateway, claimed, None, result)


async def _transfer(gateway: Gateway, claimed: ClaimedJob) -> None:
    job = claimed.job
    try:
        connection = await gateway.connection(job.connection_id)
    except NotFound as error:
        await _end(gateway, claimed, None, _failed(job, Transfer.REFUSED, "no-connection", error.message))
        return
    if job.tries >= gateway.settings.max_tries:
        reason = f"Given up after {job.tries} tries: {job.reason or 'the worker ended every time'}"
        await _end(gateway, claimed, None, _failed(job, Transfer.UNKNOWN, "given-up", reason))
        return
    async with gateway.database.begin() as db:
        unknown_write, wait_until = await find_unknown_write(db, job)
        if wait_until is None:
            await close_unknown(db, attempts.c.job_id == job.id)
        mapping = await mappings.by_id(db, job.mapping_id)
    assert mapping is not None
    if wait_until is not None:
        await _wait(
            gateway, claimed, wait_until, "attempt-open", "An earlier call may still be under way; it is waited out, then read"
        )
        return
    process = job.process
    port: JobCalls
    if process in TO_SHOP:
        port = open_shop_port(gateway, connection, claimed, mapping, unknown_write)
        doing: Awaitable[Result] = report(process, port)
    else:
        port = open_warehouse_port(gateway, connection, claimed, mapping.id, unknown_write)
        doing = acknowledge(port) if process is Process.ACKNOWLEDGEMENTS else _send(port, mapping)
    try:
        result = await doing
    except Refused as error:
        result = _failed(job, _what_is_known(port), "refused", f"{error.system} refused {error.call}: {error.message}")
    except RemoteError as error:
        await _retry_later(gateway, claimed, port, error)
        return
    await _end(gateway, claimed, port, result)


def _what_is_known(port: JobCalls | None) -> Transfer:
    """The transfer's state after a failure. An unknown outcome that this job did not find out stays unknown."""
    return Transfer.UNKNOWN if port and (port.outcome_unknown or port.unknown_write) else Transfer.REFUSED


def _failed(job: Job, transfer: Transfer, code: str, reason: str) -> Result:
    """A failure on the way back changes nothing about the transfer into the warehouse."""
    return Result(Outcome.FAILED, transfer if job.process in INBOUND else None, code, reason)


async def _send(port: RecordedWarehouse, mapping: Mapping) -> Result:
    record = payload_of(port.connection, port.claimed.job)
    known = _known(mapping, unknown=port.unknown_write is not None)
    match record:
        case Order():
            return await transfer_order(record, known, port)
        case Article():
            return await transfer_article(record, known, port)
    raise TypeError(f"the WMS is sent no {record.kind}")


def _known(mapping: Mapping, *, unknown: bool) -> Known:
    return Known(
        source_id=mapping.source_id,
        number=mapping.number,
        wms_id=mapping.wms_id,
        wanted=mapping.wanted,
        transfer=Transfer.UNKNOWN if unknown else Transfer(mapping.transfer),
        warehouse_status=mapping.warehouse_status,
        sent_hash=mapping.sent_hash,
    )


async def _held(db: AsyncConnection, gateway: Gateway, job: Job, words: str, now: datetime) -> None:
    """Alerts an operator, and writes the shop's staff a note where the connection wants it."""
    await alerts.raise_alert(db, "held", job.connection_id, f"{job.process}:{job.source_id}", words, now)
    connection = await gateway.connection(job.connection_id)
    if job.process is Process.ORDERS and connection.settings.order_note_on_hold:
        mapping = await mappings.by_id(db, job.mapping_id)
        assert mapping is not None
        await enqueue_report(db, connection, Process.NOTES, mapping, now)


async def _update_reservation(db: AsyncConnection, job: Job, result: Result, now: datetime) -> None:
    """Keeps the reservation while the order is to come. A WMS stock read begun after the order got there shows it."""
    if result.wms_id is not None:
        await reservations.transferred(db, job.mapping_id, now)
    elif result.outcome is Outcome.SKIPPED:
        await levels.unsold(db, job.lane, job.mapping_id, now)


JOB_STATE = {Outcome.HELD: JobState.HELD, Outcome.FAILED: JobState.DEAD}
"""How a job ends; with every other outcome it is done."""


async def _end(gateway: Gateway, claimed: ClaimedJob, port: JobCalls | None, result: Result) -> None:
    """Stores the result: mapping, history, events, run items and the job. A job with a newer generation goes on waiting."""
    job, now = claimed.job, gateway.clock()
    failpoints.hit("finish-before-commit")
    name = await _name(gateway, job.connection_id)
    async with gateway.database.begin() as db:
        await leases.renew(db, claimed.lease)
        await mappings.change(db, job.mapping_id, now, **values_of(job.process, result, now))
        if job.process is Process.ORDERS:
            await _update_reservation(db, job, result, now)
        for call, outcome, attempt_id in port.notes if port else []:
            words = f"{call}: {outcome}"
            await mappings.note(db, job.mapping_id, now, Note(f"call-{outcome}", words, job_id=job.id, attempt_id=attempt_id))
        words = result.reason or f"{result.outcome.value.capitalize()}"
        detail = {"notes": list(result.notes)} if result.notes else None
        await mappings.note(
            db, job.mapping_id, now, Note(result.code or result.outcome.value, words, detail=detail, job_id=job.id)
        )
        ending = Ending(job.id, job.taken_generation, result.outcome, result.code, result.reason)
        received = await events.finish_events(db, ending, now, name)
        await _close_job(db, claimed, result, now)
        if result.outcome is Outcome.HELD:
            await _held(db, gateway, job, words, now)
        if result.outcome is Outcome.FAILED:
            await alerts.raise_alert(db, "dead-letter", job.connection_id, f"{job.process}:{job.source_id}", words, now)
    failpoints.hit("finish-after-commit")
    for moment in received:
        TO_WAREHOUSE_SECONDS.observe(max(0.0, (now - moment).total_seconds()))
    log.info("job_ended", outcome=result.outcome.value, code=result.code, tries=job.tries + 1)


async def _close_job(db: AsyncConnection, claimed: ClaimedJob, result: Result, now: datetime) -> None:
    """A compare-and-swap on the claimed generation: if a change came during the write, the job waits again."""
    job = claimed.job
    ended: dict[str, Any] = {
        "done_generation": job.taken_generation,
        "reason_code": result.code,
        "reason": result.reason,
        "tries": 0,
        "override": None,
        "received_at": None,
        "updated_at": now,
        "suspect": 1 if result.outcome is Outcome.FAILED else 0,
    }
    state = JOB_STATE.get(result.outcome, JobState.DONE)
    unchanged = jobs.c.generation == job.taken_generation
    done = await db.execute(update(jobs).where(*_ours(claimed, state), unchanged).values(state=state, **ended))
    if done.rowcount == 0:
        newer = ended | {"suspect": 0, "received_at": jobs.c.received_at}
        again = JobState.WAITING
        done = await db.execute(update(jobs).where(*_ours(claimed, again)).values(state=again, ready_at=now, **newer))
    if done.rowcount == 0:
        raise LeaseLost(f"job {job.id} was taken over by another worker")


def _ours(claimed: ClaimedJob, to: JobState) -> tuple[ColumnElement[bool], ...]:
    """The condition that the claimed job is running and still ours, on its way to state `to`."""
    running = jobs.c.state.in_(to.sources(JobState.RUNNING))
    return jobs.c.id == claimed.job.id, running, jobs.c.fence == claimed.lease.fence


async def _name(gateway: Gateway, connection_id: str) -> str:
    try:
        return (await gateway.connection(connection_id)).name
    except NotFound:
        return connection_id


# --- another try ----------------------------------------------------------------------------------------------------------


async def _retry_later(gateway: Gateway, claimed: ClaimedJob, port: JobCalls | None, error: GatewayError) -> None:
    """Lets the job wait until its next try. After too many tries it becomes a dead letter.

    A WMS that is blocked, busy or down as a whole costs the record no try.
    """
    settings, now, job = gateway.settings, gateway.clock(), claimed.job
    if isinstance(error, Blocked):
        await _wait(gateway, claimed, error.until, "method-paused", str(error))
        return
    message = getattr(error, "message", str(error))
    counted = not isinstance(error, (RateLimited, LoginRefused)) and not (port and port.is_down)
    tries = job.tries + 1 if counted else job.tries
    if isinstance(error, LoginRefused):
        async with gateway.database.begin() as db:
            await alerts.raise_alert(db, "login-refused", job.connection_id, error.system, message, now)
    if tries >= settings.max_tries:
        reason = f"Given up after {tries} tries: {message}"
        await _end(gateway, claimed, port, _failed(job, _what_is_known(port), "given-up", reason))
        return
    due = now + pause_before(job.tries, settings.retry_base_seconds, settings.retry_cap_seconds)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        due = max(due, now + timedelta(seconds=error.retry_after))
    if port and port.outcome_unknown and job.process in TO_SHOP:
        # The call may still be under way. Looked up too early, it would not be found and would be written twice.
        due = max(due, now + timedelta(seconds=port.call_timeout_seconds))
    async with gateway.database.begin() as db:
        await mappings.change(
            db, job.mapping_id, now, **retry_values(job.process, message, unknown=bool(port and port.outcome_unknown))
        )
        for call, outcome, attempt_id in port.notes if port else []:
            await mappings.note(
                db, job.mapping_id, now, Note(f"call-{outcome}", f"{call}: {outcome}", job_id=job.id, attempt_id=attempt_id)
            )
        await mappings.note(
            db,
            job.mapping_id,
            now,
            Note("another-try", message, detail={"due_at": due.isoformat(), "tries": tries}, job_id=job.id),
        )
        await _defer(db, claimed, now, Later(due, "another-try", message, tries))
    log.warning("job_parked", error=type(error).__name__, tries=tries, due_at=due.isoformat())


async def _wait(gateway: Gateway, claimed: ClaimedJob, due: datetime, code: str, reason: str) -> None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await _defer(db, claimed, now, Later(due, code, reason, claimed.job.tries))


@dataclass(frozen=True)
class Later:
    """When a job is tried again (UTC), and why not now."""

    due: datetime
    code: str
    reason: str
    tries: int


async def _defer(db: AsyncConnection, claimed: ClaimedJob, now: datetime, later: Later) -> None:
    waits = later.due > now
    state = JobState.PARKED if waits else JobState.WAITING
    done = await db.execute(
        update(jobs)
        .where(*_ours(claimed, state))
        .values(
            state=state,
            due_at=later.due if waits else None,
            tries=later.tries,
            reason_code=later.code,
            reason=later.reason,
            updated_at=now,
        )
    )
    if done.rowcount == 0:
        raise LeaseLost(f"job {claimed.job.id} was taken over by another worker")
