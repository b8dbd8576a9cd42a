"""Where a poll of a shop stands, and which records must be given again because they may change unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain import SourceRecord
from app.integrations.kit.cursor import Cursor
from app.integrations.woocommerce.rest.resources import has_variations

_SECOND = timedelta(seconds=1)
_TO_COME = timedelta(minutes=5)
_WENT_BACK = timedelta(seconds=60)
"""A clock that is set right by less than this has not gone back."""
_UNKNOWN_BACK = timedelta(days=30)
"""How far a poll goes back when its cursor lies in the time to come, and nothing tells for how long it has."""
_VOLATILE = frozenset({"_links", "related_ids", "price_html"})
"""Differ between two reads of an unchanged record (`related_ids` is shuffled by the shop)."""


def read_cursor(stored: Mapping[str, Any] | None, since: datetime | None) -> Cursor:
    """From what was stored; from `since` when nothing was."""
    return Cursor.read(stored, since, _VOLATILE)


def unsettled(listed: Iterable[SourceRecord], now: datetime | None) -> frozenset[str]:
    """Parents that were listed before their second was over (`now` is the shop's own time). A variation may still change in that
    second, and only the parent's time shows it. So they are given again."""
    return frozenset(each.source_id for each in listed if has_variations(each.body) and not _is_over(each.modified_at, now))


def _is_over(second: datetime | None, now: datetime | None) -> bool:
    """Whether a second is over; or so far away that no change of today falls into it."""
    return bool(now and second and (now > second + _SECOND or second > now + _TO_COME))


def seconds_ahead(shop: datetime | None, ours: datetime) -> int | None:
    """How far the shop's clock is ahead of ours."""
    return round((shop - ours).total_seconds()) if shop else None


def went_back(cursor: Cursor, shop: datetime | None, ours: datetime) -> datetime | None:
    """From when on records must be read again, because the shop's clock went back since the cursor was stored; None: it did not.

    Records that changed since then may bear times before the cursor's.
    """
    if cursor.modified is None:
        return None
    ahead = seconds_ahead(shop, ours)
    if ahead is not None and cursor.ahead is not None and cursor.ahead - ahead > _WENT_BACK.total_seconds():
        return cursor.modified - timedelta(seconds=cursor.ahead - ahead)
    now = shop or ours
    return now - _UNKNOWN_BACK if cursor.modified > now + _WENT_BACK else None
