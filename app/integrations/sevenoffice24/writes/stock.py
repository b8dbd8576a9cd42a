"""Quantities: read together right before they are written, and written one by one where the two systems differ.

An order's status may change the ERP's stock. So no quantity is compared with what was read a while ago.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain import Problem
from app.errors import Refused
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, StockPage
from app.integrations.sevenoffice24.reads.reading import RecordReader
from app.integrations.sevenoffice24.reads.records import blocks, wire_ids
from app.integrations.sevenoffice24.soap.failures import Faulted
from app.json_reading import whole

MOST_TOGETHER = 20
"""So many are read together, and written one after the other."""
_PROPERTIES = ("Id", "No", "Stock", "StockControlled")
_LOOK = "look at the product in 24SevenOffice"


class Stock(RecordReader):
    """Implements `WritesStock`."""

    @property
    def stock_page(self) -> int:
        return MOST_TOGETHER

    def stock_batches(self, changes: Sequence[StockChange]) -> list[tuple[StockChange, ...]]:
        return [tuple(changes[start : start + MOST_TOGETHER]) for start in range(0, len(changes), MOST_TOGETHER)]

    async def write_stock(self, batch: Sequence[StockChange]) -> tuple[StockAnswer, ...]:
        """One product that the server fails over keeps no other from its quantity."""
        shown = await self.read_stock([(change.source_id, None) for change in batch])
        answers, failed = list[StockAnswer](), list[Faulted]()
        for change in batch:
            try:
                answers.append(await self._write(change, shown[change.source_id]))
            except Faulted as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return tuple(answers)

    async def _write(self, change: StockChange, shown: StockLevel | None) -> StockAnswer:
        """Only where the two differ."""
        if shown is None:
            message = f"24SevenOffice has no product {change.source_id}"
            return StockAnswer(change.source_id, None, Problem("product-gone", "Id", message, _LOOK))
        if shown.quantity == change.quantity:
            return StockAnswer(change.source_id, shown.quantity)
        if not shown.managed:
            message = f"24SevenOffice keeps no stock of product {change.source_id}"
            return StockAnswer(change.source_id, None, Problem("stock-not-managed", "StockControlled", message, _LOOK))
        try:
            is_taken = await self._soap.set_stock_quantity(int(change.source_id), Decimal(change.quantity))
        except Refused:
            is_taken = False
        if is_taken:
            return StockAnswer(change.source_id, float(change.quantity))
        message = f"24SevenOffice did not take {change.quantity} as the stock of product {change.source_id}"
        return StockAnswer(change.source_id, None, Problem("stock-refused", "Stock", message, _LOOK))

    # reading

    async def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """All products in batches, by rising ids. `after` in the cursor is the id behind which it goes on.

        It begins with the products that there are now: one that was made a moment ago has a quantity too.
        """
        made, after = self.calls, whole(cursor or {}, "after")
        self._soap.begin_run()
        ids = (await self._numbers.census(is_new=after is None)).ids
        left = ids[bisect_right(ids, after or 0) :]
        for some in blocks(left, self._settings.ids_per_call):
            found = await self._soap.get_products({"ProductIds": some}, _PROPERTIES)
            levels = tuple(_level(each) for each in found if each.get("Id"))
            yield StockPage(levels, {"after": some[-1]}, self.calls - made)
            made = self.calls

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """As many together as one call takes. None where the ERP's answer to this id has no such product."""
        found: dict[str, StockLevel | None] = dict.fromkeys(source_id for source_id, _ in articles)
        for some in blocks(wire_ids(found), self._settings.ids_per_call):
            listed = await self._soap.get_products({"ProductIds": some}, _PROPERTIES)
            found |= {str(each["Id"]): _level(each) for each in listed if each.get("Id") in some}
        return found


def _level(product: Mapping[str, Any]) -> StockLevel:
    """Whether stock is kept has three states: one that says nothing is written to."""
    stock: Decimal | None = product.get("Stock")
    return StockLevel(
        source_id=str(product["Id"]),
        parent_id=None,
        number=str(product.get("No") or "").strip(),
        quantity=None if stock is None else float(stock),
        managed=product.get("StockControlled") is not False,
    )
