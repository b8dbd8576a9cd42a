"""The routes of webhooks."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.http.listing import page_of
from app.sandbox.woocommerce.http.rest import Answer, Asked, Endpoint, operation
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


def _shown(asked: Asked, webhook: Webhook) -> dict[str, Any]:
    return webhook.resource(asked.base_url, asked.shop.zone)


def _list_webhooks(asked: Asked) -> Answer:
    query, zone = asked.query, asked.shop.zone
    after, before = (times.parse(query[n], zone) if query.get(n) else None for n in ("after", "before"))
    found = [
        webhook
        for webhook in asked.shop.webhooks.by_id.values()
        if query["status"] in ("all", webhook.status)
        and (not query.get("include") or webhook.id in query["include"])
        and webhook.id not in (query.get("exclude") or ())
        and (after is None or webhook.created > after)
        and (before is None or webhook.created < before)
        and (not query.get("search") or query["search"].lower() in webhook.name.lower())
    ]
    found.sort(key=lambda w: (w.name if query["orderby"] == "title" else "", w.id), reverse=query["order"] == "desc")
    return asked.page((_shown(asked, webhook) for webhook in page_of(found, query)), len(found))


def _create_webhook(asked: Asked) -> Answer:
    return asked.made(_shown(asked, asked.shop.webhooks.add(asked.body, asked.shop.now())))


def _get_webhook(asked: Asked) -> Answer:
    return asked.one(_shown(asked, asked.shop.webhooks.find(asked.ids["id"])))


def _change_webhook(asked: Asked) -> Answer:
    webhook = asked.shop.webhooks.find(asked.ids["id"])
    asked.shop.webhooks.change(webhook, asked.body, asked.shop.now())
    return asked.one(_shown(asked, webhook))


def _delete_webhook(asked: Asked) -> Answer:
    webhook = asked.shop.webhooks.find(asked.ids["id"])
    if not asked.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    asked.shop.webhooks.remove(webhook.id)
    return asked.one(_shown(asked, webhook))
