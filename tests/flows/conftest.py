"""A harness for every test of a flow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """With one active connection, `shop`. On SQLite: what a flow decides does not depend on the database."""
    async with open_harness(sqlite_database, tmp_path) as opened:
        await opened.connect()
        yield opened
