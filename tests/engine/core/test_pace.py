"""An account is called no faster than it allows, by all processes together, and more slowly while they cannot ask each other."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from app.engine.core.pace import LocalRow, PacedTransport, PaceKeeper, Spacing, in_background
from app.errors import Paced, RateLimited
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


@pytest.mark.parametrize("pattern", [[1] * 40 + [25], [25], [25, 1], [1, 25, 1, 1, 1, 25, 25]])
def test_a_call_that_counts_as_many_takes_as_many_places(pattern: list[int]) -> None:
    """A batch of 25 counts as 25 calls: no minute holds more than 120, in whatever order they come."""
    now = 1000.0
    row = LocalRow(now=lambda: now)
    spacing = Spacing.of(Pace(120, 60))
    made: list[tuple[float, int]] = []
    while now < 2200:
        for calls in pattern:
            now += row.take("a", spacing, patience=10_000_000, calls=calls) / 1000
            made.append((now, calls))
    for index, (begin, _) in enumerate(made):
        assert sum(calls for moment, calls in made[index : index + 122] if begin <= moment < begin + 59.999) <= 120
    assert sum(calls for _, calls in made) > 0.4 * 120 * 20


async def test_processes_count_a_batch_alike(redis: Redis) -> None:
    """Of 30 in an hour, 3 come at once. Three that count as one leave the row empty for the time of their places."""
    pace = Pace(calls=30, seconds=3600)
    first, second = PaceKeeper(redis), PaceKeeper(redis)
    one = 133.4
    assert await first.wait("mystore|c", pace, patience=1000, calls=3) == 0
    assert await second.wait("mystore|c", pace, patience=1000) <= one
    assert one < await second.wait("mystore|c", pace, patience=5, calls=3) <= 4 * one


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
    await PaceKeeper(redis).hold("mystore|a", 1000, SLOW)
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


@pytest.mark.parametrize("shared", [False, True])
async def test_no_call_of_a_burst_comes_before_the_time_that_was_asked_for(redis: Redis, shared: bool) -> None:
    """Of 120 in a minute 12 come at once: they are not made while the account rests."""
    keeper, pace = PaceKeeper(redis if shared else None), Pace(120, 60)
    await keeper.hold("mystore|a", 30, pace)
    assert 29 < await keeper.wait("mystore|a", pace) <= 30


@pytest.mark.parametrize("shared", [True, False])
async def test_a_call_that_waits_in_the_row_is_not_made_when_the_account_asks_for_fewer(redis: Redis, shared: bool) -> None:
    """It has its place already, behind a call that brings the news that none is left."""
    keepers = [PaceKeeper(redis), PaceKeeper(redis)] if shared else [PaceKeeper(None)] * 2
    pace, made = Pace(1, 0.3, one_at_a_time=True, row=f"office|stopped-{shared}", is_told=True), list[str]()

    async def answer(request: httpx.Request) -> httpx.Response:
        made.append(request.url.path)
        return httpx.Response(200)

    first, second = (
        PacedTransport(httpx.MockTransport(answer), keeper, f"office|{key}", pace, lambda: datetime(2026, 11, 28, tzinfo=UTC))
        for key, keeper in zip("ab", keepers, strict=True)
    )
    await first.handle_async_request(httpx.Request("POST", "https://api.example/last"))
    waits = asyncio.create_task(second.handle_async_request(httpx.Request("POST", "https://api.example/waits")))
    await asyncio.sleep(0.1)
    await keepers[0].stop(f"office|stopped-{shared}", 40, pace)
    with pytest.raises(Paced) as caught:
        await waits
    assert caught.value.retry_after is not None
    assert 35 < caught.value.retry_after <= 40
    assert made == ["/last"]


async def test_accounts_at_an_address_that_counts_its_callers_share_a_row() -> None:
    keeper, pace = PaceKeeper(None), Pace(10, 3600, row="office|api.example")
    answered = httpx.MockTransport(lambda request: httpx.Response(200))
    first, second = (
        PacedTransport(answered, keeper, key, pace, lambda: datetime(2026, 11, 28, tzinfo=UTC))
        for key in ("office|a", "office|b")
    )
    request = httpx.Request("POST", "https://api.example/service")
    assert (await first.handle_async_request(request)).status_code == 200
    with pytest.raises(RateLimited, match="allows 10 calls"):
        await second.handle_async_request(httpx.Request("POST", "https://api.example/service"))


async def test_a_client_that_reads_the_limits_itself_gets_the_answer_as_it_is() -> None:
    answered = httpx.MockTransport(lambda request: httpx.Response(429, text="until noon"))
    pace = Pace(6000, 60, is_told=True)
    transport = PacedTransport(answered, PaceKeeper(None), "office|a", pace, lambda: datetime(2026, 11, 28, tzinfo=UTC))
    in_background.set(True)
    for _ in range(2):
        assert (await transport.handle_async_request(httpx.Request("POST", "https://api.example/"))).status_code == 429


async def test_work_in_the_background_leaves_room_for_what_comes_in() -> None:
    """Five thousand calls without a rest: never more than three quarters of the pace, and another call waits no second."""
    now = 1000.0
    keeper = PaceKeeper(None)
    keeper._alone = LocalRow(now=lambda: now)
    pace, slower = Pace(120, 60), Pace(90, 60)
    made: list[float] = []
    for index in range(5000):
        now += await keeper.wait("mystore|a|background", slower, patience=60)
        now += await keeper.wait("mystore|a", pace, patience=60)
        made.append(now)
        if index % 50 == 49:
            assert await keeper.wait("mystore|a", pace) < 1
    assert (
        max(sum(begin <= moment < begin + 59.999 for moment in made[index : index + 125]) for index, begin in enumerate(made))
        <= 90
    )
    assert 5000 / 90 <= (now - 1000) / 60 <= 5000 / 80


async def test_a_poll_is_work_in_the_background() -> None:
    seen: list[str] = []

    class Heard(PaceKeeper):
        async def wait(self, key: str, pace: Pace, patience: float = 5, calls: int = 1) -> float:
            seen.append(f"{key} {pace.calls}")
            return 0.0

    transport = PacedTransport(
        httpx.MockTransport(lambda request: httpx.Response(200, json=[])),
        Heard(None),
        "mystore|a",
        Pace(120, 60),
        lambda: datetime(2026, 11, 28, tzinfo=UTC),
    )
    async with client_on(transport) as client:
        await send(client, client.build_request("GET", "https://api.example/orders"), timeout=30, system="the shop")
        token = in_background.set(True)
        await send(client, client.build_request("GET", "https://api.example/orders"), timeout=30, system="the shop")
        in_background.reset(token)
    assert seen == ["mystore|a 120", "mystore|a|background 90", "mystore|a 120"]


@pytest.mark.parametrize("processes", [1, 2])
async def test_an_account_that_takes_one_call_at_a_time_is_never_asked_twice_at_once(redis: Redis, processes: int) -> None:
    running, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return httpx.Response(200, json={})

    pace = Pace(1000, 0.001, one_at_a_time=True)
    clients = [
        client_on(
            PacedTransport(
                httpx.MockTransport(answer),
                PaceKeeper(redis),
                f"turns-{processes}",
                pace,
                lambda: datetime(2026, 11, 29, tzinfo=UTC),
            )
        )
        for _ in range(processes)
    ]
    await asyncio.gather(*(client.get("http://shop.test/") for client in clients for _ in range(4)))
    assert most == 1


async def test_a_call_is_answered_when_the_last_byte_is_there(redis: Redis) -> None:
    """A long list takes seconds to come: its call is still one when its first bytes are read."""
    events = list[str]()

    class Slow(httpx.AsyncByteStream):
        def __init__(self, name: str) -> None:
            self.name = name

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"[1"
            await asyncio.sleep(0.05)
            events.append(f"end {self.name}")
            yield b"]"

    async def answer(request: httpx.Request) -> httpx.Response:
        events.append(f"begin {request.url.path}")
        return httpx.Response(200, stream=Slow(request.url.path))

    pace, clock = Pace(1000, 0.001, one_at_a_time=True), lambda: datetime(2026, 11, 29, tzinfo=UTC)
    inner = httpx.MockTransport(answer)
    clients = [client_on(PacedTransport(inner, PaceKeeper(redis), "bodies", pace, clock)) for _ in range(2)]
    answers = await asyncio.gather(*(client.get(f"http://shop.test/{key}") for client in clients for key in "ab"))
    assert [each.json() for each in answers] == [[1]] * 4
    assert [event.split()[0] for event in events] == ["begin", "end"] * 4


@pytest.mark.parametrize("redis_is_there", [True, False])
async def test_calls_that_waited_for_a_slow_answer_keep_their_distance(redis: Redis, redis_is_there: bool) -> None:
    """They had their places in the row long ago, and came to the shop at once when it was free."""
    came: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        came.append(time.monotonic())
        await asyncio.sleep(0.6 if len(came) == 1 else 0)
        return httpx.Response(200, json={})

    transport = PacedTransport(
        httpx.MockTransport(answer),
        PaceKeeper(redis if redis_is_there else None),
        "slow-answers",
        Pace(1, 0.2, one_at_a_time=True),
        lambda: datetime(2026, 11, 29, tzinfo=UTC),
    )
    async with client_on(transport) as client:
        await asyncio.gather(*(client.get("http://shop.test/") for _ in range(3)))
    assert min(later - earlier for earlier, later in itertools.pairwise(came)) > 0.15


async def test_the_distance_counts_from_when_the_connection_was_there() -> None:
    """The first call of a process takes longer to get there than the next one."""
    came: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if not came:
            await asyncio.sleep(0.15)
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        came.append(time.monotonic())
        return httpx.Response(200, json={})

    pace, clock = Pace(1, 0.2, one_at_a_time=True), lambda: datetime(2026, 11, 29, tzinfo=UTC)
    async with client_on(PacedTransport(httpx.MockTransport(answer), PaceKeeper(None), "far", pace, clock)) as client:
        for _ in range(2):
            await client.get("http://shop.test/")
    assert came[1] - came[0] > 0.15
