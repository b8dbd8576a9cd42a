"""mystore as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from app.domain import Kind, Process, Record, SourceRecord
from app.integrations.mystore.client import MystoreClient
from app.integrations.mystore.consent import MystoreConsent
from app.integrations.mystore.credentials import Deployment, MystoreCredentials, deployment, own_credentials
from app.integrations.mystore.mapping.articles import map_article
from app.integrations.mystore.mapping.orders import map_order
from app.integrations.mystore.reference import REFERENCE
from app.integrations.mystore.settings import MystoreSettings, own_settings
from app.integrations.mystore.tokens import access_token
from app.integrations.mystore.webhooks.incoming import MystoreWebhooks
from app.integrations.protocol import ConnectionSettings, Consent, IncomingWebhooks
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Integration, Opened, StockStatuses
from app.integrations.protocol.shipments import Untold


class Mystore(Integration):
    """Holds no state."""

    name: str = "mystore"
    title: str = "Mystore"
    noun: Literal["shop", "ERP"] = "shop"
    settings_model: type[ConnectionSettings] = MystoreSettings
    credentials_model: type[BaseModel] = MystoreCredentials
    deployment_model: type[BaseSettings] | None = Deployment
    capabilities = frozenset(
        {
            Capability.READ_ARTICLES,
            Capability.READ_ORDERS,
            Capability.READ_BY_ID,
            Capability.WRITE_STOCK,
            Capability.REPORT_SHIPMENTS,
            Capability.NOTES,
            Capability.SEND_WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.OAUTH,
        }
    )
    kinds: Mapping[Process, Kind] = {Process.ARTICLES: Kind.ARTICLE, Process.ORDERS: Kind.ORDER}
    webhooks: IncomingWebhooks | None = MystoreWebhooks()
    # An order takes its goods off the sellable figure at once, whatever its status.
    stock_statuses: StockStatuses | None = StockStatuses(frozenset(), frozenset(), others_taken=True)
    updates_whatever_status: bool = True
    consent: Consent | None = MystoreConsent()
    reference = REFERENCE

    def account(self, credentials: BaseModel) -> Account:
        own = own_credentials(credentials)
        host = own.host.split("://", 1)[-1]
        return Account(f"{host}/{own.shop.lower()}", own.shop, base_url=own.api_url, base_url_field="api_url")

    def pace(self, credentials: BaseModel, settings: ConnectionSettings) -> Pace | None:
        return Pace(own_settings(settings).calls_per_minute, 60)

    def incoming(self, settings: ConnectionSettings) -> IncomingWebhooks | None:
        return MystoreWebhooks(own_settings(settings).hmac_encoding)

    def webhook_secrets(self, credentials: BaseModel, settings: ConnectionSettings) -> tuple[str, ...]:
        """The secret of the deployment's OAuth client, which a shop may sign with (A19)."""
        client, source = deployment().client_secret, own_settings(settings).webhook_secret_source
        return (client.get_secret_value(),) if client and source in ("auto", "client") else ()

    def untold(self, settings: ConnectionSettings) -> frozenset[Untold]:
        """The status stays while a rest is to come. Quantities go into an attribute, if one is named, and into a comment."""
        own = own_settings(settings)
        is_told = own.line_delivered_attribute is not None or own.shipments.note_parts
        return frozenset({Untold.PART} if is_told else {Untold.PART, Untold.QUANTITIES})

    def open(self, opened: Opened) -> MystoreClient:
        return MystoreClient(opened, access_token(opened))

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        if record.process is Process.ARTICLES:
            return map_article(record, own_settings(settings))
        return map_order(record, own_settings(settings))
