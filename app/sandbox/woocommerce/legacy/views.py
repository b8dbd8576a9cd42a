"""Orders, products, customers, notes, refunds and webhooks as the legacy API shows them, in their envelopes' insides.

Source: WooCommerce 2.3 to 2.6, includes/api (v2) and includes/api/legacy/v3, classes WC_API_Orders, WC_API_Products and
WC_API_Webhooks. Times are UTC with a `Z`.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.sandbox.woocommerce.wire.money import decimal, text

Resource = dict[str, Any]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")


def moment(utc_text: str | None) -> str:
    return f"{utc_text}Z" if utc_text else ""


def _amount(value: Any) -> str:
    return f"{decimal(value):.2f}"


def _address(stored: Resource, *more: str) -> Resource:
    return {name: stored[name] for name in (*_ADDRESS, *more)}


def order(products: Products, stored: Resource, version: str) -> Resource:
    """An order that is not completed has the time of the answer as its `completed_at`, for PHP reads an empty time as now."""
    completed = stored["date_completed_gmt"] or products.site.now().strftime("%Y-%m-%dT%H:%M:%S")
    shown: Resource = {
        "id": stored["id"], "order_number": stored["number"], "created_at": moment(stored["date_created_gmt"]),
        "updated_at": moment(stored["date_modified_gmt"]), "completed_at": moment(completed), "status": stored["status"],
        "currency": stored["currency"], "total": _amount(stored["total"]),
        "subtotal": text(sum((decimal(line["subtotal"]) for line in stored["line_items"]), decimal(0))),
        "total_line_items_quantity": sum(line["quantity"] for line in stored["line_items"]),
        "total_tax": _amount(stored["total_tax"]), "total_shipping": _amount(stored["shipping_total"]),
        "cart_tax": _amount(stored["cart_tax"]), "shipping_tax": _amount(stored["shipping_tax"]),
        "total_discount": _amount(stored["discount_total"]),
        "shipping_methods": ", ".join(line["method_title"] for line in stored["shipping_lines"]),
        "payment_details": {
            "method_id": stored["payment_method"], "method_title": stored["payment_method_title"],
            "paid": stored["date_paid"] is not None,
        },
        "billing_address": _address(stored["billing"], "email", "phone"), "shipping_address": _address(stored["shipping"]),
        "note": stored["customer_note"], "customer_ip": stored["customer_ip_address"],
        "customer_user_agent": stored["customer_user_agent"], "customer_id": stored["customer_id"],
        "view_order_url": f"{products.site.config.home}/my-account/view-order/{stored['id']}",
        "line_items": [line(products, part) for part in stored["line_items"]],
        "shipping_lines": [
            {**{name: part[name] for name in ("id", "method_id", "method_title")}, "total": _amount(part["total"])}
            for part in stored["shipping_lines"]
        ],
        "tax_lines": [
            {
                "id": part["id"], "rate_id": part["rate_id"], "code": part["rate_code"], "title": part["label"],
                "total": text(decimal(part["tax_total"]) + decimal(part["shipping_tax_total"])), "compound": part["compound"],
            }
            for part in stored["tax_lines"]
        ],
        "fee_lines": [
            {
                "id": part["id"], "title": part["name"], "tax_class": part["tax_class"] or None, "total": _amount(part["total"]),
                "total_tax": _amount(part["total_tax"]),
            }
            for part in stored["fee_lines"]
        ],
        "coupon_lines": [
            {"id": part["id"], "code": part["code"], "amount": _amount(part["discount"])} for part in stored["coupon_lines"]
        ],
    }  # fmt: skip
    return {**shown, "order_key": stored["order_key"], "is_vat_exempt": False} if version == "v3" else shown


def line(products: Products, stored: Resource) -> Resource:
    """A line's product is the variation, if it is one; null when it was deleted."""
    product = products.of_line(stored)
    return {
        "id": stored["id"], "subtotal": _amount(stored["subtotal"]), "subtotal_tax": _amount(stored["subtotal_tax"]),
        "total": _amount(stored["total"]), "total_tax": _amount(stored["total_tax"]), "price": _amount(stored["price"]),
        "quantity": stored["quantity"], "tax_class": stored["tax_class"] or None, "name": stored["name"],
        "product_id": product["id"] if product else None,
        "sku": products.effective(product)["sku"] if product else None,
        "meta": [
            {"key": meta["key"], "label": meta.get("display_key", meta["key"]), "value": meta["value"]}
            for meta in stored["meta_data"]
            if not meta["key"].startswith("_")
        ],
    }  # fmt: skip


