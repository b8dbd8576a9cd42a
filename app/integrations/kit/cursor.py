"""Where a poll by modification time stands, as it is stored between two polls.

A poll begins a little before the newest record of the last one (the overlap), because records with the same time may come later.
What was seen in the overlap is known by a fingerprint, so that nothing is given twice and nothing is missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from app.domain import SourceRecord
from app.json_reading import Body, moment

SEEN_MOST = 1000
"""Most fingerprints kept, the newest ones. What is not remembered is given again; whoever compares content drops it."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """`modified` is the newest record stored (UTC); `seen` has fingerprints, by id, of the records in the overlap behind it.

    A fingerprint rather than the id alone, so that a record which changes twice within one second is given twice. `complete`
    is False when the overlap held more records than `seen` may keep. `second` and `after` are the place inside a crowded
    second that is read by id.
    """

    modified: datetime | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    settled: bool = False
    """Whether the shop's own clock had left the overlap when it was read: nothing can have been added to it since."""
    second: datetime | None = None
    after: int = 0
    volatile: frozenset[str] = frozenset()
    """Members that differ between two reads of an unchanged record. Not stored."""

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None, since: datetime | None, volatile: frozenset[str] = frozenset()) -> Cursor:
        """From what was stored; from `since` when nothing was, or nothing that can be read."""
        stored = stored or {}
        modified = moment(stored.get("modified"))
        second = moment(stored.get("second"))
        if modified is None and second is None:
            return cls(modified=since, volatile=volatile)
        after, seen = stored.get("after"), stored.get("seen")
        return cls(
            modified,
            {str(key): str(value) for key, value in seen.items()} if isinstance(seen, dict) else {},
            complete=stored.get("complete") is not False,
            settled=stored.get("settled") is True,
            second=second,
            after=after if isinstance(after, int) else 0,
            volatile=volatile,
        )

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.modified:
            found["modified"] = written(self.modified)
        if self.seen:
            found["seen"] = dict(self.seen)
        if not self.complete:
            found |= {"complete": False, "settled": self.settled}
        if self.second:
            found |= {"second": written(self.second), "after": self.after}
        return found

    def start(self, overlap: timedelta) -> datetime | None:
        """From when to read (strictly later). The overlap is left out only where it is too crowded to remember and settled."""
        if self.modified is None or (self.settled and not self.complete):
            return self.modified
        return self.modified - overlap

    def is_new(self, record: SourceRecord) -> bool:
        return self.seen.get(record.source_id) != self._mark(record)

    def past(
        self, records: Iterable[SourceRecord], forgotten: frozenset[str], overlap: timedelta, now: datetime | None
    ) -> Cursor:
        """Moved behind `records`. Those in `forgotten` get no fingerprint. `now` is the shop's own time when they were listed."""
        records = list(records)
        times = [when for when in (self.modified, *(each.modified_at for each in records)) if when]
        if not times:
            return self
        newest = max(times)
        marks = dict(self.seen) | {each.source_id: self._mark(each) for each in records}
        edge = written(newest - overlap)
        inside = sorted((mark, key) for key, mark in marks.items() if mark[:19] > edge and key not in forgotten)
        return Cursor(
            newest,
            {key: mark for mark, key in inside[-SEEN_MOST:]},
            complete=len(inside) <= SEEN_MOST,
            settled=now is not None and now > newest + overlap,
            second=self.second,
            after=self.after,
            volatile=self.volatile,
        )

    def _mark(self, record: SourceRecord) -> str:
        return f"{written(record.modified_at or _LONG_AGO)}/{digest(record.body, self.volatile)}"


def written(when: datetime) -> str:
    """A UTC time in whole seconds; texts of this form sort as the times do."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def digest(body: Body, volatile: frozenset[str]) -> str:
    """A short fingerprint of a body, to know it again within a poll's overlap."""
    kept = {key: value for key, value in body.items() if key not in volatile}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
