"""The products of a simulated shop, with what can be sold of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.sandbox.nettbutikk24.model.site import Site, entered
from app.sandbox.nettbutikk24.wire.kinds import PRODUCT, VARIANT_FIELDS, Fields
from app.sandbox.nettbutikk24.wire.records import Product, Variant
from app.sandbox.nettbutikk24.wire.views import unique_id_of

OF_VARIANT: Fields = {name: PRODUCT[name] for name in VARIANT_FIELDS}
_MADE = ("id", "unique_product_id", "variant", "stock", "attributes")
_DEFAULTS = {"price": "999", "buying_price": "310", "vat": "25", "weight": "0.62", "active": "1", "category": "Jakker"}


class Catalogue:
    """Products by id, and all variants by unique product id: the product's id with three digits behind it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self._last_seen: dict[str, int] = {}  # article number to unique product id, to be checked: looking through all takes long

    def add(
        self, article_no: str | None, name: str, variants: Sequence[Mapping[str, Any]] = (), stock: int = 0, **fields: Any
    ) -> Product:
        """A variant is `{"options": {"Størrelse": "M"}, "article_no", "stock", …}`."""
        values = entered({**_DEFAULTS, "article_no": article_no, "name": name, **fields}, PRODUCT, without=_MADE)
        product = Product(self._site.next_id("products"), values, self._site.now())
        for one in variants or ({"stock": stock},):
            self.add_variant(product, **one)
        self.products[product.key] = product
        return product

    def add_variant(self, product: Product, options: Mapping[str, str] | None = None, **fields: Any) -> Variant:
        """The next unique product id is the highest one ever given and one more."""
        values = entered({"stock": 0, **fields}, OF_VARIANT)
        product.last_variant += 1
        variant = Variant(product.key * 1000 + product.last_variant, values, self._site.now(), product, dict(options or {}))
        product.variants.append(variant)
        self.variants[variant.key] = variant
        self._last_seen.setdefault(variant.merged.get("article_no") or "", variant.key)
        return variant

    def change(self, product_id: int, **fields: Any) -> Product:
        """Raises KeyError, TypeError or ValueError. `stock` is that of a product without variants."""
        product = self.products[product_id]
        if "stock" in fields:
            self.set_stock(self._only(product), int(fields.pop("stock")))
        if fields:
            product.values.update(entered(fields, PRODUCT, without=_MADE))
            product.modified = self._site.now()
            for variant in product.variants:
                variant.modified = product.modified
        return product

    def change_variant(self, unique_id: int, options: Mapping[str, str] | None = None, **fields: Any) -> Variant:
        """Raises KeyError, TypeError or ValueError."""
        variant = self.variants[unique_id]
        variant.values.update(entered(fields, OF_VARIANT))
        variant.options = variant.options if options is None else dict(options)
        variant.modified = self._site.now()
        return variant

    def delete(self, product_id: int) -> None:
        for variant in self.products.pop(product_id).variants:
            del self.variants[variant.key]

    def delete_variant(self, unique_id: int) -> None:
        variant = self.variants.pop(unique_id)
        variant.product.variants.remove(variant)
        variant.product.modified = self._site.now()

    def set_stock(self, variant: Variant, stock: int) -> None:
        variant.values["stock"] = stock
        if self._site.config.stock_touches_product:
            variant.modified = self._site.now()

    def move_stock(self, unique_id: int | None, change: Decimal) -> None:
        """Goods are sold, or come back; nothing for a product that is gone."""
        variant = self.variants.get(unique_id or 0)
        if variant is not None and self._site.config.orders_take_stock:
            self.set_stock(variant, int(variant.values["stock"] + change))

    # Finding

    def with_article_no(self, article_no: str) -> Variant | None:
        seen = self.variants.get(self._last_seen.get(article_no, 0))
        if seen is None or seen.merged.get("article_no") != article_no:
            seen = next((one for one in self.variants.values() if one.merged.get("article_no") == article_no), None)
        if seen is not None:
            self._last_seen[article_no] = seen.key
        return seen

    def flat(self, key: int) -> list[Variant]:
        """The rows that `flat` shows under this id: of one unique product id, or of a product."""
        if self._site.config.flat_ids == "product":
            return self.of_product(key)
        variant = self.variants.get(key)
        if variant is not None and unique_id_of(variant, self._site.config) is not None:
            return [variant]
        return [one for one in self.of_product(key) if unique_id_of(one, self._site.config) is None]

    def of_product(self, product_id: int) -> list[Variant]:
        product = self.products.get(product_id)
        return list(product.variants) if product else []

    def rows(self, key: int, *, is_flat: bool) -> list[Variant]:
        """What a PATCH of this id means."""
        return self.flat(key) if is_flat else self.of_product(key)

    def _only(self, product: Product) -> Variant:
        if len(product.variants) != 1:
            raise ValueError("the product has variants: change the stock of one of them")
        return product.variants[0]
