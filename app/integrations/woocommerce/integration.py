"""WooCommerce as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from app.domain import Kind, Process, Record, SourceRecord
from app.integrations.protocol import ConnectionSettings, IncomingWebhooks
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Opened, StockStatuses
from app.integrations.protocol.session import Consent
from app.integrations.protocol.shipments import Untold
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping import fields
from app.integrations.woocommerce.reference import REFERENCE
from app.integrations.woocommerce.rest.hosts import as_called
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings, own_credentials, own_settings
from app.integrations.woocommerce.webhooks.incoming import WooCommerceWebhooks


class WooCommerce:
    """Implements `Integration`. Holds no state."""

    name: str = "woocommerce"
    title: str = "WooCommerce"
    noun: Literal["shop", "ERP"] = "shop"
    settings_model: type[ConnectionSettings] = WooCommerceSettings
    credentials_model: type[BaseModel] = WooCommerceCredentials
    capabilities = frozenset(
        {
            Capability.READ_ARTICLES,
            Capability.READ_ORDERS,
            Capability.READ_BY_ID,
            Capability.WRITE_STOCK,
            Capability.REPORT_SHIPMENTS,
            Capability.NOTES,
            Capability.REFUND,
            Capability.SEND_WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
        }
    )
    kinds: Mapping[Process, Kind] = {Process.ARTICLES: Kind.ARTICLE, Process.ORDERS: Kind.ORDER}
    webhooks: IncomingWebhooks | None = WooCommerceWebhooks()
    webhooks_greet: bool = True
    # It takes stock at on-hold, processing and completed, and puts it back at pending and cancelled. What is completed is sent.
    stock_statuses: StockStatuses | None = StockStatuses(
        taken=frozenset({"on-hold", "processing"}),
        free=frozenset({"pending", "checkout-draft", "auto-draft", "draft", "completed"}),
    )
    consent: Consent | None = None
    deployment_model: type[BaseSettings] | None = None
    updates_whatever_status: bool = False
    reference = REFERENCE

    def account(self, credentials: BaseModel) -> Account:
        url = own_credentials(credentials).shop_url
        return Account(key=as_called(url), label=url, base_url=url, base_url_field="shop_url")

    def pace(self, credentials: BaseModel, settings: ConnectionSettings) -> Pace | None:
        return None

    def incoming(self, settings: ConnectionSettings) -> IncomingWebhooks | None:
        return self.webhooks

    def webhook_secrets(self, credentials: BaseModel, settings: ConnectionSettings) -> tuple[str, ...]:
        return ()

    def untold(self, settings: ConnectionSettings) -> frozenset[Untold]:
        """A line has no field for it, and a change of a line would count the order's totals anew. A private note can say it."""
        return frozenset({Untold.PART} if settings.shipments.note_parts else {Untold.PART, Untold.QUANTITIES})

    def open(self, opened: Opened) -> WooCommerceClient:
        settings, credentials = own_settings(opened.settings), own_credentials(opened.credentials)
        return WooCommerceClient(settings, credentials, opened.client(), opened.clock, opened.facts)

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        if record.process is Process.ARTICLES:
            return fields.map_article(record, own_settings(settings))
        return fields.map_order(record, own_settings(settings))
