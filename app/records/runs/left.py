"""How much of a system's list a part of a run has still to read, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.integrations.protocol.source import LEFT
from app.json_reading import moment, section, whole

SINCE = "since"
"""Member beside those that the system gives: how many records were left when the measuring of the speed began, and when."""


@dataclass(frozen=True)
class Left:
    """So many records were left at a moment (UTC)."""

    records: int
    at: datetime

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Left | None:
        records, at = whole(stored, "records"), moment(stored.get("at"))
        return None if records is None or at is None else cls(records, at)

    def plain(self) -> dict[str, Any]:
        return {"records": self.records, "at": self.at.isoformat()}

    def seconds(self, since: Left) -> float | None:
        """How long reading them takes at the speed since then; None when nothing was read since."""
        read = since.records - self.records
        return round(self.records * (self.at - since.at).total_seconds() / read, 1) if read > 0 else None


def left_of(cursor: Mapping[str, Any] | None) -> tuple[Left | None, Left | None]:
    """What is left by a part's stored cursor, and since when its speed is measured."""
    stored = section(cursor or {}, LEFT)
    return Left.read(stored), Left.read(section(stored, SINCE))


def measured(before: Mapping[str, Any], cursor: dict[str, Any], began: datetime | None, now: datetime) -> dict[str, Any]:
    """The cursor as it is stored once the records before it are stored: what it says of the rest is so now.

    `before`: the cursor as it was stored so far. `began`: when the part did. The speed is measured from the end of the first page
    on, because a part of the calls that a system allows may come at once; until then from the part's beginning.
    """
    there, since = left_of(before)
    said = section(cursor, LEFT)
    records = whole(said, "records")
    if records is None:
        return {**cursor, LEFT: {SINCE: since.plain()}} if since is not None else cursor
    if there is not None and there.records == records:  # in the middle of a page
        return {**cursor, LEFT: section(before, LEFT)}
    page = whole(said, "page")
    if there is not None and (since is None or since.at == began):
        since = there
    elif since is None and page is not None and began is not None:
        since = Left(records + page, began)
    kept = {SINCE: since.plain()} if since is not None and since.records > records else {}
    return {**cursor, LEFT: {**Left(records, now).plain(), **kept}}
