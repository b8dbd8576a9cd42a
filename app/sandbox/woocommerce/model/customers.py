"""Registered customers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.wire import times
from app.sandbox.woocommerce.wire.meta import merge_meta

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "country", "state")


def new_customer() -> Resource:
    return {
        "id": 0, "date_created": None, "date_created_gmt": None, "date_modified": None, "date_modified_gmt": None, "email": "",
        "first_name": "", "last_name": "", "role": "customer", "username": "",
        "billing": {**dict.fromkeys(_ADDRESS, ""), "email": "", "phone": ""},
        "shipping": {**dict.fromkeys(_ADDRESS, ""), "phone": ""},
        "is_paying_customer": False, "avatar_url": "", "meta_data": [],
    }  # fmt: skip


def create(shop: Shop, body: Resource) -> Resource:
    """Raises RestError when the address is registered already."""
    if any(customer["email"].lower() == body["email"].lower() for customer in shop.customers.values()):
        message = "An account is already registered with your email address. Please log in or use a different email address."
        raise RestError(400, "registration-error-email-exists", message)
    customer = new_customer()
    customer["id"] = shop.next_customer_id()
    customer.update({name: body[name] for name in ("email", "first_name", "last_name") if body.get(name) is not None})
    customer["username"] = body.get("username") or body["email"].split("@")[0]
    for name in ("billing", "shipping"):
        customer[name].update(body.get(name) or {})
    digest = hashlib.sha256(customer["email"].lower().encode()).hexdigest()
    customer["avatar_url"] = f"https://secure.gravatar.com/avatar/{digest}?s=96&d=mm&r=g"
    merge_meta(customer["meta_data"], body.get("meta_data") or [], shop.next_meta_id)
    times.stamp(customer, "date_created", shop.now(), shop.zone)
    times.stamp(customer, "date_modified", shop.now(), shop.zone)
    shop.customers[customer["id"]] = customer
    return customer


def find(shop: Shop, record_id: int) -> Resource:
    """Raises RestError (404)."""
    customer = shop.customers.get(record_id)
    if customer is None:
        raise RestError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return customer


def show(customer: Resource, base_url: str) -> Resource:
    collection = f"{base_url}/wp-json/wc/v3/customers"
    allow = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    links = {
        "self": [{"href": f"{collection}/{customer['id']}", "targetHints": allow}],
        "collection": [{"href": collection}],
    }
    return {**customer, "_links": links}
