"""Stock to the shop: sellable quantities, only those that differ, in as few calls as the shop allows.

Stock has no version: the moment a read began is its time. What the shop has sold and the WMS has not yet got is taken off just
before the write. An edit in the shop itself is found by the full sweep, which reads both sides.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine import budgets, leases
from app.engine.backoff import pause_before
from app.engine.failpoints import failpoint
from app.engine.gateway import Gateway
from app.engine.leases import Lease
from app.engine.reading import Reading, save_progress
from app.engine.rings import Task
from app.errors import LeaseLost, LoginRefused, RateLimited, RemoteError
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, WritesStock
from app.logs import get_logger
from app.metrics import STOCK_WRITES
from app.records import alerts, cursors, reservations
from app.records import stock as levels
from app.records.connections import Connection, Status
from app.records.stock import InShop
from app.storage.outbound_tables import shop_writes
from app.storage.types import db_now

log = get_logger(__name__)

WRITE_STOCK = "POST shop stock"
OVERLAP = timedelta(minutes=5)
"""Changed stock is asked for from a little before the last read: two reads may cross."""


# --- reading both sides ---------------------------------------------------------------------------------------------------


async def read(reading: Reading, cursor: Row[Any]) -> bool:
    """What changed in the WMS; in a sweep all of it, and all that the shop shows. Whether it was read within the slice."""
    done = await _read_shop(reading) if reading.sweeps and not _shop_is_read(reading) else True
    if done:
        await _read_warehouse(reading, cursor)
    await reading.gateway.rings.ring(Task.STOCK, reading.connection.id)
    return done


def _shop_is_read(reading: Reading) -> bool:
    return bool((reading.part.cursor or {}).get("shop_read"))


async def _read_shop(reading: Reading) -> bool:
    """The shop first: what it shows is compared with what the WMS says right afterwards."""
    gateway, connection = reading.gateway, reading.connection
    source = gateway.source(connection)
    assert isinstance(source, WritesStock)
    began = datetime.fromisoformat(stored["began"]) if (stored := reading.part.cursor or {}).get("began") else gateway.clock()
    async for page in source.stock_levels(stored.get("shop")):
        now = gateway.clock()
        async with gateway.database.begin() as db:
            await leases.renew(db, reading.lease)
            seen = [_in_shop(level) for level in page.levels if level.number]
            await levels.save_in_shop(db, connection.id, connection.lane, seen, began, now)
            reading.counts["read"] += len(page.levels)
            cursor = {"shop": page.cursor, "began": began.isoformat()}
            await save_progress(db, reading, page.calls, sweeping=True, cursor=cursor)
        if reading.time_is_up:
            return False
    async with gateway.database.begin() as db:
        await levels.forget_unseen(db, connection.id, began)
        await save_progress(db, reading, 0, sweeping=True, cursor={"shop_read": True})
    return True


def _in_shop(level: StockLevel) -> InShop:
    if level.managed:
        return InShop(level.source_id, level.parent_id or "", level.number, level.quantity or 0)
    code = "stock-kept-by-parent" if level.kept_by_parent else "stock-not-managed"
    words = "The shop keeps no quantity of this article" + (
        " but one for all of its product's variations" if level.kept_by_parent else ""
    )
    return InShop(level.source_id, level.parent_id or "", level.number, None, code, words)


async def _read_warehouse(reading: Reading, cursor: Row[Any]) -> None:
    """Changed stock, or all of it when the last read is further back than the WMS looks."""
    gateway, connection = reading.gateway, reading.connection
    began = gateway.clock()
    since = _since(reading, cursor, began)
    async for page in gateway.warehouse(connection).stock(since):
        now = gateway.clock()
        sellable = {level.number: float(level.sellable) for level in page if level.is_stock is not False}
        async with gateway.database.begin() as db:
            await leases.renew(db, reading.lease)
            waiting = (
                await levels.save_sellable(db, connection.id, connection.lane, sellable, page[0].read_at, now) if page else 0
            )
            reading.counts["read"] += len(page)
            reading.counts["unchanged"] += len(page) - waiting
            await save_progress(db, reading, 1)
    if not reading.part.dry_run:
        async with gateway.database.begin() as db:
            await cursors.change(db, connection.id, reading.process, cursor={"since": began.isoformat()})


def _since(reading: Reading, cursor: Row[Any], now: datetime) -> datetime | None:
    stored = (cursor.cursor or {}).get("since")
    if reading.sweeps or reading.part.full or stored is None:
        return None
    since = datetime.fromisoformat(stored) - OVERLAP
    back = timedelta(hours=reading.connection.settings.warehouse.stock_look_back_hours)
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
    calls, ends = 0, time.monotonic() + gateway.settings.slice_seconds
    try:
        while time.monotonic() < ends and not gateway.stopping:
            more = await _write_batch(gateway, connection, lease)
            if more is None:
                break
            calls += more
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
        return calls
    finally:
        await leases.release(gateway.database, lease)
    if not gateway.stopping and await _more(gateway, connection):
        await gateway.rings.ring(Task.STOCK, connection_id)
    return calls


async def _more(gateway: Gateway, connection: Connection) -> bool:
    async with gateway.database.read() as db:
        blocked = await budgets.blocked_until(db, [_budget(connection)], gateway.clock())
        return blocked is None and bool(await levels.next_batch(db, connection.id, 1))


def _budget(connection: Connection) -> str:
    return budgets.key_for(connection.shop_url, WRITE_STOCK)


async def _write_batch(gateway: Gateway, connection: Connection, lease: Lease) -> int | None:
    """One batch: how many calls it took (none when nothing differed after all); None when there is nothing to do now."""
    now, seconds = gateway.clock(), _call_seconds(connection)
    async with gateway.database.begin() as db:
        await leases.renew(db, lease, at_least=seconds * 4 / 3)
        if await budgets.blocked_until(db, [_budget(connection)], now) or await _under_way(db, connection):
            return None
        rows = await levels.next_batch(db, connection.id)
        if not rows:
            return None
        held_back = (
            await reservations.reserved(db, connection.id, connection.lane, [row.number for row in rows])
            if _deducts(connection)
            else {}
        )
        changes = _changes(rows, held_back, connection.settings.stock.floor)
        if not changes:
            await levels.judge(db, connection.id, connection.lane, [row.id for row in rows], now)
            return 0
        write_id = await _open_write(db, connection, changes, seconds)
    failpoint("attempt-after-commit")
    return await _send(gateway, connection, rows, changes, write_id, now)


def _call_seconds(connection: Connection) -> float:
    return float(getattr(connection.settings, "call_timeout_seconds", 60.0))


def _deducts(connection: Connection) -> bool:
    return connection.settings.stock.deduct_waiting_orders


def _changes(rows: Sequence[Row[Any]], held_back: Mapping[str, float], floor: int) -> dict[str, StockChange]:
    """By source id, without those that turn out to be the same."""
    changes = {}
    for row in rows:
        quantity = levels.sellable_in_shop(row.sellable, held_back.get(row.number, 0.0), floor)
        if quantity != row.shop_quantity:
            changes[row.source_id] = StockChange(row.source_id, row.parent_id or None, quantity)
    return changes


async def _under_way(db: AsyncConnection, connection: Connection) -> bool:
    """A call whose worker ended before the answer came may still arrive: it is waited out, so that it cannot come after a newer
    one."""
    open_ = (shop_writes.c.connection_id == connection.id, shop_writes.c.finished_at.is_(None))
    row = (await db.execute(select(shop_writes).where(*open_, shop_writes.c.over_at > db_now()).limit(1))).first()
    if row is not None:
        return True
    await db.execute(update(shop_writes).where(*open_).values(finished_at=db_now(), result="unknown"))
    return False


async def _open_write(db: AsyncConnection, connection: Connection, changes: Mapping[str, StockChange], seconds: float) -> int:
    write_id: int = await db.scalar(
        insert(shop_writes)
        .values(
            connection_id=connection.id,
            call=WRITE_STOCK,
            items=len(changes),
            request={change.source_id: change.quantity for change in changes.values()},
            started_at=db_now(),
            over_at=db_now(seconds),
        )
        .returning(shop_writes.c.id)
    )
    return write_id


async def _send(
    gateway: Gateway,
    connection: Connection,
    rows: Sequence[Row[Any]],
    changes: Mapping[str, StockChange],
    write_id: int,
    began: datetime,
) -> int:
    source = gateway.source(connection)
    assert isinstance(source, WritesStock)
    try:
        answers = await source.write_stock(tuple(changes.values()))
    except RemoteError as error:
        await _not_written(gateway, connection, [row for row in rows if row.source_id in changes], write_id, error)
        return 1
    failpoint("call-after-answer")
    await _written(gateway, connection, rows, answers, write_id, began)
    return 1


async def _written(
    gateway: Gateway,
    connection: Connection,
    rows: Sequence[Row[Any]],
    answers: Sequence[StockAnswer],
    write_id: int,
    began: datetime,
) -> None:
    """Each item's own answer counts: a batch answers as a whole though some of it was not taken."""
    now = gateway.clock()
    by_source = {answer.source_id: answer for answer in answers}
    async with gateway.database.begin() as db:
        for row in rows:
            answer = by_source.get(row.source_id)
            if answer is None:
                continue
            problem = answer.problem
            words = f"{problem.message}. {problem.fix}" if problem else None
            await levels.save_answer(db, row.id, answer.quantity, problem.code if problem else None, words, began, now)
        await levels.judge(db, connection.id, connection.lane, [row.id for row in rows], now)
        await db.execute(update(shop_writes).where(shop_writes.c.id == write_id).values(finished_at=db_now(), result="ok"))
        await budgets.succeeded(db, _budget(connection), now)
    refused = sum(1 for answer in answers if answer.problem)
    STOCK_WRITES.labels(connection.name, "ok").inc(len(answers) - refused)
    STOCK_WRITES.labels(connection.name, "refused").inc(refused)
    log.info("stock_written", connection=connection.name, items=len(answers), refused=refused)


async def _not_written(
    gateway: Gateway, connection: Connection, rows: Sequence[Row[Any]], write_id: int, error: RemoteError
) -> None:
    """Writing the same again does no harm: the rows wait, and what is the newest then is written."""
    settings, now = gateway.settings, gateway.clock()
    tries = max(row.tries for row in rows)
    due = now + pause_before(tries, settings.retry_base_seconds, settings.retry_cap_seconds)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        due = max(due, now + timedelta(seconds=error.retry_after))
    async with gateway.database.begin() as db:
        await levels.park(db, [row.id for row in rows], due, error.message, now)
        ended = {"finished_at": db_now(), "result": "failed", "error": error.message}
        await db.execute(update(shop_writes).where(shop_writes.c.id == write_id).values(**ended))
        await budgets.failed(db, _budget(connection), f"stock:{connection.id}", error, now, settings)
        if isinstance(error, LoginRefused):
            await alerts.raise_alert(db, "login-refused", connection.id, error.system, error.message, now)
    STOCK_WRITES.labels(connection.name, "failed").inc(len(rows))
    log.warning("stock_not_written", connection=connection.name, items=len(rows), error=type(error).__name__)
