"""The console in a browser: one world for all tests of a process, in one event loop, because filling it costs seconds."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.console.world import World, open_world
from tests.browser.pages import running_browser

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(180))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def console(browser: Browser, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The world. Tests leave its two connections and what is in them as they are, and add what they change."""
    folder = tmp_path_factory.mktemp("console")
    for part in migrated_sqlite.parent.glob("gateway.db*"):
        shutil.copy(part, folder / part.name)
    async with open_world(browser, f"sqlite+aiosqlite:///{folder / 'gateway.db'}", folder) as world:
        yield world
