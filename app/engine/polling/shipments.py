"""Reads from the WMS what was shipped, and queues what the shop is to be told.

Three lists are read. Orders whose status has changed. The WMS's own work list (picked or returned more than acknowledged),
which needs no clock. Orders that were sent, again for a while, because a tracking number may come late, and a further one later
still.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.domain.shipment import Shipment
from app.engine.core import leases
from app.engine.core.queue import Task
from app.engine.jobs.job_rows import decide_again
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.jobs.run_part import PartRun, part_cursor, save_progress
from app.engine.polling.odd_records import is_odd, one_or_left_out
from app.engine.returning import came_back
from app.flows.orders import TOO_LATE_TO_CANCEL
from app.flows.report import Delivery
from app.integrations.protocol import ReturnsBy
from app.records import cursors, deliveries, mappings
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.records.deliveries import Seen
from app.records.mappings import Mapping
from app.records.returned import keeping
from app.warehouse.adopted import adopted_rows, in_our_rows
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.shipments import digest_of, returns_digest_of, shipment_of, without_person
from app.warehouse.reads.states import warehouse_state
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings

WATCHED_BATCH = 50
LOOKS_BACK_EVERY = timedelta(days=1)
OVERLAP = timedelta(minutes=5)
"""We ask for changes from a little before the last read, because two reads may cross."""

Pages = AsyncIterator[tuple[WarehouseOrder, ...]]


async def read_shipments(part_run: PartRun) -> bool:
    """Reads what has changed, the work list, then the watched orders. Returns whether all was read within the slice."""
    progress, warehouse = await begin(part_run), part_run.gateway.warehouse(part_run.connection)
    look_back(part_run, progress)
    first = await _first_id(part_run)
    if first is not None:
        changed = warehouse.orders_changed(progress["since"], max(first - 1, progress["after"]))
        if not await read_pages(part_run, progress, "changed", changed):
            return False
        listed = warehouse.orders_to_report(max(first - 1, progress["after"]))
        if not await read_pages(part_run, progress, "listed", listed):
            return False
        if not await _read_watched(part_run, progress):
            return False
    await end(part_run, progress, warehouse)
    return True


async def _first_id(part_run: PartRun) -> int | None:
    async with part_run.gateway.database.read() as db:
        return await deliveries.first_wms_id(db, part_run.connection.id, part_run.connection.lane)


# --- progress from slice to slice ----------------------------------------------------------------------------------------

ReadProgress = dict[str, Any]
"""Where a read stands.

