"""Reads from the WMS what came back, and queues what the shop is to refund.

A warehouse uses one of three ways: on the outbound order; as a return order, which names the order; or as a purchase order
marked as a return, which names the order in one of its references, or else needs a person (requirement: Ongoing WMS, returns).

Every read looks back for `returns.look_back_days`: a return may be booked late, with an earlier time. What is known already is
passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.engine.core import leases
from app.engine.core.queue import Task
from app.engine.jobs.report_jobs import enqueue_report
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling import shipments
from app.engine.polling.odd_records import one_or_left_out
from app.engine.polling.shipments import ReadProgress
from app.engine.returning import announcements, came_back
from app.engine.returning import untied as untied_goods
from app.integrations.protocol import ReturnsBy
from app.records import alerts, deliveries
from app.records.connection_lanes import shop_lane
from app.records.deliveries import Returned
from app.records.mappings import Mapping as OrderMapping
from app.records.returned import keeping
from app.records.returned.keeping import CameBack
from app.warehouse.reads.resources import WarehouseLine, WarehouseOrder, read_order
from app.warehouse.reads.returns import PurchaseOrder, PurchaseOrderLine, ReturnOrder, ReturnOrderLine
from app.warehouse.rest.client import OngoingClient

R = TypeVar("R", ReturnOrder, PurchaseOrder)

RETURN_ORDER = ReturnsBy.RETURN_ORDER.value
PURCHASE_ORDER = ReturnsBy.PURCHASE_ORDER.value


async def read_returns(part_run: PartRun) -> bool:
    """Reads returns. Returns whether all was read within the slice.

    There is nothing to read before an order of this connection is in the WMS.
    """
    progress, by = await _begin(part_run), part_run.connection.settings.returns.by
    warehouse = part_run.gateway.warehouse(part_run.connection)
    await announcements.look_again(part_run.gateway, part_run.connection)
    async with part_run.gateway.database.read() as db:
        first = await deliveries.first_wms_id(db, part_run.connection.id, part_run.connection.lane)
    if first is not None:
        if ReturnsBy.ORDER in by:
            returned = warehouse.orders_returned(progress["since"], max(first - 1, progress["after"]))
            if not await shipments.read_pages(part_run, progress, "returned", returned):
                return False
            listed = warehouse.orders_with_returns_to_report(max(first - 1, progress["after"]))
            if not await shipments.read_pages(part_run, progress, "listed", listed):
                return False
        if ReturnsBy.RETURN_ORDER in by and shipments.is_at(progress, "return-orders"):
            asked = part_run.gateway.clock()
            await _store_return_orders(part_run, await warehouse.return_orders(progress["since"]), asked)
            shipments.is_over(progress, "return-orders")
        if ReturnsBy.PURCHASE_ORDER in by and not await _read_purchase_orders(part_run, progress, warehouse):
            return False
    await shipments.end(part_run, progress, warehouse)
    return True


async def _begin(part_run: PartRun) -> ReadProgress:
    progress = await shipments.begin(part_run)
    activated = part_run.connection.activated_at or part_run.gateway.clock()
    activated = min(activated, progress["since"] + shipments.OVERLAP)  # an adoption began to read before it
    looks_back = timedelta(days=part_run.connection.settings.returns.look_back_days)
    from_then = datetime.fromisoformat(progress["began"]) - looks_back
    return {**progress, "since": max(activated, min(progress["since"], from_then))}


# --- return orders --------------------------------------------------------------------------------------------------------


async def _store_return_orders(part_run: PartRun, orders: Sequence[ReturnOrder], asked: datetime) -> None:
    fresh = await _not_known(part_run, RETURN_ORDER, orders, came_back.of_return_order)
    for order in fresh:
        name = f"return order {order.number}"
        await one_or_left_out(part_run, name, partial(_store_return_order, part_run, order, asked))
    _are_known(part_run, len(orders) - len(fresh))
    async with part_run.gateway.database.begin() as db:
        await save_progress(db, part_run, 1)
    await part_run.gateway.wake_ups.send(Task.DRAIN, shop_lane(part_run.connection.id))


async def _not_known(part_run: PartRun, way: str, orders: Sequence[R], fingerprint: Callable[[R], str]) -> list[R]:
    """Those of which more has come back than is stored."""
    async with part_run.gateway.database.read() as db:
        known = await keeping.known_digests(db, part_run.connection.lane, way, [order.number for order in orders])
    return [order for order in orders if known.get(order.number) != fingerprint(order)]


def _are_known(part_run: PartRun, count: int) -> None:
    part_run.counts["read"] += count
    part_run.counts["unchanged"] += count


async def _store_return_order(part_run: PartRun, order: ReturnOrder, asked: datetime) -> None:
    async def work(db: AsyncConnection) -> None:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        part_run.counts["read"] += 1
        await _take_return_order(db, part_run, order, asked, part_run.gateway.clock())
        await save_progress(db, part_run, 0)

    await part_run.gateway.database.run(work)


async def _take_return_order(db: AsyncConnection, part_run: PartRun, order: ReturnOrder, asked: datetime, now: datetime) -> None:
    connection = part_run.connection
    mapping = await deliveries.mapping_of(db, connection.lane, order.order_id, None) if order.order_id is not None else None
    if mapping is None or mapping.connection_id != connection.id:
        _is_not_ours(part_run)
        return
    rows = {line.line_id: line.row_number for line in await _sold(db, mapping)}
    tied: list[tuple[ReturnOrderLine, str]] = []
    back, untied = [], []
    for line in order.lines:
        row = rows.get(line.order_line_id) or line.order_row_number
        tied += [(line, row)] if line.returned else []
        if line.returned and row:
            back.append(Returned(RETURN_ORDER, order.return_order_id, line.line_id, row, float(line.returned)))
        elif line.returned:
            untied.append(f"{line.returned.normalize():f} of {line.article_number or 'an article'}")
    why = f"names no line of order {mapping.number} for {untied[0]}" if untied else None
    seen = came_back.on_return_order(connection, mapping, order, tied, why)
    await _store(db, part_run, mapping, (seen, back), asked, now)
    if why is not None:
        await _hold(db, part_run, f"Return order {order.number}", why, now)


async def _sold(db: AsyncConnection, mapping: OrderMapping) -> list[WarehouseLine]:
    """The order's lines as the WMS showed them last. The lines of its back orders are the same lines again."""
    rows = await deliveries.of_mapping(db, mapping.id)
    orders = [read_order(row.snapshot) for row in rows if row.snapshot is not None]
    return [line for order in orders for line in order.lines if line.row_number]


