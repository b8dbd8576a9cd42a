"""A write changes a product's fields one by one; its price and its stock status follow from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from app.sandbox.woocommerce.model.categories import UNCATEGORIZED, Categories
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.wire import php, times
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal

Resource = dict[str, Any]


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else value in ("true", "1", "yes", 1)


# What a written value becomes. Fields that depend on other fields or on other products have a method instead.
_CASTS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys((
        "status", "description", "short_description", "regular_price", "sale_price", "global_unique_id", "external_url",
        "button_text", "tax_status", "tax_class", "backorders", "weight", "shipping_class", "purchase_note",
        "catalog_visibility", "post_password",
    ), str),
    **dict.fromkeys(("featured", "virtual", "downloadable", "sold_individually", "reviews_allowed"), _flag),
    **dict.fromkeys(("menu_order", "download_limit", "download_expiry", "low_stock_amount", "parent_id"), php.to_int),
    **dict.fromkeys(("upsell_ids", "cross_sell_ids", "default_attributes", "grouped_products", "tags"), lambda value: value),
    "name": lambda value: php.title(str(value)),
}  # fmt: skip


class ProductFields:
    """Writes fields. `with_sku` gives the ids of the products that have a stock number."""

    def __init__(self, site: Site, categories: Categories, with_sku: Callable[[str], list[int]]) -> None:
        self._site = site
        self._categories = categories
        self._with_sku = with_sku
        self._slugs: dict[str, int] = {}
        self._special: dict[str, Callable[[Resource, Any], Any]] = {
            "type": _type, "slug": self._slug, "sku": self._sku, "dimensions": _dimensions, "categories": self._in_categories,
            "attributes": _attributes, "images": self._images, "meta_data": self._meta,
        }  # fmt: skip

    def free_slug(self, wanted: str, but: int = 0) -> str:
        """`wanted`, or with `-2`, `-3` … when other products have it."""
        count = self._slugs[wanted] = self._slugs.get(wanted, 0) + 1
        return wanted if count == 1 or but else f"{wanted}-{count}"

    def apply(self, product: Resource, body: Resource, loose: bool) -> None:
        """Puts the fields of a body into a product. Raises RestError when its SKU is taken."""
        given = {name: value for name, value in body.items() if value is not None}
        product.update({name: _CASTS[name](value) for name, value in given.items() if name in _CASTS})
        for name, made in self._special.items():
            if name in given:
                product[name] = made(product, given[name])
        if "image" in given:
            product["images"] = self._images(product, [given["image"]])
        self._sell(product, given)
        _stock(product, body, loose)

    def _slug(self, product: Resource, value: Any) -> str:
        return self.free_slug(php.slug(str(value)), but=product.get("id", 0)) if value else ""

    def _sku(self, product: Resource, value: Any) -> str:
        others = [record_id for record_id in self._with_sku(str(value)) if record_id != product.get("id")] if value else []
        if others:
            taken = {"status": 400, "resource_id": others[0], "unique_sku": f"{value}-1"}
            raise RestError(400, "product_invalid_sku", "Invalid or duplicated SKU.", taken)
        return str(value)

    def _in_categories(self, product: Resource, value: Any) -> list[Resource]:
        found = [self._categories[part["id"]] for part in value if part.get("id") in self._categories]
        chosen = found or [self._categories[UNCATEGORIZED]]
        return [{name: category[name] for name in ("id", "name", "slug")} for category in chosen]

    def _images(self, product: Resource, value: Any) -> list[Resource]:
        return [
            {"id": part.get("id") or self._site.next_id(), **{name: part.get(name, "") for name in ("src", "name", "alt")}}
            for part in value
        ]  # fmt: skip

    def _meta(self, product: Resource, value: Any) -> list[Resource]:
        meta: list[Resource] = product["meta_data"]
        merge_meta(meta, value, self._site.next_meta_id)
        return meta

    def _sell(self, product: Resource, given: Resource) -> None:
        """The price of today, from the regular and the sale price and the days the sale runs."""
        for name in ("date_on_sale_from", "date_on_sale_to"):
            if given.get(f"{name}_gmt"):
                times.stamp(product, name, times.parse(str(given[f"{name}_gmt"]), UTC), self._site.zone)
            elif given.get(name):
                times.stamp(product, name, times.parse(str(given[name]), self._site.zone), self._site.zone)
        if product["type"] in ("variable", "grouped"):
            return
        begins, ends = product["date_on_sale_from_gmt"], product["date_on_sale_to_gmt"]
        now = int(self._site.now().timestamp())
        runs = (not begins or times.epoch(begins) <= now) and (not ends or now <= times.epoch(ends))
        cheaper = product["sale_price"] != "" and decimal(product["sale_price"]) < decimal(product["regular_price"])
        product["on_sale"] = runs and cheaper
        product["price"] = product["sale_price"] if product["on_sale"] else product["regular_price"]
        product["purchasable"] = product["price"] != ""
        product["shipping_required"] = not product["virtual"]
        product["shipping_taxable"] = not product["virtual"] and product["tax_status"] != "none"


def _type(product: Resource, value: Any) -> str:
    """A variation stays one."""
    if product["type"] == "variation":
        return "variation"
    product["has_options"] = value == "variable"
    return str(value)


def _dimensions(product: Resource, value: Any) -> Resource:
    return {**product["dimensions"], **value}


def _attributes(product: Resource, value: Any) -> list[Resource]:
    if product["type"] == "variation":
        return [{"id": 0, "name": p["name"], "slug": php.slug(p["name"]), "option": p.get("option", "")} for p in value]
    return [
        {
            "id": 0, "name": part["name"], "slug": part["name"], "position": part.get("position", 0),
            "visible": part.get("visible", False), "variation": part.get("variation", False), "options": part.get("options", []),
        }
        for part in value
    ]  # fmt: skip


def _stock(product: Resource, body: Resource, loose: bool) -> None:
    """Writes the stock fields. A quantity where no stock is kept is ignored; null counts as 0, but in a batch it is left alone
    (observed). The stock status follows the quantity."""
    if body.get("manage_stock") is not None:
        product["manage_stock"] = body["manage_stock"] in (True, "true", "1", 1)
    if not product["manage_stock"]:
        product["stock_quantity"] = None
        product["stock_status"] = body.get("stock_status") or product["stock_status"]
    elif "stock_quantity" in body and not (loose and body["stock_quantity"] is None):
        product["stock_quantity"] = php.to_int(body["stock_quantity"])
    follow_quantity(product)


def follow_quantity(product: Resource) -> None:
    """Sets what depends on the quantity and on whether back orders are allowed."""
    product["backorders_allowed"] = product["backorders"] != "no"
    if product["manage_stock"]:
        below = "onbackorder" if product["backorders_allowed"] else "outofstock"
        product["stock_status"] = "instock" if (product["stock_quantity"] or 0) > 0 else below
    product["backordered"] = product["stock_status"] == "onbackorder"
