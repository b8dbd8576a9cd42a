"""A client whose WMS is respx."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
import respx
from pydantic import SecretStr

from app.http import client_on
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings

BASE = "https://api.ongoingsystems.se/acme/api/v1/"
CREDENTIALS = OngoingCredentials(url=BASE, user="gw", password=SecretStr("hemmelig:æ"), goods_owner_id=77)


def clock() -> datetime:
    return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def wms() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE, assert_all_called=True) as router:
        yield router


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client_on(httpx.AsyncHTTPTransport(trust_env=False)) as client:
        yield client


@pytest.fixture
def client(http: httpx.AsyncClient) -> OngoingClient:
    return OngoingClient(CREDENTIALS, http, clock, OngoingSettings())
