"""One failing read beside a record is that record's own; a few in a row are the system's."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import Malformed, RateLimited, RemoteError, Resting, Unavailable
from app.integrations.kit.side_reads import FailuresInRow

ABOUT: dict[str, Any] = {"system": "the shop", "call": "GET products/11/variations"}


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("x", **ABOUT),
        Unavailable("x", **ABOUT),
        Unavailable("x", status=500, **ABOUT),
        Malformed("x", status=200, **ABOUT),
    ],
)
def test_the_third_failure_in_a_row_is_the_systems(error: RemoteError) -> None:
    reads = FailuresInRow()
    assert [reads.is_its_own(error) for _ in range(3)] == [True, True, False]


def test_one_that_goes_well_begins_anew() -> None:
    reads, error = FailuresInRow(), Unavailable("x", **ABOUT)
    assert [reads.is_its_own(error) for _ in range(2)] == [True, True]
    reads.went_well()
    assert reads.is_its_own(error)


def test_an_account_that_rests_was_not_asked() -> None:
    assert not FailuresInRow().is_its_own(Resting("x", retry_after=5, **ABOUT))
