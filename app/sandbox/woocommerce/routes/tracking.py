"""The routes of the two tracking plugins. Neither has a PUT."""

from __future__ import annotations

from starlette.routing import Route

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.http import php, queries
from app.sandbox.woocommerce.http.listing import pick_fields
from app.sandbox.woocommerce.http.rest import Answer, Asked, Operation, route
from app.sandbox.woocommerce.legacy.versions import rest_namespaces
from app.sandbox.woocommerce.model import tracking
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.rules import INTEGER, MIXED, STRING, Rules

# Observed for Advanced Shipment Tracking; of the other plugin `wc/v1` and `wc/v2` are its older documentation's.
ADVANCED_NAMESPACES = ("wc-shipment-tracking/v3", "wc-ast/v3", "wc/v3")
OWN_NAMESPACES = ("wc-shipment-tracking/v3", "wc/v2", "wc/v1")

_BODY: Rules = {
    "tracking_provider": STRING,
    "custom_tracking_provider": STRING,
    "custom_tracking_link": STRING,
    "tracking_number": MIXED,
    "date_shipped": STRING,
}
_ADVANCED_BODY: Rules = {**_BODY, "status_shipped": INTEGER, "replace_tracking": MIXED, "sku": STRING, "qty": MIXED}
_LIST: Rules = queries.ONE


def tracking_routes(shop: Shop) -> list[Route]:
    """What the plugins of this shop add."""
    found: list[Route] = []
    if tracking.ADVANCED in shop.config.plugins:
        create = Operation(_add_advanced, "create", queries.ONE, _ADVANCED_BODY, ("tracking_number",))
        for namespace in ADVANCED_NAMESPACES:
            found += _routes(shop, namespace, create)
    if tracking.OWN in shop.config.plugins:
        create = Operation(_add_own, "create", queries.ONE, _BODY, ("tracking_number",))
        for namespace in OWN_NAMESPACES:
            found += _routes(shop, namespace, create)
        providers = "/wp-json/wc-shipment-tracking/v3/shipment-trackings/providers"
        found += route(shop, providers, {"GET": Operation(_providers, "list", _LIST)})
    return found


def namespaces(config: ShopConfig) -> list[str]:
    """Every part of the REST API that the shop names in its index: WooCommerce's versions and what plugins add."""
    added: tuple[str, ...] = ADVANCED_NAMESPACES if tracking.ADVANCED in config.plugins else ()
    added += OWN_NAMESPACES if tracking.OWN in config.plugins else ()
    return list(dict.fromkeys([*rest_namespaces(config), *added]))


def _routes(shop: Shop, namespace: str, create: Operation) -> list[Route]:
    base = f"/wp-json/{namespace}/orders/{{id:int}}/shipment-trackings"
    return [
        *route(shop, base, {"GET": Operation(_list, "list", _LIST), "POST": create}),
        *route(shop, f"{base}/providers", {"GET": Operation(_providers, "list", _LIST)}),
        *route(shop, f"{base}/{{tracking_id}}", {
            "GET": Operation(_get, "view", queries.ONE),
            "DELETE": Operation(_remove, "delete", queries.DELETED),
        }),
    ]  # fmt: skip


def _order_url(asked: Asked) -> str:
    return asked.url.split("/shipment-trackings")[0]


def _shown(asked: Asked, entry: tracking.Resource, status: int = 200) -> Answer:
    """The number in `Location` is what PHP makes of the id's first digits, of no use (observed)."""
    resource = tracking.show(asked.shop, entry, _order_url(asked))
    headers = {"Location": f"{asked.url}/{php.to_int(entry['tracking_id'])}"} if status == 201 else {}
    return Answer(pick_fields(resource, asked.fields, with_links=True), status, headers)


def _list(asked: Asked) -> Answer:
    order = tracking.find_order(asked.shop, asked.ids["id"])
    shown = [tracking.show(asked.shop, entry, _order_url(asked)) for entry in tracking.entries(order)]
    return Answer([pick_fields(part, asked.fields, with_links=False) for part in shown])


def _providers(asked: Asked) -> Answer:
    return Answer({country: dict(carriers) for country, carriers in asked.shop.tracking_providers.items()})


def _add_advanced(asked: Asked) -> Answer:
    return _shown(asked, tracking.add_advanced(asked.shop, asked.ids["id"], asked.body), 201)


def _add_own(asked: Asked) -> Answer:
    return _shown(asked, tracking.add_own(asked.shop, asked.ids["id"], asked.body), 201)


def _get(asked: Asked) -> Answer:
    order = tracking.find_order(asked.shop, asked.ids["id"])
    return _shown(asked, tracking.find(order, asked.ids["tracking_id"]))


def _remove(asked: Asked) -> Answer:
    return _shown(asked, tracking.remove(asked.shop, asked.ids["id"], asked.ids["tracking_id"]))
