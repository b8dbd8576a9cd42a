"""Products and variations as the API and the webhooks show them, field by field in the recorded order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.sandbox.woocommerce.http import php
from app.sandbox.woocommerce.wire.money import cents, decimal

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

_ALLOW = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
_BLANK: dict[str, Any] = {
    "id": 0, "name": "", "slug": "", "permalink": "", "date_created": None, "date_created_gmt": None, "date_modified": None,
    "date_modified_gmt": None, "type": "simple", "status": "publish", "featured": False, "catalog_visibility": "visible",
    "description": "", "short_description": "", "sku": "", "price": "", "regular_price": "", "sale_price": "",
    "date_on_sale_from": None, "date_on_sale_from_gmt": None, "date_on_sale_to": None, "date_on_sale_to_gmt": None,
    "on_sale": False, "purchasable": False, "total_sales": 0, "virtual": False, "downloadable": False, "downloads": [],
    "download_limit": -1, "download_expiry": -1, "external_url": "", "button_text": "", "tax_status": "taxable",
    "tax_class": "", "manage_stock": False, "stock_quantity": None, "backorders": "no", "backorders_allowed": False,
    "backordered": False, "low_stock_amount": None, "sold_individually": False, "weight": "", "dimensions": {},
    "shipping_required": True, "shipping_taxable": True, "shipping_class": "", "shipping_class_id": 0, "reviews_allowed": True,
    "average_rating": "0.00", "rating_count": 0, "upsell_ids": [], "cross_sell_ids": [], "parent_id": 0, "purchase_note": "",
    "categories": [], "brands": [], "tags": [], "images": [], "attributes": [], "default_attributes": [], "variations": [],
    "grouped_products": [], "menu_order": 0, "price_html": "", "related_ids": [], "meta_data": [], "stock_status": "instock",
    "has_options": False, "post_password": "", "global_unique_id": "",
}  # fmt: skip
_VARIATION = (
    "id", "type", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "description", "permalink", "sku",
    "global_unique_id", "price", "regular_price", "sale_price", "date_on_sale_from", "date_on_sale_from_gmt", "date_on_sale_to",
    "date_on_sale_to_gmt", "on_sale", "status", "purchasable", "virtual", "downloadable", "downloads", "download_limit",
    "download_expiry", "tax_status", "tax_class", "manage_stock", "stock_quantity", "stock_status", "backorders",
    "backorders_allowed", "backordered", "low_stock_amount", "weight", "dimensions", "shipping_class", "shipping_class_id",
    "image", "gallery_image_ids", "attributes", "menu_order", "meta_data", "name", "parent_id",
)  # fmt: skip
_FROM_PARENT = ("stock_quantity", "stock_status", "backorders", "backorders_allowed", "backordered")


def new_product(kind: str) -> dict[str, Any]:
    """A product with every field at its default."""
    product = {name: value.copy() if isinstance(value, list | dict) else value for name, value in _BLANK.items()}
    product.update(type=kind, dimensions={"length": "", "width": "", "height": ""}, has_options=kind == "variable")
    if kind == "variable":
        product["stock_status"] = "outofstock"
    if kind == "variation":
        product.update(total_sales="0", reviews_allowed=False)
    else:
        product["categories"] = [{"id": 15, "name": "Uncategorized", "slug": "uncategorized"}]
    return product


def from_resource(resource: dict[str, Any], parent: dict[str, Any] | None) -> dict[str, Any]:
    """A product to store, from a recorded one: either the product's own shape, or that of `/variations`."""
    product = new_product(resource["type"])
    product.update({name: value for name, value in resource.items() if name in product})
    if product["type"] != "variation":
        return product
    if product["manage_stock"] == "parent":
        product.update(manage_stock=False, stock_quantity=None)
    if parent is not None:
        if product["sku"] == parent["sku"]:
            product["sku"] = ""
        if "slug" not in resource:
            options = resource["name"]
            product["name"] = f"{parent['name']} - {options}" if options else parent["name"]
    return product


