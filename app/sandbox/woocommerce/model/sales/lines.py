"""A write adds, changes and removes the lines of an order: goods, shipping and fees."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.sales import stock
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal, text

Resource = dict[str, Any]


def write_lines(products: Products, order: Resource, given: list[Resource]) -> list[int]:
    """Writes `line_items`; gives the products whose stock came back because their line went away. Raises RestError."""
    restocked: list[int] = []
    for part in given:
        line = _existing(order["line_items"], part)
        if line is None:
            order["line_items"].append(_new_line(products, part))
        elif _takes_away(part):
            restocked += stock.put_back(products, [line])
            order["line_items"].remove(line)
        else:
            _change_line(products, line, part)
    return restocked


@dataclass(frozen=True)
class _Extra:
    """What stands on an order beside goods: the field that it cannot be without, the fields that are written, all fields."""

    needs: str
    refusal: tuple[str, str]
    written: tuple[str, ...]
    blank: Mapping[str, Any]


EXTRAS: Mapping[str, _Extra] = {
    "shipping_lines": _Extra(
        "method_id", ("woocommerce_rest_invalid_shipping_item", "Shipping method ID is required."),
        ("method_title", "method_id", "instance_id"),
        {
            "method_title": "", "method_id": "", "instance_id": "", "total": "0.00", "total_tax": "0.00", "taxes": [],
            "tax_status": "taxable", "meta_data": [],
        },
    ),
    "fee_lines": _Extra(
        "name", ("woocommerce_rest_invalid_fee_item", "Fee name is required."), ("name", "tax_class", "tax_status"),
        {
            "name": "", "tax_class": "", "tax_status": "taxable", "amount": "", "total": "0.00", "total_tax": "0.00",
            "taxes": [], "meta_data": [],
        },
    ),
}  # fmt: skip


def write_extras(site: Site, order: Resource, name: str, given: list[Resource]) -> None:
    """Writes `shipping_lines` or `fee_lines`. Raises RestError."""
    extra, lines = EXTRAS[name], order[name]
    for part in given:
        line = _existing(lines, part)
        if line is not None and part.get(extra.needs, "") is None:
            lines.remove(line)
            continue
        if line is None:
            if not part.get(extra.needs):
                raise RestError(400, *extra.refusal)
            line = {"id": site.next_item_id(), **deepcopy(dict(extra.blank))}
            lines.append(line)
        _put(line, part, extra.written)
        _put_amount(line, part, "total")
        merge_meta(line["meta_data"], part.get("meta_data") or [], site.next_meta_id, shows=True)


def _existing(lines: list[Resource], part: Resource) -> Resource | None:
    """The line a part names by its id; None for a new one. Raises RestError when there is no such line in this order."""
    if not part.get("id"):
        return None
    line = next((line for line in lines if line["id"] == part["id"]), None)
    if line is None:
        raise RestError(400, "woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
    return line


def _takes_away(part: Resource) -> bool:
    """A line goes when its `product_id` is written as null or its quantity as 0 (observed)."""
    return part.get("quantity") == 0 or ("product_id" in part and part["product_id"] is None)


def _put(line: Resource, part: Resource, names: tuple[str, ...]) -> None:
    line.update({name: str(part[name]) for name in names if part.get(name) is not None})


def _put_amount(line: Resource, part: Resource, name: str) -> None:
    if part.get(name) is not None:
        line[name] = text(decimal(part[name]))


def _product(products: Products, part: Resource) -> Resource | None:
    """The product or variation a part asks for: by SKU, else by variation, else by product. None when the shop has it not."""
    if part.get("sku"):
        ids = products.with_sku(str(part["sku"]))
        return products[ids[0]] if ids else None
    return products.get(php.to_int(part.get("variation_id")) or php.to_int(part.get("product_id")))


def _new_line(products: Products, part: Resource) -> Resource:
    """A line for a product the shop does not know is taken all the same, with product 0 and price 0 (observed)."""
    if not any(part.get(name) for name in ("sku", "product_id", "variation_id")):
        raise RestError(400, "woocommerce_rest_required_product_reference", "Product ID or SKU is required.")
    line: Resource = {
        "id": products.site.next_item_id(), "name": "", "product_id": 0, "variation_id": 0, "quantity": 1, "tax_class": "",
        "subtotal": "0.00", "subtotal_tax": "0.00", "total": "0.00", "total_tax": "0.00", "taxes": [], "meta_data": [],
        "sku": None, "global_unique_id": "", "price": 0, "image": {"id": "", "src": ""}, "parent_name": None,
    }  # fmt: skip
    line["quantity"] = 1 if part.get("quantity") is None else part["quantity"]
    product = _product(products, part)
    if product is not None:
        _fill(products, line, product)
    _change_line(products, line, part)
    return line


def _fill(products: Products, line: Resource, product: Resource) -> None:
    """What a new line takes from its product."""
    parent = products.parent_of(product)
    price = text(products.net_price(product, line["quantity"]))
    line.update(
        name=product["name"],
        product_id=product["id"],
        sku=products.effective(product)["sku"],
        global_unique_id=product["global_unique_id"],
        tax_class=product["tax_class"],
        subtotal=price,
        total=price,
    )
    if parent is not None:
        line.update(product_id=parent["id"], variation_id=product["id"], parent_name=parent["name"], image={"id": 0, "src": ""})
        options = [{"key": p["slug"], "value": p["option"], "display_key": p["name"]} for p in product["attributes"]]
        merge_meta(line["meta_data"], options, products.site.next_meta_id, shows=True)


def _change_line(products: Products, line: Resource, part: Resource) -> None:
    """A new quantity alone leaves the amounts as they are; the subtotal is never below the total."""
    _put(line, part, ("name", "tax_class"))
    if part.get("quantity") is not None:
        line["quantity"] = part["quantity"]
    _put_amount(line, part, "subtotal")
    _put_amount(line, part, "total")
    if decimal(line["subtotal"]) < decimal(line["total"]):
        line["subtotal"] = line["total"]
    merge_meta(line["meta_data"], part.get("meta_data") or [], products.site.next_meta_id, shows=True)
