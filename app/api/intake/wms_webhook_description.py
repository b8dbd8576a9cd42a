"""`POST /webhooks/ongoing/{webhook_id}` in words: `wms_webhooks` mounts it plainly, so FastAPI knows nothing of it."""

from __future__ import annotations

from typing import Any

from app.api.intake import wms_webhooks as route
from app.api.intake.shop_webhook_description import refused

PATH = "/webhooks/ongoing/{webhook_id}"

_MEANINGS = {
    400: "The client hung up.",
    500: "The gateway failed; its log has the details.",
    401: "The secret is missing or wrong. Nothing was parsed.",
    404: "There is no such address, or its connection has no `warehouse.webhook_secret`.",
    413: "The body is larger than what the WMS's own templates send.",
    429: "Too many wrong secrets came from this address. Nothing was looked at.",
    503: "The connection could not be looked up just now; the WMS sends it again, and the polls stand behind it.",
}
_EVENT: dict[str, Any] = {
    "webhookEventId": 90001,
    "system": "acmewms",
    "goodsOwnerId": 77,
    "webhookTemplate": "order",
    "orderId": 50210,
    "orderNumber": "W-10045",
    "orderStatus": {"number": 450},
    "path": "/api/v1/orders/50210",
}
_TAKEN: dict[str, Any] = {
    "description": "Heard. What it names is read from the WMS at once; it may be lost, for the polls find the same.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"status": {"type": "string", "enum": ["accepted"]}},
                "required": ["status"],
            },
            "example": {"status": "accepted"},
        }
    },
}

PATH_ITEM: dict[str, Any] = {
    "post": {
        "tags": ["webhooks"],
        "operationId": "take_warehouse_webhook",
        "summary": "Take a webhook of the WMS",
        "description": "The fast path of what comes back from the warehouse. Set up in the WMS with the connection's "
        "`warehouse.webhook_secret` in the header `settings.warehouse.webhook_header`. Nothing of the body is believed: what it "
        "names is read by API.",
        "security": [],
        "parameters": [
            {
                "name": "webhook_id",
                "in": "path",
                "required": True,
                "description": "Unguessable; the same as at the end of the connection's `webhook_url`.",
                "schema": {"type": "string"},
            },
            {
                "name": "X-Auth-Token",
                "in": "header",
                "required": False,
                "description": "The secret, in the header that the connection names.",
                "schema": {"type": "string"},
                "example": "b7Yc8WqT2mVx5LkR",
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": _EVENT}}},
        "responses": {
            "200": _TAKEN,
            **{str(refusal.status): refused(refusal, _MEANINGS[refusal.status]) for refusal in route.REFUSALS},
        },
    }
}
