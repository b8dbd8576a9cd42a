"""The arguments that older versions of the REST API take, made from those of `wc/v3` of today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from app.sandbox.woocommerce.legacy import versions
from app.sandbox.woocommerce.legacy.versions import Version
from app.sandbox.woocommerce.wire.arguments import BODIES, ORDER_STATUS
from app.sandbox.woocommerce.wire.rules import Rules
from app.sandbox.woocommerce.wire.tables import read

# What they have in place of what there is today, and beside it.
_OLD = read(
    f"""
orders wc/v2
    status: any|trash|{ORDER_STATUS} = any
orders wc/v1
    status: any|{ORDER_STATUS} = any
product
    in_stock: boolean
variation: product
    visible: boolean, status: shown
inside: today's_variation
    id: integer, in_stock: boolean
product wc/v1
    variations: [inside]
refund
    line_items: mixed
""",
    {"today's_variation": BODIES["variation"]},
)
_MODIFIED = ("modified_after", "modified_before", "dates_are_gmt")
_NOT_BEFORE_V3 = ("stock_status", "low_stock_amount", "post_password")


def query_rules(namespace: str, version: Version, kind: str, today: Rules) -> Rules:
    """`kind` is what the route answers with: order, product …"""
    known = today
    if version < versions.MODIFIED_DATES or namespace == "wc/v1":
        known = _but(known, _MODIFIED)
        if "orderby" in known:
            choices = [choice for choice in known["orderby"].choices or () if choice != "modified"]
            known = {**known, "orderby": replace(known["orderby"], choices=choices)}
    if namespace != "wc/v3" and kind == "order" and "status" in known:
        known = {**known, **_OLD[f"orders {namespace}"]}
    if namespace != "wc/v3" and "stock_status" in known:
        known = {**_but(known, ("stock_status", "virtual")), **_OLD["product"]}
    return known


def body_rules(namespace: str, version: Version, kind: str, today: Rules) -> Rules:
    """`kind` is what the route answers with. Of a batch these are the rules of an item."""
    if kind in ("product", "variation"):
        return _product_rules(namespace, version, kind, today)
    if kind == "refund":
        no_choice = version < versions.RESTOCK_CHOICE or namespace != "wc/v3"
        known = _but(today, ("api_restock",)) if no_choice else today
        return known if refund_lines_are_a_list(namespace, version) else {**known, **_OLD["refund"]}
    return _but(today, ("meta_data", "added_by_user")) if namespace == "wc/v1" else today


def _product_rules(namespace: str, version: Version, kind: str, today: Rules) -> Rules:
    since = versions.PRODUCT_FIELDS if kind == "product" else versions.VARIATION_FIELDS
    known: Rules = versions.without(today, since, version)
    if namespace != "wc/v3":
        known = {**_but(known, _NOT_BEFORE_V3), **_OLD[kind]}
    return inside_rules(_but(known, ("meta_data",))) if namespace == "wc/v1" else known


def inside_rules(rules: Rules) -> Rules:
    """`wc/v1` takes a product's variations inside the product."""
    return {**rules, **_OLD["product wc/v1"]}


def refund_lines_are_a_list(namespace: str, version: Version) -> bool:
    """Before, they were an object by the line's id."""
    return namespace == "wc/v3" and version >= versions.REFUND_LINES_AS_LIST


def _but(rules: Rules, gone: Collection[str]) -> Rules:
    return {name: rule for name, rule in rules.items() if name not in gone}
