"""The field table of orders. Read beside the requirement, mystore.

Pure and total: any JSON becomes an Order, and what is wrong with it becomes its problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.domain import Coded, Order, OrderLine, Problem, ShopState, SourceRecord
from app.integrations.kit.carriers import line_extras, with_carrier
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_order
from app.integrations.mystore.mapping.addresses import consignee, invoice_address
from app.integrations.mystore.mapping.articles import extra_of
from app.integrations.mystore.mapping.statuses import Status, imports, means
from app.integrations.mystore.rest.resources import (
    LINES,
    STATUS,
    TOTAL,
    VARIANT,
    amount_text,
    attributes,
    moment,
    plain,
    related,
    words,
)
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body, number, objects, section, text

NUMBER = "_gateway_number"
"""Added to a line without a SKU: that of its variant or product."""

_CENT = Decimal("0.01")
_NAMES = {
    "source_id": "id",
    "delivery_date": "created_at",
    "invoice_address.country_code": "billing_address_country",
    "consignee.name": "shipping_address_name",
    "consignee.address1": "shipping_address_address",
    "consignee.post_code": "shipping_address_zipcode",
    "consignee.city": "shipping_address_city",
    "consignee.country_code": "shipping_address_country",
    "lines": "order-products",
    "lines[]": "order-products[]",
    "lines[].row_number": "order-products[].id",
    "lines[].article_number": "order-products[].sku",
    "lines[].quantity": "order-products[].quantity",
    "lines[].line_price": "order-products[].price",
    "lines[].customer_line_price": "order-products[].final_price",
    "lines[].currency": "currency",
}


@dataclass(frozen=True)
class _Lines:
    """The lines to send, where each stands in the order, and what is wrong with them."""

    lines: tuple[OrderLine, ...]
    rows: tuple[int, ...]
    problems: tuple[Problem, ...]


def map_order(record: SourceRecord, settings: MystoreSettings) -> Order:
    """An order. Its lines, total and status are expected beside it."""
    body, own = record.body, attributes(record.body)
    currency = text(own, "currency").strip().upper()
    created = moment(own.get("created_at"), settings.timezone)
    delivery = plain(own, "shipping_method")
    status = status_of(body)
    lines = _lines(body, currency, settings)
    order = Order(
        source_id=record.source_id,
        source_number=record.source_id,
        number=settings.order_number_prefix + record.source_id,
        state=_state(status, settings),
        status=status.name or status.id,
        modified_at=record.modified_at,
        created_at=created,
        delivery_date=created,
        currency=currency,
        consignee=consignee(own, settings),
        invoice_address=invoice_address(own, settings),
        lines=lines.lines,
        way_of_delivery=Coded(delivery, delivery) if delivery else None,
        way_of_delivery_text=delivery,
        is_carried=delivery not in settings.pick_up_methods,
        extra={**_extra(record, settings), **extra_of(body, settings.extra_order_fields)},
    )
    order = with_carrier(order, [delivery], settings)
    return complete_order(order, lines.problems, settings, FieldNames(_NAMES, lines.rows))


def status_of(body: Body) -> Status:
    """The order's status. Its name is that by which it was known when the connection was tested last, whatever it is called
    now."""
    found = section(body, STATUS)
    return Status(text(found, "id") or related(body, "order-status") or "", text(found, "known_as") or text(found, "name"))


def _state(status: Status, settings: MystoreSettings) -> ShopState:
    if means(status, "cancelled", settings):
        return ShopState.CANCELLED
    if means(status, "delivered", settings) or means(status, "returned", settings):
        return ShopState.COMPLETED
    return ShopState.WANTED if imports(status, settings) else ShopState.WAITING


def _extra(record: SourceRecord, settings: MystoreSettings) -> dict[str, Any]:
    """Fields of the table that no other system has."""
    own = attributes(record.body)
    total = number(own.get(settings.total_attribute))
    if total is None:
        total = number(record.body.get(TOTAL))
    state = plain(own, "shipping_address_state")
    found = {
        "customerPrice": None if total is None else amount_text(total),
        "referenceNumber": plain(own, settings.reference_attribute) or record.source_id,
        "consignee.countryStateCode": state or None,
    }
    return {path: value for path, value in found.items() if value is not None}


# lines


def _lines(body: Body, currency: str, settings: MystoreSettings) -> _Lines:
    lines: list[OrderLine] = []
    rows: list[int] = []
    problems: list[Problem] = []
    for index, item in enumerate(objects(body, LINES)):
        own = attributes(item)
        quantity = number(own.get("quantity"))
        if quantity == 0:
            continue
        numbered = _number(item, settings)
        lines.append(_line(item, quantity or Decimal(0), numbered, currency, settings))
        rows.append(index)
        if numbered is None:
            message = f"line {text(item, 'id')} ({_name(own, settings)}) has no SKU"
            fix = "give the product a SKU in the shop, or set article_number_fallback, then resync the order"
            problems.append(Problem("line-without-article-number", f"order-products[{index}].sku", message, fix))
    return _Lines(tuple(lines), tuple(rows), tuple(problems))


def _line(item: Body, quantity: Decimal, numbered: str | None, currency: str, settings: MystoreSettings) -> OrderLine:
    """Its product code is made from the options, which are read only when an article is made from the line."""
    own = attributes(item)
    final = _without_vat(number(own.get("final_price")), own, settings)
    return OrderLine(
        row_number=text(item, "id"),
        article_number=numbered,
        article_name=_name(own, settings),
        quantity=quantity,
        line_price=_without_vat(number(own.get("price")), own, settings),
        customer_line_price=_customer_line_price(final, quantity, settings),
        currency=currency,
        extra=line_extras(number(own.get("tax_rate")), settings.vat_codes, extra_of(item, settings.extra_line_fields)),
    )


def _name(own: Body, settings: MystoreSettings) -> str:
    return words(own.get("name"), settings.language)


def _number(item: Body, settings: MystoreSettings) -> str | None:
    variant = related(item, *settings.variant_relationships)
    source_id = f"{VARIANT}{variant}" if variant else related(item, "product")
    sku = text(attributes(item), "sku").strip() or text(item, NUMBER)
    return article_number(sku, source_id, settings.article_number_fallback, settings.article_number_replacements)


def _customer_line_price(final: Decimal | None, quantity: Decimal, settings: MystoreSettings) -> Decimal | None:
    if final is None or settings.customer_line_price == "final_price" or settings.final_price_per == "line":
        return final
    return final * quantity


def _without_vat(price: Decimal | None, own: Body, settings: MystoreSettings) -> Decimal | None:
    if price is None or not settings.prices_include_vat:
        return price
    rate = number(own.get("tax_rate")) or Decimal(0)
    return (price / (1 + rate / 100)).quantize(_CENT, ROUND_HALF_UP) if rate > -100 else price
