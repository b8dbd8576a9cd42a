"""Reading WooCommerce's resources as they come: every reader takes any JSON and never raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app import json_reading
from app.domain import Process, SourceRecord
from app.json_reading import Body, as_text, identity, objects

CUSTOMER = "_gateway_customer"
"""Added to an order: the registered customer, `{"email"}`."""
PRODUCTS = "_gateway_products"
"""Added to an order: what was read of its lines' products, by id: `{"sku", "virtual"}`."""
PARENT = "_gateway_parent"
"""Added to a variation: its product, `{"id", "name", "sku", "status", "virtual"}`."""

PATHS: dict[Process, str] = {Process.ARTICLES: "products", Process.ORDERS: "orders"}


def moment(value: Any) -> datetime | None:
    """A `…_gmt` field: UTC without `Z` (observed on WooCommerce 11.0.1). Whole seconds."""
    found = json_reading.moment(value)
    return found.replace(microsecond=0) if found else None


def written(when: datetime) -> str:
    """A UTC time as the shop's filters take it, together with `dates_are_gmt=true`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


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