`stage` and the last id read in it, for watched orders with the time until when that one is watched; `began`, the moment the whole
read did; `since`, the moment from which it asks for changes; `looked_back`, when it last asked for more than what is new.
"""


async def begin(part_run: PartRun) -> ReadProgress:
    gateway, connection = part_run.gateway, part_run.connection
    async with gateway.database.begin() as db:
        cursor = (await cursors.ensure(db, connection, part_run.process, gateway.clock())).cursor or {}
    stored = await part_cursor(part_run)
    since = cursor.get("since")
    first = connection.activated_at or gateway.clock()
    return {
        "stage": stored.get("stage"),
        "after": int(stored.get("after", 0)),
        "until": stored.get("until"),
        "began": stored.get("began", gateway.clock().isoformat()),
        "since": datetime.fromisoformat(since) - OVERLAP if since else first,
        "looked_back": cursor.get("looked_back"),
    }


def look_back(part_run: PartRun, progress: ReadProgress) -> bool:
    """Once a day, and in a full sync, asks for what has changed within `shipments.look_back_days`. Returns whether it does now.

    What was left out by the settings of then, or by a list that had a hole, is found.
    """
    began, before = datetime.fromisoformat(progress["began"]), progress["looked_back"]
    if not part_run.part.full and before is not None and began - datetime.fromisoformat(before) < LOOKS_BACK_EVERY:
        return False
    back = began - timedelta(days=part_run.connection.settings.shipments.look_back_days)
    progress["since"] = min(progress["since"], max(back, part_run.connection.activated_at or began))
    progress["looked_back"] = progress["began"]
    return True


async def read_pages(part_run: PartRun, progress: ReadProgress, stage: str, pages: Pages) -> bool:
    """Reads one stage page by page, unless an earlier slice has read it. Returns whether it was read within this slice."""
    if not is_at(progress, stage):
        return True
    asked = part_run.gateway.clock()
    async for page in pages:
        progress["after"] = max((order.order_id for order in page), default=progress["after"])
        await store(part_run, page, asked, progress)
        if part_run.time_is_up:
            return False
        asked = part_run.gateway.clock()
    is_over(progress, stage)
    return True


STAGES = ("changed", "returned", "listed", "watched", "return-orders", "purchase-orders")


def is_at(progress: ReadProgress, stage: str) -> bool:
    """Whether this stage is still to be read. If so, makes it the current stage."""
    at = progress["stage"]
    if at is not None and STAGES.index(at) > STAGES.index(stage):
        return False
    if at != stage:
        progress |= {"stage": stage, "after": 0, "until": None}
    return True


def is_over(progress: ReadProgress, stage: str) -> None:
    following = STAGES[STAGES.index(stage) + 1 :]
    if following:
        progress |= {"stage": following[0], "after": 0, "until": None}


def kept(progress: ReadProgress) -> ReadProgress:
    return {name: progress[name] for name in ("stage", "after", "until", "began")}


async def end(part_run: PartRun, progress: ReadProgress, warehouse: OngoingClient) -> None:
    """The next read asks for what has changed since this one began, by the WMS's own clock."""
    since = warehouse.by_its_clock(datetime.fromisoformat(progress["began"]))
    async with part_run.gateway.database.begin() as db:
        looked_back = {"looked_back": progress["looked_back"]} if progress["looked_back"] else {}
        await cursors.change(db, part_run.connection.id, part_run.process, cursor={"since": since.isoformat(), **looked_back})


async def _read_watched(part_run: PartRun, progress: ReadProgress) -> bool:
    gateway, connection = part_run.gateway, part_run.connection
    if not is_at(progress, "watched"):
        return True
    began = datetime.fromisoformat(progress["began"])
    while True:
        asked, until = gateway.clock(), progress["until"]
        after = (datetime.fromisoformat(until), progress["after"]) if until else None
        async with gateway.database.read() as db:
            batch = await deliveries.watched(db, connection.id, began, after, WATCHED_BATCH)
        if not batch:
            return True
        found = await gateway.warehouse(connection).get_orders([number for _, _, number in batch])
        progress |= {"until": batch[-1][0].isoformat(), "after": batch[-1][1]}
        await store(part_run, list(found.values()), asked, progress)
        if part_run.time_is_up:
            return False


# --- storing what was read ------------------------------------------------------------------------------------------------


async def store(part_run: PartRun, orders: Sequence[WarehouseOrder], asked: datetime, progress: ReadProgress) -> None:
    """Stores a page of a read that began at `asked`, all in one transaction. If that fails, one by one."""
    try:
        await _store_together(part_run, orders, asked)
    except Exception as error:
        if not is_odd(error):
            raise
        for order in orders:
            await one_or_left_out(
                part_run, f"order {order.number} of the warehouse", partial(_store_together, part_run, [order], asked)
            )
    async with part_run.gateway.database.begin() as db:
        await save_progress(db, part_run, 1, cursor=kept(progress))
    await part_run.gateway.wake_ups.send(Task.DRAIN, shop_lane(part_run.connection.id))


async def _store_together(part_run: PartRun, orders: Sequence[WarehouseOrder], asked: datetime) -> None:
    lane, now = part_run.connection.lane, part_run.gateway.clock()

    async def work(db: AsyncConnection) -> None:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        found = [(order, await deliveries.mapping_of(db, lane, order.order_id, order.back_order_for)) for order in orders]
        # In the order of their ids, as whoever else locks several mappings.
        found.sort(key=lambda pair: pair[1].id if pair[1] else 0)
        await mappings.lock(db, [mapping.id for _, mapping in found if mapping])
        for order, mapping in found:
            part_run.counts["read"] += 1
            await _consider(db, part_run, (order, mapping), asked, now)
        await save_progress(db, part_run, 0)

    await part_run.gateway.database.run(work)


