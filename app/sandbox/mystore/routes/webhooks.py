"""Making, changing and taking away webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from app.sandbox.kit.requests import NOTHING, Answer
from app.sandbox.mystore.http.calls import Call, Operation
from app.sandbox.mystore.model.webhooks import new_secret
from app.sandbox.mystore.wire.refusals import forbidden, wrong_value

_KIND = "webhooks"


def webhook_operations() -> list[Operation]:
    return [
        Operation("POST", "/webhooks", _create, _KIND),
        Operation("PATCH", "/webhooks/{}", _change, _KIND),
        Operation("DELETE", "/webhooks/{}", _delete, _KIND),
    ]


def _create(call: Call) -> Answer:
    """The secret stands in this answer only, where the shop has one for each webhook (A19)."""
    if call.config.webhook_creation == "refuses":
        raise forbidden("Webhooks are made in the control panel")
    given = _checked(call, {"topic": None, "url": None, **call.written(_KIND).attributes})
    made = call.table(_KIND).add({**given, "client": call.grant.client, "created_at": call.shop.site.now(), "key": new_secret()})
    if call.config.webhook_key == "answer":
        made.attributes["secret"] = made["key"]
    answer = call.made(made)
    made.attributes.pop("secret", None)
    return answer


def _change(call: Call) -> Answer:
    webhook = call.found(_KIND)
    webhook.attributes.update(_checked(call, call.written(_KIND, webhook.id).attributes))
    return call.one(webhook)


def _delete(call: Call) -> Answer:
    call.no_question()
    call.table(_KIND).remove(call.found(_KIND))
    return Answer(NOTHING.body, 204)


def _checked(call: Call, attributes: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused (422)."""
    if "topic" in attributes and attributes["topic"] not in call.config.webhook_topics:
        raise wrong_value(f"There is no topic {attributes['topic']}")
    parts = urlsplit(attributes.get("url") or "")
    if "url" in attributes and not (parts.scheme in ("http", "https") and parts.hostname):
        raise wrong_value("The address is not one of http or https")
    return attributes
