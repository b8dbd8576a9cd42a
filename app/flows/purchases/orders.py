"""Purchase orders into the warehouse: created, changed until receiving begins, cancelled while they can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.domain import Problem, PurchaseOrder
from app.errors import Refused
from app.flows.outcomes import Known, Outcome, Result, Transfer, WarehousePort, held
from app.flows.purchases import problems
from app.flows.purchases.articles import missing_articles
from app.warehouse.reads.returns import PurchaseOrder as Seen
from app.warehouse.writes.differences import differences_purchase_order
from app.warehouse.writes.fields import Body
from app.warehouse.writes.purchase_orders import purchase_order_body, purchase_order_problems

GET_PURCHASE_ORDER = "GET /purchaseOrders"
PUT_PURCHASE_ORDER = "PUT /purchaseOrders"
CANCEL_PURCHASE_ORDER = "DELETE /purchaseOrders"


@dataclass(frozen=True)
class _There:
    """What the WMS has of that number now. `has_begun`: goods of it have been received."""

    order: Seen | None
    is_cancelled: bool = False
    has_begun: bool = False

    @property
    def is_open(self) -> bool:
        return self.order is not None and not self.is_cancelled and not self.has_begun

    def status(self) -> dict[str, Any]:
        if self.order is None:
            return {}
        found: dict[str, Any] = {"wms_id": self.order.purchase_order_id}
        if self.order.status_number is not None:
            found |= {"warehouse_status": self.order.status_number, "warehouse_status_text": self.order.status_text or None}
        return found

    @property
    def words(self) -> str:
        return f"status {self.order.status_number} {self.order.status_text}".strip() if self.order else "no status"


async def transfer_purchase_order(order: PurchaseOrder, known: Known, port: WarehousePort) -> Result:
    """Brings the warehouse in line with the purchase order. Raises RemoteError when a call failed in a way that is worth another
    try.

    A write whose outcome is not known is looked up first. requirement: purchase orders and receipts; rules for every connection,
    1 to 4.
    """
    if known.transfer is not Transfer.UNKNOWN:
        return await _bring(order, known, port)
    if port.unknown_write is not None and port.unknown_write.elsewhere:
        if not port.released:
            return held(problems.elsewhere(order), wanted=_wanted(order))
        return replace(await _bring(order, replace(known, transfer=Transfer.PENDING), port), settles=True)
    there = await _look(order, port)
    shown = _after_unknown(known, there, port)
    result = await _bring(order, shown, port, there)
    if result.outcome is Outcome.UNCHANGED and result.code is None:  # the earlier call had arrived
        result = replace(result, outcome=Outcome.CREATED if known.wms_id is None else Outcome.UPDATED)
    return replace(result, settles=True, sent_hash=result.sent_hash or shown.sent_hash)


def _after_unknown(known: Known, there: _There, port: WarehousePort) -> Known:
    """What is known once the WMS has been read. What was sent counts as sent only if the WMS shows it."""
    write = port.unknown_write
    was_put = write is not None and write.call == PUT_PURCHASE_ORDER
    sent = write.request if write is not None and was_put else None
    arrived = there.order is not None and bool(sent) and not differences_purchase_order(sent or {}, there.order)
    if there.order is None:
        # A purchase order that only this write may have made is not there. One that was there before has vanished.
        return replace(known, transfer=Transfer.PENDING if known.wms_id is None else Transfer.SENT, sent_hash=None)
    digest = Body(sent, ()).hash if arrived and sent else None
    taken_back = known.taken_back or (there.is_cancelled and not was_put)
    return replace(known, transfer=Transfer.SENT, wms_id=there.order.purchase_order_id, sent_hash=digest, taken_back=taken_back)


async def _bring(order: PurchaseOrder, known: Known, port: WarehousePort, there: _There | None = None) -> Result:
    """`there`: what the WMS has, when that has been read already."""
    if order.is_cancelled:
        return await _take_back(order, known, port, there)
    wrong = (*order.problems, *purchase_order_problems(order, port.settings))
    status = there.status() if there is not None else {}
    if wrong:
        return held(wrong[0], wanted="present", notes=tuple(each.message for each in wrong[1:]), **status)
    if owner := await port.claim(order.number):
        return held(problems.number_taken(order, owner), wanted="present", **status)
    there = there or await _look(order, port)
    if there.order is None:
        if known.wms_id is not None and not port.released:
            return held(problems.vanished(order), wanted="present")
        return await _write(order, await _body(order, port), known, there, port)
    return await _change(order, known, there, port)


async def _change(order: PurchaseOrder, known: Known, there: _There, port: WarehousePort) -> Result:
    """The WMS has one of that number."""
    assert there.order is not None
    body = await _body(order, port)
    is_same = not differences_purchase_order(body.json, there.order)
    if known.sent_hash == body.hash and not there.is_cancelled and (is_same or not port.asked_for):
        return Result(Outcome.UNCHANGED, Transfer.SENT, wanted="present", **there.status())
    if known.wms_id is None and not there.is_cancelled and is_same:
        return _sent(Outcome.UNCHANGED, body, "the warehouse has it as it was put", there.status())
    if port.released:
        return await _write(order, body, known, there, port)
    if problem := _in_the_way(order, known, there):
        return held(problem, wanted="present", **there.status())
    return await _write(order, body, known, there, port)


def _in_the_way(order: PurchaseOrder, known: Known, there: _There) -> Problem | None:
    """Why the one that the WMS has is not written over."""
    if there.is_cancelled:
        return problems.cancelled_there(order, taken_back=known.taken_back or known.wanted == "absent")
    if known.wms_id is None:
        return problems.made_elsewhere(order)
    return problems.receiving_begun(order, there.words) if there.has_begun else None


async def _body(order: PurchaseOrder, port: WarehousePort) -> Body:
    supplier = await port.known_supplier(order.supplier) if order.supplier is not None else None
    return purchase_order_body(replace(order, supplier=supplier), port.goods_owner_id, port.settings)


async def _write(order: PurchaseOrder, body: Body, known: Known, there: _There, port: WarehousePort) -> Result:
    missing = await missing_articles(order.lines, port)
    if missing:
        return held(problems.articles_missing(missing, port.noun), wanted="present", **there.status())
    try:
        written = await port.write(PUT_PURCHASE_ORDER, body.json, lambda: port.client.put_purchase_order(body.json))
    except Refused as refusal:
        return await _after_refusal(refusal, order, body, known, port)
    done = Outcome.CREATED if there.order is None else Outcome.UPDATED
    return _sent(done, body, written.message, there.status() | {"wms_id": written.id})


def _sent(outcome: Outcome, body: Body, message: str | None, status: dict[str, Any]) -> Result:
    notes = (*body.cuts, *((f"The WMS said: {message}",) if message else ()))
    return Result(outcome, Transfer.SENT, wanted="present", sent_hash=body.hash, taken_back=False, notes=notes, **status)


async def _after_refusal(refusal: Refused, order: PurchaseOrder, body: Body, known: Known, port: WarehousePort) -> Result:
    """Reads it after a refusal. If the WMS already has what we sent, it was transferred."""
    there = await _look(order, port)
    if there.order is not None:
        if there.is_cancelled:
            return held(problems.cancelled_there(order, taken_back=known.taken_back), wanted="present", **there.status())
        if not differences_purchase_order(body.json, there.order):
            done = Outcome.CREATED if known.wms_id is None else Outcome.UPDATED
            return _sent(done, body, refusal.message, there.status())
        if there.has_begun or port.client.is_started(refusal):
            return held(problems.receiving_begun(order, there.words), wanted="present", **there.status())
    reason = f"The WMS refused the purchase order: {refusal.message}"
    return Result(Outcome.FAILED, Transfer.REFUSED, "refused", reason, wanted="present", **there.status())


async def _look(order: PurchaseOrder, port: WarehousePort) -> _There:
    found = await port.read(GET_PURCHASE_ORDER, lambda: port.client.get_purchase_order(order.number))
    if found is None:
        return _There(None)
    settings = port.settings
    has_begun = found.status_number in settings.purchase_received_statuses or any(line.received for line in found.lines)
    return _There(found, found.status_number in settings.purchase_cancelled_statuses, has_begun)


def _wanted(order: PurchaseOrder) -> str:
    return "absent" if order.is_cancelled else "present"


# --- taken back -------------------------------------------------------------------------------------------------------------


async def _take_back(order: PurchaseOrder, known: Known, port: WarehousePort, there: _There | None) -> Result:
    """Stops it, or cancels it in the WMS. One that the WMS has from others under that number is not touched."""
    if known.wms_id is None:
        reason = "Taken back before it was in the warehouse"
        return Result(Outcome.SKIPPED, Transfer.NONE, "taken-back", reason, wanted="absent")
    there = there or await _look(order, port)
    if there.order is None:
        return Result(Outcome.UNCHANGED, Transfer.SENT, "cancelled", "The WMS has no such purchase order", wanted="absent")
    if there.is_cancelled:
        return _cancelled(Outcome.UNCHANGED, there, port)
    if there.has_begun and not port.released:
        return held(problems.too_late_to_cancel(order, there.words), wanted="absent", **there.status())
    order_id = there.order.purchase_order_id
    try:
        await port.write(
            CANCEL_PURCHASE_ORDER, {"purchaseOrderId": order_id}, lambda: port.client.cancel_purchase_order(order_id)
        )
    except Refused as refusal:
        return await _after_refused_cancellation(refusal, order, port)
    return _cancelled(Outcome.CANCELLED, there, port)


async def _after_refused_cancellation(refusal: Refused, order: PurchaseOrder, port: WarehousePort) -> Result:
    there = await _look(order, port)
    if there.order is None or there.is_cancelled or port.client.is_cancelled_before(refusal):
        return _cancelled(Outcome.CANCELLED, there, port)
    if there.has_begun or port.client.is_started(refusal):
        return held(problems.too_late_to_cancel(order, there.words), wanted="absent", **there.status())
    reason = f"The WMS refused the cancellation: {refusal.message}"
    return Result(Outcome.FAILED, Transfer.REFUSED, "refused", reason, wanted="absent", **there.status())


def _cancelled(outcome: Outcome, there: _There, port: WarehousePort) -> Result:
    status = there.status()
    if there.order is not None and not there.is_cancelled and port.settings.purchase_cancelled_statuses:
        number = port.settings.purchase_cancelled_statuses[0]
        status |= {"warehouse_status": number, "warehouse_status_text": "Cancelled"}
    reason = "Cancelled in the warehouse, because it was taken back"
    return Result(outcome, Transfer.SENT, "cancelled", reason, wanted="absent", taken_back=True, **status)
