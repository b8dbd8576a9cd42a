"""Polls: what changed since a cursor.

A poll that looks back a short while gets all in one answer. The first one, one that looks back further, and one after a crowd of
changes ask for the ids and then for the records in batches, by rising ids. Where a poll stops in between, the cursor says behind
which id it goes on. The time in the cursor moves only when everything was read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.clock import Clock
from app.domain import SourceRecord
from app.errors import Malformed
from app.integrations.kit.cursor import Cursor, written
from app.integrations.sevenoffice24.reads.listings import Listing, Raw
from app.integrations.sevenoffice24.reads.records import blocks, records_of
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import moment, whole
from app.ttl_cache import TtlCache

LOADING = "loading"
FIRST = "first"
"""Members of a cursor in the middle of a load: the id behind which it goes on, when it began, where the poll will stand then; and
whether it is the first load."""
LOOK_BACK = timedelta(hours=1)
"""A poll that found nothing lately looks back so far at most: the ERP's clock may be behind ours."""
LEAST_OVERLAP = timedelta(minutes=2)
"""Even behind a crowd of changes that no cursor remembers: the server has been seen to round times of change (upstream 1.6). Such
a crowd is read again until something else changes, for LOOK_BACK at most."""
LISTED_SECONDS = 3600.0
"""For how long ids are kept that a load goes by. What is made meanwhile is found by the next poll."""
_SECOND = timedelta(seconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Stretch:
    """A part of a poll: its records, oldest first, without those that an earlier poll gave as they are; the cursor behind."""

    records: tuple[SourceRecord, ...]
    behind: dict[str, Any]
    left_out: int


def is_first(stored: Mapping[str, Any] | None) -> bool:
    """Whether nothing has been read to its end before."""
    loading = (stored or {}).get(LOADING)
    return not stored or (isinstance(loading, Mapping) and loading.get(FIRST) is True)


class Poll:
    """One poll of one ERP's orders or products, in flat memory."""

    def __init__(
        self,
        listing: Listing,
        settings: SevenOfficeAdapterSettings,
        clock: Clock,
        began: tuple[Mapping[str, Any] | None, datetime | None],
        lists: TtlCache[str, Sequence[int]],
    ) -> None:
        """`lists`: ids that a load goes by, for when it goes on."""
        stored, since = began
        self._lists = lists
        kept = dict(stored or {})
        self._is_first = is_first(stored)
        loading = kept.pop(LOADING, None)
        self._listing = listing
        self._settings = settings
        self._clock = clock
        self._base = Cursor.read(kept or None, since)
        self._loading: Mapping[str, Any] | None = loading if isinstance(loading, Mapping) else None
        ahead = self._loading.get("ahead") if self._loading else None
        self._ahead = Cursor.read(ahead, since) if isinstance(ahead, Mapping) else self._base

    @property
    def start(self) -> datetime | None:
        """The moment from which changes are asked for (UTC); None: from the beginning.

        A whole minute, and a second less.
        """
        found, newest = self._base.start(timedelta(minutes=self._settings.overlap_minutes)), self._base.modified
        if found is None or newest is None:
            return None
        return min(found, newest - LEAST_OVERLAP).replace(second=0, microsecond=0) - _SECOND

    async def stretches(self) -> AsyncIterator[Stretch]:
        began, start = self._clock(), self.start
        is_far = start is None or began - start > timedelta(hours=self._settings.list_first_hours)
        may_be_many = is_far or not self._base.complete
        if self._loading is None and not may_be_many and start is not None:
            try:
                found = await self._listing.changed(start)
            except Malformed:
                if not await self._listing.ids(start):
                    raise  # it was not too much for one answer
            else:
                yield self._stretch(found, began, None)
                return
        async for stretch in self._load(began, start):
            yield stretch

    async def _load(self, now: datetime, start: datetime | None) -> AsyncIterator[Stretch]:
        known = self._loading or {}
        began, after = moment(known.get("began")) or now, whole(known, "after") or 0
        key = f"{self._listing.process}/{written(began)}"
        kept = self._lists.get(key) if self._loading is not None else None
        ids = self._lists.put(key, await self._listing.ids(start)) if kept is None else kept
        left = ids[bisect_right(ids, after) :]
        for some in blocks(left, self._settings.ids_per_call):
            found = await self._listing.by_ids(some)
            yield self._stretch(found, began, None if some[-1] == left[-1] else some[-1])
        if not left:
            yield self._stretch((), began, None)

    def _stretch(self, found: Sequence[Raw], began: datetime, goes_on_behind: int | None) -> Stretch:
        """`began`: what changes after it may be missed by this poll, so that the cursor does not pass it."""
        process, overlap = self._listing.process, timedelta(minutes=self._settings.overlap_minutes)
        listed = records_of(process, found, self._settings)
        new = [each for each in listed if self._base.is_new(each)]
        self._ahead = self._ahead.past(listed, frozenset(), overlap, self._clock(), began.replace(microsecond=0))
        if goes_on_behind is None:
            behind = self._done(began).stored()
        else:
            loading = {"after": goes_on_behind, "began": written(began), "ahead": self._ahead.stored(), FIRST: self._is_first}
            behind = {**self._base.stored(), LOADING: loading}
        records = tuple(sorted(new, key=lambda each: (each.modified_at or _NEVER, int(each.source_id))))
        return Stretch(records, behind, left_out=len(found) - len(listed))

    def _done(self, began: datetime) -> Cursor:
        """All is read: the next poll need not look back further than LOOK_BACK, even when nothing has changed lately."""
        least = (began - LOOK_BACK).replace(microsecond=0)
        return self._ahead if (self._ahead.modified or _NEVER) >= least else replace(self._ahead, modified=least)
