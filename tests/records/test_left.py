"""How long the rest of a list takes: 5,000 orders on pages of 50, 90 calls a minute, of which twelve may come at once.

A page takes 51 calls: its list, and the lines of each order. The first one takes (51 - 12) / 90 minutes, 26 s; every further one
51 / 90 minutes, 34 s.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.records.runs.left import left_of, measured

BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def page(records: int, seconds: float, before: dict[str, Any]) -> dict[str, Any]:
    """The cursor that is stored so many seconds after the beginning. The system was asked for the page long before."""
    said = {"records": records, "at": BEGAN.isoformat(), "page": 50}
    return measured(before, {"next": "a page", "left": said}, BEGAN, BEGAN + timedelta(seconds=seconds))


def seconds(cursor: dict[str, Any]) -> float | None:
    left, since = left_of(cursor)
    return left.seconds(since) if left is not None and since is not None else None


def test_after_the_first_page_all_of_it_counts_and_from_the_second_on_the_speed_since_then() -> None:
    """4,950 at 50 in 26 s: 2,574 s. Then 4,900 at 50 in 34 s: 3,332 s. Then 4,850 at 100 in 68 s: 3,298 s."""
    first = page(4950, 26, {})
    second = page(4900, 60, first)
    third = page(4850, 94, second)
    assert [seconds(each) for each in (first, second, third)] == [2574.0, 3332.0, 3298.0]
    assert third["next"] == "a page"


def test_in_the_middle_of_a_page_it_stays_as_it_was() -> None:
    second = page(4900, 60, page(4950, 26, {}))
    middle = measured(
        second, {"next": "a page", "done_of_page": ["1"], "left": second["left"]}, BEGAN, BEGAN + timedelta(hours=1)
    )
    assert (seconds(middle), middle["done_of_page"]) == (3332.0, ["1"])
    assert seconds(page(4850, 94, middle)) == 3298.0


def test_steps_that_say_nothing_of_the_rest_do_not_begin_the_measuring_anew() -> None:
    """A product with its variants is a step of its own: nothing is known of the rest until the page behind it."""
    second = page(4900, 60, page(4950, 26, {}))
    step = measured(second, {"next": "a page"}, BEGAN, BEGAN + timedelta(seconds=61))
    assert (left_of(step)[0], seconds(step)) == (None, None)
    assert seconds(page(4850, 94, step)) == 3298.0


def test_a_list_that_grew_is_measured_anew() -> None:
    grown = page(5000, 60, page(4950, 26, {}))
    assert seconds(grown) is None
    assert seconds(page(4950, 94, grown)) == 3366.0


def test_a_system_that_does_not_say_how_long_its_pages_are_is_measured_from_the_second_on() -> None:
    first = measured({}, {"left": {"records": 4950, "at": BEGAN.isoformat()}}, BEGAN, BEGAN + timedelta(seconds=26))
    assert seconds(first) is None
    assert seconds(page(4900, 60, first)) == 3332.0


def test_a_cursor_that_says_nothing_is_stored_as_it_is() -> None:
    assert measured({}, {"modified": "x"}, BEGAN, BEGAN) == {"modified": "x"}
