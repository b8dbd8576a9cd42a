"""Reading WooCommerce's resources as they come: every reader takes any JSON and never raises."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from app.domain import Process, SourceRecord

Body = Mapping[str, Any]

CUSTOMER = "_gateway_customer"
"""Added to an order: the registered customer, `{"email"}`."""
PRODUCTS = "_gateway_products"
"""Added to an order: what was read of its lines' products, by id: `{"sku", "virtual"}`."""
PARENT = "_gateway_parent"
"""Added to a variation: its product, `{"id", "name", "sku", "status", "virtual"}`."""

PATHS: dict[Process, str] = {Process.ARTICLES: "products", Process.ORDERS: "orders"}

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_VOLATILE = frozenset({"_links", "related_ids", "price_html"})
"""Differ between two reads of an unchanged record (`related_ids` is shuffled by the shop)."""


def text(body: Body, key: str) -> str:
    """The text under `key` as the shop has it; numbers as text, anything else as nothing."""
    return as_text(body.get(key))


def as_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def plain(body: Body, key: str) -> str:
    """Text that the shop stores for display: tags taken out, entities decoded.

    Product names hold `&amp;`; so does an address typed in the shop's own checkout, while one written over REST does not
    (observed on WooCommerce 11.0.1).
    """
    return html.unescape(_TAG.sub("", text(body, key))).strip()


def section(body: Body, key: str) -> Body:
    """The object under `key`; an empty one when it is anything else (PHP writes an empty object as a list)."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def objects(body: Body, key: str) -> list[Body]:
    """The objects of the list under `key`."""
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def identity(value: Any) -> str | None:
    """A record's id as text; None for 0 and for anything that is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= 20 else 0
    return str(value) if isinstance(value, int) and value > 0 else None


def number(value: Any) -> Decimal | None:
    """A JSON number or the text of one; None for anything else, and for sizes that no shop means."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found.adjusted()) > 20 or len(found.as_tuple().digits) > 40:
        return None
    return Decimal(format(found, "f"))


def moment(value: Any) -> datetime | None:
    """A `…_gmt` field: UTC without `Z` (observed on WooCommerce 11.0.1). Whole seconds."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=0)


def written(when: datetime) -> str:
    """A UTC time as the shop's filters take it, together with `dates_are_gmt=true`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def meta(body: Body, key: str | None) -> str:
    """The value of a meta key as text; of several with the same key the last that says something."""
    if key is None:
        return ""
    values = [as_text(item.get("value")).strip() for item in objects(body, "meta_data") if item.get("key") == key]
    return next((value for value in reversed(values) if value), "")


def at_path(body: Body, path: str) -> Any:
    """What stands at a dotted path, like `billing.phone`, `meta_data.leveringsdato` or `shipping_lines.0.method_title`.

    None when nothing does, or when it is neither text, number nor truth value.
    """
    found: Any = body
    for part in path.split("."):
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list):
            found = _in_list(found, part)
        else:
            return None
    return found if isinstance(found, str | int | float | bool) else None


def _in_list(items: list[Any], part: str) -> Any:
    if part.isascii() and part.isdigit() and len(part) < 6:
        return items[int(part)] if int(part) < len(items) else None
    return next((item.get("value") for item in items if isinstance(item, dict) and item.get("key") == part), None)


def record(process: Process, body: dict[str, Any]) -> SourceRecord | None:
    """One order, product or variation as a record; None when it has no id."""
    source_id = identity(body.get("id"))
    if source_id is None:
        return None
    return SourceRecord(process, source_id, moment(body.get("date_modified_gmt")), body)


def digest(body: Body) -> str:
    """A short fingerprint of a body, to know it again within a poll's overlap."""
    kept = {key: value for key, value in body.items() if key not in _VOLATILE}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
