"""Which REST API a shop speaks, and what it can do.

Sources: observed on WooCommerce 11.0.1 (wc/v3); the documentation of wc/v2, wc/v1 and the legacy API, and the source of
WooCommerce 2.2 to 3.0, for the rest. None of the old ones was run.
"""

from __future__ import annotations

import re
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
    """`modified_after` and `orderby=modified` came to wc/v2 and wc/v3 with 5.8; the legacy API has `updated_at_min`."""
    release: tuple[int, ...] = ()
    """Of WooCommerce, like (5, 8, 0); empty when it is not known."""

    def is_at_least(self, *release: int) -> bool:
        """Whether this shop's wc/v3 is of this release or later. If the release is not known, listing by modification time
        decides."""
        return self.release >= release if self.release else self.lists_by_modification

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
        """From 3.2 on."""
        return self.name in ("wc/v3", "wc/v2") and (not self.release or self.release >= (3, 2))

    @property
    def makes_refunds(self) -> bool:
        """Lines show their taxes by rate, and refunds take them, in wc/v2 and wc/v3 only."""
        return self.name in ("wc/v3", "wc/v2")

    @property
    def lists_refund_lines(self) -> bool:
        """As a list with ids; before 5.1 as a table by id (source of 5.1)."""
        return self.name == "wc/v3" and self.is_at_least(5, 1)

    @property
    def chooses_restock(self) -> bool:
        """`api_restock` came with 5.7 (changelog); before it every refund raised the shop's own stock."""
        return self.name == "wc/v3" and self.is_at_least(5, 7)

    @property
    def keeps_order_meta(self) -> bool:
        """wc/v1 shows and takes no meta data of orders."""
        return self.name != "wc/v1"

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
    """The version in the settings, else the one that the connection test found, else the newest."""
    found: RestName = next((each for each in NEWEST_FIRST if each == facts.get("rest")), "wc/v3")
    name = settings.rest_version or found
    by_time = name != "wc/v1" and facts.get("lists_by_modification") is not False
    if settings.list_by is not ListBy.AUTO:
        by_time = settings.list_by is ListBy.MODIFIED
    return Version(name, by_time, release_of(facts.get("version")))


def release_of(text: Any) -> tuple[int, ...]:
    """`5.8.0-rc.1` is (5, 8, 0); empty for what is no release."""
    parts = re.match(r"\d+(?:\.\d+)*", text) if isinstance(text, str) else None
    return tuple(int(part) for part in parts[0].split(".")) if parts else ()
