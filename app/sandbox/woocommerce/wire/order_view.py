"""Orders as the API and the webhooks show them, field by field in the recorded order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.wire.money import shown

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
_AMOUNTS = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax")
_LINE_AMOUNTS = {
    "line_items": ("subtotal", "subtotal_tax", "total", "total_tax"),
    "shipping_lines": ("total", "total_tax"),
    "fee_lines": ("total", "total_tax"),
    "tax_lines": ("tax_total", "shipping_tax_total"),
}
_LINKS_ALLOW = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}


def new_order(shop: Shop, created_via: str) -> Resource:
    """An empty order with every field at its default. Amounts are kept with up to six decimals."""
    return {
        "id": 0, "parent_id": 0, "status": "pending", "currency": shop.config.currency, "version": shop.config.version,
        "prices_include_tax": shop.config.prices_include_tax, "date_created": None, "date_modified": None,
        **dict.fromkeys(_AMOUNTS, "0.00"), "customer_id": 0, "order_key": "",
        "billing": {**dict.fromkeys(_ADDRESS, ""), "email": "", "phone": ""},
        "shipping": {**dict.fromkeys(_ADDRESS, ""), "phone": ""},
        "payment_method": "", "payment_method_title": "", "transaction_id": "", "customer_ip_address": "",
        "customer_user_agent": "", "created_via": created_via, "customer_note": "", "date_completed": None, "date_paid": None,
        "cart_hash": "", "number": "", "meta_data": [], "line_items": [], "tax_lines": [], "shipping_lines": [],
        "fee_lines": [], "coupon_lines": [], "refunds": [], "payment_url": "", "is_editable": True, "needs_payment": False,
        "needs_processing": False, "date_created_gmt": None, "date_modified_gmt": None, "date_completed_gmt": None,
        "date_paid_gmt": None, "currency_symbol": shop.config.currency_symbol,
    }  # fmt: skip


def from_resource(shop: Shop, resource: Resource) -> Resource:
    """An order to store, from a recorded one."""
    order = new_order(shop, "rest-api")
    order.update({name: value for name, value in resource.items() if name in order})
    return order


def show(shop: Shop, order: Resource, base_url: str, decimals: int = 2) -> Resource:
    """As `/orders/ID` and webhooks have it; amounts with `decimals` decimals."""
    shown_order = {**order, **{name: shown(order[name], decimals) for name in _AMOUNTS}}
    for lines, amounts in _LINE_AMOUNTS.items():
        shown_order[lines] = [show_line(shop, line, amounts, decimals) for line in order[lines]]
    collection = f"{base_url}/wp-json/wc/v3/orders"
    own = f"{collection}/{order['id']}"
    shown_order["_links"] = {
        "self": [{"href": own, "targetHints": _LINKS_ALLOW}],
        "collection": [{"href": collection}],
        "email_templates": [{"embeddable": True, "href": f"{own}/actions/email_templates"}],
    }
    if order["customer_id"]:
        shown_order["_links"]["customer"] = [{"href": f"{base_url}/wp-json/wc/v3/customers/{order['customer_id']}"}]
    return shown_order


def show_line(shop: Shop, line: Resource, amounts: tuple[str, ...], decimals: int) -> Resource:
    """One line. When its product was deleted later, product 0 and no SKU stand there; the name stays (observed)."""
    shown_line = {**line, **{name: shown(line[name], decimals) for name in amounts}}
    if "taxes" in line:
        shown_line["taxes"] = [
            {**tax, "total": shown(tax["total"], decimals), "subtotal": shown(tax["subtotal"], decimals)} for tax in line["taxes"]
        ]
    if shop.deleted_products and line.get("product_id") in shop.deleted_products:
        shown_line.update(product_id=0, variation_id=0, sku=None)
    elif shop.deleted_products and line.get("variation_id") in shop.deleted_products:
        shown_line.update(variation_id=0)
    return shown_line
