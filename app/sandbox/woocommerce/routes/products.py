"""The routes of products, variations and categories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.sandbox.woocommerce.http.listing import Lists, found_in, page_of
from app.sandbox.woocommerce.http.rest import Answer, Call, Endpoint, operation
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.table import Record
from app.sandbox.woocommerce.routes.batches import run_batch
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.links import links

Resource = dict[str, Any]


def product_endpoints(shop: Shop) -> list[Endpoint]:
    lists = Lists(shop.products, shop.zone)
    batch = operation(_batch, "batch", body="batch", items="product")
    return [
        Endpoint("/products", {
            "GET": operation(lambda call: _list(call, lists), "list", "products"),
            "POST": operation(_create, "create", body="product"),
        }, "product"),
        Endpoint("/products/batch", {"PUT": batch}, "product"),
        Endpoint("/products/categories", {
            "GET": operation(_list_categories, "list", "categories"),
            "POST": operation(_create_category, "create", body="category"),
        }, "category"),
        Endpoint("/products/{id:int}", {
            "GET": operation(_get, "view"),
            "PUT": operation(_change, "edit", body="product"),
            "DELETE": operation(_delete, "delete", "deleted"),
        }, "product"),
        *_variation_endpoints("/products/{id:int}/variations", lists),
    ]  # fmt: skip


def _variation_endpoints(base: str, lists: Lists) -> list[Endpoint]:
    batch = operation(_batch_variations, "batch", body="batch", items="variation")
    return [
        Endpoint(base, {
            "GET": operation(lambda call: _list_variations(call, lists), "list", "variations"),
            "POST": operation(_create_variation, "create", body="variation"),
        }, "variation"),
        Endpoint(f"{base}/batch", {"PUT": batch}, "variation"),
        Endpoint(f"{base}/{{variation_id:int}}", {
            "GET": operation(_get_variation, "view"),
            "PUT": operation(_change_variation, "edit", body="variation"),
            "DELETE": operation(_delete_variation, "delete", "deleted"),
        }, "variation"),
    ]  # fmt: skip


# --- products -------------------------------------------------------------------------------------------------------------


def _list(call: Call, lists: Lists) -> Answer:
    """Products; with `sku` variations too, which come as `type: variation` (observed)."""
    query, products = call.query, call.shop.products
    skus = _skus(query)
    ids = lists.ids(query, lambda record: (record.sku in skus if skus else record.kind != "variation") and _wanted(record, query))
    return call.page((products.show(products[record_id], call.base_url) for record_id in page_of(ids, query)), len(ids))


def _skus(query: Resource) -> set[str]:
    """The stock numbers asked for: a comma list, whole matches, letter case ignored."""
    return {sku.strip().lower() for sku in (query.get("sku") or "").split(",") if sku.strip()}


def _wanted(record: Record, query: Resource) -> bool:
    """Without `status=trash` a product in the trash is left out."""
    status = query["status"]
    if record.status != status and not (status == "any" and record.status not in ("trash", "auto-draft")):
        return False
    if query.get("type") and record.kind != query["type"]:
        return False
    if query.get("parent") and record.parent not in query["parent"]:
        return False
    if query.get("parent_exclude") and record.parent in query["parent_exclude"]:
        return False
    return _matches(record, query)


def _matches(record: Record, query: Resource) -> bool:
    """The filters that need the whole record."""
    exact = [name for name in ("stock_status", "virtual", "on_sale", "slug") if query.get(name) is not None]
    if not exact and not query.get("search") and not query.get("category"):
        return True
    product = record.load()
    text = f"{product['name']} {product['description']} {product['short_description']}"
    categories = {str(category["id"]) for category in product["categories"]}
    return (
        all(product[name] == query[name] for name in exact)
        and (not query.get("search") or found_in(query["search"], text))
        and (not query.get("category") or bool(categories & set(query["category"].split(","))))
    )


def _written(call: Call, product: Resource) -> Resource:
    """A product in the answer to a write."""
    return call.shop.products.show(product, call.base_url, editing=True)


def _create(call: Call) -> Answer:
    return call.made(_written(call, call.shop.products.create(call.body)))


def _get(call: Call) -> Answer:
    products = call.shop.products
    return call.one(products.show(products.find(call.id), call.base_url))


def _change(call: Call) -> Answer:
    return call.one(_written(call, call.shop.products.change(call.id, call.body)))


def _delete(call: Call) -> Answer:
    products = call.shop.products
    act = products.delete if call.query["force"] else products.trash
    return call.one(_written(call, act(call.id)))


def _batch(call: Call) -> Answer:
    products = call.shop.products
    return run_batch(
        call,
        lambda body: _written(call, products.create(body, loose=True)),
        lambda record_id, body: _written(call, products.change(record_id, body, loose=True)),
        lambda record_id: _written(call, products.delete(record_id)),
    )


# --- variations -----------------------------------------------------------------------------------------------------------


def _list_variations(call: Call, lists: Lists) -> Answer:
    """A simple product has none, which is an empty list (observed)."""
    query, products, parent = call.query, call.shop.products, call.id
    products.find(parent)
    skus = _skus(query)
    own = {**query, "parent": [parent], "type": "variation"}
    ids = lists.ids(own, lambda record: (not skus or record.sku in skus) and _wanted(record, own))
    page = (products.show_variation(products[record_id], call.base_url) for record_id in page_of(ids, query))
    return call.page(page, len(ids))


def _written_variation(call: Call, variation: Resource) -> Resource:
    """A variation in the answer to a write."""
    return call.shop.products.show_variation(variation, call.base_url, editing=True)


def _create_variation(call: Call) -> Answer:
    """The `Location` of the answer holds a pattern that was never filled in (observed)."""
    variation = call.shop.products.create_variation(call.id, call.body)
    location = f"{call.base_url}/wp-json/wc/v3/products/(?P<product_id>[\\d]+)/variations/{variation['id']}"
    return call.made(_written_variation(call, variation), location)


def _get_variation(call: Call) -> Answer:
    products = call.shop.products
    variation = products.find_variation(call.id, call.ids["variation_id"])
    return call.one(products.show_variation(variation, call.base_url))


def _change_variation(call: Call) -> Answer:
    variation = call.shop.products.change_variation(call.id, call.ids["variation_id"], call.body)
    return call.one(_written_variation(call, variation))


def _delete_variation(call: Call) -> Answer:
    products = call.shop.products
    variation = products.find_variation(call.id, call.ids["variation_id"])
    if not call.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "The product_variation does not support trashing.")
    answer = call.one(_written_variation(call, variation))
    products.delete(variation["id"])
    for own in answer.body["_links"]["self"]:
        own.pop("targetHints")
    return replace(answer, headers={"Allow": ""})  # nothing can be done with it any more (observed)


def _batch_variations(call: Call) -> Answer:
    products, parent = call.shop.products, call.id
    return run_batch(
        call,
        lambda body: _written_variation(call, products.create_variation(parent, body, loose=True)),
        lambda record_id, body: _written_variation(call, products.change_variation(parent, record_id, body, loose=True)),
        lambda record_id: _written_variation(call, products.delete(products.find_variation(parent, record_id)["id"])),
    )


# --- categories -----------------------------------------------------------------------------------------------------------


def _show_category(call: Call, category: Resource) -> Resource:
    return {**category, "_links": links(f"{call.base_url}/wp-json/wc/v3/products/categories", category["id"])}


def _list_categories(call: Call) -> Answer:
    by = call.query["orderby"]
    found = sorted(call.shop.categories.values(), key=lambda c: c[by], reverse=call.given.get("order") == "desc")
    return call.page((_show_category(call, category) for category in page_of(found, call.query)), len(found))


def _create_category(call: Call) -> Answer:
    category = call.shop.categories.add(call.body["name"], call.body.get("slug", ""))
    return replace(call.made(category), body=_show_category(call, category))
