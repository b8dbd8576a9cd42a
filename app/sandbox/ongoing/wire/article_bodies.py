"""What `PUT /articles` takes, field by field as in the vendor's contract; lengths are the vendor's SOAP limits."""

from typing import Literal

from pydantic import Field

from app.sandbox.ongoing.wire.values import Amount, ArticleNumber, Body, CodeName, Int32, Key, Moment, Quantity, Text200


class SupplierAddress(Body):
    name: str | None = None
    address: str | None = None
    address2: str | None = None
    address3: str | None = None
    post_code: str | None = None
    city: str | None = None
    tele_phone: str | None = None
    remark: str | None = None
    email: str | None = None
    mobile_phone: str | None = None
    country_state_code: str | None = None
    country_code: str | None = None
    delivery_instruction: str | None = None
    is_visible: bool | None = None
    notify_by_sms: bool | None = Field(default=None, alias="notifyBySMS")
    notify_by_email: bool | None = None
    notify_by_telephone: bool | None = None


class ManufacturerCode(Body):
    manufacturers_identification_code: str | None = None


class SupplierAdvanced(ManufacturerCode):
    supplier_address: SupplierAddress | None = None


class Supplier(Body):
    supplier_article_number: str | None = None
    supplier_number: str | None = None
    supplier_name: str | None = None
    advanced: SupplierAdvanced | None = None


class AlternativeSupplier(Body):
    supplier_article_number: str | None = None
    supplier_number: str | None = None
    supplier_name: str | None = None
    lead_time: Int32 | None = None
    advanced: ManufacturerCode | None = None


class AlternativeSuppliers(Body):
    alternative_suppliers: list[AlternativeSupplier] | None = None


class AlternativeBarCode(Body):
    bar_code: str | None = None
    quantity_per_bar_code: Amount | None = None
    bar_code_type: CodeName | None = None


class BarCodes(Body):
    bar_code: str | None = None
    bar_code_package: str | None = None
    bar_code_pallet: str | None = None
    alternative_bar_codes: list[AlternativeBarCode] | None = None


class NameTranslation(Body):
    language_code: str | None = None
    article_name: str | None = None


class StructureRow(Body):
    article_number: ArticleNumber
    number_of_items: Quantity


class StructureDefinition(Body):
    article_kind: Literal["Structure", "Production"]
    rows: list[StructureRow] | None = None


class StorageProperties(Body):
    is_obsolete: bool | None = None
    is_serial_number_article: bool | None = None
    is_batch_article: bool | None = None
    is_expiry_date_article: bool | None = None


class ArticleFreeValues(Body):
    free_text1: str | None = None
    free_text2: str | None = None
    free_text3: str | None = None
    free_text4: str | None = None
    free_text5: str | None = None
    free_text6: str | None = None
    free_text7: str | None = None
    free_text8: str | None = None
    free_decimal1: Amount | None = None
    free_decimal2: Amount | None = None
    free_decimal3: Amount | None = None
    free_boolean1: bool | None = None
    free_boolean2: bool | None = None
    free_boolean3: bool | None = None
    free_date_time1: Moment | None = None


class StorageClass(Body):
    name: Key


class TaricNumber(Body):
    country_code: Key
    taric_number: Key


class TaricNumbers(Body):
    taric_numbers: list[TaricNumber] | None = None


class ArticleClass(Body):
    code: Key
    name: Key
    comment: str | None = None


class ArticleClasses(Body):
    classes: list[ArticleClass] | None = None


class ArticleAdvanced(Body):
    allow_changing_production_and_structure_articles_to_stock_or_non_stock_articles: bool | None = None


class ArticleBody(Body):
    goods_owner_id: Int32
    article_number: ArticleNumber
    article_name: Text200 | None = None
    product_code: str | None = None
    unit_code: str | None = None
    description: str | None = None
    is_stock_article: bool | None = None
    is_active: bool | None = None
    bar_code_info: BarCodes | None = None
    weight: Amount | None = None
    net_weight: Amount | None = None
    length: Amount | None = None
    width: Amount | None = None
    height: Amount | None = None
    volume: Amount | None = None
    quantity_per_package: Int32 | None = None
    quantity_per_pallet: Int32 | None = None
    quantity_per_layer_on_pallet: Int32 | None = None
    sub_quantity_per_item: Amount | None = None
    purchase_price: Amount | None = None
    stock_valuation_price: Amount | None = None
    customer_price: Amount | None = None
    # The vendor's own spelling, without the h.
    purcase_currency_code: str | None = None
    country_of_origin_code: str | None = None
    statistics_number: str | None = None
    additional_statistics_number: str | None = None
    customs_description: str | None = None
    customs_export_conditions: str | None = None
    taric_numbers_info: TaricNumbers | None = None
    article_group: CodeName | None = None
    article_category: CodeName | None = None
    article_color: CodeName | None = None
    article_size: CodeName | None = None
    article_classes_info: ArticleClasses | None = None
    storage_class: StorageClass | None = None
    storage_properties: StorageProperties | None = None
    min_days_to_expiry_date_allowed_on_delivery: Int32 | None = None
    stock_limit: Int32 | None = None
    minimum_reorder_quantity: Amount | None = None
    supplier_info: Supplier | None = None
    alternative_suppliers_info: AlternativeSuppliers | None = None
    article_name_translations: list[NameTranslation] | None = None
    link_to_picture: str | None = None
    structure_definition: StructureDefinition | None = None
    free_values: ArticleFreeValues | None = None
    article_inbound_handling_comment: str | None = None
    article_picking_handling_comment: str | None = None
    article_packing_handling_comment: str | None = None
    article_return_handling_comment: str | None = None
    advanced: ArticleAdvanced | None = None