async def _consider(
    db: AsyncConnection, part_run: PartRun, found: tuple[WarehouseOrder, Mapping | None], asked: datetime, now: datetime
) -> None:
    order, mapping = found
    if mapping is None or mapping.connection_id != part_run.connection.id:
        part_run.counts["skipped"] += 1
        part_run.reasons["not-ours"] += 1
        return
    concerned = await store_delivery(db, part_run.connection, mapping, order, asked, now)
    part_run.counts["unchanged"] += part_run.process not in concerned
    for process in concerned:
        part_id = part_run.part.id if process is part_run.process else None
        await enqueue_report(db, part_run.connection, process, mapping, now, part_id=part_id)


async def store_delivery(
    db: AsyncConnection, connection: Connection, mapping: Mapping, order: WarehouseOrder, asked: datetime, now: datetime
) -> list[Process]:
    """Stores the order as the WMS showed it. Returns the processes that have something new to report."""
    settings, order = connection.settings, in_our_rows(order, adopted_rows(mapping.adopted))
    shipment = shipment_of(order, settings.shipments.complete_when, settings.warehouse)
    saved = await deliveries.save(db, mapping, _as_seen(connection, order, shipment), asked)
    if saved is None:
        return []
    if order.back_order_for is None:
        seen = mappings.SeenStatus(order.status_number, order.status_text or None, asked)
        await mappings.store_status(db, mapping.id, now, seen)
        if mapping.reason_code == TOO_LATE_TO_CANCEL and _goes_on(mapping, order, settings.warehouse):
            await decide_again(db, mapping.id, TOO_LATE_TO_CANCEL, now)
    if saved[1]:
        await keeping.keep(db, came_back.on_order(connection, mapping, order), now)
    is_out = shipment.is_made or shipment.is_at_pickup or shipment.shipped_at is not None
    has_shipped = is_out or mapping.delivery == Delivery.PARTLY
    changed, returned = saved[0] and has_shipped, saved[1]
    return [process for process, is_new in ((Process.SHIPMENTS, changed), (Process.RETURNS, returned)) if is_new]


def _goes_on(mapping: Mapping, order: WarehouseOrder, settings: OngoingSettings) -> bool:
    """Whether the warehouse has sent or cancelled what it had begun."""
    return warehouse_state(mapping.warehouse_status, settings) is not warehouse_state(order.status_number, settings)


def _is_out(status: int, settings: OngoingSettings) -> bool:
    """Whether it is sent or ready to be picked up, wholly or in part: a tracking number may still come."""
    return (
        status in settings.shipped_statuses
        or status in settings.partly_shipped_statuses
        or status in settings.pickup_statuses
        or status in settings.returned_statuses
    )


def _as_seen(connection: Connection, order: WarehouseOrder, shipment: Shipment) -> Seen:
    """The order as it is stored. What a switched-off process would report is left out: it finds that once it is switched on."""
    processes, settings = connection.settings.processes, connection.settings
    is_sent = shipment.is_made or _is_out(order.status_number, settings.warehouse)
    on_the_order = processes.returns and ReturnsBy.ORDER in settings.returns.by
    return Seen(
        wms_order_id=order.order_id,
        number=order.number,
        back_order_for=order.back_order_for,
        tracking=next((each.number for each in shipment.tracking), None),
        snapshot=without_person(order.raw),
        status=order.status_number,
        shipped_at=order.shipped_at,
        digest=digest_of(shipment) if processes.shipments else None,
        returns_digest=returns_digest_of(shipment) if on_the_order else None,
        watch=timedelta(days=settings.shipments.watch_days) if is_sent and processes.shipments else None,
    )
