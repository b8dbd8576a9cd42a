"""Many orders by their numbers: found in lists, a page of which shows as many as a thousand single reads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from app.domain import Process
from app.errors import Malformed, Refused
from app.integrations.nettbutikk24.reads.records import key_of
from app.integrations.nettbutikk24.rest.calls import Calls
from app.integrations.nettbutikk24.rest.lists import Lists

MOST = 1000
"""So many are looked for together."""
FEW = 10
"""Fewer are read one by one."""
MOST_PAGES = 4
"""So many pages are read for them. What these do not show is read by its number."""
BACK = timedelta(days=30)
"""Orders that are open in the warehouse have been changed within this time. An older one is read by its number."""


class OpenOrders:
    """Orders that are asked for by their numbers, lowest first. Remembers where in the list the last ones were found."""

    def __init__(self, calls: Calls, lists: Lists) -> None:
        self._calls = calls
        self._lists = lists
        self._offset = 0

    async def find(self, numbers: Collection[str]) -> list[dict[str, Any]]:
        """The rows of those that a list shows. What is missing proves nothing."""
        left, found = set(numbers), list[dict[str, Any]]()
        since = (self._calls.now - BACK).replace(hour=0, minute=0, second=0, microsecond=0)
        began, is_round, pages = self._offset, self._offset == 0, MOST_PAGES if len(left) >= FEW else 0
        while left and pages:
            pages -= 1
            try:
                page = await self._lists.page("orders", self._lists.size, self._offset, since)
            except (Refused, Malformed):
                return found
            mine = {key: row for row in page.records if (key := key_of(Process.ORDERS, row)) in left}
            found += mine.values()
            left -= set(mine)
            if not left:
                break
            is_last = not (page.goes_on and page.records)
            self._offset = 0 if is_last else self._offset + len(page.records)
            if is_round and (is_last or 0 < began <= self._offset):
                break
            is_round |= is_last
        return found
