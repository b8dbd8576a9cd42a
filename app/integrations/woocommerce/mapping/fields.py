"""The field tables: what each field of an article and of an order is made from. Read beside the requirement, WooCommerce.

Pure and total: any JSON becomes an Article or an Order, and what is wrong with it becomes its problems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.domain import Article, Category, Notification, Order, OrderLine, Problem, ShopState, SourceRecord
from app.domain.countries import country_named
from app.integrations.kit.articles.options import with_options
from app.integrations.kit.carriers import line_extras
from app.integrations.kit.part_refunds import take_off
from app.integrations.kit.problems import FieldNames, complete_article, complete_order
from app.integrations.woocommerce.mapping.addresses import delivered_to, full_name, is_given, read_address
from app.integrations.woocommerce.mapping.bundles import bundle_parts, bundled
from app.integrations.woocommerce.mapping.deliveries import (
    is_picked_up,
    vat_rate,
    way_of_delivery,
    way_of_delivery_text,
    with_delivery,
)
from app.integrations.woocommerce.mapping.number_rules import Numbered, article_number
from app.integrations.woocommerce.mapping.refunded import refunded_pieces, unread_refunds
from app.integrations.woocommerce.rest.resources import (
    CUSTOMER,
    PARENT,
    PRODUCTS,
    UNREAD,
    has_variations,
    is_variation,
    meta,
    moment,
)
from app.integrations.woocommerce.settings import Notify, VariableParents, VirtualProducts, WooCommerceSettings
from app.json_reading import Body, at_path, identity, number, objects, plain, plain_at, section, text

UNIT_CODE = "st"

_KILOGRAMS = {"kg": Decimal(1), "g": Decimal("0.001"), "lbs": Decimal("0.45359237"), "oz": Decimal("0.028349523125")}
_METRES = {"m": Decimal(1), "cm": Decimal("0.01"), "mm": Decimal("0.001"), "in": Decimal("0.0254"), "yd": Decimal("0.9144")}

_ARTICLE_NAMES = FieldNames(
    {
        "number": "sku",
        "weight_kg": "weight",
        "length_m": "dimensions.length",
        "width_m": "dimensions.width",
        "height_m": "dimensions.height",
        "customer_price": "price",
    }
)
_ORDER_NAMES = {
    "source_id": "id",
    "customer_number": "customer_id",
    "delivery_date": "date_created_gmt",
    "invoice_address.country_code": "billing.country",
    "lines": "line_items",
    "lines[]": "line_items[]",
    "lines[].row_number": "line_items[].id",
    "lines[].article_number": "line_items[].sku",
    "lines[].quantity": "line_items[].quantity",
    "lines[].line_price": "line_items[].price",
    "lines[].customer_line_price": "line_items[].total",
    "lines[].currency": "currency",
}
_ADDRESS_NAMES = {
    "name": "last_name",
    "address1": "address_1",
    "post_code": "postcode",
    "city": "city",
    "country_code": "country",
}


# --- articles ---------------------------------------------------------------------------------------------------------


def map_article(record: SourceRecord, settings: WooCommerceSettings) -> Article:
    """A product or a variation as an article. A variation's parent is expected under `_gateway_parent`."""
    body = record.body
    size = section(body, "dimensions")
    numbered = _own_number(record, settings)
    metres, measures = _METRES[settings.dimension_unit], settings.send_measures
    article = Article(
        source_id=record.source_id,
        modified_at=record.modified_at,
        number=numbered.number,
        name=_name(body),
        product_code=record.source_id,
        parent_id=identity(body.get("parent_id")) if is_variation(body) else None,
        has_variations=has_variations(body),
        unit_code=UNIT_CODE,
        is_stock=settings.virtual_products is VirtualProducts.STOCK or body.get("virtual") is not True,
        wanted=_wanted(body, settings),
        status=text(body, "status"),
        barcode=meta(body, settings.barcode_meta_key) or text(body, "global_unique_id").strip() or None,
        weight_kg=_measure(body.get("weight"), _KILOGRAMS[settings.weight_unit]) if measures else None,
        length_m=_measure(size.get("length"), metres) if measures else None,
        width_m=_measure(size.get("width"), metres) if measures else None,
        height_m=_measure(size.get("height"), metres) if measures else None,
        customer_price=number(body.get("price")) if settings.send_price else None,
        country_of_origin=country_named(meta(body, settings.country_of_origin_meta_key)),
        tariff_number=meta(body, settings.tariff_number_meta_key) or None,
        categories=_categories(body) if settings.article_categories else (),
        picture=_picture(body),
        parts=bundle_parts(body, settings),
        extra=_extra(body, settings.extra_article_fields),
    )
    article = with_options(article, lambda path: plain_at(body, path), settings.articles)
    own = [problem for problem in (numbered.problem, _origin_problem(body, settings)) if problem]
    return complete_article(article, own, settings, _ARTICLE_NAMES, given=text(body, "sku"))


def _own_number(record: SourceRecord, settings: WooCommerceSettings) -> Numbered:
    sku = text(record.body, "sku")
    shared = is_variation(record.body) and bool(sku) and sku == text(section(record.body, PARENT), "sku")
    return article_number(sku, record.source_id, shared, settings, "sku")


