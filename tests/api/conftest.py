"""The API on both databases, alone or with a simulated shop and warehouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import Api, Site, open_api, open_site, settings_for


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The app without a connection."""
    async with open_api(settings_for(database_url, tmp_path)) as opened:
        yield opened


@pytest.fixture
async def sqlite_harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The same on SQLite only, for what does not depend on the database."""
    async with open_api(settings_for(sqlite_database, tmp_path)) as opened:
        yield opened


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The app with simulators and one active connection, `shop`."""
    async with open_site(database_url, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def lite_site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The same on SQLite only."""
    async with open_site(sqlite_database, tmp_path) as opened:
        await opened.connect()
        yield opened


@pytest.fixture
async def bare_site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The app with simulators and no connection, on SQLite only."""
    async with open_site(sqlite_database, tmp_path) as opened:
        yield opened
