"""Where a poll by modification time stands, as it is stored between two polls.

A poll begins a little before the newest record of the last one (the overlap), because records with the same time may come later.
What was seen in the overlap is known by a fingerprint, so that nothing is given twice and nothing is missed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from app.domain import SourceRecord
from app.json_reading import Body, moment, whole

SEEN_MOST = 1000
"""Maximum number of fingerprints; the newest are kept. A record without one is given again. Whoever compares the content drops
it."""

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
    """Whether the overlap was over by the shop's own clock when it was read. Then nothing can have been added to it since."""
    second: datetime | None = None
    after: int = 0
    volatile: frozenset[str] = frozenset()
    """Members that differ between two reads of an unchanged record. Not stored."""
    ahead: int | None = None
    """How many seconds the system's clock was ahead of ours when `modified` was read. Less of it now means that it went back."""
    beyond: datetime | None = None
    """The place among records with times that are still to come, while a poll is on its way through them."""

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
            ahead=whole(stored, "ahead"),
            beyond=moment(stored.get("beyond")),
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
        if self.ahead is not None:
            found["ahead"] = self.ahead
        if self.beyond:
            found["beyond"] = written(self.beyond)
        return found

    def start(self, overlap: timedelta) -> datetime | None:
        """The time to read from (strictly later). The overlap is left out only when it is settled and too crowded to remember."""
        if self.modified is None or (self.settled and not self.complete):
            return self.modified
        return self.modified - overlap

    def is_new(self, record: SourceRecord) -> bool:
        return self.seen.get(record.source_id) != self._mark(record)

    def past(
        self,
        records: Iterable[SourceRecord],
        forgotten: frozenset[str],
        overlap: timedelta,
        now: datetime | None,
        latest: datetime | None = None,
    ) -> Cursor:
        """The cursor after `records`. Those in `forgotten` get no fingerprint. `now` is the shop's own time when they were
        listed. The cursor never passes `latest`: records with times that are still to come must not hide those of today."""
        records = list(records)
        times = [when for when in (self.modified, *(each.modified_at for each in records)) if when]
        if not times:
            return self
        newest = max(times) if latest is None else min(max(times), latest)
        marks = dict(self.seen) | {each.source_id: self._mark(each) for each in records}
        edge = written(newest - overlap)
        inside = sorted((mark, key) for key, mark in marks.items() if mark[:19] > edge and key not in forgotten)
        return replace(
            self,
            modified=newest,
            seen={key: mark for mark, key in inside[-SEEN_MOST:]},
            complete=len(inside) <= SEEN_MOST and (self.complete or newest != self.modified),
            settled=now is not None and now > newest + overlap,
        )

    def back_to(self, when: datetime) -> Cursor:
        """The cursor at an earlier moment: what follows is given again."""
        return Cursor(when, volatile=self.volatile)

    def _mark(self, record: SourceRecord) -> str:
        return f"{written(record.modified_at or _LONG_AGO)}/{digest(record.body, self.volatile)}"


def written(when: datetime) -> str:
    """A UTC time in whole seconds; texts of this form sort as the times do."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def digest(body: Body, volatile: frozenset[str]) -> str:
    """A short fingerprint of a body, to know it again within a poll's overlap."""
    kept = {key: value for key, value in body.items() if key not in volatile}
    try:
        written_out = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested too deep, a number too large, half a character
        written_out = _written_out(kept)
    return hashlib.sha256(written_out).hexdigest()[:12]


def _written_out(body: Body) -> bytes:
    """Any body as bytes; of one that nothing can write out, the names of its members."""
    try:
        return json.dumps(body, sort_keys=True, default=str).encode()
    except (TypeError, ValueError, RecursionError):
        return repr(list(body)).encode("utf-8", errors="replace")
