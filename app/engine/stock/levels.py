"""Stock to the shop: sellable quantities, only those that differ, in as few calls as the shop allows.

Stock has no version: the moment a read began is its time. What the shop has sold and the WMS has not yet got is taken off just
before the write. An edit in the shop itself is found by the full sweep, which reads both sides.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Problem
from app.engine.core import circuit, failpoints, leases
from app.engine.core.leases import LEASE_PER_CALL, Lease
from app.engine.core.queue import Task
from app.engine.core.retry import pause_before
from app.engine.core.runtime import Gateway
from app.engine.jobs.run_part import PartRun, part_cursor, save_progress
from app.errors import LeaseLost, LoginRefused, Malformed, NoSuchRecord, RateLimited, Refused, RemoteError, Unavailable
from app.flows.outcomes import explained
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, WritesStock
from app.logs import get_logger
from app.metrics import STOCK_WRITES
from app.records import alerts, cursors, mappings
from app.records.connections import Connection, Status
from app.records.cursors import Cursor
from app.records.stock import levels
from app.records.stock.levels import InShop
from app.storage.outbound_tables import shop_writes
from app.storage.types import db_now

log = get_logger(__name__)

WRITE_STOCK = "POST shop stock"
OVERLAP = timedelta(minutes=5)
"""Changed stock is asked for from a little before the last read: two reads may cross."""


# --- reading both sides ---------------------------------------------------------------------------------------------------


async def read(part_run: PartRun, cursor: Cursor) -> bool:
    """What changed in the WMS; in a sweep all of it, and all that the shop shows. Whether it was read within the slice."""
    done = await _read_shop(part_run) if part_run.sweeps and not _shop_is_read(part_run) else True
    done = done and await _read_warehouse(part_run, cursor)
    await part_run.gateway.wake_ups.send(Task.STOCK, part_run.connection.id)
    return done


def _shop_is_read(part_run: PartRun) -> bool:
    return bool((part_run.part.cursor or {}).get("shop_read"))


async def _read_shop(part_run: PartRun) -> bool:
    """The shop first: what it shows is compared with what the WMS says right afterwards."""
    gateway, connection = part_run.gateway, part_run.connection
    source = gateway.source(connection)
    assert isinstance(source, WritesStock)
    asked = gateway.clock()
    began = datetime.fromisoformat(stored["began"]) if (stored := part_run.part.cursor or {}).get("began") else asked
    async for page in source.stock_levels(stored.get("shop")):
        now = gateway.clock()
        async with gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            seen = await _in_shop(db, connection, page.levels)
            await levels.save_in_shop(db, connection.id, connection.lane, seen, asked, now)
            cursor = {"shop": page.cursor, "began": began.isoformat()}
            await save_progress(db, part_run, page.calls, sweeping=True, cursor=cursor)
        # The last page is read again before a walk is over: a shop that takes a slice for one page gets to its end as well.
        if part_run.time_is_up and page.cursor != stored.get("shop"):
            return False
        asked = gateway.clock()
    async with gateway.database.begin() as db:
        await levels.forget_unseen(db, connection.id, began)
        await levels.forbid_shared_numbers(db, connection.id, gateway.clock())
        await save_progress(db, part_run, 0, sweeping=True, cursor={"shop_read": True})
    return True


async def _in_shop(db: AsyncConnection, connection: Connection, shown: Sequence[StockLevel]) -> list[InShop]:
    """Those that are articles of the WMS, by its numbers."""
    known = await levels.numbers_of(db, connection.id, [level.source_id for level in shown])
    numbered = [(level, _number_of(connection, level, known)) for level in shown]
    return [_as_seen(level, number) for level, number in numbered if number]


def _number_of(connection: Connection, level: StockLevel, known: Mapping[str, str | None]) -> str | None:
    """As the article was transferred. Where another connection masters the articles: the SKU, as it would be transferred."""
    if connection.settings.processes.articles and level.source_id in known:
        return known[level.source_id]
    replaced = str.maketrans(dict(connection.settings.article_number_replacements))
    return level.number.strip().translate(replaced)


def _as_seen(level: StockLevel, number: str) -> InShop:
    if level.managed:
        return InShop(level.source_id, level.parent_id or "", number, level.quantity or 0)
    code = "stock-kept-by-parent" if level.kept_by_parent else "stock-not-managed"
    words = "The shop keeps no quantity of this article" + (
        " but one for all of its product's variations" if level.kept_by_parent else ""
    )
    return InShop(level.source_id, level.parent_id or "", number, None, code, words)


async def _read_warehouse(part_run: PartRun, cursor: Cursor) -> bool:
    """Changed stock, or all of it when the last read is further back than the WMS looks. Whether it was read within the slice."""
    gateway, connection, stored = part_run.gateway, part_run.connection, await part_cursor(part_run)
    began = datetime.fromisoformat(stored["warehouse_began"]) if "warehouse_began" in stored else gateway.clock()
    after = int(stored.get("read_to", 0))
    async for page in gateway.warehouse(connection).stock(_since(part_run, cursor, began), after):
        now = gateway.clock()
        sellable = {level.number: float(level.sellable) for level in page if level.is_stock is not False}
        after = max((level.article_system_id for level in page), default=after)
        kept = {**stored, "warehouse_began": began.isoformat(), "read_to": after}
        async with gateway.database.begin() as db:
            await leases.renew(db, part_run.lease)
            waiting = (
                await levels.save_sellable(db, connection.id, connection.lane, sellable, page[0].read_at, now) if page else 0
            )
            part_run.counts["read"] += len(page)
            part_run.counts["unchanged"] += len(page) - waiting
            await save_progress(db, part_run, 1, cursor=kept)
        if part_run.time_is_up:
            return False
    async with gateway.database.begin() as db:
        await cursors.change(db, connection.id, part_run.process, cursor={"since": began.isoformat()})
    return True


def _since(part_run: PartRun, cursor: Cursor, now: datetime) -> datetime | None:
    stored = (cursor.cursor or {}).get("since")
    if part_run.sweeps or part_run.part.full or stored is None:
        return None
    since = datetime.fromisoformat(stored) - OVERLAP
    back = timedelta(hours=part_run.connection.settings.warehouse.stock_look_back_hours) - OVERLAP
    return since if since > now - back else None


# --- writing to the shop --------------------------------------------------------------------------------------------------


async def write(gateway: Gateway, connection_id: str) -> int:
    """Writes what differs, batch by batch; returns the number of calls. Another holder of the lease: 0 at once."""
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE or not connection.settings.processes.stock:
        return 0
    lease = await leases.acquire(gateway.database, f"stock:{connection_id}", gateway.settings.lease_seconds)
    if lease is None:
        return 0
    calls, more, ends = 0, True, time.monotonic() + gateway.settings.slice_seconds
    try:
        while more and time.monotonic() < ends and not gateway.stopping:
            made = await _write_batch(gateway, connection, lease)
            calls, more = calls + (made or 0), made is not None
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
        return calls
    finally:
        await leases.release(gateway.database, lease)
    if more and not gateway.stopping:
        await gateway.wake_ups.send(Task.STOCK, connection_id)
    return calls


def _budget(connection: Connection) -> str:
    return circuit.key_for(circuit.of_source(connection), WRITE_STOCK)


@dataclass(frozen=True)
class Batch:
    """One call, on its way to the shop: its rows by source id, when it was decided on, and by when it must have been sent."""

    write_id: int
    rows: Mapping[str, Row[Any]]
    changes: tuple[StockChange, ...]
    began: datetime
    not_after: float


async def _write_batch(gateway: Gateway, connection: Connection, lease: Lease) -> int | None:
    """One batch: how many calls it took (none when nothing differed after all); None when there is nothing to do now."""
    now, seconds = gateway.clock(), _call_seconds(connection)
    lasts = max(lease.seconds, seconds * LEASE_PER_CALL)
    not_after = time.monotonic() + lasts - seconds
    async with gateway.database.begin() as db:
        await leases.renew(db, lease, at_least=lasts)
        await levels.one_at_a_time(db, connection.lane)
        if await circuit.blocked_until(db, [_budget(connection)], now) or await _under_way(db, gateway, connection):
            return None
        rows = {row.source_id: row for row in await levels.next_batch(db, connection.id)}
        if not rows:
            return None
        changes = await _changes(db, gateway, connection, list(rows.values()))
        if not changes:
            await levels.decide_state(db, connection.id, connection.lane, [row.id for row in rows.values()], now)
            return 0
        sent = {change.source_id: rows[change.source_id] for change in changes}
        # Whatever becomes of this call: until it is answered nobody knows what the shop has.
        await levels.forget_quantity(db, [row.id for row in sent.values()])
        write_id = await _open_write(db, connection, changes, lasts)
    failpoints.hit("attempt-after-commit")
    await _send(gateway, connection, lease, Batch(write_id, sent, changes, now, not_after))
    return 1


def _call_seconds(connection: Connection) -> float:
    return float(getattr(connection.settings, "call_timeout_seconds", 60.0))


async def _changes(
    db: AsyncConnection, gateway: Gateway, connection: Connection, rows: Sequence[Row[Any]]
) -> tuple[StockChange, ...]:
    """As many as go into one call, without those that turn out to be the same."""
    settings = await levels.settings_of(db, connection.id)
    held_back = await levels.held_back_of(db, connection.id, connection.lane, [row.number for row in rows], settings)
    changes = []
    for row in rows:
        quantity = levels.sellable_in_shop(row.sellable, held_back.get(row.number, 0.0), settings.floor)
        if quantity != row.shop_quantity:
            changes.append(StockChange(row.source_id, row.parent_id or None, quantity))
    return _source(gateway, connection).stock_batches(changes)[0] if changes else ()


def _source(gateway: Gateway, connection: Connection) -> WritesStock:
    source = gateway.source(connection)
    assert isinstance(source, WritesStock)
    return source


async def _under_way(db: AsyncConnection, gateway: Gateway, connection: Connection) -> bool:
    """A call whose worker ended before the answer came may still arrive: it is waited out, lest it come after a newer one."""
    open_ = (shop_writes.c.connection_id == connection.id, shop_writes.c.finished_at.is_(None))
    if (await db.execute(select(shop_writes.c.id).where(*open_, shop_writes.c.over_at > db_now()).limit(1))).first():
        return True
    over = update(shop_writes).where(*open_).values(finished_at=db_now(), result="unknown").returning(shop_writes.c.request)
    for row in list(await db.execute(over)):
        # The shop may have been read in the meantime, before that call arrived there.
        ids = await levels.forget_quantities(db, connection.id, list(row.request or {}))
        await levels.decide_state(db, connection.id, connection.lane, ids, gateway.clock())
    return False


async def _open_write(db: AsyncConnection, connection: Connection, changes: Sequence[StockChange], seconds: float) -> int:
    write_id: int = await db.scalar(
        insert(shop_writes)
        .values(
            connection_id=connection.id,
            call=WRITE_STOCK,
            items=len(changes),
            request={change.source_id: change.quantity for change in changes},
            started_at=db_now(),
            over_at=db_now(seconds),
        )
        .returning(shop_writes.c.id)
    )
    return write_id


async def _send(gateway: Gateway, connection: Connection, lease: Lease, batch: Batch) -> None:
    # Whoever froze here for a while must not send what another has sent since.
    if time.monotonic() > batch.not_after:
        raise LeaseLost(f"the lease on {lease.key} may run out before {WRITE_STOCK} is over")
    try:
        answers = await _source(gateway, connection).write_stock(batch.changes)
    except RemoteError as error:
        await _not_written(gateway, connection, lease, batch, error)
        return
    failpoints.hit("call-after-answer")
    await _written(gateway, connection, lease, batch, answers)


async def _written(gateway: Gateway, connection: Connection, lease: Lease, batch: Batch, answers: Sequence[StockAnswer]) -> None:
    """Each item's own answer counts: a batch answers as a whole though some of it was not taken."""
    now = gateway.clock()
    async with gateway.database.begin() as db:
        await leases.renew(db, lease)  # else another has written since, and knows better
        await levels.one_at_a_time(db, connection.lane)
        for answer in answers:
            await _save_answer(db, connection, batch, answer, now)
        await levels.decide_state(db, connection.id, connection.lane, [row.id for row in batch.rows.values()], now)
        await _close_write(db, batch, "ok")
        await circuit.succeeded(db, _budget(connection), now)
    refused = sum(1 for answer in answers if answer.problem)
    STOCK_WRITES.labels(connection.name, "ok").inc(len(answers) - refused)
    STOCK_WRITES.labels(connection.name, "refused").inc(refused)
    log.info("stock_written", connection=connection.name, items=len(answers), refused=refused)