def product(products: Products, stored: Resource, version: str) -> Resource:
    """With its variations inside, or, of a variation, its parent."""
    children = [products[child] for child in products.children(stored["id"])]
    parent = products.get(stored["parent_id"]) if stored["type"] == "variation" else None
    shown: Resource = {
        "title": parent["name"] if parent else stored["name"], **_sold(products, stored), "type": stored["type"],
        "status": stored["status"], "price_html": "", "sold_individually": stored["sold_individually"],
        "featured": stored["featured"], "catalog_visibility": stored["catalog_visibility"],
        "description": stored["description"], "short_description": stored["short_description"],
        "reviews_allowed": stored["reviews_allowed"], "average_rating": stored["average_rating"],
        "rating_count": stored["rating_count"], "related_ids": [], "upsell_ids": stored["upsell_ids"],
        "cross_sell_ids": stored["cross_sell_ids"], "parent_id": stored["parent_id"],
        "categories": [category["name"] for category in stored["categories"]], "tags": [], "images": stored["images"],
        "featured_src": stored["images"][0]["src"] if stored["images"] else "", "download_type": "standard",
        "purchase_note": stored["purchase_note"], "total_sales": int(stored["total_sales"]),
        "variations": [_variation(products, child) for child in children],
        "parent": product(products, parent, version) if parent else [],
    }  # fmt: skip
    if version == "v3":
        shown |= {"product_url": stored["external_url"], "button_text": stored["button_text"], "grouped_products": []}
        shown["menu_order"] = stored["menu_order"]
    return shown


def _variation(products: Products, stored: Resource) -> Resource:
    return {**_sold(products, stored), "image": stored["images"]}


def _sold(products: Products, stored: Resource) -> Resource:
    """What products and variations have in common."""
    now = products.effective(stored)
    return {
        "id": stored["id"], "created_at": moment(stored["date_created_gmt"]), "updated_at": moment(stored["date_modified_gmt"]),
        "downloadable": stored["downloadable"], "virtual": stored["virtual"], "permalink": stored["permalink"],
        "sku": now["sku"], "price": stored["price"], "regular_price": stored["regular_price"],
        "sale_price": stored["sale_price"] or None, "taxable": stored["tax_status"] == "taxable",
        "tax_status": stored["tax_status"], "tax_class": stored["tax_class"], "managing_stock": now["manage_stock"],
        "stock_quantity": now["stock_quantity"], "in_stock": now["stock_status"] != "outofstock",
        "backorders_allowed": now["backorders_allowed"], "backordered": now["backordered"],
        "purchaseable": stored["purchasable"], "visible": stored["status"] == "publish", "on_sale": stored["on_sale"],
        "weight": stored["weight"] or None, "dimensions": {**stored["dimensions"], "unit": products.site.config.dimension_unit},
        "shipping_required": not stored["virtual"], "shipping_taxable": stored["shipping_taxable"],
        "shipping_class": stored["shipping_class"], "shipping_class_id": stored["shipping_class_id"] or None,
        "attributes": stored["attributes"], "downloads": stored["downloads"],
        "download_limit": max(stored["download_limit"], 0), "download_expiry": max(stored["download_expiry"], 0),
    }  # fmt: skip


def customer(stored: Resource) -> Resource:
    return {
        "id": stored["id"], "created_at": moment(stored["date_created_gmt"]), "email": stored["email"],
        "first_name": stored["first_name"], "last_name": stored["last_name"], "username": stored["username"],
        "avatar_url": stored["avatar_url"], "billing_address": _address(stored["billing"], "email", "phone"),
        "shipping_address": _address(stored["shipping"]),
    }  # fmt: skip


def note(stored: Resource) -> Resource:
    """Its id is text, as WordPress has it."""
    return {
        "id": str(stored["id"]), "created_at": moment(stored["date_created_gmt"]), "note": stored["note"],
        "customer_note": stored["customer_note"],
    }  # fmt: skip


def refund(products: Products, stored: Resource) -> Resource:
    return {
        "id": stored["id"], "created_at": moment(stored["date_created_gmt"]), "amount": _amount(stored["amount"]),
        "reason": stored["reason"],
        "line_items": [{**line(products, part), "refunded_item_id": _refunded(part)} for part in stored["line_items"]],
    }  # fmt: skip


def _refunded(part: Resource) -> int:
    return int(next(meta["value"] for meta in part["meta_data"] if meta["key"] == "_refunded_item_id"))


def webhook(stored: Webhook) -> Resource:
    shown = stored.resource("", ZoneInfo("UTC"))
    names = ("id", "name", "status", "topic", "resource", "event", "hooks", "delivery_url")
    times = {"created_at": moment(shown["date_created_gmt"]), "updated_at": moment(shown["date_modified_gmt"])}
    return {**{name: shown[name] for name in names}, **times}


def order_statuses() -> dict[str, str]:
    return {
        "pending": "Pending payment", "processing": "Processing", "on-hold": "On hold", "completed": "Completed",
        "cancelled": "Cancelled", "refunded": "Refunded", "failed": "Failed",
    }  # fmt: skip
