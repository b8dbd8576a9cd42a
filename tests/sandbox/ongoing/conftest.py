"""Simulated warehouses, closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.sandbox.ongoing import WarehouseConfig, create_warehouse
from tests.sandbox.ongoing.simulated_site import USERS, Build, Hands, Site, caller


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    """Builds warehouses with other settings than the usual ones."""
    clients: list[httpx.AsyncClient] = []
    sites: list[Site] = []

    def make(**settings: Any) -> Site:
        clock = Hands()
        app = create_warehouse(WarehouseConfig(**{"users": USERS, **settings}), clock)
        outside = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warehouse")
        site = Site(app, clock, caller(app, ("gw", "secret")), outside)
        clients.extend([site.api, outside])
        sites.append(site)
        return site

    yield make
    for client in [*clients, *(client for site in sites for client in site.more)]:
        await client.aclose()


@pytest.fixture
def site(build: Build) -> Site:
    return build()
