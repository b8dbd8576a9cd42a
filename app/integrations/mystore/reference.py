"""mystore in examples, for the OpenAPI document and the command line."""

from __future__ import annotations

from app.integrations.mystore.whole import WHOLE_ARTICLE, WHOLE_ORDER
from app.integrations.protocol.reference import HeaderExample, Reference, WebhookExample

REFERENCE = Reference(
    docs="connecting-mystore.md",
    credentials={"shop": "demo", "access_token": "eyJ0eXAi.eyJleHAi.c2ln"},
    settings={"order_number_prefix": "MS-", "delivered_status_names": ["sendt", "levert"]},
    facts={
        "language": "no",
        "filter_op": "gte",
        "statuses": [{"id": "1", "name": "Ikke behandlet"}, {"id": "3", "name": "Sendt"}],
    },
    webhook_headers=(
        HeaderExample("X-No-Mystore-Topic", "What happened.", "orders/update"),
        HeaderExample(
            "X-No-Mystore-Host", "The shop's short name. Deliveries of another shop are kept, ignored and alerted.", "demo"
        ),
        HeaderExample(
            "X-No-Mystore-Hmac-Sha256",
            "HMAC-SHA256 over the raw body, in Base64, with the webhook's secret.",
            "q0JlLfVRkW3sBn0yW1vJq8d2t0Q5kXo9mZ4aTg7uPcE=",
        ),
    ),
    webhooks=(
        WebhookExample(
            "order",
            "An order was created, updated or deleted; it is read again",
            {"data": {"type": "orders", "id": "10542", "attributes": {"updated_at": "2026-11-21 09:12:00"}}},
        ),
        WebhookExample(
            "product",
            "A product was created, updated or deleted; it and its variants are read again",
            {"data": {"type": "products", "id": "281", "attributes": {"updated_at": "2026-11-20 13:05:44"}}},
        ),
    ),
    whole_order=WHOLE_ORDER,
    whole_article=WHOLE_ARTICLE,
)
