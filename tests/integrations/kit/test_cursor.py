"""Where a poll by time stands: nothing is given twice, and nothing missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.kit.cursor import Cursor

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OVERLAP = timedelta(seconds=120)


def record(source_id: str, seconds: float = 0, **body: Any) -> SourceRecord:
    return SourceRecord(Process.ORDERS, source_id, NOON + timedelta(seconds=seconds), {"id": source_id, **body})


def past(cursor: Cursor, *records: SourceRecord, forgotten: frozenset[str] = frozenset()) -> Cursor:
    return cursor.past(records, forgotten, OVERLAP, None)


def test_it_begins_where_it_is_told_to_and_then_an_overlap_before_the_newest() -> None:
    assert Cursor.read(None, None).start(OVERLAP) is None
    assert Cursor.read(None, NOON).start(OVERLAP) == NOON - OVERLAP
    assert past(Cursor(), record("1"), record("2", 60)).start(OVERLAP) == NOON - timedelta(seconds=60)


def test_what_was_seen_in_the_overlap_is_known_again_also_after_it_was_stored() -> None:
    cursor = past(Cursor(), record("1", -600), record("2", status="new"))
    stored = cursor.stored()
    assert stored["modified"] == "2026-11-21T12:00:00"
    assert list(stored["seen"]) == ["2"]
    read = Cursor.read(stored, None)
    assert not read.is_new(record("2", status="new"))
    assert read.is_new(record("2", status="paid"))
    assert read.is_new(record("3"))


def test_members_that_change_by_themselves_make_nothing_new() -> None:
    volatile = frozenset({"views"})
    cursor = past(Cursor.read(None, None, volatile), record("1", views=1))
    assert not cursor.is_new(record("1", views=2))
    assert not Cursor.read(cursor.stored(), None, volatile).is_new(record("1", views=3))
    assert cursor.is_new(record("1", views=2, status="paid"))


def test_what_is_to_be_forgotten_is_given_again() -> None:
    assert past(Cursor(), record("1"), forgotten=frozenset({"1"})).is_new(record("1"))
