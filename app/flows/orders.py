"""Orders into the warehouse: created, changed until the warehouse starts, cancelled while it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.domain import Order, Problem, Refunded, ShopState, WarehouseState
from app.errors import Refused
from app.flows import part_refunds
from app.flows.articles import ensure_articles
from app.flows.goods import customs_lacking, hash_without_pick_up_point, with_decided_carrier
from app.flows.order_table import Action, decide
from app.flows.outcomes import Known, Outcome, Result, Transfer, WarehousePort, held, unnumbered_rows
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state
from app.warehouse.writes.differences import differences_order
from app.warehouse.writes.fields import Body, order_body
from app.warehouse.writes.problems import order_problems

PUT_ORDER = "PUT /orders"
CANCEL_ORDER = "DELETE /orders"
GET_ORDER = "GET /orders"
TOO_LATE_TO_CANCEL = "too-late-to-cancel"


@dataclass(frozen=True)
class _Seen:
    """The order as the WMS has it now. `theirs`: the WMS's id of another system's order that has its number."""

    order: WarehouseOrder | None
    state: WarehouseState
    theirs: int | None = None

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

    A write whose outcome is not known is looked up first, whatever the order has become since. requirement: orders from the shop;
    rules for every connection, 1 to 4.
    """
    if known.transfer is Transfer.UNKNOWN:
        return await _after_unknown(order, known, port)
    return await _bring(order, known, await _number(order, known, port), None, port)


async def _after_unknown(order: Order, known: Known, port: WarehousePort) -> Result:
    """Reads what came of the write, then goes on. The result keeps what the read showed, even if nothing is written."""
    if port.unknown_write is not None and port.unknown_write.elsewhere:
        if not port.released:
            return held(_elsewhere(order, known), wanted=_wanted(order))
        gone_on = await _bring(order, replace(known, transfer=Transfer.PENDING), order.number, None, port)
        return replace(gone_on, settles=True)
    number = await _number(order, known, port)
    seen = await _look(number, order, known, port)
    result = await _bring(order, known, number, seen, port)
    if result.taken_back is None and seen.state is WarehouseState.CANCELLED and _was_cancellation(port):
        result = replace(result, taken_back=True)
    return replace(result, settles=True, sent_hash=result.sent_hash or _shown_hash(seen, port))


def _shown_hash(seen: _Seen, port: WarehousePort) -> str | None:
    """The hash of what the WMS has: the write whose outcome was not known, if that has arrived. Else nothing counts as sent."""
    sent = port.unknown_write.request if port.unknown_write is not None else None
    if seen.order is None or not sent or _was_cancellation(port) or differences_order(sent, seen.order):
        return None
    return Body(sent, ()).hash


def _was_cancellation(port: WarehousePort) -> bool:
    return port.unknown_write is not None and port.unknown_write.call == CANCEL_ORDER


async def _bring(order: Order, known: Known, number: str, seen: _Seen | None, port: WarehousePort) -> Result:
    """`seen`: the order as the WMS has it, when it has been read already."""
    if known.wms_id is not None and port.updates_whatever_status and order.state in (ShopState.WAITING, ShopState.COMPLETED):
        order = replace(order, state=ShopState.WANTED)
    transfer = Transfer.SENT if known.wms_id is not None and known.transfer is not Transfer.UNKNOWN else known.transfer
    action = decide(order.state, transfer, None)
    refunded_later = action is Action.KEEP and order.state is ShopState.COMPLETED and bool(order.refunded)
    if action is not Action.READ and not refunded_later:
        return _without_reading(order, action, known, port.noun)
    status = seen.status() if seen is not None else {}
    problems = (*order.problems, *order_problems(order, port.settings, port.noun)) if order.state is ShopState.WANTED else ()
    if problems:
        return held(problems[0], wanted="present", notes=tuple(problem.message for problem in problems[1:]), **status)
    if order.state is ShopState.WANTED and (owner := await port.claim(number)):
        return held(_taken(number, owner), wanted="present", **status)
    seen = seen or await _look(number, order, known, port)
    if refunded_later and seen.order is None:
        return _without_reading(order, action, known, port.noun)
    if seen.theirs is not None and order.state is ShopState.WANTED:
        if known.wms_id is None and number != order.number:  # ours is not there, so another number makes no second order
            return await _bring(order, replace(known, number=None), order.number, None, port)
        return held(_taken(number, f"another order in the WMS (its own id there is {seen.theirs})"))
    action = decide(order.state, Transfer.SENT if known.wms_id is not None else transfer, seen.state)
    if order.state is ShopState.WANTED:
        order = await with_decided_carrier(order, seen.order, seen.state, port)
    result = await _act(action, replace(order, number=number), known, seen, port)
    is_open = seen.order is not None and seen.state is not WarehouseState.CANCELLED
    return replace(result, taken_back=False) if is_open and result.taken_back is None else result


