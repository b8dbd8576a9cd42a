"""How quantities are written to a shop and read there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from app.domain import Problem


@dataclass(frozen=True)
class StockChange:
    """The quantity that an article is to have in the shop, in whole pieces. `parent_id` is that of a variation, else None."""

    source_id: str
    parent_id: str | None
    quantity: int


@dataclass(frozen=True)
class StockAnswer:
    """What became of one change. `quantity` is what the shop says it has now, parts of pieces too; None when it said nothing.

    Codes of `problem`: stock-not-managed, stock-kept-by-parent, wrong-parent, product-gone, stock-refused, stock-not-taken,
    stock-app-active.
    """

    source_id: str
    quantity: float | None
    problem: Problem | None = None
    stops: bool = False
    """The problem is the whole shop's: nothing more is written to it until a person has looked."""


@dataclass(frozen=True)
class StockLevel:
    """What the shop shows of one product or variation. `number` is its SKU as the shop has it, empty when it has none.

    `quantity` as it is shown, parts of pieces too: 8.5 is neither 8 nor 9.
    """

    source_id: str
    parent_id: str | None
    number: str
    quantity: float | None
    managed: bool
    """Whether the shop counts this article's pieces itself, so that a quantity can be written to it."""
    kept_by_parent: bool = False
    """A variation whose product keeps the stock for all of its variations."""
    shared_by_variations: bool = False
    """A product that keeps one quantity for variations which are articles of their own: no article of the WMS has it."""
    variations: tuple[StockLevel, ...] = ()
    """Those variations, where they were read with it (`read_stock`)."""
    not_told_apart: bool = False
    """The system has one id for several variants: it cannot be told which of them a quantity would be written to."""
    without_stock: bool = False
    """What cannot have a quantity: a product whose variations have theirs, or one of which nothing is sent."""


@dataclass(frozen=True)
class StockPage:
    """One page of a sweep, and the cursor to go on from. `calls` counts the requests it took.

    `left_out`: products, by source id, whose variations could not be read, and why. Nothing is known of them and of what keeps
    the product's quantity; the next sweep asks again.
    """

    levels: tuple[StockLevel, ...]
    cursor: dict[str, Any]
    calls: int = 1
    left_out: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class WritesStock(Protocol):
    """A shop whose quantities come from the WMS. Raises the RemoteErrors of `app.errors`.

    A write sets an absolute quantity and has no version. The caller makes sure that the newest reading is written last.
    """

    @property
    def stock_page(self) -> int:
        """How many waiting changes are considered for the next call: as many as one call takes, at most 1,000."""
        ...

    def stock_batches(self, changes: Sequence[StockChange]) -> list[tuple[StockChange, ...]]:
        """The changes in as few calls as the shop allows, each its own batch, the first change in the first. Pure.

        The gateway gives at most `stock_page` changes, those of one parent together, writes the first batch and asks again.
        """
        ...

    async def write_stock(self, batch: Sequence[StockChange]) -> tuple[StockAnswer, ...]:
        """One of `stock_batches` in one call; an answer for each change, in the same order. Writing it again does no harm."""
        ...

    def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """A sweep over all products and variations, page by page in flat memory; from the start without a cursor."""
        ...

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """Quantities of (source id, parent id) by source id. None: the shop lists no such (deleted, in the trash, moved).

        An article whose variations could not be read, or that is one of them, is missing.
        """
        ...


@runtime_checkable
class LimitsStock(Protocol):
    """A shop that is given only so many quantities a run, because each takes a call."""

    @property
    def stock_per_run(self) -> int:
        """Most quantities that are written between two runs. The others follow with the next one."""
        ...
