"""A return that a caller has announced: into the WMS as a return order or as a purchase order marked as a return.

The WMS takes a return order even for an order that has not shipped. The gateway holds it until something of each line was
picked (requirement: returns).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from app.domain import Problem
from app.errors import Refused
from app.flows.orders import GET_ORDER
from app.flows.outcomes import Outcome, Result, WarehousePort, explained
from app.warehouse.adopted import AdoptedRows, in_our_rows
from app.warehouse.reads.resources import WarehouseLine, WarehouseOrder
from app.warehouse.rest.client import Written

PUT_RETURN = "PUT /returnOrders"
CANCEL_RETURN = "DELETE /returnOrders"
GET_RETURN = "GET /returnOrders"
PUT_RETURN_PURCHASE = "PUT /purchaseOrders (return)"
CANCEL_RETURN_PURCHASE = "DELETE /purchaseOrders (return)"
GET_RETURN_PURCHASE = "GET /purchaseOrders (return)"
ANNOUNCING = (PUT_RETURN, CANCEL_RETURN, GET_RETURN, PUT_RETURN_PURCHASE, CANCEL_RETURN_PURCHASE, GET_RETURN_PURCHASE)
"""Every call of these flows but the read of an order."""

BEFORE_PICK = "return-before-pick"
"""Held until something of the lines was picked."""
NOT_POSSIBLE = "return-not-possible"
BEGUN = "return-begun"
PURCHASE_ORDER = "purchase-order"


@dataclass(frozen=True)
class ToAnnounce:
    """A return as it is to be in the WMS. `wms_order_ids`, `wms_order_numbers`: the order and its back orders; `content`: as it
    was announced."""

    number: str
    way: str
    wms_id: int | None
    order_number: str
    wms_order_ids: tuple[int, ...]
    wms_order_numbers: tuple[str, ...]
    content: Mapping[str, Any]
    adopted: AdoptedRows | None = None
    """Of an order that others had made in the WMS: which row there is which line."""

    @property
    def is_purchase(self) -> bool:
        return self.way == PURCHASE_ORDER


@dataclass(frozen=True)
class _Line:
    """An announced line and the WMS's own line that it belongs to."""

    asked: Mapping[str, Any]
    sold: WarehouseLine


async def send_return(wanted: ToAnnounce, port: WarehousePort) -> tuple[Result, int | None]:
    """Sends the return. Returns how it ended, and the WMS's id of it once the WMS has it.

    Raises RemoteError when a call failed in a way that is worth another try. The call may be made again: its number is its key.
    """
    orders = []
    for order_id in wanted.wms_order_ids:
        seen = await port.read(GET_ORDER, partial(port.client.get_order, order_id))
        orders += [in_our_rows(seen, wanted.adopted)] if seen is not None else []
    found = _find_lines(wanted, orders)
    if isinstance(found, Problem):
        return _held(found), None
    order, lines = found
    there = await _look_up(wanted, port) if wanted.wms_id is None else None
    if there is not None and not there.is_ours:
        return _held(_taken(wanted)), None
    body = _purchase_body(wanted, order, lines, port) if wanted.is_purchase else _return_body(wanted, order, lines, port)
    try:
        written = await _put(wanted, body, port)
    except Refused as refusal:
        if port.client.is_started(refusal):
            return _held(_begun(wanted, refusal)), None
        raise
    outcome = Outcome.CREATED if wanted.wms_id is None else Outcome.UPDATED
    words = f"Return {wanted.number} is announced to the warehouse"
    return Result(outcome, None, "return-announced", words), written.id


async def _put(wanted: ToAnnounce, body: Mapping[str, Any], port: WarehousePort) -> Written:
    if wanted.is_purchase:
        return await port.write(PUT_RETURN_PURCHASE, body, lambda: port.client.announce_return_purchase(body))
    return await port.write(PUT_RETURN, body, lambda: port.client.announce_return(body))


async def withdraw_return(wanted: ToAnnounce, port: WarehousePort) -> Result:
    """Cancels the return in the WMS, where it is there. Raises RemoteError as above."""
    wms_id = wanted.wms_id
    if wms_id is None and wanted.wms_order_ids:
        there = await _look_up(wanted, port)  # a write whose answer was lost may have made it
        wms_id = there.wms_id if there is not None and there.is_ours else None
    words = f"Return {wanted.number} is withdrawn"
    if wms_id is None:
        return Result(Outcome.CANCELLED, None, "return-withdrawn", f"{words}: the warehouse never had it")
    try:
        await _cancel(wanted, wms_id, port)
    except Refused as refusal:
        if port.client.is_started(refusal):
            return _held(_begun(wanted, refusal))
        if not port.client.is_already_cancelled(refusal):
            raise
    return Result(Outcome.CANCELLED, None, "return-withdrawn", words)


@dataclass(frozen=True)
class _There:
    """What the WMS has of that number. `is_ours`: it is a return of the same order, which a lost answer leaves. Others' are
    neither written over nor cancelled."""

    wms_id: int
    is_ours: bool


async def _look_up(wanted: ToAnnounce, port: WarehousePort) -> _There | None:
    if wanted.is_purchase:
        purchase = await port.read(GET_RETURN_PURCHASE, lambda: port.client.find_return_purchase(wanted.number))
        if purchase is None:
            return None
        is_ours = purchase.is_return and purchase.goods_owner_reference in wanted.wms_order_numbers
        return _There(purchase.purchase_order_id, is_ours)
    found = await port.read(GET_RETURN, lambda: port.client.find_return(wanted.number))
    return _There(found.return_order_id, found.order_id in wanted.wms_order_ids) if found is not None else None


