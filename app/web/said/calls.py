"""What a call is for, by the name under which its failures are counted."""

from __future__ import annotations

from app.web.texts import Text

CALLS: dict[str, Text] = {
    "any call": Text("every call"),
    "GET records": Text("reading records"),
    "POST shop stock": Text("writing quantities"),
    "GET shop order": Text("reading an order"),
    "PUT shop order status": Text("setting an order's status"),
    "POST shop tracking": Text("telling tracking numbers"),
    "POST shop note": Text("writing notes"),
    "GET shop refunds": Text("reading refunds"),
    "POST shop refund": Text("making refunds"),
    "GET /orders": Text("reading orders in the WMS"),
    "PUT /orders": Text("sending orders to the WMS"),
    "DELETE /orders": Text("cancelling orders in the WMS"),
    "PUT /articles": Text("sending articles to the WMS"),
    "GET /articles": Text("reading articles in the WMS"),
    "PATCH /orders/lines/reportedNumberOfItems": Text("confirming what was sent to the WMS"),
    "PATCH /orders/lines/reportedReturnedNumberOfItems": Text("confirming what came back to the WMS"),
    "PATCH /purchaseOrders/lines/reportedNumberOfItems": Text("confirming received goods to the WMS"),
    "reads of the WMS": Text("reading the lists of the WMS"),
}


def call_named(call: str) -> Text | str:
    return CALLS.get(call, call)