async def _save_answer(db: AsyncConnection, connection: Connection, batch: Batch, answer: StockAnswer, now: datetime) -> None:
    row, problem = batch.rows[answer.source_id], answer.problem
    code, words = (problem.code, explained(problem)) if problem else (None, None)
    await levels.save_answer(db, row.id, answer.quantity, code, words, batch.began, now)
    if code is not None and words is not None:
        mapping = await mappings.by_source(db, connection.id, Kind.ARTICLE, answer.source_id)
        if mapping is not None:
            await mappings.note(db, mapping.id, now, code, words)
        await alerts.raise_alert(db, "stock", connection.id, code, f"{row.number}: {words}", now)


async def _close_write(db: AsyncConnection, batch: Batch, result: str, error: str | None = None) -> None:
    ended = {"finished_at": db_now(), "result": result, "error": error}
    await db.execute(update(shop_writes).where(shop_writes.c.id == batch.write_id).values(**ended))


async def _not_written(gateway: Gateway, connection: Connection, lease: Lease, batch: Batch, error: RemoteError) -> None:
    """Writing the same again does no harm: the rows wait, and what is newest then is written. A final no goes for each."""
    if isinstance(error, Refused):
        code = "product-gone" if isinstance(error, NoSuchRecord) else "stock-refused"
        problem = Problem(
            code, "stock_quantity", f"the shop refused the call: {error.message}", "look at the product in the shop"
        )
        refusals = [StockAnswer(change.source_id, None, problem) for change in batch.changes]
        await _written(gateway, connection, lease, batch, refusals)
        return
    now, ids = gateway.clock(), [row.id for row in batch.rows.values()]
    due = now + _pause(gateway, connection, max(row.tries for row in batch.rows.values()), error)
    async with gateway.database.begin() as db:
        await leases.renew(db, lease)
        await levels.one_at_a_time(db, connection.lane)
        await levels.forget_quantity(db, ids)
        await levels.decide_state(db, connection.id, connection.lane, ids, now)
        await levels.defer(db, ids, due, error.message, now)
        await _close_write(db, batch, "failed", error.message)
        await _count_failure(db, gateway, connection, error, now)
    STOCK_WRITES.labels(connection.name, "failed").inc(len(ids))
    log.warning("stock_not_written", connection=connection.name, items=len(ids), error=type(error).__name__)


