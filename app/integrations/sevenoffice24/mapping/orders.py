"""The field table of sales orders. Read beside the requirement, 24SevenOffice.

Pure and total: any JSON becomes an Order, and what is wrong with it becomes its problems.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import Coded, Order, OrderLine, Problem, SourceRecord
from app.integrations.kit.carriers import line_extras, with_carrier
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_order
from app.integrations.kit.values.local_times import local_moment
from app.integrations.sevenoffice24.mapping.addresses import address_extras, consignee, invoice_address
from app.integrations.sevenoffice24.mapping.articles import sharing
from app.integrations.sevenoffice24.mapping.members import (
    ARTICLES,
    COMPANY,
    REFUSED,
    SHARED,
    TODAY,
    amount,
    extra_of,
    other_rows,
    product_id,
    product_rows,
    state_of,
    words,
)
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, as_list, as_text, flag, identity, number, section, text

_CENT = Decimal("0.01")
_DAY = timedelta(days=1)
_NAMES = {
    "source_id": "OrderId",
    "number": "OrderId",
    "delivery_date": "DeliveryDate",
    "consignee.name": "CustomerDeliveryName",
    "consignee.address1": "Addresses.Delivery.Street",
    "consignee.post_code": "Addresses.Delivery.PostalCode",
    "consignee.city": "Addresses.Delivery.PostalArea",
    "consignee.country_code": "Addresses.Delivery.Country",
    "invoice_address.country_code": "Addresses.Invoice.Country",
    "customer_number": "CustomerId",
    "lines": "InvoiceRows",
    "lines[]": "InvoiceRows[]",
    "lines[].row_number": "InvoiceRows[].RowId",
    "lines[].article_number": "InvoiceRows[].ProductId",
    "lines[].quantity": "InvoiceRows[].Quantity",
    "lines[].line_price": "InvoiceRows[].Price",
    "lines[].customer_line_price": "InvoiceRows[].Price",
    "lines[].currency": "Currency.Symbol",
}


def map_order(record: SourceRecord, settings: SevenOfficeAdapterSettings) -> Order:
    """An order. Its company and the numbers of its products are expected beside it."""
    body, zone = record.body, settings.time_zone
    made = _made_at(body, settings)
    currency = words(section(body, "Currency"), "Symbol").upper() or settings.default_currency
    method, method_text = _method(body)
    rows = _rows(body, currency, settings)
    order = Order(
        source_id=record.source_id,
        source_number=record.source_id,
        number=settings.order_number_prefix + record.source_id,
        state=state_of(body, settings),
        status=text(body, "OrderStatus"),
        modified_at=record.modified_at,
        created_at=made,
        delivery_date=_day(local_moment(body.get("DeliveryDate"), zone) or made or local_moment(body.get(TODAY), zone), zone),
        currency=currency,
        consignee=consignee(body, settings),
        invoice_address=invoice_address(body, settings),
        lines=tuple(rows.lines),
        way_of_delivery=Coded(method or method_text, method_text or method) if method or method_text else None,
        way_of_delivery_text=method_text,
        remark=words(body, "InvoiceTitle"),
        sales_code=words(body, "YourReference"),
        customer_number=identity(body.get("CustomerId")),
        is_carried=not {method, method_text} & set(settings.pick_up_methods),
        extra={**_extra(body), **extra_of(body, settings.extra_order_fields)},
        notes=tuple(_notes(body, rows)),
    )
    order = with_carrier(order, [method, method_text], settings)
    return complete_order(order, rows.problems, settings, FieldNames(_NAMES, rows.places), "ERP")


def _made_at(body: Body, settings: SevenOfficeAdapterSettings) -> datetime | None:
    """The order date. Many orders have a day and no time: on the day of `go_live` they count as made then."""
    made, go_live = local_moment(body.get("DateOrdered"), settings.time_zone), settings.go_live
    if made is None or go_live is None or made.astimezone(ZoneInfo(settings.time_zone)).strftime("%H%M%S") != "000000":
        return made
    return go_live if made < go_live < made + _DAY else made


def _day(moment: datetime | None, zone: str) -> datetime | None:
    """A moment on the day that the ERP names: the WMS takes the day of it, and midnight in Oslo is on the day before."""
    if moment is None:
        return None
    day = moment.astimezone(ZoneInfo(zone)).date()
    return moment if moment.astimezone(UTC).date() == day else datetime.combine(day, time(), UTC)


def _method(body: Body) -> tuple[str, str]:
    """Id and description of the delivery method; empty texts for none."""
    found = section(body, "DeliveryMethod")
    return identity(found.get("Id")) or "", words(found, "Description")


def _extra(body: Body) -> dict[str, Any]:
    """Fields of the table that no other system has."""
    reference = words(body, "ReferenceNumber")
    return {**({"referenceNumber": reference} if reference else {}), **address_extras(body)}


# rows


@dataclass
class _Rows:
    """The lines to send, where each stands in the order, what is wrong with them, and rows of which there is nothing to send."""

    lines: list[OrderLine] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    empty: list[Body] = field(default_factory=list)


def _rows(body: Body, currency: str, settings: SevenOfficeAdapterSettings) -> _Rows:
    numbers, found = section(body, ARTICLES), _Rows()
    for place, row in product_rows(body):
        quantity, key = amount(row, settings.quantity_field), product_id(row) or ""
        if quantity == 0:
            found.empty.append(row)
            continue
        ids = [as_text(each) for each in as_list(section(body, SHARED).get(key)) or ()]
        known = text(numbers, key)
        numbered = article_number(known, key, settings.article_number_fallback, settings.article_number_replacements)
        found.lines.append(_line(body, row, quantity or Decimal(0), None if ids else numbered, (currency, settings)))
        found.places.append(place)
        if ids or numbered is None:
            found.problems.append(_no_number(row, place, key, ids))
    return found


def _no_number(row: Body, place: int, key: str, ids: list[str]) -> Problem:
    what = f"row {_row_number(row)} ({words(row, 'Name')})"
    message, fix = f"{what}: product {key} has no number", "give the product a number in the ERP, or set article_number_fallback"
    if ids:
        message, fix = f"{what}: {sharing(ids)} have the same number", "give each product a number of its own in the ERP"
    return Problem("line-without-article-number", f"InvoiceRows[{place}].ProductId", message, fix)


def _row_number(row: Body) -> str:
    """A row's key; 0 may be one."""
    found = number(row.get("RowId"))
    return str(int(found)) if found is not None and found >= 0 else ""


