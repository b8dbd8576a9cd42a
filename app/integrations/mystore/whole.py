"""An order and a product with all that the shop can give. Texts are the names of their own fields."""

from __future__ import annotations

from typing import Any

_PARTS = ("name", "company", "address", "zipcode", "city", "state")
WHOLE_ORDER: dict[str, Any] = {
    "id": "10542",
    "type": "orders",
    "attributes": {
        **{f"{which}_address_{part}": f"{which}_address_{part}" for which in ("shipping", "billing") for part in _PARTS},
        **{name: name for name in ("customer_address_phone", "customer_address_email", "shipping_method", "reference")},
        "shipping_address_country": "NO",
        "billing_address_country": "SE",
        "currency": "NOK",
        "created_at": "2026-11-21 09:00:00",
        "total_price": 401.5,
    },
    "_gateway_status": {"id": "1", "name": "Ny"},
    "_gateway_lines": [
        {"id": "77", "attributes": {"sku": "sku", "name": "name", "quantity": 2, "price": 100.25, "final_price": 200.5}}
    ],
}
WHOLE_ARTICLE: dict[str, Any] = {
    "id": "281",
    "type": "products",
    "attributes": {
        **{name: name for name in ("name", "sku", "ean", "image", "manufacturer_sku")},
        "price": 129.5,
        "cost": 48.25,
        "weight": 0.4,
        "status": 1,
    },
}
