"""The ERP's records as they are stored: plain JSON, without what is not set. Decimals and times are the wire's own text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.kit.values.local_times import local_moment
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings

ORDERS = (
    *("OrderId", "CustomerId", "CustomerName", "CustomerDeliveryName", "CustomerDeliveryPhone", "Addresses", "OrderStatus"),
    *("DateOrdered", "DateChanged", "IncludeVAT", "YourReference", "InvoiceTitle", "Currency", "InvoiceEmailAddress"),
    *("InvoiceRows", "DeliveryDate", "ReferenceNumber", "DeliveryMethod", "CustomerDeliveryId"),
)
ROWS = ("ProductId", "RowId", "VatRate", "Price", "Name", "DiscountRate", "Quantity", "SequenceNumber", "Type")
PRODUCTS = ("SupplierId", "Id", "Name", "StatusId", "Description", "EAN1", "No", "DateChanged", "Weight")
"""What is asked of every order, of its rows, and of every product."""
SUPPLIERS = ("Id", "Name", "Addresses", "Type", "DateChanged")
"""What is asked of every company that may be a supplier."""
KEYS = {Process.ORDERS: "OrderId", Process.ARTICLES: "Id", Process.SUPPLIERS: "Id"}
LARGEST_ID = 2**31 - 1


def order_properties(settings: SevenOfficeAdapterSettings) -> tuple[str, ...]:
    """With what the connection's extra fields need."""
    return _with(ORDERS, settings.extra_order_fields.values())


def row_properties(settings: SevenOfficeAdapterSettings) -> tuple[str, ...]:
    """The same of an order's rows."""
    return _with((*ROWS, settings.quantity_field), settings.extra_line_fields)


def product_properties(settings: SevenOfficeAdapterSettings) -> tuple[str, ...]:
    """With what the connection's extra fields need."""
    return _with(PRODUCTS, (*settings.extra_article_fields.values(), *settings.articles.paths))


def _with(own: Sequence[str], paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *(path.partition(".")[0] for path in paths))))


def record_of(process: Process, raw: Mapping[str, Any], settings: SevenOfficeAdapterSettings) -> SourceRecord | None:
    """None for what has no id, and for what the ERP could not give."""
    key = raw.get(KEYS[process])
    if not isinstance(key, int) or raw.get("APIException"):
        return None
    body = as_json(raw)
    return SourceRecord(process, str(key), local_moment(body.get("DateChanged"), settings.time_zone), body)


def records_of(process: Process, raws: Iterable[Mapping[str, Any]], settings: SevenOfficeAdapterSettings) -> list[SourceRecord]:
    """Those that are records."""
    return [record for raw in raws if (record := record_of(process, raw, settings)) is not None]


def as_json(value: Any) -> Any:
    """A value as JSON has it, without the members that say nothing. A time keeps its zone, or has none as before."""
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat()
        case Mapping():
            plain = {str(name): as_json(inner) for name, inner in value.items()}
            return {name: inner for name, inner in plain.items() if inner is not None and inner not in ("", {}, [])}
        case list():
            return [as_json(inner) for inner in value]
    return value


def wire_ids(source_ids: Iterable[str]) -> list[int]:
    """Ids as the wire has them. What cannot be one is left out: the ERP would not take the call."""
    return [int(each) for each in source_ids if each.isascii() and each.isdigit() and int(each) <= LARGEST_ID]


def blocks(ids: Sequence[int], size: int) -> Iterable[list[int]]:
    return (list(ids[start : start + size]) for start in range(0, len(ids), size))
