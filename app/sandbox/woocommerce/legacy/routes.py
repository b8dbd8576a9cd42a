"""The routes of the legacy API that a gateway needs."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.http.listing import found_in
from app.sandbox.woocommerce.http.rest import METHODS, Answer, Api
from app.sandbox.woocommerce.legacy import versions, views
from app.sandbox.woocommerce.legacy.application import (
    LegacyCall,
    index_routes,
    legacy_route,
    listed,
    no_page,
    picked,
    refuse_unknown,
)
from app.sandbox.woocommerce.legacy.errors import LegacyError, not_found
from app.sandbox.woocommerce.legacy.refund_lines import line_of_old
from app.sandbox.woocommerce.model.sales import refunding
from app.sandbox.woocommerce.model.table import Record
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.sandbox.woocommerce.routes.orders import mentions
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.errors import RestError

Resource = dict[str, Any]

_BULK_LIMIT = 100
_ORDER_FIELDS = ("status", "status_note", "note", "order_meta")
# Field of a product → its name today. `in_stock` and `backorders` are turned into today's words beside this.
_PRODUCT_FIELDS = {
    "title": "name", "status": "status", "sku": "sku", "regular_price": "regular_price", "sale_price": "sale_price",
    "managing_stock": "manage_stock", "stock_quantity": "stock_quantity", "weight": "weight",
}  # fmt: skip


def legacy_routes(api: Api) -> list[Route]:
    """Every legacy version the shop has; all else under `/wc-api` is a page that is not there."""
    found = [part for version in versions.legacy_versions(api.shop.config) for part in _version(api, version)]
    return [*found, Route("/wc-api/{rest:path}", no_page, methods=list(METHODS))]


def _version(api: Api, version: str) -> list[Route]:
    routes = {
        "/orders": {"GET": _list_orders},
        "/orders/count": {"GET": _count_orders},
        "/orders/statuses": {"GET": _statuses},
        "/orders/{id:int}": {"GET": _get_order, "EDIT": _edit_order},
        "/orders/{id:int}/notes": {"GET": _list_notes, "POST": _create_note},
        "/orders/{id:int}/refunds": {"GET": _list_refunds, "POST": _create_refund},
        "/products": {"GET": _list_products},
        "/products/count": {"GET": _count_products},
        "/products/{id:int}": {"GET": _get_product, "EDIT": _edit_product},
        "/customers/{id:int}": {"GET": _get_customer},
        "/webhooks": {"GET": _list_webhooks, "POST": _create_webhook},
        "/webhooks/{id:int}": {"GET": _get_webhook, "EDIT": _edit_webhook, "DELETE": _delete_webhook},
    }
    if version == "v3":
        routes["/products/bulk"] = {"EDIT": _bulk}
    made = [part for path, handlers in routes.items() for part in legacy_route(api, version, path, handlers)]
    return [*made, *index_routes(api, version)]


# --- orders ----------------------------------------------------------------------------------------------------------------


def _order(call: LegacyCall) -> Resource:
    """Raises LegacyError, also for an id that is a product's."""
    record_id = call.id
    found = call.shop.orders.get(record_id)
    if found is None and record_id in call.shop.products:
        raise LegacyError(404, "woocommerce_api_invalid_order", "Invalid order")
    if found is None:
        raise not_found("order", record_id)
    return found


def _wanted_order(call: LegacyCall, record: Record) -> bool:
    """Statuses WooCommerce does not know, and the trash, are listed only when asked for."""
    status = str(call.given.get("status") or call.filter.get("status") or "")
    if record.status not in (status.split(",") if status else views.ORDER_STATUSES):
        return False
    return mentions(record, str(call.filter.get("q") or ""))


def _list_orders(call: LegacyCall) -> Answer:
    ids, headers = listed(call, call.shop.orders, lambda record: _wanted_order(call, record))
    return Answer({"orders": [_shown_order(call, call.shop.orders[record_id]) for record_id in ids]}, headers=headers)


def _shown_order(call: LegacyCall, order: Resource) -> Resource:
    return picked(call, {**views.order(call.shop.products, order, call.version), **_meta(call, "order_meta", order)})


def _meta(call: LegacyCall, name: str, record: Resource) -> Resource:
    """With `filter[meta]=true` the meta whose keys have no `_` in front; nothing at all where there is none."""
    found = {meta["key"]: meta["value"] for meta in record["meta_data"] if not meta["key"].startswith("_")}
    return {name: found} if found and call.filter.get("meta") == "true" else {}


def _count_orders(call: LegacyCall) -> Answer:
    _, headers = listed(call, call.shop.orders, lambda record: _wanted_order(call, record))
    return Answer({"count": int(headers["X-WC-Total"])})


def _statuses(call: LegacyCall) -> Answer:
    return Answer({"order_statuses": views.ORDER_STATUSES})


