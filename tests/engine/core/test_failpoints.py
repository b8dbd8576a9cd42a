"""A test arms a failpoint by its name; who hits it does what the test wants done there."""

from __future__ import annotations

import pytest

from app.engine.core import failpoints


class Stop(Exception):
    """Raised by an armed failpoint."""


def stop() -> None:
    raise Stop


def test_what_is_not_armed_does_nothing() -> None:
    with failpoints.armed("claim-after-commit", stop):
        failpoints.hit("finish-after-commit")
    failpoints.hit("claim-after-commit")


def test_who_hits_an_armed_one_gets_what_it_raises() -> None:
    with failpoints.armed("claim-after-commit", stop), pytest.raises(Stop):
        failpoints.hit("claim-after-commit")


def test_within_another_block_the_inner_one_counts_and_then_the_outer_one_again() -> None:
    hits: list[str] = []
    with failpoints.armed("claim-after-commit", lambda: hits.append("outer")):
        with failpoints.armed("claim-after-commit", lambda: hits.append("inner")):
            failpoints.hit("claim-after-commit")
        failpoints.hit("claim-after-commit")
    failpoints.hit("claim-after-commit")
    assert hits == ["inner", "outer"]


def test_a_name_that_no_code_hits_cannot_be_armed() -> None:
    with pytest.raises(AssertionError, match="there is no failpoint 'nowhere'"), failpoints.armed("nowhere", stop):
        pass
