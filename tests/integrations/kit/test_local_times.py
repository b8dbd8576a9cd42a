"""Times that name no zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.integrations.kit.values.local_times import local_moment


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-21 09:12:00", datetime(2026, 11, 21, 8, 12, tzinfo=UTC)),
        ("2026-06-21 09:12:00", datetime(2026, 6, 21, 7, 12, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-11-21T09:12:00Z", datetime(2026, 11, 21, 9, 12, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("1970-01-01 01:00:00", None),
        ("i går", None),
        ("", None),
        (None, None),
        (1763683200, None),
    ],
)
def test_a_time_of_the_zone_in_utc(written: object, moment: datetime | None) -> None:
    assert local_moment(written, "Europe/Oslo") == moment