async def _number(order: Order, known: Known, port: WarehousePort) -> str:
    """The order's number. It stays the same once a call may have used it: another number would make a second order."""
    if not known.number or known.number == order.number:
        return order.number
    may_be_there = known.wms_id is not None or known.transfer is Transfer.UNKNOWN or await port.may_have_sent(PUT_ORDER)
    return known.number if may_be_there else order.number


def _elsewhere(order: Order, known: Known) -> Problem:
    return Problem(
        "unknown-elsewhere",
        "number",
        f"Order {known.number or order.number} was sent before the connection was moved, and it is not known whether it arrived",
        "Look for it where the connection was before; release it here once it is not there, or cancelled",
    )


def _taken(number: str, owner: str) -> Problem:
    return Problem(
        "number-taken",
        "number",
        f"Order number {number} belongs to {owner}",
        "Give this connection an order number prefix of its own",
    )


def _without_reading(order: Order, action: Action, known: Known, noun: str) -> Result:
    if action is Action.KEEP:
        return Result(Outcome.UNCHANGED, Transfer.SENT, "kept", _kept_reason(order, noun), wanted=_wanted(order))
    reason = f"The {noun}'s status is {order.status!r}, and the order was never in the warehouse"
    return Result(Outcome.SKIPPED, Transfer.NONE, "not-wanted", reason, wanted=_wanted(order))


def _wanted(order: Order) -> str:
    return "absent" if order.state in (ShopState.CANCELLED, ShopState.GONE) else "present"


def _kept_reason(order: Order, noun: str) -> str:
    if order.state in (ShopState.CANCELLED, ShopState.GONE):
        return f"The {noun}'s status is {order.status!r}, and the goods have come back to the warehouse"
    return f"The {noun}'s status is {order.status!r}; the order stays in the warehouse, only a cancellation takes it back"


async def _look(number: str, order: Order, known: Known, port: WarehousePort) -> _Seen:
    """Reads the order. Another system's order of that number is never touched; ours is not there."""
    seen = await _see(number, port)
    if seen.order is not None and not known.is_own(seen.order.order_id, seen.order.goods_owner_order_id):
        return _Seen(None, WarehouseState.ABSENT, theirs=seen.order.order_id)
    return seen


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
            return _cancelled_meanwhile(known, seen, port)
        case Action.HOLD_VANISHED:
            return held(_vanished(order), wanted="present")
        case Action.DONE:
            return Result(
                Outcome.UNCHANGED,
                Transfer.SENT,
                "cancelled",
                "The order is cancelled in the warehouse",
                wanted="absent",
                taken_back=True,
                **seen.status(),
            )
        case Action.KEEP if order.state is ShopState.COMPLETED and (late := _refunded_later(order, seen, port)):
            return late
        case Action.KEEP:
            wanted = "absent" if order.state in (ShopState.CANCELLED, ShopState.GONE) else None
            return Result(
                Outcome.UNCHANGED, Transfer.SENT, "kept", _kept_reason(order, port.noun), wanted=wanted, **seen.status()
            )
        case _:
            reason = f"The {port.noun}'s status is {order.status!r}, and the WMS has no such order"
            return Result(Outcome.SKIPPED, Transfer.NONE, "not-wanted", reason, wanted=_wanted(order))


def _too_late(seen: _Seen, noun: str) -> Problem:
    has, fix = f"has it at {_status_words(seen)}", "Stop it in the warehouse by hand, or take it back as a return"
    if seen.state is WarehouseState.SHIPPED:
        has, fix = f"has sent it ({_status_words(seen)})", "Take the goods back as a return"
    return Problem(TOO_LATE_TO_CANCEL, "status", f"The {noun} has cancelled the order, but the warehouse {has}", fix)


def _status_words(seen: _Seen) -> str:
    return f"status {seen.order.status_number} {seen.order.status_text}".strip() if seen.order else "no status"


