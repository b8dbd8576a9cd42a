"""The table of products and variations: how they are written, and what a write does to stock, price and parent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.sandbox.woocommerce.model.categories import Categories
from app.sandbox.woocommerce.model.product_fields import ProductFields, follow_quantity
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.model.table import Table
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.money import decimal, kept
from app.sandbox.woocommerce.wire.product_view import ProductView, from_resource, inherited, new_product

Resource = dict[str, Any]


def invalid_id(status: int = 404) -> RestError:
    return RestError(status, "woocommerce_rest_product_invalid_id", "Invalid ID.")


class Products(Table):
    """Every product and variation. `deleted` are the ids of those that were deleted for good: order lines show it."""

    def __init__(self, site: Site, categories: Categories) -> None:
        super().__init__()
        self.site = site
        self.deleted: set[int] = set()
        self._fields = ProductFields(site, categories, self.with_sku)
        self._view = ProductView(site.config)

    def show(self, product: Resource, base_url: str, editing: bool = False) -> Resource:
        """As `/products/ID` and webhooks have it; `editing`: as the answer to a write has it."""
        return self._view.product(product, self.parent_of(product), self.children(product["id"]), base_url, editing)

    def show_variation(self, variation: Resource, base_url: str, editing: bool = False) -> Resource:
        """As `/products/ID/variations/VID` has it."""
        return self._view.variation(variation, self.parent_of(variation), base_url, editing)

    def parent_of(self, product: Resource) -> Resource | None:
        """The product of a variation; None for everything else."""
        return self.get(product["parent_id"]) if product["type"] == "variation" else None

    def effective(self, product: Resource) -> Resource:
        """A product with what it takes from its parent."""
        return inherited(product, self.parent_of(product))

    def of_line(self, line: Resource) -> Resource | None:
        """What an order line sells: the variation, if it is one; None when the shop does not have it."""
        return self.get(line["variation_id"] or line["product_id"])

    def tax_of_line(self, line: Resource) -> Resource:
        """The tax class of an order line and the tax status of its product; a product that is not known is taxable."""
        product = self.of_line(line) or {}
        return {"tax_class": line["tax_class"], "tax_status": product.get("tax_status", "taxable")}

    def put_raw(self, resource: Resource) -> None:
        """Loads a recorded product or variation (in either of its shapes) with its own id, silently."""
        self.put(from_resource(resource, self.get(resource.get("parent_id", 0))))
        self.deleted.discard(resource["id"])
        self.site.skip_id(resource["id"])

    def find(self, record_id: int, status: int = 404) -> Resource:
        """A product or variation. Raises RestError."""
        product = self.get(record_id)
        if product is None:
            raise invalid_id(status)
        return product

    def find_variation(self, parent: int, record_id: int, status: int = 404) -> Resource:
        """Raises RestError, also when the variation belongs to another product."""
        variation = self.get(record_id)
        if variation is None or variation["type"] != "variation":
            raise RestError(status, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        if variation["parent_id"] != parent:
            raise RestError(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        return variation

    def create(self, body: Resource, loose: bool = False) -> Resource:
        """Makes a product and fires `product.created`. `loose` is a batch: types are cast, not checked."""
        product = new_product(body.get("type") or "simple")
        self._fields.apply(product, {"name": "", **body}, loose)
        product["id"] = self.site.next_id()
        self._save_new(product)
        return product

    def create_variation(self, parent_id: int, body: Resource, loose: bool = False) -> Resource:
        """Makes a variation and fires `product.created` for it; the parent's own topic does not fire (observed)."""
        parent = self.find(parent_id)
        variation = new_product("variation")
        variation["parent_id"] = parent_id
        self._fields.apply(variation, body, loose)
        _name_variation(variation, parent)
        variation["id"] = self.site.next_id()
        self._save_new(variation)
        self.sync_parent(parent_id)
        return variation

    def _save_new(self, product: Resource) -> None:
        self.site.stamp(product, "date_created", "date_modified")
        if product["status"] == "publish" and not product["slug"]:
            product["slug"] = self._fields.free_slug(php.slug(product["name"]))
        self.put(product)
        self.site.fire("product.created", product["id"])

    def change(self, record_id: int, body: Resource, loose: bool = False) -> Resource:
        """Writes a product and fires `product.updated`, also when nothing is different (observed). Raises RestError."""
        product = self.find(record_id, 400)
        if product["type"] == "variation":
            raise RestError(
                404,
                "woocommerce_rest_invalid_product_id",
                "To manipulate product variations you should use the "
                "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
            )
        self._fields.apply(product, body, loose)
        if product["status"] != "trash":
            self.before_trash.pop(record_id, None)
        self.save(product)
        if "name" in body:
            for child_id in self.children(record_id):
                child = self[child_id]
                _name_variation(child, product)
                self.put(child)
        for part in body.get("variations") or ():
            self._change_inside(record_id, part, loose)
        return product

    def _change_inside(self, parent: int, part: Resource, loose: bool) -> None:
        """A variation written inside its product. One without an id is made."""
        body = {name: value for name, value in part.items() if name != "id"}
        if part.get("id"):
            self.change_variation(parent, php.to_int(part["id"]), body, loose)
        else:
            self.create_variation(parent, body, loose)

    def change_variation(self, parent: int, record_id: int, body: Resource, loose: bool = False) -> Resource:
        """Writes a variation and fires `product.updated` for it alone. Raises RestError."""
        variation = self.find_variation(parent, record_id, 400)
        self._fields.apply(variation, body, loose)
        _name_variation(variation, self.find(parent))
        self.save(variation)
        self.sync_parent(parent)
        return variation

    def save(self, product: Resource, fires: str | None = "product.updated") -> None:
        """Stores a changed product: its `date_modified` moves and its event fires."""
        self.site.stamp(product, "date_modified")
        if product["status"] == "publish" and not product["slug"]:
            product["slug"] = self._fields.free_slug(php.slug(product["name"]))
        self.put(product)
        if fires:
            self.site.fire(fires, product["id"])

    def trash(self, record_id: int) -> Resource:
        """Moves a product to the trash and fires `product.deleted`; the answer shows it as it was. Raises RestError."""
        product = self.find(record_id)
        if product["status"] == "trash":
            raise RestError(410, "woocommerce_rest_already_trashed", "The product has already been deleted.")
        self.before_trash[record_id] = product["status"]
        self.save({**product, "status": "trash"}, "product.deleted")
        return product

    def delete(self, record_id: int) -> Resource:
        """Deletes for good, a product with its variations. Fires nothing (observed). Raises RestError."""
        product = self.find(record_id)
        for gone in (*self.children(record_id), record_id):
            self.remove(gone)
            self.deleted.add(gone)
        if product["parent_id"] in self:
            self.sync_parent(product["parent_id"])
        return product

    def restore(self, record_id: int) -> Resource:
        """Takes a product back from the trash, in its former status: `product.updated`, then `product.restored` (observed)."""
        product = self.find(record_id)
        product["status"] = self.before_trash.pop(record_id, "draft")
        self.save(product)
        self.site.fire("product.restored", record_id)
        return product

    def sync_parent(self, parent_id: int) -> None:
        """A variable product's price and stock status follow its variations; its own topic does not fire (observed)."""
        parent = self.get(parent_id)
        if parent is None or parent["type"] != "variable":
            return
        children = [self[child] for child in self.children(parent_id)]
        prices = [decimal(child["price"]) for child in children if child["price"] != ""]
        parent["price"] = next((c["price"] for c in children if c["price"] != "" and decimal(c["price"]) == min(prices)), "")
        parent["purchasable"] = parent["price"] != ""
        if not parent["manage_stock"] and children:
            found = {child["stock_status"] for child in children}
            parent["stock_status"] = next((s for s in ("instock", "onbackorder") if s in found), "outofstock")
        self.save(parent, fires=None)

    def move_stock(self, product: Resource, pieces: int) -> str:
        """Changes a quantity and says it as order notes do (observed); the caller fires `product.updated`."""
        before = product["stock_quantity"] or 0
        product["stock_quantity"] = before + pieces
        follow_quantity(product)
        self.save(product, fires=None)
        if product["type"] == "variation":
            self.sync_parent(product["parent_id"])
        return f"{product['name']} ({before}&rarr;{before + pieces})"

    def fire_updated(self, ids: list[int]) -> None:
        """Fires `product.updated` once for each product whose stock moved."""
        for record_id in dict.fromkeys(ids):
            self.site.fire("product.updated", record_id)

    def net_price(self, product: Resource, quantity: int) -> Decimal:
        """The price of `quantity` pieces without tax. Prices are kept with the tax of the shop's own country, whoever buys."""
        gross = decimal(product["price"]) * quantity
        rate = self.site.config.rate(self.site.config.country, product)
        if rate is None or not self.site.config.prices_include_tax:
            return kept(gross)
        return kept(gross / (1 + rate.percent / 100))


def _name_variation(variation: Resource, parent: Resource) -> None:
    options = ", ".join(part["option"] for part in variation["attributes"])
    variation["name"] = f"{parent['name']} - {options}" if options else parent["name"]
