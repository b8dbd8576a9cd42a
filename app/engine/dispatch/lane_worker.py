"""Works on one lane: some jobs at a time, as long as the slice lasts and the lease is ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app.domain import TO_WAREHOUSE, Article, Order, Process, PurchaseOrder, Supplier
from app.domain.problem import with_what_lifts
from app.domain.process import CALLER
from app.engine.core import leases
from app.engine.core.attempts import Blocked
from app.engine.core.circuit import FROM_THE_EDGE, ON_THE_WAY, TO_SHOP
from app.engine.core.queue import SUPPLIERS, Look, Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.dispatch.endings import Alert, Ending, Later, alerts_of
from app.engine.dispatch.gate import Gate, GaveWay, Turn
from app.engine.dispatch.job_calls import JobCalls
from app.engine.dispatch.lane import Claimed, Lane
from app.engine.dispatch.loading import ClaimedJob
from app.engine.dispatch.mapping_updates import retry_values, values_of
from app.engine.dispatch.reports import TOLD_TO_WAREHOUSE, report, tell_warehouse
from app.engine.dispatch.shop_port import open_shop_port
from app.engine.dispatch.warehouse_port import RecordedWarehouse, open_warehouse_port
from app.engine.jobs.mapper import payload_of
from app.errors import (
    GatewayError,
    LeaseLost,
    LockedOut,
    LoginRefused,
    NotFound,
    RateLimited,
    Refused,
    RefusedForNow,
    RemoteError,
)
from app.flows.articles import keep_supplier, transfer_article
from app.flows.orders import transfer_order
from app.flows.outcomes import Known, Outcome, Result, Transfer
from app.flows.purchases.orders import transfer_purchase_order
from app.logs import get_logger
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.records.jobs import Job
from app.records.mappings import Mapping, Note
from app.storage.outages import is_passing
from app.tracing import spans
from app.warehouse.adopted import adopted_rows, in_their_rows

log = get_logger(__name__)


async def drain(gateway: Gateway, key: str) -> int:
    """Works the lane off. Returns the number of jobs, and 0 at once when another holds the lease or nothing is to be done."""
    lane = await Lane.of(gateway, key)
    worked, gate = 0, None
    ends = time.monotonic() + gateway.settings.slice_seconds
    try:
        claimed = await lane.take()
        while claimed.jobs:
            gate = lane.gate(ends)
            ended = await _work(gateway, lane, claimed, gate)
            worked += sum(1 for each in ended if not each.is_given_back)
            goes_on = not gateway.stopping and time.monotonic() < ends
            claimed = await lane.end(ended, gate.withdrawn, go_on=goes_on)
            gate = None
            await _wake_others(gateway, ended)
    except LeaseLost:
        log.warning("lease_lost", lane=key)
        await lane.let_go(gate)
    except (Exception, asyncio.CancelledError):
        await lane.let_go(gate)
        raise
    finally:
        if lane.lease is not None:
            await leases.release(gateway.database, lane.lease)
    return worked


async def _wake_others(gateway: Gateway, ended: Sequence[Ending]) -> None:
    """Orders may be held for an article that has come; of an order that has come its system may be told; and a supplier that
    has changed goes out with its articles."""
    for connection_id in sorted({each.claimed.job.connection_id for each in ended if each.made_an_article}):
        await gateway.wake_ups.send(Task.LOOK_AGAIN, Look(connection_id, "articles").key)
    for connection_id in sorted({each.claimed.job.connection_id for each in ended if each.kept is not None}):
        await gateway.wake_ups.send(Task.LOOK_AGAIN, Look(connection_id, SUPPLIERS).key)
    for connection_id in sorted({each.claimed.job.connection_id for each in ended if each.was_imported}):
        await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection_id))


async def _work(gateway: Gateway, lane: Lane, claimed: Claimed, gate: Gate[Ending]) -> list[Ending]:
    """Works on jobs that were claimed together. Those that were not begun are given back."""
    turns = [Turn[Ending](job, await _connection(gateway, lane, job)) for job in claimed.jobs]
    began = time.monotonic()
    await gate.work(turns, lambda turn: _run(gateway, turn, gate))
    ended = [turn.result or Ending(turn.claimed, turn.connection) for turn in turns]
    lane.worked(sum(1 for each in ended if not each.is_given_back), began)
    return ended


async def _connection(gateway: Gateway, lane: Lane, claimed: ClaimedJob) -> Connection | None:
    known = lane.connections.get(claimed.job.connection_id)
    if known is not None:
        return known
    try:
        return await gateway.connection(claimed.job.connection_id)
    except NotFound:
        return None


# --- one job ------------------------------------------------------------------------------------------------------------


async def _run(gateway: Gateway, turn: Turn[Ending], gate: Gate[Ending]) -> Ending:
    """Works on one job. Whatever is wrong with it ends it, and only it."""
    job = turn.claimed.job
    name = "report" if job.process in TO_SHOP else "turn"
    with (
        spans.work(name, job.origin, connection=job.connection_id, process=job.process.value, job=job.id) as work,
        structlog.contextvars.bound_contextvars(
            job_id=job.id, connection=job.connection_id, process=job.process, record=job.source_id
        ),
    ):
        ending = await _ending(gateway, turn, gate)
        work.note("outcome", ending.outcome)
        return ending


async def _ending(gateway: Gateway, turn: Turn[Ending], gate: Gate[Ending]) -> Ending:
    try:
        return await _transfer(gateway, turn, gate)
    except LeaseLost:
        raise
    except GaveWay:
        return Ending(turn.claimed, turn.connection)
    except GatewayError as error:
        return _retry_later(gateway, turn, None, error)
    except Exception as error:
        if is_passing(error):
            raise  # the database is away: the lane's next holder takes the job back and checks what came of it
        log.exception("job_failed")
        words = "An error of the gateway itself; its log has the details"
        return _ended(gateway, turn, None, _failed(turn.claimed.job, Transfer.UNKNOWN, "internal-error", words))


async def _transfer(gateway: Gateway, turn: Turn[Ending], gate: Gate[Ending]) -> Ending:
    claimed, connection = turn.claimed, turn.connection
    job = claimed.job
    if connection is None:
        reason = f"there is no connection {job.connection_id!r}"
        return _ended(gateway, turn, None, _failed(job, Transfer.REFUSED, "no-connection", reason))
    if job.tries >= gateway.settings.max_tries:
        reason = f"Given up after {job.tries} tries: {job.reason or 'the worker ended every time'}"
        return _ended(gateway, turn, None, _failed(job, Transfer.UNKNOWN, "given-up", reason))
    if claimed.wait_until is not None:
        reason = "An earlier call may still be under way; it is waited out, then read"
        return Ending(claimed, connection, later=Later(claimed.wait_until, "attempt-open", reason, job.tries))
    port: JobCalls
    if job.process in TO_SHOP:
        port = open_shop_port(gateway, connection, claimed, gate)
        doing: Awaitable[Result] = report(job.process, port)
    else:
        port = open_warehouse_port(gateway, connection, claimed, gate)
        doing = tell_warehouse(port) if job.process in TOLD_TO_WAREHOUSE else _send(port, claimed.mapping)
    try:
        result = await doing
    except Refused as error:
        if isinstance(error, RefusedForNow) and job.tries + 1 < min(error.tries, gateway.settings.max_tries):
            return _retry_later(gateway, turn, port, error)
        result = _failed(job, _what_is_known(port), "refused", _words_of(error))
    except RemoteError as error:
        return _retry_later(gateway, turn, port, error)
    except GaveWay:
        return Ending(claimed, connection, port)
    except LeaseLost:
        raise
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("job_failed")
        result = _failed(job, Transfer.UNKNOWN, "internal-error", "An error of the gateway itself; its log has the details")
    return _ended(gateway, turn, port, result)


def _what_is_known(port: JobCalls | None) -> Transfer:
    """The transfer's state after a failure. An unknown outcome that this job did not find out stays unknown."""
    return Transfer.UNKNOWN if port and (port.is_unsettled or port.unknown_write) else Transfer.REFUSED


