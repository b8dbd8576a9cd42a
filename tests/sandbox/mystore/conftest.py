"""Simulated mystores, closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.sandbox.mystore.calling import Site, StoppedClock, build

Build = Callable[..., Site]


@pytest.fixture
async def open_site() -> AsyncIterator[Build]:
    """Opens mystores with other settings than the usual ones."""
    sites: list[Site] = []

    def make(**settings: Any) -> Site:
        sites.append(build(StoppedClock(), **settings))
        return sites[-1]

    yield make
    for site in sites:
        await site.http.aclose()


@pytest.fixture
def site(open_site: Build) -> Site:
    return open_site()
