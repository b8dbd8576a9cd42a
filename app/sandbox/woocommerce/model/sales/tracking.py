"""Shipment tracking by plugin. Both common plugins keep their entries in the order's meta.

Advanced Shipment Tracking (zorem, free) was observed: version 3.9.2 on WooCommerce 11.0.1, its list of carriers filled by hand.
Shipment Tracking (WooCommerce's own) is made from woocommerce.com/document/shipment-tracking and its REST API pages; we have not
run it. We assume that it saves the order, so that `order.updated` fires, and that it writes no order note.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.model.sales.orders import UNKNOWN_TO_TRACKINGS, Orders
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.links import links
from app.sandbox.woocommerce.wire.meta import drop_meta, find_meta, merge_meta

Resource = dict[str, Any]
Providers = Mapping[str, Mapping[str, str]]

ADVANCED = "advanced-shipment-tracking"
OWN = "shipment-tracking"
META = "_wc_shipment_tracking_items"

# Carriers by country with the address of their tracking page. The first list is the recorded shop's; the second a part of the
# plugin's own, which has no carrier in Norway.
ADVANCED_PROVIDERS: Providers = {
    "Norway": {
        "Posten Norge": "https://sporing.posten.no/sporing/%number%",
        "Bring": "https://tracking.bring.com/tracking/%number%",
    },
}
OWN_PROVIDERS: Providers = {
    "Sweden": {
        "PostNord Sverige AB": "https://portal.postnord.com/tracking/details/%1$s",
        "Bring.se": "https://tracking.bring.se/tracking/%1$s",
    },
    "United Kingdom": {"DHL": "https://www.dhl.com/content/g0/en/express/tracking.shtml?brand=DHL&AWB=%1$s"},
}
_READABLE = ("%Y-%m-%d", "%d.%m.%Y")


def providers_of(config: ShopConfig) -> Providers:
    """The carriers that the shop's plugin knows."""
    if config.tracking_providers is not None:
        return config.tracking_providers
    return ADVANCED_PROVIDERS if ADVANCED in config.plugins else OWN_PROVIDERS


def entries(order: Resource) -> list[Resource]:
    """The entries of an order, oldest first."""
    found: list[Resource] = find_meta(order["meta_data"], META) or []
    return list(found)


def find(trackings: list[Resource], tracking_id: str) -> Resource:
    """The entry with this id. Raises RestError (404)."""
    found = next((entry for entry in trackings if entry["tracking_id"] == tracking_id), None)
    if found is None:
        raise RestError(404, "woocommerce_rest_order_shipment_tracking_invalid_id", "Invalid shipment tracking ID.")
    return found


def add_advanced(orders: Orders, order_id: int, body: Resource) -> Resource:
    """An entry of Advanced Shipment Tracking; the same number twice makes two (observed).

    A carrier it does not know is taken and forgotten, a date it cannot read becomes now. `status_shipped` 1 completes the order;
    2 (partially shipped) does nothing, since that status is not turned on; none leaves the status alone. The order is saved, so
    `order.updated` fires, and a private note is written (all observed).
    """
    order = orders.find(order_id, UNKNOWN_TO_TRACKINGS)
    given = body.get("custom_tracking_provider") or body.get("tracking_provider") or ""
    provider = next((name for name in names(providers_of(orders.site.config)) if name.lower() == str(given).lower()), "")
    shipped = body.get("status_shipped")
    entry = {
        "tracking_provider": php.slug(provider),
        "custom_tracking_provider": "",
        "custom_tracking_link": body.get("custom_tracking_link") or "",
        "tracking_number": str(body["tracking_number"]),
        "tracking_product_code": "",
        "source": "REST_API",
        "date_shipped": _advanced_date(body.get("date_shipped"), orders.site.now()),
        "status_shipped": "" if shipped is None else str(shipped),
        "tracking_id": _new_id(orders, given, body["tracking_number"]),
        "user_id": 1,
    }
    kept = [] if php.to_int(body.get("replace_tracking")) == 1 else entries(order)
    _keep(orders, order, [*kept, entry])
    if entry["status_shipped"] == "1" and order["status"] != "completed":
        orders.change(order_id, {"status": "completed"})
    else:
        orders.touch(order)
        orders.site.fire("order.updated", order_id)
    orders.notes.write(order_id, f"Order was shipped with {provider} and tracking number is: {entry['tracking_number']}")
    return entry


