"""How a report to the shop ends, and the port that it calls through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from app.domain import Problem
from app.flows.outcomes import Outcome, explained
from app.flows.shipment_plan import Sent
from app.integrations.protocol import MakesRefunds, ReportsShipments, ReturnSettings, ShipmentSettings
from app.integrations.protocol.shipments import WritesNotes

T = TypeVar("T")


AWAITS_PICKUP = "awaiting-pickup"
"""The warehouse has the order ready; the customer has not got it yet."""


class Delivery(StrEnum):
    """How far the way back of an order has come."""

    NONE = "none"
    """Nothing to report yet."""
    WAITING = "waiting"
    """The goods are sent, but what the connection waits for (a tracking number) is not there yet; or they wait for pick-up."""
    PARTLY = "partly"
    """Part of it was reported; the order stays open in the shop."""
    REPORTED = "reported"
    HELD = "held"


class Kind(StrEnum):
    """The writes to a shop that are not idempotent."""

    TRACKING = "tracking"
    NOTE = "note"
    REFUND = "refund"
    RETURNED = "returned"
    """No write to a shop: the caller's address was told what came back."""


@dataclass(frozen=True)
class Intent:
    """A write that is stored before it is made. `remote_id`: the shop has it. `is_new`: nobody can have tried it before."""

    key: str
    request: dict[str, Any]
    remote_id: str | None
    is_new: bool


@dataclass(frozen=True)
class Acknowledge:
    """A total per line that the shop knows, to be confirmed to the WMS."""

    kind: str  # picked, returned; received: on a purchase order, whose id is then in `wms_order_id`
    wms_order_id: int
    line_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Reported:
    """How a report ended. The shop had confirmed what is acknowledged."""

    outcome: Outcome
    delivery: Delivery | None
    code: str | None = None
    reason: str | None = None
    completed: bool = False
    acknowledge: tuple[Acknowledge, ...] = ()
    notes: tuple[str, ...] = ()
    warning: str | None = None
    """What a person should look at though all went well."""
    moved: tuple[str, ...] = ()
    """Articles, by source id, whose stock the outside system may have changed with it."""
    short: tuple[Sent, ...] = ()
    """All rows of an order of which fewer pieces were sent than were ordered, or of which more is to come; else none."""


def held_report(problem: Problem, acknowledge: tuple[Acknowledge, ...] = ()) -> Reported:
    return Reported(Outcome.HELD, Delivery.HELD, problem.code, explained(problem), acknowledge=acknowledge)


class ShopPort(Protocol):
    """The port to the shop: calls recorded as attempts, and intents committed before any non-idempotent write."""

    @property
    def source_id(self) -> str: ...

    @property
    def order_number(self) -> str: ...

    @property
    def shop(self) -> ReportsShipments: ...

    @property
    def notes_of(self) -> WritesNotes | None:
        """None when the system takes no notes."""
        ...

    @property
    def refunds(self) -> MakesRefunds | None:
        """None when the system makes no refunds: what came back is given to callers alone."""
        ...

    @property
    def shipments(self) -> ShipmentSettings: ...

    @property
    def returns(self) -> ReturnSettings: ...

    @property
    def noun(self) -> str:
        """What people call the system that is told: shop, ERP."""
        ...

    @property
    def was_completed(self) -> bool:
        """The shop has had the order as completed before."""
        ...

    @property
    def was_partly(self) -> bool:
        """The shop has been told of a part, and a rest is to come."""
        ...

    @property
    def released(self) -> bool:
        """An operator has released the order: close it in spite of the hold."""
        ...

    async def read(self, call: str, do: Callable[[], Awaitable[T]]) -> T: ...

    async def write(self, call: str, request: Mapping[str, Any] | None, do: Callable[[], Awaitable[T]]) -> T: ...

    async def intend(self, kind: Kind, key: str, request: dict[str, Any]) -> Intent:
        """Commits the intent, or returns the one that is there."""
        ...

    async def intents(self, kind: Kind) -> dict[str, Intent]: ...

    async def done(self, kind: Kind, key: str, remote_id: str) -> None:
        """Stores that the shop has it."""
        ...
