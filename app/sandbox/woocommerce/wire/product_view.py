"""Products and variations as the API and the webhooks show them, field by field in the recorded order."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.links import links
from app.sandbox.woocommerce.wire.money import cents, decimal

Resource = dict[str, Any]

_BLANK: Resource = {
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


def new_product(kind: str) -> Resource:
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


def from_resource(resource: Resource, parent: Resource | None) -> Resource:
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


def inherited(product: Resource, parent: Resource | None) -> Resource:
    """A variation with what it takes from its parent: the SKU when it has none, the stock when the parent keeps it."""
    if parent is None:
        return product
    shown = {**product, "sku": product["sku"] or parent["sku"]}
    if parent["manage_stock"] and not product["manage_stock"]:
        shown.update({name: parent[name] for name in _FROM_PARENT}, manage_stock="parent")
    return shown


class ProductView:
    """Shows the products of one shop. `parent` is that of a variation, None for everything else."""

    def __init__(self, config: ShopConfig) -> None:
        self._config = config

    def product(
        self, product: Resource, parent: Resource | None, children: list[int], base_url: str, editing: bool = False
    ) -> Resource:
        """As `/products/ID` and webhooks have it. `editing` is the answer to a write: raw texts, two fields more (observed)."""
        shown = inherited(product, parent)
        shown = {**shown, "permalink": self._permalink(product, parent), "price_html": self._price_html(product)}
        if product["type"] == "variable":
            shown["variations"] = children or product["variations"]
        if editing:
            shown["permalink_template"] = f"{base_url}/product/%pagename%/"
            shown["generated_slug"] = php.slug(product["name"])
            shown["average_rating"] = product["average_rating"].removesuffix(".00")
        else:
            shown["description"] = _paragraph(product["description"])
            shown["short_description"] = _paragraph(product["short_description"])
        collection = f"{base_url}/wp-json/wc/v3/products"
        up = f"{collection}/{product['parent_id']}" if product["parent_id"] else None
        return {**shown, "_links": links(collection, product["id"], up=up)}

    def variation(self, variation: Resource, parent: Resource | None, base_url: str, editing: bool = False) -> Resource:
        """As `/products/ID/variations/VID` has it: fewer fields, and the options alone as its name. The answer to a write says
        `parent` where the tax class is the parent's (observed)."""
        full = inherited(variation, parent)
        if editing:
            full = {**full, "tax_class": variation["tax_class"] or "parent"}
        image = variation["images"][0] if variation["images"] else None
        name = ", ".join(part["option"] for part in variation["attributes"])
        full = {**full, "permalink": self._permalink(variation, parent), "image": image, "gallery_image_ids": [], "name": name}
        up = f"{base_url}/wp-json/wc/v3/products/{variation['parent_id']}"
        return {**{field: full[field] for field in _VARIATION}, "_links": links(f"{up}/variations", variation["id"], up=up)}

    def _permalink(self, product: Resource, parent: Resource | None) -> str:
        slug = (parent or product)["slug"]
        if not slug:
            return f"{self._config.home}/?post_type=product&p={product['id']}"
        options = "&".join(f"attribute_{part['slug']}={quote(part['option'])}" for part in product["attributes"] if parent)
        return f"{self._config.home}/product/{slug}/{'?' if options else ''}{options}"

    def _price_html(self, product: Resource) -> str:
        if product["price"] == "":
            return ""
        rate = self._config.rate(self._config.country, product)
        net = decimal(product["price"]) / (1 + rate.percent / 100) if rate else decimal(product["price"])
        amount = f"{cents(net):,}".translate(str.maketrans(",.", " ,"))
        symbol = php.all_entities(self._config.currency_symbol)
        currency = f'<span class="woocommerce-Price-currencySymbol" translate="no">{symbol}</span>'
        return f'<span class="woocommerce-Price-amount amount"><bdi>{currency}&nbsp;{amount}</bdi></span>'


def _paragraph(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text if text.startswith('<p>') else f'<p>{text}</p>'}\n"
