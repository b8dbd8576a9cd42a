"""What the calls take that change one thing about an order, field by field as in the vendor's contract."""

from typing import Annotated

from pydantic import Field

from app.sandbox.ongoing.wire.order_bodies import OrderClass, OrderNumber, PayingCustomer, ReturnTransporter
from app.sandbox.ongoing.wire.values import Amount, Body, Int32, Key, Moment, Quantity, Text500

Waybill = Annotated[str, Field(min_length=1, max_length=50)]


class StatusBody(Body):
    order_status_number: Int32


class DeliveryDateBody(Body):
    delivery_date: Moment


class NumberBody(Body):
    order_number: OrderNumber


class RemarkBody(Body):
    order_remark: Text500


class WarehouseInstructionBody(Body):
    warehouse_instruction: Text500


class ServicePointBody(Body):
    service_point_code: Waybill


class FreeText1Body(Body):
    free_text1: str


class FreeText2Body(Body):
    free_text2: str


class FreeText3Body(Body):
    free_text3: str


class WaybillBody(Body):
    waybill: Waybill


class ReturnWaybillBody(Body):
    return_waybill: Waybill


class PatchedPayment(Body):
    consignee_collects: bool | None = None
    consignee_pays: PayingCustomer | None = None
    third_party_pays: PayingCustomer | None = None


class TransporterBody(ReturnTransporter):
    payment_advanced: PatchedPayment | None = None


class ClassesBody(Body):
    classes: list[OrderClass] | None = None


class LineCommentBody(Body):
    comment: str


class LinePriceBody(Body):
    line_price: Amount | None = None


class CustomerLinePriceBody(Body):
    customer_line_price: Amount | None = None


class ReportedReturnedBody(Body):
    reported_returned_number_of_items: Quantity


class OrderTrackingBody(Body):
    waybill: Key
    tracking_url: Key
    is_return_tracking: bool


class ParcelTracking(Body):
    waybill: Key
    tracking_url: Key


class IdOrCode(Body):
    id: Int32 | None = None
    code: str | None = None


class ParcelAdvanced(Body):
    parcel_type: IdOrCode | None = None
    parcel_status: IdOrCode | None = None
    length: Amount | None = None
    width: Amount | None = None
    height: Amount | None = None
    weight: Amount | None = None


class ParcelBody(Body):
    parcel_number: Key
    transport_administration_type: Key
    advanced: ParcelAdvanced | None = None
    tracking: ParcelTracking | None = None
