"""What a flow calls a shop through. Calls are recorded as to the warehouse.

A note, a tracking number or a refund would be made twice if it was sent twice. So the intent is committed before the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.engine.core.sources import given_up_seconds, note_source, refund_source, shipment_source
from app.engine.dispatch.gate import Gate
from app.engine.dispatch.job_calls import JobCalls, about
from app.engine.dispatch.loading import ClaimedJob
from app.flows.report import Delivery, Intent, Kind
from app.integrations.protocol import MakesRefunds, ReportsShipments, ReturnSettings, ShipmentSettings
from app.integrations.protocol.shipments import WritesNotes
from app.records import deliveries
from app.records.connections import Connection

REQUESTS = 2
"""One write of a report takes at most so many requests: it first reads what it may have to write."""


def open_shop_port(gateway: Gateway, connection: Connection, claimed: ClaimedJob, gate: Gate[Any]) -> RecordedShop:
    """Opens the port for one claimed job of a shop's lane."""
    return RecordedShop(
        gateway=gateway,
        lease=claimed.lease,
        about=about(claimed),
        is_shop=True,
        connection=connection,
        claimed=claimed,
        gate=gate,
        system=connection.integration,
        counted=circuit.of_source(connection),
        call_timeout_seconds=connection.settings.call_timeout_seconds * REQUESTS,
    )


@dataclass
class RecordedShop(JobCalls):
    """Implements `flows.report.ShopPort` for one claimed job."""

    @property
    def shop(self) -> ReportsShipments:
        return shipment_source(self.gateway, self.connection)

    @property
    def notes_of(self) -> WritesNotes | None:
        return note_source(self.gateway, self.connection)

    @property
    def refunds(self) -> MakesRefunds | None:
        return refund_source(self.gateway, self.connection)

    @property
    def given_up_seconds(self) -> float:
        return given_up_seconds(self.gateway, self.connection, self.call_timeout_seconds)

    @property
    def source_id(self) -> str:
        return self.mapping.source_id

    @property
    def order_number(self) -> str:
        return self.mapping.source_number or self.mapping.source_id

    @property
    def was_completed(self) -> bool:
        return self.mapping.completed_at is not None

    @property
    def was_partly(self) -> bool:
        return self.mapping.delivery == Delivery.PARTLY

    @property
    def shipments(self) -> ShipmentSettings:
        return self.connection.settings.shipments

    @property
    def returns(self) -> ReturnSettings:
        return self.connection.settings.returns

    async def intend(self, kind: Kind, key: str, request: dict[str, Any]) -> Intent:
        now = self.gateway.clock()
        async with self.gateway.database.begin() as db:
            is_new = await deliveries.intend(db, self.mapping.id, kind, key, request, now)
        known = (await self.intents(kind))[key[:200]]
        return Intent(known.key, known.request, known.remote_id, is_new)

    async def intents(self, kind: Kind) -> dict[str, Intent]:
        async with self.gateway.database.read() as db:
            rows = await deliveries.reported(db, self.mapping.id, kind)
        return {row.key: Intent(row.key, row.request or {}, row.remote_id, False) for row in rows}

    async def done(self, kind: Kind, key: str, remote_id: str) -> None:
        async with self.gateway.database.begin() as db:
            await deliveries.done(db, self.mapping.id, kind, key, remote_id, self.gateway.clock())
