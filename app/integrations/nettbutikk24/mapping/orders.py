"""The field table of orders. Read beside the requirement, 24Nettbutikk.

Pure and total: any JSON becomes an Order, and what is wrong with it becomes its problems.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.domain import Coded, Order, OrderLine, Problem, ShopState, SourceRecord
from app.integrations.kit.carriers import line_extras, with_carrier
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_order
from app.integrations.kit.values.local_times import local_moment
from app.integrations.nettbutikk24.mapping.articles import extra_of
from app.integrations.nettbutikk24.mapping.customers import (
    consignee,
    email_of,
    invoice_address,
    sms_of,
    telephone_of,
)
from app.integrations.nettbutikk24.mapping.members import (
    ARTICLES,
    CUSTOMER,
    GONE,
    NO_NUMBER,
    SHARED,
    line_key,
    state_of,
    status_of,
)
from app.integrations.nettbutikk24.rest.values import amount, record_id
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import Body, as_text, objects, plain, section, text

_CENT = Decimal("0.01")
_CODE = re.compile(r"[\w-]{1,50}")
"""What can be the code of a pick-up point: a word of its own."""
_NAMES = {
    "source_id": "order_no",
    "number": "order_no",
    "delivery_date": "order_date",
    "consignee.name": "customer.first_name",
    "consignee.address1": "customer.address_1",
    "consignee.post_code": "customer.postcode",
    "consignee.city": "customer.city",
    "consignee.country_code": "customer.country",
    "invoice_address.country_code": "customer.country",
    "customer_number": "customer_id",
    "lines": "order_lines",
    "lines[]": "order_lines[]",
    "lines[].row_number": "order_lines[].id",
    "lines[].article_number": "order_lines[].unique_product_id",
    "lines[].quantity": "order_lines[].quantity",
    "lines[].line_price": "order_lines[].unit_price",
    "lines[].customer_line_price": "order_lines[].unit_price",
    "lines[].currency": "currency",
}


def map_order(record: SourceRecord, settings: NettbutikkAdapterSettings) -> Order:
    """An order. Its customer and the article numbers of its lines are expected beside it."""
    body, customer = record.body, section(record.body, CUSTOMER)
    currency = text(body, "currency").strip().upper()
    made = _made_at(body, settings)
    method, method_text = record_id(body.get("shipping_method")) or "", plain(body, "shipping_method_text")
    lines, rows, problems = _lines(body, currency, settings)
    state = state_of(body, settings)
    order = Order(
        source_id=record.source_id,
        source_number=record.source_id,
        number=settings.order_number_prefix + record.source_id,
        state=state,
        status=status_of(body, state),
        modified_at=record.modified_at,
        created_at=made,
        delivery_date=made,
        currency=currency,
        consignee=consignee(customer, settings),
        invoice_address=invoice_address(customer, settings),
        lines=lines,
        way_of_delivery=Coded(method or method_text, method_text or method) if method or method_text else None,
        way_of_delivery_text=method_text,
        remark=plain(body, "customer_comment"),
        email=email_of(customer, settings),
        sms=sms_of(customer, settings),
        telephone=telephone_of(customer, settings),
        customer_number=record_id(body.get("customer_id")),
        is_carried=not {method, method_text} & set(settings.pick_up_methods),
        extra={**_extra(body, customer, settings), **_extra_of(body, customer, settings)},
    )
    order = with_carrier(order, [method, method_text], settings)
    completed = complete_order(order, problems, settings, FieldNames(_NAMES, rows))
    # Said first: without its customer the order lacks an address too, and nobody could complete that in the shop.
    return replace(completed, problems=(*_customer_problems(body, customer, state), *completed.problems))


def _made_at(body: Body, settings: NettbutikkAdapterSettings) -> datetime | None:
    """Date and time of the order, in the shop's time zone; midnight where it names no time."""
    day, time = text(body, "order_date").strip(), text(body, "order_time").strip()
    return local_moment(f"{day} {time}".strip(), settings.timezone) or local_moment(day, settings.timezone)


