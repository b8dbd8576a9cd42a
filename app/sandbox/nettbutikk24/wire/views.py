"""Whole records as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.wire.kinds import CORRECTED, CUSTOMER, LINE, ORDER, PRODUCT, Fields
from app.sandbox.nettbutikk24.wire.records import Line, Order, Product, Record, Variant
from app.sandbox.nettbutikk24.wire.values import shown, stamp

Row = dict[str, Any]

_FLAT: Fields = {name: kind for name, kind in PRODUCT.items() if name != "attributes"}
_WHOLE: Fields = {name: kind for name, kind in PRODUCT.items() if name not in ("unique_product_id", "variant")}


def order_row(order: Order, config: NettbutikkConfig) -> Row:
    row = shown({**order.values, "order_no": order.key}, ORDER, config, _numbers("order", config))
    return {**row, "modified_on": stamp(order.modified, config.timezone), "order_lines": line_rows(order, config)}


def line_rows(order: Order, config: NettbutikkConfig) -> list[Row]:
    return [line_row(order, line, config) for line in order.lines]


def line_row(order: Order, line: Line, config: NettbutikkConfig) -> Row:
    values = {**line.values, "id": line.id, "order_no": order.key}
    return shown(values, LINE, config, _numbers("line", config))


def customer_row(customer: Record, config: NettbutikkConfig) -> Row:
    row = shown({**customer.values, "id": customer.key}, CUSTOMER, config, frozenset())
    return {**row, "modified_on": stamp(customer.modified, config.timezone)}


def product_row(product: Product, config: NettbutikkConfig) -> Row:
    """One row for the whole product, with the values that its options can have."""
    stock = sum(one.values["stock"] for one in product.variants)
    values = {**product.values, "id": product.key, "stock": stock, "attributes": product.options or None}
    return {**shown(values, _WHOLE, config, frozenset()), "modified_on": stamp(last_change(product), config.timezone)}


def variant_row(variant: Variant, config: NettbutikkConfig) -> Row:
    """One row for one thing to sell."""
    unique_id, product = unique_id_of(variant, config), variant.product
    is_unique = config.flat_ids == "unique"
    key = unique_id if is_unique and unique_id is not None else product.key
    values = {**variant.merged, "id": key, "unique_product_id": unique_id, "variant": variant.text}
    row = shown(values, _FLAT, config, frozenset())
    if config.flat_ids != "both":
        del row["unique_product_id"]
    return {**row, "modified_on": stamp(variant.modified, config.timezone)}


def unique_id_of(variant: Variant, config: NettbutikkConfig) -> int | None:
    return variant.key if variant.options or config.simple_unique_id else None


def last_change(product: Product) -> datetime:
    return max([product.modified, *(one.modified for one in product.variants)])


def _numbers(kind: str, config: NettbutikkConfig) -> frozenset[str]:
    return CORRECTED[kind] if config.types == "corrected" else frozenset()
