"""Polls: what changed since a cursor, by modification time.

Page numbers shift while records change, so a poll goes by time. The next list begins one second before the newest record of the
last one, because the shop's filter means strictly later, in whole seconds. Records that were seen before are dropped. A second
that fills a whole page is read by id. Observed on WooCommerce 11.0.1: `modified_after` with `dates_are_gmt=true`,
`orderby=modified`, `offset`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed
from app.integrations.protocol import Page
from app.integrations.woocommerce.reads.cursor import read_cursor, unsettled
from app.integrations.woocommerce.rest.calls import SYSTEM, Calls
from app.integrations.woocommerce.rest.dialect import Params
from app.integrations.woocommerce.rest.resources import PATHS, record, written
from app.integrations.woocommerce.settings import WooCommerceSettings

_SECOND = timedelta(seconds=1)


class Poll:
    """One poll of one shop's orders or products (variations are read by the client), in flat memory."""

    def __init__(
        self,
        calls: Calls,
        settings: WooCommerceSettings,
        process: Process,
        stored: Mapping[str, Any] | None,
        since: datetime | None,
    ) -> None:
        self._calls = calls
        self._process = process
        self._size = settings.page_size
        self._overlap = timedelta(seconds=settings.overlap_seconds)
        self._stored = stored
        self._cursor = read_cursor(stored, since)
        self._made = 0
        self._moved = False

    async def pages(self) -> AsyncIterator[Page]:
        """Pages of new records, oldest first. Where there is nothing new, an empty page with the cursor as it was."""
        after = self._cursor.start(self._overlap)
        if self._cursor.second:
            after = self._cursor.second
            async for page in self._one_second(after):
                yield page
        while True:
            listed, full = await self._later_than(after)
            newest = max((each.modified_at for each in listed if each.modified_at), default=None)
            if full and newest is None:
                raise self._not_by_time()
            if full and newest and after and newest - _SECOND <= after:
                self._cursor = replace(self._cursor, second=newest, after=0)
                async for page in self._one_second(newest):
                    yield page
                after = newest
                continue
            yield self._page(listed)
            if not full or newest is None:
                return
            after = newest - _SECOND

    def _page(self, listed: list[SourceRecord]) -> Page:
        new = tuple(each for each in listed if self._cursor.is_new(each))
        if new:
            self._cursor = self._cursor.past(
                listed, unsettled(listed, self._calls.shop_time), self._overlap, self._calls.shop_time
            )
            self._moved = True
        cursor = self._cursor.stored() if self._moved or not self._stored else dict(self._stored)
        made, self._made = self._made, 0
        return Page(new, cursor, made)

    async def _later_than(self, after: datetime | None) -> tuple[list[SourceRecord], bool]:
        since = [("modified_after", written(after)), ("dates_are_gmt", "true")] if after else []
        listed, full = await self._list([*since, ("orderby", "modified")])
        moments = [each.modified_at for each in listed if each.modified_at]
        if moments != sorted(moments) or (after and moments and moments[0] <= after):
            raise self._not_by_time()
        return listed, full

    async def _one_second(self, second: datetime) -> AsyncIterator[Page]:
        """A crowded second by id. Each list begins with the record that the last one ended with, or goes back until it does:
        records that leave the second while it is read must not let others slip through.
        """
        offset = 0
        while True:
            listed, full = await self._list(
                [
                    ("modified_after", written(second - _SECOND)),
                    ("modified_before", written(second + _SECOND)),
                    ("dates_are_gmt", "true"),
                    ("orderby", "id"),
                    ("offset", str(offset)),
                ]
            )
            if offset and (not listed or int(listed[0].source_id) > self._cursor.after):
                offset = max(0, offset - self._size)
                continue
            ahead = [each for each in listed if int(each.source_id) > self._cursor.after]
            last = max((int(each.source_id) for each in ahead), default=self._cursor.after)
            new = tuple(each for each in ahead if self._cursor.is_new(each))
            moved = self._cursor.past(ahead, unsettled(ahead, self._calls.shop_time), self._overlap, self._calls.shop_time)
            self._cursor = replace(moved, second=second if full else None, after=last if full else 0)
            self._moved = True
            made, self._made = self._made, 0
            yield Page(new, self._cursor.stored(), made)
            if not full:
                return
            offset += len(listed) - 1

    async def _list(self, params: Params) -> tuple[list[SourceRecord], bool]:
        """Records, and whether the page was full."""
        self._made += 1
        always = [("status", "any"), ("order", "asc"), ("per_page", str(self._size))]
        bodies = await self._calls.listed(PATHS[self._process], [*always, *params])
        found = [record(self._process, body) for body in bodies]
        return [each for each in found if each], len(bodies) >= self._size

    def _not_by_time(self) -> Malformed:
        return Malformed(
            "the shop does not list its records by the time they were modified (WooCommerce before 5.8, or a plugin in between)",
            system=SYSTEM,
            call=f"GET {PATHS[self._process]}",
        )
