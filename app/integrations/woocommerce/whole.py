"""An order and a product with all that the shop can give. Texts are the names of their own fields."""

from __future__ import annotations

from typing import Any


def _address(where: str, country: str) -> dict[str, str]:
    names = ("first_name", "last_name", "company", "address_1", "address_2", "postcode", "city", "state", "email", "phone")
    return {**{name: f"{where}.{name}" for name in names}, "country": country}


WHOLE_ORDER: dict[str, Any] = {
    "id": 5093,
    "number": "number",
    "status": "processing",
    "currency": "NOK",
    "date_created_gmt": "2026-11-21T09:00:00",
    "customer_id": 9,
    "customer_note": "customer_note",
    "billing": _address("billing", "SE"),
    "shipping": _address("shipping", "NO"),
    "shipping_lines": [{"method_id": "shipping_lines.method_id", "method_title": "shipping_lines.method_title"}],
    "line_items": [{"id": 12, "sku": "sku", "name": "name", "product_id": 7, "quantity": 2, "price": 100.25, "total": "200.5"}],
}
WHOLE_ARTICLE: dict[str, Any] = {
    "id": 7,
    "name": "name",
    "sku": "sku",
    "type": "simple",
    "status": "publish",
    "global_unique_id": "global_unique_id",
    "price": "129.5",
    "weight": "0.4",
    "images": [{"src": "https://shop.example/picture.jpg"}],
}
