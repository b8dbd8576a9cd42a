"""A house for every test of a flow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture
async def house(sqlite_database: str, tmp_path: Path) -> AsyncIterator[House]:
    """With one active connection, `shop`. On SQLite: what a flow decides does not depend on the database."""
    async with open_house(sqlite_database, tmp_path) as opened:
        await opened.connect()
        yield opened
