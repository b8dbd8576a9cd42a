"""The routes of customers."""

from __future__ import annotations

from app.sandbox.woocommerce.http.rest import METHODS, Answer, Call, Endpoint, operation
from app.sandbox.woocommerce.model import customers


def customer_endpoints() -> list[Endpoint]:
    create = operation(_create, "create", body="customer")
    read = operation(_get, "view")
    return [
        Endpoint("/customers", {"POST": create}, "customer"),
        Endpoint("/customers/{id:int}", {"GET": read}, "customer", also=METHODS[1:]),
    ]


def _create(call: Call) -> Answer:
    return call.made(customers.show(call.shop.customers.create(call.body), call.base_url))


def _get(call: Call) -> Answer:
    return call.one(customers.show(call.shop.customers.find(call.id), call.base_url))
