"""A harness with one active connection that reports stock, shipments and returns to its shop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(sqlite_database, tmp_path) as opened:
        yield opened
