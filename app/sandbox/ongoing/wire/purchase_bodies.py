"""What the writes on purchase orders take, field by field as in the vendor's contract."""

from app.sandbox.ongoing.wire.article_bodies import SupplierAddress
from app.sandbox.ongoing.wire.return_bodies import WaybillAndLink
from app.sandbox.ongoing.wire.values import Amount, ArticleNumber, Body, CodeName, Int32, Key, Moment, Quantity


class TextLine(Body):
    row_number: str | None = None
    comment: str | None = None
    number_of_items: Amount | None = None


class PurchaseLineFreeValues(Body):
    free_decimal1: Amount | None = None
    free_text1: str | None = None
    free_text2: str | None = None


class PurchaseLineBody(Body):
    row_number: Key
    article_number: ArticleNumber
    number_of_items: Quantity
    comment: str | None = None
    row_price: Amount | None = None
    currency_code: str | None = None
    article_item_status_id: Int32 | None = None
    batch_number: str | None = None
    external_order_line_id: str | None = None
    in_date: Moment | None = None
    serial_number: str | None = None
    expiry_date: Moment | None = None
    production_date: Moment | None = None
    line_free_values: PurchaseLineFreeValues | None = None
    line_type: CodeName | None = None
    return_cause: CodeName | None = None
    text_lines: list[TextLine] | None = None


class PurchaseSupplier(Body):
    supplier_number: str | None = None
    supplier_name: str | None = None
    supplier_address: SupplierAddress | None = None
    remark: str | None = None


class Seller(Body):
    seller_number: str | None = None
    seller_name: str | None = None
    seller_address: SupplierAddress | None = None


class PurchaseFreeValues(Body):
    free_text1: str | None = None
    free_text2: str | None = None
    free_text3: str | None = None
    free_text4: str | None = None
    free_text5: str | None = None
    free_decimal1: Amount | None = None
    free_decimal2: Amount | None = None
    free_boolean1: bool | None = None
    free_boolean2: bool | None = None


class PurchaseCustomerAddress(Body):
    name: str | None = None
    address1: str | None = None
    address2: str | None = None
    address3: str | None = None
    post_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    email: str | None = None
    telephone: str | None = None
    mobile_phone: str | None = None


class PurchaseCustomer(Body):
    customer_number: str | None = None
    customer_name: str | None = None
    address: PurchaseCustomerAddress | None = None


class PurchaseAdvanced(Body):
    container: str | None = None
    order_date: Moment | None = None
    advised_date: Moment | None = None
    purchase_order_status_created: Int32 | None = None
    purchase_order_is_return_type: bool | None = None
    customer: PurchaseCustomer | None = None


class PurchaseCustoms(Body):
    terms_of_delivery_type: CodeName | None = None
    terms_of_delivery_type_location: str | None = None


class PurchaseClass(CodeName):
    comment: str | None = None


class PurchaseOrderBody(Body):
    goods_owner_id: Int32
    purchase_order_number: Key
    supplier_order_number: str | None = None
    goods_owner_reference: str | None = None
    reference_number: str | None = None
    in_date: Moment | None = None
    supplier_info: PurchaseSupplier | None = None
    purchase_order_type: CodeName | None = None
    purchase_order_lines: list[PurchaseLineBody] | None = None
    purchase_order_remark: str | None = None
    warehouse_id: Int32 | None = None
    free_values: PurchaseFreeValues | None = None
    advanced: PurchaseAdvanced | None = None
    customs_info: PurchaseCustoms | None = None
    seller_info: Seller | None = None
    invoice_number: str | None = None
    classes: list[PurchaseClass] | None = None
    tracking: list[WaybillAndLink] | None = None
    text_lines: list[TextLine] | None = None


class PurchaseStatusBody(Body):
    purchase_order_status_number: Int32


class InDateBody(Body):
    in_date: Moment


class AdvisedDateBody(Body):
    advised_date: Moment | None = None