def add_own(orders: Orders, order_id: int, body: Resource) -> Resource:
    """An entry of WooCommerce's own plugin. A carrier it does not know is not made a custom one: it is lost. The order's status
    is left alone."""
    order = orders.find(order_id, UNKNOWN_TO_TRACKINGS)
    given, custom = body.get("tracking_provider") or "", body.get("custom_tracking_provider") or ""
    entry = {
        "tracking_provider": "" if custom else php.slug(given),
        "custom_tracking_provider": custom,
        "custom_tracking_link": body.get("custom_tracking_link") or "",
        "tracking_number": str(body["tracking_number"]),
        "date_shipped": int((_read(body.get("date_shipped")) or orders.site.now()).timestamp()),
        "tracking_id": _new_id(orders, custom or given, body["tracking_number"]),
    }
    _keep(orders, order, [*entries(order), entry])
    orders.touch(order)
    orders.site.fire("order.updated", order_id)
    return entry


def remove(orders: Orders, order_id: int, tracking_id: str) -> Resource:
    """Takes an entry away and gives it as it was. Raises RestError."""
    order = orders.find(order_id, UNKNOWN_TO_TRACKINGS)
    gone = find(entries(order), tracking_id)
    _keep(orders, order, [entry for entry in entries(order) if entry["tracking_id"] != tracking_id])
    orders.touch(order)
    orders.site.fire("order.updated", order_id)
    return gone


def show(providers: Providers, entry: Resource, base: str) -> Resource:
    """As the plugins' routes show an entry; `base` is the address of the order under the route that was asked."""
    provider, link = _shown_provider(providers, entry)
    return {
        "tracking_id": entry["tracking_id"],
        "tracking_provider": provider,
        "tracking_link": link,
        "tracking_number": entry["tracking_number"],
        "date_shipped": datetime.fromtimestamp(int(entry["date_shipped"]), UTC).strftime("%Y-%m-%d"),
        "_links": links(f"{base}/shipment-trackings", entry["tracking_id"], ("GET", "DELETE"), base),
    }


def names(providers: Providers) -> dict[str, str]:
    """Every carrier with the pattern of its link."""
    return {name: link for country in providers.values() for name, link in country.items()}


def _shown_provider(providers: Providers, entry: Resource) -> tuple[str, str]:
    """The carrier and the link. A custom link of Advanced Shipment Tracking stays as it came, `%number%` too (observed)."""
    number = entry["tracking_number"]
    if entry["custom_tracking_provider"]:
        return entry["custom_tracking_provider"], entry["custom_tracking_link"].replace("%1$s", number)
    for name, link in names(providers).items():
        if php.slug(name) == entry["tracking_provider"]:
            return name, link.replace("%number%", number).replace("%1$s", number)
    return "", entry["custom_tracking_link"]


def _keep(orders: Orders, order: Resource, kept: list[Resource]) -> None:
    if kept:
        merge_meta(order["meta_data"], [{"key": META, "value": kept}], orders.site.next_meta_id)
    else:
        drop_meta(order["meta_data"], META)
    orders.put(order)


def _new_id(orders: Orders, provider: str, number: Any) -> str:
    """The plugins hash the clock's microseconds in; here a counter keeps two entries of one moment apart."""
    made = f"{provider}-{number}{orders.site.now()}{orders.site.next_tracking_number()}"
    return hashlib.md5(made.encode(), usedforsecurity=False).hexdigest()


def _advanced_date(given: Any, now: datetime) -> str | int:
    """Seconds since 1970: text for a date it could read, a number for now (observed)."""
    found = _read(given)
    return int(now.timestamp()) if found is None else str(int(found.timestamp()))


def _read(given: Any) -> datetime | None:
    """Midnight UTC of a date; None when there is none to be read."""
    text = re.sub(r"T.*$", "", str(given or "").strip())
    for form in _READABLE:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
