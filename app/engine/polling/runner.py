"""Polls find what no webhook told.

This module makes a run's parts and works on them, one at a time for a connection and process. `shop_records` reads a shop's
pages, `deep_sweep` reads open orders by their ids.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import PartState, Process
from app.engine.core import circuit, leases
from app.engine.core.leases import Lease
from app.engine.core.pace import in_background
from app.engine.core.queue import SUPPLIERS, Look, Task, poll_key
from app.engine.core.retry import pause_before
from app.engine.core.runtime import CACHE_SECONDS, Gateway
from app.engine.core.sessions import told
from app.engine.jobs.brake import apply_brake
from app.engine.jobs.run_part import PartRun, save_progress, wait_for_pace
from app.engine.polling import deep_sweep, health_alerts, returns, shipments, shop_records
from app.engine.polling.receipts.reading import read_receipts
from app.engine.polling.side_reads import put_in, taken_out
from app.engine.stock import dry_run as stock_dry_run
from app.engine.stock import read as stock_read
from app.errors import BadInput, LeaseLost, LockedOut, LoginRefused, NotFound, Paced, RateLimited, Refused, RemoteError, Resting
from app.integrations.protocol.session import current_run
from app.logs import get_logger
from app.records import alerts, connections, cursors, runs
from app.records.connections import Connection, Status
from app.records.cursors import Cursor, CursorChange
from app.records.runs import RunPart
from app.storage.outages import is_passing
from app.warehouse.rest.failures import SYSTEM as WAREHOUSE

log = get_logger(__name__)

AGAIN_SECONDS = 50.0
"""Longest pause before a shop that failed is polled again: within 75 s after it is back, everything runs."""
SHOP_POLLS = (Process.ARTICLES, Process.ORDERS)
"""Polls that find what a shop's webhooks would have announced."""


async def poll(gateway: Gateway, key: str) -> None:
    """Works on the next part of a run for this connection and process. Makes a scheduled one when a poll is due."""
    connection_id, _, process_name = key.rpartition(":")
    process = Process(process_name)
    try:
        connection = await gateway.connection(connection_id)
    except NotFound:
        return
    lease = await leases.acquire(gateway.database, f"poll:{key}", gateway.settings.lease_seconds)
    if lease is None:
        return
    more = False
    part: RunPart | None = None
    try:
        part = await _next_part(gateway, connection, process)
        if part is not None and part.pacing.until is not None and part.pacing.until > gateway.clock():
            part = None  # it waits for its system's pace; the sweeper wakes it again
        if part is not None:
            with structlog.contextvars.bound_contextvars(run=part.run_id, connection=connection.name, process=process.value):
                async with leases.kept(gateway.database, lease):
                    more = await _work(gateway, connection, process, part, lease)
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
    finally:
        await leases.release(gateway.database, lease)
    if more and not gateway.stopping:
        await gateway.wake_ups.send(Task.POLL, key)
    if part is not None:
        await _wake_following(gateway, part)


async def _wake_following(gateway: Gateway, part: RunPart) -> None:
    """Wakes up the next process of the same run, which has waited until this one was read."""
    async with gateway.database.read() as db:
        following = await runs.following(db, part)
    for process in following[:1]:
        await gateway.wake_ups.send(Task.POLL, poll_key(part.connection_id, process))


async def _next_part(gateway: Gateway, connection: Connection, process: Process) -> RunPart | None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        if connection.status is not Status.ACTIVE:
            return None  # the run's unread parts wait until the connection is active again
        part = await runs.next_part(db, connection.id, process)
        if part is not None:
            return part
        cursor = await cursors.ensure(db, connection, process, now)
        if cursor.next_poll_at > now or not connection.settings.processes.is_on(process):
            return None
        full = deep_sweep.has_sweep(connection, process) and cursor.next_sweep_at <= now
        scheduled = runs.NewRun("schedule", connection.name, [(connection.id, process)], options={"sweep": full})
        await runs.create(db, scheduled, now)
        return await runs.next_part(db, connection.id, process)


