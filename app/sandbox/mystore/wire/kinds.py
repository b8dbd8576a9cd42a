"""The resources as tables: which attributes and relationships each kind has, and what a caller may write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.wire.values import Check, anything, languages, number, switch, text, whole


@dataclass(frozen=True)
class Attribute:
    """`key` is its name in the store. `is_name`: entities stand in it. `is_time`: the shop's local time."""

    name: str
    check: Check
    key: str
    writable: bool = True
    is_name: bool = False
    is_time: bool = False


@dataclass(frozen=True)
class Relation:
    """A relationship to one or to many resources of a kind. `key` is its name in the store."""

    name: str
    kind: str
    key: str
    many: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of resource. `right` is the resource that a token's right for it names; None needs no right."""

    name: str
    attributes: dict[str, Attribute]
    relations: dict[str, Relation]
    right: str | None

    @property
    def members(self) -> set[str]:
        return {*self.attributes, *self.relations}

    def attribute_of(self, key: str) -> Attribute | None:
        """The attribute that shows what the store has under this key."""
        return next((one for one in self.attributes.values() if one.key == key), None)


Attributes = tuple[Attribute, ...]

_ADDRESS = ("name", "company", "address", "zipcode", "city", "state", "country")
ADDRESSES = {prefix: tuple(f"{prefix}_address_{part}" for part in _ADDRESS) for prefix in ("customer", "shipping", "billing")}
HIDEABLE = ("cost", "quantity")
EXTRAS: dict[str, dict[str, Check]] = {
    "orders": {"reference": text, "total_price": number},
    "products": {"weight_unit": text, "weight_class": text},
    "product-variants": {"updated_at": text},
}
"""Attributes that nobody has seen, but that a client is to honour where they appear."""


def _writable(check: Check, *names: str) -> Attributes:
    return tuple(Attribute(name, check, name) for name in names)


def _read_only(*names: str) -> Attributes:
    return tuple(Attribute(name, anything, name, writable=False) for name in names)


def _named(check: Check, *names: str) -> Attributes:
    """Names, which have entities in them."""
    return tuple(Attribute(name, check, name, is_name=True) for name in names)


def _times(*names: str) -> Attributes:
    return tuple(Attribute(name, text, name, writable=False, is_time=True) for name in names)


def _kind(name: str, *groups: Attributes, relations: tuple[Relation, ...] = (), right: str | None = "") -> Kind:
    attributes = {one.name: one for group in groups for one in group}
    return Kind(name, attributes, {one.name: one for one in relations}, name if right == "" else right)


def _to(name: str, kind: str = "", *, many: bool = False, key: str = "") -> Relation:
    """A relationship; without a kind, to resources named as itself with an s."""
    return Relation(name, kind or f"{name}s", key or name, many)


@lru_cache(maxsize=16)
def _kinds(extras: tuple[str, ...], variant: str | None, webhook: tuple[str, str]) -> dict[str, Kind]:
    def extra(name: str) -> Attributes:
        given = [one.partition(".")[2] for one in extras if one.startswith(f"{name}.")]
        return tuple(Attribute(one, EXTRAS[name][one], one, writable=one in ("reference", "weight_unit")) for one in given)

    found = (*_product_kinds(extra("products"), extra("product-variants")), *_order_kinds(extra("orders"), variant))
    topic, url = webhook
    hooks = _kind(
        "webhooks",
        (Attribute(topic, text, "topic"), Attribute(url, text, "url"), Attribute("secret", text, "secret", writable=False)),
        _times("created_at"),
    )
    return {one.name: one for one in (*found, hooks)}


def kinds_of(config: MystoreConfig) -> dict[str, Kind]:
    """Every kind under its name, as this mystore has them."""
    return _kinds(config.extra_attributes, config.variant_relationship, config.webhook_attributes)


def _product_kinds(more: Attributes, more_of_variants: Attributes) -> tuple[Kind, ...]:
    return (
        _kind(
            "products",
            _named(languages, "name"),
            _writable(languages, "description", "slug"),
            _writable(text, "sku", "ean", "manufacturer_sku", "location", "country_of_origin"),
            _writable(number, "price", "cost", "weight"),
            _writable(whole, "quantity"),
            _read_only("quantity_physical", "quantity_reserved"),
            _writable(switch, "status"),
            _writable(text, "image", *(f"image{number}" for number in range(2, 9))),
            _times("created_at", "updated_at"),
            more,
            relations=(_to("categories", "categories", many=True), _to("tax-class", "tax-classes"), _to("manufacturer")),
        ),
        _kind(
            "product-variants",
            _writable(text, "sku", "ean"),
            _writable(whole, "quantity"),
            _writable(switch, "disabled"),
            _writable(number, "cost"),
            more_of_variants,
            relations=(_to("product"), _to("product-attributes", "product-attributes", many=True)),
        ),
        _kind(
            "product-attributes",
            _writable(number, "option_values_price"),
            _writable(text, "option_values_price_prefix"),
            relations=(_to("product"), _to("product-option"), _to("product-option-value")),
        ),
        _kind(
            "product-options",
            _named(languages, "name"),
            _writable(switch, "track_stock"),
            relations=(_to("product-option-values", "product-option-values", many=True),),
        ),
        _kind("product-option-values", _named(languages, "name"), right="product-options"),
    )


def _order_kinds(more: Attributes, variant: str | None) -> tuple[Kind, ...]:
    to_variant = (Relation(variant, "product-variants", "variant"),) if variant else ()
    return (
        _kind(
            "orders",
            *(_writable(text, *names) for names in ADDRESSES.values()),
            _writable(text, "customer_address_phone", "customer_address_email"),
            _writable(text, "currency", "payment_method", "payment_module", "shipping_method", "tracking_number"),
            _writable(number, "currency_value"),
            _times("created_at", "updated_at", "finished_at"),
            more,
            relations=(_to("customer"), _to("order-status", "order-status")),
        ),
        _kind(
            "order-products",
            _named(text, "name"),
            _writable(text, "sku"),
            _writable(whole, "quantity"),
            _writable(number, "original_price", "price", "final_price", "tax_rate"),
            relations=(_to("order"), _to("product"), *to_variant),
        ),
        _kind(
            "order-product-attributes",
            _named(text, "option_name", "option_value_name"),
            _writable(number, "option_values_price"),
            _writable(text, "option_values_price_prefix"),
            _writable(switch, "track_stock"),
            relations=(_to("order"), _to("order-product"), _to("product-option"), _to("product-option-value")),
        ),
        _kind(
            "order-totals",
            _writable(text, "title", "text", "class", "order_total_type"),
            _writable(number, "value", "value_without_tax", "sort"),
            _writable(anything, "tax_rate"),
            relations=(_to("order"),),
        ),
        _kind("order-status", _read_only("name")),
        _kind(
            "order-status-history",
            _writable(text, "comments"),
            _times("created_at"),
            relations=(_to("order"), _to("order-status", "order-status")),
        ),
        _kind("order-tags", _writable(text, "name"), relations=(_to("order"),), right="orders"),
        _kind("customers", _writable(text, "name", "email", "phone"), _times("created_at")),
    )


RIGHTS = {name: kind.right for name, kind in kinds_of(MystoreConfig()).items()}
"""The resource that a token's right for each kind names."""