def _pause(gateway: Gateway, connection: Connection, tries: int, error: RemoteError) -> timedelta:
    """Longer each time; and never so short that a call whose answer did not come could arrive after the next one."""
    pause = pause_before(tries, gateway.settings.retry_base_seconds, gateway.settings.retry_cap_seconds)
    is_unknown = isinstance(error, Malformed) or (isinstance(error, Unavailable) and error.sent)
    return max(pause, timedelta(seconds=_call_seconds(connection))) if is_unknown else pause


async def _count_failure(
    db: AsyncConnection, gateway: Gateway, connection: Connection, error: RemoteError, now: datetime
) -> None:
    settings, key, lane = gateway.settings, _budget(connection), f"stock:{connection.id}"
    if isinstance(error, LoginRefused):
        await circuit.block(db, key, lane, now + timedelta(seconds=settings.login_pause_seconds), error.message, now)
        await alerts.raise_alert(db, "login-refused", connection.id, error.system, error.message, now)
    elif isinstance(error, RateLimited):
        seconds = error.retry_after if error.retry_after is not None else settings.budget_pause_seconds
        await circuit.block(db, key, lane, now + timedelta(seconds=min(seconds, 3600)), error.message, now)
    else:
        await circuit.failed(db, key, lane, error, now, settings)
