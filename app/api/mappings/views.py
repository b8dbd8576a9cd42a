"""Mappings as the API shows them: a record on both sides, and everything about the way between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.pages import Page, Prose
from app.api.mappings.labels import label
from app.api.queue.events import EVENT_EXAMPLE, EventView
from app.api.queue.jobs import CALL_EXAMPLE, CallView, JobView
from app.engine.operations.explaining.lines import SentLine
from app.engine.operations.explaining.record import Possible
from app.given import Flag
from app.records.deliveries import Delivery
from app.records.mappings import Known, Mapping
from app.warehouse.reads.resources import read_order
from app.warehouse.reads.tracking import tracking_numbers

TransferState = Literal["none", "pending", "sent", "held", "refused", "unknown"]

_MAPPING: dict[str, Any] = {
    "id": 412,
    "connection": "nettbutikk",
    "kind": "order",
    "label": "in the warehouse (Released)",
    "shop": {"id": "5093", "number": "5093", "status": "processing", "modified_at": "2026-11-21T09:29:58Z"},
    "wanted": "present",
    "transfer": "sent",
    "warehouse": {
        "number": "WC-5093", "id": 50001, "status": 300, "status_text": "Released", "read_at": "2026-11-21T09:30:00Z",
        "sent_at": "2026-11-21T09:30:00Z",
    },
    "delivery": {"state": None, "code": None, "reason": None, "completed_at": None},
    "reason_code": None,
    "reason": None,
    "created_at": "2026-11-21T09:30:00Z",
    "updated_at": "2026-11-21T09:30:00Z",
}  # fmt: skip
_SHIPPED: dict[str, Any] = {
    "number": "WC-5093", "wms_order_id": 50001, "back_order_for": None, "status": 450, "shipped_at": "2026-11-21T13:02:11Z",
    "tracking": [{"number": "70300000000000001", "url": "https://sporing.example/70300000000000001"}],
    "read_at": "2026-11-21T13:03:00Z", "watched_until": "2026-12-21T13:03:00Z",
}  # fmt: skip
_LINE: dict[str, Any] = {
    "row_number": "71", "article_number": "SOKK-1", "ordered": 2.0, "sent": 2.0, "missing": 0.0, "told": 2.0,
}  # fmt: skip
_TOLD: dict[str, Any] = {
    "kind": "tracking", "key": "70300000000000001", "request": {"number": "70300000000000001"}, "remote_id": "311",
    "intended_at": "2026-11-21T13:03:01Z", "done_at": "2026-11-21T13:03:01Z",
}  # fmt: skip
_ACKNOWLEDGED: dict[str, Any] = {
    "wms_order_id": 50001, "line_id": 480001, "kind": "picked", "quantity": 2.0, "acknowledged": 2.0,
    "updated_at": "2026-11-21T13:03:02Z",
}  # fmt: skip
_NEXT: dict[str, Any] = {
    "code": "nothing",
    "text": "Nothing, until it changes in the shop",
    "at": None,
    "poll_at": "2026-11-21T09:45:00Z",
}
_ACTION: dict[str, Any] = {
    "name": "resync", "possible": True,
    "will": "It is read from the shop now and sent if the warehouse has it otherwise. "
    "What the shop could not be told is tried again",
    "when": {"code": "turn", "text": "As soon as its turn comes in the lane", "at": None, "poll_at": None},
    "reason": None, "fix": None, "letter_id": None,
}  # fmt: skip
_HISTORY: dict[str, Any] = {
    "id": 7001, "at": "2026-11-21T09:30:00.377Z", "code": "created", "text": "Created", "detail": None, "event_id": None,
    "job_id": 3120, "call_id": None, "run_id": None,
}  # fmt: skip


class ShopSide(BaseModel):
    """The record in the shop, as it was last seen."""

    id: str
    number: str | None
    status: str | None
    modified_at: datetime | None


class WarehouseSide(BaseModel):
    """The record in the WMS, as it was last read there."""

    number: str | None = Field(description="The number that is reserved for this record at this goods owner.")
    id: int | None = Field(description="The WMS's own id.")
    status: int | None
    status_text: str | None
    read_at: datetime | None
    sent_at: datetime | None


class DeliverySide(BaseModel):
    """What the shop was told of an order's shipment."""

    state: str | None = Field(
        description=(
            "none: nothing to tell yet. waiting: sent, without a tracking number yet, or ready for pick-up. partly: the rest "
            "comes later. reported. held: stopped, needs you. null: not read from the warehouse yet."
        )
    )
    code: str | None
    reason: str | None
    completed_at: datetime | None = Field(description="When the shop's order was set to completed.")


