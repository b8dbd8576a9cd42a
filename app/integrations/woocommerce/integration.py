"""WooCommerce as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel

from app.clock import Clock
from app.domain import Article, Order, SourceRecord
from app.integrations.protocol import Announcement, ConnectionSettings
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping import fields
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings
from app.integrations.woocommerce.webhooks import incoming


class WooCommerce:
    """Implements `Integration` and `SendsWebhooks`. Holds no state."""

    name: str = "woocommerce"
    settings_model: type[ConnectionSettings] = WooCommerceSettings
    credentials_model: type[BaseModel] = WooCommerceCredentials

    def open(
        self,
        settings: ConnectionSettings,
        credentials: BaseModel,
        http: httpx.AsyncClient,
        clock: Clock,
        facts: Mapping[str, Any] | None = None,
    ) -> WooCommerceClient:
        return WooCommerceClient(_settings(settings), _credentials(credentials), http, clock, facts)

    def map_article(self, record: SourceRecord, settings: ConnectionSettings) -> Article:
        return fields.map_article(record, _settings(settings))

    def map_order(self, record: SourceRecord, settings: ConnectionSettings) -> Order:
        return fields.map_order(record, _settings(settings))

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        return incoming.is_ping(headers, body)

    def signature_header(self) -> str:
        return incoming.SIGNATURE_HEADER

    def topic(self, headers: Mapping[str, str]) -> str | None:
        return incoming.topic(headers)

    def verify(self, secret: str, signature: str, body: bytes) -> bool:
        return incoming.verify(secret, signature, body)

    def interpret(
        self, headers: Mapping[str, str], body: bytes, settings: ConnectionSettings, credentials: BaseModel
    ) -> Announcement:
        return incoming.interpret(headers, body, _settings(settings), _credentials(credentials))


def _settings(given: ConnectionSettings) -> WooCommerceSettings:
    if not isinstance(given, WooCommerceSettings):
        raise TypeError(f"settings of another integration: {type(given).__name__}")
    return given


def _credentials(given: BaseModel) -> WooCommerceCredentials:
    if not isinstance(given, WooCommerceCredentials):
        raise TypeError(f"credentials of another integration: {type(given).__name__}")
    return given
