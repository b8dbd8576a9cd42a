"""What a caller does to a purchase order: puts it, takes it back. The same twice is done once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain import Process, PurchaseOrder, SourceRecord, to_payload
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.jobs.enqueue import EnqueueResult, Found, FoundBy, RecordChange, Verdict, enqueue_change
from app.errors import BadInput, Conflict, NotFound
from app.flows.purchases.problems import ARTICLE_MISSING
from app.records.connections import Connection, Status
from app.records.purchases import orders
from app.records.purchases.orders import Listed, PurchaseState
from app.storage.audit.changes import Change, note
from app.warehouse.writes.purchase_orders import purchase_order_problems


@dataclass(frozen=True)
class Stored:
    """A purchase order as it is stored now, and what became of the request: queued, or unchanged. `is_new`: it made it."""

    listed: Listed
    verdict: Verdict
    is_new: bool = False


async def put(gateway: Gateway, connection: Connection, order: PurchaseOrder) -> Stored:
    """Stores the purchase order and queues it, unless it is stored like that already. Returns it as it is stored now.

    One that waits for an article is looked at again in any case. Raises BadInput for what the WMS would refuse, and Conflict for
    a connection that takes none.
    """
    _refuse_closed(connection)
    for problem in (*order.problems, *purchase_order_problems(order, connection.settings.warehouse)):
        raise BadInput(f"{problem.field}: {problem.message}", field=problem.field, fix=problem.fix)
    return await _store(gateway, connection, order)


async def take_back(gateway: Gateway, connection: Connection, number: str) -> Stored:
    """Stops it while it waits, or has it cancelled in the WMS. Returns it as it is stored now.

    Raises NotFound, and Conflict when it is known that the warehouse has begun to receive it.
    """
    _refuse_closed(connection)
    stored = await find(gateway, connection, number)
    if stored.content.is_cancelled and stored.state in (PurchaseState.CANCELLED, PurchaseState.WAITING):
        return Stored(stored, Verdict.UNCHANGED)
    if stored.mapping.warehouse_status in connection.settings.warehouse.purchase_received_statuses:
        raise Conflict(
            f"the warehouse has begun to receive purchase order {number} (status {stored.mapping.warehouse_status})",
            field="number",
            fix="tell the warehouse to close it; what was received stays in stock",
        )
    return await _store(gateway, connection, replace(stored.content, is_cancelled=True))


async def send_again(gateway: Gateway, connection: Connection, number: str) -> EnqueueResult:
    """Queues it as it is stored: it is compared with what the WMS has, and sent if that differs. Raises NotFound."""
    stored = await find(gateway, connection, number)
    return await _queue(gateway, connection, stored.content, Found(FoundBy.OPERATOR, forced=True), "resync")


async def find(gateway: Gateway, connection: Connection, number: str) -> Listed:
    """Raises NotFound."""
    async with gateway.database.read() as db:
        found = await orders.find(db, connection.id, number)
    if found is None:
        raise NotFound(
            f"{connection.name} has no purchase order {number!r}",
            field="number",
            fix="list them with: gateway purchase-orders list",
        )
    return found


def _refuse_closed(connection: Connection) -> None:
    if connection.status is Status.DRAFT:
        fix = f"activate it first: gateway connections activate {connection.name}"
        raise Conflict(f"{connection.name} is a draft and takes no purchase orders", field="connection", fix=fix)
    if not connection.settings.processes.is_on(Process.PURCHASE_ORDERS):
        words = f"{connection.name} takes no purchase orders: the process is switched off"
        raise Conflict(words, field="connection", fix="set settings.processes.purchase_orders to true")


async def _store(gateway: Gateway, connection: Connection, order: PurchaseOrder) -> Stored:
    async with gateway.database.read() as db:
        before = await orders.find(db, connection.id, order.source_id)
    found = Found(FoundBy.CALLER, forced=before is not None and _tries_again(before, order))
    what = "taken back" if order.is_cancelled else f"put, {len(order.lines)} lines"
    done = await _queue(gateway, connection, order, found, what)
    is_new = done.verdict is Verdict.QUEUED and done.generation == 1
    return Stored(await find(gateway, connection, order.source_id), done.verdict, is_new)


async def _queue(gateway: Gateway, connection: Connection, order: PurchaseOrder, found: Found, what: str) -> EnqueueResult:
    record = SourceRecord(Process.PURCHASE_ORDERS, order.source_id, None, to_payload(order))
    async with gateway.database.begin() as db:
        done = await enqueue_change(db, connection, RecordChange(record, order, found), gateway.clock())
        if done.verdict is Verdict.QUEUED:
            note(db, f"purchase order {order.number}", (Change("content", None, what),), connection_ids=(connection.id,))
    if done.verdict is Verdict.QUEUED:
        await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    return done


def _tries_again(before: Listed, order: PurchaseOrder) -> bool:
    """Whether the same content may get further now: the article may have come, or the warehouse be asked once more to cancel."""
    return before.state is PurchaseState.HELD and (order.is_cancelled or before.job.reason_code == ARTICLE_MISSING)
