"""24Nettbutikk as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from app.domain import Kind, Process, Record, SourceRecord
from app.integrations.nettbutikk24.client import NettbutikkClient
from app.integrations.nettbutikk24.credentials import NettbutikkCredentials, own_credentials
from app.integrations.nettbutikk24.mapping.articles import map_article
from app.integrations.nettbutikk24.mapping.orders import map_order
from app.integrations.nettbutikk24.reference import REFERENCE
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings, own_settings
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Integration, Opened, StockStatuses
from app.integrations.protocol.shipments import Untold


class Nettbutikk24(Integration):
    """Holds no state."""

    name: str = "24nettbutikk"
    title: str = "24Nettbutikk"
    noun: Literal["shop", "ERP"] = "shop"
    settings_model: type[ConnectionSettings] = NettbutikkAdapterSettings
    credentials_model: type[BaseModel] = NettbutikkCredentials
    capabilities = frozenset(
        {
            Capability.READ_ARTICLES,
            Capability.READ_ORDERS,
            Capability.READ_BY_ID,
            Capability.REPORT_SHIPMENTS,
            Capability.WRITE_STOCK,
        }
    )
    kinds: Mapping[Process, Kind] = {Process.ARTICLES: Kind.ARTICLE, Process.ORDERS: Kind.ORDER}
    # (A17) An order takes goods off the shop's stock when it is placed, whatever its status. A blocked one, or one in a status
    # that is not transferred, has them too.
    stock_statuses: StockStatuses | None = StockStatuses(frozenset(), frozenset(), others_taken=True)
    reference = REFERENCE

    def account(self, credentials: BaseModel) -> Account:
        own = own_credentials(credentials)
        return Account(own.host, own.host, base_url=own.api_url, base_url_field="api_url")

    def pace(self, credentials: BaseModel, settings: ConnectionSettings) -> Pace | None:
        return Pace(1, 1 / own_settings(settings).requests_per_second, one_at_a_time=True)

    def untold(self, settings: ConnectionSettings) -> frozenset[Untold]:
        """A line that was sent in full is marked so; a quantity needs the field that takes it."""
        return frozenset() if own_settings(settings).line_quantity_field is not None else frozenset({Untold.QUANTITIES})

    def open(self, opened: Opened) -> NettbutikkClient:
        return NettbutikkClient(opened)

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        if record.process is Process.ARTICLES:
            return map_article(record, own_settings(settings))
        return map_order(record, own_settings(settings))
