"""Goods, companies and orders for an office that somebody wants to look at, and large amounts of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sandbox.sevenoffice24.model.tenant import Tenant

GOODS: tuple[Mapping[str, Any], ...] = (
    {"no": "UJ-1-M", "name": "Ulljakke M", "EAN1": "0704661234567", "Stock": 12, "Price": "999", "Weight": "0.62"},
    {"no": "SOKK-1", "name": "Sokker & votter", "EAN1": "7090000000048", "Stock": 40, "Price": "149", "Weight": "0.1"},
    {"no": "KOPP-1", "name": "Kopp", "EAN1": "7090000000055", "Stock": 100, "Price": "99", "Weight": "0.35"},
)
_CABIN = {"Street": "Fjellveien 2", "PostalCode": "2670", "PostalArea": "OTTA", "Country": "NO"}
CUSTOMERS: tuple[Mapping[str, Any], ...] = (
    {},
    {
        "name": "Bjørg Ås", "Type": "Consumer", "OrganizationNumber": None,
        "Addresses": {"Post": _CABIN, "Delivery": _CABIN},
        "PhoneNumbers": {"Mobile": {"Value": "+4790000001"}},
        "EmailAddresses": {"Primary": {"Value": "bjorg@example.no"}},
    },
)  # fmt: skip
SUPPLIER: Mapping[str, Any] = {"name": "Ullvarefabrikken AS", "Type": "Supplier", "OrganizationNumber": "988777666"}


def fill(tenant: Tenant, orders: int) -> None:
    """So many orders, and the goods and companies they are for; nothing when it is none."""
    if not orders:
        return
    mark = tenant.site.config.sample_mark
    supplier = tenant.add_company(**SUPPLIER)["Id"]
    for goods in GOODS:
        tenant.add_product(**{**goods, "no": f"{goods['no']}{mark}"}, SupplierId=supplier)
    customers = [tenant.add_company(**one)["Id"] for one in CUSTOMERS]
    for number in range(orders):
        row = {"No": f"{GOODS[number % len(GOODS)]['no']}{mark}", "Quantity": 1 + number % 3}
        tenant.place_order([row], customers[number % len(customers)], ReferenceNumber=f"PO-{number + 1}")


def fill_much(tenant: Tenant, products: int = 0, orders: int = 0, categories: int = 10) -> None:
    """Products `VARE-1` and so on, spread over categories, and confirmed orders of them, one row each, for 100 customers."""
    with tenant.lock:
        kinds = [tenant.catalogue.add_category(f"Gruppe {number + 1}")["Id"] for number in range(categories if products else 0)]
        for number in range(products):
            ean, category = f"709{number:010d}", kinds[number % len(kinds)]
            tenant.catalogue.add(f"VARE-{number + 1}", f"Vare {number + 1}", EAN1=ean, CategoryId=category, Stock=number % 50)
        numbers = list(tenant.catalogue.products)
        customers = [tenant.companies.add(f"Kunde {number + 1} AS")["Id"] for number in range(min(orders, 100))]
        for number in range(orders):
            tenant.orders.place([{"ProductId": numbers[number % len(numbers)]}], customers[number % len(customers)])
