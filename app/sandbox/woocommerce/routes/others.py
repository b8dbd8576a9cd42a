"""The routes of webhooks, customers and settings, the index, and the refusal of everything else."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.http import queries
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.http.listing import page_headers, page_of, pick_fields
from app.sandbox.woocommerce.http.rest import METHODS, Answer, Asked, Operation, route
from app.sandbox.woocommerce.legacy.dialects import Dialect, dialects
from app.sandbox.woocommerce.model import customers, tracking
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.sandbox.woocommerce.routes.settings import settings_routes
from app.sandbox.woocommerce.routes.tracking import namespaces
from app.sandbox.woocommerce.wire import fields, times

_PLUGINS = {
    tracking.ADVANCED: {
        "plugin": "woo-advanced-shipment-tracking/woocommerce-advanced-shipment-tracking.php",
        "name": "Advanced Shipment Tracking for WooCommerce", "version": "3.9.2", "author_name": "zorem",
    },
    tracking.OWN: {
        "plugin": "woocommerce-shipment-tracking/woocommerce-shipment-tracking.php",
        "name": "WooCommerce Shipment Tracking", "version": "2.5.0", "author_name": "WooCommerce",
    },
}  # fmt: skip


def webhook_routes(shop: Shop) -> list[Route]:
    return [found for dialect in dialects(shop) for found in _webhook_routes(dialect)]


def _webhook_routes(dialect: Dialect) -> list[Route]:
    return [
        *route(dialect.shop, f"{dialect.base}/webhooks", dialect.speak("webhook", {
            "GET": Operation(_list_webhooks, "list", queries.WEBHOOKS),
            "POST": Operation(_create_webhook, "create", queries.ONE, fields.WEBHOOK),
        })),
        *route(dialect.shop, f"{dialect.base}/webhooks/{{id:int}}", dialect.speak("webhook", {
            "GET": Operation(_get_webhook, "view", queries.ONE),
            "PUT": Operation(_change_webhook, "edit", queries.ONE, fields.WEBHOOK),
            "DELETE": Operation(_delete_webhook, "delete", queries.DELETED),
        })),
    ]  # fmt: skip


def other_routes(shop: Shop) -> list[Route]:
    """Customers, settings, the index; and at the end the refusal of whatever else is asked."""
    found = [part for dialect in dialects(shop) for part in _routes(dialect)]
    return [
        *found,
        *route(shop, "/wp-json", {"GET": Operation(_index, None, queries.ONE)}),
        *route(shop, "/wp-json/{rest:path}", {}),
    ]


def _routes(dialect: Dialect) -> list[Route]:
    shop, base = dialect.shop, dialect.base
    create = Operation(_create_customer, "create", queries.ONE, fields.CUSTOMER, required=("email",))
    read = Operation(_get_customer, "view", queries.ONE)
    return [
        *route(shop, f"{base}/customers", dialect.speak("customer", {"POST": create})),
        *route(shop, f"{base}/customers/{{id:int}}", dialect.speak("customer", {"GET": read}), also=METHODS[1:]),
        *(_later_routes(shop, base) if dialect.namespace != "wc/v1" else ()),
        *route(shop, base, {"GET": Operation(_namespace, None, queries.ONE)}),
    ]


def _later_routes(shop: Shop, base: str) -> list[Route]:
    """What `wc/v1` does not have: there nothing tells the shop's version."""
    return [
        *route(shop, f"{base}/system_status", {"GET": Operation(_system_status, "list", queries.ONE)}),
        *settings_routes(shop, base),
    ]


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
        "active_plugins": [_PLUGINS[plugin] for plugin in config.plugins],
        "settings": {
            "api_enabled": False, "force_ssl": False, "currency": config.currency,
            "currency_symbol": "".join(f"&#{ord(letter)};" for letter in config.currency_symbol), "number_of_decimals": 2,
            "order_datastore": "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore",
            "HPOS_enabled": True, "HPOS_sync_enabled": False,
        },
    }  # fmt: skip
    return Answer(pick_fields(status, asked.fields, with_links=False))


def _namespace(asked: Asked) -> Answer:
    namespace = asked.path.removeprefix("/wp-json/")
    return Answer({"namespace": namespace, "routes": {}, "_links": {"up": [{"href": f"{asked.base_url}/wp-json/"}]}})


def _index(asked: Asked) -> Answer:
    """What the shop says about itself to everybody: its name and the parts of the REST API it has."""
    config = asked.shop.config
    offset = asked.shop.now().astimezone(asked.shop.zone).utcoffset()
    index: dict[str, Any] = {
        "name": config.name, "description": "", "url": asked.base_url, "home": asked.base_url,
        "gmt_offset": offset.total_seconds() / 3600 if offset else 0, "timezone_string": config.time_zone,
        "namespaces": ["oembed/1.0", *namespaces(config), "wp/v2"], "authentication": {}, "routes": {},
    }  # fmt: skip
    return Answer(pick_fields(index, asked.fields, with_links=False))
