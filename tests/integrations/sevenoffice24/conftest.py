"""A gateway with the whole API, and a simulated 24SevenOffice beside it, on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import Site, open_site
from tests.harness.sevenoffice24 import SimulatedSevenOffice


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
async def sqlite_site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """For what is the same on every database."""
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def office(site: Site) -> SimulatedSevenOffice:
    return SimulatedSevenOffice.open(site.clock)


@pytest.fixture
def office_of_sqlite(sqlite_site: Site) -> SimulatedSevenOffice:
    return SimulatedSevenOffice.open(sqlite_site.clock)
