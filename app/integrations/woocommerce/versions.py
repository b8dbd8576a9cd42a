"""Which REST API a shop speaks, and what it can do.

Sources: observed on WooCommerce 11.0.1 (wc/v3); the documentation of wc/v2, wc/v1 and the legacy API, and the source of
WooCommerce 2.2 to 3.0, for the rest. None of the old ones was run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.integrations.woocommerce.settings import ListBy, RestName, WooCommerceSettings

NEWEST_FIRST: tuple[RestName, ...] = ("wc/v3", "wc/v2", "wc/v1", "wc-api/v3", "wc-api/v2")


@dataclass(frozen=True)
class Version:
    """One REST API as this shop offers it."""

    name: RestName = "wc/v3"
    lists_by_modification: bool = True
    """`modified_after` and `orderby=modified` came with WooCommerce 5.8; the legacy API has `updated_at_min`."""

    @property
    def is_legacy(self) -> bool:
        """WooCommerce 2.2 to 2.5 (and later, where it is switched on)."""
        return self.name.startswith("wc-api/")

    @property
    def has_variation_routes(self) -> bool:
        """`products/ID/variations`; the others show variations inside their product."""
        return self.name in ("wc/v3", "wc/v2")

    @property
    def reads_variations_by_id(self) -> bool:
        """wc/v1 answers a variation's id with "invalid id", which therefore proves nothing there."""
        return self.name != "wc/v1"

    @property
    def writes_variations(self) -> bool:
        """wc/v1 writes them with their product only, and makes hidden ones visible by it."""
        return self.name != "wc/v1"

    @property
    def stock_batch(self) -> int:
        """Most quantities per call. wc-api/v2 has no batches that can be relied on (2.4 brought them)."""
        return 1 if self.name == "wc-api/v2" else 100

    @property
    def has_restored_topic(self) -> bool:
        return self.name in ("wc/v3", "wc/v2")

    @property
    def makes_refunds(self) -> bool:
        """Lines show their taxes by rate, and refunds take them, in wc/v2 and wc/v3 only."""
        return self.name in ("wc/v3", "wc/v2")

    @property
    def lists_refund_lines(self) -> bool:
        """As a list with ids; before WooCommerce 5.8 as a table by id (assumed from its source)."""
        return self.name == "wc/v3" and self.lists_by_modification

    @property
    def has_tracking_plugins(self) -> bool:
        return not self.is_legacy

    @property
    def signs_with_ampersand(self) -> bool:
        """The OAuth key is the secret and `&`; before wc-api/v3 it was the secret alone."""
        return self.name != "wc-api/v2"

    def base(self, shop_url: str) -> str:
        return f"{shop_url}{self.name}/" if self.is_legacy else f"{shop_url}wp-json/{self.name}/"


def version_of(settings: WooCommerceSettings, facts: Mapping[str, Any]) -> Version:
    """As set; else as the connection test found out; else the newest."""
    found: RestName = next((each for each in NEWEST_FIRST if each == facts.get("rest")), "wc/v3")
    name = settings.rest_version or found
    if settings.list_by is ListBy.AUTO:
        return Version(name, facts.get("lists_by_modification") is not False)
    return Version(name, settings.list_by is ListBy.MODIFIED)
