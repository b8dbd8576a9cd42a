"""The API with simulators and no connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import Site, open_site


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
async def both_site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The same on both databases."""
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened
