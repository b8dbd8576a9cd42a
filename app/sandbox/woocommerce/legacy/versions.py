"""Which API a WooCommerce of a given age speaks, and what it did not know yet.

`wc/v1` from 2.6, `wc/v2` from 3.0, `wc/v3` from 3.5; `/wc-api/v2` from 2.2 and `/wc-api/v3` from 2.4 until the legacy API was
taken out in 9.0 (WooCommerce REST API documentation, "Version" of each; requirement: WooCommerce). The legacy API was on by
default before 2.6 had a better one.

The single fields and parameters below bear the release that first has them as far as its changelog or the pull request says
(5.8: `modified_after`, pull request 30585; 5.7: `api_restock`, 30179), else our best knowledge; a client has to do without them
anyway, so that one release more or less does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from app.sandbox.woocommerce.config import ShopConfig

Version = tuple[int, ...]
Value = TypeVar("Value")

OBSERVED: Version = (11, 0, 1)
REST_SINCE: Mapping[str, Version] = {"wc/v1": (2, 6), "wc/v2": (3, 0), "wc/v3": (3, 5)}
LEGACY_SINCE: Mapping[str, Version] = {"v2": (2, 2), "v3": (2, 4)}
LEGACY_GONE: Version = (9, 0)

MODIFIED_DATES: Version = (5, 8)
RESTOCK_CHOICE: Version = (5, 7)
REFUND_LINES_AS_LIST: Version = (5, 1)
RESTORED_TOPICS: Version = (3, 2)
WORDPRESS_REST: Version = (4, 4)
"""Of WordPress: before it there was nothing under `/wp-json`."""
FIELDS_PARAMETER: Version = (4, 9, 8)
"""Of WordPress: before it `_fields` was ignored."""

ORDER_FIELDS: Mapping[str, Version] = {
    "currency_symbol": (4, 0), "payment_url": (5, 0), "is_editable": (6, 4), "needs_payment": (6, 4), "needs_processing": (6, 4),
}  # fmt: skip
LINE_FIELDS: Mapping[str, Version] = {
    "parent_name": (4, 4), "image": (6, 4), "global_unique_id": (9, 3), "tax_status": (9, 0), "discount_type": (8, 7),
    "nominal_amount": (8, 7), "free_shipping": (8, 7), "rate_percent": (3, 7),
}  # fmt: skip
PRODUCT_FIELDS: Mapping[str, Version] = {
    "low_stock_amount": (5, 0), "has_options": (6, 4), "post_password": (8, 1), "global_unique_id": (9, 2), "brands": (9, 6),
    "gallery_image_ids": (10, 1), "permalink_template": (5, 1), "generated_slug": (5, 1),
}  # fmt: skip
VARIATION_FIELDS: Mapping[str, Version] = {**PRODUCT_FIELDS, "type": (8, 3), "name": (8, 3), "parent_id": (8, 3)}


def parse(text: str) -> Version:
    """`3.5.1` → (3, 5, 1)."""
    return tuple(int(part) for part in text.split("-")[0].split("."))


def rest_namespaces(config: ShopConfig) -> list[str]:
    """The versions of the REST API that the shop has, oldest first."""
    return [namespace for namespace, since in REST_SINCE.items() if parse(config.version) >= since]


def legacy_versions(config: ShopConfig) -> list[str]:
    """The versions of the legacy API that stand in the shop's code, switched on or not."""
    version = parse(config.version)
    return [name for name, since in LEGACY_SINCE.items() if since <= version < LEGACY_GONE]


def has_legacy_on(config: ShopConfig) -> bool:
    """Whether the legacy API is switched on: as the shop says, else as it was delivered."""
    return parse(config.version) < REST_SINCE["wc/v1"] if config.legacy_api is None else config.legacy_api


def without(resource: Mapping[str, Value], since: Mapping[str, Version], version: Version) -> dict[str, Value]:
    """A resource, or the rules of one, without what this version does not know yet."""
    return {name: value for name, value in resource.items() if version >= since.get(name, version)}