def inherited(shop: Shop, product: dict[str, Any]) -> dict[str, Any]:
    """A variation with what it takes from its parent: the SKU when it has none, the stock when the parent keeps it."""
    parent = shop.products.get(product["parent_id"]) if product["type"] == "variation" else None
    if parent is None:
        return product
    shown = {**product, "sku": product["sku"] or parent["sku"]}
    if parent["manage_stock"] and not product["manage_stock"]:
        shown.update({name: parent[name] for name in _FROM_PARENT}, manage_stock="parent")
    return shown


def show(shop: Shop, product: dict[str, Any], base_url: str, editing: bool = False) -> dict[str, Any]:
    """As `/products/ID` and webhooks have it. `editing` is the answer to a write: raw texts and two fields more (observed)."""
    shown = inherited(shop, product)
    shown = {**shown, "permalink": _permalink(shop, product), "price_html": _price_html(shop, product)}
    if product["type"] == "variable":
        shown["variations"] = shop.products.children(product["id"]) or product["variations"]
    if editing:
        shown["permalink_template"] = f"{base_url}/product/%pagename%/"
        shown["generated_slug"] = php.slug(product["name"])
        shown["average_rating"] = product["average_rating"].removesuffix(".00")
    else:
        shown["description"] = _paragraph(product["description"])
        shown["short_description"] = _paragraph(product["short_description"])
    collection = f"{base_url}/wp-json/wc/v3/products"
    shown["_links"] = {
        "self": [{"href": f"{collection}/{product['id']}", "targetHints": _ALLOW}],
        "collection": [{"href": collection}],
    }
    if product["parent_id"]:
        shown["_links"]["up"] = [{"href": f"{collection}/{product['parent_id']}"}]
    return shown


def show_variation(shop: Shop, variation: dict[str, Any], base_url: str, editing: bool = False) -> dict[str, Any]:
    """As `/products/ID/variations/VID` has it: fewer fields, and the options alone as its name. The answer to a write says
    `parent` where the tax class is the parent's (observed)."""
    full = inherited(shop, variation)
    if editing:
        full = {**full, "tax_class": variation["tax_class"] or "parent"}
    image = variation["images"][0] if variation["images"] else None
    name = ", ".join(part["option"] for part in variation["attributes"])
    full = {**full, "permalink": _permalink(shop, variation), "image": image, "gallery_image_ids": [], "name": name}
    shown = {field: full[field] for field in _VARIATION}
    up = f"{base_url}/wp-json/wc/v3/products/{variation['parent_id']}"
    shown["_links"] = {
        "self": [{"href": f"{up}/variations/{variation['id']}", "targetHints": _ALLOW}],
        "collection": [{"href": f"{up}/variations"}],
        "up": [{"href": up}],
    }
    return shown


def _paragraph(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text if text.startswith('<p>') else f'<p>{text}</p>'}\n"


def _permalink(shop: Shop, product: dict[str, Any]) -> str:
    home = shop.config.home_url.rstrip("/")
    parent = shop.products.get(product["parent_id"]) if product["type"] == "variation" else None
    slug = (parent or product)["slug"]
    if not slug:
        return f"{home}/?post_type=product&p={product['id']}"
    options = "&".join(f"attribute_{part['slug']}={quote(part['option'])}" for part in product["attributes"] if parent)
    return f"{home}/product/{slug}/{'?' if options else ''}{options}"


def _price_html(shop: Shop, product: dict[str, Any]) -> str:
    if product["price"] == "":
        return ""
    rate = shop.rate(shop.config.country, product)
    net = decimal(product["price"]) / (1 + rate.percent / 100) if rate else decimal(product["price"])
    amount = f"{cents(net):,}".translate(str.maketrans(",.", " ,"))
    symbol = "".join(f"&#{ord(letter)};" for letter in shop.config.currency_symbol)
    currency = f'<span class="woocommerce-Price-currencySymbol" translate="no">{symbol}</span>'
    return f'<span class="woocommerce-Price-amount amount"><bdi>{currency}&nbsp;{amount}</bdi></span>'