def _get_order(call: LegacyCall) -> Answer:
    return Answer({"order": _shown_order(call, _order(call))})


def _edit_order(call: LegacyCall) -> Answer:
    """A status is taken as it is given: one that WooCommerce does not know makes the order vanish from every list. A strict shop
    refuses it."""
    body = call.inside("order")
    order = _order(call)
    if call.shop.config.strict:
        refuse_unknown("field", body, _ORDER_FIELDS)
        refuse_unknown("status", {body["status"]: None} if body.get("status") else {}, tuple(views.ORDER_STATUSES))
    meta = [{"key": key, "value": value} for key, value in (body.get("order_meta") or {}).items() if not key.startswith("_")]
    change = {"status": body.get("status"), "customer_note": body.get("note"), "meta_data": meta}
    call.shop.orders.change(order["id"], {name: value for name, value in change.items() if value})
    if body.get("status_note"):
        call.shop.notes.write(order["id"], body["status_note"])
    return _get_order(call)


def _list_notes(call: LegacyCall) -> Answer:
    found = call.shop.notes.listed(_order(call)["id"], "any")
    return Answer({"order_notes": [picked(call, views.note(note)) for note in found]})


def _create_note(call: LegacyCall) -> Answer:
    body = call.inside("order_note", "create")
    order = _order(call)
    if not body.get("note"):
        raise LegacyError(400, "woocommerce_api_invalid_order_note", "Order note is required")
    note = call.shop.notes.post(order["id"], {"note": body["note"], "customer_note": body.get("customer_note") is True})
    return Answer({"order_note": views.note(note)}, 201)


def _list_refunds(call: LegacyCall) -> Answer:
    found = call.shop.refunds.get(_order(call)["id"], [])
    return Answer({"order_refunds": [picked(call, views.refund(call.shop.products, refund)) for refund in found]})


def _create_refund(call: LegacyCall) -> Answer:
    """Lines are an object by the line's id. Nothing is restocked, and no way of payment of this shop refunds by itself."""
    body = call.inside("order_refund", "create")
    order = _order(call)
    if body.get("amount") is None:
        raise LegacyError(400, "woocommerce_api_invalid_order_refund", "Refund amount is required")
    lines = body.get("line_items") or {}
    wish = {
        "amount": str(body["amount"]), "reason": body.get("reason") or "", "api_refund": False, "api_restock": False,
        "line_items": [line_of_old(php.to_int(line_id), line) for line_id, line in lines.items()],
    }  # fmt: skip
    try:
        refund = refunding.create(call.shop.orders, order["id"], wish)
    except RestError as refused:
        raise LegacyError(400, "woocommerce_api_invalid_order_refund_id", "Invalid order refund ID") from refused
    return Answer({"order_refund": views.refund(call.shop.products, refund)}, 201)


# --- products --------------------------------------------------------------------------------------------------------------


def _product(call: LegacyCall, record_id: int) -> Resource:
    """A product or a variation. Raises LegacyError."""
    found = call.shop.products.get(record_id)
    if found is None:
        raise not_found("product", record_id)
    return found


def _wanted_product(call: LegacyCall, record: Record) -> bool:
    """Published ones only, and variations only by their stock number."""
    wishes = call.filter
    sku, status = str(wishes.get("sku") or "").lower(), wishes.get("post_status", "publish")
    kind = call.given.get("type") or wishes.get("type")
    if status != "any" and record.status not in str(status).split(","):
        return False
    if sku:
        return record.sku == sku
    if record.kind == "variation" or (kind and record.kind not in str(kind).split(",")):
        return False
    words = str(wishes.get("q") or "")
    return not words or found_in(words, record.load()["name"])


def _list_products(call: LegacyCall) -> Answer:
    ids, headers = listed(call, call.shop.products, lambda record: _wanted_product(call, record))
    return Answer({"products": [_shown_product(call, call.shop.products[record_id]) for record_id in ids]}, headers=headers)


def _shown_product(call: LegacyCall, product: Resource) -> Resource:
    return picked(call, {**views.product(call.shop.products, product, call.version), **_meta(call, "product_meta", product)})


def _count_products(call: LegacyCall) -> Answer:
    _, headers = listed(call, call.shop.products, lambda record: _wanted_product(call, record))
    return Answer({"count": int(headers["X-WC-Total"])})


def _get_product(call: LegacyCall) -> Answer:
    return Answer({"product": _shown_product(call, _product(call, call.id))})


def _edit_product(call: LegacyCall) -> Answer:
    _write_product(call, call.id, call.inside("product"))
    return _get_product(call)


