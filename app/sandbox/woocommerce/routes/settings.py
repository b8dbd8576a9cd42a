"""The shop tells its settings: currency and units, ways of delivery, VAT rates, discount codes."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.config import Coupon, TaxRate
from app.sandbox.woocommerce.http.listing import page_of
from app.sandbox.woocommerce.http.rest import Answer, Call, Endpoint, operation
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.links import links
from app.sandbox.woocommerce.wire.money import cents

Resource = dict[str, Any]

_CURRENCY = "This controls what currency prices are listed at in the catalog and which currency gateways will take payments in."
_KINDS = (
    ("flat_rate", "Flat rate"), ("free_shipping", "Free shipping"), ("local_pickup", "Local pickup"),
    ("pickup_location", "Local pickup"),
)  # fmt: skip
_ZONE = 1
_MANAGES_STOCK = "yes"


def settings_endpoints() -> list[Endpoint]:
    one = operation(_setting, "view")
    methods = operation(_methods, "list")
    return [
        Endpoint("/settings/{group}/{id}", {"GET": one}, also=("POST", "PUT", "PATCH")),
        Endpoint("/shipping_methods", {"GET": operation(_kinds, "list")}),
        Endpoint("/shipping/zones/{zone:int}/methods", {"GET": methods}, also=("POST",)),
        Endpoint("/taxes", {"GET": operation(_taxes, "list", "paged")}, also=("POST",)),
        Endpoint("/coupons", {"GET": operation(_coupons, "list", "paged")}, also=("POST",)),
    ]


def _whole(call: Call, found: list[Resource]) -> Answer:
    """A list that has no pages."""
    return call.many(found, {"X-WP-Total": str(len(found)), "X-WP-TotalPages": "1" if found else "0"})


def _setting(call: Call) -> Answer:
    """The few settings a client has a use for: `general/woocommerce_currency`, the units of weight and size, and whether stock is
    kept. The real answer also lists every choice there is."""
    config, group, record_id = call.shop.config, call.ids["group"], call.ids["id"]
    known = {
        ("general", "woocommerce_currency"): ("Currency", _CURRENCY, config.currency, "USD"),
        ("products", "woocommerce_weight_unit"): ("Weight unit", "", config.weight_unit, "kg"),
        ("products", "woocommerce_dimension_unit"): ("Dimensions unit", "", config.dimension_unit, "cm"),
        ("products", "woocommerce_manage_stock"): ("Manage stock", "Enable stock management", _MANAGES_STOCK, "yes"),
    }
    if (group, record_id) not in known:
        raise RestError(404, "rest_setting_setting_invalid", "Invalid setting.")
    label, words, value, default = known[group, record_id]
    setting: Resource = {
        "id": record_id, "label": label, "description": words, "type": "select", "default": default, "options": {value: value},
        "tip": words, "value": value, "group_id": group,
        "_links": links(call.url.rsplit("/", 1)[0], record_id, ("GET", "POST", "PUT", "PATCH")),
    }  # fmt: skip
    return call.one(setting)


def _kinds(call: Call) -> Answer:
    """Every kind of delivery WooCommerce has, also those that no zone of the shop offers."""
    kinds = [{"id": kind, "title": title, "description": "", "_links": links(call.url, kind, ("GET",))} for kind, title in _KINDS]
    return _whole(call, kinds)


def _methods(call: Call) -> Answer:
    if call.ids["zone"] != _ZONE:
        raise RestError(404, "woocommerce_rest_shipping_zone_invalid", "Resource does not exist.")
    methods = [
        {
            "id": method.id, "instance_id": method.id, "title": method.title, "order": place, "enabled": True,
            "method_id": method.kind, "method_title": method.kind_title, "method_description": "", "settings": {},
            "_links": links(call.url, method.id),
        }
        for place, method in enumerate(call.shop.config.shipping_methods, 1)
    ]  # fmt: skip
    return _whole(call, methods)


def _taxes(call: Call) -> Answer:
    rates = [_tax(call, place, rate) for place, rate in enumerate(call.shop.config.tax_rates)]
    return call.page(page_of(rates, call.query), len(rates))


def _tax(call: Call, place: int, rate: TaxRate) -> Resource:
    return {
        "id": rate.id, "country": rate.country, "state": "", "postcode": "", "city": "", "rate": f"{rate.percent:.4f}",
        "name": rate.name, "priority": 1, "compound": False, "shipping": rate.shipping, "order": place,
        "class": rate.tax_class or "standard", "postcodes": [], "cities": [], "_links": links(call.url, rate.id),
    }  # fmt: skip


def _coupons(call: Call) -> Answer:
    found = sorted(call.shop.config.coupons, key=lambda coupon: coupon.id, reverse=call.query["order"] == "desc")
    return call.page((_coupon(call, coupon) for coupon in page_of(found, call.query)), len(found))


def _coupon(call: Call, coupon: Coupon) -> Resource:
    return {
        "id": coupon.id, "code": coupon.code, "amount": str(cents(coupon.amount)), "discount_type": coupon.kind,
        "free_shipping": coupon.free_shipping, "_links": links(call.url, coupon.id),
    }  # fmt: skip