async def _cancel(wanted: ToAnnounce, wms_id: int, port: WarehousePort) -> None:
    request = {"number": wanted.number, "id": wms_id}
    if wanted.is_purchase:
        await port.write(CANCEL_RETURN_PURCHASE, request, lambda: port.client.withdraw_return_purchase(wms_id))
    else:
        await port.write(CANCEL_RETURN, request, lambda: port.client.withdraw_return(wms_id))


# --- the lines of the order -----------------------------------------------------------------------------------------------


def _find_lines(wanted: ToAnnounce, orders: Sequence[WarehouseOrder]) -> tuple[WarehouseOrder, list[_Line]] | Problem:
    """The order of the WMS that has sent the lines, with them. A return refers to one order (upstream)."""
    asked = wanted.content["lines"]
    for index, each in enumerate(asked):
        there = [line for order in orders for line in order.lines if line.row_number == each["line"]]
        if problem := _problem(wanted, index, there):
            return problem
    for order in orders:
        lines = {line.row_number: line for line in order.lines if line.picked and line.line_id is not None}
        if all(each["line"] in lines for each in asked):
            return order, [_Line(each, lines[each["line"]]) for each in asked]
    return Problem(
        NOT_POSSIBLE,
        "lines",
        f"Return {wanted.number} has lines that the warehouse sent with several of its orders",
        "Announce one return for each of them",
    )


def _problem(wanted: ToAnnounce, index: int, there: Sequence[WarehouseLine]) -> Problem | None:
    asked = wanted.content["lines"][index]
    field = f"lines[{index}]"
    if not wanted.wms_order_ids or not any(line.picked for line in there):
        if wanted.wms_order_ids and not there:
            message = f"Order {wanted.order_number} has no line {asked['line']} in the warehouse"
            return Problem(NOT_POSSIBLE, f"{field}.line", message, "Announce the return with lines of the order")
        return Problem(
            BEFORE_PICK,
            field,
            f"Nothing of line {asked['line']} of order {wanted.order_number} was picked yet, so nothing can come back",
            "Nothing needs to be done; or withdraw the return",
        )
    ordered = sum((line.ordered for line in there), Decimal(0))
    if Decimal(str(asked["quantity"])) > ordered:
        message = f"Return {wanted.number} has {asked['quantity']:g} of line {asked['line']}, of which {ordered:f} were ordered"
        return Problem(NOT_POSSIBLE, f"{field}.quantity", message, "Announce at most what was ordered")
    return None


def _held(problem: Problem) -> Result:
    return Result(Outcome.HELD, None, problem.code, explained(problem))


def _taken(wanted: ToAnnounce) -> Problem:
    what = "purchase order" if wanted.is_purchase else "return order"
    message = f"The WMS has another {what} of the number {wanted.number}"
    return Problem(NOT_POSSIBLE, "number", message, "Withdraw the return, and announce it under another number")


def _begun(wanted: ToAnnounce, refusal: Refused) -> Problem:
    message = f"The warehouse has begun on return {wanted.number}: {refusal.message}"
    return Problem(BEGUN, "number", message, "Settle it with the warehouse, then resolve it here")


# --- bodies ---------------------------------------------------------------------------------------------------------------


def _return_body(wanted: ToAnnounce, order: WarehouseOrder, lines: Sequence[_Line], port: WarehousePort) -> dict[str, Any]:
    """What `PUT /returnOrders` takes. Nothing is sent that was not given."""
    rows = [
        _given(
            returnOrderRowNumber=each.asked["line"],
            customerOrderLine={"orderLineId": each.sold.line_id},
            toBeReturnedNumberOfItems=_pieces(each.asked["quantity"]),
            returnCause=each.asked["cause"],
            returnOrderLineComment=each.asked["comment"],
        )
        for each in lines
    ]
    return _given(
        goodsOwnerId=port.goods_owner_id,
        returnOrderNumber=wanted.number,
        customerOrder={"orderId": order.order_id},
        returnOrderLines=rows,
        comment=wanted.content["comment"],
        inDate=wanted.content["in_date"],
        tracking=_tracking(wanted),
    )


def _purchase_body(wanted: ToAnnounce, order: WarehouseOrder, lines: Sequence[_Line], port: WarehousePort) -> dict[str, Any]:
    """What `PUT /purchaseOrders` takes. It names the order in its reference, and each line by the source's id."""
    rows = [
        _given(
            rowNumber=each.asked["line"],
            articleNumber=each.sold.article_number,
            numberOfItems=_pieces(each.asked["quantity"]),
            externalOrderLineId=each.asked["line"],
            returnCause=each.asked["cause"],
            comment=each.asked["comment"],
        )
        for each in lines
    ]
    return _given(
        goodsOwnerId=port.goods_owner_id,
        purchaseOrderNumber=wanted.number,
        goodsOwnerReference=order.number,
        purchaseOrderLines=rows,
        purchaseOrderRemark=wanted.content["comment"],
        inDate=wanted.content["in_date"],
        tracking=_tracking(wanted),
        advanced={"purchaseOrderIsReturnType": True},
    )


def _tracking(wanted: ToAnnounce) -> list[dict[str, str]]:
    return [{"waybill": each} for each in wanted.content["waybills"]]


def _pieces(quantity: float) -> int | float:
    return int(quantity) if quantity == int(quantity) else quantity


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [])}
