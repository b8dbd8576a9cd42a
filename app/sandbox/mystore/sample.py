"""Goods and orders for a shop that somebody wants to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sandbox.mystore.model.shop import Shop

GOODS: tuple[Mapping[str, Any], ...] = (
    {
        "sku": "UJ-1", "name": "Ulljakke", "ean": "7090000000017", "price": 799.2, "cost": 310, "weight": 0.62,
        "variants": [
            {"sku": f"UJ-1-{size}", "ean": ean, "cost": 310, "quantity": 12, "options": {"Størrelse": size}}
            for size, ean in (("S", "7090000000024"), ("M", "7090000000031"), ("L", "7090000000048"))
        ],
    },
    {
        "sku": "SOKK-1", "name": "Sokker & votter", "ean": "7090000000055", "price": 120, "cost": 41.5, "weight": 0.1,
        "quantity": 40,
    },
    {"sku": "KOPP-1", "name": "Kopp", "ean": "7090000000062", "price": 79.2, "cost": 22, "weight": 0.35, "quantity": 100},
)  # fmt: skip
BUYERS: tuple[Mapping[str, Any], ...] = (
    {"name": "Kari Nordmann", "address": "Storgata 1", "zipcode": "0155", "city": "Oslo", "country": "Norway"},
    {
        "name": "Ola Hansen",
        "company": "Fjell AS",
        "address": "Torget 4",
        "zipcode": "5014",
        "city": "Bergen",
        "country": "Norway",
    },
    {"name": "Maja Berg", "address": "Drottninggatan 12", "zipcode": "11151", "city": "Stockholm", "country": "Sweden"},
)


def fill(shop: Shop, orders: int) -> None:
    """So many orders, and the goods they are for; nothing when it is none."""
    if not orders:
        return
    mark = shop.config.sample_mark
    for goods in GOODS:
        variants = [{**one, "sku": f"{one['sku']}{mark}"} for one in goods.get("variants", ())]
        shop.add_product(**{**goods, "sku": f"{goods['sku']}{mark}", "variants": variants})
    skus = ("UJ-1-M", "SOKK-1", "KOPP-1", "UJ-1-L")
    for number in range(orders):
        buyer = BUYERS[number % len(BUYERS)]
        address = {
            f"{prefix}_address_{part}": value for prefix in ("customer", "shipping", "billing") for part, value in buyer.items()
        }
        lines = [{"sku": f"{skus[number % len(skus)]}{mark}", "quantity": 1 + number % 3}]
        shop.place_order(lines, freight=79.2, **address)
