"""The table of orders: how they are written over REST and at the checkout, and what a new status brings with it."""

from __future__ import annotations

import secrets
from typing import Any

from app.sandbox.woocommerce.model.customers import Customers
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.sales import lines, stock, totals
from app.sandbox.woocommerce.model.sales.notes import Notes
from app.sandbox.woocommerce.model.sales.refunds import Refunds
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.model.table import Table
from app.sandbox.woocommerce.wire import order_view, php
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal

Resource = dict[str, Any]

_TEXTS = ("currency", "customer_note", "payment_method", "payment_method_title", "transaction_id", "created_via")
_EDITABLE = ("pending", "on-hold", "auto-draft", "checkout-draft")
_UNPAID = ("pending", "failed", "on-hold", "cancelled")
_NEW = ("pending", "failed", "cancelled")
_NEW_ORDER = "New order"
_EMAILS = {"processing": "Processing order", "completed": "Completed order"}

# The code and the words with which each part of the API refuses an order that is not there.
UNKNOWN = ("woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
UNKNOWN_TO_REFUNDS = ("woocommerce_rest_invalid_order_id", "Invalid order ID.")
UNKNOWN_TO_NOTES = UNKNOWN_TO_TRACKINGS = ("woocommerce_rest_order_invalid_id", "Invalid order ID.")


class Orders(Table):
    """Every order, with the products it sells, the customers who may place it, its notes and its refunds."""

    def __init__(self, site: Site, products: Products, customers: Customers, notes: Notes, refunds: Refunds) -> None:
        super().__init__()
        self.site = site
        self.products = products
        self.customers = customers
        self.notes = notes
        self.refunds = refunds

    def find(self, record_id: int, unknown: tuple[str, str] = UNKNOWN) -> Resource:
        """Raises RestError (404) with the code and the words of `unknown`."""
        order = self.get(record_id)
        if order is None:
            raise RestError(404, *unknown)
        return order

    def show(self, order: Resource, base_url: str, decimals: int = 2) -> Resource:
        """As `/orders/ID` and webhooks have it; amounts with `decimals` decimals."""
        shown = order_view.show(order, base_url, decimals, self.products.deleted)
        for line in shown["line_items"]:
            product = self.products.get(line["variation_id"] or line["product_id"])
            if product is not None:  # the line shows its product's SKU of today, not of the day it was sold (real shop, 10.5)
                line["sku"] = self.products.effective(product)["sku"]
        return shown

    def show_refund(self, refund: Resource, order_id: int, base_url: str, decimals: int = 2) -> Resource:
        """As `/orders/ID/refunds/ID` has it."""
        return order_view.show_refund(refund, order_id, base_url, decimals, self.products.deleted)

    def put_raw(self, resource: Resource) -> None:
        """Loads a recorded order with its own id, silently; a customer it names is made up if the shop does not have it."""
        if customer := resource.get("customer_id", 0):
            self.customers.make_up(customer, resource["billing"]["email"])
        self.put(order_view.from_resource(self.site.config, resource))
        self.site.skip_id(resource["id"])

    def create(self, body: Resource) -> Resource:
        """An order made over REST: `order.created`, then `order.updated`, then the products whose stock moved (observed)."""
        order, moved = self._make(body, "rest-api")
        self.site.fire("order.created", order["id"])
        self.site.fire("order.updated", order["id"])
        self.products.fire_updated(moved)
        return order

    def checkout(self, body: Resource) -> Resource:
        """A customer's own order in the storefront: `order.updated` before `order.created`, and the addresses stored with
        entities, while the note stays as typed (observed). Cash on delivery and bank transfer wait for their money."""
        status = {"cod": "processing", "bacs": "on-hold", "cheque": "on-hold"}.get(body.get("payment_method", ""))
        typed = {
            name: {field: php.encode_entities(value) for field, value in body[name].items()}
            for name in ("billing", "shipping")
            if body.get(name)
        }
        placed = {"status": status, "set_paid": status is None, **{k: v for k, v in body.items() if v is not None}, **typed}
        if placed["status"] is None:
            del placed["status"]
        order, moved = self._make(placed, "store-api")
        order["customer_ip_address"] = "127.0.0.1"
        self.put(order)
        self.site.fire("order.updated", order["id"])
        self.site.fire("order.created", order["id"])
        self.products.fire_updated(moved)
        return order

    def _make(self, body: Resource, created_via: str) -> tuple[Resource, list[int]]:
        self._check_customer(body)
        order = order_view.new_order(self.site.config, created_via)
        moved = self._apply(order, body)
        order["id"] = self.site.next_id()
        order["number"] = self.site.config.number_pattern.format(id=order["id"])
        order["order_key"] = f"wc_order_{secrets.token_urlsafe(9).replace('-', 'x').replace('_', 'y')}"
        home = self.site.config.home
        order["payment_url"] = f"{home}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}"
        self.site.stamp(order, "date_created")
        if body.get("status"):
            moved += self.set_status(order, body["status"])
        if body.get("set_paid"):
            moved += self._pay(order)
        self._save(order)
        return order, moved

    def change(self, record_id: int, body: Resource) -> Resource:
        """Writes an order. `order.updated` fires even when nothing is different. A status that takes it out of the trash fires
        nothing (observed). Raises RestError."""
        order = self.get(record_id)
        if order is None:
            raise RestError(400, "woocommerce_rest_shop_order_invalid_id", "ID is invalid.")
        self._check_customer(body)
        was = order["status"]
        moved = self._apply(order, body)
        if body.get("status"):
            moved += self.set_status(order, body["status"])
        if body.get("set_paid") and order["status"] in ("pending", "failed"):
            moved += self._pay(order)
        self._save(order)
        if was == "trash" and order["status"] != "trash":
            self.before_trash.pop(record_id, None)
            return order
        self.site.fire("order.updated", record_id)
        self.products.fire_updated(moved)
        return order

    def trash(self, record_id: int) -> Resource:
        """Moves an order to the trash and fires `order.deleted`; the answer shows it as it was. Raises RestError."""
        order = self.find(record_id)
        if order["status"] == "trash":
            raise RestError(410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted.")
        self.before_trash[record_id] = order["status"]
        self._save({**order, "status": "trash"})
        self.site.fire("order.deleted", record_id)
        return order

    def delete(self, record_id: int) -> Resource:
        """Deletes for good. Fires nothing (observed). Raises RestError."""
        order = self.find(record_id)
        self.remove(record_id)
        self.before_trash.pop(record_id, None)
        self.notes.pop(record_id, None)
        self.refunds.pop(record_id, None)
        return order

    def restore(self, record_id: int) -> Resource:
        """Takes an order back from the trash in the shop's own pages: `order.restored` alone (observed). Raises RestError."""
        order = self.find(record_id)
        order["status"] = self.before_trash.pop(record_id, "pending")
        self._save(order)
        self.site.fire("order.restored", record_id)
        return order

    def set_status(self, order: Resource, status: str) -> list[int]:
        """Moves the order to a status, with the dates, the stock and the refund that go with it; gives the products whose stock
        moved. The caller stores the order and fires the events."""
        was, order["status"] = order["status"], status
        if was == status and order["id"] in self:
            return []
        paid_status = _paid_status(order)
        if order["date_paid"] is None and (status == paid_status or (paid_status == "processing" and status == "completed")):
            self.site.stamp(order, "date_paid")
        if status == "completed":
            if order["date_paid"] is None:
                self.site.stamp(order, "date_paid")
            self.site.stamp(order, "date_completed")
        if status == "refunded":
            self.refunds.refund_rest(order)
        moved = [] if was == "trash" else self._move_stock(order, status)
        self._note_status(order["id"], was, status)
        return moved

    def _move_stock(self, order: Resource, status: str) -> list[int]:
        if status in stock.TAKEN_AT:
            moved, said = stock.take(self.products, order)
            if said:
                self.notes.write(order["id"], f"Stock levels reduced: {', '.join(said)}")
            return moved
        return stock.put_back(self.products, order["line_items"]) if status in stock.PUT_BACK_AT else []

    def _note_status(self, order_id: int, was: str, status: str) -> None:
        """The shop's own notes on a new status: the change and the e-mails it sent. Once the order stands, the e-mails come
        first (observed)."""
        new = was in _NEW and status in stock.TAKEN_AT
        said = [f'Email "{about}" sent.' for about in (_NEW_ORDER if new else "", _EMAILS.get(status, "")) if about]
        if was != status:
            change_note = f"Order status changed from {_label(was)} to {_label(status)}."
            said = [*said, change_note] if order_id in self else [change_note, *said]
        for text in said:
            self.notes.write(order_id, text)

    def _pay(self, order: Resource) -> list[int]:
        if order["status"] not in _UNPAID:
            return []
        self.site.stamp(order, "date_paid")
        return self.set_status(order, _paid_status(order))

    def _check_customer(self, body: Resource) -> None:
        if body.get("customer_id") and body["customer_id"] not in self.customers:
            raise RestError(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")

    def _apply(self, order: Resource, body: Resource) -> list[int]:
        """Puts the fields of a body into an order and adds it up; gives the products whose stock came back with a removed
        line."""
        given = {name: value for name, value in body.items() if value is not None}
        order.update({name: given[name] for name in (*_TEXTS, "customer_id", "parent_id") if name in given})
        for name in ("billing", "shipping"):
            order[name].update(given.get(name, {}))
        merge_meta(order["meta_data"], given.get("meta_data", []), self.site.next_meta_id)
        moved = lines.write_lines(self.products, order, given.get("line_items", []))
        for name in lines.EXTRAS:
            lines.write_extras(self.site, order, name, given.get(name, []))
        if "coupon_lines" in given:
            totals.apply_coupons(self.products, order, given["coupon_lines"])
        costs = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "billing", "shipping")
        if order["id"] == 0 or any(name in given for name in costs[:4]):
            totals.recalculate(self.products, order)
            order["needs_processing"] = any(self._is_sent(line) for line in order["line_items"])
        return moved

    def _is_sent(self, line: Resource) -> bool:
        """Whether somebody has to do something about a line: all but goods that are virtual and downloadable."""
        product = self.products.of_line(line)
        return product is not None and not (product["virtual"] and product["downloadable"])

    def _save(self, order: Resource) -> None:
        order["is_editable"] = order["status"] in _EDITABLE
        order["needs_payment"] = order["status"] in ("pending", "failed") and decimal(order["total"]) > 0
        self.touch(order)

    def touch(self, order: Resource) -> None:
        """Stores a changed order; its `date_modified` moves."""
        self.site.stamp(order, "date_modified")
        self.put(order)


def _label(status: str) -> str:
    return {"pending": "Pending payment", "on-hold": "On hold"}.get(status, status.capitalize())


def _paid_status(order: Resource) -> str:
    """Where a payment takes the order: `completed` for cash on delivery, else `processing` unless nothing is to be sent."""
    return "completed" if order["payment_method"] == "cod" or not order["needs_processing"] else "processing"
