"""A sales order and a product with all that the ERP can give. Texts are the names of their own fields."""

from __future__ import annotations

from typing import Any


def _address(where: str, country: str) -> dict[str, str]:
    names = ("Name", "Street", "PostalCode", "PostalArea", "State")
    return {**{name: f"Addresses.{where}.{name}" for name in names}, "Country": country}


WHOLE_ORDER: dict[str, Any] = {
    "OrderId": 7001,
    "OrderStatus": "ForInvoicing",
    "DateOrdered": "2026-11-21T09:00:00",
    "DeliveryDate": "2026-11-22T00:00:00",
    "CustomerId": 2201,
    **{
        name: name
        for name in (
            *("ReferenceNumber", "YourReference", "InvoiceTitle", "CustomerName", "CustomerDeliveryName"),
            *("CustomerDeliveryPhone", "InvoiceEmailAddress"),
        )
    },
    "Addresses": {"Delivery": _address("Delivery", "NO"), "Invoice": _address("Invoice", "SE")},
    "Currency": {"Symbol": "NOK"},
    "DeliveryMethod": {"Id": 3, "Description": "DeliveryMethod.Description"},
    "InvoiceRows": [{"ProductId": 1042, "RowId": 31, "Name": "Name", "Quantity": "2", "Price": "100.25"}],
    "_gateway_articles": {"1042": "No"},
}
WHOLE_ARTICLE: dict[str, Any] = {
    "Id": 1042,
    **{name: name for name in ("No", "Name", "Description", "EAN1")},
    "StatusId": 1,
    "Weight": "0.4",
}
