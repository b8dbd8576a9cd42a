"""How a flow into the warehouse ends, and the port that it calls through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from app.domain import Article, OrderLine, Problem, Supplier
from app.warehouse.adopted import AdoptedRows
from app.warehouse.reads.resources import WarehouseArticle
from app.warehouse.reads.stock import StockLevel
from app.warehouse.rest.client import OngoingClient, Written
from app.warehouse.settings import OngoingSettings

T = TypeVar("T")


class Transfer(StrEnum):
    """How far a record's transfer has come."""

    NONE = "none"
    """Nothing was sent, and nothing will be."""
    PENDING = "pending"
    """To be sent for the first time."""
    SENT = "sent"
    HELD = "held"
    """An operator must act; the reason says what to do."""
    REFUSED = "refused"
    """The WMS said no to this content."""
    UNKNOWN = "unknown"
    """A call was made and its outcome is not known; it is read before anything is written."""


class Outcome(StrEnum):
    """What was done about the newest state of the record."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True)
class Renumbered:
    """The record is another article in the WMS now. `level`: what the WMS has of the new one; None when it could not be read."""

    number: str
    level: StockLevel | None


@dataclass(frozen=True)
class Notice:
    """What a person should know of an article. One with a `subject` is told once for all articles of the connection."""

    text: str
    subject: str | None = None


@dataclass(frozen=True)
class Result:
    """How a flow ended. A field that is None leaves the mapping as it is; `code` and `reason` always replace the old ones."""

    outcome: Outcome
    transfer: Transfer | None
    """None for a report to the shop: the transfer into the warehouse stays as it is."""
    code: str | None = None
    reason: str | None = None
    wanted: str | None = None  # present, absent
    wms_id: int | None = None
    warehouse_status: int | None = None
    warehouse_status_text: str | None = None
    sent_hash: str | None = None
    settles: bool = False
    """A read has shown what came of a write whose outcome was not known. `sent_hash` replaces the old one, None too."""
    taken_back: bool | None = None
    """The order is cancelled in the warehouse because the shop cancelled it. False: it is open there (again)."""
    notes: tuple[str, ...] = ()
    delivery: str | None = None
    """How far the way back has come."""
    completed: bool = False
    """The shop has the order as completed."""
    warning: str | None = None
    """What a person should look at though all went well: an alert, and a line in the history."""
    notices: tuple[Notice, ...] = ()
    renumbered: Renumbered | None = None


def explained(problem: Problem) -> str:
    """The problem and what to do about it, as two sentences."""
    return ". ".join(text[:1].upper() + text[1:] for text in (problem.message, problem.fix))


def unnumbered_rows(known: Known, noun: str) -> tuple[Problem, ...]:
    """Of an order that was taken over, and is to be changed: a line of it that no write can name."""
    if known.adopted is None or not known.adopted.has_unnumbered:
        return ()
    found = Problem(
        "rows-without-number",
        "lines",
        f"The order was changed in the {noun}, and its lines have no row numbers in the WMS: the change would double them",
        "Change it in the WMS by hand; release it here to send it all the same",
    )
    return (found,)


def held(problem: Problem, **more: Any) -> Result:
    return Result(Outcome.HELD, Transfer.HELD, problem.code, explained(problem), **more)


@dataclass(frozen=True)
class Known:
    """What the mapping knew when the job was taken."""

    source_id: str
    number: str | None
    wms_id: int | None
    wanted: str
    transfer: Transfer
    warehouse_status: int | None
    sent_hash: str | None
    """The hash of what the WMS has. None: nothing, or it is not known what."""
    taken_back: bool = False
    """It was cancelled in the warehouse because the shop cancelled it."""
    adopted: AdoptedRows | None = None
    """Of an order that others had made in the WMS: how its rows are numbered there. None for one of our own."""

    def is_own(self, wms_id: int, goods_owner_order_id: str) -> bool:
        """Whether an order of the WMS is this one: it bears our id, or it was taken over as it is."""
        return goods_owner_order_id == self.source_id or (self.adopted is not None and wms_id == self.wms_id)


@dataclass(frozen=True)
class UnknownWrite:
    """A write whose outcome is not known: what was sent.

    `request` is None when retention has emptied it. `elsewhere`: it went to another goods owner than the connection has now, so
    no read can show what came of it.
    """

    call: str
    request: dict[str, Any] | None
    elsewhere: bool = False


class WarehousePort(Protocol):
    """The port through which a flow reaches the WMS: calls recorded as attempts, numbers to claim, articles that others own."""

    @property
    def client(self) -> OngoingClient: ...

    @property
    def goods_owner_id(self) -> int: ...

    @property
    def settings(self) -> OngoingSettings: ...

    @property
    def noun(self) -> str:
        """What people call the system that the record comes from: shop, ERP."""
        ...

    @property
    def updates_whatever_status(self) -> bool:
        """Whether an order that is there is kept up to date in every status but those that cancel it."""
        ...

    @property
    def released(self) -> bool:
        """An operator has released the record: try it in spite of the hold."""
        ...

    @property
    def asked_for(self) -> bool:
        """A person has asked for this very record: it is sent even if it has not changed, where the WMS has it otherwise."""
        ...

    @property
    def unknown_write(self) -> UnknownWrite | None:
        """A write of this record whose outcome is not known."""
        ...

    async def read(self, call: str, do: Callable[[], Awaitable[T]]) -> T:
        """A read, counted by its method's circuit."""
        ...

    async def write(self, call: str, request: Mapping[str, Any] | None, do: Callable[[], Awaitable[T]]) -> T:
        """A write. Its attempt is committed before, its result after. Raises LeaseLost when too little time is left."""
        ...

    async def claim(self, number: str) -> str | None:
        """Claims the WMS number for this record. Returns None when it is ours now, else who has it."""
        ...

    async def may_have_sent(self, call: str) -> bool:
        """Whether this record was ever sent with this call, and not refused."""
        ...

    def keep(self, supplier: Supplier) -> None:
        """Keeps the supplier as it is now, for the articles that name it. It is stored at the job's end."""
        ...

    async def known_supplier(self, supplier: Supplier) -> Supplier:
        """The supplier as it is kept, where only its number is given."""
        ...

    async def unknown_articles(self, numbers: Sequence[str]) -> list[str]:
        """Which of these article numbers no mapping of this goods owner knows in the WMS."""
        ...

    async def articles(self, numbers: Sequence[str]) -> dict[str, WarehouseArticle]:
        """The articles that the WMS has, as it has them now. The same numbers are read once for a record."""
        ...

    async def waiting_article(self, number: str, *, taken: bool = False) -> Article | None:
        """The full article, when one with this number waits in this lane; with `taken` also one that is just being worked on."""
        ...

    async def described(self, line: OrderLine) -> OrderLine:
        """The line as an article that is made from it is to be called. Raises what reading that in the source raises."""
        ...

    async def article_exists(self, number: str, wms_id: int) -> None:
        """Stores that the WMS has the article, without claiming it for this connection."""
        ...

    async def article_created(self, line: OrderLine, written: Written, sent_hash: str) -> None:
        """Stores an article that was made for an order."""
        ...