def _name(body: Body) -> str:
    """Title; of a variation the product's title and the options.

    Composed here, because a webhook's name is "product - options" where `/variations` gives the options only, and both must come
    out the same (observed on WooCommerce 11.0.1).
    """
    parent = plain(section(body, PARENT), "name")
    if not (is_variation(body) and parent):
        return plain(body, "name")
    options = ", ".join(option for option in (plain(each, "option") for each in objects(body, "attributes")) if option)
    return f"{parent} - {options}" if options else parent


def _wanted(body: Body, settings: WooCommerceSettings) -> bool:
    if has_variations(body) and settings.variable_parents is VariableParents.SKIP:
        return False
    parent = section(body, PARENT)
    return all(text(each, "status") in settings.article_statuses for each in (body, parent) if each is body or "status" in each)


def _measure(value: Any, unit: Decimal) -> Decimal | None:
    """A weight or length in kilograms or metres, written without trailing zeros; None when the shop left it empty."""
    found = number(value)
    return None if found is None else Decimal(format((found * unit).normalize(), "f"))


def _categories(body: Body) -> tuple[Category, ...]:
    found = (Category(identity(each.get("id")) or "", plain(each, "name")) for each in objects(body, "categories"))
    return tuple(category for category in found if category.code and category.name)


def _picture(body: Body) -> str | None:
    """The first picture; a variation has one under `image` (observed on WooCommerce 11.0.1)."""
    found = at_path(body, "images.0.src") or at_path(body, "image.src")
    return found if isinstance(found, str) else None


def _origin_problem(body: Body, settings: WooCommerceSettings) -> Problem | None:
    given = meta(body, settings.country_of_origin_meta_key)
    if not given or country_named(given):
        return None
    field = f"meta_data.{settings.country_of_origin_meta_key}"
    return Problem(
        "country-of-origin-unknown", field, f"{given!r} is no country", "write its ISO code or English name in the shop"
    )


def _extra(body: Body, mapped: dict[str, str]) -> dict[str, Any]:
    """As the fields of the table: a text is stored encoded, and only a customer's note as it was typed (observed)."""
    found = {target: (at_path if path == "customer_note" else plain_at)(body, path) for target, path in mapped.items()}
    return {target: value for target, value in found.items() if value not in (None, "")}


# --- orders -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lines:
    """The lines to send, where each stands in the order, and what is wrong with them.

    `left_out` counts those whose product is no stock article.
    """

    lines: tuple[OrderLine, ...]
    rows: tuple[int, ...]
    problems: tuple[Problem, ...]
    left_out: int
    note: str = ""

    @property
    def are_all_left_out(self) -> bool:
        return bool(self.left_out) and not self.lines

    def rows_of(self, lines: Sequence[OrderLine]) -> tuple[int, ...]:
        """The places of the lines that are still to be sent."""
        kept = {line.row_number for line in lines}
        return tuple(row for row, line in zip(self.rows, self.lines, strict=True) if line.row_number in kept)

    def problems_of(self, rows: Sequence[int]) -> tuple[Problem, ...]:
        """What is wrong with the lines in these places."""
        places = {f"line_items[{row}]" for row in rows}
        return tuple(problem for problem in self.problems if problem.field.split(".")[0] in places)


def map_order(record: SourceRecord, settings: WooCommerceSettings) -> Order:
    """An order. A registered customer is expected under `_gateway_customer`, looked-up products under `_gateway_products`."""
    body = record.body
    billing = section(body, "billing")
    where = delivered_to(body)
    delivery = section(body, where)
    phone = plain(billing, "phone")
    billing_email = plain(billing, "email")
    email = plain(section(body, CUSTOMER), "email") or billing_email
    number_in_shop = plain(body, "number")
    currency = text(body, "currency").strip().upper()
    created = moment(body.get("date_created_gmt"))
    consignee = read_address(delivery, settings, email=_contact(email, False), mobile=_contact(phone, False))
    invoice = read_address(billing, settings, email=_contact(billing_email, False), mobile=_contact(phone, False))
    lines = _lines(body, currency, settings)
    order = Order(
        source_id=record.source_id,
        source_number=number_in_shop,
        number=settings.order_number_prefix + number_in_shop,
        state=_state(text(body, "status"), lines, settings),
        status=text(body, "status"),
        modified_at=record.modified_at,
        created_at=created,
        delivery_date=created,
        currency=currency,
        consignee=consignee,
        invoice_address=invoice if is_given(billing) else None,
        lines=lines.lines,
        way_of_delivery=way_of_delivery(body),
        way_of_delivery_text=way_of_delivery_text(body),
        remark=text(body, "customer_note"),
        sales_code=full_name(delivery) if plain(delivery, "company") else "",
        email=_contact(email, _flag(settings.notify_by_email)),
        sms=_contact(phone, _flag(settings.notify_by_sms)),
        telephone=_contact(phone, False),
        customer_number=identity(body.get("customer_id")) if settings.send_customer_number else None,
        is_carried=not (is_picked_up(body, settings) or _is_all_virtual(body)),
        extra=_extra(body, settings.extra_order_fields),
        notes=_notes(body, lines),
    )
    names = _ORDER_NAMES | {f"consignee.{ours}": f"{where}.{theirs}" for ours, theirs in _ADDRESS_NAMES.items()}
    order = with_delivery(order, body, settings)
    order = take_off(order, refunded_pieces(body), settings)
    rows = lines.rows_of(order.lines)
    own = (*lines.problems_of(rows), *unread_refunds(body))
    complete = complete_order(order, own, settings, FieldNames(names, rows))
    if not lines.are_all_left_out:
        return complete
    return replace(complete, problems=tuple(problem for problem in complete.problems if problem.code != "order-without-lines"))


