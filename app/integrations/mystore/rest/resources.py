"""Reading mystore's resources as they come: every reader takes any JSON and never raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import Process
from app.json_reading import Body, as_list, as_text, identity, section, text, unescaped

Resource = dict[str, Any]
"""One JSON:API resource: type, id, attributes, relationships."""

PATHS: dict[Process, str] = {Process.ARTICLES: "products", Process.ORDERS: "orders"}
TYPES = {"products": "products", "variants": "product-variants", "orders": "orders"}
VARIANT = "v"
"""Before the id of a variant in the gateway's ids: products and variants have ids of their own, and may have the same."""

PRODUCT = "_gateway_product"
"""Added to a variant: its product, `{"id", "attributes"}`."""
OPTIONS = "_gateway_options"
"""Added to a variant: `[{"option", "value", "name"}]`, ids and the value's name, in ascending order of option id."""
VARIANTS = "_gateway_variants"
"""Added to a product: how many variants it has."""
LANGUAGE = "_gateway_language"
"""Added to a product and a variant: the shop's own language."""
LINES = "_gateway_lines"
"""Added to an order: its order-products."""
TOTAL = "_gateway_total"
"""Added to an order without a total of its own: the value of the total's row, or null."""
STATUS = "_gateway_status"
"""Added to an order: its status, `{"id", "name", "means"}`."""
UNREAD = "_gateway_unread"
"""Added to a record: what could not be read beside it, by what it is."""

SETTLED = "settled"
"""Member of a record: its time was over when it was read. What is read beside one that was not is read again: it may have changed
within the same second."""


def attributes(resource: Body) -> Body:
    return section(resource, "attributes")


def resource_id(resource: Body) -> str | None:
    return identity(resource.get("id"))


def related(resource: Body, *names: str) -> str | None:
    """The id of the one resource under the first of these relationships that names one."""
    found = section(resource, "relationships")
    for name in names:
        data = section(found, name).get("data")
        many = as_list(data)
        first = many[0] if many else data
        if isinstance(first, Mapping) and (one := identity(first.get("id"))) is not None:
            return one
    return None


def all_related(resource: Body, name: str) -> tuple[str, ...]:
    """The ids of all resources under the relationship."""
    data = section(section(resource, "relationships"), name).get("data")
    many = as_list(data) if not isinstance(data, Mapping) else [data]
    found = [identity(each.get("id")) for each in many or () if isinstance(each, Mapping)]
    return tuple(each for each in found if each is not None)


def words(value: Any, language: str | None) -> str:
    """A text, or that of an object keyed by language, its entities decoded: the connection's language, else the first that says
    something."""
    if isinstance(value, Mapping):
        own = [value.get(language)] if language else []
        texts = (as_text(each).strip() for each in (*own, *value.values()))
        return unescaped(next((each for each in texts if each), "")).strip()
    return unescaped(as_text(value)).strip()


def plain(body: Body, key: str) -> str:
    """A text as people read it."""
    return unescaped(text(body, key)).strip()


def amount_text(amount: Decimal) -> str:
    """An amount as text, without trailing zeros: 125.0 and 125 are the same."""
    return format(amount.normalize() + 0, "f")


def moment(value: Any, zone: str) -> datetime | None:
    """A time of the shop, `YYYY-MM-DD HH:MM:SS` in its own zone, in UTC; one that names its zone is taken at its word.

    Of the hour that comes twice the first is meant.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        local = found.replace(tzinfo=ZoneInfo(zone)) if found.tzinfo is None else found
        utc = local.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
    return utc if 1971 <= utc.year <= 9998 else None


def written(when: datetime, now: datetime, zone: str) -> str:
    """A UTC time as the shop's filters take it. Where its clocks went back between then and now, the earlier reading: times of
    both passes of that hour lie behind it."""
    place = ZoneInfo(zone)
    offsets = [each for each in (when.astimezone(place).utcoffset(), now.astimezone(place).utcoffset()) if each is not None]
    return (when.astimezone(UTC).replace(tzinfo=None) + min(offsets)).isoformat(sep=" ", timespec="seconds")
