"""The routes of customers."""

from __future__ import annotations

from app.sandbox.woocommerce.http.rest import METHODS, Answer, Asked, Endpoint, operation
from app.sandbox.woocommerce.model import customers


def customer_endpoints() -> list[Endpoint]:
    create = operation(_create, "create", body="customer")
    read = operation(_get, "view")
    return [
        Endpoint("/customers", {"POST": create}, "customer"),
        Endpoint("/customers/{id:int}", {"GET": read}, "customer", also=METHODS[1:]),
    ]


def _create(asked: Asked) -> Answer:
    return asked.made(customers.show(asked.shop.customers.create(asked.body), asked.base_url))


def _get(asked: Asked) -> Answer:
    return asked.one(customers.show(asked.shop.customers.find(asked.ids["id"]), asked.base_url))