def _notes(body: Body, lines: _Lines) -> tuple[str, ...]:
    unread = text(section(body, CUSTOMER), UNREAD)
    found = {
        f"{lines.left_out} lines left out: their products are no stock articles": bool(lines.left_out),
        f"the customer's e-mail address could not be read, so the billing address is used: {unread}": bool(unread),
    }
    return (*(note for note, is_so in found.items() if is_so), *([lines.note] if lines.note else []))


def _state(status: str, lines: _Lines, settings: WooCommerceSettings) -> ShopState:
    if status in settings.cancelled_statuses:
        return ShopState.CANCELLED
    if status in settings.order_statuses:
        return ShopState.WAITING if lines.are_all_left_out else ShopState.WANTED
    return ShopState.COMPLETED if status == "completed" else ShopState.WAITING


def _contact(value: str, to_be_notified: bool | None) -> Notification | None:
    return Notification(value, to_be_notified) if value else None


def _flag(setting: Notify) -> bool | None:
    return None if setting == "not-sent" else setting


# lines


def _lines(body: Body, currency: str, settings: WooCommerceSettings) -> _Lines:
    lines: list[OrderLine] = []
    rows: list[int] = []
    problems: list[Problem] = []
    left_out = 0
    bundles = bundled(body, settings.bundles)
    for index, item in enumerate(objects(body, "line_items")):
        quantity = number(item.get("quantity"))
        if quantity == 0 or index in bundles.left_out:
            continue
        if _is_non_stock(body, item, settings):
            left_out += 1
            continue
        numbered = _line_number(body, item, settings, f"line_items[{index}].sku")
        line = _line(item, quantity or Decimal(0), numbered, currency)
        extra = line_extras(vat_rate(body, item), settings.vat_codes, _extra(item, settings.extra_line_fields))
        line = replace(line, extra=extra)
        lines.append(_with_parts(line, bundles.added[index]) if index in bundles.added else line)
        rows.append(index)
        problems += [numbered.problem] if numbered.problem else []
    return _Lines(tuple(lines), tuple(rows), tuple(problems), left_out, bundles.note)


def _with_parts(line: OrderLine, price: Decimal) -> OrderLine:
    """The line of a bundle costs what its parts cost too."""
    total = (line.customer_line_price or Decimal(0)) + price
    each = total / line.quantity if line.quantity else total
    return replace(line, customer_line_price=total, line_price=each if price else line.line_price)


def _line(item: Body, quantity: Decimal, numbered: Numbered, currency: str) -> OrderLine:
    return OrderLine(
        row_number=identity(item.get("id")) or "",
        article_number=numbered.number,
        article_name=plain(item, "name"),
        quantity=quantity,
        line_price=number(item.get("price")),
        customer_line_price=number(item.get("total")),
        currency=currency,
        product_code=_product_id(item),
    )


def _product_id(item: Body) -> str | None:
    """The variation, else the product; None when the product was deleted from the shop (`product_id` is 0 then)."""
    product = identity(item.get("product_id"))
    return (identity(item.get("variation_id")) or product) if product else None


def _line_number(body: Body, item: Body, settings: WooCommerceSettings, field: str) -> Numbered:
    sku = text(item, "sku")
    parent = section(section(body, PRODUCTS), text(item, "product_id"))
    shared = identity(item.get("variation_id")) is not None and bool(sku) and sku == text(parent, "sku")
    numbered = article_number(sku, _product_id(item), shared, settings, field)
    if numbered.problem and numbered.problem.code == "article-without-number":
        message = f"line {text(item, 'id')} ({plain(item, 'name')}) has no SKU"
        return Numbered(None, Problem("line-without-article-number", field, message, numbered.problem.fix))
    return numbered


def _is_non_stock(body: Body, item: Body, settings: WooCommerceSettings) -> bool:
    if not settings.leave_out_non_stock_lines or settings.virtual_products is VirtualProducts.STOCK:
        return False
    product = section(section(body, PRODUCTS), _product_id(item) or "")
    return product.get("virtual") is True


# delivery


def _is_all_virtual(body: Body) -> bool:
    """Whether all lines are known to be of virtual products."""
    products = section(body, PRODUCTS)
    lines = objects(body, "line_items")
    return bool(lines) and all(section(products, _product_id(item) or "").get("virtual") is True for item in lines)
