"""Stock, written to the shop: sellable quantities, only those that differ, in as few calls as the shop allows.

What the shop has sold and the WMS has not yet got is taken off just before the write. A batch belongs to no job; its call is
recorded as any other.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Problem
from app.domain.problem import with_what_lifts
from app.engine.core import circuit, leases
from app.engine.core.attempts import About, Begun, RecordedCalls, close_unknown, is_unknown, of_batches, under_way
from app.engine.core.circuit import FROM_THE_EDGE, WRITE_STOCK
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.core.sessions import told
from app.engine.core.sources import given_up_seconds, stock_source
from app.errors import LeaseLost, LoginRefused, NoSuchRecord, RateLimited, Refused, RemoteError
from app.flows.outcomes import explained
from app.integrations.protocol import StockAnswer, StockChange
from app.integrations.protocol.stock import LimitsStock
from app.logs import get_logger
from app.metrics import STOCK_WRITES
from app.records import alerts, mappings, runs
from app.records.connections import Connection, Status
from app.records.stock import levels, rules
from app.records.stock.levels import Answered, Waiting
from app.records.stock.stopping import stop_writing

log = get_logger(__name__)

MAY_ARRIVE = (None, 502, 504, *FROM_THE_EDGE)
"""After these the shop may still be at work on the call: it did not answer, or a proxy in front of it did."""
NEXT_RUN = "stock-next-run"
"""Why a run ends while quantities wait: it has written as many as one run may."""
MOST_ROWS = 1000
"""Waiting rows that are read for one call, whatever the system asks for."""


async def write(gateway: Gateway, connection_id: str) -> int:
    """Writes what differs, batch by batch. Returns the number of calls, and 0 at once when another holds the lease."""
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE:
        return 0
    if not connection.settings.writes_stock:
        await _leave_unwritten(gateway, connection)
        return 0
    lease = await leases.acquire(gateway.database, levels.lane_of(connection_id), gateway.settings.lease_seconds)
    if lease is None:
        return 0
    calls, more, ends = 0, True, time.monotonic() + gateway.settings.slice_seconds
    recorded = _calls(gateway, connection, lease)
    try:
        while more and not gateway.stopping:
            written = await _write_batch(recorded, connection)
            calls, more = calls + (written or 0), written is not None
            if time.monotonic() >= ends:
                break
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
        return calls
    finally:
        await leases.release(gateway.database, lease)
    if more and not gateway.stopping:
        await gateway.wake_ups.send(Task.STOCK, connection_id)
    return calls


async def _leave_unwritten(gateway: Gateway, connection: Connection) -> None:
    """What waited for a write waits no longer: the quantities stay compared, and the runs that found them end."""
    code = "stock-look-only" if connection.settings.processes.stock else "stock-switched-off"
    async with gateway.database.begin() as db:
        await runs.leave_unwritten(db, connection.id, code, gateway.clock())


def _calls(gateway: Gateway, connection: Connection, lease: Lease) -> RecordedCalls:
    return RecordedCalls(
        gateway,
        lease,
        system=connection.integration,
        counted=circuit.of_source(connection),
        call_timeout_seconds=_call_seconds(connection),
        about=About(),
        is_shop=True,
    )


def _call_seconds(connection: Connection) -> float:
    return connection.settings.call_timeout_seconds


@dataclass(frozen=True)
class Batch:
    """One call on its way to the shop: its rows by source id, and when it was decided."""

    begun: Begun
    rows: Mapping[str, Waiting]
    changes: tuple[StockChange, ...]
    decided_at: datetime

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows.values()]


async def _write_batch(calls: RecordedCalls, connection: Connection) -> int | None:
    """Writes one batch. Returns how many calls it took (0 when nothing differed after all), or None when it must wait."""
    gateway, now = calls.gateway, calls.gateway.clock()
    async with gateway.database.begin() as db:
        await leases.renew(db, calls.lease)
        await levels.one_at_a_time(db, connection.lane)
        blocked = await circuit.blocked_until(db, [circuit.key_for(calls.counted, WRITE_STOCK)], now)
        if blocked or await _is_under_way(db, gateway, connection):
            return None
        rows = await _next_batch(db, gateway, connection)
        if not rows:
            return None
        changes = tuple(change for row, change in rows if change.quantity != row.shop_quantity)
        if not changes:
            await rules.decide_state(db, connection.id, connection.lane, [row.id for row, _ in rows], now)
            return 0
        sent = {row.source_id: row for row, change in rows if change.quantity != row.shop_quantity}
        # Until this call is answered, nobody knows which quantity the shop has.
        await levels.forget_quantity(db, [row.id for row in sent.values()])
        request = {change.source_id: change.quantity for change in changes}
        begun = await calls.begin(db, WRITE_STOCK, request)
    goes_on = await _send(calls, connection, Batch(begun, sent, changes, now))
    return 1 if goes_on else None


async def _next_batch(db: AsyncConnection, gateway: Gateway, connection: Connection) -> list[tuple[Waiting, StockChange]]:
    """The waiting rows of the next call, each with what it is to become. The system says which rows go together."""
    source = stock_source(gateway, connection)
    most, order = min(source.stock_page, MOST_ROWS), levels.FAMILIES
    if isinstance(source, LimitsStock):
        left, order = source.stock_per_run - await levels.written_in_run(db, connection.id), levels.MOST_SOLD
        if left <= 0:
            await runs.leave_unwritten(db, connection.id, NEXT_RUN, gateway.clock())
            return []
        most = min(most, left)
    rows = {row.source_id: row for row in await levels.waiting(db, connection.id, most, order)}
    if not rows:
        return []
    settings = await rules.settings_of(db, connection.id)
    wanted = await rules.wanted_of(db, connection.id, connection.lane, list(rows.values()), settings)
    changes = []
    for row in rows.values():
        quantity = wanted[row.id]
        if quantity is not None:
            changes.append(StockChange(row.source_id, row.parent_id or None, quantity))
    if len(changes) < len(rows):
        unknown = [row.id for row in rows.values() if wanted[row.id] is None]
        await rules.decide_state(db, connection.id, connection.lane, unknown, gateway.clock())
    if not changes:
        return []
    return [(rows[change.source_id], change) for change in source.stock_batches(changes)[0]]


async def _is_under_way(db: AsyncConnection, gateway: Gateway, connection: Connection) -> bool:
    """Whether an earlier call may still arrive because its worker ended before the answer.

    We wait, so that it cannot come after a newer one.
    """
    batches = of_batches(levels.lane_of(connection.id))
    if await under_way(db, batches) is not None:
        return True
    for request in await close_unknown(db, batches):
        # The shop may have been read since, before that call arrived.
        ids = await levels.forget_quantities(db, connection.id, list(request))
        await rules.decide_state(db, connection.id, connection.lane, ids, gateway.clock())
    return False


async def _send(calls: RecordedCalls, connection: Connection, batch: Batch) -> bool:
    """Returns whether more may be written."""
    try:
        answers = await calls.send(batch.begun, partial(stock_source(calls.gateway, connection).write_stock, batch.changes))
    except Refused as error:
        await _written(calls, connection, batch, _refusals(batch, error, connection.system.noun))
    except RemoteError as error:
        await _not_written(calls, connection, batch, error)
    else:
        return await _written(calls, connection, batch, answers)
    return True


def _refusals(batch: Batch, error: Refused, noun: str) -> list[StockAnswer]:
    """A final no to the whole call counts for each of its items."""
    code = "product-gone" if isinstance(error, NoSuchRecord) else "stock-refused"
    message = f"the {noun} refused the call: {error.message}"
    problem = Problem(code, "stock_quantity", message, f"look at the product in the {noun}")
    return [StockAnswer(change.source_id, None, problem) for change in batch.changes]


async def _written(calls: RecordedCalls, connection: Connection, batch: Batch, answers: Sequence[StockAnswer]) -> bool:
    """Stores each item's own answer: a batch may succeed as a whole while some of its items were not taken.

    Returns whether more may be written.
    """
    now, stops = calls.gateway.clock(), any(answer.stops for answer in answers)
    async with calls.gateway.database.begin() as db:
        await leases.renew(db, calls.lease)  # else another worker has written since, and its state is newer
        await levels.one_at_a_time(db, connection.lane)
        for answer in answers:
            await _save_answer(db, connection, batch, answer, now)
        await rules.decide_state(db, connection.id, connection.lane, batch.ids, now)
        await calls.end(db, batch.begun)
        if stops:
            await stop_writing(db, connection.id)
    if stops:
        calls.gateway.forget(connection.id)
        await calls.gateway.wake_ups.send(Task.STOCK, connection.id)
    refused = sum(1 for answer in answers if answer.problem)
    STOCK_WRITES.labels(connection.name, "ok").inc(len(answers) - refused)
    STOCK_WRITES.labels(connection.name, "refused").inc(refused)
    log.info("stock_written", connection=connection.name, items=len(answers), refused=refused)
    return not stops


async def _save_answer(db: AsyncConnection, connection: Connection, batch: Batch, answer: StockAnswer, now: datetime) -> None:
    row = batch.rows[answer.source_id]
    written = next(change.quantity for change in batch.changes if change.source_id == answer.source_id)
    problem = (answer.problem.code, with_what_lifts(explained(answer.problem), answer.problem.code)) if answer.problem else None
    await levels.save_answer(db, Answered(row, written, answer.quantity, problem), batch.decided_at, now)
    if problem is not None:
        code, words = problem
        mapping = await mappings.by_source(db, connection.id, Kind.ARTICLE, answer.source_id)
        if mapping is not None:
            await mappings.note(db, mapping.id, now, mappings.Note(code, words))
        await alerts.raise_alert(db, "stock", connection.id, code, f"{row.number}: {words}", now)


async def _not_written(calls: RecordedCalls, connection: Connection, batch: Batch, error: RemoteError) -> None:
    """The rows wait, and the newest quantity is written at the next try. Writing the same quantity twice does no harm."""
    now = calls.gateway.clock()
    due = now + _pause(calls.gateway, connection, max(row.tries for row in batch.rows.values()), error)
    async with calls.gateway.database.begin() as db:
        await leases.renew(db, calls.lease)
        await levels.one_at_a_time(db, connection.lane)
        await levels.forget_quantity(db, batch.ids)
        await rules.decide_state(db, connection.id, connection.lane, batch.ids, now)
        await levels.defer(db, batch.ids, due, error.message, now)
        await calls.end(db, batch.begun, error)
        if isinstance(error, LoginRefused):
            await runs.leave_unwritten(db, connection.id, "login-refused", now, error.message)
            words = told(calls.gateway.settings, connection, error)
            await alerts.raise_alert(db, "login-refused", connection.id, error.system, words, now)
    STOCK_WRITES.labels(connection.name, "failed").inc(len(batch.rows))
    log.warning("stock_not_written", connection=connection.name, items=len(batch.rows), error=type(error).__name__)


def _pause(gateway: Gateway, connection: Connection, tries: int, error: RemoteError) -> timedelta:
    """The pause grows with each try, as a shop's do: what waits goes out soon after it is back. It is long enough that a call
    without an answer cannot arrive after the next one, and no shorter than the shop itself asks for."""
    pause = pause_before(tries, gateway.settings.retry_base_seconds, gateway.settings.shop_pause_cap_seconds)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return max(pause, timedelta(seconds=error.retry_after))
    may_arrive = is_unknown(error) and error.status in MAY_ARRIVE
    least = given_up_seconds(gateway, connection, _call_seconds(connection)) if may_arrive else 0
    return max(pause, timedelta(seconds=least))
