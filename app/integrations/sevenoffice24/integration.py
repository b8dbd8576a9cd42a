"""24SevenOffice (Finago Office) as the gateway sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from app.domain import Kind, Process, Record, SourceRecord
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Integration, Opened
from app.integrations.protocol.shipments import Untold
from app.integrations.sevenoffice24.client import SevenOfficeClient
from app.integrations.sevenoffice24.credentials import Deployment, SevenOfficeCredentials, deployment, own_credentials
from app.integrations.sevenoffice24.mapping.articles import map_article
from app.integrations.sevenoffice24.mapping.orders import map_order
from app.integrations.sevenoffice24.mapping.suppliers import map_supplier
from app.integrations.sevenoffice24.reference import REFERENCE
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings, own_settings


class SevenOffice24(Integration):
    """Holds no state."""

    name: str = "24sevenoffice"
    title: str = "24SevenOffice (Finago Office)"
    noun: Literal["shop", "ERP"] = "ERP"
    settings_model: type[ConnectionSettings] = SevenOfficeAdapterSettings
    credentials_model: type[BaseModel] = SevenOfficeCredentials
    deployment_model: type[BaseSettings] | None = Deployment
    capabilities = frozenset(
        {
            Capability.READ_ARTICLES,
            Capability.READ_ORDERS,
            Capability.READ_SUPPLIERS,
            Capability.READ_BY_ID,
            Capability.WRITE_STOCK,
            Capability.REPORT_SHIPMENTS,
            Capability.MARK_IMPORTED,
        }
    )
    kinds: Mapping[Process, Kind] = {
        Process.SUPPLIERS: Kind.SUPPLIER,
        Process.ARTICLES: Kind.ARTICLE,
        Process.ORDERS: Kind.ORDER,
    }
    reference = REFERENCE

    def account(self, credentials: BaseModel) -> Account:
        """A company is known by its identity, else by the user whose default it is."""
        own = own_credentials(credentials)
        company = own.identity_id or own.username.casefold()
        return Account(f"{own.host}/{company}", own.username, base_url=own.api_url, base_url_field="api_url")

    def pace(self, credentials: BaseModel, settings: ConnectionSettings) -> Pace | None:
        """24SevenOffice counts by the address that calls it: the companies at one host share their calls.

        They are spread by the minute, as 24SevenOffice refuses bursts too (429).
        """
        row = f"{self.name}|{own_credentials(credentials).host}"
        return Pace(deployment().calls_per_hour // 60, 60, one_at_a_time=True, row=row, is_told=True)

    def untold(self, settings: ConnectionSettings) -> frozenset[Untold]:
        """It is told statuses only, and of a part if one is named for that."""
        own = own_settings(settings)
        always = frozenset({Untold.QUANTITIES, Untold.TRACKING})
        return always if own.partial_status is not None else always | {Untold.PART}

    def open(self, opened: Opened) -> SevenOfficeClient:
        return SevenOfficeClient(opened)

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        own = own_settings(settings)
        if record.process is Process.SUPPLIERS:
            return map_supplier(record, own)
        return map_article(record, own) if record.process is Process.ARTICLES else map_order(record, own)
