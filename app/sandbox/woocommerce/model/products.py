"""Products and variations: how they are written, and what a write does to their stock, price and parent."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.http import php
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.wire import times
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal, kept
from app.sandbox.woocommerce.wire.product_view import new_product

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

_TEXTS = (
    "description", "short_description", "regular_price", "sale_price", "global_unique_id", "external_url", "button_text",
    "tax_status", "tax_class", "backorders", "weight", "shipping_class", "purchase_note", "catalog_visibility", "post_password",
)  # fmt: skip
_FLAGS = ("featured", "virtual", "downloadable", "sold_individually", "reviews_allowed")
_NUMBERS = ("menu_order", "download_limit", "download_expiry", "low_stock_amount", "parent_id")
_LISTS = ("upsell_ids", "cross_sell_ids", "default_attributes", "grouped_products", "tags")


def invalid_id(status: int = 404) -> RestError:
    return RestError(status, "woocommerce_rest_product_invalid_id", "Invalid ID.")


def find(shop: Shop, record_id: int, status: int = 404) -> dict[str, Any]:
    """A product or variation. Raises RestError."""
    product = shop.products.get(record_id)
    if product is None:
        raise invalid_id(status)
    return product


def find_variation(shop: Shop, parent: int, record_id: int, status: int = 404) -> dict[str, Any]:
    """Raises RestError, also when the variation belongs to another product."""
    variation = shop.products.get(record_id)
    if variation is None or variation["type"] != "variation":
        raise RestError(status, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    if variation["parent_id"] != parent:
        raise RestError(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    return variation


def create(shop: Shop, body: dict[str, Any], loose: bool = False) -> dict[str, Any]:
    """Makes a product and fires `product.created`. `loose` is a batch: types are cast, not checked."""
    product = new_product(body.get("type") or "simple")
    apply(shop, product, {"name": "", **body}, loose)
    product["id"] = shop.next_id()
    _save_new(shop, product)
    return product


def create_variation(shop: Shop, parent_id: int, body: dict[str, Any], loose: bool = False) -> dict[str, Any]:
    """Makes a variation and fires `product.created` for it; the parent's own topic does not fire (observed)."""
    parent = find(shop, parent_id)
    variation = new_product("variation")
    variation["parent_id"] = parent_id
    apply(shop, variation, body, loose)
    _name_variation(variation, parent)
    variation["id"] = shop.next_id()
    _save_new(shop, variation)
    sync_parent(shop, parent_id)
    return variation


def _save_new(shop: Shop, product: dict[str, Any]) -> None:
    now = shop.now()
    times.stamp(product, "date_created", now, shop.zone)
    times.stamp(product, "date_modified", now, shop.zone)
    if product["status"] == "publish" and not product["slug"]:
        product["slug"] = shop.free_slug(php.slug(product["name"]))
    shop.products.put(product)
    shop.fire("product.created", product["id"])


def change(shop: Shop, record_id: int, body: dict[str, Any], loose: bool = False) -> dict[str, Any]:
    """Writes a product and fires `product.updated`, also when nothing is different (observed). Raises RestError."""
    product = find(shop, record_id, 400)
    if product["type"] == "variation":
        raise RestError(
            404,
            "woocommerce_rest_invalid_product_id",
            "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
        )
    apply(shop, product, body, loose)
    if product["status"] != "trash":
        shop.before_trash.pop(("product", record_id), None)
    save(shop, product)
    if "name" in body:
        for child_id in shop.products.children(record_id):
            child = shop.products[child_id]
            _name_variation(child, product)
            shop.products.put(child)
    for part in body.get("variations") or ():
        _change_inside(shop, record_id, part, loose)
    return product


def _change_inside(shop: Shop, parent: int, part: dict[str, Any], loose: bool) -> None:
    """A variation written inside its product, as APIs before `wc/v2` have it; one without an id is made."""
    body = {name: value for name, value in part.items() if name != "id"}
    if part.get("id"):
        change_variation(shop, parent, php.to_int(part["id"]), body, loose)
    else:
        create_variation(shop, parent, body, loose)


def change_variation(shop: Shop, parent: int, record_id: int, body: dict[str, Any], loose: bool = False) -> dict[str, Any]:
    """Writes a variation and fires `product.updated` for it alone. Raises RestError."""
    variation = find_variation(shop, parent, record_id, 400)
    apply(shop, variation, body, loose)
    _name_variation(variation, find(shop, parent))
    save(shop, variation)
    sync_parent(shop, parent)
    return variation


