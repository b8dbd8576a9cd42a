"""Statuses of orders: that an order was sent, that a part of it was, that it has come into the warehouse.

Saving an order has no version check, and what is left out may be taken as a default. So an order is read before it is written, no
more is sent than must be, and it is read once more afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain import Problem, ShopState
from app.errors import Refused, RefusedForNow
from app.integrations.kit.values.local_times import local_moment
from app.integrations.protocol import ShopOrderState, StatusSet, Tracking, TrackingEntry
from app.integrations.protocol.shipments import Delivered, DeliveryStep
from app.integrations.sevenoffice24.mapping.members import product_id, state_of
from app.integrations.sevenoffice24.reads.records import as_json, wire_ids
from app.integrations.sevenoffice24.settings import OrderState
from app.integrations.sevenoffice24.shop import Shop
from app.integrations.sevenoffice24.soap.failures import SYSTEM
from app.json_reading import objects

SAVE = "SaveInvoices"
DELETED = "deleted"
"""Stands for the status of an order that there is not."""
ECHOED = ("IncludeVAT", "SendToFactoring")
"""Members that are sent back as they were read: left out, they may get another value."""
GIVEN_UP_SECONDS = 30.0
"""A status or a quantity that is written twice is the same as once, and the server answers the calls of one session one after the
other: the read that comes first sees what an earlier call has done."""
_ORDER = ("OrderId", "CustomerId", "OrderStatus", "DateChanged", *ECHOED, "InvoiceRows")
_ROWS = ("ProductId", "Type")


@dataclass(frozen=True)
class OrderSeen(ShopOrderState):
    """An order with the members that it was read with, as plain JSON."""

    body: Mapping[str, Any] = field(default_factory=dict)


class Statuses(Shop):
    """Implements `ReportsShipments`, `TakesDeliveries`, `TellsOfParts`, `MarksImported`, `MovesStock` and `WritesAgain`."""

    tracking_by_note = False
    given_up_seconds = GIVEN_UP_SECONDS

    async def order_state(self, source_id: str) -> OrderSeen:
        """One read, and another where there is no such order. Then it counts as deleted: an empty answer may pass, so that a
        person decides."""
        raw = await self._order(source_id) or await self._order(source_id) or {"OrderStatus": DELETED}
        if raw.get("APIException"):
            raise Refused("24SevenOffice does not give the order", system=SYSTEM, call="GetInvoices", status=200)
        body = as_json(raw)
        return OrderSeen(
            source_id=source_id,
            number=source_id,
            status=str(raw.get("OrderStatus") or ""),
            modified_at=local_moment(body.get("DateChanged"), self._settings.time_zone),
            currency="",
            total=Decimal(0),
            lines=(),
            tracking=(),
            refunds=(),
            state=self._state(body),
            body=body,
        )

    async def _order(self, source_id: str) -> Mapping[str, Any] | None:
        ids = wire_ids([source_id])
        found = await self._soap.get_invoices({"OrderIds": ids}, _ORDER, _ROWS) if ids else []
        return next((each for each in found if each.get("OrderId") in ids), None)

    def _state(self, body: Mapping[str, Any]) -> ShopState:
        """What may be written to: an order that is to be sent or is kept. What nobody knows the meaning of is left alone."""
        state, known = state_of(body, self._settings), (*self._settings.kept_states, self._settings.partial_status)
        return ShopState.CANCELLED if state is ShopState.WAITING and body.get("OrderStatus") not in known else state

    # --- a delivery -----------------------------------------------------------------------------------------------------------

    def delivery_waits(self) -> Problem | None:
        return None

    def delivery_steps(self, order: ShopOrderState, delivered: Delivered) -> tuple[DeliveryStep, ...]:
        """The status, where the order has neither it nor a later one, and has not been given it before."""
        wanted = self._settings.sent_status if delivered.closes else self._settings.partial_status
        is_open = order.state in (ShopState.WANTED, ShopState.WAITING) and not delivered.was_completed
        return self._step(order, wanted) if delivered.sets_status and wanted is not None and is_open else ()

    def part_notice(self, order: ShopOrderState, delivered: Delivered) -> str:
        """What was sent of each row, and what becomes of the order."""
        sent = ", ".join(
            f"row {each.row_number} {each.shipped.normalize():f} of {each.ordered.normalize():f}" for each in delivered.lines
        )
        status = self._settings.partial_status
        then = "it keeps its status in 24SevenOffice" if status is None else f"it has the status {status} in 24SevenOffice"
        return f"a part of it was sent ({sent}), and {then} until it is complete. A back order is yours to make"

    def moved_by(self, order: ShopOrderState) -> tuple[str, ...]:
        """The products of the order's rows."""
        rows = objects(order.body, "InvoiceRows") if isinstance(order, OrderSeen) else ()
        return tuple(dict.fromkeys(key for row in rows if (key := product_id(row)) is not None))

    def import_steps(self, order: ShopOrderState) -> tuple[DeliveryStep, ...]:
        """The status of an order that has come into the warehouse, where it has the one with which it was found."""
        wanted = self._settings.imported_status
        return self._step(order, wanted) if wanted is not None and order.status in self._settings.order_states else ()

    def _step(self, order: ShopOrderState, status: OrderState) -> tuple[DeliveryStep, ...]:
        if order.status == status or not isinstance(order, OrderSeen):
            return ()
        echoed = {name: order.body[name] for name in ECHOED if name in order.body}
        skipped = {"SkipStock": True} if self._settings.skip_stock_on_status else {}
        own = {"OrderId": order.body["OrderId"], "CustomerId": order.body.get("CustomerId")}
        return (DeliveryStep(SAVE, {**own, "OrderStatus": status, **echoed, **skipped}, checks=("OrderStatus",)),)

    async def take_step(self, step: DeliveryStep) -> str:
        """Saves the status and reads it back. Raises RefusedForNow where the ERP has not taken it."""
        try:
            saved = await self._soap.save_invoices([step.change])
        except Refused as error:
            raise _refused("") from error
        if any(each.get("APIException") for each in saved):
            raise _refused("")
        seen = await self.order_state(str(step.change["OrderId"]))
        wanted = step.change["OrderStatus"]
        if seen.status != wanted:
            raise _refused(f": it has the status {seen.status} after {wanted} was saved")
        return ""

    # --- the rest of `ReportsShipments` ---------------------------------------------------------------------------------------

    async def complete(self, source_id: str) -> StatusSet:
        """The status of an order that was sent, unless it has it or a later one, or was cancelled."""
        seen = await self.order_state(source_id)
        steps = self.delivery_steps(seen, Delivered((), (), sets_status=True, closes=True))
        for step in steps:
            await self.take_step(step)
        status = str(steps[0].change["OrderStatus"]) if steps else seen.status
        return StatusSet(status, bool(steps), None if steps else seen.modified_at, seen.state is ShopState.CANCELLED)

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        raise ValueError("24SevenOffice keeps no tracking numbers")

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        return ()

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking], *, is_part: bool = False) -> str:
        return ""


def _refused(more: str) -> RefusedForNow:
    """The vendor's own words are in the technical log. They do not tell what passes from what does not."""
    return RefusedForNow(f"24SevenOffice refused the order{more}", system=SYSTEM, call=SAVE, status=200)
