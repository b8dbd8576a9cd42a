"""Orders as the API and the webhooks show them, field by field in the recorded order."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.wire.links import links
from app.sandbox.woocommerce.wire.money import shown

Resource = dict[str, Any]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
_AMOUNTS = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax")
_LINE_AMOUNTS = {
    "line_items": ("subtotal", "subtotal_tax", "total", "total_tax"),
    "shipping_lines": ("total", "total_tax"),
    "fee_lines": ("total", "total_tax"),
    "tax_lines": ("tax_total", "shipping_tax_total"),
}


def new_order(config: ShopConfig, created_via: str) -> Resource:
    """An empty order with every field at its default. Amounts are kept with up to six decimals."""
    return {
        "id": 0, "parent_id": 0, "status": "pending", "currency": config.currency, "version": config.version,
        "prices_include_tax": config.prices_include_tax, "date_created": None, "date_modified": None,
        **dict.fromkeys(_AMOUNTS, "0.00"), "customer_id": 0, "order_key": "",
        "billing": {**dict.fromkeys(_ADDRESS, ""), "email": "", "phone": ""},
        "shipping": {**dict.fromkeys(_ADDRESS, ""), "phone": ""},
        "payment_method": "", "payment_method_title": "", "transaction_id": "", "customer_ip_address": "",
        "customer_user_agent": "", "created_via": created_via, "customer_note": "", "date_completed": None, "date_paid": None,
        "cart_hash": "", "number": "", "meta_data": [], "line_items": [], "tax_lines": [], "shipping_lines": [],
        "fee_lines": [], "coupon_lines": [], "refunds": [], "payment_url": "", "is_editable": True, "needs_payment": False,
        "needs_processing": False, "date_created_gmt": None, "date_modified_gmt": None, "date_completed_gmt": None,
        "date_paid_gmt": None, "currency_symbol": config.currency_symbol,
    }  # fmt: skip


def from_resource(config: ShopConfig, resource: Resource) -> Resource:
    """An order to store, from a recorded one."""
    order = new_order(config, "rest-api")
    order.update({name: value for name, value in resource.items() if name in order})
    return order


def show(order: Resource, base_url: str, decimals: int, gone: Set[int]) -> Resource:
    """As `/orders/ID` and webhooks have it; amounts with `decimals` decimals. `gone` are the products deleted for good."""
    shown_order = {**order, **{name: shown(order[name], decimals) for name in _AMOUNTS}}
    for lines, amounts in _LINE_AMOUNTS.items():
        shown_order[lines] = [show_line(line, amounts, decimals, gone) for line in order[lines]]
    collection = f"{base_url}/wp-json/wc/v3/orders"
    templates = {"embeddable": True, "href": f"{collection}/{order['id']}/actions/email_templates"}
    shown_order["_links"] = {**links(collection, order["id"]), "email_templates": [templates]}
    if order["customer_id"]:
        shown_order["_links"]["customer"] = [{"href": f"{base_url}/wp-json/wc/v3/customers/{order['customer_id']}"}]
    return shown_order


def show_refund(refund: Resource, order_id: int, base_url: str, decimals: int, gone: Set[int]) -> Resource:
    up = f"{base_url}/wp-json/wc/v3/orders/{order_id}"
    lines = [show_line(line, _LINE_AMOUNTS["line_items"], decimals, gone) for line in refund["line_items"]]
    return {**refund, "line_items": lines, "_links": links(f"{up}/refunds", refund["id"], ("GET", "DELETE"), up)}


def show_note(note: Resource, order_id: int, base_url: str) -> Resource:
    up = f"{base_url}/wp-json/wc/v3/orders/{order_id}"
    return {**note, "_links": links(f"{up}/notes", note["id"], ("GET", "DELETE"), up)}


def show_line(line: Resource, amounts: tuple[str, ...], decimals: int, gone: Set[int]) -> Resource:
    """One line. When its product was deleted later, product 0 and no SKU stand there; the name stays (observed)."""
    shown_line = {**line, **{name: shown(line[name], decimals) for name in amounts}}
    if "taxes" in line:
        shown_line["taxes"] = [
            {**tax, "total": shown(tax["total"], decimals), "subtotal": shown(tax["subtotal"], decimals)} for tax in line["taxes"]
        ]
    if gone and line.get("product_id") in gone:
        shown_line.update(product_id=0, variation_id=0, sku=None)
    elif gone and line.get("variation_id") in gone:
        shown_line.update(variation_id=0)
    return shown_line
