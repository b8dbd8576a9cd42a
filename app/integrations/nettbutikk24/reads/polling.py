"""Polls: what changed since a cursor, page by page, by positions.

Lists come in no order that could be relied on, so that the cursor moves only when the whole list was read, and never past the
moment when that began. Where a poll stops in between, the cursor says where the next page begins. Each page begins with the row
that the last one ended with: when rows leave the list meanwhile, the poll goes back until it finds that row, and nothing slips
through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.kit.cursor import Cursor
from app.integrations.kit.odd_entries import named
from app.integrations.kit.paging import Listed, Pages
from app.integrations.nettbutikk24.reads.records import key_of, records_of
from app.integrations.nettbutikk24.rest.calls import Calls
from app.integrations.nettbutikk24.rest.lists import Lists, Resource, Rows, list_path
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import moment, whole

PLACE, AHEAD = "place", "ahead"
"""Members of a cursor in the middle of a list: offset, last row and time that it is read from; where the poll will stand then."""
READ_AT = "read_at"
"""Member of a cursor: when the list began to be read, by the shop's clock."""
RESOURCES: dict[Process, Resource] = {Process.ARTICLES: "products", Process.ORDERS: "orders"}
_NEVER = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
MOST_VAIN_HEADS = 3
"""After so many HEADs in a row that saved no list none is made any more: the shop says nothing, or a new time each time."""
_OVER = timedelta(seconds=5)
"""So long after a record's time it is certain that its second was over when the list was read."""


@dataclass(frozen=True)
class Stretch:
    """One page of a poll: its records, oldest first, without those that an earlier poll gave as they are; the cursor behind.

    `began`: when the first page of the list was read, by the shop's clock.
    `left_out` counts what is no record, or what the shop could not give; `odd` names the first of them.
    """

    records: tuple[SourceRecord, ...]
    behind: dict[str, Any]
    is_last: bool
    calls: int
    left_out: int
    began: datetime | None = None
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where the next page begins: at the row `last`, which was found there. `since`: the list is of what changed from then on.

    `began`: when its first page was read, by the shop's clock. A record that changes later may be on a page that was read before.
    """

    offset: int = 0
    last: str | None = None
    since: datetime | None = None
    began: datetime | None = None

    def stored(self) -> dict[str, Any]:
        times = {"since": self.since, "began": self.began}
        return {"offset": self.offset, "last": self.last} | {name: when and when.isoformat() for name, when in times.items()}

    @classmethod
    def read(cls, stored: Any) -> _Place | None:
        if not isinstance(stored, Mapping):
            return None
        last = stored.get("last")
        times = moment(stored.get("since")), moment(stored.get("began"))
        return cls(whole(stored, "offset") or 0, last if isinstance(last, str) else None, *times)


class Poll:
    """One poll of one shop's orders or products, in flat memory. `all_of_them`: changed or not."""

    def __init__(
        self,
        calls: Calls,
        lists: Lists,
        settings: NettbutikkAdapterSettings,
        process: Process,
        began: tuple[Mapping[str, Any] | None, datetime | None],
        *,
        all_of_them: bool = False,
    ) -> None:
        stored, since = began
        self._calls = calls
        self._lists = lists
        self._settings = settings
        self._process = process
        kept = dict(stored or {})
        self._place = _Place.read(kept.pop(PLACE, None))
        ahead = kept.pop(AHEAD, None)
        self._read_at = moment(kept.pop(READ_AT, None))
        self._base = Cursor.read(kept or None, since)
        self._ahead = Cursor.read(ahead, since) if self._place and isinstance(ahead, dict) else self._base
        self._all = all_of_them
        self._pages = Pages(lists.size)
        self._is_vain = False

    async def stretches(self) -> AsyncIterator[Stretch]:
        made = self._calls.count
        if self._place is None and await self._nothing_changed():
            yield Stretch((), self._stored(self._base, self._read_at), is_last=True, calls=self._calls.count - made, left_out=0)
            return
        place = self._place or _Place(since=self._since())
        while True:
            page = await self._page(place)
            keys = [key_of(self._process, row) for row in page.records]
            if place.last is not None and place.offset and place.last not in keys:
                place = replace(place, offset=max(0, place.offset - self._lists.size))
                continue
            first = 1 if place.last is not None and keys[:1] == [place.last] else 0
            place, is_last = self._next(replace(place, began=place.began or self._calls.now), page, keys)
            stretch = self._stretch(page, first, place, is_last=is_last, calls=self._calls.count - made)
            self._is_vain = self._is_vain and not stretch.records
            self._lists.vain_heads += is_last and self._is_vain
            yield stretch
            made = self._calls.count
            if is_last:
                return

    def _stored(self, cursor: Cursor, read_at: datetime | None) -> dict[str, Any]:
        return {**cursor.stored(), **({READ_AT: read_at.isoformat()} if read_at else {})}

    @property
    def _overlap(self) -> timedelta:
        return timedelta(minutes=self._settings.overlap_minutes) or _SECOND

    def _since(self) -> datetime | None:
        """Lists begin with this second. One that is over, and of which more was seen than is remembered, is not listed again."""
        if self._all:
            return None
        start = self._base.start(self._overlap)
        is_over = start is not None and start == self._base.modified and self._base.settled
        return start + _SECOND if start is not None and is_over else start

    async def _nothing_changed(self) -> bool:
        """Whether the shop says that its newest order is one that is known: one HEAD instead of a list."""
        newest = self._base.modified
        if self._process is not Process.ORDERS or not self._settings.head_first or self._all or newest is None:
            return False
        if self._read_at is None or self._read_at - newest < _OVER:
            return False
        if self._lists.vain_heads >= MOST_VAIN_HEADS:
            return False
        path = list_path(self._settings, "orders", self._lists.size, 0, self._since())
        told = await self._calls.last_modified(path)
        self._is_vain = told is None or told > newest
        if not self._is_vain:
            self._lists.vain_heads = 0
        return not self._is_vain

    async def _page(self, place: _Place) -> Listed:
        async def ask(offset: int, size: int) -> Listed:
            return await self._lists.page(RESOURCES[self._process], size, offset, place.since)

        return await self._pages.read(ask, place.offset)

    def _next(self, place: _Place, page: Listed, keys: list[str | None]) -> tuple[_Place, bool]:
        """A page that is so small that only the known row is on it is followed by the next one, like any other."""
        goes_on = isinstance(page, Rows) and page.goes_on
        is_last = not goes_on or not keys
        end = page.offset + len(keys)
        known = bool(keys) and keys[-1] is not None and len(keys) > 1
        return replace(place, offset=end - 1 if known else end, last=keys[-1] if known else None), is_last

    def _stretch(self, page: Listed, first: int, place: _Place, *, is_last: bool, calls: int) -> Stretch:
        rows = page.records[first:]
        listed = records_of(self._process, rows, self._settings.timezone)
        new = [each for each in listed if self._all or self._base.is_new(each)]
        latest = (place.began or self._calls.now).replace(microsecond=0)
        self._ahead = self._ahead.past(listed, frozenset(), self._overlap, place.began, latest)
        behind = self._stored(self._ahead, place.began)
        if not is_last:
            behind = {**self._stored(self._base, self._read_at), PLACE: place.stored(), AHEAD: self._ahead.stored()}
        records = tuple(sorted(new, key=lambda each: (each.modified_at or _NEVER, each.source_id)))
        odd = named(page, [key_of(self._process, row) is not None for row in page.records])
        left_out = page.left_out + len(rows) - len(listed)
        return Stretch(records, behind, is_last=is_last, calls=calls, left_out=left_out, odd=odd, began=place.began)
