"""How an order goes to the customer: its shipping methods, the pick-up point that was chosen, and the VAT of its lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.domain import Coded, Order
from app.integrations.kit.carriers import PickUpPoint, read_pick_up_point, with_carrier, with_pick_up_point
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.json_reading import Body, identity, number, objects, plain, text


def with_delivery(order: Order, body: Body, settings: WooCommerceSettings) -> Order:
    """The order with its carrier and its pick-up point."""
    chosen = with_carrier(order, _methods(body), settings)
    return with_pick_up_point(chosen, _pick_up_point(body, settings), settings.pick_up_points)


def is_picked_up(body: Body, settings: WooCommerceSettings) -> bool:
    methods = [text(line, "method_id").strip() for line in objects(body, "shipping_lines")]
    return bool(methods) and all(method in settings.pick_up_methods for method in methods)


def way_of_delivery(body: Body) -> Coded | None:
    first = _first_shipping(body)
    coded = Coded(text(first, "method_id").strip(), plain(first, "method_title"))
    return coded if coded.code or coded.name else None


def way_of_delivery_text(body: Body) -> str:
    """Legacy API v3 has `shipping_methods`; the REST API the shipping lines' titles."""
    titles = [title for title in (plain(line, "method_title") for line in objects(body, "shipping_lines")) if title]
    return plain(body, "shipping_methods") or ", ".join(titles)


def _methods(body: Body) -> tuple[str, ...]:
    """`method:instance` (two flat rates may be two carriers), then the method, then its title."""
    first = _first_shipping(body)
    method, instance = text(first, "method_id"), text(first, "instance_id")
    return f"{method}:{instance}", method, plain(first, "method_title")


def _first_shipping(body: Body) -> Body:
    return next(iter(objects(body, "shipping_lines")), {})


# --- pick-up points ---------------------------------------------------------------------------------------------------


def _pick_up_point(body: Body, settings: WooCommerceSettings) -> PickUpPoint | None:
    """The first that the plugins' meta keys name, on the shipping line or on the order. A name and a code may be in two keys."""
    holders = [*objects(body, "shipping_lines"), body]
    found = [
        point
        for key in settings.pick_up_point_meta_keys
        for holder in holders
        if (point := read_pick_up_point(_meta(holder, key))) is not None
    ]
    code = next((point.code for point in found if point.code), "")
    name = next((point.name for point in found if point.name and point.code in ("", code)), "")
    return PickUpPoint(code, name) if code or name else None


def _meta(holder: Body, key: str) -> Any:
    """The last value with this key that says something, as it is: also an object."""
    values = [item.get("value") for item in objects(holder, "meta_data") if item.get("key") == key]
    return next((value for value in reversed(values) if value), None)


# --- VAT --------------------------------------------------------------------------------------------------------------


def vat_rate(body: Body, item: Body) -> Decimal | None:
    """In per cent; None when it is not certain: several taxes on one line, or a shop that does not give the rates."""
    taxes = {identity(each.get("id")) for each in objects(item, "taxes") if text(each, "total").strip()}
    if not taxes:
        return Decimal(0) if number(item.get("total_tax")) == 0 else None
    if len(taxes) > 1:
        return None
    rates = {identity(each.get("rate_id")): number(each.get("rate_percent")) for each in objects(body, "tax_lines")}
    return rates.get(taxes.pop())