# --- purchase orders that are returns -------------------------------------------------------------------------------------


async def _read_purchase_orders(part_run: PartRun, progress: ReadProgress, warehouse: OngoingClient) -> bool:
    """Returns whether all were read within the slice."""
    if not shipments.is_at(progress, "purchase-orders"):
        return True
    asked = part_run.gateway.clock()
    async for page in warehouse.return_purchase_orders(progress["since"], progress["after"]):
        fresh = await _not_known(part_run, PURCHASE_ORDER, page, came_back.of_purchase_order)
        for order in fresh:
            name = f"return {order.number}"
            await one_or_left_out(part_run, name, partial(_take_purchase_order, part_run, order, asked))
            progress["after"] = order.purchase_order_id
            if part_run.time_is_up:
                break
        else:
            progress["after"] = page[-1].purchase_order_id
            _are_known(part_run, len(page) - len(fresh))
        async with part_run.gateway.database.begin() as db:
            await save_progress(db, part_run, 1, cursor=shipments.kept(progress))
        await part_run.gateway.wake_ups.send(Task.DRAIN, shop_lane(part_run.connection.id))
        if part_run.time_is_up:
            return False
        asked = part_run.gateway.clock()
    return True


async def _take_purchase_order(part_run: PartRun, order: PurchaseOrder, asked: datetime) -> None:
    gateway, connection, now = part_run.gateway, part_run.connection, part_run.gateway.clock()
    named = [text.strip() for text in (order.goods_owner_reference, order.reference_number, order.number) if text.strip()]
    part_run.counts["read"] += 1
    async with gateway.database.read() as db:
        mapping = await deliveries.mapping_by_number(db, connection.lane, named)
        sold = await _sold(db, mapping) if mapping is not None else []
    if mapping is not None and mapping.connection_id != connection.id:
        _is_not_ours(part_run)
        return
    if mapping is not None and not sold:
        sold = await _read_sold(part_run, mapping)

    async def work(db: AsyncConnection) -> None:
        await leases.renew(db, part_run.lease)
        taken = await _taken(db, mapping, order.purchase_order_id) if mapping is not None else {}
        back, untied = _match_lines(order, sold, taken)
        why = "names no order in its references" if mapping is None else None
        if mapping is not None and untied:
            why = f"holds {_words(untied[0])}, which order {mapping.number} does not"
        articles = {each.line_id: each.article_number for each in order.lines}
        rows = [(each.row_number, articles[each.line_id], each.quantity) for each in back]
        rows += [("", each.article_number, float(each.received)) for each in untied]
        seen = came_back.on_purchase_order(connection, mapping, order, rows, why)
        if mapping is None:
            is_new = await untied_goods.keep(db, connection, None, seen, now)
        else:
            is_new = await _store(db, part_run, mapping, (seen, back), asked, now)
        if why is not None and is_new:
            await _hold(db, part_run, f"Return {order.number}", why, now)

    await gateway.database.run(work)


