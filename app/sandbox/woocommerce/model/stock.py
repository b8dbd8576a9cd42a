"""Stock taken by orders and put back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.model import notes, products
from app.sandbox.woocommerce.wire.meta import drop_meta, find_meta, merge_meta

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]

# Observed: taken in these statuses, put back in those, left alone in `refunded`.
TAKEN_AT = ("processing", "completed", "on-hold")
PUT_BACK_AT = ("cancelled", "failed", "pending")
REDUCED = "_reduced_stock"


def keeper(shop: Shop, line: Resource) -> Resource | None:
    """The product whose quantity a line draws on: the variation, or the parent that keeps the stock. None when nobody counts."""
    for record_id in (line["variation_id"], line["product_id"]):
        product = shop.products.get(record_id) if record_id else None
        if product is not None and product["manage_stock"]:
            return product
    return None


def move(shop: Shop, product: Resource, pieces: int) -> str:
    """Changes a quantity and says it as order notes do (observed); the caller fires `product.updated`."""
    before = product["stock_quantity"] or 0
    product["stock_quantity"] = before + pieces
    products.follow_quantity(product)
    products.save(shop, product, fires=None)
    if product["type"] == "variation":
        products.sync_parent(shop, product["parent_id"])
    return f"{product['name']} ({before}&rarr;{before + pieces})"


def take(shop: Shop, order: Resource) -> list[int]:
    """Takes the stock of lines that have not taken theirs; gives the products whose stock moved."""
    moved, said = [], []
    for line in order["line_items"]:
        product = keeper(shop, line)
        if product is not None and find_meta(line["meta_data"], REDUCED) is None:
            said.append(move(shop, product, -line["quantity"]))
            merge_meta(line["meta_data"], [{"key": REDUCED, "value": line["quantity"]}], shop.next_meta_id, shows=True)
            moved.append(product["id"])
    if said:
        notes.write(shop, order["id"], f"Stock levels reduced: {', '.join(said)}")
    return list(dict.fromkeys(moved))


def put_back(shop: Shop, order: Resource) -> list[int]:
    """Puts back what the lines had taken; gives the products whose stock moved."""
    moved = []
    for line in order["line_items"]:
        taken = find_meta(line["meta_data"], REDUCED)
        drop_meta(line["meta_data"], REDUCED)
        product = keeper(shop, line) if taken is not None else None
        if product is not None:
            move(shop, product, int(taken))
            moved.append(product["id"])
    return list(dict.fromkeys(moved))


def put_back_some(shop: Shop, line: Resource, pieces: int) -> list[int]:
    """Puts back what a refund returned of one line."""
    taken = find_meta(line["meta_data"], REDUCED)
    product = keeper(shop, line)
    if taken is None or product is None or not pieces:
        return []
    move(shop, product, pieces)
    entries = [{"key": REDUCED, "value": int(taken) - pieces}, {"key": "_restock_refunded_items", "value": pieces}]
    merge_meta(line["meta_data"], entries, shop.next_meta_id, shows=True)
    return [product["id"]]
