"""WooCommerce in examples, for the OpenAPI document and the command line."""

from __future__ import annotations

from app.integrations.protocol.reference import HeaderExample, Reference, WebhookExample
from app.integrations.woocommerce.whole import WHOLE_ARTICLE, WHOLE_ORDER

REFERENCE = Reference(
    docs="connecting-woocommerce.md",
    php_messages="WP_DEBUG_DISPLAY is on: set it to false in the shop's wp-config.php, and the messages go to its log",
    credentials={"shop_url": "https://shop.example/", "consumer_key": "ck_9d3e7f2c", "consumer_secret": "cs_…"},
    settings={"order_number_prefix": "WC-", "default_country": "NO"},
    facts={"version": "11.0.1", "currency": "NOK"},
    webhook_headers=(
        HeaderExample("X-WC-Webhook-Topic", "What happened.", "order.updated"),
        HeaderExample(
            "X-WC-Webhook-Source",
            "The shop's home address. Deliveries of another shop are kept, ignored and alerted.",
            "https://shop.example/",
        ),
        HeaderExample(
            "X-WC-Webhook-Signature",
            "Base64 of HMAC-SHA256 over the raw body, with the connection's webhook secret.",
            "q0JlLfVRkW3sBn0yW1vJq8d2t0Q5kXo9mZ4aTg7uPcE=",
        ),
        HeaderExample("X-WC-Webhook-Delivery-ID", "Not unique; kept for people to read.", "1f0a2c7e9b3d"),
    ),
    webhooks=(
        WebhookExample(
            "order",
            "An order was created, updated, deleted or restored",
            {
                "id": 5093,
                "number": "5093",
                "status": "processing",
                "date_modified_gmt": "2026-11-21T09:29:58",
                "billing": {"first_name": "Kari", "last_name": "Nordmann", "country": "NO"},
                "line_items": [{"id": 12, "sku": "TEE-M", "quantity": 2}],
            },
        ),
        WebhookExample(
            "product",
            "A product was created, updated, deleted or restored",
            {
                "id": 4711,
                "name": "T-shirt",
                "type": "simple",
                "status": "publish",
                "sku": "TEE-M",
                "date_modified_gmt": "2026-11-21T09:29:58",
            },
        ),
    ),
    whole_order=WHOLE_ORDER,
    whole_article=WHOLE_ARTICLE,
)
