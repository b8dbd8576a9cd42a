"""Orders that others had made in the WMS before the gateway took them over: their rows keep the numbers they have there.

A change is sent with the WMS's row numbers, so that it changes those rows and adds none. What the WMS shows is read back with the
source's, so that a report names the lines of the shop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain import Order, OrderLine
from app.json_reading import objects
from app.warehouse.reads.resources import WarehouseLine, WarehouseOrder, read_order


@dataclass(frozen=True)
class AdoptedRows:
    """`theirs`: the WMS's row numbers by the source's line ids, where the two differ. `ours`: the source's line ids by the WMS's
    own line ids. `has_unnumbered`: a line of it has no row number in the WMS, so that no write can name it."""

    theirs: Mapping[str, str]
    ours: Mapping[int, str]
    has_unnumbered: bool = False

    def stored(self) -> dict[str, Any]:
        """As the mapping keeps it. `adopted_rows` reads it."""
        kept: dict[str, Any] = {"rows": dict(self.theirs), "lines": {str(line_id): row for line_id, row in self.ours.items()}}
        return kept | ({"unnumbered": True} if self.has_unnumbered else {})


def adopted_rows(stored: Mapping[str, Any] | None) -> AdoptedRows | None:
    """None for an order of our own."""
    if stored is None:
        return None
    lines = {int(line_id): str(row) for line_id, row in stored.get("lines", {}).items()}
    return AdoptedRows(dict(stored.get("rows", {})), lines, bool(stored.get("unnumbered")))


def match_rows(ours: Sequence[OrderLine], there: Sequence[WarehouseLine]) -> AdoptedRows:
    """Which line is which: by row number and article, by article and quantity, by article. Each line is matched once."""
    left = [line for line in there if line.ordered or line.picked]
    pairs: list[tuple[OrderLine, WarehouseLine]] = []
    for same in (_same_row, _same_pieces, _same_article):
        matched = {id(one) for one, _ in pairs}
        for line in ours:
            found = next((each for each in left if same(line, each)), None) if id(line) not in matched else None
            if found is not None:
                left = [each for each in left if each is not found]
                pairs.append((line, found))
    theirs = {line.row_number: each.row_number for line, each in pairs if each.row_number not in ("", line.row_number)}
    taken = {line.row_number for line in there}
    matched = {id(one) for one, _ in pairs}
    for line in ours if theirs else ():
        if id(line) not in matched and line.row_number in taken:
            theirs[line.row_number] = _free(line.row_number, taken)  # another line has that number there
            taken.add(theirs[line.row_number])
    mine = {each.line_id: line.row_number for line, each in pairs if each.line_id is not None}
    return AdoptedRows(theirs, mine, any(not line.row_number for line in there if line.ordered or line.picked))


def _same_row(ours: OrderLine, there: WarehouseLine) -> bool:
    return ours.row_number == there.row_number and _same_article(ours, there)


def _same_pieces(ours: OrderLine, there: WarehouseLine) -> bool:
    return _same_article(ours, there) and ours.quantity == there.ordered


def _same_article(ours: OrderLine, there: WarehouseLine) -> bool:
    return ours.article_number == there.article_number


def _free(row: str, taken: set[str]) -> str:
    return next(name for number in range(2, len(taken) + 3) if (name := f"{row}-{number}") not in taken)


def in_their_rows(order: Order, rows: AdoptedRows | None) -> Order:
    """The order with the WMS's row numbers, to be sent or compared."""
    if rows is None or not rows.theirs:
        return order
    lines = tuple(replace(line, row_number=rows.theirs.get(line.row_number, line.row_number)) for line in order.lines)
    refunded = tuple(replace(each, row_number=rows.theirs.get(each.row_number, each.row_number)) for each in order.refunded)
    return replace(order, lines=lines, refunded=refunded)


def in_our_rows(order: WarehouseOrder, rows: AdoptedRows | None) -> WarehouseOrder:
    """The WMS's order with the source's row numbers, to be reported. A back order has the rows of the first one."""
    if rows is None or not (rows.theirs or rows.has_unnumbered):
        return order
    by_theirs = {theirs: ours for ours, theirs in rows.theirs.items()}
    lines = []
    for line in objects(order.raw, "orderLines"):
        shown = line.get("rowNumber")
        row = rows.ours.get(line["id"]) if isinstance(line.get("id"), int) else None
        lines.append({**line, "rowNumber": row or by_theirs.get(str(shown), shown)})
    return read_order({**order.raw, "orderLines": lines})
