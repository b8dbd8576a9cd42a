"""The legacy REST API (`/wc-api/v2`, `/wc-api/v3`: WooCommerce 2.2 to 2.5, and later where it is switched on) as wc/v3 has it.

Source: the documentation of the legacy REST API and the source of WooCommerce 2.2 to 2.6. It was not run.

Every record comes in an envelope that is named after it. Times are UTC with Z. Filters are `filter[…]` and inclusive; they are
sent sorted, because the shop signs them in the order they come. A line's `product_id` is the variation's where there is one;
the line does not name the variation's product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.integrations.woocommerce.rest.dialect import VARIATIONS, Dialect, Params, Record
from app.integrations.woocommerce.rest.resources import CUSTOMER, PARENT
from app.json_reading import Body, identity, objects, section, text

_ENVELOPES = {
    "orders": ("order", "orders"),
    "products": ("product", "products"),
    "notes": ("order_note", "order_notes"),
    "refunds": ("order_refund", "order_refunds"),
    "customers": ("customer", "customers"),
    "webhooks": ("webhook", "webhooks"),
}
_RENAMED = {
    "per_page": "filter[limit]",
    "offset": "filter[offset]",
    "include": "filter[in]",
    "search": "filter[q]",
    "page": "page",
    "sku": "filter[sku]",
    "type": "type",
}
_DROPPED = ("dates_are_gmt", "_fields", "force")
_ORDERS_BY = {"id": "ID", "modified": "modified", "date": "date"}
_ORDER_FIELDS = {
    "order_number": "number",
    "total_shipping": "shipping_total",
    "total_discount": "discount_total",
    "billing_address": "billing",
    "shipping_address": "shipping",
    "note": "customer_note",
}
_PRODUCT_FIELDS = {"title": "name", "managing_stock": "manage_stock", "purchaseable": "purchasable"}


class Legacy(Dialect):
    """Asks and answers as the legacy API does."""

    has_settings = False
    batches_by_product = False
    webhook_statuses = ("active", "paused", "disabled")
    """Webhooks that are switched off are listed only when asked for."""
    write_probe: tuple[str, str, Mapping[str, Any]] = ("PUT", "orders/0", {"order": {}})
    """It has no empty batch. The order cannot exist, and is looked for after the key is checked."""

    def path(self, path: str) -> str:
        return f"{path.split('/')[0]}/bulk" if path.endswith("/batch") else path

    def params(self, path: str, params: Params) -> Params:
        found = [pair for name, value in params for pair in _param(path, name, value)]
        if _noun(path) in ("orders", "products"):
            found.append(("filter[meta]", "true"))
        return sorted(found)

    def one(self, path: str, answer: Any) -> Record | None:
        noun = _noun(path)
        body = answer.get(_ENVELOPES[noun][0]) if isinstance(answer, dict) and noun in _ENVELOPES else None
        return translated(noun, body) if isinstance(body, dict) else None

    def many(self, path: str, answer: Any) -> list[Record] | None:
        noun = _noun(path)
        found = answer.get(_ENVELOPES[noun][1]) if isinstance(answer, dict) and noun in _ENVELOPES else None
        listed = super().many(path, found)
        return [translated(noun, each) for each in listed] if listed is not None else None

    def body(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {_ENVELOPES[_noun(path)][0]: _written(body)}

    def batched(self, path: str, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return {_ENVELOPES[_noun(path)][1]: [dict(each) for each in items]}

    def batch_answers(self, path: str, answer: Any) -> list[Record] | None:
        return self.many(path, answer)


def _noun(path: str) -> str:
    """What a path of wc/v3 is about: `notes` of `orders/32/notes`, `products` of `products/23/variations/batch`."""
    parts = [part for part in path.split("/") if not part.isdigit() and part not in ("batch", "bulk", "variations")]
    return parts[-1] if parts else ""


def _written(body: Mapping[str, Any]) -> Record:
    """Meta data of an order goes as a table there. Keys with `_` in front are not taken."""
    if "meta_data" not in body:
        return dict(body)
    table = {entry["key"]: entry["value"] for entry in body["meta_data"]}
    return {name: value for name, value in body.items() if name != "meta_data"} | {"order_meta": table}


def _param(path: str, name: str, value: str) -> Params:
    if name in _RENAMED:
        return [(_RENAMED[name], value)]
    if name == "orderby":
        return [("filter[orderby]", _ORDERS_BY.get(value, value))]
    if name == "order":
        return [("filter[order]", value.upper())]
    if name == "status":
        return _status(path, value)
    if name in _TIMES:
        filter_name, seconds = _TIMES[name]
        return [(f"filter[{filter_name}]", _shifted(value, seconds))]
    return [] if name in _DROPPED else [(name, value)]


_TIMES = {
    "modified_after": ("updated_at_min", 1),
    "modified_before": ("updated_at_max", -1),
    "after": ("created_at_min", 1),
    "before": ("created_at_max", -1),
}
"""Those of wc/v3 are strictly later and earlier, these include the second they name."""


def _status(path: str, value: str) -> Params:
    """Orders are listed in every status unless one is named; products only when published."""
    if _noun(path) == "products":
        return [("filter[post_status]", value)]
    return [] if value in ("any", "all") else [("status", value)]


def _shifted(value: str, seconds: int) -> str:
    when = datetime.fromisoformat(value).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- records ----------------------------------------------------------------------------------------------------------


def translated(noun: str, body: Body) -> Record:
    """A record of the legacy API as wc/v3 has it; what has no counterpart stays under its own name."""
    if "error" in body:
        return dict(body)
    if noun == "orders":
        return _order(body)
    if noun == "products":
        return _product(body)
    return _with_times(body)


def from_webhook(content: Body) -> Record | None:
    """The record in a webhook's legacy body (`{"order": {…}}`), which shops before 3.0 send; None when it is no such."""
    for noun, (name, _) in _ENVELOPES.items():
        if len(content) == 1 and isinstance(content.get(name), dict):
            return translated(noun, section(content, name))
    return None


