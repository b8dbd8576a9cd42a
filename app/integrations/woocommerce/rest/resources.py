"""Reading WooCommerce's resources as they come: every reader takes any JSON and never raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app import json_reading
from app.domain import Process, SourceRecord
from app.json_reading import Body, as_text, identity, objects, text

CUSTOMER = "_gateway_customer"
"""Added to an order: the registered customer, `{"email"}`."""
PRODUCTS = "_gateway_products"
"""Added to an order: what was read of its lines' products, by id: `{"sku", "virtual"}`."""
UNREAD = "unread"
"""Member of what was read beside a record: why it could not be read."""
PARENT = "_gateway_parent"
"""Added to a variation: its product, `{"id", "name", "sku", "status", "virtual"}`."""

REFUNDS = "_gateway_refunds"
"""Added to an order that shows refunds: `[{"id", "pieces": [{"line", "product", "quantity"}]}]`, but none of returned goods."""

PATHS: dict[Process, str] = {Process.ARTICLES: "products", Process.ORDERS: "orders"}


_OWN_TYPES = frozenset(("simple", "grouped", "external", "variable"))
"""WooCommerce's own types of products. Plugins add others: subscriptions, bundles, composites."""


def is_variation(body: Body) -> bool:
    """Told by what it has, whatever a plugin calls its type (`subscription_variation`)."""
    kind = text(body, "type")
    return "variation" in kind or (kind not in _OWN_TYPES and identity(body.get("parent_id")) is not None)


def has_variations(body: Body) -> bool:
    """Told by what it has, whatever a plugin calls its type (`variable-subscription`)."""
    kind, listed = text(body, "type"), body.get("variations")
    if is_variation(body) or kind in ("simple", "grouped", "external"):
        return False
    return "variable" in kind or (isinstance(listed, list | dict) and bool(listed))


def moment(value: Any) -> datetime | None:
    """A `…_gmt` field: UTC without `Z` (observed on WooCommerce 11.0.1). Whole seconds."""
    found = json_reading.moment(value)
    return found.replace(microsecond=0) if found else None


def written(when: datetime) -> str:
    """A UTC time as the shop's filters take it, together with `dates_are_gmt=true`."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def meta(body: Body, key: str | None) -> str:
    """The value of a meta key as text; of several with the same key the last that says something."""
    if key is None:
        return ""
    values = [as_text(item.get("value")).strip() for item in objects(body, "meta_data") if item.get("key") == key]
    return next((value for value in reversed(values) if value), "")


def record(process: Process, body: dict[str, Any]) -> SourceRecord | None:
    """One order, product or variation as a record; None when it has no id."""
    source_id = identity(body.get("id"))
    if source_id is None:
        return None
    return SourceRecord(process, source_id, moment(body.get("date_modified_gmt")), body)
