"""Orders into the warehouse: created, changed until the warehouse starts, cancelled while it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.domain import Order, Problem, ShopState, WarehouseState
from app.errors import Refused
from app.flows.articles import ensure_articles
from app.flows.order_table import Action, decide
from app.flows.outcomes import Known, Outcome, Result, Transfer, WarehousePort, held
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state
from app.warehouse.writes.differences import differences_order
from app.warehouse.writes.fields import Body, order_body
from app.warehouse.writes.problems import order_problems

PUT_ORDER = "PUT /orders"
CANCEL_ORDER = "DELETE /orders"
GET_ORDER = "GET /orders"


@dataclass(frozen=True)
class _Seen:
    """The order as the WMS has it now."""

    order: WarehouseOrder | None
    state: WarehouseState

    def status(self) -> dict[str, Any]:
        if self.order is None:
            return {}
        return {
            "wms_id": self.order.order_id,
            "warehouse_status": self.order.status_number,
            "warehouse_status_text": self.order.status_text or None,
        }


async def transfer_order(order: Order, known: Known, port: WarehousePort) -> Result:
    """Brings the warehouse in line with the order. Raises RemoteError when a call failed in a way that is worth another try.

    requirement: orders from the shop; rules for every connection, 1 to 4.
    """
    transfer = Transfer.SENT if known.wms_id is not None and known.transfer is not Transfer.UNKNOWN else known.transfer
    action = decide(order.state, transfer, None)
    if action is not Action.READ:
        return _without_reading(order, action, known, port.noun)
    problems = (*order.problems, *order_problems(order, port.settings, port.noun)) if order.state is ShopState.WANTED else ()
    if problems:
        return held(problems[0], wanted="present", notes=tuple(problem.message for problem in problems[1:]))
    number = _fixed_number(order, known)
    if order.state is ShopState.WANTED and (owner := await port.claim(number)):
        return held(_taken(number, owner), wanted="present")
    seen = await _see(number, port)
    if seen.order is not None and seen.order.goods_owner_order_id != order.source_id:
        if order.state is ShopState.WANTED:
            return held(_taken(number, f"another order in the WMS (its own id there is {seen.order.order_id})"))
        seen = _Seen(None, WarehouseState.ABSENT)  # another system's order is never touched; ours is not there
    action = decide(order.state, Transfer.SENT if known.wms_id is not None else transfer, seen.state)
    return await _act(action, replace(order, number=number), known, seen, port)


def _fixed_number(order: Order, known: Known) -> str:
    """The order's number. It stays the same once a call may have used it: another number would make a second order."""
    may_be_there = known.wms_id is not None or known.transfer is Transfer.UNKNOWN
    return known.number if may_be_there and known.number else order.number


def _taken(number: str, owner: str) -> Problem:
    return Problem(
        "number-taken",
        "number",
        f"Order number {number} belongs to {owner}",
        "Give this connection an order number prefix of its own",
    )


def _without_reading(order: Order, action: Action, known: Known, noun: str) -> Result:
    wanted = "absent" if order.state in (ShopState.CANCELLED, ShopState.GONE) else "present"
    if action is Action.KEEP:
        return Result(Outcome.UNCHANGED, Transfer.SENT, "kept", _kept_reason(order, noun), wanted=wanted)
    reason = f"The {noun}'s status is {order.status!r}, and the order was never in the warehouse"
    return Result(Outcome.SKIPPED, Transfer.NONE, "not-wanted", reason, wanted=wanted)


def _kept_reason(order: Order, noun: str) -> str:
    if order.state in (ShopState.CANCELLED, ShopState.GONE):
        return f"The {noun}'s status is {order.status!r}, and the goods have come back to the warehouse"
    return f"The {noun}'s status is {order.status!r}; the order stays in the warehouse, only a cancellation takes it back"


async def _see(number: str, port: WarehousePort) -> _Seen:
    found = await port.read(GET_ORDER, lambda: port.client.get_order_by_number(number))
    state = warehouse_state(found.status_number if found else None, port.settings)
    is_back = found is not None and state is WarehouseState.SHIPPED and _is_all_back(found)
    return _Seen(found, WarehouseState.RETURNED if is_back else state)


