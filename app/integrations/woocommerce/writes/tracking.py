"""Tracking numbers in the shop's plugin.

Advanced Shipment Tracking (zorem; 3.9.2 observed) accepts a carrier that it does not know, and gives it back without a name.
The same number twice makes two entries. Shipment Tracking (WooCommerce's own; documented, not run) has the same path. It takes
carriers of its own list, or `custom_tracking_provider` with `custom_tracking_link`. Both keep the carrier's number as text.
"""

from __future__ import annotations

from typing import Any

from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import Tracking, TrackingEntry, TrackingShown
from app.integrations.woocommerce.reads.enrichment import memory
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.settings import TrackingVia
from app.integrations.woocommerce.writes.shipments import Shipments, written_id
from app.json_reading import Body, text

NAMESPACE = "/wc-shipment-tracking/v3"


class TrackingNumbers(Shipments):
    """Implements `ReportsShipments` with its plugin."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._carriers = memory(self._settings.remember_seconds, self._clock)

    @property
    def tracking_via(self) -> TrackingVia:
        """As set, else as the connection test found out, else notes."""
        chosen = self._settings.shipments.tracking_via
        if chosen != "auto":
            return chosen
        found = self._facts.get("tracking")
        return next((via for via in TrackingVia if via == found), TrackingVia.NOTE)

    @property
    def tracking_by_note(self) -> bool:
        return self.tracking_via is TrackingVia.NOTE

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        """Not idempotent: the same number twice makes two entries."""
        if self.tracking_via is TrackingVia.NOTE:
            raise ValueError("tracking goes by note: use add_note")
        path = f"{NAMESPACE}/orders/{part(source_id)}/shipment-trackings"
        made = await self._calls.write("POST", path, await self._entry(source_id, tracking))
        return written_id(made.get("tracking_id"), f"POST {path}")

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        """One list. Raises NoSuchRecord for an unknown order."""
        if self.tracking_via is TrackingVia.NOTE:
            return ()
        listed = await self._calls.listed(f"{NAMESPACE}/orders/{part(source_id)}/shipment-trackings", ())
        return tuple(_seen(each) for each in listed)

    async def _entry(self, source_id: str, tracking: Tracking) -> Record:
        entry: Record = {"tracking_number": tracking.number}
        return entry | await self._carrier(source_id, tracking)

    async def _carrier(self, source_id: str, tracking: Tracking) -> Record:
        """The carrier as the plugin lists it; else as a custom one, with the link that the warehouse gave."""
        settings = self._settings.shipments
        name = settings.providers.get(tracking.provider, tracking.provider) or settings.provider
        link = "" if settings.tracking is TrackingShown.NUMBERS else tracking.link
        listed = await self._listed_carrier(source_id, name)
        if listed is not None:
            return {"tracking_provider": listed}
        custom = {"custom_tracking_provider": name} if name else {}
        if self.tracking_via is TrackingVia.ADVANCED_SHIPMENT_TRACKING:
            return {**custom, "custom_tracking_link": link} if link else custom
        return {"custom_tracking_provider": name or tracking.number, "custom_tracking_link": _escaped(link)}

    async def _listed_carrier(self, source_id: str, name: str) -> str | None:
        """The carrier's name as the plugin writes it, whatever its case; None when it lists no such."""
        if not name:
            return None
        names = await self._carriers.get_or_read("all", lambda: self._read_carriers(source_id))
        found: str | None = names.get(name.casefold())
        return found

    async def _read_carriers(self, source_id: str) -> Record:
        """By region. Advanced Shipment Tracking lists them under an order only, Shipment Tracking without one."""
        below = f"orders/{part(source_id)}/" if self.tracking_via is TrackingVia.ADVANCED_SHIPMENT_TRACKING else ""
        regions = await self._calls.record(f"{NAMESPACE}/{below}shipment-trackings/providers")
        return {name.casefold(): name for region in regions.values() if isinstance(region, dict) for name in region}


def _escaped(link: str) -> str:
    """Shipment Tracking fills the number in where `%1$s` stands, so any other % must be doubled."""
    return link.replace("%", "%%")


def _seen(body: Body) -> TrackingEntry:
    return TrackingEntry(
        id=text(body, "tracking_id"),
        number=text(body, "tracking_number").strip(),
        provider=text(body, "tracking_provider"),
        link=text(body, "tracking_link"),
    )
