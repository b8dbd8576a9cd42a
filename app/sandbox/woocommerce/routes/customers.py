"""The routes of customers."""

from __future__ import annotations

from app.sandbox.woocommerce.http.rest import METHODS, Answer, Asked, Endpoint, Operation
from app.sandbox.woocommerce.model import customers
from app.sandbox.woocommerce.wire import fields, queries


def customer_endpoints() -> list[Endpoint]:
    create = Operation(_create, "create", queries.ONE, fields.CUSTOMER, required=("email",))
    read = Operation(_get, "view", queries.ONE)
    return [
        Endpoint("/customers", {"POST": create}, "customer"),
        Endpoint("/customers/{id:int}", {"GET": read}, "customer", also=METHODS[1:]),
    ]


def _create(asked: Asked) -> Answer:
    return asked.made(customers.show(asked.shop.customers.create(asked.body), asked.base_url))


def _get(asked: Asked) -> Answer:
    return asked.one(customers.show(asked.shop.customers.find(asked.ids["id"]), asked.base_url))
