"""A gateway with the whole API, and one of the four systems beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.calling import open_site
from tests.rules.every_system import OPEN, SYSTEMS, System


@pytest.fixture(params=SYSTEMS)
async def system(request: pytest.FixtureRequest, sqlite_database: str, tmp_path: Path) -> AsyncIterator[System]:
    """Each of the four in turn. On SQLite: what a rule decides does not depend on the database."""
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as site:
        yield OPEN[request.param](site)
