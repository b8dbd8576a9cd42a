"""Lists that are answered page by page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `number` counts from 1; `total` is how many there are on all pages."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; 0 for an empty list."""
        return math.ceil(self.total / self.size)

    @property
    def next(self) -> int | None:
        """The number of the next page; None on the last one, and behind it."""
        return self.number + 1 if self.number < self.pages else None


def page_of(records: Sequence[T], number: int, size: int) -> Page[T]:
    """The page with this number; it has no items when the list ends before it."""
    first = (number - 1) * size
    return Page(records[first : first + size], number, size, len(records))