def _words_of(error: Refused) -> str:
    """What was refused by whom, and the answer."""
    told = f"{error.system} refused "
    return error.message if error.message.startswith(told) else f"{told}{error.call}: {error.message}"


def _failed(job: Job, transfer: Transfer, code: str, reason: str) -> Result:
    """A failure on the way back changes nothing about the transfer into the warehouse."""
    return Result(Outcome.FAILED, transfer if job.process in TO_WAREHOUSE else None, code, reason)


async def _send(port: RecordedWarehouse, mapping: Mapping) -> Result:
    record = payload_of(port.connection, port.claimed.job)
    known = _known(mapping, unknown=port.unknown_write is not None)
    match record:
        case Order():
            return await transfer_order(in_their_rows(record, known.adopted), known, port)
        case Article():
            return await transfer_article(replace(record, supplier=port.claimed.supplier), known, port)
        case PurchaseOrder():
            return await transfer_purchase_order(record, known, port)
        case Supplier():
            return await keep_supplier(record, known, port)
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
        taken_back=mapping.taken_back_at is not None,
        adopted=adopted_rows(mapping.adopted),
    )


# --- how it ends ----------------------------------------------------------------------------------------------------------


def _ended(gateway: Gateway, turn: Turn[Ending], port: JobCalls | None, result: Result) -> Ending:
    """Mapping, history, events, run items and the job are stored with it. A job with a newer generation goes on waiting."""
    job, now = turn.claimed.job, gateway.clock()
    if result.reason is not None:
        noun: str = turn.connection.system.noun if turn.connection is not None else "shop"
        noun = CALLER if job.process is Process.PURCHASE_ORDERS else noun
        result = replace(result, reason=with_what_lifts(result.reason, result.code, noun))
    words = result.reason or f"{result.outcome.value.capitalize()}"
    detail = {"notes": list(result.notes)} if result.notes else None
    kind = {Outcome.HELD: "held", Outcome.FAILED: "dead-letter"}.get(result.outcome)
    subject = f"{job.process}:{job.source_id}"
    return Ending(
        turn.claimed,
        turn.connection,
        port,
        result=result,
        values=values_of(job, result, now),
        notes=(Note(result.code or result.outcome.value, words, detail=detail, job_id=job.id),),
        alerts=(*((Alert(kind, subject, words),) if kind else ()), *alerts_of(job, result)),
    )