def _cancelled_meanwhile(known: Known, seen: _Seen, port: WarehousePort) -> Result:
    taken_back = known.taken_back or known.wanted == "absent" or _was_cancellation(port)
    problem = _cancelled_there(port.noun, taken_back=taken_back)
    return held(problem, wanted="present", taken_back=taken_back, **seen.status())


def _cancelled_there(noun: str, *, taken_back: bool) -> Problem:
    if taken_back:
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
    is_otherwise = port.asked_for and seen.order is not None and bool(differences_order(body.json, seen.order))
    if seen.order is not None and not is_otherwise and (already := _already_there(body, known, seen, port)):
        return already
    if order.asks_about_refunds and not port.released and known.sent_hash != body.hash:
        return held(part_refunds.to_be_decided(order, port.noun), wanted="present", **seen.status())
    if not port.released and (lacking := unnumbered_rows(known, port.noun) or await customs_lacking(order, port)):
        return held(lacking[0], wanted="present", notes=tuple(each.message for each in lacking[1:]), **seen.status())
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
    sent = _sent(done, body, written.message, seen.status() | {"wms_id": written.id})
    return replace(sent, notes=(*sent.notes, *order.notes))


def _sent(outcome: Outcome, body: Body, message: str | None, status: dict[str, Any]) -> Result:
    notes = (*body.cuts, *((f"The WMS said: {message}",) if message else ()))
    return Result(outcome, Transfer.SENT, wanted="present", sent_hash=body.hash, taken_back=False, notes=notes, **status)


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
    if seen.order is not None and known.is_own(seen.order.order_id, seen.order.goods_owner_order_id):
        if seen.state is WarehouseState.CANCELLED:
            return _cancelled_meanwhile(known, seen, port)
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
    if known.sent_hash is not None and known.sent_hash == hash_without_pick_up_point(order, port):
        return Result(Outcome.UNCHANGED, Transfer.SENT, wanted="present", **seen.status())
    if _is_sent_unknown(known) and not differences_order(body.json, seen.order):
        return _sent(Outcome.UNCHANGED, body, f"the warehouse has it as the {port.noun} does", seen.status())
    if port.released:
        return await _write(order, known, seen, port)
    late = part_refunds.still_in_warehouse(order, seen.order)
    if late and seen.state in _SENT:
        if part_refunds.differs_in_lines_only(body, seen.order):
            return _refunded_after_sending(late, seen, port)
    elif late:
        problem = part_refunds.too_late(late, _status_words(seen), port.noun)
        return held(problem, wanted="present", **seen.status())
    return held(_started(seen, port.noun), wanted="present", **seen.status())


_SENT = (WarehouseState.SHIPPED, WarehouseState.RETURNED)


def _refunded_after_sending(late: tuple[Refunded, ...], seen: _Seen, port: WarehousePort) -> Result:
    reason, code = part_refunds.sent_before(late, port.noun), part_refunds.REFUNDED_AFTER_SENDING
    return Result(Outcome.UNCHANGED, Transfer.SENT, code, reason, wanted="present", notes=(reason,), **seen.status())


def _refunded_later(order: Order, seen: _Seen, port: WarehousePort) -> Result | None:
    """What is said of pieces that were refunded after the shop had completed the order; None when there is nothing to say."""
    late = part_refunds.still_in_warehouse(order, seen.order) if seen.order is not None else ()
    if not late or port.released or seen.state is WarehouseState.CANCELLED:
        return None
    if seen.state in _SENT:
        return _refunded_after_sending(late, seen, port)
    started = seen.state is WarehouseState.STARTED
    problem = part_refunds.too_late(late, _status_words(seen), port.noun, is_started=started)
    return held(problem, wanted="present", **seen.status())


def _is_sent_unknown(known: Known) -> bool:
    """Whether it is not known what the WMS has of the order."""
    return known.transfer is Transfer.UNKNOWN or (known.sent_hash is None and known.wms_id is not None)


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
    status = seen.status() | {"warehouse_status": port.settings.cancelled_statuses[0], "warehouse_status_text": "Cancelled"}
    reason = f"Cancelled in the warehouse, because the {port.noun}'s status is {order.status!r}"
    return Result(Outcome.CANCELLED, Transfer.SENT, "cancelled", reason, wanted="absent", taken_back=True, **status)
