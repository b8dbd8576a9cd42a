"""Polls: what changed since a cursor, by the time of change.

Lists come in no order that could be relied on, so that the cursor moves only when the whole list was read, and never past the
moment when that began. Where a poll stops in between, the cursor says which page is next, and how far the records before it have
come.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.clock import Clock
from app.domain import Process, SourceRecord
from app.errors import NoSuchRecord, Refused
from app.integrations.kit.cursor import Cursor
from app.integrations.mystore.reads.records import record_of
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.rest.lists import LONG_AGO, ListPage, changed_since, first, page, page_number, unless_repeated
from app.integrations.mystore.rest.resources import PATHS, Resource, written
from app.integrations.mystore.settings import MystoreSettings
from app.integrations.protocol.source import LEFT
from app.json_reading import as_list, moment

NEXT, AHEAD, BEGAN = "next", "ahead", "began"
"""Members of a cursor in the middle of a list: the query of the next page, where the poll will stand at the list's end, and when
its first page was asked for, by the shop's clock. A record that changes later may be on a page that was read before."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Operators:
    """Which spelling of "at or after" the shop understands. None: it understands none, and everything is listed."""

    def __init__(self, settings: MystoreSettings, facts: Mapping[str, Any]) -> None:
        known = facts.get("filter_op", "")
        every: list[str | None] = [settings.filter_op_gte, *settings.filter_op_fallbacks, None]
        self._left = every[every.index(known) :] if known in every else every
        self.is_proven = "filter_op" in facts
        """A spelling that the shop misreads gives an empty list: it is proven by a list with records."""

    @property
    def current(self) -> str | None:
        return self._left[0]

    def next(self) -> None:
        """The current one was refused."""
        self._left = self._left[1:] or [None]


@dataclass(frozen=True)
class Stretch:
    """One page of a poll: its records, oldest first; the query that gave it; the cursors before and behind it.

    `known`: ids of those that an earlier poll gave as they are.
    """

    records: tuple[SourceRecord, ...]
    query: tuple[tuple[str, str], ...]
    before: dict[str, Any]
    behind: dict[str, Any]
    calls: int
    left_out: int
    known: frozenset[str]

    @property
    def is_last(self) -> bool:
        return NEXT not in self.behind


