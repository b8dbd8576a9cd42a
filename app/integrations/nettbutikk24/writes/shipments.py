"""What an order is told of its shipment: its lines, its tracking, then its status (A19).

The order is read first, and what it has is not written again. So a report that broke off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import Problem, ShopState
from app.errors import Malformed, NoSuchRecord, Refused
from app.integrations.kit.values.path_parts import part
from app.integrations.nettbutikk24.mapping.members import state_of, status_of
from app.integrations.nettbutikk24.rest.calls import SYSTEM
from app.integrations.nettbutikk24.rest.values import amount, flag, moment_of, plain_number, record_id
from app.integrations.nettbutikk24.shop import Shop
from app.integrations.protocol import ShopOrderState, StatusSet, Tracking, TrackingEntry
from app.integrations.protocol.shipments import Delivered, DeliveryStep
from app.json_reading import Body, objects, plain

JOINED = ", "
NOT_CONFIRMED = "statuses-not-confirmed"
NONE_SEEN = "none yet, a test of the connection shows them"


@dataclass(frozen=True)
class OrderSeen(ShopOrderState):
    """An order with the row that it was read from."""

    row: Mapping[str, Any] = field(default_factory=dict)


class Shipments(Shop):
    """Implements `ReportsShipments` and `TakesDeliveries`."""

    tracking_by_note = False

    async def order_state(self, source_id: str) -> OrderSeen | None:
        """One read."""
        try:
            rows, _ = await self._calls.rows(f"orders/{part(source_id)}")
        except NoSuchRecord:
            return None
        row = next((each for each in rows if record_id(each.get("order_no")) == source_id), None)
        if row is None:
            message = "the shop answered another order than the one asked for"
            raise Malformed(message, system=SYSTEM, call=f"GET orders/{part(source_id)}", status=200)
        state, kept = state_of(row, self._settings), plain(row, "tracking_number")
        return OrderSeen(
            source_id=source_id,
            number=source_id,
            status=status_of(row, state),
            modified_at=moment_of(row, self._settings.timezone),
            currency=plain(row, "currency"),
            total=amount(row.get("total_amount_gross")) or Decimal(0),
            lines=(),
            tracking=tuple(TrackingEntry(each, each) for each in _split(kept)),
            refunds=(),
            state=state,
            kept_tracking=kept,
            row=row,
        )

    # --- a delivery, step by step -------------------------------------------------------------------------------------------

    def delivery_waits(self) -> Problem | None:
        """Nothing is written before a person has confirmed the words of the shop's statuses (A8)."""
        if self._settings.status_confirmed:
            return None
        seen = ", ".join(f"{each.get('status')} ({each.get('orders')})" for each in self._facts.get("statuses") or ())
        message = f"nobody has confirmed what the shop's statuses are called; seen: {seen or NONE_SEEN}"
        fix = "set status_sent, status_sent_rest and rest_write to the shop's own, and status_confirmed"
        return Problem(NOT_CONFIRMED, "settings.status_confirmed", message, fix)

    def delivery_steps(self, order: ShopOrderState, delivered: Delivered) -> tuple[DeliveryStep, ...]:
        """What the order lacks: lines, tracking, status."""
        row = order.row if isinstance(order, OrderSeen) else {}
        path = f"orders/{part(order.source_id)}"
        steps = [step for line in objects(row, "order_lines") if (step := self._line_step(path, line, delivered))]
        if (tracking := self._tracking(row, delivered, "order")) is not None:
            steps.append(DeliveryStep(path, tracking))
        if delivered.sets_status and (status := self._status(row, delivered)):
            steps.append(DeliveryStep(path, status, checks=("rest",) if "rest" in status else ()))
        return tuple(steps)

    async def take_step(self, step: DeliveryStep) -> str:
        """What the shop may not take at all (A11, A12) is left out where it refuses it, and told of. So is an ignored flag."""
        change, told = await self._written(step)
        checked = [name for name in step.checks if name in change]
        if not checked:
            return told
        rows, _ = await self._calls.rows(step.place)
        wrong = [name for name in checked if not rows or flag(rows[0], name) is not (change[name] == "1")]
        return f"The shop did not take the flag {wrong[0]}: set it there by hand, or set rest_write to status" if wrong else told

    async def _written(self, step: DeliveryStep) -> tuple[Mapping[str, Any], str]:
        """What the shop took of it, and what a person must do about the rest. Raises Refused for what it must take."""
        try:
            await self._calls.patch(step.place, step.change)
        except Refused as refused:
            if refused.status != 400:
                raise
            first = refused
        else:
            return step.change, ""
        for left_out in self._may_be_left_out(step.change):
            change = {name: value for name, value in step.change.items() if name not in left_out}
            try:
                if change:
                    await self._calls.patch(step.place, change)
            except Refused as refused:
                if refused.status != 400:
                    raise
            else:
                return change, " ".join(_by_hand(name, step.change[name]) for name in left_out)
        first.message = _not_taken(step.change, first)
        raise first

    def _may_be_left_out(self, change: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
        """What may be wanting, the least of it first. The flag only where the status says the same."""
        ours = ["tracking_number"]
        if (field := self._settings.line_quantity_field) is not None:
            ours.append(field)
        if self._settings.rest_write == "both" and "status" in change:
            ours.append("rest")
        there = [name for name in ours if name in change]
        return [(name,) for name in there] + ([tuple(there)] if len(there) > 1 else [])

    def _line_step(self, path: str, line: Body, delivered: Delivered) -> DeliveryStep | None:
        own = record_id(line.get("id"))
        shipped = next((each for each in delivered.lines if each.row_number == own), None)
        if own is None or shipped is None or shipped.shipped <= 0:
            return None
        change: dict[str, Any] = {}
        if shipped.shipped >= shipped.ordered and not flag(line, "sent"):
            change |= {"sent": "1", "sent_date": self._day(delivered)}
        quantity = self._settings.line_quantity_field
        if quantity is not None and amount(line.get(quantity)) != shipped.shipped:
            change[quantity] = plain_number(shipped.shipped)
        is_told = bool(change) or flag(line, "sent")
        change |= (self._tracking(line, delivered, "line") or {}) if is_told else {}
        return DeliveryStep(f"{path}/lines/{part(own)}", change) if change else None

    def _tracking(self, row: Body, delivered: Delivered, place: str) -> dict[str, Any] | None:
        """All numbers, joined; what somebody else has entered stays. None where it is there."""
        if place not in self._settings.tracking_write.split("+") or not delivered.tracking:
            return None
        there = plain(row, "tracking_number")
        wanted = JOINED.join(dict.fromkeys((*_split(there), *delivered.tracking)))
        return {"tracking_number": wanted} if wanted != there else None

    def _status(self, row: Body, delivered: Delivered) -> dict[str, Any]:
        """Whole: sent. With lines still open: as `rest_write` says (A12). Only what differs."""
        settings = self._settings
        is_part = delivered.goes_on or any(each.shipped < each.ordered for each in delivered.lines)
        by_word = is_part and settings.rest_write in ("status", "both")
        wanted = settings.status_sent_rest if by_word else settings.status_sent
        change: dict[str, Any] = {"status": wanted} if plain(row, "status") != wanted else {}
        if settings.rest_write != "status" and flag(row, "rest") is not is_part:
            change["rest"] = "1" if is_part else "0"
        return change

    def _day(self, delivered: Delivered) -> str:
        when = delivered.shipped_at or self._clock()
        return when.astimezone(ZoneInfo(self._settings.timezone)).date().isoformat()

    # --- the rest of `ReportsShipments` ---------------------------------------------------------------------------------------

    async def complete(self, source_id: str) -> StatusSet:
        """Status *sent*, unless the order has it, or is deleted."""
        seen = await self.order_state(source_id)
        if seen is None:
            raise NoSuchRecord("the shop has no such order", system=SYSTEM, call=f"GET orders/{part(source_id)}", status=404)
        wanted, is_closed = self._settings.status_sent, seen.state is ShopState.CANCELLED
        if is_closed or plain(seen.row, "status") == wanted or not self._settings.status_confirmed:
            return StatusSet(seen.status, written=False, modified_at=seen.modified_at, is_closed=is_closed)
        await self._calls.patch(f"orders/{part(source_id)}", {"status": wanted})
        return StatusSet(wanted, written=True)

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        await self._calls.patch(f"orders/{part(source_id)}", {"tracking_number": tracking.number})
        return tracking.number

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        seen = await self.order_state(source_id)
        return () if seen is None else seen.tracking

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking], *, is_part: bool = False) -> str:
        return ""


def _split(joined: str) -> Sequence[str]:
    return [each.strip() for each in joined.split(",") if each.strip()]


def _by_hand(name: str, value: str) -> str:
    words = {
        "tracking_number": f"The shop refused the tracking number {value}: enter it there by hand",
        "rest": "The shop did not take the flag rest: set it there by hand, or set rest_write to status",
    }
    return words.get(name, f"The shop refused the quantity {value} of a line: enter it there, or set line_quantity_field to null")


def _not_taken(change: Mapping[str, Any], refused: Refused) -> str:
    """In words that tell what to set: an empty 400 does not."""
    if "status" not in change:
        return f"it does not take {', '.join(change)} ({refused.status})"
    also, or_else = (" with the flag rest", ", or rest_write to status") if "rest" in change else ("", "")
    status = change["status"]
    return f"it does not take the status {status!r}{also} ({refused.status}): set the word as the shop writes it{or_else}"
