"""The routes of orders, their notes and their refunds."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.http.listing import Lists, found_in, page_of
from app.sandbox.woocommerce.http.rest import Answer, Call, Endpoint, operation
from app.sandbox.woocommerce.model.sales import refunding
from app.sandbox.woocommerce.model.sales.orders import UNKNOWN_TO_NOTES, UNKNOWN_TO_REFUNDS
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.table import Record
from app.sandbox.woocommerce.wire import order_view
from app.sandbox.woocommerce.wire.errors import RestError

Resource = dict[str, Any]

_HIDDEN = ("trash", "auto-draft")


def order_endpoints(shop: Shop) -> list[Endpoint]:
    lists = Lists(shop.orders, shop.zone)
    return [
        Endpoint("/orders", {
            "GET": operation(lambda call: _list(call, lists), "list", "orders"),
            "POST": operation(_create, "create", "one_order", body="order"),
        }, "order"),
        Endpoint("/orders/{id:int}", {
            "GET": operation(_get, "view", "one_order"),
            "PUT": operation(_change, "edit", "one_order", body="order"),
            "DELETE": operation(_delete, "delete", "deleted"),
        }, "order"),
        Endpoint("/orders/{id:int}/notes", {
            "GET": operation(_list_notes, "list", "notes"),
            "POST": operation(_create_note, "create", body="note"),
        }, "note"),
        Endpoint("/orders/{id:int}/refunds", {
            "GET": operation(_list_refunds, "list", "refunds"),
            "POST": operation(_create_refund, "create", "one_order", body="refund"),
        }, "refund"),
        Endpoint("/orders/{id:int}/refunds/{refund_id:int}", {
            "GET": operation(_get_refund, "view", "one_order"),
            "DELETE": operation(_delete_refund, "delete", "deleted_refund"),
        }, "refund"),
    ]  # fmt: skip


def _shown(call: Call, order: Resource) -> Resource:
    return call.shop.orders.show(order, call.base_url, call.query.get("dp", 2))


def _list(call: Call, lists: Lists) -> Answer:
    query, shop = call.query, call.shop
    ids = lists.ids(query, lambda record: _wanted(record, query))
    page = page_of(ids, query)
    defaults = {"status[0]": "any", "dp": "2", "context": "view"}
    # Past the last page the shop says there are none at all (observed; products do not do this).
    return call.page((_shown(call, shop.orders[record_id]) for record_id in page), len(ids) if page else 0, defaults)


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


def _create(call: Call) -> Answer:
    return call.made(_shown(call, call.shop.orders.create(call.body)))


def _get(call: Call) -> Answer:
    return call.one(_shown(call, call.shop.orders.find(call.id)))


def _change(call: Call) -> Answer:
    return call.one(_shown(call, call.shop.orders.change(call.id, call.body)))


def _delete(call: Call) -> Answer:
    orders = call.shop.orders
    act = orders.delete if call.query["force"] else orders.trash
    return call.one(_shown(call, act(call.id)))


def _order_with_notes(call: Call) -> int:
    """The id of the order whose notes are asked for. Raises RestError (404) with the code that notes have for it."""
    call.shop.orders.find(call.id, UNKNOWN_TO_NOTES)
    return call.id


def _list_notes(call: Call) -> Answer:
    record_id = _order_with_notes(call)
    found = call.shop.notes.listed(record_id, call.query["type"])
    return call.many(order_view.show_note(note, record_id, call.base_url) for note in found)


def _create_note(call: Call) -> Answer:
    record_id = _order_with_notes(call)
    return call.made(order_view.show_note(call.shop.notes.post(record_id, call.body), record_id, call.base_url))


def _shown_refund(call: Call, refund: Resource) -> Resource:
    return call.shop.orders.show_refund(refund, call.id, call.base_url, call.query["dp"])


def _list_refunds(call: Call) -> Answer:
    shop, record_id = call.shop, call.id
    shop.orders.find(record_id, UNKNOWN_TO_REFUNDS)
    found = shop.refunds.get(record_id, [])[:: 1 if call.query["order"] == "desc" else -1]
    return call.page((_shown_refund(call, refund) for refund in page_of(found, call.query)), len(found))


def _create_refund(call: Call) -> Answer:
    """The `Location` of the answer holds a pattern that was never filled in (observed)."""
    refund = refunding.create(call.shop.orders, call.id, call.body)
    location = f"{call.base_url}/wp-json/wc/v3/orders/(?P<order_id>[\\d]+)/refunds/{refund['id']}"
    return call.made(_shown_refund(call, refund), location)


def _get_refund(call: Call) -> Answer:
    refund = refunding.find(call.shop.orders, call.id, call.ids["refund_id"])
    return call.one(_shown_refund(call, refund))


def _delete_refund(call: Call) -> Answer:
    """Fires nothing (observed); there is no trash for refunds."""
    answer = _get_refund(call)
    if not call.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "The shop_order_refund does not support trashing.")
    refunding.remove(call.shop.orders, call.id, call.ids["refund_id"])
    return answer
