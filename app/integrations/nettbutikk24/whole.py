"""An order and a product with all that the shop can give. Texts are the names of their own fields."""

from __future__ import annotations

from typing import Any

_CUSTOMER = (
    *("first_name", "last_name", "company_name", "organisation_no", "phone", "e_mail"),
    *("address_1", "address_2", "postcode", "city"),
    *("delivery_name", "delivery_address_1", "delivery_address_2", "delivery_postcode", "delivery_city"),
)
WHOLE_ORDER: dict[str, Any] = {
    "order_no": "1001",
    "order_date": "2026-11-21",
    "order_time": "09:00:00",
    "status": "Mottatt",
    "currency": "NOK",
    "customer_id": "42",
    **{name: name for name in ("customer_comment", "shop_comment", "shipping_method_text")},
    "shipping_method": "5",
    "pickuppoint": "pickuppoint",
    "order_lines": [{"id": "31", "unique_product_id": "501001", "quantity": "2", "unit_price": "100.25", "vat": "25.00"}],
    "_gateway_customer": {**{name: f"customer.{name}" for name in _CUSTOMER}, "country": "Norge", "use_delivery_address": "1"},
    "_gateway_articles": {"501001": "article no"},
}
WHOLE_ARTICLE: dict[str, Any] = {
    "id": "501",
    "unique_product_id": "501001",
    **{name: name for name in ("article_no", "ean_code", "name", "category", "description", "image")},
    "price": "129.5",
    "buying_price": "48.25",
    "weight": "0.4",
    "active": "1",
}