def _is_all_back(order: WarehouseOrder) -> bool:
    """Whether everything picked came back. Not every warehouse gives returned orders a status of their own."""
    picked = [line for line in order.lines if line.picked]
    return bool(picked) and all(line.returned >= line.picked for line in picked)


async def _act(action: Action, order: Order, known: Known, seen: _Seen, port: WarehousePort) -> Result:
    match action:
        case Action.CREATE | Action.UPDATE:
            return await _put(order, known, seen, port)
        case Action.HOLD_STARTED:
            return await _changed_too_late(order, known, seen, port)
        case Action.CANCEL:
            return await _cancel(order, seen, port)
        case Action.HOLD_TOO_LATE if port.released:
            return await _cancel(order, seen, port)
        case Action.HOLD_TOO_LATE:
            return held(_too_late(seen, port.noun), wanted="absent", **seen.status())
        case Action.HOLD_CANCELLED | Action.HOLD_VANISHED if port.released:
            return await _write(order, known, seen, port)
        case Action.HOLD_CANCELLED:
            return held(_cancelled_there(known, port.noun), wanted="present", **seen.status())
        case Action.HOLD_VANISHED:
            return held(_vanished(order), wanted="present")
        case Action.DONE:
            return Result(
                Outcome.UNCHANGED,
                Transfer.SENT,
                "cancelled",
                "The order is cancelled in the warehouse",
                wanted="absent",
                **seen.status(),
            )
        case Action.KEEP:
            wanted = "absent" if order.state in (ShopState.CANCELLED, ShopState.GONE) else None
            return Result(
                Outcome.UNCHANGED, Transfer.SENT, "kept", _kept_reason(order, port.noun), wanted=wanted, **seen.status()
            )
        case _:
            wanted = "present" if order.state is ShopState.WANTED else "absent"
            reason = f"The {port.noun}'s status is {order.status!r}, and the WMS has no such order"
            return Result(Outcome.SKIPPED, Transfer.NONE, "not-wanted", reason, wanted=wanted)


def _too_late(seen: _Seen, noun: str) -> Problem:
    return Problem(
        "too-late-to-cancel",
        "status",
        f"The {noun} has cancelled the order, but the warehouse has it at {_status_words(seen)}",
        "Stop it in the warehouse by hand, or take it back as a return",
    )


def _status_words(seen: _Seen) -> str:
    return f"status {seen.order.status_number} {seen.order.status_text}".strip() if seen.order else "no status"


def _cancelled_there(known: Known, noun: str) -> Problem:
    if known.wanted == "absent":
        return Problem(
            "reopened-after-cancel",
            "status",
            f"The {noun} has opened the order again after it was cancelled in the warehouse",
            "Open it in the WMS, or release it here to send it again",
        )
    return Problem(
        "cancelled-in-warehouse",
        "status",
        f"The warehouse has cancelled the order, the {noun} still wants it",
        f"Cancel it in the {noun} too, or release it here to send it again",
    )


def _vanished(order: Order) -> Problem:
    return Problem(
        "vanished",
        "number",
        f"Order {order.number} was sent, but the WMS has it no longer",
        "Look for it in the WMS; release it here to send it again",
    )


# --- writing ------------------------------------------------------------------------------------------------------------


async def _put(order: Order, known: Known, seen: _Seen, port: WarehousePort) -> Result:
    body = order_body(order, port.goods_owner_id, port.settings)
    if seen.order is not None and (already := _already_there(body, known, seen, port)):
        return already
    return await _write(order, known, seen, port)


async def _write(order: Order, known: Known, seen: _Seen, port: WarehousePort) -> Result:
    """Sends the order, whatever the WMS has."""
    body = order_body(order, port.goods_owner_id, port.settings)
    done = Outcome.CREATED if seen.order is None else Outcome.UPDATED
    await ensure_articles(order.lines, port)
    try:
        written = await port.write(PUT_ORDER, body.json, lambda: port.client.put_order(body.json))
    except Refused as refusal:
        return await _after_refusal(refusal, order, body, known, port)
    status = seen.status() | {"wms_id": written.id}
    return _sent(done, body, written.message, status)


