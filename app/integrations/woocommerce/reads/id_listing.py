"""Walking through a whole list by id, in flat memory, while records come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Malformed
from app.integrations.woocommerce.rest.calls import SYSTEM, Calls
from app.integrations.woocommerce.rest.dialect import Params, Record
from app.json_reading import identity


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

    records: list[Record]
    position: ListPosition
    calls: int


async def by_id(calls: Calls, path: str, params: Params, size: int, position: ListPosition | None = None) -> AsyncIterator[Step]:
    """Every record of a list once, from `place` on.

    Each page begins with the record that the last one ended with, or goes back until it does: records that leave the list
    while it is read must not let others slip through. Raises Malformed when the shop does not list by id.
    """
    offset, last = (position.offset, position.last) if position else (0, 0)
    made = 0
    while True:
        ordered = [("orderby", "id"), ("order", "asc"), ("per_page", str(size)), ("offset", str(offset))]
        listed = await calls.listed(path, [*params, *ordered])
        made += 1
        ids = [int(identity(each.get("id")) or 0) for each in listed]
        if ids != sorted(ids):
            raise Malformed("the shop does not list its records by their ids", system=SYSTEM, call=f"GET {path}")
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
