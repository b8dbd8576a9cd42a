"""What an order is told of its shipment: its status, its tracking numbers, comments in its history.

It is not known which write of a status takes effect: each way is tried until the order, read again, has it. A status that says
"sent" may capture the payment. So it is written once, when the whole order was sent, and a returned order never gets it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain import Problem, ShopState
from app.errors import LoginRefused, NoSuchRecord, Refused
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.mapping.statuses import Status, kept_statuses, means, one_that_means
from app.integrations.mystore.rest.calls import FINAL, SYSTEM, is_final
from app.integrations.mystore.rest.lists import everything
from app.integrations.mystore.rest.resources import Resource, attributes, moment, plain, related
from app.integrations.mystore.settings import Written
from app.integrations.mystore.shop import Shop
from app.integrations.protocol import OrderNote, ShopOrderState, StatusSet, Tracking, TrackingEntry, TrackingShown
from app.json_reading import Body, identity, number, text

_REFUSED_VALUE = (400, 422)
"""How a shop refuses an attribute, or what stands in it."""


class Orders(Shop):
    """Implements `ReportsShipments`, `KeepsTracking`, `WritesNotes` and `OrderBeforeNotes`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._unsaid: dict[str, str] = {}
        """Of an order whose comment the shop has refused: why."""

    # --- what the order is ----------------------------------------------------------------------------------------------

    async def order_state(self, source_id: str) -> ShopOrderState | None:
        """One read."""
        try:
            order = await self._calls.one(f"orders/{part(source_id)}")
        except NoSuchRecord:
            return None
        status, own = await self._status_of(order), attributes(order)
        return ShopOrderState(
            source_id=source_id,
            number=source_id,
            status=status.name or status.id,
            modified_at=moment(own.get("updated_at"), self._settings.timezone),
            currency=text(own, "currency"),
            total=Decimal(0),
            lines=(),
            tracking=(),
            refunds=(),
            state=ShopState.CANCELLED if means(status, "cancelled", self._settings) else ShopState.WAITING,
            kept_tracking=self._tracking_of(order),
        )

    async def _status_of(self, order: Body) -> Status:
        """With the name by which it was known when the connection was tested last."""
        found = await self._beside.status(related(order, "order-status"))
        return Status(found.get("id", ""), found.get("known_as") or found.get("name", ""))

    def _tracking_of(self, order: Body) -> str:
        return plain(attributes(order), self._settings.tracking_attribute)

    # --- status and tracking ----------------------------------------------------------------------------------------------

    def tracking_to_keep(self, order: ShopOrderState, numbers: Sequence[str]) -> str | None:
        """All numbers, joined. Numbers that somebody else has entered stay."""
        if self._settings.shipments.tracking is TrackingShown.NONE or not numbers:
            return None
        separator = self._settings.tracking_separator
        there = [each.strip() for each in order.kept_tracking.split(separator.strip() or separator) if each.strip()]
        wanted = separator.join(dict.fromkeys((*there, *numbers)))
        return wanted if wanted != order.kept_tracking else None

    async def complete(self, source_id: str) -> StatusSet:
        return await self._written(source_id, None, completes=True)

    async def keep_tracking(self, source_id: str, tracking: str, *, completes: bool) -> StatusSet:
        return await self._written(source_id, tracking, completes=completes)

    async def _written(self, source_id: str, tracking: str | None, *, completes: bool) -> StatusSet:
        order = await self._calls.one(f"orders/{part(source_id)}")
        status = await self._status_of(order)
        if means(status, "cancelled", self._settings):
            return self._as_it_is(order, status, is_closed=True)
        is_over = means(status, "delivered", self._settings) or means(status, "returned", self._settings)
        lacks_tracking = tracking is not None and self._tracking_of(order) != tracking
        missing = {self._settings.tracking_attribute: tracking} if lacks_tracking else {}
        if not completes or is_over:
            found, is_sent = await self._only_tracking(order, status, missing), means(status, "delivered", self._settings)
            return replace(found, warning=self._not_captured(order)) if completes and is_sent else found
        target = await self._delivered()
        refusals: list[str] = []
        async for after in self._ways(source_id, target, missing, refusals):
            if related(after, "order-status") == target.id:
                return self._completed(after, target)
        message = f"the order does not have the status {target.name!r} after it was written"
        if not self._settings.use_complete_endpoint:
            message += ": if the shop sets it by completing an order, set use_complete_endpoint"
        raise Refused("; ".join([message, *refusals]), system=SYSTEM, call=f"PATCH orders/{part(source_id)}")

    async def _delivered(self) -> Status:
        """The shop's status of a sent order. Raises Refused where a person must name it."""
        found = one_that_means("delivered", kept_statuses(self._facts) or await self._beside.statuses(), self._settings)
        if isinstance(found, Problem):
            raise Refused(f"{found.message}: {found.fix}", system=SYSTEM, call="GET order-status")
        return found

    async def _only_tracking(self, order: Resource, status: Status, missing: Mapping[str, Any]) -> StatusSet:
        """The order keeps its status. A tracking number that the shop refuses stands in the comment all the same."""
        if not missing:
            return self._as_it_is(order, status)
        try:
            after = await self._patch(text(order, "id"), missing, None)
        except Refused as refused:
            if not self._goes_into_comment(refused):
                raise
            return self._as_it_is(order, status)
        return StatusSet(status.name, True, moment(attributes(after).get("updated_at"), self._settings.timezone))

    async def _ways(
        self, source_id: str, target: Status, missing: Mapping[str, Any], refusals: list[str]
    ) -> AsyncIterator[Resource]:
        """Writes the status in one way after the other. Gives the order as it is after each that the shop took; why it did not
        take the others goes into `refusals`."""
        path, last = f"orders/{part(source_id)}", self._settings.status_fallback
        ways = list(dict.fromkeys([*self._settings.status_write, *([last] if last else [])]))
        if self._settings.use_complete_endpoint or "order" not in ways:
            await self._only_tracking({"id": source_id}, target, missing)
            missing = {}
        if self._settings.use_complete_endpoint:
            await self._calls.plain("PATCH", f"{path}/complete", {})
            yield await self._calls.one(path)
        for way in ways:
            try:
                await self._write_status(way, source_id, target, missing)
            except FINAL as refused:
                if not is_final(refused) or (way == "order" and isinstance(refused, LoginRefused)):
                    raise
                refusals.append(f"{refused.call}: {refused.message}")
                if way == "order":
                    await self._only_tracking({"id": source_id}, target, missing)
                continue
            yield await self._calls.one(path)

    async def _write_status(self, way: Written, source_id: str, target: Status, missing: Mapping[str, Any]) -> None:
        if way == "order":
            await self._patch_both(source_id, missing, target)
        elif way == "history":
            await self._log(source_id, "", target.id)
        else:
            path = f"orders/{part(source_id)}/relationships/order-status"
            await self._calls.write("PATCH", path, _identified(target.id))

    async def _patch_both(self, source_id: str, missing: Mapping[str, Any], target: Status) -> None:
        """Status and tracking in one call; without the tracking where the shop refuses that."""
        try:
            await self._patch(source_id, missing, target)
        except Refused as refused:
            if not missing or not self._goes_into_comment(refused):
                raise
            await self._patch(source_id, {}, target)

    def _goes_into_comment(self, refused: Refused) -> bool:
        return refused.status in _REFUSED_VALUE and self._settings.tracking_fallback == "comment"

    async def _patch(self, source_id: str, changed: Mapping[str, Any], status: Status | None) -> Resource:
        body: Resource = {"type": "orders", "id": source_id}
        if changed:
            body["attributes"] = dict(changed)
        if status is not None:
            body["relationships"] = {"order-status": {"data": _identified(status.id)}}
        return await self._calls.write("PATCH", f"orders/{part(source_id)}", body)

    def _completed(self, order: Resource, status: Status) -> StatusSet:
        when = moment(attributes(order).get("updated_at"), self._settings.timezone)
        return StatusSet(status.name, True, when, warning=self._not_captured(order))

    def _not_captured(self, order: Resource) -> str:
        """Of a sent order. A shop that has captured nothing shows no `finished_at`, as far as is known (A13)."""
        if text(attributes(order), "finished_at").strip():
            return ""
        more = "" if self._settings.use_complete_endpoint else ", or set use_complete_endpoint"
        return f"payment may not have been captured: the shop does not show when it was finished. Look at its payment{more}"

    def _as_it_is(self, order: Resource, status: Status, *, is_closed: bool = False) -> StatusSet:
        when = moment(attributes(order).get("updated_at"), self._settings.timezone)
        return StatusSet(status.name or status.id, False, when, is_closed=is_closed)

    # --- delivered quantities (A16) -----------------------------------------------------------------------------------------

    @property
    def takes_quantities(self) -> bool:
        return bool(self._settings.line_delivered_attribute)

    async def write_delivered(self, source_id: str, pieces: Mapping[str, Decimal]) -> int:
        """Of the lines of the order that show another quantity. The ordered quantity is never written."""
        attribute, written = self._settings.line_delivered_attribute or "", 0
        for line in await everything(self._calls, f"orders/{part(source_id)}/order-products", self._settings.page_size):
            own, sent = text(line, "id"), pieces.get(text(line, "id"))
            if sent is None or number(attributes(line).get(attribute)) == sent:
                continue
            value = int(sent) if sent == sent.to_integral_value() else float(sent)
            body: Resource = {"type": "order-products", "id": own, "attributes": {attribute: value}}
            await self._calls.write("PATCH", f"order-products/{part(own)}", body)
            written += 1
        return written

    # --- tracking goes by comment too -------------------------------------------------------------------------------------

    @property
    def tracking_by_note(self) -> bool:
        return True

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        raise ValueError("tracking goes by comment: use add_note")

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        return ()

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking], *, is_part: bool = False) -> str:
        """Numbers, links or both, as the connection says; each parcel once."""
        shown = (_shown(each, self._settings.shipments.tracking) for each in tracking)
        joined = ", ".join(dict.fromkeys(each for each in shown if each))
        return self._settings.shipments.comment_text.format(order=order_number, tracking=joined) if joined else ""

    # --- comments -----------------------------------------------------------------------------------------------------------

    async def notes(self, source_id: str) -> tuple[OrderNote, ...]:
        """The comments in the order's history."""
        listed = await everything(self._calls, f"orders/{part(source_id)}/order-status-history", self._settings.page_size)
        return tuple(self._note(each) for each in listed)

    def _note(self, entry: Resource) -> OrderNote:
        own = attributes(entry)
        made = moment(own.get("created_at"), self._settings.timezone)
        return OrderNote(text(entry, "id"), plain(own, "comments"), False, made)

    async def add_note(self, source_id: str, text: str, to_customer: bool) -> str:
        """A comment beside the status that the order has. Raises ValueError for one without text.

        One that the shop refuses stands in the way of nothing: `refused_note` tells of it.
        """
        if not text.strip():
            raise ValueError("a comment needs text")
        order = await self._calls.one(f"orders/{part(source_id)}")
        try:
            return await self._log(source_id, text, related(order, "order-status"), to_customer=to_customer)
        except FINAL as refused:
            if not is_final(refused):
                raise
            self._unsaid[source_id] = refused.message
            return "refused"

    def refused_note(self, source_id: str) -> str:
        why = self._unsaid.pop(source_id, "")
        return f"the shop refused the comment in the order's history: {why}" if why else ""

    async def _log(self, source_id: str, comment: str, status_id: str | None, *, to_customer: bool = False) -> str:
        """An entry in the order's history. Returns its id; a shop that does not say it has made it all the same."""
        inside: dict[str, Any] = {"comments": comment}
        if attribute := self._settings.shipments.comment_to_customer_attribute:
            inside[attribute] = to_customer
        beside: dict[str, Any] = {"order": {"data": {"type": "orders", "id": source_id}}}
        if status_id is not None:
            beside["order-status"] = {"data": _identified(status_id)}
        entry: Resource = {"type": "order-status-history", "attributes": inside, "relationships": beside}
        made = await self._calls.write("POST", "order-status-history", entry)
        return identity(made.get("id")) or "unnamed"


def _identified(status_id: str) -> dict[str, str]:
    return {"type": "order-status", "id": status_id}


def _shown(tracking: Tracking, shown: TrackingShown) -> str:
    if shown is TrackingShown.NONE:
        return ""
    if shown is TrackingShown.NUMBERS or not tracking.link:
        return tracking.number
    return tracking.link if shown is TrackingShown.LINKS else f"{tracking.number} ({tracking.link})"
