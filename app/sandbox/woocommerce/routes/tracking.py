"""The routes of the two tracking plugins. Neither has a PUT."""

from __future__ import annotations

from starlette.routing import Route

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.http.rest import Answer, Api, Call, Endpoint, Operation, operation
from app.sandbox.woocommerce.model.sales import tracking
from app.sandbox.woocommerce.model.sales.orders import UNKNOWN_TO_TRACKINGS
from app.sandbox.woocommerce.wire import php

# Observed for Advanced Shipment Tracking; of the other plugin `wc/v1` and `wc/v2` are its older documentation's.
ADVANCED_NAMESPACES = ("wc-shipment-tracking/v3", "wc-ast/v3", "wc/v3")
OWN_NAMESPACES = ("wc-shipment-tracking/v3", "wc/v2", "wc/v1")


def tracking_routes(api: Api) -> list[Route]:
    """What the plugins of this shop add."""
    found: list[Route] = []
    plugins = api.shop.config.plugins
    if tracking.ADVANCED in plugins:
        create = operation(_add_advanced, "create", body="advanced_tracking")
        found += [part for namespace in ADVANCED_NAMESPACES for part in _routes(api, namespace, create)]
    if tracking.OWN in plugins:
        create = operation(_add_own, "create", body="tracking")
        found += [part for namespace in OWN_NAMESPACES for part in _routes(api, namespace, create)]
        found += Endpoint("/shipment-trackings/providers", {"GET": _PROVIDERS}).routes(api, f"/wp-json/{OWN_NAMESPACES[0]}")
    return found


def plugin_namespaces(config: ShopConfig) -> tuple[str, ...]:
    """The parts of the REST API that the plugins of this shop add."""
    added: tuple[str, ...] = ADVANCED_NAMESPACES if tracking.ADVANCED in config.plugins else ()
    return added + (OWN_NAMESPACES if tracking.OWN in config.plugins else ())


def _routes(api: Api, namespace: str, create: Operation) -> list[Route]:
    base = "/orders/{id:int}/shipment-trackings"
    endpoints = [
        Endpoint(base, {"GET": operation(_list, "list"), "POST": create}),
        Endpoint(f"{base}/providers", {"GET": _PROVIDERS}),
        Endpoint(f"{base}/{{tracking_id}}", {
            "GET": operation(_get, "view"),
            "DELETE": operation(_remove, "delete", "deleted"),
        }),
    ]  # fmt: skip
    return [part for endpoint in endpoints for part in endpoint.routes(api, f"/wp-json/{namespace}")]


def _order_url(call: Call) -> str:
    return call.url.split("/shipment-trackings")[0]


def _shown(call: Call, entry: tracking.Resource) -> tracking.Resource:
    return tracking.show(call.shop.tracking_providers, entry, _order_url(call))


def _added(call: Call, entry: tracking.Resource) -> Answer:
    """The number in `Location` is what PHP makes of the id's first digits, of no use (observed)."""
    return call.made(_shown(call, entry), f"{call.url}/{php.to_int(entry['tracking_id'])}")


def _entries(call: Call) -> list[tracking.Resource]:
    return tracking.entries(call.shop.orders.find(call.id, UNKNOWN_TO_TRACKINGS))


def _list(call: Call) -> Answer:
    return call.many(_shown(call, entry) for entry in _entries(call))


def _providers(call: Call) -> Answer:
    return Answer({country: dict(carriers) for country, carriers in call.shop.tracking_providers.items()})


def _add_advanced(call: Call) -> Answer:
    return _added(call, tracking.add_advanced(call.shop.orders, call.id, call.body))


def _add_own(call: Call) -> Answer:
    return _added(call, tracking.add_own(call.shop.orders, call.id, call.body))


def _get(call: Call) -> Answer:
    return call.one(_shown(call, tracking.find(_entries(call), call.ids["tracking_id"])))


def _remove(call: Call) -> Answer:
    return call.one(_shown(call, tracking.remove(call.shop.orders, call.id, call.ids["tracking_id"])))


_PROVIDERS = operation(_providers, "list")
