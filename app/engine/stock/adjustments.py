"""Corrections of the WMS's stock: read beside the stock, kept, told to those who want to know, and confirmed to the WMS once.

They change no quantity here: the stock has them already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from app.domain import OutgoingType, Process
from app.engine.core import circuit, leases
from app.engine.core.attempts import About, Blocked, RecordedCalls, close_unknown, of_batches, under_way
from app.engine.core.leases import Lease
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.jobs.run_part import PartRun
from app.errors import LeaseLost, Refused, RemoteError
from app.logs import get_logger
from app.records import alerts, cursors, outgoing_webhooks
from app.records.connections import Connection
from app.records.stock import adjustments
from app.records.stock.adjustments import KeptAdjustment
from app.storage.tables import lanes
from app.warehouse.rest.failures import SYSTEM

log = get_logger(__name__)

CURSOR = "adjustments"
FIRST = timedelta(days=1)
"""How far the first read looks back."""
OVERLAP = timedelta(hours=1)
"""The next one looks back so far behind the last: a correction may be entered with a time that has passed."""
AT_A_TIME = 10
"""So many are confirmed before orders get their turn again."""


async def read(part_run: PartRun) -> None:
    """Reads what was corrected since the last read, and confirms what is known. A failure costs the stock nothing: it is told,
    and the next poll tries again."""
    gateway, connection = part_run.gateway, part_run.connection
    if not connection.settings.stock.adjustments:
        return
    try:
        await _read(gateway, connection)
        await _confirm(part_run)
    except LeaseLost:
        raise
    except RemoteError as error:
        log.warning("adjustments_not_read", connection=connection.name, error=type(error).__name__)
        words = f"the corrections of the warehouse's stock could not be read or confirmed: {error.message}"
        async with gateway.database.begin() as db:
            await alerts.raise_alert(db, "failing", connection.id, "stock adjustments", words, gateway.clock())


async def _read(gateway: Gateway, connection: Connection) -> None:
    now, warehouse = gateway.clock(), gateway.warehouse(connection)
    async with gateway.database.begin() as db:
        stored = (await cursors.ensure(db, connection, Process.STOCK, now)).cursor or {}
    last = stored.get(CURSOR)
    since = now - FIRST if last is None else datetime.fromisoformat(last) - OVERLAP
    found = await warehouse.adjustments(since)
    others = [each for each in await gateway.on_lane(connection.lane) if each.settings.stock.adjustments]
    async with gateway.database.begin() as db:
        causes = connection.settings.stock.scrapped_causes
        new = await adjustments.keep(db, connection.lane, found, causes, gateway.clock())
        for each in others if new else ():
            if outgoing_webhooks.are_wanted(each.settings, OutgoingType.STOCK_ADJUSTED):
                for one in new:
                    key = f"{one.inventory_id}-{one.article_system_id}-{one.id}"
                    await outgoing_webhooks.add(db, each.id, OutgoingType.STOCK_ADJUSTED, key, told(one), now)
        until = warehouse.by_its_clock(now).isoformat()
        await cursors.change(db, connection.id, Process.STOCK, cursor={**stored, CURSOR: until})


def told(one: KeptAdjustment) -> dict[str, Any]:
    """A correction as its reader gets it."""
    return {
        "number": one.number,
        "article_name": one.article_name,
        "pieces": one.pieces,
        "made_at": _iso(one.made_at),
        "cause": {"code": one.cause_code, "name": one.cause_name},
        "scrapped": one.is_scrapped,
        "batch": one.batch or None,
        "serial": one.serial or None,
        "expires_at": _iso(one.expires_at),
        "location": one.location or None,
        "warehouse": None if one.warehouse_id is None else {"id": one.warehouse_id, "name": one.warehouse},
        "comment": one.comment or None,
        "inventory_id": one.inventory_id,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# --- confirming -----------------------------------------------------------------------------------------------------------


async def _confirm(part_run: PartRun) -> None:
    """Confirms some at a time under the lease of the goods owner's lane, as any write; when somebody else writes, or the lane is
    paused, the next poll goes on."""
    gateway, connection = part_run.gateway, part_run.connection
    while not part_run.time_is_up and not gateway.stopping:
        async with gateway.database.read() as db:
            pairs = await adjustments.unconfirmed(db, connection.lane, AT_A_TIME)
            is_paused = bool(pairs) and await db.scalar(select(lanes.c.paused).where(lanes.c.key == connection.lane))
        if not pairs or is_paused:
            return
        lease = await leases.acquire(gateway.database, connection.lane, gateway.settings.lease_seconds)
        if lease is None:
            return
        try:
            goes_on = await _confirm_some(gateway, connection, lease, pairs)
        finally:
            await leases.release(gateway.database, lease)
            await gateway.wake_ups.send(Task.DRAIN, connection.lane)
        if not goes_on:
            return


async def _confirm_some(gateway: Gateway, connection: Connection, lease: Lease, pairs: list[tuple[int, int]]) -> bool:
    """Returns whether more may be confirmed. Raises RemoteError."""
    calls = RecordedCalls(
        gateway,
        lease,
        system=SYSTEM,
        counted=circuit.of_warehouse(connection),
        call_timeout_seconds=connection.settings.warehouse.call_timeout_seconds,
        about=About(),
        is_shop=False,
    )
    batches = of_batches(connection.lane)
    async with gateway.database.begin() as db:
        if await under_way(db, batches) is not None:
            return False
        await close_unknown(db, batches)  # confirmed twice does no harm
    for pair in pairs:
        request: Mapping[str, Any] = {"inventoryId": pair[0], "articleSystemId": pair[1]}
        try:
            async with gateway.database.begin() as db:
                begun = await calls.begin(db, circuit.CONFIRM_ADJUSTMENT, request)
        except Blocked:
            return False
        error: RemoteError | None = None
        answer: object = None
        try:
            answer = await calls.send(begun, partial(gateway.warehouse(connection).confirm_adjustment, *pair))
        except RemoteError as failure:
            error = failure
        is_final = isinstance(error, Refused)
        async with gateway.database.begin() as db:
            await leases.renew(db, lease)
            await calls.end(db, begun, error, answer)
            if error is None or is_final:
                problem = error.message if error is not None else None
                await adjustments.confirmed(db, connection.lane, pair, gateway.clock(), problem)
        if error is not None:
            raise error
    return True
