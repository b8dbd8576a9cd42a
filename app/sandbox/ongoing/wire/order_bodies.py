"""What the writes on orders take, field by field as in the vendor's contract.

Lengths: those stated on the contract's PATCH bodies (order number, remark, warehouse instruction, service point), the rest are
the vendor's SOAP limits.
"""

from typing import Annotated

from pydantic import Field

from app.sandbox.ongoing.wire.values import (
    Amount,
    ArticleNumber,
    Body,
    CodeName,
    Int32,
    Key,
    Moment,
    Quantity,
    Text30,
    Text40,
    Text50,
    Text100,
    Text150,
    Text200,
    Text300,
    Text500,
)

OrderNumber = Annotated[str, Field(min_length=1, max_length=50)]
RowNumber = Annotated[str, Field(min_length=1, max_length=40)]
CountryCode = Annotated[str, Field(max_length=2)]


class Notification(Body):
    to_be_notified: bool = False
    value: str | None = None


class Notifications(Body):
    telephone_notification: Notification | None = None
    email_notification: Notification | None = None
    sms_notification: Notification | None = None


class ConsigneeAdvanced(Notifications):
    external_customer_code: str | None = None


class Address(Body):
    name: Text200 | None = None
    address1: Text200 | None = None
    address2: Text200 | None = None
    address3: str | None = None
    post_code: Text50 | None = None
    city: Text200 | None = None
    country_code: CountryCode | None = None
    country_state_code: str | None = None


class InvoiceAddress(Address):
    advanced: Notifications | None = None


class Consignee(Address):
    customer_number: Text50 | None = None
    remark: str | None = None
    door_code: str | None = None
    organisation_number: str | None = None
    vat_number: str | None = None
    customer_group: CodeName | None = None
    advanced: ConsigneeAdvanced | None = None
    invoice_address: InvoiceAddress | None = None


class PayingCustomer(Body):
    customer_number: Key


class SenderPays(Body):
    edi_code: str | None = None
    waybill_template: str | None = None
    customer_number: str | None = None


class TransporterPayment(Body):
    consignee_collects: bool | None = None
    consignee_pays: PayingCustomer | None = None
    third_party_pays: PayingCustomer | None = None
    sender_pays: SenderPays | None = None


class ReturnTransporter(Body):
    transporter_code: str | None = None
    transporter_service_code: str | None = None


class Transporter(ReturnTransporter):
    payment_advanced: TransporterPayment | None = None


class LinePrices(Body):
    line_price: Amount | None = None
    customer_line_price: Amount | None = None
    currency_code: str | None = None
    discount_percentage: Amount | None = None
    total_vat: Amount | None = None


class LineVat(Body):
    code: Key
    percent: Amount


class LineFreeValues(Body):
    free_text1: str | None = None
    free_decimal1: Amount | None = None


class LineBody(Body):
    row_number: RowNumber
    article_number: ArticleNumber
    number_of_items: Quantity
    comment: Text300 | None = None
    warehouse_instruction: Text300 | None = None
    customer_article_number: Text100 | None = None
    external_id: str | None = None
    should_be_picked: bool | None = None
    prices: LinePrices | None = None
    vat: LineVat | None = None
    line_total_customs_value: Amount | None = None
    line_type: CodeName | None = None
    article_item_status: CodeName | None = None
    batch_number: str | None = None
    serial_number: str | None = None
    min_days_to_expiry_date: Int32 | None = None
    max_days_to_expiry_date: Int32 | None = None
    weight: Amount | None = None
    min_weight: Amount | None = None
    max_weight: Amount | None = None
    delivery_date: Moment | None = None
    line_free_values: LineFreeValues | None = None


class CustomsInfo(Body):
    customs_value_currency_code: str | None = None


class OrderClass(Body):
    code: str | None = None
    name: str | None = None
    comment: str | None = None
    is_parcel_type_suggestion: bool | None = None


class MarketPlace(Body):
    market_place: Text100 | None = None
    market_place_order_number: Text100 | None = None


class TextLine(Body):
    row_number: RowNumber
    comment: str | None = None
    number_of_items: Amount


class OrderAdvanced(Body):
    invoice_number: str | None = None
    communication: Text100 | None = None
    transporter_order_number: Text150 | None = None
    way_of_delivery_string: Text50 | None = None
    terms_of_delivery_string: Text50 | None = None
    terms_of_payment_string: Text50 | None = None
    arrival_date: Moment | None = None
    arrival_date_from: Moment | None = None
    order_text_lines: list[TextLine] | None = None


class OrderBody(Body):
    goods_owner_id: Int32
    order_number: OrderNumber
    delivery_date: Moment
    consignee: Consignee
    goods_owner_order_id: Text40 | None = None
    reference_number: Text50 | None = None
    sales_code: Text500 | None = None
    order_remark: Text500 | None = None
    delivery_instruction: Text300 | None = None
    warehouse_instruction: Text500 | None = None
    consignee_order_number: Text150 | None = None
    service_point_code: Text50 | None = None
    free_text1: Text300 | None = None
    free_text2: Text300 | None = None
    free_text3: Text300 | None = None
    order_free_date_time1: Moment | None = None
    order_type: CodeName | None = None
    way_of_delivery: CodeName | None = None
    transporter: Transporter | None = None
    return_transporter: ReturnTransporter | None = None
    email_notification: Notification | None = None
    sms_notification: Notification | None = None
    telephone_notification: Notification | None = None
    order_lines: list[LineBody] | None = None
    customs_info: CustomsInfo | None = None
    warehouse_id: Int32 | None = None
    classes: list[OrderClass] | None = None
    terms_of_delivery_type: CodeName | None = None
    freight_price: Amount | None = None
    customer_price: Amount | None = None
    market_place: MarketPlace | None = None
    picking_priority: Int32 | None = None
    production_code: Text30 | None = None
    prepared_transport_document_id: str | None = None
    transporter_bulk_id: str | None = None
    invoice_url: str | None = None
    language_code: str | None = None
    advanced: OrderAdvanced | None = None


class ReportedNumberBody(Body):
    """Also that of a purchase order's line."""

    reported_number_of_items: Quantity
