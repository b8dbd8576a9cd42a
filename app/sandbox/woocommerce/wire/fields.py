"""The body fields each route takes, with the types WooCommerce 11.0.1 gives them in its schema."""

from __future__ import annotations

from app.sandbox.woocommerce.wire.rules import BOOLEAN, DATE, IDS, INTEGER, MIXED, NUMBER, READ_ONLY, STRING, Rule, Rules

ORDER_STATUSES = (
    "auto-draft", "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft",
)  # fmt: skip
PRODUCT_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")


def _read_only(*names: str) -> Rules:
    return dict.fromkeys(names, READ_ONLY)


def _list_of(fields: Rules) -> Rule:
    return Rule("array", items=Rule("object", fields=fields))


META = _list_of({"id": INTEGER, "key": STRING, "value": MIXED, **_read_only("display_key", "display_value")})
_ADDRESS = dict.fromkeys(
    ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "phone"), STRING
)
BILLING = Rule("object", fields={**_ADDRESS, "email": Rule("string", format="email")})
SHIPPING = Rule("object", fields=_ADDRESS)

_LINE = {
    "id": INTEGER, "name": MIXED, "product_id": MIXED, "variation_id": INTEGER, "quantity": INTEGER, "tax_class": STRING,
    "subtotal": STRING, "total": STRING, "sku": MIXED, "meta_data": META,
    **_read_only("subtotal_tax", "total_tax", "taxes", "price", "image", "parent_name", "global_unique_id"),
}  # fmt: skip
_SHIPPING_LINE = {
    "id": INTEGER, "method_title": MIXED, "method_id": MIXED, "instance_id": STRING, "total": STRING, "meta_data": META,
    **_read_only("total_tax", "taxes", "tax_status"),
}  # fmt: skip
_FEE_LINE = {
    "id": INTEGER, "name": MIXED, "tax_class": STRING, "tax_status": Rule("string", choices=("taxable", "none")),
    "total": STRING, "meta_data": META, **_read_only("amount", "total_tax", "taxes"),
}  # fmt: skip
_COUPON_LINE = {
    "id": INTEGER, "code": MIXED, "discount": STRING, "meta_data": META,
    **_read_only("discount_tax", "discount_type", "nominal_amount", "free_shipping"),
}  # fmt: skip
ORDER: Rules = {
    "parent_id": INTEGER, "status": Rule("string", choices=ORDER_STATUSES), "currency": STRING, "customer_id": INTEGER,
    "customer_note": STRING, "billing": BILLING, "shipping": SHIPPING, "payment_method": STRING, "payment_method_title": STRING,
    "transaction_id": STRING, "created_via": STRING, "meta_data": META, "line_items": _list_of(_LINE),
    "shipping_lines": _list_of(_SHIPPING_LINE), "fee_lines": _list_of(_FEE_LINE), "coupon_lines": _list_of(_COUPON_LINE),
    "set_paid": BOOLEAN, "manual_update": BOOLEAN,
    **_read_only(
        "id", "version", "prices_include_tax", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt",
        "discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax", "order_key",
        "customer_ip_address", "customer_user_agent", "date_completed", "date_completed_gmt", "date_paid", "date_paid_gmt",
        "cart_hash", "number", "tax_lines", "refunds", "payment_url", "is_editable", "needs_payment", "needs_processing",
        "currency_symbol", "_links",
    ),
}  # fmt: skip

