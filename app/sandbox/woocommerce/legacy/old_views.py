"""Resources as older versions of the REST API show them, made from what `wc/v3` of today shows.

Sources: the controllers of WooCommerce 3.x under includes/api/v1 and v2, and the REST API documentation of both versions.

`wc/v2` has `in_stock` instead of `stock_status`, `visible` instead of `status` on variations, and no `display_key` on lines.
`wc/v1` has no meta of orders and products, no `_gmt` times (its `date_created` and `date_modified` are UTC, its `date_completed`
and `date_paid` are the shop's local time), the line's price as text, and a product's variations inside the product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox.woocommerce.legacy.versions import (
    LINE_FIELDS,
    OBSERVED,
    ORDER_FIELDS,
    PRODUCT_FIELDS,
    VARIATION_FIELDS,
    Version,
    parse,
    without,
)
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.wire.money import decimal, shown

Resource = dict[str, Any]
View = Callable[[Products, Resource], Resource]

_LINES = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines")
_GONE_IN_V1 = (
    "meta_data", "currency_symbol", "payment_url", "is_editable", "needs_payment", "needs_processing", "author", "role",
    "is_paying_customer", "brands", "global_unique_id",
)  # fmt: skip
_V2_NEVER = ("low_stock_amount", "has_options", "post_password", "permalink_template", "generated_slug", "gallery_image_ids")


def native(namespace: str, version: Version) -> bool:
    """Whether resources go out as they are."""
    return namespace == "wc/v3" and version >= OBSERVED


def translate(products: Products, namespace: str, kind: str, resource: Resource) -> Resource:
    """A resource of `wc/v3` as `namespace` of this shop's version shows it. `kind`: order, product, variation, customer …"""
    if native(namespace, parse(products.site.config.version)):
        return resource
    resource = _by_age(kind, resource, parse(products.site.config.version))
    if namespace in ("wc/v2", "wc/v1"):
        resource = _V2.get(kind, _same)(products, resource)
    if namespace == "wc/v1":
        resource = _V1.get(kind, _v1_plain)(products, resource)
    if "_links" in resource:
        resource = {**resource, "_links": _links(resource["_links"], namespace)}
    return resource


def _links(links: Resource, namespace: str) -> Resource:
    return {
        name: [{**link, "href": link["href"].replace("/wp-json/wc/v3/", f"/wp-json/{namespace}/")} for link in found]
        for name, found in links.items()
    }


def _by_age(kind: str, resource: Resource, version: Version) -> Resource:
    """Without what the version does not know yet."""
    if kind in ("order", "refund"):
        young = without(resource, ORDER_FIELDS, version)
        for lines in _LINES:
            if lines in young:
                young[lines] = [without(line, LINE_FIELDS, version) for line in young[lines]]
        return young
    if kind in ("product", "variation"):
        return without(resource, PRODUCT_FIELDS if kind == "product" else VARIATION_FIELDS, version)
    return resource


def _same(products: Products, resource: Resource) -> Resource:
    return resource


def _v2_order(products: Products, order: Resource) -> Resource:
    changed = dict(order)
    for lines in _LINES:
        if lines in changed:
            changed[lines] = [_v2_line(line) for line in changed[lines]]
    return changed


def _v2_line(line: Resource) -> Resource:
    kept = {name: value for name, value in line.items() if name not in ("parent_name", "image")}
    if "meta_data" in kept:
        kept["meta_data"] = [{name: meta[name] for name in ("id", "key", "value")} for meta in kept["meta_data"]]
    return kept


def _v2_product(products: Products, product: Resource) -> Resource:
    changed = {name: value for name, value in product.items() if name not in _V2_NEVER}
    if "stock_status" in changed:
        changed["in_stock"] = changed.pop("stock_status") != "outofstock"
    if "images" in changed:
        changed["images"] = [{**image, "position": place} for place, image in enumerate(changed["images"])]
    return changed


def _v2_variation(products: Products, variation: Resource) -> Resource:
    changed = _v2_product(products, variation)
    changed["visible"] = changed.pop("status") == "publish"
    for name in ("type", "name", "parent_id"):
        changed.pop(name, None)
    return changed


def _v1_plain(products: Products, resource: Resource) -> Resource:
    """Times in UTC under the plain name, and none of what came later."""
    plain = {name: value for name, value in resource.items() if name not in _GONE_IN_V1 and not name.endswith("_gmt")}
    for name in ("date_created", "date_modified"):
        if name in plain:
            plain[name] = resource[f"{name}_gmt"]
    return plain


def _v1_order(products: Products, order: Resource) -> Resource:
    plain = _v1_plain(products, order)
    for lines in _LINES:
        if lines in plain:
            plain[lines] = [_v1_line(line, lines == "line_items") for line in plain[lines]]
    if "refunds" in plain:
        plain["refunds"] = [{"id": part["id"], "refund": part["reason"], "total": part["total"]} for part in plain["refunds"]]
    return plain


def _v1_line(line: Resource, is_goods: bool) -> Resource:
    plain = {name: value for name, value in line.items() if name not in ("meta_data", "instance_id", "global_unique_id")}
    if is_goods:
        plain["price"] = shown(str(decimal(line["price"])), 2)
        plain["meta"] = [
            {"key": meta["key"], "label": meta["key"], "value": meta["value"]}
            for meta in line["meta_data"]
            if not meta["key"].startswith("_")
        ]
    return plain


def _v1_sold(products: Products, product: Resource) -> Resource:
    plain = _v1_plain(products, product)
    for name in ("date_on_sale_from", "date_on_sale_to"):
        plain[name] = (product[name] or "")[:10]
    return plain


def _v1_product(products: Products, product: Resource) -> Resource:
    """With the variations themselves, for `wc/v1` has no address for them."""
    plain = _v1_sold(products, product)
    children = [products[child] for child in products.children(product["id"])]
    plain["variations"] = [_v1_variation(products, products.show_variation(child, "")) for child in children]
    return {**plain, "download_type": "standard"}


def _v1_variation(products: Products, variation: Resource) -> Resource:
    image = variation["image"]
    plain = _v1_sold(products, _v2_variation(products, variation))
    for name in ("_links", "menu_order", "description"):
        plain.pop(name, None)
    return {**plain, "image": [image] if image else []}


def _v1_refund(products: Products, refund: Resource) -> Resource:
    plain = _v1_plain(products, refund)
    lines = [_v1_line(line, True) for line in refund["line_items"]]
    names = ("id", "date_created", "amount", "reason", "_links")
    return {**{name: plain[name] for name in names if name in plain}, "line_items": lines}


_V2: dict[str, View] = {"order": _v2_order, "refund": _v2_order, "product": _v2_product, "variation": _v2_variation}
_V1: dict[str, View] = {"order": _v1_order, "refund": _v1_refund, "product": _v1_product}
