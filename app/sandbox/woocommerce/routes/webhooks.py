"""The routes of webhooks."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.http.listing import page_of
from app.sandbox.woocommerce.http.rest import Answer, Call, Endpoint, operation
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.sandbox.woocommerce.wire import times
from app.sandbox.woocommerce.wire.errors import RestError


def webhook_endpoints() -> list[Endpoint]:
    return [
        Endpoint("/webhooks", {
            "GET": operation(_list_webhooks, "list", "webhooks"),
            "POST": operation(_create_webhook, "create", body="webhook"),
        }, "webhook"),
        Endpoint("/webhooks/{id:int}", {
            "GET": operation(_get_webhook, "view"),
            "PUT": operation(_change_webhook, "edit", body="webhook"),
            "DELETE": operation(_delete_webhook, "delete", "deleted"),
        }, "webhook"),
    ]  # fmt: skip


def _shown(call: Call, webhook: Webhook) -> dict[str, Any]:
    return webhook.resource(call.base_url, call.shop.zone)


def _list_webhooks(call: Call) -> Answer:
    query, zone = call.query, call.shop.zone
    after, before = (times.parse(query[n], zone) if query.get(n) else None for n in ("after", "before"))
    found = [
        webhook
        for webhook in call.shop.webhooks.by_id.values()
        if query["status"] in ("all", webhook.status)
        and (not query.get("include") or webhook.id in query["include"])
        and webhook.id not in (query.get("exclude") or ())
        and (after is None or webhook.created > after)
        and (before is None or webhook.created < before)
        and (not query.get("search") or query["search"].lower() in webhook.name.lower())
    ]
    found.sort(key=lambda w: (w.name if query["orderby"] == "title" else "", w.id), reverse=query["order"] == "desc")
    return call.page((_shown(call, webhook) for webhook in page_of(found, query)), len(found))


def _create_webhook(call: Call) -> Answer:
    return call.made(_shown(call, call.shop.webhooks.add(call.body, call.shop.now())))


def _get_webhook(call: Call) -> Answer:
    return call.one(_shown(call, call.shop.webhooks.find(call.id)))


def _change_webhook(call: Call) -> Answer:
    webhook = call.shop.webhooks.find(call.id)
    call.shop.webhooks.change(webhook, call.body, call.shop.now())
    return call.one(_shown(call, webhook))


def _delete_webhook(call: Call) -> Answer:
    webhook = call.shop.webhooks.find(call.id)
    if not call.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    call.shop.webhooks.remove(webhook.id)
    return call.one(_shown(call, webhook))
