"""Registered customers."""

from __future__ import annotations

import hashlib
from typing import Any

from app.sandbox.woocommerce.model.site import Site, counter
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.links import links
from app.sandbox.woocommerce.wire.meta import merge_meta

Resource = dict[str, Any]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "country", "state")


class Customers(dict[int, Resource]):
    """Customers by id."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self._next_id = counter(2)

    def create(self, body: Resource) -> Resource:
        """Raises RestError when the address is registered already."""
        if any(customer["email"].lower() == body["email"].lower() for customer in self.values()):
            message = "An account is already registered with your email address. Please log in or use a different email address."
            raise RestError(400, "registration-error-email-exists", message)
        customer = _blank(self._next_id())
        customer.update({name: body[name] for name in ("email", "first_name", "last_name") if body.get(name) is not None})
        customer["username"] = body.get("username") or body["email"].split("@")[0]
        for name in ("billing", "shipping"):
            customer[name].update(body.get(name) or {})
        digest = hashlib.sha256(customer["email"].lower().encode()).hexdigest()
        customer["avatar_url"] = f"https://secure.gravatar.com/avatar/{digest}?s=96&d=mm&r=g"
        merge_meta(customer["meta_data"], body.get("meta_data") or [], self._site.next_meta_id)
        self._site.stamp(customer, "date_created", "date_modified")
        self[customer["id"]] = customer
        return customer

    def make_up(self, record_id: int, email: str) -> None:
        """A stand-in for a customer whom a recorded order names, unless there is one."""
        if record_id and record_id not in self:
            self[record_id] = {**_blank(record_id), "email": email}

    def find(self, record_id: int) -> Resource:
        """Raises RestError (404)."""
        customer = self.get(record_id)
        if customer is None:
            raise RestError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
        return customer


def _blank(record_id: int) -> Resource:
    return {
        "id": record_id, "date_created": None, "date_created_gmt": None, "date_modified": None, "date_modified_gmt": None,
        "email": "", "first_name": "", "last_name": "", "role": "customer", "username": "",
        "billing": {**dict.fromkeys(_ADDRESS, ""), "email": "", "phone": ""},
        "shipping": {**dict.fromkeys(_ADDRESS, ""), "phone": ""},
        "is_paying_customer": False, "avatar_url": "", "meta_data": [],
    }  # fmt: skip


def show(customer: Resource, base_url: str) -> Resource:
    return {**customer, "_links": links(f"{base_url}/wp-json/wc/v3/customers", customer["id"])}
