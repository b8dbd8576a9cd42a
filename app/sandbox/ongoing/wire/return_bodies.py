"""What the writes on return orders and return causes take, field by field as in the vendor's contract."""

from app.sandbox.ongoing.wire.values import Body, CodeName, Int32, Key, Moment, Quantity


class CustomerOrder(Body):
    order_id: Int32


class CustomerOrderLine(Body):
    order_line_id: Int32


class ReturnLineBody(Body):
    return_order_row_number: Key
    customer_order_line: CustomerOrderLine
    to_be_returned_number_of_items: Quantity
    return_cause: CodeName | None = None
    return_order_line_comment: str | None = None


class WaybillAndLink(Body):
    waybill: str | None = None
    tracking_url: str | None = None


class ReturnFreeValues(Body):
    free_date_time1: Moment | None = None


class ReturnOrderBody(Body):
    goods_owner_id: Int32
    return_order_number: Key
    customer_order: CustomerOrder
    return_order_lines: list[ReturnLineBody]
    comment: str | None = None
    in_date: Moment | None = None
    warehouse_id: Int32 | None = None
    tracking: list[WaybillAndLink] | None = None
    return_order_handling_comment: str | None = None
    free_values: ReturnFreeValues | None = None


class ReturnStatusBody(Body):
    return_order_status_number: Int32


class ReturnCauseBody(Body):
    goods_owner_id: Int32
    code: Key
    name: Key
    is_remove_cause: bool | None = None
    is_change_cause: bool | None = None
    is_return_comment_mandatory: bool | None = None