class MappingView(BaseModel):
    """One record. `wanted`, `transfer` and the status in the warehouse say where it is. `label` sums them up for people."""

    model_config = ConfigDict(json_schema_extra={"example": _MAPPING})

    id: int
    connection: str
    kind: str
    label: str
    shop: ShopSide
    wanted: str = Field(description="present or absent: whether the warehouse should have the record.")
    transfer: str = Field(
        description=("none: nothing to send. pending. sent. held. refused. unknown: nobody knows whether the call worked.")
    )
    warehouse: WarehouseSide
    delivery: DeliverySide
    reason_code: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, mapping: Mapping, known: dict[str, Known], **more: Any) -> Any:
        connection = known.get(mapping.connection_id, Known(mapping.connection_id))
        return cls(
            id=mapping.id,
            connection=connection.name,
            kind=mapping.kind,
            label=label(mapping, connection.noun),
            shop=ShopSide(
                id=mapping.source_id,
                number=mapping.source_number,
                status=mapping.source_status,
                modified_at=mapping.source_modified_at,
            ),
            wanted=mapping.wanted,
            transfer=mapping.transfer,
            warehouse=WarehouseSide(
                number=mapping.number,
                id=mapping.wms_id,
                status=mapping.warehouse_status,
                status_text=mapping.warehouse_status_text,
                read_at=mapping.warehouse_read_at,
                sent_at=mapping.sent_at,
            ),
            delivery=DeliverySide(
                state=mapping.delivery,
                code=mapping.delivery_code,
                reason=mapping.delivery_reason,
                completed_at=mapping.completed_at,
            ),
            reason_code=mapping.reason_code,
            reason=mapping.reason,
            created_at=mapping.created_at,
            updated_at=mapping.updated_at,
            **more,
        )


class NextView(BaseModel):
    """What happens next and why. `at` says when. It is null when the record waits for other jobs or for a person."""

    code: str
    text: str
    at: datetime | None
    poll_at: datetime | None = Field(
        None, description="When the shop or the warehouse is polled next, for what waits until something changes there."
    )


class ActionView(BaseModel):
    """One act: what it will do, and why it is not possible now. `gateway mappings show` and the console say the same."""

    name: str = Field(description="resync, release, replay, resolve, close-short or cancel-rest.")
    possible: bool
    will: str = Field(description="What it does, or would do.")
    when: NextView | None = Field(description="When. Null when it is not possible now.")
    reason: str | None = Field(description="Why it is not possible now.")
    fix: str | None = Field(description="What helps instead.")
    letter_id: str | None = Field(description="Of the dead letter that a replay takes.")


class HistoryEntry(BaseModel):
    """One line of a record's history."""

    model_config = ConfigDict(json_schema_extra={"example": _HISTORY})

    id: int
    at: datetime
    code: str
    text: str
    detail: dict[str, Any] | None = Field(
        description="More about it, like the warehouse's own words. Null without the right admin: they may name a customer."
    )
    event_id: int | None
    job_id: int | None
    call_id: int | None = Field(None, validation_alias=AliasChoices("call_id", "attempt_id"))
    run_id: str | None


class SentLineView(BaseModel):
    """One row of the order, in pieces: what was ordered, what was sent so far, and how much of that the shop was told."""

    row_number: str = Field(description="The order line's own id in the shop; `rowNumber` in the WMS.")
    article_number: str
    ordered: float
    sent: float = Field(description="From this order and its back orders in the WMS, whatever counts as shipped.")
    missing: float
    told: float = Field(description="The shop was told of these, as far as it can be: see `not_told`.")


class NotToldView(BaseModel):
    """Something that the shop has no place for, so that only the gateway shows it."""

    code: str = Field(description="part, quantities or tracking.")
    text: str


class TrackingView(BaseModel):
    number: str
    url: str | None


class ShippedView(BaseModel):
    """One order in the WMS that belongs to this order: the first one, or a back order with the rest of it."""

    number: str
    wms_order_id: int
    back_order_for: int | None = Field(description="The WMS order that this back order completes.")
    status: int
    shipped_at: datetime | None
    tracking: list[TrackingView]
    read_at: datetime
    watched_until: datetime | None = Field(description="Until this time it is read again for late tracking numbers.")


class ToldView(BaseModel):
    """One thing that the shop was told or will be told. It is written once, because a second write would make a second entry."""

    kind: str = Field(description="tracking, note or refund.")
    key: str = Field(description="The tracking number, the refund's reference, or what the note is about.")
    request: dict[str, Any] | None = Field(description="What was written. Null after the retention time.")
    remote_id: str | None = Field(description="Its id in the shop. Null until the shop has confirmed it.")
    intended_at: datetime
    done_at: datetime | None


