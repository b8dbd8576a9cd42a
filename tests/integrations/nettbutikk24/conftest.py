"""A gateway with the whole API, and a simulated shop beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import Site, open_site
from tests.harness.nettbutikk24 import SimulatedNettbutikk


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
def shop(site: Site) -> SimulatedNettbutikk:
    return SimulatedNettbutikk.open(site.clock)


@pytest.fixture
def shop_of_sqlite(sqlite_site: Site) -> SimulatedNettbutikk:
    return SimulatedNettbutikk.open(sqlite_site.clock)