async def _read_sold(part_run: PartRun, mapping: OrderMapping) -> list[WarehouseLine]:
    """Reads the lines of an order that are not stored, or not any more."""
    found: Iterable[WarehouseOrder] = ()
    if mapping.number is not None:
        found = (await part_run.gateway.warehouse(part_run.connection).get_orders([mapping.number])).values()
    return [line for order in found for line in order.lines if line.row_number]


async def _taken(db: AsyncConnection, mapping: OrderMapping, record_id: int) -> dict[str, float]:
    """Pieces by row that other purchase orders have brought back."""
    taken: dict[str, float] = {}
    for row in await deliveries.returned_of(db, mapping.id):
        if row.way == PURCHASE_ORDER and row.record_id != record_id:
            taken[row.row_number] = taken.get(row.row_number, 0.0) + row.quantity
    return taken


@dataclass
class _Remaining:
    """How many pieces of a row can still come back."""

    article: str
    pieces: float


def _match_lines(
    order: PurchaseOrder, sold: Sequence[WarehouseLine], taken: Mapping[str, float]
) -> tuple[list[Returned], list[PurchaseOrderLine]]:
    """Returns what was matched with rows of the order, and the lines that were not.

    The rows are those that the lines name, else those with the same article, first ones first.
    """
    remaining: dict[str, _Remaining] = {}
    for line in sold:
        remaining.setdefault(
            line.row_number, _Remaining(line.article_number, float(line.ordered) - taken.get(line.row_number, 0.0))
        )
    back, untied = list[Returned](), list[PurchaseOrderLine]()
    for received in order.lines:
        if not received.received or received.line_id is None:
            continue
        places = _places(received, remaining)
        if not places:
            untied.append(received)
        for row, quantity in places:
            back.append(Returned(PURCHASE_ORDER, order.purchase_order_id, received.line_id, row, quantity))
    return back, untied


def _words(line: PurchaseOrderLine) -> str:
    return f"{line.received.normalize():f} of {line.article_number}"


def _places(received: PurchaseOrderLine, remaining: dict[str, _Remaining]) -> list[tuple[str, float]]:
    left = float(received.received)
    named = remaining.get(received.external_id)
    if named is not None and named.article == received.article_number:
        named.pieces -= left
        return [(received.external_id, left)]
    rows = [row for row, row_left in remaining.items() if row_left.article == received.article_number]
    places = []
    for row in rows:
        part = left if row == rows[-1] else min(left, max(remaining[row].pieces, 0.0))
        remaining[row].pieces -= part
        left -= part
        places += [(row, part)] if part > 0 else []
    return places


# --- storing what came back ------------------------------------------------------------------------------------------------


def _is_not_ours(part_run: PartRun) -> None:
    part_run.counts["skipped"] += 1
    part_run.reasons["not-ours"] += 1


async def _store(
    db: AsyncConnection,
    part_run: PartRun,
    mapping: OrderMapping,
    found: tuple[CameBack, Sequence[Returned]],
    asked: datetime,
    now: datetime,
) -> bool:
    """Stores what came back, as a record and by row of the order. Returns whether the record is new."""
    seen, back = found
    is_new = await untied_goods.keep(db, part_run.connection, mapping, seen, now)
    more = [one for one in back if await deliveries.save_returned(db, mapping, one, asked)]
    if more or is_new:
        await enqueue_report(db, part_run.connection, Process.RETURNS, mapping, now, part_id=part_run.part.id)
    else:
        part_run.counts["unchanged"] += 1
    return is_new


async def _hold(db: AsyncConnection, part_run: PartRun, what: str, why: str, now: datetime) -> None:
    """Alerts an operator as for a held order, since there is no order that could be held."""
    part_run.counts["skipped"] += 1
    part_run.reasons["return-without-order"] += 1
    noun = part_run.connection.system.noun
    text = f"{what} {why}: it cannot be refunded by itself. Refund it in the {noun} by hand"
    await alerts.raise_alert(db, "held", part_run.connection.id, f"returns:{what}", text, now)
