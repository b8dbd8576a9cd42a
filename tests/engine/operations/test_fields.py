"""What a write has changed, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.engine.operations.explaining.fields import Field, differences, sent_by, spread
from app.records.jobs import Call

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def call(number: int, request: dict[str, Any] | None, result: str = "ok", name: str = "PUT /orders") -> Call:
    return Call(number, name, request, AT, AT, result, 200, None)


def test_every_field_has_a_path_and_rows_go_by_their_number() -> None:
    order = {"a": {"b": 1, "c": None}, "rows": [{"rowNumber": "12", "pieces": 2}], "tags": ["x", "y"], "empty": [], "is": True}
    assert spread(order) == {
        "a.b": "1",
        "rows[12].rowNumber": "12",
        "rows[12].pieces": "2",
        "tags[1]": "x",
        "tags[2]": "y",
        "empty": "",
        "is": "true",
    }


def test_rows_with_the_same_number_are_told_apart() -> None:
    assert spread([{"id": 1, "n": "a"}, {"id": 1, "n": "b"}]) == {"[1].id": "1", "[1].n": "a", "[2].id": "1", "[2].n": "b"}


def test_a_row_that_is_gone_changes_no_other() -> None:
    before = spread({"rows": [{"rowNumber": "1", "n": 5}, {"rowNumber": "2", "n": 7}]})
    now = spread({"rows": [{"rowNumber": "2", "n": 7}]})
    assert differences(before, now) == (Field("rows[1].rowNumber", "1", None), Field("rows[1].n", "5", None))


def test_a_write_is_compared_with_the_last_of_its_kind_that_went_well() -> None:
    calls = [
        call(5, {"city": "Bergen"}),
        call(4, {"city": "Bodø"}, result="refused"),
        call(3, None),
        call(2, {"city": "Oslo"}, name="PUT /articles"),
        call(1, {"city": "Oslo"}),
    ]
    found = sent_by(calls)
    assert {number: each.changed for number, each in found.items()} == {
        1: None,
        2: None,
        4: (Field("city", "Oslo", "Bodø"),),
        5: (Field("city", "Oslo", "Bergen"),),
    }


def test_what_is_very_long_is_cut() -> None:
    assert len(spread({str(number): 1 for number in range(400)})) == 300
    assert spread({"text": "x" * 400}) == {"text": "x" * 300 + "…"}
