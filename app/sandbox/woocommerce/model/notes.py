"""Order notes. A note does not move the order's `date_modified` and fires nothing; every POST makes another (observed)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.wire import times

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]


def check_order(shop: Shop, order_id: int) -> None:
    """Raises RestError (404) with the code that notes have for it."""
    if order_id not in shop.orders:
        raise RestError(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")


def write(shop: Shop, order_id: int, text: str, to_customer: bool = False, by_user: bool = False) -> Resource:
    note: Resource = {"id": shop.next_note_id(), "author": "admin" if by_user else "WooCommerce"}
    times.stamp(note, "date_created", shop.now(), shop.zone)
    note.update(note=text, customer_note=to_customer)
    shop.notes.setdefault(order_id, []).append(note)
    return note


def create(shop: Shop, order_id: int, body: Resource) -> Resource:
    """A note over REST; one to the customer is followed by the shop's own note that the e-mail was sent. Raises RestError."""
    check_order(shop, order_id)
    to_customer = bool(body.get("customer_note"))
    note = write(shop, order_id, body["note"], to_customer, bool(body.get("added_by_user")))
    if to_customer:
        write(shop, order_id, 'Email "Customer note" sent.')
    return note


def listed(shop: Shop, order_id: int, kind: str) -> list[Resource]:
    """Newest first. `kind`: any, customer or internal. Raises RestError."""
    check_order(shop, order_id)
    found = reversed(shop.notes.get(order_id, []))
    return [note for note in found if kind == "any" or note["customer_note"] == (kind == "customer")]


def show(note: Resource, order_id: int, base_url: str) -> Resource:
    up = f"{base_url}/wp-json/wc/v3/orders/{order_id}"
    links = {
        "self": [{"href": f"{up}/notes/{note['id']}", "targetHints": {"allow": ["GET", "DELETE"]}}],
        "collection": [{"href": f"{up}/notes"}],
        "up": [{"href": up}],
    }
    return {**note, "_links": links}
