"""A house for every test of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """With one active connection, `shop`; on both databases."""
    async with open_house(database_url, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def lite(sqlite_database: str, tmp_path: Path) -> AsyncIterator[House]:
    """The same on SQLite only, for what does not depend on the database."""
    async with open_house(sqlite_database, tmp_path) as opened:
        await opened.connect()
        yield opened