def save(shop: Shop, product: dict[str, Any], fires: str | None = "product.updated") -> None:
    """Stores a changed product: its `date_modified` moves and its event fires."""
    times.stamp(product, "date_modified", shop.now(), shop.zone)
    if product["status"] == "publish" and not product["slug"]:
        product["slug"] = shop.free_slug(php.slug(product["name"]))
    shop.products.put(product)
    if fires:
        shop.fire(fires, product["id"])


def trash(shop: Shop, record_id: int) -> dict[str, Any]:
    """Moves a product to the trash and fires `product.deleted`; the answer shows it as it was. Raises RestError."""
    product = find(shop, record_id)
    if product["status"] == "trash":
        raise RestError(410, "woocommerce_rest_already_trashed", "The product has already been deleted.")
    shop.before_trash["product", record_id] = product["status"]
    save(shop, {**product, "status": "trash"}, "product.deleted")
    return product


def remove(shop: Shop, record_id: int) -> dict[str, Any]:
    """Deletes for good, a product with its variations. Fires nothing (observed). Raises RestError."""
    product = find(shop, record_id)
    for gone in (*shop.products.children(record_id), record_id):
        shop.products.remove(gone)
        shop.deleted_products.add(gone)
    if product["parent_id"] in shop.products:
        sync_parent(shop, product["parent_id"])
    return product


def restore(shop: Shop, record_id: int) -> dict[str, Any]:
    """Takes a product back from the trash, in its former status: `product.updated`, then `product.restored` (observed)."""
    product = find(shop, record_id)
    product["status"] = shop.before_trash.pop(("product", record_id), "draft")
    save(shop, product)
    shop.fire("product.restored", record_id)
    return product


def sync_parent(shop: Shop, parent_id: int) -> None:
    """A variable product's price and stock status follow its variations; its own topic does not fire (observed)."""
    parent = shop.products.get(parent_id)
    if parent is None or parent["type"] != "variable":
        return
    children = [shop.products[child] for child in shop.products.children(parent_id)]
    prices = [decimal(child["price"]) for child in children if child["price"] != ""]
    parent["price"] = next((c["price"] for c in children if c["price"] != "" and decimal(c["price"]) == min(prices)), "")
    parent["purchasable"] = parent["price"] != ""
    if not parent["manage_stock"] and children:
        found = {child["stock_status"] for child in children}
        parent["stock_status"] = next((s for s in ("instock", "onbackorder") if s in found), "outofstock")
    save(shop, parent, fires=None)


def apply(shop: Shop, product: dict[str, Any], body: dict[str, Any], loose: bool) -> None:
    """Puts the fields of a body into a product. Raises RestError when its SKU is taken."""
    given = {name: value for name, value in body.items() if value is not None}
    for name in _TEXTS:
        if name in given and name in product:
            product[name] = str(given[name])
    for name in _FLAGS:
        if name in given:
            product[name] = given[name] if isinstance(given[name], bool) else given[name] in ("true", "1", "yes", 1)
    for name in _NUMBERS:
        if name in given:
            product[name] = php.to_int(given[name])
    for name in _LISTS:
        if name in given:
            product[name] = given[name]
    for name, change_field in _SPECIAL.items():
        if name in given:
            change_field(shop, product, given[name])
    _sell(shop, product, given)
    _stock(product, body, loose)


def _set_name(shop: Shop, product: dict[str, Any], value: Any) -> None:
    product["name"] = php.title(str(value))


def _set_status(shop: Shop, product: dict[str, Any], value: Any) -> None:
    product["status"] = str(value)


def _set_type(shop: Shop, product: dict[str, Any], value: Any) -> None:
    if product["type"] != "variation":
        product["type"] = str(value)
        product["has_options"] = value == "variable"


def _set_slug(shop: Shop, product: dict[str, Any], value: Any) -> None:
    product["slug"] = shop.free_slug(php.slug(str(value)), but=product.get("id", 0)) if value else ""


def _set_sku(shop: Shop, product: dict[str, Any], value: Any) -> None:
    others = [record_id for record_id in shop.products.with_sku(str(value)) if record_id != product.get("id")] if value else []
    if others:
        taken = {"status": 400, "resource_id": others[0], "unique_sku": f"{value}-1"}
        raise RestError(400, "product_invalid_sku", "Invalid or duplicated SKU.", taken)
    product["sku"] = str(value)