class Poll:
    """One poll of one shop's orders or products, in flat memory. `all_of_them`: changed or not."""

    def __init__(
        self,
        calls: Calls,
        settings: MystoreSettings,
        process: Process,
        began: tuple[Mapping[str, Any] | None, datetime | None],
        clock: Clock,
        operators: Operators,
    ) -> None:
        stored, since = began
        self._calls = calls
        self._settings = settings
        self._process = process
        self._clock = clock
        self._operators = operators
        kept = dict(stored or {})
        self._next = _query(kept.pop(NEXT, None))
        ahead, started = kept.pop(AHEAD, None), moment(kept.pop(BEGAN, None))
        kept.pop(LEFT, None)
        self._base = Cursor.read(kept or None, since)
        self._ahead = Cursor.read(ahead, since) if self._next and isinstance(ahead, dict) else self._base
        self._began = started if self._next else None
        self.all_of_them = self._base.modified is None

    async def stretches(self) -> AsyncIterator[Stretch]:
        query = self._next or first(self._settings.page_size, *self._filter())
        has_more, before = True, list[Resource]()
        while has_more:
            made = self._calls.count
            query, found = await self._page(query)
            found = unless_repeated(found, before)
            before = found.records
            yield self._stretch(query, found, self._calls.count - made)
            has_more = found.next is not None
            query = found.next or query

    @property
    def _overlap(self) -> timedelta:
        return timedelta(minutes=self._settings.overlap_minutes) or _SECOND

    @property
    def _now(self) -> datetime:
        return self._calls.shop_time or self._clock()

    def _since(self) -> datetime | None:
        return None if self.all_of_them else self._base.start(self._overlap)

    def _filter(self) -> list[tuple[str, str]]:
        ordered = [("sort", self._settings.sort)] if self._settings.sort else []
        since, operator = self._since(), self._operators.current
        if since is None or operator is None:
            return ordered
        return [*changed_since(operator, written(since, self._clock(), self._settings.timezone)), *ordered]

    async def _page(self, query: tuple[tuple[str, str], ...]) -> tuple[tuple[tuple[str, str], ...], ListPage]:
        """The page. A spelling that is refused is replaced by the next, and a place that is gone by the list's beginning."""
        path = PATHS[self._process]
        while True:
            try:
                found = await page(self._calls, path, query)
                if not await self._is_misread(query, found):
                    return query, found
                self._operators.next()
                query = first(self._settings.page_size, *self._filter())
            except (Refused, NoSuchRecord):
                has_filter = _has_filter(query)
                if self._next is not None and query == self._next:
                    self._next, self._ahead, self._began = None, self._base, None
                elif has_filter and self._operators.current is not None:
                    self._operators.next()
                else:
                    raise
                query = first(self._settings.page_size, *self._filter())

    async def _is_misread(self, query: tuple[tuple[str, str], ...], found: ListPage) -> bool:
        """Whether the list is empty because the shop takes the spelling for another one. The connection test could not find
        out where the shop had nothing yet."""
        operator = self._operators.current
        if self._operators.is_proven or operator is None or not _has_filter(query):
            return False
        if not found.records:
            path = PATHS[self._process]
            if not (await page(self._calls, path, first(1))).records:
                return False
            found = await page(self._calls, path, first(1, *changed_since(operator, LONG_AGO)))
        self._operators.is_proven = bool(found.records)
        return not found.records

    def _stretch(self, query: tuple[tuple[str, str], ...], found: ListPage, calls: int) -> Stretch:
        zone, since = self._settings.timezone, self._since()
        listed = [each for one in found.records if (each := record_of(self._process, one, zone, self._now))]
        late = [each for each in listed if since is None or each.modified_at is None or each.modified_at >= since]
        began = self._began = self._began or self._now
        before = self._stored(query, None)
        said = began if self._calls.shop_time else None
        self._ahead = self._ahead.past(late, frozenset(), self._overlap, said, began.replace(microsecond=0))
        behind = self._ahead.stored() if found.next is None else self._stored(found.next, found)
        return Stretch(
            records=tuple(sorted(late, key=lambda each: (each.modified_at or _NEVER, int(each.source_id)))),
            query=query,
            before=before,
            behind=behind,
            calls=calls,
            left_out=found.left_out + len(found.records) - len(listed),
            known=frozenset(each.source_id for each in late if not self._base.is_new(each)),
        )

    def _stored(self, query: Sequence[tuple[str, str]], page: ListPage | None) -> dict[str, Any]:
        """`page`: the one before the query's, which may tell how many records there are."""
        number = page_number(query)
        left: dict[str, Any] = {}
        if page is not None and page.last is not None and number is not None:
            records = max(0, page.last - number + 1) * len(page.records)
            left = {LEFT: {"records": records, "at": self._clock().isoformat(), "page": len(page.records)}}
        began = {BEGAN: self._began.isoformat()} if self._began else {}
        return {**self._base.stored(), NEXT: [list(each) for each in query], AHEAD: self._ahead.stored(), **began, **left}


def _has_filter(query: Sequence[tuple[str, str]]) -> bool:
    return any(key.startswith("filter[") for key, _ in query)


def _query(stored: Any) -> tuple[tuple[str, str], ...] | None:
    """A query as it was stored."""
    pairs = [as_list(each) for each in as_list(stored) or ()]
    found = tuple((str(each[0]), str(each[1])) for each in pairs if each is not None and len(each) == 2)
    return found or None


def with_members(cursor: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """The cursor with further members; those that are None are left out."""
    return {**cursor, **{key: value for key, value in members.items() if value is not None}}


def replaced(record: SourceRecord, **beside: Any) -> SourceRecord:
    """The record with something beside it."""
    return replace(record, body={**record.body, **beside})
