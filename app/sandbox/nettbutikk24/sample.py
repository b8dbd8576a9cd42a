"""Goods, customers and orders for a shop that somebody wants to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sandbox.nettbutikk24.model.shop import Shop

GOODS: tuple[Mapping[str, Any], ...] = (
    {
        "article_no": "UJ-1", "name": "Ulljakke", "category": "Jakker", "description": "Varm jakke", "price": "999",
        "length": "40", "width": "30", "height": "8", "volume": "9.6",
        "variants": [
            {"article_no": f"UJ-1-{size}", "ean_code": ean, "stock": 12, "options": {"Størrelse": size}}
            for size, ean in (("S", "7090000000017"), ("M", "7090000000024"), ("L", "7090000000031"))
        ],
    },
    {
        "article_no": "SOKK-1", "name": "Sokker & votter", "category": "Tilbehør", "price": "149", "buying_price": "41.50",
        "ean_code": "7090000000048", "weight": "0.1", "stock": 40,
    },
    {
        "article_no": "KOPP-1", "name": "Kopp", "category": "Kjøkken", "price": "99", "buying_price": "22",
        "ean_code": "7090000000055", "weight": "0.35", "stock": 100,
    },
)  # fmt: skip
BUYERS: tuple[Mapping[str, Any], ...] = (
    {},
    {
        "customer_type": "company", "first_name": None, "last_name": None, "company_name": "Fjell AS",
        "contact_person": "Ola Hansen", "organisation_no": "999999999", "e_mail": "ola@example.no", "address_1": "Torget 4",
        "postcode": "5014", "city": "Bergen",
    },
    {
        "first_name": "Bjørg", "last_name": "Ås", "e_mail": "bjorg@example.no", "use_delivery_address": "1",
        "delivery_name": "Hytta", "delivery_address_1": "Fjellveien 2", "delivery_postcode": "2670", "delivery_city": "Otta",
    },
)  # fmt: skip


def fill(shop: Shop, orders: int) -> None:
    """So many orders, and the goods and people they are for; nothing when it is none."""
    if not orders:
        return
    mark = shop.config.sample_mark
    for goods in GOODS:
        variants = [{**one, "article_no": f"{one['article_no']}{mark}"} for one in goods.get("variants", ())]
        shop.add_product(**{**goods, "article_no": f"{goods['article_no']}{mark}", "variants": variants})
    buyers = [shop.add_customer(**buyer)["id"] for buyer in BUYERS]
    articles = ("UJ-1-M", "SOKK-1", "KOPP-1", "UJ-1-L")
    for number in range(orders):
        lines = [{"article_no": f"{articles[number % len(articles)]}{mark}", "quantity": 1 + number % 3}]
        status = shop.config.statuses[number % min(2, len(shop.config.statuses))]
        shop.place_order(lines, buyers[number % len(buyers)], status=status, shipping_costs="99")
