"""Polls of shops that cannot filter by modification time (WooCommerce before 5.8).

Recent orders and all products are listed by id. Records that have not changed since the cursor are dropped here. The cursor moves
when the list has been read to its end: a poll that breaks off begins again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.protocol import Page
from app.integrations.woocommerce.reads.cursor import read_cursor, unsettled
from app.integrations.woocommerce.reads.id_listing import by_id
from app.integrations.woocommerce.rest.calls import Calls
from app.integrations.woocommerce.rest.dialect import Params
from app.integrations.woocommerce.rest.resources import PATHS, record, written
from app.integrations.woocommerce.settings import WooCommerceSettings

_ZONES = timedelta(days=1)
"""These versions compare `after` with the shop's own time, whose zone is not known here."""


class Sweep:
    """One poll of one shop's orders or products, in flat memory. Calls: all pages of the list. `now` is UTC."""

    def __init__(
        self,
        calls: Calls,
        settings: WooCommerceSettings,
        process: Process,
        stored: Mapping[str, Any] | None,
        since: datetime | None,
        now: datetime,
    ) -> None:
        self._calls = calls
        self._process = process
        self._size = settings.page_size
        self._overlap = timedelta(seconds=settings.overlap_seconds)
        self._stored = dict(stored or {})
        self._cursor = read_cursor(stored, since)
        self._now = now
        self._made_after = now - timedelta(days=settings.list_all_days) if self._stored else since

    async def pages(self) -> AsyncIterator[Page]:
        """Pages of what is new, by id; at the end an empty one with the cursor to store."""
        ahead, changed_after = self._cursor, self._cursor.start(self._overlap)
        latest: datetime | None = None
        async for step in by_id(self._calls, PATHS[self._process], self._filter(), self._size):
            listed = [each for each in (record(self._process, body) for body in step.records) if each]
            # What changes while the list is read may lie behind: the cursor stays before the moment when that began.
            latest = latest or (self._calls.shop_time or self._now).replace(microsecond=0)
            forgotten = unsettled(listed, self._calls.shop_time)
            ahead = ahead.past(listed, forgotten, self._overlap, self._calls.shop_time, latest)
            new, left_out = tuple(each for each in listed if self._is_new(each, changed_after)), len(step.records) - len(listed)
            yield Page(new, dict(self._stored), step.calls, left_out=step.left_out + left_out, odd=step.odd)
        yield Page((), ahead.stored(), 0)

    def _is_new(self, found: SourceRecord, changed_after: datetime | None) -> bool:
        if found.modified_at and changed_after and found.modified_at <= changed_after:
            return False
        return self._cursor.is_new(found)

    def _filter(self) -> Params:
        """Lists orders of the last days, and all products: the time a product was made does not tell when it changed."""
        if self._process is Process.ORDERS and self._made_after:
            return [("status", "any"), ("after", written(self._made_after - _ZONES))]
        return [("status", "any")]