def _write_product(call: LegacyCall, record_id: int, body: Resource) -> None:
    """Values are cast, not checked; a stock where none is kept is ignored. Raises LegacyError."""
    found = _product(call, record_id)
    try:
        if found["type"] == "variation":
            call.shop.products.change_variation(found["parent_id"], record_id, _as_today(call, body), loose=True)
        else:
            call.shop.products.change(record_id, _as_today(call, body), loose=True)
    except RestError as refused:
        raise _sorted(refused) from refused


def _sorted(refused: RestError) -> LegacyError:
    if refused.code == "product_invalid_sku":
        return LegacyError(400, "woocommerce_api_product_sku_already_exists", "The SKU already exists on another product")
    return LegacyError(404, "woocommerce_api_no_product_found", refused.message)


def _as_today(call: LegacyCall, body: Resource) -> Resource:
    """A product's body with the names of today, its variations too."""
    if call.shop.config.strict:
        refuse_unknown("field", body, (*_PRODUCT_FIELDS, "in_stock", "backorders", "variations", "id"))
    change: Resource = {_PRODUCT_FIELDS[name]: value for name, value in body.items() if name in _PRODUCT_FIELDS}
    if "in_stock" in body:
        change["stock_status"] = "instock" if body["in_stock"] is True else "outofstock"
    if "backorders" in body:
        change["backorders"] = "notify" if body["backorders"] == "notify" else "yes" if body["backorders"] is True else "no"
    if body.get("variations"):
        change["variations"] = [{**_as_today(call, part), "id": part.get("id")} for part in body["variations"]]
    return change


def _bulk(call: LegacyCall) -> Answer:
    """Each product by its id or its stock number; each succeeds or fails by itself, and the whole is answered 200."""
    items = call.inside("products", "create/edit")
    if len(items) > _BULK_LIMIT:
        message = f"Unable to accept more than {_BULK_LIMIT} items for this request"
        raise LegacyError(413, "woocommerce_api_products_request_entity_too_large", message)
    return Answer({"products": [_bulk_item(call, item) for item in items]})


def _bulk_item(call: LegacyCall, item: Resource) -> Resource:
    sku = str(item.get("sku") or "") if not item.get("id") else ""
    by_sku = call.shop.products.with_sku(sku) if sku else []
    record_id = php.to_int(item.get("id")) or (by_sku[0] if by_sku else 0)
    try:
        if not record_id:
            raise LegacyError(400, "woocommerce_api_missing_product_title", "Missing parameter title")
        _write_product(call, record_id, item)
    except LegacyError as refused:
        return {"id": record_id, "sku": sku, "error": refused.entry}
    return views.product(call.shop.products, call.shop.products[record_id], call.version)


# --- customers and webhooks ------------------------------------------------------------------------------------------------


def _get_customer(call: LegacyCall) -> Answer:
    found = call.shop.customers.get(call.id)
    if found is None:
        raise LegacyError(404, "woocommerce_api_invalid_customer", "Invalid customer")
    return Answer({"customer": picked(call, views.customer(found))})


def _webhook(call: LegacyCall) -> Webhook:
    found = call.shop.webhooks.by_id.get(call.id)
    if found is None:
        raise not_found("webhook", call.id)
    return found


def _list_webhooks(call: LegacyCall) -> Answer:
    """Active ones only, unless `status` says otherwise."""
    status = call.given.get("status") or call.filter.get("status") or "active"
    found = [webhook for webhook in call.shop.webhooks.by_id.values() if status in ("all", webhook.status)]
    headers = {"X-WC-Total": str(len(found)), "X-WC-TotalPages": "1"}
    return Answer({"webhooks": [views.webhook(webhook) for webhook in found]}, headers=headers)


def _get_webhook(call: LegacyCall) -> Answer:
    return Answer({"webhook": views.webhook(_webhook(call))})


def _create_webhook(call: LegacyCall) -> Answer:
    """Without a secret of its own it signs with the caller's consumer secret."""
    body = {"secret": call.key.secret, **call.inside("webhook", "create")}
    try:
        made = call.shop.webhooks.add(body, call.shop.now())
    except RestError as refused:
        raise _webhook_error(refused) from refused
    return Answer({"webhook": views.webhook(made)}, 201)


def _edit_webhook(call: LegacyCall) -> Answer:
    webhook = _webhook(call)
    try:
        call.shop.webhooks.change(webhook, call.inside("webhook"), call.shop.now())
    except RestError as refused:
        raise _webhook_error(refused) from refused
    return _get_webhook(call)


def _webhook_error(refused: RestError) -> LegacyError:
    what = "topic" if refused.code.endswith("topic") else "delivery_url"
    return LegacyError(400, f"woocommerce_api_invalid_webhook_{what}", refused.message.removesuffix("."))


def _delete_webhook(call: LegacyCall) -> Answer:
    call.shop.webhooks.remove(_webhook(call).id)
    return Answer({"message": "Permanently deleted webhook"})
