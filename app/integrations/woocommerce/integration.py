"""WooCommerce as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel

from app.clock import Clock
from app.domain import Article, Order, SourceRecord
from app.integrations.protocol import ConnectionSettings, IncomingWebhooks
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping import fields
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings, own_credentials, own_settings
from app.integrations.woocommerce.webhooks.incoming import WooCommerceWebhooks


class WooCommerce:
    """Implements `Integration`. Holds no state."""

    name: str = "woocommerce"
    settings_model: type[ConnectionSettings] = WooCommerceSettings
    credentials_model: type[BaseModel] = WooCommerceCredentials
    webhooks: IncomingWebhooks | None = WooCommerceWebhooks()

    def open(
        self,
        settings: ConnectionSettings,
        credentials: BaseModel,
        http: httpx.AsyncClient,
        clock: Clock,
        facts: Mapping[str, Any] | None = None,
    ) -> WooCommerceClient:
        return WooCommerceClient(own_settings(settings), own_credentials(credentials), http, clock, facts)

    def map_article(self, record: SourceRecord, settings: ConnectionSettings) -> Article:
        return fields.map_article(record, own_settings(settings))

    def map_order(self, record: SourceRecord, settings: ConnectionSettings) -> Order:
        return fields.map_order(record, own_settings(settings))