def _order(body: Body) -> Record:
    found = _renamed(_with_times(body), _ORDER_FIELDS)
    found.pop("completed_at", None)  # the time of the reading, of an order that is not completed: PHP reads no date as now
    payment = section(body, "payment_details")
    found |= {"payment_method": text(payment, "method_id"), "payment_method_title": text(payment, "method_title")}
    found["line_items"] = [{"variation_id": 0, **each} for each in objects(body, "line_items")]
    found["meta_data"] = _meta(section(body, "order_meta"))
    customer = section(body, "customer")
    if identity(body.get("customer_id")) and text(customer, "email"):
        found[CUSTOMER] = {"email": text(customer, "email")}
    return found


def _product(body: Body) -> Record:
    found = _article(body)
    named = body.get("categories")
    found["categories"] = [{"id": 0, "name": each} for each in named if isinstance(each, str)] if isinstance(named, list) else []
    parent = section(body, "parent")
    found.pop("parent", None)
    found.pop("variations", None)
    if body.get("type") == "variation" and parent:
        found |= {"parent_id": parent.get("id"), PARENT: _summary(parent)}
    if body.get("type") == "variable":
        found[VARIATIONS] = [_variation(each, body) for each in objects(body, "variations")]
    return found


def _variation(body: Body, product: Body) -> Record:
    """It has no status of its own; hidden ones are not `visible`."""
    status = "private" if body.get("visible") is False else text(product, "status") or "publish"
    return {**_article(body), "type": "variation", "parent_id": product.get("id"), "status": status}


def _article(body: Body) -> Record:
    found = _renamed(_with_times(body), _PRODUCT_FIELDS)
    if found.get("manage_stock") is False:
        found["stock_quantity"] = None  # the legacy API says 0 where nobody counts
    found["meta_data"] = _meta(section(body, "product_meta"))
    return found


def _summary(product: Body) -> Record:
    return {
        "id": product.get("id"),
        "name": product.get("title"),
        "sku": product.get("sku"),
        "status": product.get("status"),
        "virtual": product.get("virtual"),
    }


def _with_times(body: Body) -> Record:
    return {**body, "date_created_gmt": _without_z(body, "created_at"), "date_modified_gmt": _without_z(body, "updated_at")}


def _without_z(body: Body, key: str) -> str | None:
    return text(body, key).removesuffix("Z") or None


def _renamed(body: Record, names: Mapping[str, str]) -> Record:
    return {names.get(key, key): value for key, value in body.items()}


def _meta(found: Body) -> list[Record]:
    return [{"key": key, "value": value} for key, value in found.items()]
