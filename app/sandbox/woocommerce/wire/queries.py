"""The query parameters each route takes."""

from __future__ import annotations

from app.sandbox.woocommerce.wire.fields import ORDER_STATUSES, PRODUCT_STATUSES
from app.sandbox.woocommerce.wire.rules import BOOLEAN, DATE, IDS, INTEGER, STRING, Rule, Rules

_WORDS = Rule("array", items=STRING)
_ORDER = Rule("string", choices=("asc", "desc"), default="desc")

ONE: Rules = {"context": Rule("string", choices=("view", "edit")), "_fields": _WORDS}
ONE_ORDER: Rules = {**ONE, "dp": Rule("integer", minimum=0, default=2)}
DELETED: Rules = {**ONE, "force": Rule("boolean", default=False)}
PAGED: Rules = {
    **ONE,
    "page": Rule("integer", minimum=1, default=1),
    "per_page": Rule("integer", minimum=1, maximum=100, default=10),
    "offset": Rule("integer", minimum=0),
    "order": _ORDER,
    "include": IDS,
    "exclude": IDS,
    "search": STRING,
}
_DATED: Rules = {
    **PAGED,
    "after": DATE,
    "before": DATE,
    "modified_after": DATE,
    "modified_before": DATE,
    "dates_are_gmt": Rule("boolean", default=False),
}


def _sorted_by(*names: str) -> Rule:
    return Rule("string", choices=names, default="date")


ORDERS: Rules = {
    **_DATED,
    "dp": Rule("integer", minimum=0, default=2),
    "orderby": _sorted_by("date", "id", "include", "title", "slug", "modified"),
    "status": Rule("array", items=Rule("string", choices=("any", "trash", *ORDER_STATUSES))),
    "customer": INTEGER,
    "product": INTEGER,
    "parent": IDS,
    "parent_exclude": IDS,
}
_SOLD: Rules = {
    **_DATED,
    "status": Rule("string", choices=("any", *PRODUCT_STATUSES), default="any"),
    "sku": STRING,
    "stock_status": Rule("string", choices=("instock", "outofstock", "onbackorder")),
    "virtual": BOOLEAN,
    "on_sale": BOOLEAN,
    "slug": STRING,
}
PRODUCTS: Rules = {
    **_SOLD,
    "orderby": _sorted_by("date", "id", "include", "title", "slug", "modified", "menu_order"),
    "type": Rule("string", choices=("simple", "grouped", "external", "variable")),
    "category": STRING,
    "parent": IDS,
    "parent_exclude": IDS,
}
VARIATIONS: Rules = {**_SOLD, "orderby": _sorted_by("date", "id", "include", "title", "slug", "modified", "menu_order")}
WEBHOOKS: Rules = {
    **PAGED,
    "orderby": _sorted_by("date", "id", "title"),
    "after": DATE,
    "before": DATE,
    "status": Rule("string", choices=("all", "active", "paused", "disabled"), default="all"),
}
NOTES: Rules = {**ONE, "type": Rule("string", choices=("any", "customer", "internal"), default="any")}
REFUNDS: Rules = {**PAGED, "dp": Rule("integer", minimum=0, default=2), "orderby": _sorted_by("date", "id")}
CATEGORIES: Rules = {**PAGED, "orderby": Rule("string", choices=("id", "name", "slug"), default="name")}
