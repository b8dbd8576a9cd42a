"""Corrections of stock: counted, scrapped, found. Each is told until a caller has confirmed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from app.sandbox.ongoing.config import WAREHOUSE_ID
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.store import Store


@dataclass(frozen=True)
class Change:
    """What is corrected: so many more, or (negative) fewer, and why. `scrapped`: the goods were thrown away."""

    by: float
    cause: str = "ADJUSTED"
    warehouse_id: int = WAREHOUSE_ID
    batch: str | None = None
    serial: str | None = None
    location: str | None = None
    comment: str | None = None
    scrapped: bool = False


@dataclass
class Adjustment:
    """One correction, as it is told. `id`: of the stock-taking that it belongs to."""

    id: int
    article: Article
    change: Change
    made: datetime
    is_reported: bool = False

    @property
    def warehouse_id(self) -> int:
        return self.change.warehouse_id


class Adjustments:
    """The corrections of one warehouse, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids = count(90001)
        self._found: list[Adjustment] = []

    def add(self, article: Article, change: Change) -> None:
        if change.by:
            self._found.append(Adjustment(next(self._ids), article, change, self._store.clock()))

    def again(self) -> None:
        """The last correction is made once more in the same stock-taking: the same article at the same place."""
        last = self._found[-1]
        self._found.append(Adjustment(last.id, last.article, last.change, last.made))

    def forget(self) -> None:
        """As if nothing had been corrected yet."""
        self._found.clear()

    def of(self, goods_owner_id: int) -> list[Adjustment]:
        return [each for each in self._found if each.article.goods_owner_id == goods_owner_id]

    def numbered(self, adjustment_id: int) -> Sequence[Adjustment]:
        """All of one stock-taking."""
        return [each for each in self._found if each.id == adjustment_id]
