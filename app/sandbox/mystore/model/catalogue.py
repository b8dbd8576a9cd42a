"""Products, their variants, and the options that tell variants apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox.mystore.model.site import Name, Site
from app.sandbox.mystore.model.stock import SELLABLE, counted
from app.sandbox.mystore.model.tables import Table
from app.sandbox.mystore.wire.documents import Written
from app.sandbox.mystore.wire.resource import Resource


class Catalogue:
    """What the shop sells."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tables = site.tables

    # What a person does in the shop's own pages

    def add_product(
        self, sku: str | None, name: Name, variants: Sequence[Mapping[str, Any]] = (), quantity: int = 0, **attributes: Any
    ) -> Resource:
        """A variant is `{"sku", "ean", "cost", "quantity", "options": {"Størrelse": "M"}}`. Announces the product."""
        self._site.check_names("products", attributes)
        now = self._site.now()
        given = {"sku": sku, "name": self._site.local(name), "status": 1, "price": 100, **counted(quantity), **attributes}
        product = self._tables["products"].add({**given, "created_at": now, "updated_at": now})
        for variant in variants:
            self._add_variant(product, variant)
        self._site.announce("create", product)
        return product

    def add_variant(self, product_id: int, variant: Mapping[str, Any]) -> Resource:
        """A further variant of a product."""
        product = self._tables["products"].find(product_id)
        made = self._add_variant(product, variant)
        self._variant_changed(made)
        return made

    def change(self, resource: Resource, **attributes: Any) -> None:
        """Attributes as the person enters them; a new quantity is what is counted. Announces the product."""
        self._site.check_names(resource.kind, attributes)
        if "name" in attributes:
            attributes["name"] = self._site.local(attributes["name"])
        if SELLABLE in attributes:
            attributes.update(counted(attributes[SELLABLE]))
        resource.attributes.update(attributes)
        self._changed(resource)

    def delete_product(self, product_id: int) -> None:
        product = self._tables["products"].find(product_id)
        self._site.announce("delete", product)
        for variant in self._tables["product-variants"].of("product", product_id):
            self._tables["product-variants"].remove(variant)
        self._tables["products"].remove(product)

    def delete_variant(self, variant_id: int) -> None:
        variant = self._tables["product-variants"].find(variant_id)
        self._tables["product-variants"].remove(variant)
        self._site.touched(self._tables["products"].find(variant.one("product") or 0))

    def with_sku(self, sku: str) -> Resource | None:
        """The variant, else the product, with this SKU."""
        return self._tables["product-variants"].having("sku", sku) or self._tables["products"].having("sku", sku)

    def options_of(self, variant: Resource) -> list[Resource]:
        """The product attributes (option and value) that make a variant what it is."""
        return [self._tables["product-attributes"].find(one) for one in variant.many("product-attributes")]

    def stock_attributes(self, variant: Resource) -> str:
        """`5-41,7-3648`: option and value of each."""
        return ",".join(f"{one.one('product-option')}-{one.one('product-option-value')}" for one in self.options_of(variant))

    # What is written over the API

    def create(self, kind: str, written: Written) -> Resource:
        """A new product, variant, option …, as it was sent."""
        attributes = dict(written.attributes)
        if kind in ("products", "product-variants"):
            attributes.update(counted(attributes.get(SELLABLE, 0)))
        if kind == "products":
            attributes = {"status": 1, **attributes, "created_at": self._site.now(), "updated_at": self._site.now()}
        made = self._tables[kind].add(attributes, dict(written.related))
        if kind == "products":
            self._site.announce("create", made)
        elif kind == "product-variants":
            self._variant_changed(made)
        return made

    def write(self, resource: Resource, written: Written) -> None:
        """A PATCH of a product or a variant."""
        attributes = dict(written.attributes)
        if SELLABLE in attributes:
            self._site.stock.write(resource, attributes.pop(SELLABLE))
        resource.attributes.update(attributes)
        self._tables[resource.kind].relate(resource, dict(written.related))
        self._changed(resource)

    def _changed(self, resource: Resource) -> None:
        if resource.kind == "product-variants":
            self._variant_changed(resource)
        else:
            self._site.touched(resource)

    def _variant_changed(self, variant: Resource) -> None:
        """The product is announced; whether its time moves with it is a setting (A9)."""
        variant.attributes["updated_at"] = self._site.now()
        product = self._tables["products"].get(variant.one("product"))
        if product is not None and self._site.config.variant_touches_product:
            self._site.touched(product)

    # Options

    def _add_variant(self, product: Resource, variant: Mapping[str, Any]) -> Resource:
        own = {name: value for name, value in variant.items() if name not in ("options", "quantity")}
        self._site.check_names("product-variants", own)
        chosen = [self._attribute(product, option, value).id for option, value in variant.get("options", {}).items()]
        attributes = {"disabled": 0, **own, **counted(variant.get("quantity", 0)), "updated_at": self._site.now()}
        return self._tables["product-variants"].add(attributes, {"product": product.id, "product-attributes": chosen})

    def _attribute(self, product: Resource, option_name: str, value_name: str) -> Resource:
        """The product's link to this option and value, which is made if it lacks it."""
        option = self._named(self._tables["product-options"], option_name, track_stock=1)
        value = self._value(option, value_name)
        attributes = self._tables["product-attributes"]
        for one in attributes.of("product", product.id):
            if (one.one("product-option"), one.one("product-option-value")) == (option.id, value.id):
                return one
        related = {"product": product.id, "product-option": option.id, "product-option-value": value.id}
        return attributes.add({"option_values_price": 0, "option_values_price_prefix": "+"}, dict(related))

    def _value(self, option: Resource, name: str) -> Resource:
        values, known = self._tables["product-option-values"], option.many("product-option-values")
        for one in map(values.find, known):
            if one["name"] == self._site.local(name):
                return one
        made = values.add({"name": self._site.local(name)})
        self._tables["product-options"].relate(option, {"product-option-values": [*known, made.id]})
        return made

    def _named(self, table: Table, name: str, **attributes: Any) -> Resource:
        text = self._site.local(name)
        return table.having("name", text) or table.add({"name": text, **attributes})