_DIMENSIONS = Rule("object", fields=dict.fromkeys(("length", "width", "height"), STRING))
_NAMED = _list_of({"id": INTEGER, **_read_only("name", "slug")})
_IMAGE = {
    "id": INTEGER, "src": STRING, "name": STRING, "alt": STRING,
    **_read_only("date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "srcset", "sizes", "thumbnail"),
}  # fmt: skip
_SOLD: Rules = {
    "description": STRING, "sku": STRING, "global_unique_id": STRING, "regular_price": STRING, "sale_price": STRING,
    "date_on_sale_from": DATE, "date_on_sale_from_gmt": DATE, "date_on_sale_to": DATE, "date_on_sale_to_gmt": DATE,
    "status": Rule("string", choices=PRODUCT_STATUSES), "virtual": BOOLEAN, "downloadable": BOOLEAN, "download_limit": INTEGER,
    "download_expiry": INTEGER, "tax_status": Rule("string", choices=("taxable", "shipping", "none")), "tax_class": STRING,
    "stock_quantity": INTEGER, "stock_status": Rule("string", choices=("instock", "outofstock", "onbackorder")),
    "backorders": Rule("string", choices=("no", "notify", "yes")), "low_stock_amount": INTEGER, "weight": STRING,
    "dimensions": _DIMENSIONS, "shipping_class": STRING, "menu_order": INTEGER, "meta_data": META,
    **_read_only(
        "id", "permalink", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "price", "on_sale",
        "purchasable", "backorders_allowed", "backordered", "shipping_class_id", "downloads", "_links",
    ),
}  # fmt: skip
PRODUCT: Rules = {
    **_SOLD, "name": STRING, "slug": STRING, "type": Rule("string", choices=("simple", "grouped", "external", "variable")),
    "manage_stock": BOOLEAN, "featured": BOOLEAN,
    "catalog_visibility": Rule("string", choices=("visible", "catalog", "search", "hidden")), "short_description": STRING,
    "external_url": STRING, "button_text": STRING, "sold_individually": BOOLEAN, "reviews_allowed": BOOLEAN,
    "upsell_ids": IDS, "cross_sell_ids": IDS, "parent_id": INTEGER, "purchase_note": STRING, "categories": _NAMED,
    "tags": _NAMED, "images": _list_of(_IMAGE),
    "attributes": _list_of({
        "id": INTEGER, "name": STRING, "position": INTEGER, "visible": BOOLEAN, "variation": BOOLEAN,
        "options": Rule("array", items=STRING), **_read_only("slug"),
    }),
    "default_attributes": _list_of({"id": INTEGER, "name": STRING, "option": STRING}), "grouped_products": IDS,
    "post_password": STRING,
    **_read_only(
        "total_sales", "shipping_required", "shipping_taxable", "average_rating", "rating_count", "brands", "variations",
        "price_html", "related_ids", "has_options", "permalink_template", "generated_slug",
    ),
}  # fmt: skip
VARIATION: Rules = {
    **_SOLD, "manage_stock": MIXED, "image": Rule("object", fields=_IMAGE),
    "attributes": _list_of({"id": INTEGER, "name": STRING, "option": STRING, **_read_only("slug")}),
    **_read_only("type", "name", "parent_id", "gallery_image_ids"),
}  # fmt: skip
BATCH: Rules = {"create": MIXED, "update": MIXED, "delete": MIXED}
CATEGORY: Rules = {
    "name": STRING, "slug": STRING, "parent": INTEGER, "description": STRING, "menu_order": INTEGER, "display": STRING,
    "image": MIXED,
}  # fmt: skip

CUSTOMER: Rules = {
    "email": Rule("string", format="email"), "first_name": STRING, "last_name": STRING, "username": STRING, "password": STRING,
    "billing": BILLING, "shipping": SHIPPING, "meta_data": META,
    **_read_only(
        "id", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "role", "is_paying_customer",
        "avatar_url", "_links",
    ),
}  # fmt: skip
WEBHOOK: Rules = {
    "name": STRING, "status": Rule("string", choices=("active", "paused", "disabled")), "topic": STRING, "secret": STRING,
    "delivery_url": STRING,
    **_read_only(
        "id", "resource", "event", "hooks", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "_links"
    ),
}  # fmt: skip
NOTE: Rules = {
    "note": STRING, "customer_note": BOOLEAN, "added_by_user": BOOLEAN,
    **_read_only("id", "author", "date_created", "date_created_gmt"),
}  # fmt: skip
REFUND: Rules = {
    "amount": STRING, "reason": STRING, "refunded_by": INTEGER, "meta_data": META, "api_refund": BOOLEAN, "api_restock": BOOLEAN,
    "line_items": _list_of({
        "id": INTEGER, "quantity": INTEGER, "refund_total": NUMBER,
        "refund_tax": _list_of({"id": MIXED, "refund_total": NUMBER}),
    }),
    **_read_only("id", "date_created", "date_created_gmt", "refunded_payment"),
}  # fmt: skip