async def _work(gateway: Gateway, connection: Connection, process: Process, part: RunPart, lease: Lease) -> bool:
    """Reads until done or the slice is over. Returns whether there is more to read, in this part or another."""
    if part.started_at is None:  # what was changed just before the run was asked for counts: settings, and a new token
        connection = await gateway.connection_now(connection.id)
    ends = time.monotonic() + gateway.settings.slice_seconds
    in_background.set(True)  # of this task: what came in by webhook is read before it
    current_run.set(part.run_id)
    async with gateway.database.begin() as db:
        sweeps = await deep_sweep.sweeps(db, connection, process, part)
        started = part.started_at or gateway.clock()
        await runs.change_part(db, part.id, state=PartState.READING, started_at=started)
        cursor = await cursors.ensure(db, connection, process, gateway.clock())
    part_run = PartRun(gateway, connection, process, part, lease, ends, sweeps)
    try:
        if not part.dry_run and not connection.settings.processes.is_on(process):
            await _end_switched_off(part_run)
        elif not await _read_all(part_run, cursor):
            return True
        else:
            await _finish(part_run)
    except LeaseLost:
        raise
    except Paced as error:
        if not await _goes_on_later(part_run, error):
            await _fail(part_run, error)
        return False
    except Exception as error:
        if is_passing(error):
            raise  # the database is away: the part goes on when it is back
        await _fail(part_run, _as_remote(part_run, error))
        return False
    async with gateway.database.read() as db:
        return await runs.next_part(db, connection.id, process) is not None


async def _goes_on_later(part_run: PartRun, error: Paced) -> bool:
    async with part_run.gateway.database.begin() as db:
        goes_on = await wait_for_pace(db, part_run, error.retry_after)
    if goes_on and not part_run.part.dry_run:
        await part_run.gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)  # what was found before is worked off
    log.info("part_waits_for_pace", seconds=round(error.retry_after, 1), goes_on=goes_on)
    return goes_on


def _as_remote(part_run: PartRun, error: Exception) -> RemoteError:
    """What a part ends with. Whatever nobody thought of is a fault of ours, and goes into the log."""
    if isinstance(error, RemoteError):
        return error
    if isinstance(error, BadInput):
        words = error.message  # the run began before the system lost what it needs for this
    else:
        log.error("part_not_understood", part=part_run.part.id, exc_info=error)
        words = f"The gateway met something it did not expect ({type(error).__name__}); its log has the details"
    return Refused(words, system=part_run.connection.system.title, call=part_run.process.value)


async def _end_switched_off(part_run: PartRun) -> None:
    """Ends a part whose process was switched off after the run was asked for: nothing would work off what it finds."""
    now, connection = part_run.gateway.clock(), part_run.connection
    async with part_run.gateway.database.begin() as db:
        words = f"{part_run.process.value} is switched off for this connection"
        await save_progress(db, part_run, 0, state=PartState.FAILED, error=words, finished_at=now)
        await apply_brake(db, connection, part_run.part, now)
        await runs.end_finished(db, now)


async def _read_all(part_run: PartRun, cursor: Cursor) -> bool:
    """Reads the part. Returns whether all was read within the slice."""
    match part_run.process:
        case Process.STOCK if part_run.part.dry_run:
            return await stock_dry_run.read(part_run)
        case Process.STOCK:
            return await stock_read.read(part_run, cursor)
        case Process.SHIPMENTS:
            return await shipments.read_shipments(part_run)
        case Process.RETURNS:
            return await returns.read_returns(part_run)
        case Process.RECEIPTS:
            return await read_receipts(part_run)
        case _:
            if not part_run.part.sweeping and not await shop_records.read_changes(part_run, cursor):
                return False
            asks_again = bool(part_run.beside.gone) and not part_run.part.dry_run
            is_over = not (part_run.sweeps or part_run.part.sweeping or asks_again)
            return is_over or await deep_sweep.sweep(part_run)


# --- the end ------------------------------------------------------------------------------------------------------------


async def _finish(part_run: PartRun) -> None:
    gateway, connection, now = part_run.gateway, part_run.connection, part_run.gateway.clock()
    owed = None
    async with gateway.database.begin() as db:
        braked = await apply_brake(db, part_run.connection, part_run.part, now)
        await save_progress(db, part_run, 0, state=PartState.BRAKED if braked else PartState.WORKING)
        if not part_run.part.dry_run:
            owed = (await _schedule_next(db, part_run, now)).look_again
        await runs.end_finished(db, now)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    if part_run.process is Process.STOCK:
        await gateway.wake_ups.send(Task.STOCK, connection.id)
    if part_run.sweeps and part_run.process is Process.ORDERS:
        await health_alerts.look_for_transporters(gateway, connection)
    if part_run.process is Process.SUPPLIERS and not part_run.part.dry_run:
        await gateway.wake_ups.send(Task.LOOK_AGAIN, Look(connection.id, SUPPLIERS).key)
    if owed is not None:
        await gateway.wake_ups.send(Task.LOOK_AGAIN, Look(connection.id, owed, is_owed=True).key)


