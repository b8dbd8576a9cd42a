"""Orders take stock, and put it back again."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.wire.meta import drop_meta, find_meta, merge_meta

Resource = dict[str, Any]

# Observed: taken in these statuses, put back in those, left alone in `refunded`.
TAKEN_AT = ("processing", "completed", "on-hold")
PUT_BACK_AT = ("cancelled", "failed", "pending")
REDUCED = "_reduced_stock"


def _keeper(products: Products, line: Resource) -> Resource | None:
    """The product whose quantity a line draws on: the variation, or the parent that keeps the stock. None when nobody counts."""
    for record_id in (line["variation_id"], line["product_id"]):
        product = products.get(record_id) if record_id else None
        if product is not None and product["manage_stock"]:
            return product
    return None


def take(products: Products, order: Resource) -> tuple[list[int], list[str]]:
    """Takes the stock of lines that have not taken theirs; gives the products whose stock moved, and the moves in words."""
    moved, said = [], []
    for line in order["line_items"]:
        product = _keeper(products, line)
        if product is not None and find_meta(line["meta_data"], REDUCED) is None:
            said.append(products.move_stock(product, -line["quantity"]))
            entry = {"key": REDUCED, "value": line["quantity"]}
            merge_meta(line["meta_data"], [entry], products.site.next_meta_id, shows=True)
            moved.append(product["id"])
    return list(dict.fromkeys(moved)), said


def put_back(products: Products, lines: list[Resource]) -> list[int]:
    """Puts back what the lines had taken; gives the products whose stock moved."""
    moved = []
    for line in lines:
        taken = find_meta(line["meta_data"], REDUCED)
        drop_meta(line["meta_data"], REDUCED)
        product = _keeper(products, line) if taken is not None else None
        if product is not None:
            products.move_stock(product, int(taken))
            moved.append(product["id"])
    return list(dict.fromkeys(moved))


def put_back_some(products: Products, line: Resource, pieces: int) -> list[int]:
    """Puts back what a refund returned of one line."""
    taken = find_meta(line["meta_data"], REDUCED)
    product = _keeper(products, line)
    if taken is None or product is None or not pieces:
        return []
    products.move_stock(product, pieces)
    entries = [{"key": REDUCED, "value": int(taken) - pieces}, {"key": "_restock_refunded_items", "value": pieces}]
    merge_meta(line["meta_data"], entries, products.site.next_meta_id, shows=True)
    return [product["id"]]
