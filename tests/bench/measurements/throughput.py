"""How many orders one lane works off in a second, and what of an order's time is the gateway's own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import httpx

from tests.bench.figure import Figure, Options
from tests.bench.workload import world
from tests.harness import Harness

ORDERS = 200


@dataclass
class CallTimes:
    """The time spent in calls to the warehouse, from the request's start to the answer's end, in seconds."""

    calls: int = 0
    seconds: float = 0.0
    _began: dict[int, float] = field(default_factory=dict)

    def watch(self, client: httpx.AsyncClient) -> None:
        client.event_hooks = {"request": [self._begin], "response": [self._end]}

    async def _begin(self, request: httpx.Request) -> None:
        self._began[id(request)] = time.perf_counter()

    async def _end(self, response: httpx.Response) -> None:
        self.calls += 1
        self.seconds += time.perf_counter() - self._began.pop(id(response.request))


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    async with world.harness() as harness:
        for number in range(ORDERS):
            await harness.announce(world.order(1001 + number, number))
        await harness.ingest()
        return [await _work_off(harness)]


async def _work_off(harness: Harness) -> Figure:
    times = CallTimes()
    times.watch(harness.gateway.http)
    began, cpu = time.perf_counter(), time.thread_time()
    await harness.work(sweep=True)
    took, cpu = time.perf_counter() - began, time.thread_time() - cpu
    assert len(harness.warehouse.writes()) == ORDERS
    ours, call = (took - times.seconds) / ORDERS, times.seconds / times.calls
    return Figure(
        "throughput",
        f"{ORDERS} new orders worked off through one lane, on SQLite",
        f"{ORDERS / took:.0f} orders/s",
        notes=(
            f"{took / ORDERS * 1000:.1f} ms an order: {ours * 1000:.1f} ms ours ({cpu / ORDERS * 1000:.1f} ms of it computing), "
            f"the rest in {times.calls / ORDERS:.1f} calls to the simulated WMS of {call * 1000:.1f} ms each",
            "a real WMS takes 100 ms and more a call, so that it, not the gateway, sets the pace of a lane",
        ),
    )
