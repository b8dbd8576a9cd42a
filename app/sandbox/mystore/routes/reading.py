"""Reading: every list, every single record, and the lists under a record."""

from __future__ import annotations

from app.sandbox.kit.requests import Answer
from app.sandbox.mystore.http.calls import Call, Handler, Operation
from app.sandbox.mystore.http.listing import listed
from app.sandbox.mystore.wire.kinds import RIGHTS
from app.sandbox.mystore.wire.refusals import JSON_API

LISTS = (
    "products", "product-variants", "product-attributes", "product-options", "product-option-values", "orders", "order-status",
    "customers", "webhooks",
)  # fmt: skip
SINGLES = (*LISTS, "order-products")
UNDER = (
    ("products", "product-variants", "product"),
    ("products", "product-attributes", "product"),
    ("orders", "order-products", "order"),
    ("orders", "order-totals", "order"),
    ("orders", "order-status-history", "order"),
    ("orders", "order-tags", "order"),
    ("order-products", "order-product-attributes", "order-product"),
    ("order-status", "orders", "order-status"),
    ("customers", "orders", "customer"),
)
"""The parent, what is listed under it, and the relationship by which that names its parent."""


def reading_operations() -> list[Operation]:
    return [
        *(Operation("GET", f"/{kind}", _list(kind), RIGHTS[kind]) for kind in LISTS),
        *(Operation("GET", f"/{kind}/{{}}", _single(kind), RIGHTS[kind]) for kind in SINGLES),
        *(Operation("GET", f"/{parent}/{{}}/{kind}", _under(parent, kind, by), RIGHTS[kind]) for parent, kind, by in UNDER),
        Operation("GET", "/settings", _settings, "settings", is_plain=True),
        Operation("GET", "/shipping", _shipping, is_plain=True),
        Operation("GET", "/payment", _payment, is_plain=True),
    ]


def _list(kind: str) -> Handler:
    return lambda call: listed(call, kind, call.table(kind), is_top=True)


def _single(kind: str) -> Handler:
    def answer(call: Call) -> Answer:
        found, question = call.found(kind), call.question(kind)
        return Answer({"data": call.view(kind, question.fields).shown(found)}, media_type=JSON_API)

    return answer


def _under(parent: str, kind: str, relation: str) -> Handler:
    return lambda call: listed(call, kind, call.table(kind).of(relation, call.found(parent).id))


def _settings(call: Call) -> Answer:
    call.no_question()
    config = call.config
    return Answer(
        {"store_name": call.shop.name, "default_language": config.default_language, "default_currency": config.currency}
    )


def _shipping(call: Call) -> Answer:
    call.no_question()
    return Answer([{"name": one.name, "method": one.method} for one in call.config.shipping])


def _payment(call: Call) -> Answer:
    """Klarna and other full checkouts are not among them."""
    call.no_question()
    return Answer([{"name": one.name, "method": one.method} for one in call.config.payment])
