"""The order's status and its notes in the shop. Each is read before it is written.

Observed on WooCommerce 11.0.1: writing the status that an order already has moves its time and sends a webhook. Setting the
status of a trashed order brings it back. Every POST makes another note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from app.domain import ShopState
from app.errors import Malformed, NoSuchRecord
from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import (
    OrderNote,
    RefundSeen,
    ShopOrderLine,
    ShopOrderState,
    StatusSet,
    Tracking,
    TrackingEntry,
    TrackingShown,
)
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import Params
from app.integrations.woocommerce.rest.resources import meta, moment
from app.integrations.woocommerce.shop import Shop
from app.json_reading import Body, as_text, identity, number, objects, plain, text

TRACKING_META = "_wc_shipment_tracking_items"
"""Where both tracking plugins keep an order's entries."""

CLOSED_STATUSES = frozenset({"cancelled", "refunded", "failed", "trash"})
"""Whatever a connection's settings say."""

_STATUS_FIELDS: Params = [("_fields", "id,status,date_modified_gmt")]
_META_FIELDS: Params = [("_fields", "id,status,date_modified_gmt,meta_data")]


class Shipments(Shop):
    """The part of `ReportsShipments` that needs no plugin."""

    async def order_state(self, source_id: str) -> ShopOrderState | None:
        """One read."""
        try:
            body = await self._calls.record(f"orders/{part(source_id)}")
            return order_state(body, self._closed, self._settings.shipments.tracking_meta_key)
        except NoSuchRecord:
            return None

    async def set_status(self, source_id: str, status: str, unless: Collection[str] = ()) -> StatusSet:
        """Reads, and writes only what is different. Raises NoSuchRecord."""
        seen = await self._calls.record(f"orders/{part(source_id)}", _STATUS_FIELDS)
        if text(seen, "status") == status or text(seen, "status") in unless:
            return _as_it_was(seen, unless)
        after = await self._calls.write("PUT", f"orders/{part(source_id)}", {"status": status}, _STATUS_FIELDS)
        return _set(after, status, source_id)

    async def complete(self, source_id: str) -> StatusSet:
        """A cancelled or trashed order is left as it is."""
        return await self.set_status(source_id, self._settings.shipments.completed_status, self._closed)

    def tracking_to_keep(self, order: ShopOrderState, numbers: Sequence[str]) -> str | None:
        """The first number, unless the order has one of them."""
        keeps = bool(self._settings.shipments.tracking_meta_key) and self._version.keeps_order_meta
        return numbers[0] if keeps and numbers and order.kept_tracking not in numbers else None

    async def keep_tracking(self, source_id: str, tracking: str, *, completes: bool) -> StatusSet:
        """Two calls at most. Raises NoSuchRecord."""
        key, path, unless = self._settings.shipments.tracking_meta_key, f"orders/{part(source_id)}", self._closed
        seen = await self._calls.record(path, _META_FIELDS)
        before = text(seen, "status")
        status = self._settings.shipments.completed_status if completes else before
        change: dict[str, Any] = {"status": status} if status != before else {}
        if meta(seen, key) != tracking:
            change["meta_data"] = [{"key": key, "value": tracking}]
        if before in unless or not change:
            return _as_it_was(seen, unless)
        after = await self._calls.write("PUT", path, change, _META_FIELDS)
        if meta(after, key) != tracking:
            message = f"the shop answered {meta(after, key)!r} in the meta key {key!r} after {tracking!r} was written"
            raise Malformed(message, system=SYSTEM, call=f"PUT {path}")
        return _set(after, status, source_id)

    @property
    def _closed(self) -> frozenset[str]:
        """Statuses that an order keeps: those that cancel it here, and those with which WooCommerce ends it."""
        return CLOSED_STATUSES | frozenset(self._settings.cancelled_statuses)

    async def notes(self, source_id: str) -> tuple[OrderNote, ...]:
        """All of them: the shop has no pages here."""
        return tuple(_note(each) for each in await self._calls.listed(f"orders/{part(source_id)}/notes", ()))

    async def add_note(self, source_id: str, text: str, to_customer: bool) -> str:
        """Raises ValueError for a note without text, NoSuchRecord for an unknown order."""
        if not text.strip():
            raise ValueError("an order note needs text")
        path = f"orders/{part(source_id)}/notes"
        made = await self._calls.write("POST", path, {"note": text, "customer_note": to_customer})
        return written_id(made.get("id"), f"POST {path}")

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking], *, is_part: bool = False) -> str:
        """Numbers, links or both, as the connection says; each parcel once."""
        shown = self._settings.shipments.tracking
        parts = [part for part in (_shown(each, shown) for each in tracking) if part]
        if not parts:
            return ""
        joined = ", ".join(dict.fromkeys(parts))
        texts = self._settings.shipments
        return (texts.part_note_text if is_part else texts.note_text).format(order=order_number, tracking=joined)


