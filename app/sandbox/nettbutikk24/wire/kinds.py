"""The fields of each resource, and what kind of value each one holds.

Sources: the contract's field lists for orders, lines, products and customers. `CORRECTED` is what a client that was corrected
against the live service reads as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["text", "whole", "money", "weight", "measure", "quantity", "flag", "date", "any"]
Fields = Mapping[str, Kind]


def _of(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


def _in_order(order: str, *groups: Mapping[str, Kind]) -> Fields:
    known = {name: kind for group in groups for name, kind in group.items()}
    return {name: known[name] for name in order.split()}


ORDER: Fields = _in_order(
    "order_no customer_id customer_comment status fraud_status order_date order_time sent_date tracking_number payment_method_id"
    " payment_method payment_addition shipping_method shipping_method_text shipping_costs shipping_svalbard vat addition_vat"
    " effected transaction_no invoice_no paid deleted deletion_date deleted_by effecting_date gift_card shop_comment blocked"
    " tripletex_sent rest currency exchange_rate total_amount_gross total_vat pickuppoint",
    _of("whole", "order_no customer_id payment_method_id shipping_method"),
    _of("text", "customer_comment status fraud_status order_time tracking_number payment_method shipping_method_text"),
    _of("text", "transaction_no invoice_no deleted_by gift_card shop_comment currency"),
    _of("money", "payment_addition shipping_costs shipping_svalbard vat addition_vat exchange_rate total_amount_gross total_vat"),
    _of("flag", "effected paid deleted blocked tripletex_sent rest"),
    _of("date", "order_date sent_date deletion_date effecting_date"),
    _of("any", "pickuppoint"),
)

LINE: Fields = _in_order(
    "id order_no product_id unique_product_id product_name quantity unit_price discount vat extra_field extra_price attributes"
    " total_amount_gross total_vat blocked sent quantity_sent sent_date tracking_number",
    _of("whole", "id order_no product_id unique_product_id"),
    _of("text", "product_name extra_field tracking_number"),
    _of("quantity", "quantity quantity_sent"),
    _of("money", "unit_price discount vat extra_price total_amount_gross total_vat"),
    _of("flag", "blocked sent"),
    _of("date", "sent_date"),
    _of("any", "attributes"),
)

PRODUCT: Fields = _in_order(
    "id unique_product_id article_no ean_code name variant category summary description additional_text buying_price price"
    " sales_price vat weight length width height volume active stock image link attributes",
    _of("whole", "id unique_product_id stock"),
    _of("text", "article_no ean_code name variant category summary description additional_text image link"),
    _of("money", "buying_price price sales_price vat"),
    _of("weight", "weight"),
    _of("measure", "length width height volume"),
    _of("flag", "active"),
    _of("any", "attributes"),
)

CUSTOMER: Fields = _in_order(
    "id customer_type first_name last_name company_name contact_person organisation_no phone e_mail address_1 address_2 postcode"
    " city country use_delivery_address delivery_name delivery_address_1 delivery_address_2 delivery_postcode delivery_city"
    " registration_date active",
    _of("whole", "id"),
    _of(
        "text", "customer_type first_name last_name company_name contact_person organisation_no phone e_mail address_1 address_2"
    ),
    _of("text", "postcode city country delivery_name delivery_address_1 delivery_address_2 delivery_postcode delivery_city"),
    _of("flag", "use_delivery_address active"),
    _of("date", "registration_date"),
)

VARIANT_FIELDS = (
    "article_no", "ean_code", "buying_price", "price", "sales_price", "weight", "length", "width", "height", "volume", "active",
    "stock", "image",
)  # fmt: skip
"""What a variant may have of its own; the rest is its product's."""

CORRECTED: Mapping[str, frozenset[str]] = {
    "order": frozenset({"paid", "deleted"}),
    "line": frozenset({"sent", "quantity", "unit_price", "discount", "vat"}),
}