def _extra(body: Body, customer: Body, settings: NettbutikkAdapterSettings) -> dict[str, Any]:
    """Fields of the table that no other system has, and the pick-up point (A18)."""
    telephone = telephone_of(customer, settings)
    found: dict[str, Any] = {"warehouseInstruction": plain(body, "shop_comment")}
    if settings.pickup_point_field is not None:
        point = _pickup_point(body)
        is_no_code = settings.pickup_point_field == "servicePointCode" and not _CODE.fullmatch(point)
        found["deliveryInstruction" if is_no_code else settings.pickup_point_field] = point
    if telephone is not None:
        path = "consignee.advanced.telephoneNotification"
        found |= {f"{path}.value": telephone.value, f"{path}.toBeNotified": telephone.to_be_notified}
    return {path: value for path, value in found.items() if value not in (None, "")}


def _pickup_point(body: Body) -> str:
    """As text; a structured one as JSON."""
    point = body.get("pickuppoint")
    is_structured = isinstance(point, Mapping | list) and bool(point)
    return json.dumps(point, ensure_ascii=False) if is_structured else as_text(point).strip()


def _extra_of(body: Body, customer: Body, settings: NettbutikkAdapterSettings) -> dict[str, Any]:
    """Configured extra fields. A path that begins with `customer.` is in the customer."""
    return extra_of({**body, "customer": customer}, settings.extra_order_fields)


def _customer_problems(body: Body, customer: Body, state: ShopState) -> list[Problem]:
    if customer or state is not ShopState.WANTED or CUSTOMER not in body:
        return []
    known = record_id(body.get("customer_id"))
    message = f"the shop has no customer {known}" if known else "the order names no customer"
    return [Problem("customer-unreadable", "customer_id", message, "look at the order in the shop, then resync it")]


# lines


def _lines(
    body: Body, currency: str, settings: NettbutikkAdapterSettings
) -> tuple[tuple[OrderLine, ...], tuple[int, ...], list[Problem]]:
    """The lines to send, where each stands in the order, and what is wrong with them."""
    numbers = section(body, ARTICLES)
    lines: list[OrderLine] = []
    rows: list[int] = []
    problems: list[Problem] = []
    for index, item in enumerate(objects(body, "order_lines")):
        quantity = amount(item.get("quantity"))
        if quantity == 0:
            continue
        key = line_key(item)
        known = text(numbers, key) if key else ""
        numbered = article_number(known, key, settings.article_number_fallback, settings.article_number_replacements)
        lines.append(_line(item, quantity or Decimal(0), numbered, currency, settings))
        rows.append(index)
        if numbered is None:
            problems.append(_without_number(body, index, item))
    return tuple(lines), tuple(rows), problems


def _without_number(body: Body, index: int, item: Body) -> Problem:
    """What is wrong with a line whose article number is not known, by the name of what it sells."""
    key = line_key(item)
    words, fix = {
        GONE: (f"the shop has no product {key}", "look at the order in the shop, then resync it"),
        SHARED: (
            f"the shop gives several variants the id {key}, so that it cannot be told which was sold",
            "have 24Nettbutikk give each variant a unique product id",
        ),
    }.get(
        text(section(body, NO_NUMBER), key or ""),
        (
            f"product {key or 'without an id'} has no article number",
            "give the product an article number in the shop, or set article_number_fallback",
        ),
    )
    message = f"line {text(item, 'id')} ({plain(item, 'product_name')}): {words}"
    return Problem("line-without-article-number", f"order_lines[{index}].unique_product_id", message, fix)


def _line(item: Body, quantity: Decimal, numbered: str | None, currency: str, settings: NettbutikkAdapterSettings) -> OrderLine:
    """The discount is an amount for the whole line (A16)."""
    price, discount = amount(item.get("unit_price")), amount(item.get("discount")) or Decimal(0)
    whole = None if price is None else price * quantity - discount
    return OrderLine(
        row_number=record_id(item.get("id")) or "",
        article_number=numbered,
        article_name=plain(item, "product_name"),
        quantity=quantity,
        line_price=_without_vat(price, item, settings),
        customer_line_price=_without_vat(whole, item, settings),
        currency=currency,
        product_code=line_key(item),
        extra=line_extras(amount(item.get("vat")), settings.vat_codes, extra_of(item, settings.extra_line_fields)),
    )


def _without_vat(price: Decimal | None, item: Body, settings: NettbutikkAdapterSettings) -> Decimal | None:
    if price is None or not settings.prices_include_vat:
        return price
    rate = amount(item.get("vat")) or Decimal(0)
    return (price / (1 + rate / 100)).quantize(_CENT, ROUND_HALF_UP) if rate > -100 else price
