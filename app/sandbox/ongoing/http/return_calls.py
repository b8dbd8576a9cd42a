"""The calls on return orders and return causes."""

from __future__ import annotations

from app.sandbox.kit.queries import Filter, integer, kept, parameters
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing.answers.inbound import return_order_answer
from app.sandbox.ongoing.bodies.inbound import ReturnCauseBody, ReturnOrderBody
from app.sandbox.ongoing.bodies.values import parse_moment
from app.sandbox.ongoing.http.inbound_calls import InboundCalls
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


RETURNS = InboundCalls("returnOrder", KIND, lambda warehouse: warehouse.returns, ReturnOrderBody, return_order_answer)
CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/returnOrders", list_return_orders),
    *RETURNS.calls(),
    ("GET", "/returnOrders/statuses", statuses),
    ("GET", "/returnOrders/returnCauses", causes),
    ("PUT", "/returnOrders/returnCauses", put_cause),
)
