"""The routes of orders, their notes and their refunds."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.http.listing import Lists, found_in, page_of
from app.sandbox.woocommerce.http.rest import Answer, Asked, Endpoint, operation
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
            "GET": operation(lambda asked: _list(asked, lists), "list", "orders"),
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


def _shown(asked: Asked, order: Resource) -> Resource:
    return asked.shop.orders.show(order, asked.base_url, asked.query.get("dp", 2))


def _list(asked: Asked, lists: Lists) -> Answer:
    query, shop = asked.query, asked.shop
    ids = lists.ids(query, lambda record: _wanted(record, query))
    page = page_of(ids, query)
    defaults = {"status[0]": "any", "dp": "2", "context": "view"}
    # Past the last page the shop says there are none at all (observed; products do not do this).
    return asked.page((_shown(asked, shop.orders[record_id]) for record_id in page), len(ids) if page else 0, defaults)


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
    return asked.made(_shown(asked, asked.shop.orders.create(asked.body)))


def _get(asked: Asked) -> Answer:
    return asked.one(_shown(asked, asked.shop.orders.find(asked.ids["id"])))


def _change(asked: Asked) -> Answer:
    return asked.one(_shown(asked, asked.shop.orders.change(asked.ids["id"], asked.body)))


def _delete(asked: Asked) -> Answer:
    orders = asked.shop.orders
    act = orders.delete if asked.query["force"] else orders.trash
    return asked.one(_shown(asked, act(asked.ids["id"])))


def _noted(asked: Asked) -> int:
    """The id of the order whose notes are asked for. Raises RestError (404) with the code that notes have for it."""
    record_id: int = asked.ids["id"]
    asked.shop.orders.find(record_id, UNKNOWN_TO_NOTES)
    return record_id


def _list_notes(asked: Asked) -> Answer:
    record_id = _noted(asked)
    found = asked.shop.notes.listed(record_id, asked.query["type"])
    return asked.many(order_view.show_note(note, record_id, asked.base_url) for note in found)


def _create_note(asked: Asked) -> Answer:
    record_id = _noted(asked)
    return asked.made(order_view.show_note(asked.shop.notes.post(record_id, asked.body), record_id, asked.base_url))


def _shown_refund(asked: Asked, refund: Resource) -> Resource:
    return asked.shop.orders.show_refund(refund, asked.ids["id"], asked.base_url, asked.query["dp"])


def _list_refunds(asked: Asked) -> Answer:
    shop, record_id = asked.shop, asked.ids["id"]
    shop.orders.find(record_id, UNKNOWN_TO_REFUNDS)
    found = shop.refunds.get(record_id, [])[:: 1 if asked.query["order"] == "desc" else -1]
    return asked.page((_shown_refund(asked, refund) for refund in page_of(found, asked.query)), len(found))


def _create_refund(asked: Asked) -> Answer:
    """The `Location` of the answer holds a pattern that was never filled in (observed)."""
    refund = refunding.create(asked.shop.orders, asked.ids["id"], asked.body)
    location = f"{asked.base_url}/wp-json/wc/v3/orders/(?P<order_id>[\\d]+)/refunds/{refund['id']}"
    return asked.made(_shown_refund(asked, refund), location)


def _get_refund(asked: Asked) -> Answer:
    refund = refunding.find(asked.shop.orders, asked.ids["id"], asked.ids["refund_id"])
    return asked.one(_shown_refund(asked, refund))


def _delete_refund(asked: Asked) -> Answer:
    """Fires nothing (observed); there is no trash for refunds."""
    answer = _get_refund(asked)
    if not asked.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "The shop_order_refund does not support trashing.")
    refunding.remove(asked.shop.orders, asked.ids["id"], asked.ids["refund_id"])
    return answer
