"""Order notes. A note does not move the order's `date_modified` and fires nothing; every POST makes another (observed)."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.model.site import Site

Resource = dict[str, Any]


class Notes(dict[int, list[Resource]]):
    """The notes of each order, oldest first."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site

    def write(self, order_id: int, text: str, to_customer: bool = False, by_user: bool = False) -> Resource:
        note: Resource = {"id": self._site.next_note_id(), "author": "admin" if by_user else "WooCommerce"}
        self._site.stamp(note, "date_created")
        note.update(note=text, customer_note=to_customer)
        self.setdefault(order_id, []).append(note)
        return note

    def post(self, order_id: int, body: Resource) -> Resource:
        """A note over REST; one to the customer is followed by the shop's own note that the e-mail was sent."""
        to_customer = bool(body.get("customer_note"))
        note = self.write(order_id, body["note"], to_customer, bool(body.get("added_by_user")))
        if to_customer:
            self.write(order_id, 'Email "Customer note" sent.')
        return note

    def listed(self, order_id: int, kind: str) -> list[Resource]:
        """Newest first. `kind`: any, customer or internal."""
        found = reversed(self.get(order_id, []))
        return [note for note in found if kind == "any" or note["customer_note"] == (kind == "customer")]
