"""Two processes of the gateway make one call at a time in the session that they share, until the last byte of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from redis.asyncio import Redis

from app.engine.core.pace import PacedTransport, PaceKeeper
from app.http import account_client
from app.integrations.protocol.account import Pace
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.integration import SevenOffice24
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.calls import Calls
from app.integrations.sevenoffice24.soap.operations import Soap
from app.integrations.sevenoffice24.soap.sessions import Sessions, Unshared
from tests.harness.sevenoffice24 import SimulatedSevenOffice


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def network() -> AsyncIterator[httpx.AsyncHTTPTransport]:
    async with httpx.AsyncHTTPTransport() as opened:
        yield opened


def now() -> datetime:
    return datetime.now(UTC)


def process(
    office: SimulatedSevenOffice, network: httpx.AsyncBaseTransport, keeper: PaceKeeper, pace: Pace, session: Unshared
) -> Soap:
    """A client as a worker opens it."""
    credentials = SevenOfficeCredentials(**office.credentials())
    transport = PacedTransport(network, keeper, f"turns|{office.url}", pace, now)
    calls = Calls(office.url, account_client(transport), now, 30)
    return Soap(calls, Sessions(calls, credentials, session, now))


@pytest.mark.parametrize("slow", ["call_seconds", "body_seconds"])
@pytest.mark.parametrize(("is_ours", "most"), [(True, 1), (False, 6)])
async def test_one_call_at_a_time_in_a_session(
    redis: Redis, network: httpx.AsyncHTTPTransport, slow: str, is_ours: bool, most: int
) -> None:
    """Without our pace the same calls come all at once: the simulator sees it."""
    office = SimulatedSevenOffice.open(now, **{slow: 0.3})
    office.product("SOKK-1")
    ours = SevenOffice24().pace(SevenOfficeCredentials(**office.credentials()), SevenOfficeAdapterSettings())
    assert ours is not None
    pace = ours if is_ours else replace(ours, one_at_a_time=False)
    session = Unshared()
    clients = [process(office, network, PaceKeeper(redis), pace, session) for _ in range(2)]
    for client in clients:
        await client.get_products({}, ["Id"])
    found = await asyncio.gather(*(client.get_products({}, ["Id", "No"]) for client in clients for _ in range(3)))
    assert [[each["No"] for each in products] for products in found] == [["SOKK-1"]] * 6
    assert (office.office.most_at_once, len(office.calls("Login"))) == (most, 1)
