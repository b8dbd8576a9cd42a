"""The routes of products, variations, their batches, and categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.http import php, queries
from app.sandbox.woocommerce.http.errors import Invalid, RestError, invalid_params
from app.sandbox.woocommerce.http.listing import Lists, found_in, page_headers, page_of, pick_fields
from app.sandbox.woocommerce.http.rest import Answer, Asked, Operation, route
from app.sandbox.woocommerce.legacy.dialects import Dialect, dialects
from app.sandbox.woocommerce.model import products
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.table import Record
from app.sandbox.woocommerce.wire import fields, product_view
from app.sandbox.woocommerce.wire.rules import check_names

Resource = dict[str, Any]

_BATCH_LIMIT = 100


def product_routes(shop: Shop) -> list[Route]:
    lists = Lists(shop.products, shop.zone)
    return [found for dialect in dialects(shop) for found in _routes(dialect, lists)]


def _routes(dialect: Dialect, lists: Lists) -> list[Route]:
    shop, base = dialect.shop, f"{dialect.base}/products"
    batch = Operation(_batch, "batch", queries.ONE, fields.BATCH, items=fields.PRODUCT)
    return [
        *route(shop, base, dialect.speak("product", {
            "GET": Operation(lambda asked: _list(asked, lists), "list", queries.PRODUCTS),
            "POST": Operation(_create, "create", queries.ONE, fields.PRODUCT),
        })),
        *route(shop, f"{base}/batch", dialect.speak("product", {"PUT": batch})),
        *route(shop, f"{base}/categories", dialect.speak("category", {
            "GET": Operation(_list_categories, "list", queries.CATEGORIES),
            "POST": Operation(_create_category, "create", queries.ONE, fields.CATEGORY, required=("name",)),
        })),
        *route(shop, f"{base}/{{id:int}}", dialect.speak("product", {
            "GET": Operation(_get, "view", queries.ONE),
            "PUT": Operation(_change, "edit", queries.ONE, fields.PRODUCT),
            "DELETE": Operation(_delete, "delete", queries.DELETED),
        })),
        *(_variation_routes(dialect, lists) if dialect.namespace != "wc/v1" else ()),
    ]  # fmt: skip


def _variation_routes(dialect: Dialect, lists: Lists) -> list[Route]:
    """`wc/v1` has none of them: there variations are read and written inside their product."""
    shop, base = dialect.shop, f"{dialect.base}/products/{{id:int}}/variations"
    batch = Operation(_batch_variations, "batch", queries.ONE, fields.BATCH, items=fields.VARIATION)
    return [
        *route(shop, base, dialect.speak("variation", {
            "GET": Operation(lambda asked: _list_variations(asked, lists), "list", queries.VARIATIONS),
            "POST": Operation(_create_variation, "create", queries.ONE, fields.VARIATION),
        })),
        *route(shop, f"{base}/batch", dialect.speak("variation", {"PUT": batch})),
        *route(shop, f"{base}/{{variation_id:int}}", dialect.speak("variation", {
            "GET": Operation(_get_variation, "view", queries.ONE),
            "PUT": Operation(_change_variation, "edit", queries.ONE, fields.VARIATION),
            "DELETE": Operation(_delete_variation, "delete", queries.DELETED),
        })),
    ]  # fmt: skip


def _shown(asked: Asked, product: Resource, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer to a write."""
    resource = product_view.show(asked.shop, product, asked.base_url, editing=True)
    return Answer(pick_fields(resource, asked.fields, with_links=True), status, headers or {})


def _list(asked: Asked, lists: Lists) -> Answer:
    """Products; with `sku` variations too, which come as `type: variation` (observed)."""
    query, shop = asked.query, asked.shop
    skus = _skus(query)
    ids = lists.ids(query, lambda record: (record.sku in skus if skus else record.kind != "variation") and _wanted(record, query))
    resources = [product_view.show(shop, shop.products[record_id], asked.base_url) for record_id in page_of(ids, query)]
    headers = page_headers(len(ids), asked.url, asked.given, query, {})
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in resources], headers=headers)


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


def _create(asked: Asked) -> Answer:
    product = products.create(asked.shop, asked.body)
    return _shown(asked, product, 201, {"Location": f"{asked.url}/{product['id']}"})


def _get(asked: Asked) -> Answer:
    resource = product_view.show(asked.shop, products.find(asked.shop, asked.ids["id"]), asked.base_url)
    return Answer(pick_fields(resource, asked.fields, with_links=True))


def _change(asked: Asked) -> Answer:
    return _shown(asked, products.change(asked.shop, asked.ids["id"], asked.body))


def _delete(asked: Asked) -> Answer:
    act = products.remove if asked.query["force"] else products.trash
    return _shown(asked, act(asked.shop, asked.ids["id"]))