class AcknowledgedView(BaseModel):
    """The total of one order line that the shop was told, and how much of it was confirmed to the WMS."""

    wms_order_id: int
    line_id: int
    kind: str = Field(description="picked, returned or received; cancelled: an order whose rest is not wanted, with line 0.")
    quantity: float
    acknowledged: float | None
    updated_at: datetime


class MappingDetail(MappingView):
    """One record with its explanation: what came in, what was sent and answered (newest first), what the warehouse did, what the
    shop was told, and what happens next."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_MAPPING,
                "next": _NEXT,
                "actions": [_ACTION],
                "job": None,
                "reports": [],
                "came_in": [EVENT_EXAMPLE],
                "sent": [CALL_EXAMPLE],
                "deliveries": [_SHIPPED],
                "lines": [_LINE],
                "not_told": [],
                "told": [_TOLD],
                "acknowledged": [_ACKNOWLEDGED],
                "history": {"items": [_HISTORY], "next_cursor": None},
            }
        }
    )

    next: NextView
    actions: list[ActionView] = Field(description="Every act that there is for it: what it will do, or why it cannot be done.")
    job: JobView | None = Field(description="The job that transfers it to the warehouse.")
    reports: list[JobView] = Field(description="The jobs that report to the shop: shipments, returns, acknowledgements, notes.")
    came_in: list[EventView]
    sent: list[CallView] = Field(description="Calls to the warehouse, and calls to the shop for reports.")
    deliveries: list[ShippedView]
    lines: list[SentLineView] = Field(description="What was sent of each line. Empty before the warehouse has shown the order.")
    not_told: list[NotToldView] = Field(description="What the shop has no place for, of what was sent of this order.")
    told: list[ToldView]
    acknowledged: list[AcknowledgedView]
    history: Page[HistoryEntry]


class ClosingShort(BaseModel):
    """How a partly sent order is closed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"cancel_rest": True}})

    cancel_rest: Flag = Field(
        False,
        description="Cancel the rest in the warehouse, and close the order in the shop when that is done. Ongoing can cancel "
        "back orders on which the warehouse has not begun, and no rest of an order that it has begun.",
    )


class RestView(BaseModel):
    """An order of the WMS from which a rest may come. One that is not cancelled keeps the order open in the shop."""

    wms_order_id: int
    number: str
    status: int
    is_being_cancelled: bool
    fix: str | None = Field(description="What to do in the WMS, where it cannot be cancelled from here.")


class ClosedShort(MappingDetail):
    """The record, and what becomes of its rest in the warehouse. `rest` is empty unless it was to be cancelled there."""

    rest: list[RestView] = Field(default_factory=list)


class Resynced(BaseModel):
    """What came of reading the record again."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": 412, "verdict": "queued", "reason": "", "job_id": 3120}})

    id: int
    verdict: str = Field(description="queued; not-wanted; unchanged.")
    reason: str
    job_id: int | None


class Resolution(BaseModel):
    """Why the record is settled. The text goes into the history, so leave personal data out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "Sent by hand in the warehouse's pages"}})

    reason: Prose


def action_view(possible: Possible) -> ActionView:
    action, refusal = possible.action, possible.action.refusal
    return ActionView(
        name=action.act.value,
        possible=refusal is None,
        will=str(action.will),
        when=NextView.model_validate(possible.when, from_attributes=True) if refusal is None else None,
        reason=str(refusal.message) if refusal is not None else None,
        fix=str(refusal.fix) if refusal is not None else None,
        letter_id=action.letter_id,
    )


def line_view(line: SentLine) -> SentLineView:
    return SentLineView(
        row_number=line.row_number,
        article_number=line.article_number,
        ordered=float(line.ordered),
        sent=float(line.sent),
        missing=float(line.missing),
        told=float(line.told),
    )


def shipped_view(row: Delivery) -> ShippedView:
    """The numbers are those of the WMS's order as it was read last; none once retention has emptied it."""
    found = () if row.snapshot is None else tracking_numbers(read_order(row.snapshot))
    return ShippedView(
        number=row.number,
        wms_order_id=row.wms_order_id,
        back_order_for=row.back_order_for,
        status=row.status,
        shipped_at=row.shipped_at,
        tracking=[TrackingView(number=each.number, url=each.url or None) for each in found],
        read_at=row.read_at,
        watched_until=row.watched_until,
    )
