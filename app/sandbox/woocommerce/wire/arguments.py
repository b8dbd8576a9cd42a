"""Every argument of every route, with the types WooCommerce 11.0.1 gives them in its schema.

A table begins with its name and the tables whose arguments it has too. Below stand the arguments and what they may be: string,
integer, number, boolean, mixed, date, email, one of several words (`asc|desc`), another table, or a list of one of these
(`[integer]`). `1..100` are its bounds, `= 10` is its default, `!` says that it must be given. A `shown` field is one that the
API gives but never takes: it may be sent and is ignored, as in the real shop.
"""

from __future__ import annotations

from app.sandbox.woocommerce.wire.tables import read

ORDER_STATUS = "auto-draft|pending|processing|on-hold|completed|cancelled|refunded|failed|checkout-draft"
_PRODUCT_STATUS = "draft|pending|private|publish|future|auto-draft|trash"
_STOCK_STATUS = "instock|outofstock|onbackorder"

# What stands in the address of a call.
_QUERIES = f"""
one
    context: view|edit, _fields: [string]
one_order: one
    dp: integer 0.. = 2
deleted: one
    force: boolean = false
deleted_refund: deleted one_order
paged: one
    page: integer 1.. = 1, per_page: integer 1..100 = 10, offset: integer 0.., order: asc|desc = desc,
    include exclude: [integer], search: string
dated: paged
    after before modified_after modified_before: date, dates_are_gmt: boolean = false
orders: dated one_order
    orderby: date|id|include|title|slug|modified = date, status: [any|trash|{ORDER_STATUS}],
    customer product: integer, parent parent_exclude: [integer]
variations: dated
    orderby: date|id|include|title|slug|modified|menu_order = date, status: any|{_PRODUCT_STATUS} = any,
    sku slug: string, stock_status: {_STOCK_STATUS}, virtual on_sale: boolean
products: variations
    type: simple|grouped|external|variable, category: string, parent parent_exclude: [integer]
webhooks: paged
    orderby: date|id|title = date, after before: date, status: all|active|paused|disabled = all
notes: one
    type: any|customer|internal = any
refunds: paged one_order
    orderby: date|id = date
categories: paged
    orderby: id|name|slug = name
"""

# What stands in bodies.
_BODIES = f"""
stamped
    id date_created date_created_gmt date_modified date_modified_gmt _links: shown
meta
    id: integer, key: string, value: mixed, display_key display_value: shown
shipping
    first_name last_name company address_1 address_2 city state postcode country phone: string
billing: shipping
    email: email
line
    id variation_id quantity: integer, name product_id sku: mixed, tax_class subtotal total: string,
    meta_data: [meta], subtotal_tax total_tax taxes price image parent_name global_unique_id: shown
shipping_line
    id: integer, method_title method_id: mixed, instance_id total: string, meta_data: [meta],
    total_tax taxes tax_status: shown
fee_line
    id: integer, name: mixed, tax_class total: string, tax_status: taxable|none, meta_data: [meta],
    amount total_tax taxes: shown
coupon_line
    id: integer, code: mixed, discount: string, meta_data: [meta],
    discount_tax discount_type nominal_amount free_shipping: shown
order: stamped
    parent_id customer_id: integer, status: {ORDER_STATUS},
    currency customer_note payment_method payment_method_title transaction_id created_via: string, billing: billing,
    shipping: shipping, meta_data: [meta], line_items: [line], shipping_lines: [shipping_line], fee_lines: [fee_line],
    coupon_lines: [coupon_line], set_paid manual_update: boolean,
    version prices_include_tax discount_total discount_tax shipping_total shipping_tax cart_tax total total_tax: shown,
    order_key customer_ip_address customer_user_agent date_completed date_completed_gmt date_paid date_paid_gmt: shown,
    cart_hash number tax_lines refunds payment_url is_editable needs_payment needs_processing currency_symbol: shown
dimensions
    length width height: string
named
    id: integer, name slug: shown
image
    id: integer, src name alt: string,
    date_created date_created_gmt date_modified date_modified_gmt srcset sizes thumbnail: shown
attribute
    id position: integer, name: string, visible variation: boolean, options: [string], slug: shown
default_attribute
    id: integer, name option: string
variation_attribute: default_attribute
    slug: shown
sold: stamped
    description sku global_unique_id regular_price sale_price tax_class weight shipping_class: string,
    date_on_sale_from date_on_sale_from_gmt date_on_sale_to date_on_sale_to_gmt: date, status: {_PRODUCT_STATUS},
    virtual downloadable: boolean, download_limit download_expiry stock_quantity low_stock_amount menu_order: integer,
    tax_status: taxable|shipping|none, stock_status: {_STOCK_STATUS}, backorders: no|notify|yes,
    dimensions: dimensions, meta_data: [meta],
    permalink price on_sale purchasable backorders_allowed backordered shipping_class_id downloads: shown
product: sold
    name slug short_description external_url button_text purchase_note post_password: string,
    type: simple|grouped|external|variable, catalog_visibility: visible|catalog|search|hidden,
    manage_stock featured sold_individually reviews_allowed: boolean,
    upsell_ids cross_sell_ids grouped_products: [integer], parent_id: integer, categories tags: [named],
    images: [image], attributes: [attribute], default_attributes: [default_attribute],
    total_sales shipping_required shipping_taxable average_rating rating_count brands variations price_html: shown,
    related_ids has_options permalink_template generated_slug: shown
variation: sold
    manage_stock: mixed, image: image, attributes: [variation_attribute],
    type name parent_id gallery_image_ids: shown
batch
    create update delete: mixed
category
    name: string !, slug description display: string, parent menu_order: integer, image: mixed
customer: stamped
    email: email !, first_name last_name username password: string, billing: billing, shipping: shipping,
    meta_data: [meta], role is_paying_customer avatar_url: shown
webhook: stamped
    name topic secret delivery_url: string, status: active|paused|disabled, resource event hooks: shown
note
    note: string !, customer_note added_by_user: boolean, id author date_created date_created_gmt: shown
refund_tax
    id: mixed, refund_total: number
refund_line
    id quantity: integer, refund_total: number, refund_tax: [refund_tax]
refund
    amount reason: string, refunded_by: integer, meta_data: [meta], api_refund api_restock: boolean,
    line_items: [refund_line], id date_created date_created_gmt refunded_payment: shown
tracking
    tracking_provider custom_tracking_provider custom_tracking_link date_shipped: string, tracking_number: mixed !
advanced_tracking: tracking
    status_shipped: integer, replace_tracking qty: mixed, sku: string
"""

QUERIES = read(_QUERIES)
BODIES = read(_BODIES)
