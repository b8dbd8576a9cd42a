"""The warehouse's orders of the period: two for one order of the shop, and those whose order the shop has no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Kind as RecordKind
from app.domain import Process, WarehouseState
from app.engine.core.sources import reads_by_id, record_source
from app.engine.longwork.reconcile.findings import Action, Kind, read_again
from app.engine.longwork.slices import AT_A_TIME, Slice
from app.integrations.protocol.source import ListsByIds
from app.records import mappings
from app.records.longwork.lines import Line
from app.records.longwork.works import SEEN, moment_of
from app.records.mappings import Mapping
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state

STILL_OPEN = (WarehouseState.OPEN, WarehouseState.STARTED)


@dataclass(frozen=True)
class _Known:
    """What is stored of the warehouse's orders: by the WMS's id, and this connection's by the shop's id."""

    by_wms_id: dict[int, Mapping]
    by_source: dict[str, Mapping]


async def compare(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    since, until = moment_of(run.work.options["since"]), moment_of(run.work.options["until"])
    assert since is not None
    assert until is not None
    after = int(run.work.place.get("after", 0))
    async for page in run.gateway.warehouse(run.connection).orders_created(since, until, after):
        rest = [order for order in page if order.order_id > after]
        for start in range(0, len(rest), AT_A_TIME):
            some = rest[start : start + AT_A_TIME]
            await _compare(run, some)
            run.counts[f"{SEEN}-in-warehouse"] += len(some)
            after = max(order.order_id for order in some)
            await run.save({**run.work.place, "after": after})
            if run.time_is_up:
                return False
    return True


async def _compare(run: Slice, some: Sequence[WarehouseOrder]) -> None:
    ours = [order for order in some if _may_be_ours(run, order)]
    async with run.gateway.database.read() as db:
        known = _Known(
            await mappings.of_wms(db, run.connection.lane, RecordKind.ORDER, [order.order_id for order in ours]),
            await mappings.of_sources(
                db,
                run.connection.id,
                RecordKind.ORDER,
                [order.goods_owner_order_id for order in ours if order.goods_owner_order_id],
            ),
        )
    mine = [order for order in ours if _is_mine(run, order, known)]
    doubled = [order for order in mine if _first(order, known) is not None]
    run.lines += [_doubled(run, order, known) for order in doubled]
    run.counts[Kind.DOUBLED] += len(doubled)
    await _find_gone(run, [order for order in mine if order not in doubled and order.goods_owner_order_id], known)


def _state(run: Slice, order: WarehouseOrder) -> WarehouseState:
    return warehouse_state(order.status_number, run.connection.settings.warehouse)


def _may_be_ours(run: Slice, order: WarehouseOrder) -> bool:
    """Not what is cancelled, and not the rest of another order, which the warehouse makes itself."""
    prefix = run.connection.settings.order_number_prefix
    is_named = bool(order.goods_owner_order_id) and order.number.startswith(prefix)
    return is_named and order.back_order_for is None and _state(run, order) is not WarehouseState.CANCELLED


def _is_mine(run: Slice, order: WarehouseOrder, known: _Known) -> bool:
    """An order that another connection of the goods owner has sent is not this one's."""
    owner = known.by_wms_id.get(order.order_id)
    return owner is None or owner.connection_id == run.connection.id


def _first(order: WarehouseOrder, known: _Known) -> Mapping | None:
    """The record of the shop's order, when the warehouse has another order for it."""
    mapping = known.by_source.get(order.goods_owner_order_id)
    is_other = mapping is not None and mapping.wms_id is not None and mapping.wms_id != order.order_id
    return mapping if is_other else None


def _doubled(run: Slice, order: WarehouseOrder, known: _Known) -> Line:
    mapping = _first(order, known)
    assert mapping is not None
    words = (
        f"The warehouse has two orders for order {mapping.source_number or mapping.source_id} of the {run.noun}: "
        f"{mapping.number} and {order.number}. Cancel {order.number} in the WMS if nobody needs it"
    )
    return Line(
        Kind.DOUBLED,
        Process.ORDERS,
        order.number,
        order.goods_owner_order_id,
        words,
        "doubled",
        mapping.id,
        Action.CANCEL_BY_HAND,
    )


async def _find_gone(run: Slice, mine: Sequence[WarehouseOrder], known: _Known) -> None:
    """Asks the shop for the orders that the warehouse still has open. What is sent is sent, whatever has become of it there."""
    is_open = [order for order in mine if _state(run, order) in STILL_OPEN]
    if not is_open or not reads_by_id(run.connection):
        return
    gone = await _gone(run, [order.goods_owner_order_id for order in is_open])
    for order in is_open:
        if order.goods_owner_order_id not in gone:
            continue
        mapping = known.by_source.get(order.goods_owner_order_id)
        words = f"The {run.noun} has no such order any more, and the warehouse still has it open"
        action = read_again(run.connection, Action.CANCEL_BY_HAND) if mapping is not None else Action.CANCEL_BY_HAND
        mapping_id = mapping.id if mapping is not None else None
        run.counts[Kind.EXTRA] += 1
        run.lines.append(
            Line(Kind.EXTRA, Process.ORDERS, order.number, order.goods_owner_order_id, words, "gone", mapping_id, action)
        )


async def _gone(run: Slice, source_ids: Sequence[str]) -> set[str]:
    """Those that the shop says it has not, asked for by their ids. A list that shows them saves these reads."""
    source = run.gateway.source(run.connection)
    left = list(dict.fromkeys(source_ids))
    if isinstance(source, ListsByIds):
        for start in range(0, len(source_ids), source.most_listed):
            listed = await source.read_listed(Process.ORDERS, source_ids[start : start + source.most_listed])
            left = [each for each in left if each not in listed]
    asked = await record_source(run.gateway, run.connection).read_many(Process.ORDERS, left) if left else {}
    return {source_id for source_id, record in asked.items() if record is None}
