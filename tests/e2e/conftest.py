"""A demo that runs, for tests that use the gateway from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.demo_process import Demo, running_demo


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """One for the session; each test uses records of its own."""
    with running_demo() as started:
        yield started
