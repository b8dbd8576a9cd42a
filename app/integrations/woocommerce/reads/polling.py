"""Polls: what changed since a cursor, by modification time.

Page numbers shift while records change, so a poll goes by time. The next list begins one second before the newest record of the
last one, because the shop's filter means strictly later, in whole seconds. Records that were seen before are dropped. A second
that fills a whole page is read by id. Observed on WooCommerce 11.0.1: `modified_after` with `dates_are_gmt=true`,
`orderby=modified`, `offset`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from app.clock import Clock
from app.domain import Process, SourceRecord
from app.errors import Malformed
from app.integrations.kit.cursor import Cursor
from app.integrations.kit.odd_entries import MOST_NAMED, named
from app.integrations.kit.paging import MOST_ODD_PAGES, Listed, Pages
from app.integrations.protocol import Page
from app.integrations.woocommerce.reads.cursor import read_cursor, seconds_ahead, unsettled, went_back
from app.integrations.woocommerce.rest.calls import SYSTEM, Calls
from app.integrations.woocommerce.rest.dialect import Params
from app.integrations.woocommerce.rest.resources import PATHS, moment, record, written
from app.integrations.woocommerce.settings import WooCommerceSettings

_SECOND = timedelta(seconds=1)

_QUARTER = timedelta(minutes=15)
"""Zones are apart by quarters of an hour."""
_HOUR = timedelta(hours=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_OVERLAPPING = 10
"""Records that a page has in common with the one before, where pages go by place."""


def _since(after: datetime | None) -> Params:
    return [("modified_after", written(after)), ("dates_are_gmt", "true")] if after else []


def _ends_in_an_hour_twice(listed: list[SourceRecord]) -> bool:
    """Whether the clocks of the shop went back among these records, less than an hour before the last one.

    A shop that sorts by local time may list records of that hour's first pass behind it.
    """
    times = [
        (each.modified_at, round((own - each.modified_at) / _QUARTER))
        for each in listed
        if each.modified_at is not None and (own := moment(each.body.get("date_modified"))) is not None
    ]
    if not times:
        return False
    last, ahead = times[-1]
    return any(more > ahead and last - after <= _HOUR for (_, more), (after, less) in pairwise(times) if less <= ahead)


class Poll:
    """One poll of one shop's orders or products (variations are read by the client), in flat memory."""

    def __init__(
        self,
        calls: Calls,
        settings: WooCommerceSettings,
        process: Process,
        began: tuple[Mapping[str, Any] | None, datetime | None],
        clock: Clock,
    ) -> None:
        """`began`: the cursor as it was stored, and from when on records are read where there is none."""
        stored, since = began
        self._calls = calls
        self._process = process
        self._lists = Pages(settings.page_size)
        self._size = settings.page_size
        self._overlap = timedelta(seconds=settings.overlap_seconds)
        self._stored = stored
        self._cursor = read_cursor(stored, since)
        self._clock = clock
        self._made = 0
        self._left_out = 0
        self._odd: list[str] = []
        self._moved = False
        self._went_back: datetime | None = None

    async def pages(self) -> AsyncIterator[Page]:
        """Pages of new records, oldest first. Where there is nothing new, an empty page with the cursor as it was."""
        after = self._cursor.beyond or self._cursor.start(self._overlap)
        if self._cursor.second:
            after = self._cursor.second
            async for found in self._one_second(after):
                yield found
        began, offset, odd_pages = self._cursor, 0, 0
        while True:
            listed, page, in_order = await self._later_than(after, offset)
            full = page.has_more
            if self._went_back is None and (back := went_back(began, self._calls.shop_time, self._clock())):
                self._went_back, began = back, began.back_to(back)
                self._cursor, after = began, back - self._overlap
                continue
            newest = max((each.modified_at for each in listed if each.modified_at), default=None)
            if full and not listed and odd_pages < MOST_ODD_PAGES:
                offset, odd_pages = page.offset + len(page.records), odd_pages + 1
                continue
            if full and newest is None:
                raise self._not_by_time()
            offset = odd_pages = 0
            if full and not in_order:
                before = self._cursor.modified
                async for found in self._by_place(after, page, listed):
                    yield found
                newest = self._cursor.modified
                if newest is None or newest == before:
                    return
                after = newest - _SECOND
                continue
            if full and newest and after and newest - _SECOND <= after:
                self._cursor = replace(self._cursor, second=newest, after=0)
                async for found in self._one_second(newest):
                    yield found
                after = newest
                continue
            is_last = not full or newest is None
            yield self._page(listed, None if is_last or newest is None else newest - _SECOND)
            if is_last or newest is None:
                return
            after = newest - _SECOND

    def _latest(self) -> datetime:
        """The cursor never passes the shop's own time."""
        return self._calls.shop_time or self._clock()

    def _page(self, listed: list[SourceRecord], next_after: datetime | None) -> Page:
        new = tuple(each for each in listed if self._cursor.is_new(each))
        beyond = next_after if next_after and next_after > self._latest() else None
        if new or beyond != self._cursor.beyond:
            self._cursor = replace(self._past(listed), beyond=beyond)
            self._moved = True
        return self._given(new, self._cursor.stored() if self._moved or not self._stored else dict(self._stored))

    def _past(self, listed: list[SourceRecord], cursor: Cursor | None = None) -> Cursor:
        now = self._calls.shop_time
        ahead = seconds_ahead(now, self._clock())
        return replace(
            (cursor or self._cursor).past(
                listed, unsettled(listed, now), self._overlap, now, self._latest().replace(microsecond=0)
            ),
            ahead=ahead,
        )

    def _given(self, new: tuple[SourceRecord, ...], cursor: dict[str, Any]) -> Page:
        made, left_out, odd = self._made, self._left_out, tuple(self._odd[: MOST_NAMED + 1])
        self._made, self._left_out, self._odd = 0, 0, []
        return Page(new, cursor, made, self._calls.shop_time, self._went_back, left_out, odd)

    async def _later_than(self, after: datetime | None, offset: int = 0) -> tuple[list[SourceRecord], Listed, bool]:
        """Records by time, the page they came on, and whether the shop gave them in that order."""
        listed, page = await self._list([*_since(after), ("orderby", "modified")], offset)
        moments = [each.modified_at for each in listed if each.modified_at]
        if after and moments and min(moments) <= after:
            raise self._not_by_time()
        in_order = moments == sorted(moments) and not _ends_in_an_hour_twice(listed)
        return sorted(listed, key=lambda each: each.modified_at or _NEVER), page, in_order

    async def _by_place(self, after: datetime | None, page: Listed, listed: list[SourceRecord]) -> AsyncIterator[Page]:
        """Pages by their place in the list, where its order is none to go by: a shop that sorts by local time gives two hours as
        one when the clocks go back. Ends with the list, or where the order is right again; until then the cursor stays.

        Pages overlap, because records that change meanwhile leave their place.
        """
        ahead, in_order = self._cursor, False
        while True:
            newest = ahead.modified
            new = tuple(each for each in listed if ahead.is_new(each))
            ahead = self._past(listed, ahead)
            in_order = in_order and (newest is None or all((each.modified_at or newest) >= newest for each in listed))
            if in_order or not page.has_more:
                break
            yield self._given(new, dict(self._stored or {}))
            offset = page.offset + max(1, len(page.records) - min(_OVERLAPPING, len(page.records) // 4))
            listed, page, in_order = await self._later_than(after, offset)
        self._cursor, self._moved = ahead, True
        yield self._given(new, self._cursor.stored())

    async def _one_second(self, second: datetime) -> AsyncIterator[Page]:
        """A crowded second by id. Each list begins with the record that the last one ended with, or goes back until it does:
        records that leave the second while it is read must not let others slip through.
        """
        offset, overlaps, odd_pages = 0, False, 0
        while True:
            within = [("modified_after", written(second - _SECOND)), ("modified_before", written(second + _SECOND))]
            listed, page = await self._list([*within, ("dates_are_gmt", "true"), ("orderby", "id")], offset)
            if overlaps and not page.left_out and (not listed or int(listed[0].source_id) > self._cursor.after):
                offset = max(0, offset - self._size)
                overlaps = offset > 0
                continue
            odd_pages = 0 if listed or not page.has_more else odd_pages + 1
            if odd_pages > MOST_ODD_PAGES:
                raise self._not_by_time()
            ahead = [each for each in listed if int(each.source_id) > self._cursor.after]
            last = max((int(each.source_id) for each in ahead), default=self._cursor.after)
            full = page.has_more
            new = tuple(each for each in ahead if self._cursor.is_new(each))
            self._cursor = replace(self._past(ahead), second=second if full else None, after=last if full else 0)
            self._moved = True
            yield self._given(new, self._cursor.stored())
            if not full:
                return
            overlaps = len(listed) > 1
            offset = page.offset + len(page.records) - (1 if overlaps else 0)

    async def _list(self, params: Params, offset: int = 0) -> tuple[list[SourceRecord], Listed]:
        """Records, and the page that they came on."""

        async def ask(offset: int, size: int) -> Listed:
            place = [("offset", str(offset))] if offset else []
            always = [("status", "any"), ("order", "asc"), ("per_page", str(size))]
            return await self._calls.page(PATHS[self._process], [*always, *params, *place])

        page = await self._lists.read(ask, offset)
        self._made += page.calls
        records = [record(self._process, body) for body in page.records]
        found = [each for each in records if each is not None]
        if page.left_out or len(found) < len(records):
            self._left_out += page.left_out + len(records) - len(found)
            self._odd += named(page, [each is not None for each in records])
        return found, page

    def _not_by_time(self) -> Malformed:
        return Malformed(
            "the shop does not list its records by the time they were modified (WooCommerce before 5.8, or a plugin in between)",
            system=SYSTEM,
            call=f"GET {PATHS[self._process]}",
        )
