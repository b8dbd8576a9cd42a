"""`POST /webhooks/{webhook_id}` in words: `shop_webhooks` mounts it plainly, so FastAPI knows nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.intake import refusals
from app.api.intake.refusals import Refusal, refusal_of
from app.api.kit.problems import MEDIA_TYPE
from app.integrations.protocol import Integration
from app.integrations.protocol.reference import WebhookExample
from app.integrations.registry import INTEGRATIONS

Body = dict[str, Any]

PATH = "/webhooks/{webhook_id}"

_SENDERS = [system for system in INTEGRATIONS.values() if system.webhooks]
_REFUSALS = (
    *(refusal_of(each) for system in _SENDERS if system.webhooks for each in system.webhooks.refusals),
    refusals.UNKNOWN,
    refusals.TOO_SLOW,
    refusals.TOO_LARGE,
    refusals.SLOWED,
    refusals.HEAD_TOO_LARGE,
    refusals.FAILED,
    refusals.NOT_REACHABLE,
)
_MEANINGS = {
    400: "The body cannot be read as what the system sends, or the client hung up.",
    401: "The signature is missing or does not fit the raw body. Nothing was parsed.",
    404: "There is no such address, or its connection has no webhook secret.",
    408: "The body did not arrive in time.",
    413: "The body is larger than GATEWAY_MAX_BODY_BYTES.",
    415: "The content type is not one that the system sends.",
    429: "Wrongly signed too, after too many from this address. What is signed as it should be is always taken.",
    431: "The request's first line and headers are larger than GATEWAY_MAX_HEAD_BYTES.",
    500: "The gateway failed; its log has the details.",
    503: "It could not be kept just now; nothing was lost that was answered 200.",
}


def refused(refusal: Refusal, meaning: str) -> dict[str, Any]:
    """The description of a refusal's answer."""
    example = {
        "type": f"urn:gateway:problem:{refusal.result}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.title,
        "fix": refusal.fix,
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    described: dict[str, Any] = {"description": meaning, "content": content}
    if refusal.status in refusals.PASSING:
        described["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return described


_RESPONSES: Body = {
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


def _headers(system: Integration) -> list[Body]:
    return [
        {
            "name": each.name,
            "in": "header",
            "required": False,
            "description": each.description,
            "schema": {"type": "string"},
            "example": each.example,
        }
        for each in system.reference.webhook_headers
    ]


def _body(example: Mapping[str, Any]) -> Body:
    return {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": dict(example)}}}


_EXAMPLES = [each.body for system in _SENDERS for each in system.reference.webhooks]


PATH_ITEM: Body = {
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
            *(header for system in _SENDERS for header in _headers(system)),
        ],
        "requestBody": _body(_EXAMPLES[0] if _EXAMPLES else {}),
        "responses": _RESPONSES,
    }
}


def _sent(system: Integration, sent: WebhookExample) -> Body:
    return {
        "post": {
            "tags": ["webhooks"],
            "operationId": f"{system.name}_{sent.name}",
            "summary": sent.summary,
            "description": f"Sent by a {system.title} {system.noun} to the connection's `webhook_url`.",
            "security": [],
            "parameters": _headers(system),
            "requestBody": _body(sent.body),
            "responses": _RESPONSES,
        }
    }


SENT_BY_SHOPS: Body = {
    f"{system.name}-{sent.name}": _sent(system, sent) for system in _SENDERS for sent in system.reference.webhooks
}
"""What the systems send, as the document's webhooks section."""
