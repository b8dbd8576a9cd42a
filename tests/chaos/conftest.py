"""A cluster for every bad day. `make test` runs the short form on SQLite, `make chaos ARGS=--crashes` the full form on both."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.cluster import Cluster, open_town
from tests.chaos.size import FULL

StartCluster = Callable[..., Awaitable[Cluster]]


@pytest.fixture(params=["sqlite", "postgresql"] if FULL else ["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of the test's own."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
async def start_cluster(database_url: str, tmp_path: Path) -> AsyncIterator[StartCluster]:
    """Starts a cluster with settings of the test's own; everything in it ends with the test."""
    async with contextlib.AsyncExitStack() as towns:

        async def make(**settings: Any) -> Cluster:
            return await towns.enter_async_context(open_town(tmp_path, database_url, **settings))

        yield make


@pytest.fixture
async def cluster(start_cluster: StartCluster) -> Cluster:
    """With its API, and no worker yet."""
    made = await start_cluster()
    made.start_api()
    return made
