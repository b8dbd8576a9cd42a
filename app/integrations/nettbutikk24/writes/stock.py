"""Quantities: one PATCH for each row that changed, and read back together. The shop takes no many at once (A6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from app.domain import Problem
from app.errors import NoSuchRecord, Refused
from app.integrations.kit.paging import Listed, Pages
from app.integrations.kit.values.path_parts import part
from app.integrations.nettbutikk24.mapping.members import article_key, asked_by, product_key, shared_keys
from app.integrations.nettbutikk24.rest.lists import flat
from app.integrations.nettbutikk24.rest.values import amount
from app.integrations.nettbutikk24.shop import Shop
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, StockPage
from app.json_reading import Body, text, whole

MOST_TOGETHER = 20
"""So many are written before they are read back."""
_LOOK = "look at the product in the shop"
_A_LITTLE_BEFORE = timedelta(seconds=5)


class Stock(Shop):
    """Implements `WritesStock` and `LimitsStock`."""

    @property
    def stock_per_run(self) -> int:
        return self._settings.max_stock_updates_per_run

    @property
    def stock_page(self) -> int:
        """As many as half of a call's time allows at the shop's pace."""
        in_time = int(self._settings.call_timeout_seconds / 2 * self._settings.requests_per_second)
        return max(1, min(MOST_TOGETHER, in_time))

    def stock_batches(self, changes: Sequence[StockChange]) -> list[tuple[StockChange, ...]]:
        size = self.stock_page
        return [tuple(changes[start : start + size]) for start in range(0, len(changes), size)]

    async def write_stock(self, batch: Sequence[StockChange]) -> tuple[StockAnswer, ...]:
        began, problems = self._calls.now, dict[str, Problem]()
        for change in batch:
            if (problem := await self._write(change)) is not None:
                problems[change.source_id] = problem
        written = [change for change in batch if change.source_id not in problems]
        shown = await self._shown(written, began)
        return tuple(
            StockAnswer(change.source_id, None, problems[change.source_id])
            if change.source_id in problems
            else _judged(change, shown.get(change.source_id))
            for change in batch
        )

    async def _write(self, change: StockChange) -> Problem | None:
        if self._facts.get("needs_check") or change.source_id != asked_by(change.source_id):
            message = "the shop's variants cannot be told apart: nothing is written to any"
            fix = "put the ids right in the shop, then test the connection"
            return Problem("variants-not-told-apart", "unique_product_id", message, fix)
        try:
            await self._calls.patch(f"products/{part(change.source_id)}", {"stock": change.quantity}, flat(self._settings))
        except NoSuchRecord:
            return Problem("product-gone", "unique_product_id", f"the shop has no product {change.source_id}", _LOOK)
        except Refused as refused:
            return Problem("stock-refused", "stock", f"the shop refused {change.quantity}: {refused.message}", _LOOK)
        return None

    async def _shown(self, written: Sequence[StockChange], began: Any) -> dict[str, float | None]:
        """What the shop shows now: a write changes the row, so that the list of what changed has it. Else it is read alone."""
        if not written:
            return {}
        found: dict[str, float | None] = {}
        if len(written) > 1:
            page = await self._lists.page("products", self._lists.size, 0, began - _A_LITTLE_BEFORE)
            found = {key: _pieces(row) for row in page.records if (key := product_key(row))}
        for change in written:
            if change.source_id not in found:
                level = (await self.read_stock([(change.source_id, None)])).get(change.source_id)
                found[change.source_id] = level.quantity if level is not None else None
        return found

    # reading

    async def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """All rows, by positions. Each page begins with the row that the last one ended with."""
        offset, last = whole(cursor or {}, "offset") or 0, text(cursor or {}, "last")
        pages, goes_on = Pages(self._lists.size), True

        async def ask(offset: int, size: int) -> Listed:
            return await self._lists.page("products", size, offset)

        while goes_on:
            made = self._calls.count
            page = await pages.read(ask, offset)
            keys = [product_key(row) or "" for row in page.records]
            if last and offset and last not in keys:
                offset = max(0, offset - self._lists.size)
                continue
            known = 1 if last and keys[:1] == [last] else 0
            goes_on = bool(getattr(page, "goes_on", False)) and bool(keys)
            offset, last = (page.offset + len(keys) - 1, keys[-1]) if len(keys) > 1 else (page.offset + len(keys), "")
            shared = shared_keys(page.records)
            levels = tuple(_level(row, shared) for row in page.records[known:] if product_key(row))
            yield StockPage(levels, {"offset": offset, "last": last}, self._calls.count - made)

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """One by one."""
        found: dict[str, StockLevel | None] = {}
        for source_id, _ in articles:
            try:
                rows, _answer = await self._calls.rows(f"products/{part(asked_by(source_id))}", flat(self._settings))
            except NoSuchRecord:
                found[source_id] = None
                continue
            shared = shared_keys(rows)
            row = next((each for each in rows if article_key(each, shared) == source_id), None)
            found[source_id] = _level(row, shared) if row is not None else None
        return found


def _level(row: Body, shared: frozenset[str]) -> StockLevel:
    key, number = article_key(row, shared) or "", text(row, "article_no").strip()
    return StockLevel(key, None, number, _pieces(row), managed=True, not_told_apart=product_key(row) in shared)


def _pieces(row: Body) -> float | None:
    found = amount(row.get("stock"))
    return None if found is None else float(found)


def _judged(change: StockChange, shown: float | None) -> StockAnswer:
    if shown is None or shown == change.quantity:
        return StockAnswer(change.source_id, shown)
    message = f"the shop shows {shown:g} after {change.quantity} was written"
    return StockAnswer(change.source_id, shown, Problem("stock-not-taken", "stock", message, _LOOK))