def _shown_variation(asked: Asked, variation: Resource, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer to a write."""
    resource = product_view.show_variation(asked.shop, variation, asked.base_url, editing=True)
    return Answer(pick_fields(resource, asked.fields, with_links=True), status, headers or {})


def _list_variations(asked: Asked, lists: Lists) -> Answer:
    """A simple product has none, which is an empty list (observed)."""
    query, shop, parent = asked.query, asked.shop, asked.ids["id"]
    products.find(shop, parent)
    skus = _skus(query)
    own = {**query, "parent": [parent], "type": "variation"}
    ids = lists.ids(own, lambda record: (not skus or record.sku in skus) and _wanted(record, own))
    resources = [product_view.show_variation(shop, shop.products[record_id], asked.base_url) for record_id in page_of(ids, query)]
    headers = page_headers(len(ids), asked.url, asked.given, query, {})
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in resources], headers=headers)


def _variation_location(asked: Asked, record_id: int) -> str:
    """A pattern that was never filled in (observed)."""
    return f"{asked.base_url}/wp-json/wc/v3/products/(?P<product_id>[\\d]+)/variations/{record_id}"


def _create_variation(asked: Asked) -> Answer:
    variation = products.create_variation(asked.shop, asked.ids["id"], asked.body)
    return _shown_variation(asked, variation, 201, {"Location": _variation_location(asked, variation["id"])})


def _get_variation(asked: Asked) -> Answer:
    variation = products.find_variation(asked.shop, asked.ids["id"], asked.ids["variation_id"])
    resource = product_view.show_variation(asked.shop, variation, asked.base_url)
    return Answer(pick_fields(resource, asked.fields, with_links=True))


def _change_variation(asked: Asked) -> Answer:
    return _shown_variation(asked, products.change_variation(asked.shop, asked.ids["id"], asked.ids["variation_id"], asked.body))


def _delete_variation(asked: Asked) -> Answer:
    variation = products.find_variation(asked.shop, asked.ids["id"], asked.ids["variation_id"])
    if not asked.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "The product_variation does not support trashing.")
    answer = _shown_variation(asked, variation)
    products.remove(asked.shop, variation["id"])
    for own in answer.body["_links"]["self"]:
        own.pop("targetHints")
    return replace(answer, headers={"Allow": ""})  # nothing can be done with it any more (observed)


def _batch(asked: Asked) -> Answer:
    shop = asked.shop

    def show(product: Resource) -> Resource:
        return product_view.show(shop, product, asked.base_url, editing=True)

    return _run_batch(
        asked,
        lambda body: show(products.create(shop, body, loose=True)),
        lambda record_id, body: show(products.change(shop, record_id, body, loose=True)),
        lambda record_id: show(products.remove(shop, record_id)),
    )


def _batch_variations(asked: Asked) -> Answer:
    shop, parent = asked.shop, asked.ids["id"]

    def show(variation: Resource) -> Resource:
        return product_view.show_variation(shop, variation, asked.base_url, editing=True)

    def remove(record_id: int) -> Resource:
        return show(products.remove(shop, products.find_variation(shop, parent, record_id)["id"]))

    return _run_batch(
        asked,
        lambda body: show(products.create_variation(shop, parent, body, loose=True)),
        lambda record_id, body: show(products.change_variation(shop, parent, record_id, body, loose=True)),
        remove,
    )


def _run_batch(
    asked: Asked,
    create: Callable[[Resource], Resource],
    change: Callable[[int, Resource], Resource],
    remove: Callable[[int], Resource],
) -> Answer:
    """Each item succeeds or fails by itself, in the order given, and the whole is answered 200. Values are cast, not checked
    (observed); with `strict` an unknown field name refuses the whole, before anything is done."""
    parts = {name: _batch_list(asked.body[name], name) for name in fields.BATCH if asked.body.get(name)}
    if sum(len(items) for items in parts.values()) > _BATCH_LIMIT:
        message = f"Unable to accept more than {_BATCH_LIMIT} items for this request."
        raise RestError(413, "woocommerce_rest_request_entity_too_large", message)
    strict = asked.shop.config.strict
    for name in ("create", "update"):
        if name in parts:
            parts[name] = [check_names(asked.items, item, f"{name}[{i}]", strict) for i, item in enumerate(parts[name])]
    done: dict[str, list[Resource]] = {}
    for name, items in parts.items():
        if name == "create":
            done[name] = [_tried(0, create, item) for item in items]
        elif name == "update":
            done[name] = [_tried_change(change, item) for item in items]
        else:
            done[name] = [_tried(php.to_int(item), remove, php.to_int(item)) for item in items]
    return Answer(done or [])


def _batch_list(items: Any, name: str) -> list[Any]:
    if not isinstance(items, list):
        raise invalid_params({name: Invalid("rest_invalid_type", f"{name} is not of type array.", {"param": name})})
    return items


def _tried(record_id: int, act: Callable[[Any], Resource], argument: Any) -> Resource:
    try:
        return act(argument)
    except RestError as refused:
        return {"id": record_id, "error": refused.body()}


def _tried_change(change: Callable[[int, Resource], Resource], item: Resource) -> Resource:
    record_id = php.to_int(item.get("id"))
    return _tried(record_id, lambda body: change(record_id, body), {name: value for name, value in item.items() if name != "id"})


def _show_category(asked: Asked, category: Resource) -> Resource:
    collection = f"{asked.base_url}/wp-json/wc/v3/products/categories"
    allow = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    links = {"self": [{"href": f"{collection}/{category['id']}", "targetHints": allow}], "collection": [{"href": collection}]}
    return {**category, "_links": links}


def _list_categories(asked: Asked) -> Answer:
    by = asked.query["orderby"]
    found = sorted(asked.shop.categories.values(), key=lambda c: c[by], reverse=asked.given.get("order") == "desc")
    shown = [_show_category(asked, category) for category in page_of(found, asked.query)]
    headers = page_headers(len(found), asked.url, asked.given, asked.query, {})
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in shown], headers=headers)


def _create_category(asked: Asked) -> Answer:
    category = asked.shop.add_category(asked.body["name"], asked.body.get("slug", ""))
    return Answer(_show_category(asked, category), 201, {"Location": f"{asked.url}/{category['id']}"})
