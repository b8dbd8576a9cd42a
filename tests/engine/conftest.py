"""A house for every test of the engine, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """With one active connection, `shop`."""
    async with open_house(database_url, tmp_path) as opened:
        await opened.connect()
        yield opened
