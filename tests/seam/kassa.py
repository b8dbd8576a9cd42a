"""Kassa, a till that can only be polled: no address of its own, no webhooks, no stock, no shipments, no refunds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from app.domain import Address, Kind, Order, OrderLine, Process, Record, ShopState, SourceRecord
from app.integrations.protocol import Check, ConnectionSettings, Integration, Page, Source, TestReport
from app.integrations.protocol.account import Account
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Opened
from app.integrations.protocol.reference import Reference


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    company: str
    token: SecretStr


@dataclass
class Till(Source):
    sold: list[dict[str, Any]]

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        seen = int((cursor or {}).get("seen", 0))
        new = [SourceRecord(process, each["id"], None, each) for each in self.sold[seen:] if process is Process.ORDERS]
        yield Page(tuple(new), {"seen": len(self.sold)})

    async def test(self) -> TestReport:
        return TestReport((Check("login", True, "the till answers"),))


@dataclass
class Kassa(Integration):
    name, title, noun = "kassa", "Kassa", "ERP"
    settings_model, credentials_model, reference = ConnectionSettings, Credentials, Reference(docs="kassa.md")
    capabilities = frozenset({Capability.READ_ORDERS})
    kinds = {Process.ORDERS: Kind.ORDER}  # noqa: RUF012 - as the protocol has it
    tills: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def account(self, credentials: BaseModel) -> Account:
        return Account(key=f"kassa/{credentials.model_dump()['company']}", label="a till")

    def open(self, opened: Opened) -> Source:
        return Till(self.tills.setdefault(opened.credentials.model_dump()["company"], []))

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        sold, number = record.body, f"{settings.order_number_prefix}{record.source_id}"
        lines = (OrderLine("1", sold["sku"], sold["sku"], Decimal(1), None, None, "NOK"),)
        to = Address("Kari Nordmann", "Storgata 1", "", "0155", "Oslo", "NO")
        state, own = ShopState.WANTED if sold["status"] == "30" else ShopState.CANCELLED, record.source_id
        day = datetime.fromisoformat(sold["sold_at"])
        return Order(own, own, number, state, sold["status"], None, day, day, "NOK", to, None, lines)
