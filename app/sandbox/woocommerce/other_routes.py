"""The routes of webhooks, customers and settings, the index, and the refusal of everything else."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce import customers, fields, queries, times
from app.sandbox.woocommerce.errors import RestError
from app.sandbox.woocommerce.listing import page_headers, page_of, pick_fields
from app.sandbox.woocommerce.rest import Answer, Asked, Operation, route
from app.sandbox.woocommerce.settings_routes import settings_routes
from app.sandbox.woocommerce.shop import Shop
from app.sandbox.woocommerce.webhooks import Webhook

_BASE = "/wp-json/wc/v3"


def webhook_routes(shop: Shop) -> list[Route]:
    return [
        *route(shop, f"{_BASE}/webhooks", {
            "GET": Operation(_list_webhooks, "list", queries.WEBHOOKS),
            "POST": Operation(_create_webhook, "create", queries.ONE, fields.WEBHOOK),
        }),
        *route(shop, f"{_BASE}/webhooks/{{id:int}}", {
            "GET": Operation(_get_webhook, "view", queries.ONE),
            "PUT": Operation(_change_webhook, "edit", queries.ONE, fields.WEBHOOK),
            "DELETE": Operation(_delete_webhook, "delete", queries.DELETED),
        }),
    ]  # fmt: skip


def other_routes(shop: Shop) -> list[Route]:
    return [
        *route(shop, f"{_BASE}/customers", {
            "POST": Operation(_create_customer, "create", queries.ONE, fields.CUSTOMER, required=("email",)),
        }),
        *route(
            shop,
            f"{_BASE}/customers/{{id:int}}",
            {"GET": Operation(_get_customer, "view", queries.ONE)},
            also=("POST", "PUT", "PATCH", "DELETE"),
        ),
        *route(shop, f"{_BASE}/system_status", {"GET": Operation(_system_status, "list", queries.ONE)}),
        *settings_routes(shop, _BASE),
        *route(shop, _BASE, {"GET": Operation(_namespace, None, queries.ONE)}),
        *route(shop, "/wp-json", {"GET": Operation(_index, None, queries.ONE)}),
        *route(shop, "/wp-json/{rest:path}", {}),
    ]  # fmt: skip


def _shown(asked: Asked, webhook: Webhook, status: int = 200) -> Answer:
    resource = webhook.resource(asked.base_url, asked.shop.zone)
    headers = {"Location": f"{asked.url}/{webhook.id}"} if status == 201 else {}
    return Answer(pick_fields(resource, asked.fields, with_links=True), status, headers)


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
    shown = [webhook.resource(asked.base_url, zone) for webhook in page_of(found, query)]
    headers = page_headers(len(found), asked.url, asked.given, query, {})
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in shown], headers=headers)


def _create_webhook(asked: Asked) -> Answer:
    return _shown(asked, asked.shop.webhooks.add(asked.body, asked.shop.now()), 201)


def _get_webhook(asked: Asked) -> Answer:
    return _shown(asked, asked.shop.webhooks.find(asked.ids["id"]))


def _change_webhook(asked: Asked) -> Answer:
    webhook = asked.shop.webhooks.find(asked.ids["id"])
    asked.shop.webhooks.change(webhook, asked.body, asked.shop.now())
    return _shown(asked, webhook)


def _delete_webhook(asked: Asked) -> Answer:
    webhook = asked.shop.webhooks.find(asked.ids["id"])
    if not asked.query["force"]:
        raise RestError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    asked.shop.webhooks.remove(webhook.id)
    return _shown(asked, webhook)


def _create_customer(asked: Asked) -> Answer:
    customer = customers.create(asked.shop, asked.body)
    shown = pick_fields(customers.show(customer, asked.base_url), asked.fields, with_links=True)
    return Answer(shown, 201, {"Location": f"{asked.url}/{customer['id']}"})


def _get_customer(asked: Asked) -> Answer:
    customer = customers.find(asked.shop, asked.ids["id"])
    return Answer(pick_fields(customers.show(customer, asked.base_url), asked.fields, with_links=True))


def _system_status(asked: Asked) -> Answer:
    config = asked.shop.config
    home = config.home_url.rstrip("/")
    status = {
        "environment": {
            "home_url": home, "site_url": home, "version": config.version, "wp_version": config.wordpress_version,
            "wp_multisite": False, "php_version": config.php_version, "default_timezone": "UTC",
        },
        "active_plugins": [],
        "settings": {
            "api_enabled": False, "force_ssl": False, "currency": config.currency,
            "currency_symbol": "".join(f"&#{ord(letter)};" for letter in config.currency_symbol), "number_of_decimals": 2,
            "order_datastore": "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore",
            "HPOS_enabled": True, "HPOS_sync_enabled": False,
        },
    }  # fmt: skip
    return Answer(pick_fields(status, asked.fields, with_links=False))


def _namespace(asked: Asked) -> Answer:
    return Answer({"namespace": "wc/v3", "routes": {}, "_links": {"up": [{"href": f"{asked.base_url}/wp-json/"}]}})


def _index(asked: Asked) -> Answer:
    """What the shop says about itself to everybody: its name and the parts of the REST API it has."""
    config = asked.shop.config
    offset = asked.shop.now().astimezone(asked.shop.zone).utcoffset()
    index: dict[str, Any] = {
        "name": config.name, "description": "", "url": asked.base_url, "home": asked.base_url,
        "gmt_offset": offset.total_seconds() / 3600 if offset else 0, "timezone_string": config.time_zone,
        "namespaces": ["wc/v3"], "authentication": {}, "routes": {},
    }  # fmt: skip
    return Answer(pick_fields(index, asked.fields, with_links=False))
