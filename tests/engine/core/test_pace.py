"""An account is called no faster than it allows, by all processes together, and more slowly while they cannot ask each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from app.engine.core.pace import LocalRow, PacedTransport, PaceKeeper, Spacing
from app.errors import RateLimited
from app.http import client_on, send
from app.integrations.protocol.account import Pace

SLOW = Pace(calls=10, seconds=3600)
"""One call every 400 s: 10 in the hour, one of them at once."""


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.mark.parametrize(("calls", "at_once"), [(120, 12), (100, 10), (30, 3), (9, 1), (1, 1)])
def test_no_window_holds_more_calls_than_are_allowed(calls: int, at_once: int) -> None:
    """A caller that never rests, for an hour of the algorithm's time."""
    now = 1000.0
    row = LocalRow(now=lambda: now)
    spacing = Spacing.of(Pace(calls, 60))
    made: list[float] = []
    while now < 4600:
        wait = row.take("a", spacing, patience=10_000_000) / 1000
        now += wait
        made.append(now)
    assert made[at_once - 1] == 1000.0
    assert made[at_once] > 1000.0
    for index, begin in enumerate(made):
        assert sum(begin <= moment < begin + 59.999 for moment in made[index : index + calls + 2]) <= calls


async def test_two_processes_share_one_row(redis: Redis) -> None:
    first, second = PaceKeeper(redis), PaceKeeper(redis)
    assert await first.wait("mystore|a", SLOW, patience=1000) == 0
    assert 300 < await second.wait("mystore|a", SLOW, patience=1000) <= 400
    assert 700 < await first.wait("mystore|a", SLOW, patience=1000) <= 800


async def test_two_accounts_of_one_host_do_not_wait_for_each_other(redis: Redis) -> None:
    keeper = PaceKeeper(redis)
    assert await keeper.wait("mystore|a", SLOW) == 0
    assert await keeper.wait("mystore|b", SLOW) == 0


async def test_a_wait_that_is_too_long_takes_no_place(redis: Redis) -> None:
    keeper = PaceKeeper(redis)
    await keeper.wait("mystore|a", SLOW)
    for _ in range(3):
        assert 300 < await keeper.wait("mystore|a", SLOW, patience=5) <= 400


async def test_an_account_that_asked_for_fewer_calls_is_left_alone_by_all(redis: Redis) -> None:
    await PaceKeeper(redis).hold("mystore|a", 1000)
    assert 900 < await PaceKeeper(redis).wait("mystore|a", SLOW, patience=5) <= 1000


async def test_without_redis_a_process_keeps_to_a_quarter(tmp_path: Path) -> None:
    """120 in a minute become 30: 3 of them at once, the others 60 s / 27 apart."""
    away: Redis = Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    keeper = PaceKeeper(away)
    waits = [await keeper.wait("mystore|a", Pace(120, 60), patience=60) for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 60 / 27
    assert 60 / 27 < waits[4] <= 120 / 27
    await away.aclose()


async def test_one_process_without_redis_keeps_the_whole_pace() -> None:
    keeper = PaceKeeper(None)
    waits = [await keeper.wait("mystore|a", Pace(120, 60), patience=60) for _ in range(13)]
    assert waits[:12] == [0] * 12
    assert 0 < waits[12] <= 60 / 108


async def test_a_call_that_would_wait_long_is_put_off_and_nothing_is_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    transport = PacedTransport(
        httpx.MockTransport(answer), PaceKeeper(None), "mystore|a", SLOW, lambda: datetime(2026, 11, 28, tzinfo=UTC)
    )
    async with client_on(transport) as client:
        request = client.build_request("GET", "https://api.example/orders")
        await send(client, request, timeout=30, system="the shop")
        with pytest.raises(RateLimited, match="allows 10 calls in 3600 s") as caught:
            await send(client, client.build_request("GET", "https://api.example/orders"), timeout=30, system="the shop")
    assert caught.value.retry_after is not None
    assert 300 < caught.value.retry_after <= 400
    assert len(seen) == 1


async def test_after_a_429_the_account_is_left_alone() -> None:
    transport = PacedTransport(
        httpx.MockTransport(lambda request: httpx.Response(429, headers={"Retry-After": "60"})),
        PaceKeeper(None),
        "mystore|a",
        Pace(6000, 60),
        lambda: datetime(2026, 11, 28, tzinfo=UTC),
    )
    async with client_on(transport) as client:
        request = client.build_request("GET", "https://api.example/orders")
        assert (await send(client, request, timeout=30, system="the shop")).status == 429
        with pytest.raises(RateLimited) as caught:
            await send(client, client.build_request("GET", "https://api.example/orders"), timeout=30, system="the shop")
    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 60
