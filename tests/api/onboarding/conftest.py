"""The whole API beside a simulated warehouse, a system that asks for consent, and people with browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from app.integrations.registry import INTEGRATIONS
from tests.api.calling import Site, open_site
from tests.api.onboarding.samtykke import Person, Samtykke

NewPerson = Callable[..., Awaitable[Person]]


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
def samtykke(monkeypatch: pytest.MonkeyPatch) -> Samtykke:
    system = Samtykke()
    monkeypatch.setitem(INTEGRATIONS, system.name, system)
    return system


@pytest.fixture
def new_person(site: Site) -> NewPerson:
    """Somebody with a browser of their own; `headers` go with every request."""

    async def made(**headers: str) -> Person:
        transport = httpx.ASGITransport(site.door.app, raise_app_exceptions=True)
        http = httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers)
        return Person(await site.door.stack.enter_async_context(http))

    return made


@pytest.fixture
async def person(new_person: NewPerson) -> Person:
    return await new_person()
