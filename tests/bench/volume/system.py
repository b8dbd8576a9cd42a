"""What the bench must know of a polled system: its shop, its connection, and how few calls its contract comes down to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.types import ASGIApp

BEFORE = timedelta(hours=1)
"""So long ago the last record was changed."""


@dataclass(frozen=True)
class Size:
    """Of a shop. Two orders in a row are one customer's."""

    products: int
    orders: int

    @property
    def customers(self) -> int:
        return math.ceil(self.orders / 2)

    @property
    def tenth(self) -> Size:
        return Size(self.products // 10, self.orders // 10)


@dataclass(frozen=True)
class Best:
    """The fewest calls by the contract: everything for the first time, and a look when nothing has changed."""

    articles: int
    orders: int
    articles_again: int
    orders_again: int


@dataclass
class FillingClock:
    """The machine's time, but while a shop is filled: then each record is changed `step` after the one before."""

    records: int
    step: timedelta = timedelta(seconds=10)
    now: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        self.now = datetime.now(UTC) - BEFORE - self.records * self.step

    def __call__(self) -> datetime:
        return self.now or datetime.now(UTC)

    def next_record(self) -> None:
        assert self.now is not None
        self.now += self.step

    def filled(self) -> None:
        self.now = None


@dataclass(frozen=True)
class System:
    """`fill` makes its simulator, full, which keeps one call in its journal. `connection`: `source` and `settings`, by the
    simulator's address and the records a page. `page`: the largest one of the contract."""

    name: str
    fill: Callable[[Size, FillingClock], ASGIApp]
    connection: Callable[[str, int], dict[str, Any]]
    best: Callable[[Size, int], Best]
    page: int