def _retry_later(gateway: Gateway, turn: Turn[Ending], port: JobCalls | None, error: GatewayError) -> Ending:
    """Lets the job wait until its next try. After too many tries it becomes a dead letter.

    A WMS that is blocked, busy or down as a whole costs the record no try.
    """
    settings, now, job = gateway.settings, gateway.clock(), turn.claimed.job
    if isinstance(error, Blocked):
        return Ending(turn.claimed, turn.connection, port, later=Later(error.until, "method-paused", str(error), job.tries))
    message = getattr(error, "message", str(error))
    tries = job.tries + 1 if _is_counted(port, error) else job.tries
    if tries >= settings.max_tries:
        return _ended(
            gateway, turn, port, _failed(job, _what_is_known(port), "given-up", f"Given up after {tries} tries: {message}")
        )
    due = _due(gateway, job, port, error, now)
    detail = {"due_at": due.isoformat(), "tries": tries}
    return Ending(
        turn.claimed,
        turn.connection,
        port,
        later=Later(due, "another-try", message, tries, needs_person=isinstance(error, LoginRefused) and job.process in TO_SHOP),
        values=retry_values(job.process, message, unknown=bool(port and port.is_unsettled)),
        notes=(Note("another-try", message, detail=detail, job_id=job.id),),
        alerts=_alerts(port, error),
    )


def _alerts(port: JobCalls | None, error: GatewayError) -> tuple[Alert, ...]:
    """What stops every other record too is told at once, with what is paused and until when."""
    if not isinstance(error, LoginRefused | LockedOut):
        return ()
    words = f"{error.message}. {port.paused}" if port and port.paused else error.message
    return (Alert("login-refused", error.system, words),)


def _is_counted(port: JobCalls | None, error: GatewayError) -> bool:
    """Whether it costs the record a try: not when all of the system is blocked, busy or down."""
    return not isinstance(error, RateLimited | LoginRefused) and not (port and port.is_down)


def _due(gateway: Gateway, job: Job, port: JobCalls | None, error: GatewayError, now: datetime) -> datetime:
    settings, to_shop = gateway.settings, job.process in TO_SHOP
    cap = settings.shop_pause_cap_seconds if to_shop and not _is_counted(port, error) else settings.retry_cap_seconds
    due = now + pause_before(job.tries, settings.retry_base_seconds, cap)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        due = max(due, now + timedelta(seconds=error.retry_after))
    is_under_way = getattr(error, "status", None) in (None, *ON_THE_WAY, *FROM_THE_EDGE)
    if port and port.outcome_unknown and to_shop and is_under_way:
        # Looked up too early, it would not be found and would be written twice.
        due = max(due, now + timedelta(seconds=port.given_up_seconds))
    return due