def _line(
    body: Body, row: Body, quantity: Decimal, numbered: str | None, how: tuple[str, SevenOfficeAdapterSettings]
) -> OrderLine:
    currency, settings = how
    price, whole = _prices(body, row, quantity) if settings.line_prices or settings.customs_required else (None, None)
    return OrderLine(
        row_number=_row_number(row),
        article_number=numbered,
        article_name=words(row, "Name"),
        quantity=quantity,
        line_price=price,
        customer_line_price=whole,
        currency=currency,
        product_code=product_id(row),
        extra=line_extras(amount(row, "VatRate"), settings.vat_codes, extra_of(row, settings.extra_line_fields)),
    )


def _prices(body: Body, row: Body, quantity: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """Per piece, and for the row after its discount (in per cent); both without VAT."""
    price = amount(row, "Price")
    if price is None:
        return None, None
    if flag(body, "IncludeVAT") and (rate := amount(row, "VatRate")) is not None and rate > -100:
        price = price / (1 + rate / 100)
    whole = price * quantity * (1 - (amount(row, "DiscountRate") or Decimal(0)) / 100)
    return price.quantize(_CENT, ROUND_HALF_UP), whole.quantize(_CENT, ROUND_HALF_UP)


def _notes(body: Body, rows: _Rows) -> list[str]:
    """What is not sent, for people to see."""
    said = [f"Not sent, a text row: {words(row, 'Name')}" for row in other_rows(body) if words(row, "Name")]
    said += [f"Not sent, a row of 0 pieces: {words(row, 'Name') or product_id(row)}" for row in rows.empty]
    refused = words(section(body, COMPANY), REFUSED)
    return [*said, f"Phone and e-mail of the company could not be read: {refused}"] if refused else said