async def _schedule_next(db: AsyncConnection, part_run: PartRun, now: datetime) -> Cursor:
    """Returns the cursor as it was."""
    before = await cursors.ensure(db, part_run.connection, part_run.process, now)
    own, waiting = taken_out(before.cursor)
    pause = cursors.interval(part_run.connection, part_run.process)
    values: CursorChange = {"polled_at": now, "next_poll_at": now + pause, "failures": 0, "last_error": None}
    if waiting.ids:
        values["next_poll_at"] = max(now + min(pause, waiting.pause), waiting.not_before or now)
        waiting = replace(waiting, polls=waiting.polls + 1)
        values["cursor"] = put_in(own, waiting)
        why = (waiting.ids, part_run.beside.error)
        await health_alerts.records_wait(db, part_run.connection, part_run.process.value, waiting.polls, why, now)
    if part_run.sweeps:
        values |= {"swept_at": now, "next_sweep_at": now + timedelta(hours=deep_sweep.hours(part_run))}
    await cursors.change(db, part_run.connection.id, part_run.process, **values)
    return before


def _longest_pause(part_run: PartRun, error: RemoteError) -> float:
    """Seconds. A shop locks nobody out, so it is soon asked again; the WMS does, and a login that is refused stays so."""
    interval = part_run.connection.settings.poll_interval_minutes * 60
    is_patient = isinstance(error, LoginRefused) or error.system == WAREHOUSE
    return interval if is_patient else min(interval, AGAIN_SECONDS)


async def _fail(part_run: PartRun, error: RemoteError) -> None:
    """Ends the part as failed. What was stored stays, and the next poll goes on from the cursor."""
    gateway, now = part_run.gateway, part_run.gateway.clock()
    settings = gateway.settings
    async with gateway.database.begin() as db:
        await save_progress(db, part_run, 0, state=PartState.FAILED, error=error.message, finished_at=now)
        if part_run.part.dry_run:
            await runs.end_finished(db, now)
            return
        failures = (await cursors.ensure(db, part_run.connection, part_run.process, now)).failures
        pause = pause_before(failures, settings.retry_base_seconds, _longest_pause(part_run, error))
        if isinstance(error, RateLimited) and error.retry_after is not None:
            # An account that rests may be asked again as soon as the call that goes first is answered.
            asked = min(error.retry_after, AGAIN_SECONDS) if isinstance(error, Resting) else error.retry_after
            pause = max(pause, timedelta(seconds=asked))
        pause = max(pause, (part_run.beside.not_before or now) - now)
        is_outdated = isinstance(error, LoginRefused) and await _was_changed(db, part_run.connection)
        pause = timedelta(seconds=CACHE_SECONDS) if is_outdated else pause
        failed: CursorChange = {"failures": failures + 1, "last_error": error.message, "next_poll_at": now + pause}
        await cursors.change(db, part_run.connection.id, part_run.process, **failed)
        if not isinstance(error, LoginRefused):  # that has an alert of its own
            await health_alerts.poll_failed(db, part_run.connection, part_run.process.value, failures + 1, error.message, now)
        if isinstance(error, LockedOut):
            key = circuit.key_for(circuit.of_warehouse(part_run.connection), circuit.READS)
            await circuit.block(db, key, part_run.connection.lane, now + pause, error.message, now)
        if isinstance(error, LoginRefused | LockedOut) and not is_outdated:
            words = told(gateway.settings, part_run.connection, error)
            await alerts.raise_alert(db, "login-refused", part_run.connection.id, error.system, words, now)
        await apply_brake(db, part_run.connection, part_run.part, now)
        await runs.end_finished(db, now)
    await gateway.wake_ups.send(Task.DRAIN, part_run.connection.lane)  # what was found before is worked off
    log.warning("poll_failed", error=type(error).__name__, status=error.status)


async def _was_changed(db: AsyncConnection, connection: Connection) -> bool:
    """Whether it has been given other credentials or settings since this process has read it."""
    return await connections.settings_version(db, connection.id) != connection.settings_version
