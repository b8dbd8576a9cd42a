"""How a shop is told that an order was shipped, and how what was told is found again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from app.domain import Problem, ShopState
from app.json_reading import unescaped


@dataclass(frozen=True)
class ShopOrderLine:
    """One line as sold: `quantity` pieces, `total` without tax after discount, `taxes` by tax rate id."""

    line_id: str
    number: str
    quantity: int
    total: Decimal
    taxes: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackingEntry:
    """A tracking number as the shop has it. `provider` is the shop's own word for the carrier, or empty."""

    id: str
    number: str
    provider: str = ""
    link: str = ""


@dataclass(frozen=True)
class RefundLine:
    """Part of one order line that goes back: pieces, `amount` without tax, tax by rate id. All positive."""

    line_id: str
    quantity: int
    amount: Decimal
    taxes: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """With tax."""
        return self.amount + sum(self.taxes.values(), Decimal(0))


@dataclass(frozen=True)
class RefundSeen:
    """A refund as the shop has it. `amount` is with tax and positive; `lines` are empty in a summary."""

    id: str
    reason: str
    amount: Decimal
    lines: tuple[RefundLine, ...] = ()


@dataclass(frozen=True)
class ShopOrderState:
    """What a report must look at before it writes. Times in UTC; `total` with tax and freight, not lowered by refunds."""

    source_id: str
    number: str
    status: str
    modified_at: datetime | None
    currency: str
    total: Decimal
    lines: tuple[ShopOrderLine, ...]
    tracking: tuple[TrackingEntry, ...]
    refunds: tuple[RefundSeen, ...]
    """Their amounts and reasons; `MakesRefunds.refunds` reads their lines."""
    state: ShopState = ShopState.WAITING
    """What the status means. A cancelled or missing order is told nothing more."""
    kept_tracking: str = ""
    """The tracking that stands on the order itself (`KeepsTracking`); empty without any."""


@dataclass(frozen=True)
class StatusSet:
    """The order's status after the report. `written` is False when the order already had it, or must keep the one that it has."""

    status: str
    written: bool
    modified_at: datetime | None = None
    """The order's own time after the write (UTC). The webhook that the write causes carries the same time."""
    is_closed: bool = field(default=False, compare=False)
    """The order has a status that it must keep: the shop has decided otherwise."""
    warning: str = field(default="", compare=False)
    """What a person should look at though the status is set, as a sentence; empty for nothing."""


@dataclass(frozen=True)
class OrderNote:
    """A note on an order. `created_at` is UTC."""

    id: str
    text: str
    to_customer: bool
    created_at: datetime | None = None


@dataclass(frozen=True)
class Tracking:
    """A tracking number to report. The shop takes the day it is told as the day of the shipment."""

    number: str
    link: str = ""
    provider: str = ""


@runtime_checkable
class ReportsShipments(Protocol):
    """A shop that can be told of shipments. Raises the RemoteErrors of `app.errors`, and NoSuchRecord when the order is gone.

    Entering a tracking number twice makes two entries (not idempotent). Commit the intent first. If the outcome is unknown, look
    with `find_tracking`.
    """

    async def order_state(self, source_id: str) -> ShopOrderState | None:
        """The order as it is now, trashed ones included; None when the system itself says that there is none."""
        ...

    async def complete(self, source_id: str) -> StatusSet:
        """Reads the order, and writes the status that says it was shipped unless the order has it already.

        A cancelled or trashed order (settings) is left as it is.
        """
        ...

    @property
    def tracking_by_note(self) -> bool:
        """Whether tracking numbers go into a note, `tracking_note`, because the system keeps none. It must take notes then."""
        ...

    async def add_tracking(self, source_id: str, tracking: Tracking) -> str:
        """Enters a tracking number and gives the entry's id. Not with `tracking_by_note`."""
        ...

    async def tracking_entries(self, source_id: str) -> tuple[TrackingEntry, ...]:
        """The order's tracking entries; none with `tracking_by_note`."""
        ...

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking], *, is_part: bool = False) -> str:
        """A note's text that gives the tracking, from the connection's template; empty when there is nothing to tell. Pure.

        `is_part`: a rest is to come.
        """
        ...


@dataclass(frozen=True)
class DeliveredLine:
    """How many pieces of a line were sent so far."""

    row_number: str
    shipped: Decimal
    ordered: Decimal


@dataclass(frozen=True)
class Delivered:
    """What was sent of an order so far. `tracking`: numbers, none where the connection tells none.

    `sets_status`: the order's own status is to say how far it is. False while an operator is to decide about a short shipment.
    `closes`: the order is completed with this, and no rest is to come; `was_completed`: it was before. `shipped_at`: the last
    shipment (UTC). `goes_on`: more is to be sent, though every line may be there in full.
    """

    lines: tuple[DeliveredLine, ...]
    tracking: tuple[str, ...]
    sets_status: bool
    shipped_at: datetime | None = None
    closes: bool = False
    was_completed: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class DeliveryStep:
    """One write: where, and which members change to what. `checks`: members that are read again afterwards."""

    place: str
    change: Mapping[str, Any]
    checks: tuple[str, ...] = ()


