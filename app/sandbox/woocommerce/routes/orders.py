"""The routes of orders, their notes and their refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.http import queries
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.http.listing import Lists, found_in, page_headers, page_of, pick_fields
from app.sandbox.woocommerce.http.rest import Answer, Asked, Operation, route
from app.sandbox.woocommerce.legacy.dialects import Dialect, dialects
from app.sandbox.woocommerce.model import notes, orders, refund_entries, refunds
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.table import Record
from app.sandbox.woocommerce.wire import fields, order_view

_HIDDEN = ("trash", "auto-draft")


def order_routes(shop: Shop) -> list[Route]:
    lists = Lists(shop.orders, shop.zone)
    return [found for dialect in dialects(shop) for found in _routes(dialect, lists)]


def _routes(dialect: Dialect, lists: Lists) -> list[Route]:
    shop, base = dialect.shop, f"{dialect.base}/orders"
    one = f"{base}/{{id:int}}"
    return [
        *route(shop, base, dialect.speak("order", {
            "GET": Operation(lambda asked: _list(asked, lists), "list", queries.ORDERS),
            "POST": Operation(_create, "create", queries.ONE_ORDER, fields.ORDER),
        })),
        *route(shop, one, dialect.speak("order", {
            "GET": Operation(_get, "view", queries.ONE_ORDER),
            "PUT": Operation(_change, "edit", queries.ONE_ORDER, fields.ORDER),
            "DELETE": Operation(_delete, "delete", queries.DELETED),
        })),
        *route(shop, f"{one}/notes", dialect.speak("note", {
            "GET": Operation(_list_notes, "list", queries.NOTES),
            "POST": Operation(_create_note, "create", queries.ONE, fields.NOTE, required=("note",)),
        })),
        *route(shop, f"{one}/refunds", dialect.speak("refund", {
            "GET": Operation(_list_refunds, "list", queries.REFUNDS),
            "POST": Operation(_create_refund, "create", queries.ONE_ORDER, fields.REFUND),
        })),
        *route(shop, f"{one}/refunds/{{refund_id:int}}", dialect.speak("refund", {
            "GET": Operation(_get_refund, "view", queries.ONE_ORDER),
            "DELETE": Operation(_delete_refund, "delete", {**queries.DELETED, **queries.ONE_ORDER}),
        })),
    ]  # fmt: skip


def _shown(asked: Asked, order: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    resource = order_view.show(asked.shop, order, asked.base_url, asked.query.get("dp", 2))
    return Answer(pick_fields(resource, asked.fields, with_links=True), status, headers or {})


def _list(asked: Asked, lists: Lists) -> Answer:
    query, shop = asked.query, asked.shop
    ids = lists.ids(query, lambda record: _wanted(record, query))
    page = page_of(ids, query)
    resources = [order_view.show(shop, shop.orders[record_id], asked.base_url, query["dp"]) for record_id in page]
    defaults = {"status[0]": "any", "dp": "2", "context": "view"}
    # Past the last page the shop says there are none at all (observed; products do not do this).
    headers = page_headers(len(ids) if page else 0, asked.url, asked.given, query, defaults)
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in resources], headers=headers)


def _wanted(record: Record, query: dict[str, Any]) -> bool:
    """Without `status=trash` an order in the trash is left out."""
    statuses = query.get("status") or ["any"]
    if record.status not in statuses and not ("any" in statuses and record.status not in _HIDDEN):
        return False
    if query.get("customer") is not None and record.customer != query["customer"]:
        return False
    if query.get("parent") and record.parent not in query["parent"]:
        return False
    if query.get("parent_exclude") and record.parent in query["parent_exclude"]:
        return False
    return _has_product(record, query.get("product")) and mentions(record, query.get("search"))


def _has_product(record: Record, product: int | None) -> bool:
    return product is None or any(product in (line["product_id"], line["variation_id"]) for line in record.load()["line_items"])


def mentions(record: Record, words: str | None) -> bool:
    """By number, by anything in the addresses, or by the name of a line."""
    if not words:
        return True
    order = record.load()
    people = " ".join([*order["billing"].values(), *order["shipping"].values(), *(line["name"] for line in order["line_items"])])
    return words in (str(order["id"]), order["number"]) or found_in(words, people)


def _create(asked: Asked) -> Answer:
    order = orders.create(asked.shop, asked.body)
    return _shown(asked, order, 201, {"Location": f"{asked.url}/{order['id']}"})


def _get(asked: Asked) -> Answer:
    return _shown(asked, orders.find(asked.shop, asked.ids["id"]))


def _change(asked: Asked) -> Answer:
    return _shown(asked, orders.change(asked.shop, asked.ids["id"], asked.body))


def _delete(asked: Asked) -> Answer:
    act = orders.remove if asked.query["force"] else orders.trash
    return _shown(asked, act(asked.shop, asked.ids["id"]))


def _list_notes(asked: Asked) -> Answer:
    record_id = asked.ids["id"]
    found = notes.listed(asked.shop, record_id, asked.query["type"])
    return Answer([pick_fields(notes.show(note, record_id, asked.base_url), asked.fields, with_links=False) for note in found])


def _create_note(asked: Asked) -> Answer:
    record_id = asked.ids["id"]
    note = notes.create(asked.shop, record_id, asked.body)
    shown = pick_fields(notes.show(note, record_id, asked.base_url), asked.fields, with_links=True)
    return Answer(shown, 201, {"Location": f"{asked.url}/{note['id']}"})


def _list_refunds(asked: Asked) -> Answer:
    shop, record_id = asked.shop, asked.ids["id"]
    refunds.find_order(shop, record_id)
    found = shop.refunds.get(record_id, [])[:: 1 if asked.query["order"] == "desc" else -1]
    page = [
        pick_fields(
            refund_entries.show(shop, refund, record_id, asked.base_url, asked.query["dp"]), asked.fields, with_links=False
        )
        for refund in page_of(found, asked.query)
    ]
    return Answer(page, headers=page_headers(len(found), asked.url, asked.given, asked.query, {}))


def _create_refund(asked: Asked) -> Answer:
    """The `Location` of the answer holds a pattern that was never filled in (observed)."""
    shop, record_id = asked.shop, asked.ids["id"]
    refund = refunds.create(shop, record_id, asked.body)
    location = f"{asked.base_url}/wp-json/wc/v3/orders/(?P<order_id>[\\d]+)/refunds/{refund['id']}"
    shown = refund_entries.show(shop, refund, record_id, asked.base_url, asked.query["dp"])
    return Answer(pick_fields(shown, asked.fields, with_links=True), 201, {"Location": location})


def _shown_refund(asked: Asked, refund: dict[str, Any]) -> Answer:
    shown = refund_entries.show(asked.shop, refund, asked.ids["id"], asked.base_url, asked.query["dp"])
    return Answer(pick_fields(shown, asked.fields, with_links=True))


def _get_refund(asked: Asked) -> Answer:
    return _shown_refund(asked, refunds.find(asked.shop, asked.ids["id"], asked.ids["refund_id"]))


def _delete_refund(asked: Asked) -> Answer:
    """Fires nothing (observed); there is no trash for refunds."""
    record_id, refund_id = asked.ids["id"], asked.ids["refund_id"]
    answer = _shown_refund(asked, refunds.find(asked.shop, record_id, refund_id))
    if not asked.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "The shop_order_refund does not support trashing.")
    refunds.remove(asked.shop, record_id, refund_id)
    return answer
