"""`POST /webhooks/{webhook_id}` in words: `shop_webhooks` mounts it plainly, so FastAPI knows nothing of it."""

from __future__ import annotations

from typing import Any

from app.api.intake import shop_webhooks
from app.api.intake.shop_webhooks import Refusal, refusal_of
from app.api.kit.problems import MEDIA_TYPE
from app.integrations.registry import INTEGRATIONS

PATH = "/webhooks/{webhook_id}"

_ORDER: dict[str, Any] = {
    "id": 5093,
    "number": "5093",
    "status": "processing",
    "date_modified_gmt": "2026-11-21T09:29:58",
    "billing": {"first_name": "Kari", "last_name": "Nordmann", "country": "NO"},
    "line_items": [{"id": 12, "sku": "TEE-M", "quantity": 2}],
}
_PRODUCT: dict[str, Any] = {
    "id": 4711,
    "name": "T-shirt",
    "type": "simple",
    "status": "publish",
    "sku": "TEE-M",
    "date_modified_gmt": "2026-11-21T09:29:58",
}

_OF_SYSTEMS = [refusal_of(each) for system in INTEGRATIONS.values() if system.webhooks for each in system.webhooks.refusals]
_REFUSALS = (
    *_OF_SYSTEMS,
    shop_webhooks.UNKNOWN,
    shop_webhooks.TOO_SLOW,
    shop_webhooks.TOO_LARGE,
    shop_webhooks.NOT_REACHABLE,
)
_MEANINGS = {
    400: "The body cannot be read as what the system sends, or the client hung up.",
    401: "The signature is missing or does not fit the raw body. Nothing was parsed.",
    404: "There is no such address, or its connection has no webhook secret.",
    408: "The body did not arrive in time.",
    413: "The body is larger than GATEWAY_MAX_BODY_BYTES.",
    415: "The content type is not one that the system sends.",
    503: "It could not be kept just now; nothing was lost that was answered 200.",
}


def refused(refusal: Refusal, meaning: str) -> dict[str, Any]:
    """The description of a refusal's answer."""
    example = {
        "type": f"urn:gateway:problem:{refusal.result}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.fix,
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    described: dict[str, Any] = {"description": meaning, "content": content}
    if refusal.status == 503:
        described["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return described


_RESPONSES: dict[str, Any] = {
    "200": {
        "description": "Kept: committed before this answer. Or the shop's unsigned greeting, which is answered and forgotten.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"status": {"type": "string", "enum": ["accepted", "pong"]}},
                    "required": ["status"],
                },
                "example": {"status": "accepted"},
            }
        },
    },
    **{str(refusal.status): refused(refusal, _MEANINGS[refusal.status]) for refusal in _REFUSALS},
}


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema, "example": example}


_HEADERS = [
    _header("X-WC-Webhook-Topic", "What happened.", "order.updated"),
    _header(
        "X-WC-Webhook-Source",
        "The shop's home address. Deliveries of another shop are kept, ignored and alerted.",
        "https://shop.example/",
    ),
    _header(
        "X-WC-Webhook-Signature",
        "Base64 of HMAC-SHA256 over the raw body, with the connection's webhook secret.",
        "q0JlL…=",
    ),
    _header("X-WC-Webhook-Delivery-ID", "Not unique; kept for people to read.", "1f0a…"),
]


def _body(example: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": example}}}


PATH_ITEM: dict[str, Any] = {
    "post": {
        "tags": ["webhooks"],
        "operationId": "take_webhook",
        "summary": "Take a shop's webhook",
        "description": "Verified over the raw body, committed, then answered. What becomes of it is found at GET /events.",
        "security": [],
        "parameters": [
            {
                "name": "webhook_id",
                "in": "path",
                "required": True,
                "description": "Unguessable; the connection's `webhook_url` ends in it.",
                "schema": {"type": "string"},
            },
            *_HEADERS,
        ],
        "requestBody": _body(_ORDER),
        "responses": _RESPONSES,
    }
}


def _sent(summary: str, example: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "post": {
            "tags": ["webhooks"],
            "operationId": name,
            "summary": summary,
            "description": "Sent by a WooCommerce shop to the connection's `webhook_url`.",
            "security": [],
            "parameters": _HEADERS,
            "requestBody": _body(example),
            "responses": _RESPONSES,
        }
    }


SENT_BY_SHOPS: dict[str, Any] = {
    "woocommerce-order": _sent("An order was created, updated, deleted or restored", _ORDER, "woocommerce_order"),
    "woocommerce-product": _sent("A product was created, updated, deleted or restored", _PRODUCT, "woocommerce_product"),
}
"""What shops send, as the document's webhooks section."""
