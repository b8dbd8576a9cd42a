"""Where a poll of a shop stands, and which records must be given again because they may change unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain import SourceRecord
from app.integrations.kit.cursor import Cursor

_SECOND = timedelta(seconds=1)
_VOLATILE = frozenset({"_links", "related_ids", "price_html"})
"""Differ between two reads of an unchanged record (`related_ids` is shuffled by the shop)."""


def read_cursor(stored: Mapping[str, Any] | None, since: datetime | None) -> Cursor:
    """From what was stored; from `since` when nothing was."""
    return Cursor.read(stored, since, _VOLATILE)


def unsettled(listed: Iterable[SourceRecord], now: datetime | None) -> frozenset[str]:
    """Parents whose second was not over when they were listed (`now` is the shop's own time): a variation may change in it
    yet, which shows in its parent's time only. They are given again.
    """
    return frozenset(
        each.source_id
        for each in listed
        if each.body.get("type") == "variable" and not (now and each.modified_at and now > each.modified_at + _SECOND)
    )
