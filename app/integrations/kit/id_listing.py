"""Walks through a whole list by id, in flat memory, while records come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.integrations.kit.odd_entries import named
from app.integrations.kit.paging import MOST_ODD_PAGES, Ask, Pages
from app.json_reading import identity


class NotInOrder(ValueError):
    """The system does not list its records by their ids."""


@dataclass(frozen=True)
class ListPosition:
    """Where a walk stands: behind id `last`, which was found at `offset`."""

    last: int = 0
    offset: int = 0

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> ListPosition:
        """From what was stored; from the beginning when nothing was."""
        found = stored or {}
        return cls(int(identity(found.get("last")) or 0), int(identity(found.get("offset")) or 0))

    def stored(self) -> dict[str, Any]:
        return {"last": self.last, "offset": self.offset}


@dataclass(frozen=True)
class Step:
    """Records not given before, by id; where the walk stands behind them, and how many calls it took.

    `left_out` counts those that the system could not give; `odd` names them, and what is no record (without an id).
    """

    records: list[dict[str, Any]]
    position: ListPosition
    calls: int
    left_out: int = 0
    odd: tuple[str, ...] = ()


async def by_id(ask: Ask, size: int, position: ListPosition | None = None, *, is_beside: bool = False) -> AsyncIterator[Step]:
    """Every record of a list once, from `position` on; `size` is that of a full page. `ask` gives pages in rising ids.
    `is_beside`: the list belongs to one record, and is given up sooner.

    Each page begins with the record that the last one ended with, or goes back until it does: records that leave the list
    while it is read must not let others slip through. Raises NotInOrder, also after MOST_ODD_PAGES without any id.
    """
    offset, last = (position.offset, position.last) if position else (0, 0)
    pages, made, overlaps, odd_pages = Pages(size, is_beside=is_beside), 0, offset > 0, 0
    while True:
        page = await pages.read(ask, offset)
        made += page.calls
        ids = [int(identity(each.get("id")) or 0) for each in page.records]
        known = [number for number in ids if number]  # a record without an id has no place, and is given as it comes
        odd_pages = odd_pages + 1 if ids and not known else 0
        if known != sorted(known) or odd_pages > MOST_ODD_PAGES:
            raise NotInOrder
        if offset and overlaps and not odd_pages and not page.left_out and (not known or known[0] > last):
            offset = max(0, offset - size)
            overlaps = offset > 0
            continue
        new = [each for each, number in zip(page.records, ids, strict=True) if number > last or not number]
        last = max([last, *known])
        end = len(ids) - ids[::-1].index(known[-1]) if known else len(ids)
        odd = named(page, [number > 0 for number in ids])
        yield Step(new, ListPosition(last, page.offset + max(0, end - 1)), made, page.left_out, odd)
        overlaps = end > 1 and not odd_pages  # a page of one record leaves no room for it
        offset = page.offset + (end - 1 if overlaps else end)
        made = 0
        if not page.has_more:
            return
