"""The gateway with simulators, and systems that only these tests know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.integrations.registry import INTEGRATIONS
from tests.api.calling import Site, open_site
from tests.seam.kassa import Kassa


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def kassa(monkeypatch: pytest.MonkeyPatch) -> Kassa:
    system = Kassa()
    monkeypatch.setitem(INTEGRATIONS, system.name, system)
    return system
