"""A harness for every test of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """With one active connection, `shop`; on both databases."""
    async with open_harness(database_url, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def sqlite_harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The same on SQLite only, for what does not depend on the database."""
    async with open_harness(sqlite_database, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def bare_harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """Without a connection, for tests that make their own; on SQLite only."""
    async with open_harness(sqlite_database, tmp_path) as opened:
        yield opened
