"""How quantities are written to a shop and read there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
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
    """What became of one change. `quantity` is what the shop says it has now; None when it said nothing.

    Codes of `problem`: stock-not-managed, stock-kept-by-parent, wrong-parent, product-gone, stock-refused, stock-not-taken.
    """

    source_id: str
    quantity: int | None
    problem: Problem | None = None


@dataclass(frozen=True)
class StockLevel:
    """What the shop shows of one product or variation. `number` is its SKU as the shop has it, empty when it has none."""

    source_id: str
    parent_id: str | None
    number: str
    quantity: int | None
    managed: bool
    """Whether the shop counts this article's pieces itself, so that a quantity can be written to it."""
    kept_by_parent: bool = False
    """A variation whose product keeps the stock for all of its variations."""


@dataclass(frozen=True)
class StockPage:
    """One page of a sweep, and the cursor to go on from. `calls` counts the requests it took."""

    levels: tuple[StockLevel, ...]
    cursor: dict[str, Any]
    calls: int = 1


@runtime_checkable
class WritesStock(Protocol):
    """A shop whose quantities the WMS decides. Raises the RemoteErrors of `app.errors`.

    A write is absolute and has no version: the caller looks after which reading is the newest.
    """

    @property
    def stock_page(self) -> int:
        """How many waiting changes are looked at to make the next call: as many as one call can take, at most 1,000."""
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
        """Quantities of (source id, parent id) by source id. None: the shop lists no such (deleted, in the trash, moved)."""
        ...