@runtime_checkable
class TakesDeliveries(Protocol):
    """A system that is told what was sent of each line, in several writes. Raises the RemoteErrors of `app.errors`.

    Tracking and the order's status are told among them, so that what `ReportsShipments` has for those is not used.
    """

    def delivery_waits(self) -> Problem | None:
        """Why nothing may be written yet; None when it may. Pure."""
        ...

    def delivery_steps(self, order: ShopOrderState, delivered: Delivered) -> tuple[DeliveryStep, ...]:
        """What the order lacks, in the order in which it is written; none when it has all. `order`: as just read. Pure."""
        ...

    async def take_step(self, step: DeliveryStep) -> str:
        """Idempotent. Returns what a person should look at though the step is done, as a sentence; empty for nothing."""
        ...


class Untold(StrEnum):
    """What a system has no place for, of an order that was sent. The gateway shows it instead."""

    QUANTITIES = "quantities"
    """How much of each line was sent."""
    PART = "part"
    """That a part was sent and a rest is to come: its statuses have no word for it."""
    TRACKING = "tracking"
    """Tracking numbers."""


@runtime_checkable
class TellsOfParts(Protocol):
    """A `TakesDeliveries` that cannot show itself how much of an order was sent: a person is told, once."""

    def part_notice(self, order: ShopOrderState, delivered: Delivered) -> str:
        """What a person is told of an order of which a part was sent; empty for nothing. Pure."""
        ...


@runtime_checkable
class MarksImported(Protocol):
    """A system whose orders get a status when they have come into the warehouse. Raises the RemoteErrors of `app.errors`."""

    def import_steps(self, order: ShopOrderState) -> tuple[DeliveryStep, ...]:
        """What the order lacks; none when it has it, or has gone on since. `order`: as just read. Pure."""
        ...

    async def take_step(self, step: DeliveryStep) -> str:
        """As that of `TakesDeliveries`."""
        ...


@runtime_checkable
class MovesStock(Protocol):
    """A system that may change its own stock when an order's status is written."""

    def moved_by(self, order: ShopOrderState) -> tuple[str, ...]:
        """The articles of the order, by source id: what is known of their quantities counts no longer. Pure."""
        ...


@runtime_checkable
class WritesAgain(Protocol):
    """A system whose writes say how an order or a quantity is to be, and are made in the order in which they come: one that is
    made twice is the same as once."""

    @property
    def given_up_seconds(self) -> float:
        """For how long a write that was not answered may still be under way. Then it is read, and written if need be."""
        ...


@runtime_checkable
class KeepsTracking(Protocol):
    """A shop that can keep an order's tracking on the order itself, beside what it is told of tracking."""

    def tracking_to_keep(self, order: ShopOrderState, numbers: Sequence[str]) -> str | None:
        """What is to be written on the order. None: it has it already, there is none, or the connection does not ask for it.
        Pure."""
        ...

    async def keep_tracking(self, source_id: str, tracking: str, *, completes: bool) -> StatusSet:
        """Reads the order, and writes what it lacks: the tracking, and with `completes` the status of `complete`.

        Idempotent. A cancelled or trashed order is left as it is. Raises what `ReportsShipments` raises.
        """
        ...


@runtime_checkable
class TakesQuantities(Protocol):
    """A shop whose order lines have a place for how much of them was delivered."""

    @property
    def takes_quantities(self) -> bool:
        """Whether the connection names that place."""
        ...

    async def write_delivered(self, source_id: str, pieces: Mapping[str, Decimal]) -> int:
        """Writes the totals by line id, where the shop shows others. Idempotent. Returns how many were written."""
        ...


@runtime_checkable
class WritesNotes(Protocol):
    """A system that takes notes on its orders. Raises the RemoteErrors of `app.errors`, and NoSuchRecord when the order is gone.

    Writing a note twice makes two notes (not idempotent). Commit the intent first. If the outcome is unknown, look with
    `find_note`.
    """

    async def notes(self, source_id: str) -> tuple[OrderNote, ...]:
        """All notes of the order, in no particular order."""
        ...

    async def add_note(self, source_id: str, text: str, to_customer: bool) -> str:
        """Writes a note and gives its id. One to the customer is sent as an e-mail."""
        ...


@runtime_checkable
class OrderBeforeNotes(Protocol):
    """A system whose order gets its status and tracking before a note tells of them. A note that it refuses is left out."""

    def refused_note(self, source_id: str) -> str:
        """Why it has refused a note of this order since this was asked last, as a sentence; empty when it has not."""
        ...


def find_note(notes: Iterable[OrderNote], text: str, known: Collection[str] = ()) -> OrderNote | None:
    """The note with this text whose id is not in `known`: one of ours whose outcome was not seen.

    The texts are compared as people read them, because shops take backslashes out and may encode characters.
    """
    wanted = _as_read(text)
    return next((note for note in notes if note.id not in known and _as_read(note.text) == wanted), None)


def find_tracking(entries: Iterable[TrackingEntry], number: str) -> TrackingEntry | None:
    """The entry with this number, whoever made it, so that none is entered twice. Blanks and case don't count."""
    wanted = _bare(number)
    return next((entry for entry in entries if _bare(entry.number) == wanted), None)


def _as_read(text: str) -> str:
    return re.sub(r"\s+", " ", unescaped(text).replace("\\", "")).strip()


def _bare(number: str) -> str:
    return re.sub(r"\s+", "", number).upper()
