"""The WMS's orders that the shop's list did not name: looked up in the shop one by one. Those that it does not have are named.

Some systems list only the orders that are to be sent. One that is under way, or was sent lately, is found by its id or number.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import Kind as RecordKind
from app.domain import Process, SourceRecord, WarehouseState
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs.mapper import enriched
from app.engine.longwork.adopt import orders
from app.engine.longwork.adopt.storing import NOT_OURS, owners
from app.engine.longwork.slices import AT_A_TIME, Also, Slice
from app.integrations.protocol.source import ListsByIds
from app.records import mappings
from app.records.longwork import lines
from app.records.longwork.lines import Line
from app.records.longwork.works import SEEN, moment_of
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state

STILL_OPEN = (WarehouseState.OPEN, WarehouseState.STARTED)


async def name_others(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    since = moment_of(run.work.options["since"])
    assert since is not None
    after = int(run.work.place.get("after", 0))
    async for page in run.gateway.warehouse(run.connection).orders_created(since, run.work.created_at, after):
        rest = [order for order in page if order.order_id > after]
        for start in range(0, len(rest), AT_A_TIME):
            some = rest[start : start + AT_A_TIME]
            also = await _look_up(run, some)
            run.counts[f"{SEEN}-in-warehouse"] += len(some)
            after = max(order.order_id for order in some)
            await run.save({**run.work.place, "after": after}, also)
            if run.time_is_up:
                return False
    return True


async def _look_up(run: Slice, some: Sequence[WarehouseOrder]) -> Also | None:
    async with run.gateway.database.read() as db:
        whose = await owners(db, run.connection, RecordKind.ORDER, [each.order_id for each in some])
        told = await lines.numbers_told(db, run.work.id, Process.ORDERS, [each.number for each in some])
    left = [each for each in some if each.order_id not in whose and each.number not in told and _is_followed(run, each)]
    found = await _in_shop(run, left)
    also = await orders.consider(run, found) if found else None
    said = {line.number for line in run.lines}
    for order in left:
        if order.number not in said and _state(run, order) in STILL_OPEN:
            _name(run, order)
    return also


def _state(run: Slice, order: WarehouseOrder) -> WarehouseState:
    return warehouse_state(order.status_number, run.connection.settings.warehouse)


def _is_followed(run: Slice, order: WarehouseOrder) -> bool:
    """Whether there is something to follow: it is open, or was sent so lately that its tracking may still grow."""
    if order.back_order_for is not None:
        return False
    if _state(run, order) in STILL_OPEN:
        return True
    days = run.connection.settings.shipments.watch_days
    return order.shipped_at is not None and (run.gateway.clock() - order.shipped_at).days < days


async def _in_shop(run: Slice, left: Sequence[WarehouseOrder]) -> list[SourceRecord]:
    """Those of them that the shop has under their id or number, where it lets one record be read."""
    prefix = run.connection.settings.order_number_prefix
    named = (each.goods_owner_order_id or each.number.removeprefix(prefix) for each in left)
    ids = [name for name in dict.fromkeys(named) if name.isdigit()]
    async with run.gateway.database.read() as db:
        known = await mappings.of_sources(db, run.connection.id, RecordKind.ORDER, ids)
    ids = [each for each in ids if each not in known or known[each].wms_id is None]
    if not ids or not reads_by_id(run.connection):
        return []
    source = run.gateway.source(run.connection)
    found: dict[str, SourceRecord | None] = {}
    if isinstance(source, ListsByIds):
        for start in range(0, len(ids), source.most_listed):
            found |= await source.read_listed(Process.ORDERS, ids[start : start + source.most_listed])
    else:
        found = dict(await record_source(run.gateway, run.connection).read_many(Process.ORDERS, ids))
    return [await enriched(run.gateway, run.connection, record) for record in found.values() if record is not None]


def _name(run: Slice, order: WarehouseOrder) -> None:
    words = (
        f"The WMS has it at {order.status_number} {order.status_text}".rstrip()
        + f", and the {run.noun} has no order with its number. It is left alone"
    )
    run.counts[NOT_OURS] += 1
    run.lines.append(Line(NOT_OURS, Process.ORDERS, order.number, None, words, "not-in-shop"))
