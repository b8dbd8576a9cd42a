"""Simulated offices, closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.sevenoffice24.calling import Site, build

Build = Callable[..., Awaitable[Site]]


@pytest.fixture
async def open_site() -> AsyncIterator[Build]:
    """Opens offices with other settings than the usual ones, and logs in."""
    sites: list[Site] = []

    async def make(**settings: Any) -> Site:
        sites.append(build(**settings))
        await sites[-1].log_in()
        return sites[-1]

    yield make
    for site in sites:
        await site.http.aclose()


@pytest.fixture
async def site(open_site: Build) -> Site:
    return await open_site()
