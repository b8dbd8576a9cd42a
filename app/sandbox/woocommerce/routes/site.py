"""The shop tells of itself: its system status and its index. The last route refuses everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.http.rest import Answer, Api, Call, Endpoint, operation
from app.sandbox.woocommerce.model.sales import tracking
from app.sandbox.woocommerce.wire import php

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


def site_endpoints() -> list[Endpoint]:
    return [
        Endpoint("/system_status", {"GET": operation(_system_status, "list")}),
        Endpoint("", {"GET": operation(_namespace, None)}),
    ]


def index_routes(api: Api, namespaces: Sequence[str]) -> list[Route]:
    """The index, which names the parts of the REST API; and the refusal of whatever else is asked. They come last."""
    index = operation(lambda call: _index(call, namespaces), None)
    return [*Endpoint("", {"GET": index}).routes(api, "/wp-json"), *Endpoint("/{rest:path}", {}).routes(api, "/wp-json")]


def _system_status(call: Call) -> Answer:
    config = call.shop.config
    status = {
        "environment": {
            "home_url": config.home, "site_url": config.home, "version": config.version, "wp_version": config.wordpress_version,
            "wp_multisite": False, "php_version": config.php_version, "default_timezone": "UTC",
        },
        "active_plugins": [_PLUGINS[plugin] for plugin in config.plugins],
        "settings": {
            "api_enabled": False, "force_ssl": False, "currency": config.currency,
            "currency_symbol": php.all_entities(config.currency_symbol), "number_of_decimals": 2,
            "order_datastore": "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore",
            "HPOS_enabled": True, "HPOS_sync_enabled": False,
        },
    }  # fmt: skip
    return call.one(status)


def _namespace(call: Call) -> Answer:
    namespace = call.path.removeprefix("/wp-json/")
    return Answer({"namespace": namespace, "routes": {}, "_links": {"up": [{"href": f"{call.base_url}/wp-json/"}]}})


def _index(call: Call, namespaces: Sequence[str]) -> Answer:
    """What the shop says about itself to everybody: its name and the parts of the REST API it has."""
    config = call.shop.config
    offset = call.shop.now().astimezone(call.shop.zone).utcoffset()
    index: dict[str, Any] = {
        "name": config.name, "description": "", "url": call.base_url, "home": call.base_url,
        "gmt_offset": offset.total_seconds() / 3600 if offset else 0, "timezone_string": config.time_zone,
        "namespaces": ["oembed/1.0", *namespaces, "wp/v2"], "authentication": {}, "routes": {},
    }  # fmt: skip
    return call.one(index)
