"""Kontor, an ERP whose logins do not last: every call needs a token, and a token that has expired is renewed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain import Process, ShopState, SourceRecord
from app.errors import LoginRefused, NoSuchRecord
from app.integrations.protocol import Check, Page, ShopOrderState, Source, StatusSet, TestReport, Tracking, TrackingEntry
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Opened
from app.integrations.protocol.session import Session, SessionStore
from tests.seam.kassa import Kassa


@dataclass
class Office:
    """The other side: the one token that is good, how often somebody has logged in, the orders and what was told of them."""

    sold: list[dict[str, Any]] = field(default_factory=list)
    logins: int = 0
    told: dict[str, list[str]] = field(default_factory=dict)

    def expire(self) -> None:
        """The token that is out is good no more; the next login gives another."""
        self.token = ""

    token: str = ""

    async def login(self) -> Session:
        self.logins += 1
        self.token = f"token-{self.logins}"
        return Session({"token": self.token})

    def of(self, source_id: str) -> dict[str, Any]:
        found = [each for each in self.sold if each["id"] == source_id]
        if not found:
            raise NoSuchRecord("no such order", system="Kontor", call="order")
        return found[0]


@dataclass
class Desk(Source):
    """Implements `Source` and `ReportsShipments`."""

    office: Office
    sessions: SessionStore
    tracking_by_note: bool = False

    async def _ready(self) -> Office:
        """Logged in. A token that is refused is renewed once, by whoever comes first."""
        session = await self.sessions.current()
        if session is None or session.values["token"] != self.office.token:
            session = await self.sessions.renew(session, self.office.login)
        if session.values["token"] != self.office.token:
            raise LoginRefused("the token is not good", system="Kontor", call="any")
        return self.office

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        sold, seen = (await self._ready()).sold, int((cursor or {}).get("seen", 0))
        new = [SourceRecord(process, each["id"], None, each) for each in sold[seen:] if process is Process.ORDERS]
        yield Page(tuple(new), {"seen": len(sold)})

    async def test(self) -> TestReport:
        await self._ready()
        return TestReport((Check("login", True, "the office answers"),))

    async def order_state(self, source_id: str) -> ShopOrderState | None:
        told = (await self._ready()).told.get(source_id, [])
        entries = tuple(TrackingEntry(each, each) for each in told if each != "sent")
        status = self.office.of(source_id)["status"]
        state = ShopState.WANTED if status == "30" else ShopState.CANCELLED
        return ShopOrderState(source_id, source_id, status, None, "NOK", Decimal(0), (), entries, (), state)

    async def complete(self, source_id: str) -> StatusSet:
        told = (await self._ready()).told.setdefault(source_id, [])
        told.append("sent")
        return StatusSet("40", True)

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        (await self._ready()).told.setdefault(source_id, []).append(tracking.number)
        return tracking.number

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        return tuple(TrackingEntry(each, each) for each in (await self._ready()).told.get(source_id, []) if each != "sent")

    def tracking_note(self, order_number: str, tracking: Any, *, is_part: bool = False) -> str:
        return ""


@dataclass
class Kontor(Kassa):
    name, title = "kontor", "Kontor"
    capabilities = frozenset({Capability.READ_ORDERS, Capability.REPORT_SHIPMENTS})
    office: Office = field(default_factory=Office)

    def open(self, opened: Opened) -> Source:
        assert opened.sessions is not None
        return Desk(self.office, opened.sessions)
