"""One shop's settings, keys and calls: the base of every part of its client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from app.clock import Clock
from app.integrations.woocommerce.legacy.dialects import dialect_of
from app.integrations.woocommerce.rest.calls import Calls
from app.integrations.woocommerce.rest.versions import Version, version_of
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings


class Shop:
    """One shop: its settings and keys, the way to call it, and what its last connection test found out."""

    def __init__(
        self,
        settings: WooCommerceSettings,
        credentials: WooCommerceCredentials,
        http: httpx.AsyncClient,
        clock: Clock,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        self._facts = dict(facts or {})
        self._calls = Calls(settings, credentials, http, clock, version_of(settings, self._facts), dialect_of)

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._calls.count

    @property
    def _version(self) -> Version:
        return self._calls.version
