"""A house with one active connection that reports stock, shipments and returns to its shop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture
async def house(sqlite_database: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite_database, tmp_path) as opened:
        yield opened