def _sent(outcome: Outcome, body: Body, message: str | None, status: dict[str, Any]) -> Result:
    notes = (*body.cuts, *((f"The WMS said: {message}",) if message else ()))
    return Result(outcome, Transfer.SENT, wanted="present", sent_hash=body.hash, notes=notes, **status)


def _already_there(body: Body, known: Known, seen: _Seen, port: WarehousePort) -> Result | None:
    """Returns the result when nothing needs to be sent: the last version is there, or an unknown write did arrive."""
    assert seen.order is not None
    if known.sent_hash == body.hash and known.transfer is not Transfer.UNKNOWN:
        return Result(Outcome.UNCHANGED, Transfer.SENT, wanted="present", **seen.status())
    same_request = port.unknown_write is not None and port.unknown_write.request == body.json
    if same_request and not differences_order(body.json, seen.order):
        done = Outcome.CREATED if known.wms_id is None else Outcome.UPDATED
        return _sent(done, body, "the order is there; the earlier call had arrived", seen.status())
    return None


async def _after_refusal(refusal: Refused, order: Order, body: Body, known: Known, port: WarehousePort) -> Result:
    """Reads the order after a refusal. If the WMS already has what we sent, the order was transferred."""
    seen = await _see(order.number, port)
    if seen.order is not None and seen.order.goods_owner_order_id == order.source_id:
        if seen.state is WarehouseState.CANCELLED:
            return held(_cancelled_there(known, port.noun), wanted="present", **seen.status())
        if not differences_order(body.json, seen.order):
            done = Outcome.CREATED if known.wms_id is None else Outcome.UPDATED
            return _sent(done, body, refusal.message, seen.status())
        if port.client.is_started(refusal) or seen.state is not WarehouseState.OPEN:
            return held(_started(seen, port.noun), wanted="present", **seen.status())
    return Result(
        Outcome.FAILED,
        Transfer.REFUSED,
        "refused",
        f"The WMS refused the order: {refusal.message}",
        wanted="present",
        **seen.status(),
    )


def _started(seen: _Seen, noun: str) -> Problem:
    return Problem(
        "warehouse-started",
        "status",
        f"The order was changed in the {noun} after the warehouse had started on it ({_status_words(seen)})",
        f"Tell the warehouse, or change it back in the {noun}; what was sent before stands",
    )


async def _changed_too_late(order: Order, known: Known, seen: _Seen, port: WarehousePort) -> Result:
    body = order_body(order, port.goods_owner_id, port.settings)
    assert seen.order is not None
    if already := _already_there(body, known, seen, port):
        return already
    if known.transfer is Transfer.UNKNOWN and not differences_order(body.json, seen.order):
        return _sent(Outcome.UNCHANGED, body, f"the warehouse has it as the {port.noun} does", seen.status())
    if port.released:
        return await _write(order, known, seen, port)
    return held(_started(seen, port.noun), wanted="present", **seen.status())


async def _cancel(order: Order, seen: _Seen, port: WarehousePort) -> Result:
    assert seen.order is not None
    order_id = seen.order.order_id
    try:
        await port.write(CANCEL_ORDER, {"orderId": order_id}, lambda: port.client.cancel_order(order_id))
    except Refused as refusal:
        now = await _see(order.number, port)
        if now.state in (WarehouseState.CANCELLED, WarehouseState.ABSENT) or port.client.is_already_cancelled(refusal):
            return _cancelled(order, now, port)
        if port.client.is_started(refusal) or now.state is not WarehouseState.OPEN:
            return held(_too_late(now, port.noun), wanted="absent", **now.status())
        reason = f"The WMS refused the cancellation: {refusal.message}"
        return Result(Outcome.FAILED, Transfer.REFUSED, "refused", reason, wanted="absent", **now.status())
    return _cancelled(order, seen, port)


def _cancelled(order: Order, seen: _Seen, port: WarehousePort) -> Result:
    status = seen.status() | {"warehouse_status": port.settings.cancelled_status, "warehouse_status_text": "Cancelled"}
    reason = f"Cancelled in the warehouse, because the {port.noun}'s status is {order.status!r}"
    return Result(Outcome.CANCELLED, Transfer.SENT, "cancelled", reason, wanted="absent", **status)