def _set_dimensions(shop: Shop, product: dict[str, Any], value: Any) -> None:
    product["dimensions"] = {**product["dimensions"], **value}


def _set_categories(shop: Shop, product: dict[str, Any], value: Any) -> None:
    found = [shop.categories[part["id"]] for part in value if part.get("id") in shop.categories]
    product["categories"] = [{name: c[name] for name in ("id", "name", "slug")} for c in found or [shop.categories[15]]]


def _set_attributes(shop: Shop, product: dict[str, Any], value: Any) -> None:
    if product["type"] == "variation":
        product["attributes"] = [
            {"id": 0, "name": part["name"], "slug": php.slug(part["name"]), "option": part.get("option", "")} for part in value
        ]
        return
    product["attributes"] = [
        {
            "id": 0, "name": part["name"], "slug": part["name"], "position": part.get("position", 0),
            "visible": part.get("visible", False), "variation": part.get("variation", False), "options": part.get("options", []),
        }
        for part in value
    ]  # fmt: skip


def _set_images(shop: Shop, product: dict[str, Any], value: Any) -> None:
    product["images"] = [
        {"id": part.get("id") or shop.next_id(), **{name: part.get(name, "") for name in ("src", "name", "alt")}}
        for part in value
    ]  # fmt: skip


def _set_image(shop: Shop, product: dict[str, Any], value: Any) -> None:
    _set_images(shop, product, [value])


def _set_meta(shop: Shop, product: dict[str, Any], value: Any) -> None:
    merge_meta(product["meta_data"], value, shop.next_meta_id)


_SPECIAL = {
    "type": _set_type, "name": _set_name, "status": _set_status, "slug": _set_slug, "sku": _set_sku,
    "dimensions": _set_dimensions, "categories": _set_categories, "attributes": _set_attributes, "images": _set_images,
    "image": _set_image,
    "meta_data": _set_meta,
}  # fmt: skip


def _name_variation(variation: dict[str, Any], parent: dict[str, Any]) -> None:
    options = ", ".join(part["option"] for part in variation["attributes"])
    variation["name"] = f"{parent['name']} - {options}" if options else parent["name"]


def _sell(shop: Shop, product: dict[str, Any], given: dict[str, Any]) -> None:
    """The price of today, from the regular and the sale price and the days the sale runs."""
    for name in ("date_on_sale_from", "date_on_sale_to"):
        if given.get(f"{name}_gmt"):
            times.stamp(product, name, times.parse(str(given[f"{name}_gmt"]), UTC), shop.zone)
        elif given.get(name):
            times.stamp(product, name, times.parse(str(given[name]), shop.zone), shop.zone)
    if product["type"] in ("variable", "grouped"):
        return
    begins, ends = product["date_on_sale_from_gmt"], product["date_on_sale_to_gmt"]
    now = int(shop.now().timestamp())
    runs = (not begins or times.epoch(begins) <= now) and (not ends or now <= times.epoch(ends))
    cheaper = product["sale_price"] != "" and decimal(product["sale_price"]) < decimal(product["regular_price"])
    product["on_sale"] = runs and cheaper
    product["price"] = product["sale_price"] if product["on_sale"] else product["regular_price"]
    product["purchasable"] = product["price"] != ""
    product["shipping_required"] = not product["virtual"]
    product["shipping_taxable"] = not product["virtual"] and product["tax_status"] != "none"


def _stock(product: dict[str, Any], body: dict[str, Any], loose: bool) -> None:
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


def follow_quantity(product: dict[str, Any]) -> None:
    """Sets what depends on the quantity and on whether back orders are allowed."""
    product["backorders_allowed"] = product["backorders"] != "no"
    if product["manage_stock"]:
        below = "onbackorder" if product["backorders_allowed"] else "outofstock"
        product["stock_status"] = "instock" if (product["stock_quantity"] or 0) > 0 else below
    product["backordered"] = product["stock_status"] == "onbackorder"


def net_price(shop: Shop, product: dict[str, Any], quantity: int) -> Decimal:
    """The price of `quantity` pieces without tax. Prices are kept with the tax of the shop's own country, whoever buys."""
    gross = decimal(product["price"]) * quantity
    rate = shop.rate(shop.config.country, product)
    if rate is None or not shop.config.prices_include_tax:
        return kept(gross)
    return kept(gross / (1 + rate.percent / 100))
