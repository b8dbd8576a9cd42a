"""What the demo's shop sells, and who buys there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

JACKET: dict[str, Any] = {
    "name": "Skalljakke Jotun",
    "sku": "DEMO-JAKKE",
    "regular_price": "1899.00",
    "weight": "0.62",
    "dimensions": {"length": "40", "width": "30", "height": "6"},
    "global_unique_id": "7070000000011",
}
PRODUCTS: tuple[dict[str, Any], ...] = (
    JACKET,
    {"name": "Ullsokker 3-pk", "sku": "DEMO-SOKKER", "regular_price": "249.00", "weight": "0.2"},
    {"name": "Turkopp i bjørk", "sku": "DEMO-KOPP", "regular_price": "399.00", "weight": "0.12"},
    {"name": "Stormkjøkken Glitter", "sku": "DEMO-KJOKKEN", "regular_price": "1249.00", "weight": "0.9"},
)
PARTS = "deler"
"""The meta key under which the shop writes what a kit is made of."""
CUSTOMERS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Kari", "Nordmann", "Storgata 1", "0155", "Oslo"),
    ("Ola", "Hansen", "Bryggen 12", "5003", "Bergen"),
    ("Ingrid", "Solberg", "Munkegata 4", "7013", "Trondheim"),
    ("Lars", "Bakken", "Strandgata 22", "9008", "Tromsø"),
    ("Eva", "Moen", "Vei 500-3", "9170", "Longyearbyen"),
)


def order_of(customer: tuple[str, str, str, str, str], lines: Sequence[tuple[int, int]], **more: Any) -> dict[str, Any]:
    """The body of `POST /orders` for (product id, quantity) lines; a paid order."""
    first, last, street, post_code, city = customer
    address = {
        "first_name": first,
        "last_name": last,
        "address_1": street,
        "postcode": post_code,
        "city": city,
        "country": "SJ" if city == "Longyearbyen" else "NO",
    }
    billing = {**address, "email": f"{first.lower()}@example.com", "phone": "90000000"}
    return {
        "payment_method": "vipps",
        "payment_method_title": "Vipps",
        "billing": billing,
        "shipping": address,
        "line_items": [{"product_id": product, "quantity": quantity} for product, quantity in lines],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "Posten", "total": "79.00"}],
        **more,
    }


def somebody() -> tuple[str, str, str, str, str]:
    return secrets.choice(CUSTOMERS)
