"""How a shop is told that an order was shipped, and how what was told is found again."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from app.domain import ShopState


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
    """What the status means. One that is cancelled or gone is told nothing more."""


@dataclass(frozen=True)
class StatusSet:
    """`status` as it is now. `written` is False when it had that status, or one that was not to be left."""

    status: str
    written: bool
    modified_at: datetime | None = None
    """The order's own time after the write (UTC): the announcement that comes back carries it."""
    is_closed: bool = field(default=False, compare=False)
    """It has a status that is not to be left: the shop has decided otherwise."""


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
    """A shop that is told what was shipped. Raises the RemoteErrors of `app.errors`; NoSuchRecord when the order is gone.

    Tracking entries are not idempotent: commit the intent first, and after an unknown outcome look them up with
    `find_tracking`.
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

    def tracking_note(self, order_number: str, tracking: Iterable[Tracking]) -> str:
        """A note's text that gives the tracking, from the connection's template; empty when there is nothing to tell. Pure."""
        ...


@runtime_checkable
class WritesNotes(Protocol):
    """A system that takes notes on its orders. Raises the RemoteErrors of `app.errors`; NoSuchRecord when the order is gone.

    Notes are not idempotent: commit the intent first, and after an unknown outcome look them up with `find_note`.
    """

    async def notes(self, source_id: str) -> tuple[OrderNote, ...]:
        """All notes of the order, in no particular order."""
        ...

    async def add_note(self, source_id: str, text: str, to_customer: bool) -> str:
        """Writes a note and gives its id. One to the customer is sent as an e-mail."""
        ...


def find_note(notes: Iterable[OrderNote], text: str, known: Collection[str] = ()) -> OrderNote | None:
    """The note with this text that is none of those `known` by id: an own one whose outcome was not seen.

    Compared as people read it: shops take backslashes out and may encode characters.
    """
    wanted = _as_read(text)
    return next((note for note in notes if note.id not in known and _as_read(note.text) == wanted), None)


def find_tracking(entries: Iterable[TrackingEntry], number: str) -> TrackingEntry | None:
    """The entry with this number, whoever made it: what the shop has is not entered again. Blanks and case don't count."""
    wanted = _bare(number)
    return next((entry for entry in entries if _bare(entry.number) == wanted), None)


def _as_read(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text).replace("\\", "")).strip()


def _bare(number: str) -> str:
    return re.sub(r"\s+", "", number).upper()