def _as_it_was(seen: Body, unless: Collection[str]) -> StatusSet:
    status = text(seen, "status")
    return StatusSet(status, False, moment(seen.get("date_modified_gmt")), is_closed=status in unless)


def _set(after: Body, status: str, source_id: str) -> StatusSet:
    """Raises Malformed when the shop's answer shows another status."""
    if text(after, "status") != status:
        message = f"the shop answered status {text(after, 'status')!r} after {status!r} was written"
        raise Malformed(message, system=SYSTEM, call=f"PUT orders/{part(source_id)}")
    return StatusSet(status, True, moment(after.get("date_modified_gmt")))


def written_id(value: Any, call: str) -> str:
    """The id of what was just made. Raises Malformed without one: whether it was made is then unknown."""
    found = as_text(value).strip()
    if not found:
        raise Malformed("the shop did not say under which id it was written", system=SYSTEM, call=call)
    return found


def _shown(tracking: Tracking, shown: TrackingShown) -> str:
    if shown is TrackingShown.NONE:
        return ""
    if shown is TrackingShown.NUMBERS or not tracking.link:
        return tracking.number
    return tracking.link if shown is TrackingShown.LINKS else f"{tracking.number} ({tracking.link})"


def _note(body: Body) -> OrderNote:
    made = moment(body.get("date_created_gmt"))
    return OrderNote(text(body, "id"), text(body, "note"), body.get("customer_note") is True, made)


# --- an order, as a report must see it --------------------------------------------------------------------------------


def order_state(body: Body, closed: Collection[str] = CLOSED_STATUSES, tracking_key: str = "") -> ShopOrderState:
    """An order in the form of wc/v3. Total: odd amounts count as 0.

    `closed`: statuses that the order does not leave again. `tracking_key`: the meta key of the first tracking number.
    """
    status = text(body, "status")
    return ShopOrderState(
        source_id=identity(body.get("id")) or "",
        number=plain(body, "number"),
        status=status,
        state=ShopState.CANCELLED if status in closed else ShopState.WAITING,
        modified_at=moment(body.get("date_modified_gmt")),
        currency=text(body, "currency"),
        total=amount(body.get("total")),
        lines=tuple(_line(each) for each in objects(body, "line_items")),
        tracking=tuple(tracking_of(body)),
        refunds=tuple(
            RefundSeen(text(each, "id"), text(each, "reason"), abs(amount(each.get("total"))))
            for each in objects(body, "refunds")
        ),
        kept_tracking=meta(body, tracking_key or None),
    )


def _line(body: Body) -> ShopOrderLine:
    return ShopOrderLine(
        line_id=identity(body.get("id")) or "",
        number=text(body, "sku"),
        quantity=int(number(body.get("quantity")) or 0),
        total=amount(body.get("total")),
        taxes=tax_amounts(body),
    )


def tax_amounts(line: Body) -> dict[str, Decimal]:
    """Tax by rate id. Rates without an amount are left out."""
    found = {text(tax, "id"): amount(tax.get("total")) for tax in objects(line, "taxes")}
    return {rate: value for rate, value in found.items() if rate and value}


def amount(value: Any) -> Decimal:
    return number(value) or Decimal(0)


def tracking_of(body: Body) -> list[TrackingEntry]:
    """The entries that both plugins keep in the order's own meta data; the carrier there by its short name."""
    kept = [item.get("value") for item in objects(body, "meta_data") if item.get("key") == TRACKING_META]
    entries = [entry for value in kept if isinstance(value, list) for entry in value if isinstance(entry, dict)]
    return [
        TrackingEntry(
            id=text(entry, "tracking_id"),
            number=text(entry, "tracking_number").strip(),
            provider=text(entry, "tracking_provider") or text(entry, "custom_tracking_provider"),
            link=text(entry, "custom_tracking_link"),
        )
        for entry in entries
    ]
