"""What the WMS would refuse of a record, found before a call is spent: after a few refusals in a row it locks the method for all.

These are the rules for every system, and the only place of each: what an address must have, which numbers can be sent, what a
line needs. They obey the connection's settings. An integration adds only what it alone can see (`app.integrations.kit.problems`).

Requirement: Ongoing WMS, articles and orders. Upstream: required fields and lengths of `PUT /orders` and `PUT /articles`.
`field` is the path in `Order` or `Article`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal

from app.characters import is_blank, visible
from app.domain import Address, Article, Order, OrderLine, Problem
from app.domain.countries import country_codes
from app.warehouse.settings import AddressPart, OngoingSettings
from app.warehouse.writes.one_text import is_one_text
from app.warehouse.writes.writable import ARTICLE_EXTRAS, LINE_EXTRAS, ORDER_EXTRAS, extra_value_problems

MOST = Decimal(10) ** 12
"""No quantity, price or measure is as large: a number that is comes of a mistake."""
_SHOP = re.compile(r"\bshop\b")


def order_problems(order: Order, settings: OngoingSettings, noun: str = "shop") -> tuple[Problem, ...]:
    """Why the order cannot be sent as it is; empty when it can. `noun`: what people call the system that it comes from.

    Empty too when the order has `problems`: those are all, whoever found them asked here.
    """
    if order.problems:
        return ()
    return _put_right_in(
        noun,
        *_order_number_problems(order, settings),
        *_too_long(
            order.source_id, "order-id-too-long", "source_id", f"the {noun}'s order id", settings.max_goods_owner_order_id
        ),
        *_too_long(
            order.customer_number or "",
            "customer-number-too-long",
            "customer_number",
            "the customer number",
            settings.max_customer_number,
        ),
        *_delivery_date_problems(order),
        *_consignee_problems(order, settings),
        *_country_problems(order.invoice_address, "invoice_address"),
        *_line_problems(order, settings),
        *extra_value_problems(order.extra, ORDER_EXTRAS),
    )


def article_problems(article: Article, settings: OngoingSettings, noun: str = "shop") -> tuple[Problem, ...]:
    """The same of an article."""
    if article.problems:
        return ()
    return _put_right_in(
        noun,
        *_article_number_problems(article.number, "number", "article-without-number", settings),
        *_measure_problems(article),
        *_country_of_origin_problems(article),
        *extra_value_problems(article.extra, ARTICLE_EXTRAS),
    )


def customs_problems(
    order: Order, home_countries: Collection[str], noun: str = "shop", *, needs_vat: bool = False
) -> tuple[Problem, ...]:
    """What customs papers lack, for an order that leaves `home_countries` (requirement: a setting makes such orders held)."""
    if not leaves(order, home_countries):
        return ()
    return tuple(
        Problem(
            "customs-price-missing",
            f"lines[{index}]",
            f"row {line.row_number} ({line.article_number or line.article_name}) goes to {order.consignee.country_code} "
            f"and lacks {' and '.join(missing)}",
            f"add it in the {noun}, or switch customs_required off",
        )
        for index, line in enumerate(order.lines)
        if (missing := _missing_for_customs(line, order, needs_vat=needs_vat))
    )


def leaves(order: Order, home_countries: Collection[str]) -> bool:
    """Whether the order goes to another country than these. Where it goes must be known."""
    return bool(order.consignee.country_code) and order.consignee.country_code not in home_countries


def _put_right_in(noun: str, *found: Problem) -> tuple[Problem, ...]:
    """The problems, with the noun of the system in their fixes. The texts here were written for a shop."""
    return found if noun == "shop" else tuple(replace(each, fix=_SHOP.sub(noun, each.fix)) for each in found)


def _missing_for_customs(line: OrderLine, order: Order, *, needs_vat: bool) -> list[str]:
    has = {
        "a price per piece": line.line_price is not None or "prices.linePrice" in line.extra,
        "a price for the line": line.customer_line_price is not None or "prices.customerLinePrice" in line.extra,
        "a currency": bool(line.currency or order.currency),
        "a VAT code": not needs_vat or bool(line.extra.get("vat.code")),
    }
    return [name for name, there in has.items() if not there]


# --- numbers ----------------------------------------------------------------------------------------------------------------


def _order_number_problems(order: Order, settings: OngoingSettings) -> Iterator[Problem]:
    """A prefix alone is no number."""
    if is_blank(order.number) or is_blank(order.source_number):
        yield Problem("order-without-number", "number", "the order has no number", "look at the order in the shop")
        return
    yield from _number_problems(order.number, "order", "number", settings.max_order_number)


def _number_problems(number: str, kind: str, field: str, limit: int) -> Iterator[Problem]:
    if number != visible(number).strip() or not number.isprintable():
        yield Problem(
            f"{kind}-number-unclean",
            field,
            f"the {kind} number {number!r} has blanks around it or characters that cannot be seen",
            "remove them in the shop; the WMS would not find the number again",
        )
    yield from _too_long(number, f"{kind}-number-too-long", field, f"the {kind} number", limit)


def _too_long(value: str, code: str, field: str, name: str, limit: int) -> Iterator[Problem]:
    if len(value) > limit:
        yield Problem(
            code, field, f"{name} has {len(value)} characters, the WMS takes {limit}", "shorten it: numbers are never cut"
        )


def _article_number_problems(number: str | None, field: str, missing_code: str, settings: OngoingSettings) -> Iterator[Problem]:
    if number is None or is_blank(number):
        yield Problem(
            missing_code, field, "there is no article number", "give the product a unique article number (SKU) in the shop"
        )
        return
    yield from _number_problems(number, "article", field, settings.max_article_number)
    found = [character for character in settings.forbidden_in_article_number if character in number]
    if found:
        yield Problem(
            "article-number-forbidden-character",
            field,
            f"the article number {number!r} holds {' '.join(found)}, a search wildcard in the WMS",
            "change the number in the shop, or set a replacement in article_number_replacements",
        )


# --- orders -----------------------------------------------------------------------------------------------------------------


def _delivery_date_problems(order: Order) -> Iterator[Problem]:
    if order.delivery_date is None:
        yield Problem(
            "date-missing",
            "delivery_date",
            "the order has no date, and the WMS requires one",
            "set its date in the shop",
        )


def _consignee_problems(order: Order, settings: OngoingSettings) -> Iterator[Problem]:
    """The address is always given in its parts, and where nothing is carried none is a must (requirement: Orders)."""
    if order.is_carried:
        yield from _missing_parts(order.consignee, settings)
    yield from _country_problems(order.consignee, "consignee")


def _missing_parts(consignee: Address, settings: OngoingSettings) -> Iterator[Problem]:
    needs_post_code = consignee.country_code not in settings.countries_without_post_code
    required = settings.required_address_parts
    parts: tuple[tuple[AddressPart, str, str], ...] = (
        ("name", "name", consignee.name),
        ("street", "address1", consignee.address1),
        ("post-code", "post_code", consignee.post_code if needs_post_code else "not needed"),
        ("city", "city", consignee.city),
    )
    for part, field, value in parts:
        if part in required and is_blank(value):
            message = f"the delivery address has no {part.replace('-', ' ')}"
            if part == "city" and is_one_text(consignee):
                message += "; its street seems to hold the whole address, which cannot be split for certain"
            yield Problem(f"{part}-missing", f"consignee.{field}", message, "complete the address in the shop")
    if "country" in required and is_blank(consignee.country_code):
        yield Problem(
            "country-missing",
            "consignee.country_code",
            "the delivery address has no country, and the connection has no default_country",
            "complete the address in the shop, or set default_country",
        )


def _country_problems(address: Address | None, field: str) -> Iterator[Problem]:
    """A country that is there but not understood holds the order (requirement: README, rule 9)."""
    if address is not None and address.country_code and address.country_code not in country_codes():
        yield Problem(
            "country-unknown",
            f"{field}.country_code",
            f"{address.country_code!r} is no country code (ISO 3166-1 alpha-2)",
            "put the country right in the shop",
        )


def _line_problems(order: Order, settings: OngoingSettings) -> Iterator[Problem]:
    if not order.lines:
        yield Problem(
            "order-without-lines",
            "lines",
            "the order has no line for the warehouse",
            "there is nothing to send; close it in the shop",
        )
    times = Counter(line.row_number for line in order.lines)
    for index, line in enumerate(order.lines):
        field = f"lines[{index}]"
        yield from _row_number_problems(line.row_number, times[line.row_number], f"{field}.row_number", settings)
        yield from _article_number_problems(
            line.article_number, f"{field}.article_number", "line-without-article-number", settings
        )
        yield from _quantity_problems(line, field)
        yield from extra_value_problems(line.extra, LINE_EXTRAS, f"{field}.extra")
        if not (line.currency or order.currency):
            yield Problem(
                "currency-missing", f"{field}.currency", f"row {line.row_number} has no currency", "set the order's currency"
            )


def _row_number_problems(row_number: str, times: int, field: str, settings: OngoingSettings) -> Iterator[Problem]:
    if is_blank(row_number):
        yield Problem(
            "line-without-row-number", field, "the line has no id", "report this: every shop system gives its lines ids"
        )
    elif times > 1:
        yield Problem(
            "row-number-twice", field, f"row {row_number} occurs {times} times; the WMS would keep one of them", "report this"
        )
    yield from _too_long(row_number, "row-number-too-long", field, "the line's id", settings.max_row_number)


def _is_meant(value: Decimal) -> bool:
    """Whether it is a number that somebody may mean."""
    return value.is_finite() and abs(value) < MOST


def _quantity_problems(line: OrderLine, field: str) -> Iterator[Problem]:
    if not _is_meant(line.quantity) or line.quantity <= 0:
        yield Problem(
            "line-quantity-wrong",
            f"{field}.quantity",
            f"row {line.row_number} has no quantity that can be sent: {line.quantity}",
            "set a quantity above 0 in the shop (of at most 12 digits), or remove the line",
        )
    prices = {"line_price": line.line_price, "customer_line_price": line.customer_line_price}
    for name, price in prices.items():
        if price is not None and not _is_meant(price):
            yield _not_a_number(f"{field}.{name}", price)


# --- articles ---------------------------------------------------------------------------------------------------------------


def _measure_problems(article: Article) -> Iterator[Problem]:
    measures = {
        "weight_kg": article.weight_kg,
        "length_m": article.length_m,
        "width_m": article.width_m,
        "height_m": article.height_m,
        "customer_price": article.customer_price,
    }
    for name, value in measures.items():
        if value is not None and (not _is_meant(value) or value < 0):
            yield _not_a_number(name, value)


def _not_a_number(field: str, value: Decimal) -> Problem:
    return Problem("number-impossible", field, f"{field} is {value}", "correct the number in the shop")


def _country_of_origin_problems(article: Article) -> Iterator[Problem]:
    country = article.country_of_origin
    if country and country not in country_codes():
        yield Problem(
            "country-of-origin-unknown",
            "country_of_origin",
            f"the country of origin {country!r} is not a two-letter code",
            "write it as two capital letters, like NO",
        )
