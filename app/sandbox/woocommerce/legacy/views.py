"""Orders, products, customers, notes, refunds and webhooks as the legacy API shows them, in their envelopes' insides.

Source: WooCommerce 2.3 to 2.6, includes/api (v2) and includes/api/legacy/v3, classes WC_API_Orders, WC_API_Products and
WC_API_Webhooks. Times are UTC with a `Z`.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.legacy.shapes import moment, shape
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.sandbox.woocommerce.wire.meta import find_meta
from app.sandbox.woocommerce.wire.money import decimal, text

Resource = dict[str, Any]

ORDER_STATUSES = {
    "pending": "Pending payment", "processing": "Processing", "on-hold": "On hold", "completed": "Completed",
    "cancelled": "Cancelled", "refunded": "Refunded", "failed": "Failed",
}  # fmt: skip

_ORDER = shape("""
    id status currency, order_number = number, created_at = date_created_gmt: moment, updated_at = date_modified_gmt: moment,
    total total_tax cart_tax shipping_tax: amount, total_shipping = shipping_total: amount,
    total_discount = discount_total: amount, billing_address = billing: billing, shipping_address = shipping: address,
    note = customer_note, customer_ip = customer_ip_address, customer_user_agent customer_id
""")
_LINE = shape("id quantity name, subtotal subtotal_tax total total_tax price: amount, tax_class: or_null")
_SHIPPING_LINE = shape("id method_id method_title, total: amount")
_FEE_LINE = shape("id, title = name, tax_class: or_null, total total_tax: amount")
_COUPON_LINE = shape("id code, amount = discount: amount")
_TAX_LINE = shape("id rate_id, code = rate_code, title = label, compound")
_SOLD = shape("""
    id downloadable virtual permalink price regular_price, sale_price: or_null, tax_status tax_class on_sale,
    created_at = date_created_gmt: moment, updated_at = date_modified_gmt: moment, purchaseable = purchasable, weight: or_null,
    shipping_taxable shipping_class, shipping_class_id: or_null, attributes downloads,
    download_limit download_expiry: not_below_0
""")
_STOCK = shape("sku stock_quantity backorders_allowed backordered, managing_stock = manage_stock")
_PRODUCT = shape("""
    type status sold_individually featured catalog_visibility description short_description reviews_allowed average_rating,
    rating_count upsell_ids cross_sell_ids parent_id images purchase_note, total_sales: whole
""")
_PRODUCT_V3 = shape("product_url = external_url, button_text menu_order")
customer = shape("""
    id email first_name last_name username avatar_url, created_at = date_created_gmt: moment,
    billing_address = billing: billing, shipping_address = shipping: address
""")
note = shape("id: text, created_at = date_created_gmt: moment, note customer_note")
_REFUND = shape("id reason, created_at = date_created_gmt: moment, amount: amount")
_WEBHOOK = shape("""
    id name status topic resource event hooks delivery_url, created_at = date_created_gmt: moment,
    updated_at = date_modified_gmt: moment
""")


def order(products: Products, stored: Resource, version: str) -> Resource:
    """An order that is not completed has the time of the answer as its `completed_at`, for PHP reads an empty time as now."""
    lines = stored["line_items"]
    completed = stored["date_completed_gmt"] or products.site.now().strftime("%Y-%m-%dT%H:%M:%S")
    payment = {"method_id": stored["payment_method"], "method_title": stored["payment_method_title"]}
    shown = {
        **_ORDER(stored),
        "completed_at": moment(completed),
        "subtotal": text(sum((decimal(part["subtotal"]) for part in lines), decimal(0))),
        "total_line_items_quantity": sum(part["quantity"] for part in lines),
        "shipping_methods": ", ".join(part["method_title"] for part in stored["shipping_lines"]),
        "payment_details": {**payment, "paid": stored["date_paid"] is not None},
        "view_order_url": f"{products.site.config.home}/my-account/view-order/{stored['id']}",
        "line_items": [line(products, part) for part in lines],
        "shipping_lines": [_SHIPPING_LINE(part) for part in stored["shipping_lines"]],
        "tax_lines": [{**_TAX_LINE(part), "total": _tax(part)} for part in stored["tax_lines"]],
        "fee_lines": [_FEE_LINE(part) for part in stored["fee_lines"]],
        "coupon_lines": [_COUPON_LINE(part) for part in stored["coupon_lines"]],
    }
    return {**shown, "order_key": stored["order_key"], "is_vat_exempt": False} if version == "v3" else shown


def _tax(part: Resource) -> str:
    return text(decimal(part["tax_total"]) + decimal(part["shipping_tax_total"]))


def line(products: Products, stored: Resource) -> Resource:
    """A line's product is the variation, if it is one; null when it was deleted."""
    product = products.of_line(stored)
    meta = [
        {"key": entry["key"], "label": entry.get("display_key", entry["key"]), "value": entry["value"]}
        for entry in stored["meta_data"]
        if not entry["key"].startswith("_")
    ]
    sold = {"product_id": product["id"], "sku": products.effective(product)["sku"]} if product else {}
    return {**_LINE(stored), "product_id": None, "sku": None, **sold, "meta": meta}


def product(products: Products, stored: Resource, version: str) -> Resource:
    """With its variations inside, or, of a variation, its parent."""
    children = [products[child] for child in products.children(stored["id"])]
    parent = products.parent_of(stored)
    shown = {
        **_sold(products, stored), **_PRODUCT(stored), "title": parent["name"] if parent else stored["name"], "price_html": "",
        "related_ids": [], "categories": [category["name"] for category in stored["categories"]], "tags": [],
        "featured_src": stored["images"][0]["src"] if stored["images"] else "", "download_type": "standard",
        "variations": [{**_sold(products, child), "image": child["images"]} for child in children],
        "parent": product(products, parent, version) if parent else [],
    }  # fmt: skip
    return {**shown, **_PRODUCT_V3(stored), "grouped_products": []} if version == "v3" else shown


def _sold(products: Products, stored: Resource) -> Resource:
    """What products and variations have in common."""
    now = products.effective(stored)
    return {
        **_SOLD(stored), **_STOCK(now), "in_stock": now["stock_status"] != "outofstock",
        "taxable": stored["tax_status"] == "taxable", "visible": stored["status"] == "publish",
        "shipping_required": not stored["virtual"],
        "dimensions": {**stored["dimensions"], "unit": products.site.config.dimension_unit},
    }  # fmt: skip


def refund(products: Products, stored: Resource) -> Resource:
    lines = [{**line(products, part), "refunded_item_id": _refunded(part)} for part in stored["line_items"]]
    return {**_REFUND(stored), "line_items": lines}


def _refunded(part: Resource) -> int:
    return int(find_meta(part["meta_data"], "_refunded_item_id"))


def webhook(stored: Webhook) -> Resource:
    return _WEBHOOK(stored.resource("", ZoneInfo("UTC")))
