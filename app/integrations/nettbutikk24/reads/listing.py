"""Many records by their ids: found in lists, a page of which shows as many as a thousand single reads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from app.domain import Process, SourceRecord
from app.errors import Malformed, Refused
from app.integrations.nettbutikk24.reads.polling import RESOURCES
from app.integrations.nettbutikk24.reads.records import records_of
from app.integrations.nettbutikk24.rest.calls import Calls
from app.integrations.nettbutikk24.rest.lists import Lists
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings

MOST = 1000
"""So many are looked for together."""
FEW = 10
"""Fewer are read one by one."""
MOST_PAGES = 4
"""So many pages are read for them. What these do not show is read by its id."""
BACK = timedelta(days=30)
"""Orders that are open in the warehouse have been changed within this time. An older one is read by its number."""


class Listing:
    """Records that are asked for by their ids, those that came first, first. Remembers where in the list the last ones stood."""

    def __init__(self, calls: Calls, lists: Lists, settings: NettbutikkAdapterSettings, process: Process) -> None:
        self._calls = calls
        self._lists = lists
        self._zone = settings.timezone
        self._process = process
        self._offset = 0

    async def find(self, source_ids: Collection[str]) -> dict[str, SourceRecord]:
        """Those that a list shows, by id. What is missing proves nothing."""
        left, found = set(source_ids), dict[str, SourceRecord]()
        began, is_round, pages = self._offset, self._offset == 0, MOST_PAGES if len(left) >= FEW else 0
        while left and pages:
            pages -= 1
            try:
                page = await self._lists.page(RESOURCES[self._process], self._lists.size, self._offset, self._since())
            except (Refused, Malformed):
                return found
            listed = records_of(self._process, [dict(each) for each in page.records], self._zone)
            found |= {each.source_id: each for each in listed if each.source_id in left}
            left -= set(found)
            if not left:
                break
            is_last = not (page.goes_on and page.records)
            self._offset = 0 if is_last else self._offset + len(page.records)
            if is_round and (is_last or 0 < began <= self._offset):
                break
            is_round |= is_last
        return found

    def _since(self) -> datetime | None:
        if self._process is not Process.ORDERS:
            return None
        return (self._calls.now - BACK).replace(hour=0, minute=0, second=0, microsecond=0)
