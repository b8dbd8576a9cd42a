"""Walks through a whole list by id, in flat memory, while records come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.json_reading import identity

ReadPage = Callable[[int], Awaitable[Sequence[dict[str, Any]]]]
"""The page that begins at this offset, in rising ids."""


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
    """Records not given before, by id; where the walk stands behind them, and how many calls it took."""

    records: list[dict[str, Any]]
    position: ListPosition
    calls: int


async def by_id(read_page: ReadPage, size: int, position: ListPosition | None = None) -> AsyncIterator[Step]:
    """Every record of a list once, from `position` on; `size` is that of a full page.

    Each page begins with the record that the last one ended with, or goes back until it does: records that leave the list
    while it is read must not let others slip through. Raises NotInOrder.
    """
    offset, last = (position.offset, position.last) if position else (0, 0)
    made = 0
    while True:
        listed = await read_page(offset)
        made += 1
        ids = [int(identity(each.get("id")) or 0) for each in listed]
        if ids != sorted(ids):
            raise NotInOrder
        if offset and (not ids or ids[0] > last):
            offset = max(0, offset - size)
            continue
        new = [each for each, number in zip(listed, ids, strict=True) if number > last]
        last = max([last, *ids])
        offset += max(0, len(listed) - 1)
        yield Step(new, ListPosition(last, offset), made)
        made = 0
        if len(listed) < size:
            return
