"""Older versions of the REST API show resources otherwise. They are made from what `wc/v3` of today shows.

Sources: the controllers of WooCommerce 3.x under includes/api/v1 and v2, and the REST API documentation of both versions.

`wc/v2` has `in_stock` instead of `stock_status`, `visible` instead of `status` on variations, and no `display_key` on lines.
`wc/v1` has no meta of orders and products, and no `_gmt` times: its `date_created` and `date_modified` are UTC, its
`date_completed` and `date_paid` are the shop's local time. It has the line's price as text, and a product's variations inside the
product.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
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
from app.sandbox.woocommerce.wire.money import decimal
from app.sandbox.woocommerce.wire.money import shown as shown_amount

Resource = dict[str, Any]

_LINES = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines")
_SINCE = {"order": ORDER_FIELDS, "refund": ORDER_FIELDS, "product": PRODUCT_FIELDS, "variation": VARIATION_FIELDS}
_NOT_IN_V2 = ("low_stock_amount", "has_options", "post_password", "permalink_template", "generated_slug", "gallery_image_ids")
_NOT_IN_V1 = (
    "meta_data", "currency_symbol", "payment_url", "is_editable", "needs_payment", "needs_processing", "author", "role",
    "is_paying_customer", "brands", "global_unique_id",
)  # fmt: skip
_REFUND_IN_V1 = ("id", "date_created", "amount", "reason", "_links", "line_items")


def native(namespace: str, version: Version) -> bool:
    """Whether resources go out as they are."""
    return namespace == "wc/v3" and version >= OBSERVED


def translate(products: Products, namespace: str, kind: str, resource: Resource) -> Resource:
    """A resource of `wc/v3` as `namespace` of this shop's version shows it. `kind`: order, product, variation, customer …"""
    version = parse(products.site.config.version)
    if native(namespace, version):
        return resource
    shown = without(resource, _SINCE.get(kind, {}), version)
    shown = _each_line(shown, lambda line, _: without(line, LINE_FIELDS, version))
    if namespace in ("wc/v2", "wc/v1"):
        shown = _as_v2(kind, shown)
    if namespace == "wc/v1":
        shown = _as_v1(kind, shown)
        if kind == "product":
            shown |= {"variations": _variations_v1(products, resource["id"]), "download_type": "standard"}
    if "_links" in shown:
        shown["_links"] = _links(shown["_links"], namespace)
    return shown


def _links(links: Resource, namespace: str) -> Resource:
    return {
        name: [{**link, "href": link["href"].replace("/wp-json/wc/v3/", f"/wp-json/{namespace}/")} for link in found]
        for name, found in links.items()
    }


def _but(resource: Resource, gone: Collection[str]) -> Resource:
    return {name: value for name, value in resource.items() if name not in gone}


def _each_line(resource: Resource, change: Callable[[Resource, bool], Resource]) -> Resource:
    """The resource with its lines changed; `change` is told whether a line is one of goods."""
    changed = {name: [change(line, name == "line_items") for line in resource[name]] for name in _LINES if name in resource}
    return {**resource, **changed}


def _as_v2(kind: str, resource: Resource) -> Resource:
    changed = _each_line(_but(resource, _NOT_IN_V2), _line_v2)
    if "stock_status" in changed:
        changed["in_stock"] = changed.pop("stock_status") != "outofstock"
    if "images" in changed:
        changed["images"] = [{**image, "position": place} for place, image in enumerate(changed["images"])]
    if kind == "variation":
        changed["visible"] = changed["status"] == "publish"
        changed = _but(changed, ("status", "type", "name", "parent_id"))
    return changed


def _line_v2(line: Resource, is_goods: bool) -> Resource:
    kept = _but(line, ("parent_name", "image"))
    if "meta_data" in kept:
        kept["meta_data"] = [{name: meta[name] for name in ("id", "key", "value")} for meta in kept["meta_data"]]
    return kept


def _as_v1(kind: str, resource: Resource) -> Resource:
    """Times in UTC under the plain name, and none of what came later."""
    plain = _each_line(_but(resource, _NOT_IN_V1), _line_v1)
    for name in ("date_created", "date_modified"):
        if name in plain:
            plain[name] = resource[f"{name}_gmt"]
    for name in ("date_on_sale_from", "date_on_sale_to"):
        if name in plain:
            plain[name] = (plain[name] or "")[:10]
    if "refunds" in plain:
        plain["refunds"] = [{"id": part["id"], "refund": part["reason"], "total": part["total"]} for part in plain["refunds"]]
    return {
        name: value for name, value in plain.items() if not name.endswith("_gmt") and (kind != "refund" or name in _REFUND_IN_V1)
    }


def _line_v1(line: Resource, is_goods: bool) -> Resource:
    plain = _but(line, ("meta_data", "instance_id", "global_unique_id"))
    if is_goods:
        plain["price"] = shown_amount(str(decimal(line["price"])), 2)
        plain["meta"] = [
            {"key": meta["key"], "label": meta["key"], "value": meta["value"]}
            for meta in line["meta_data"]
            if not meta["key"].startswith("_")
        ]
    return plain


def _variations_v1(products: Products, product_id: int) -> list[Resource]:
    """The variations themselves, for `wc/v1` has no address for them."""
    shown = [products.show_variation(products[child], "") for child in products.children(product_id)]
    plain = [_as_v1("variation", _as_v2("variation", variation)) for variation in shown]
    return [
        {**_but(variation, ("_links", "menu_order", "description")), "image": [variation["image"]] if variation["image"] else []}
        for variation in plain
    ]
