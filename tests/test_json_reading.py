"""Any JSON from outside can be read, and what is odd counts as not given."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import json_reading as read

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(value=ANY_JSON)
def test_no_reader_raises_on_any_value(value: Any) -> None:
    body = {"key": value}
    for by_key in (read.text, read.plain, read.section, read.objects, read.whole, read.flag, read.decimal):
        by_key(body, "key")
    for by_value in (read.as_text, read.identity, read.number, read.moment):
        by_value(value)
    read.at_path(body, "key.0.key")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Ås ", "Ås "), (7, "7"), (7.5, "7.5"), (True, ""), (None, ""), ([], ""), ({}, "")],
)
def test_text_as_it_stands(value: Any, expected: str) -> None:
    assert read.text({"key": value}, "key") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Ull &amp; fleece", "Ull & fleece"), ("<b>Ny</b> jakke ", "Ny jakke"), ("3 < 4", "3 < 4"), (None, "")],
)
def test_text_made_for_display(value: Any, expected: str) -> None:
    assert read.plain({"key": value}, "key") == expected


def test_a_section_is_an_object_and_objects_are_the_objects_of_a_list() -> None:
    body = {"billing": {"city": "Oslo"}, "empty": [], "nothing": None, "lines": [{"id": 1}, 2, None]}
    assert read.section(body, "billing") == {"city": "Oslo"}
    assert [read.section(body, key) for key in ("empty", "nothing", "missing", "lines")] == [{}, {}, {}, {}]
    assert read.objects(body, "lines") == [{"id": 1}]
    assert [read.objects(body, key) for key in ("billing", "nothing", "missing")] == [[], [], []]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, "7"), ("0042", "42"), (0, None), ("0", None), (-1, None), (True, None), ("7a", None), (7.0, None), ("9" * 21, None)],
)
def test_an_id(value: Any, expected: str | None) -> None:
    assert read.identity(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, Decimal(12)),
        (12.5, Decimal("12.5")),
        (" 12.50 ", Decimal("12.50")),
        ("1e3", Decimal(1000)),
        (Decimal("1.1"), Decimal("1.1")),
        ("1e30", None),
        ("NaN", None),
        ("12,5", None),
        ("", None),
        (True, None),
        (None, None),
    ],
)
def test_a_number(value: Any, expected: Decimal | None) -> None:
    assert read.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01T09:15:22.31Z", datetime(2026, 3, 1, 9, 15, 22, 310000, tzinfo=UTC)),
        ("2026-03-01T09:15:22", datetime(2026, 3, 1, 9, 15, 22, tzinfo=UTC)),
        ("2026-03-01T10:15:22+01:00", datetime(2026, 3, 1, 9, 15, 22, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_are_read_as_utc(value: Any, expected: datetime | None) -> None:
    assert read.moment(value) == expected


def test_what_makes_a_record_one_is_required() -> None:
    body = {"id": 7, "status": 0, "number": "A-1", "text": "7", "empty": ""}
    assert (read.required_id(body, "id"), read.required_whole(body, "status"), read.required_text(body, "number")) == (
        7,
        0,
        "A-1",
    )
    for reader, key in [
        (read.required_id, "status"),
        (read.required_id, "text"),
        (read.required_whole, "text"),
        (read.required_text, "empty"),
        (read.required_text, "missing"),
    ]:
        with pytest.raises(read.Unreadable, match=f"{key} is missing"):
            reader(body, key)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("billing.phone", "1"),
        ("shipping_lines.0.method_title", "Posten"),
        ("shipping_lines.7.method_title", None),
        ("meta_data.leveringsdato", "2026-12-01"),
        ("meta_data.other", None),
        ("billing", None),
        ("billing.phone.more", None),
    ],
)
def test_what_stands_at_a_path(path: str, expected: Any) -> None:
    body = {
        "billing": {"phone": "1"},
        "shipping_lines": [{"method_title": "Posten"}],
        "meta_data": [{"key": "leveringsdato", "value": "2026-12-01"}],
    }
    assert read.at_path(body, path) == expected
