"""The calls on return orders and return causes."""

from __future__ import annotations

from app.sandbox.kit.queries import Filter, Parameter, integer, kept, parameters
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.inbound import return_order_answer
from app.sandbox.ongoing.bodies.inbound import ReturnCauseBody, ReturnOrderBody, ReturnStatusBody
from app.sandbox.ongoing.bodies.values import parse_moment
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.inbound.return_orders import KIND, ReturnOrder

FILTERS: dict[str, Filter[ReturnOrder]] = {
    "returnOrderNumbers": Filter(str, lambda order, numbers: order.number in numbers, many=True),
    "customerOrderNumbers": Filter(str, lambda order, numbers: order.order.number in numbers, many=True),
    "goodsReturnedFromDate": Filter(
        parse_moment, lambda order, time: order.last_returned is not None and order.last_returned > time
    ),
    "returnOrderStatusFrom": Filter(integer, lambda order, number: order.status >= number),
    "returnOrderStatusTo": Filter(integer, lambda order, number: order.status <= number),
}
PARAMETERS = {**GOODS_OWNER, **parameters(FILTERS)}


def list_return_orders(call: ApiCall) -> Answer:
    """All at once: the list has no pages."""
    given = call.query(PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    all_of_them = call.warehouse.returns.by_id.values()
    found = kept([order for order in all_of_them if order.goods_owner_id == given["goodsOwnerId"]], given, FILTERS)
    return Answer([return_order_answer(order, call.warehouse) for order in found])


def read_return_order(call: ApiCall) -> Answer:
    return Answer(return_order_answer(_return_order(call), call.warehouse))


def put_return_order(call: ApiCall) -> Write:
    call.query({})
    body = call.body(ReturnOrderBody)
    call.check_goods_owner(body.goods_owner_id)

    def make() -> Answer:
        order, message = call.warehouse.returns.put(body)
        return Answer({"returnOrderId": order.id, "message": message})

    return Write(body.goods_owner_id, make)


def cancel_return_order(call: ApiCall) -> Write:
    given = call.query({**GOODS_OWNER, "returnOrderNumber": Parameter(str, required=True)})
    call.check_goods_owner(given["goodsOwnerId"])

    def make() -> Answer:
        order = call.warehouse.returns.by_number.get((given["goodsOwnerId"], given["returnOrderNumber"]))
        if order is None:
            raise assumed.no_such_record(KIND, given["returnOrderNumber"])
        return Answer({"returnOrderId": order.id, "message": call.warehouse.returns.cancel(order)})

    return Write(given["goodsOwnerId"], make)


def cancel_return_order_by_id(call: ApiCall) -> Write:
    order = _return_order(call)
    return Write(
        order.goods_owner_id, lambda: Answer({"returnOrderId": order.id, "message": call.warehouse.returns.cancel(order)})
    )


def patch_status(call: ApiCall) -> Write:
    order = _return_order(call)
    body = call.body(ReturnStatusBody)

    def make() -> Answer:
        call.warehouse.returns.set_status(order, body.return_order_status_number)
        return Answer({"returnOrderId": order.id, "message": None})

    return Write(order.goods_owner_id, make)


def statuses(call: ApiCall) -> Answer:
    call.query({})
    known = call.warehouse.config.return_order_statuses
    return Answer({"returnOrderStatuses": [{"number": number, "text": text} for number, text in known]})


def causes(call: ApiCall) -> Answer:
    given = call.query(GOODS_OWNER)
    call.check_goods_owner(given["goodsOwnerId"])
    return Answer({"returnCauses": [_cause(cause_id, body) for cause_id, body in call.warehouse.return_causes.by_code.values()]})


def _cause(cause_id: int, body: ReturnCauseBody) -> dict[str, object]:
    return {
        "id": cause_id,
        "code": body.code,
        "name": body.name,
        "isRemoveCause": bool(body.is_remove_cause),
        "isChangeCause": bool(body.is_change_cause),
        "isReturnCommentMandatory": bool(body.is_return_comment_mandatory),
    }


def put_cause(call: ApiCall) -> Write:
    call.query({})
    body = call.body(ReturnCauseBody)
    call.check_goods_owner(body.goods_owner_id)

    def make() -> Answer:
        return Answer({"returnCauseId": call.warehouse.return_causes.put(body), "success": True, "message": None})

    return Write(body.goods_owner_id, make)


def _return_order(call: ApiCall) -> ReturnOrder:
    """The return order named in the path; such a call takes no query."""
    call.query({})
    return_id = call.number("return_id")
    order = call.warehouse.returns.by_id.get(return_id)
    if order is None:
        raise assumed.no_such_record(KIND, return_id)
    call.check_goods_owner(order.goods_owner_id)
    return order


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/returnOrders", list_return_orders),
    ("PUT", "/returnOrders", put_return_order),
    ("DELETE", "/returnOrders", cancel_return_order),
    ("GET", "/returnOrders/statuses", statuses),
    ("GET", "/returnOrders/returnCauses", causes),
    ("PUT", "/returnOrders/returnCauses", put_cause),
    ("GET", "/returnOrders/{return_id:int}", read_return_order),
    ("DELETE", "/returnOrders/{return_id:int}", cancel_return_order_by_id),
    ("PATCH", "/returnOrders/{return_id:int}/returnOrderStatus", patch_status),
)
