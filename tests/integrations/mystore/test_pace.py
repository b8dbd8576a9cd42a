"""What a shop's pace means for a sync: it goes on where it stopped, says how long it takes, and webhooks go before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from arq import ArqRedis

from app.domain import Process
from app.engine.core.pace import LocalRow, PaceKeeper
from app.engine.core.queue import poll_key
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.intake.ingest import ingest
from app.engine.polling import runner
from app.http import BoundedTransport
from app.sandbox.kit.journal import Call
from tests.api.calling import Site, open_site
from tests.harness import Clock
from tests.harness.mystore import SimulatedMystore
from tests.integrations.mystore.test_whole_way import ADDRESS, active, orders


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def mystore(site: Site) -> SimulatedMystore:
    return SimulatedMystore.open(site.clock)


def pace_by_its_clock(site: Site) -> None:
    """The pace is kept by the test's clock."""
    site.gateway.paces = PaceKeeper(None)
    site.gateway.paces._alone = LocalRow(now=lambda: site.clock().timestamp())


def place(mystore: SimulatedMystore, count: int) -> None:
    """Orders with one line each, which is read beside them. Where the total stands in an order, that costs no call."""
    mystore.product("KOPP", "Kopp", quantity=5)
    for _ in range(count):
        mystore.shop.place_order([{"sku": "KOPP", "quantity": 1}], total_price=79.2, **ADDRESS)


def reads_of_lines(mystore: SimulatedMystore) -> list[str]:
    return [call.path.split("/")[4] for call in mystore.calls() if call.path.endswith("/order-products")]


async def begun(site: Site) -> dict[str, Any]:
    """A sync of all orders, as far as it goes."""
    answer = await site.client.post("/sync/butikk", params={"process": "orders", "wait": 0})
    assert answer.status_code == 202, answer.text
    await site.work()
    return await shown(site, answer.json()["id"])


async def shown(site: Site, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await site.client.get(f"/runs/{run_id}")).json()
    return found


def listed(mystore: SimulatedMystore) -> list[str | None]:
    """The pages of orders that were asked for."""
    return [dict(call.query).get("page[number]") for call in mystore.calls() if call.path == "/shops/demo/orders"]


async def test_a_sync_whose_shop_wants_no_more_calls_goes_on_where_it_stopped(site: Site, mystore: SimulatedMystore) -> None:
    pace_by_its_clock(site)
    place(mystore, 12)
    await active(site, mystore, page_size=5)
    asked = len(listed(mystore))
    site.wake_ups.waiting.clear()
    mystore.fail("status", path="/shops/demo/orders/10009/order-products", status=429, retry_after="60", times=1)
    run = await begun(site)
    (part,) = run["parts"]
    assert (part["state"], part["error"]) == ("reading", None)
    waits = datetime.fromisoformat(part["goes_on_at"]) - site.clock()
    assert timedelta(seconds=50) < waits <= timedelta(seconds=60)
    assert listed(mystore)[asked:] == ["1", "2"]
    made = len(mystore.calls())
    await site.work(sweep=True)
    assert len(mystore.calls()) == made
    site.tick(61)
    await site.work(sweep=True)
    ended = await shown(site, run["id"])
    assert ended["state"] == "done"
    assert listed(mystore)[asked:] == ["1", "2", "2", "3"]
    assert sorted(sent["orderNumber"] for sent in orders(site)) == [str(10_001 + place) for place in range(12)]
    assert ended["parts"][0]["goes_on_at"] is None


async def test_a_sync_says_how_long_it_takes_at_the_speed_at_which_orders_are_read_with_their_lines(
    site: Site, mystore: SimulatedMystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call takes a second, and nothing else takes time. 30 orders on pages of five: a page and its orders' lines take 6 s.
    After the second page 20 are left: four pages, 24 s."""
    pace_by_its_clock(site)
    mystore.change(extra_attributes=("orders.total_price",))
    place(mystore, 30)
    await active(site, mystore, page_size=5)
    site.wake_ups.waiting.clear()
    began = site.clock()
    monkeypatch.setattr(Clock, "__call__", lambda self: began + self.ahead)
    send = BoundedTransport.handle_async_request

    async def sent(self: BoundedTransport, request: httpx.Request) -> httpx.Response:
        site.tick(1 if request.url.path.startswith("/shops/") else 0)
        return await send(self, request)

    monkeypatch.setattr(BoundedTransport, "handle_async_request", sent)
    mystore.fail("status", path="/shops/demo/orders/10014/order-products", status=429, retry_after="60", times=1)
    (part,) = (await begun(site))["parts"]
    assert (part["state"], part["left"], part["seconds_left"]) == ("reading", 20, 24.0)


async def test_a_shop_that_goes_on_wanting_no_calls_fails_the_run(site: Site, mystore: SimulatedMystore) -> None:
    pace_by_its_clock(site)
    place(mystore, 1)
    await active(site, mystore)
    site.wake_ups.waiting.clear()
    mystore.fail("status", path="/shops/demo/orders", status=429, retry_after="60")
    run = await begun(site)
    for _ in range(20):
        assert run["state"] == "running"
        site.tick(61)
        await site.work(sweep=True)
        run = await shown(site, run["id"])
    assert run["state"] == "failed"
    assert "too many calls for now (429)" in run["parts"][0]["error"]


# --- for real ------------------------------------------------------------------------------------------------------------


def most_within(calls: Sequence[Call], seconds: float) -> int:
    """The most calls of any stretch of time that is so long."""
    times, most, first = [call.at.timestamp() for call in calls], 0, 0
    for place, moment in enumerate(times):
        while moment - times[first] >= seconds:
            first += 1
        most = max(most, place - first + 1)
    return most


async def until_read(gateway: Gateway, site: Site, run_id: str, key: str) -> None:
    """What a worker's process does for the sync."""
    while (await shown(site, run_id))["parts"][0]["state"] in ("waiting", "reading"):
        await runner.poll(gateway, key)
        await asyncio.sleep(0.05)


async def announce(site: Site, mystore: SimulatedMystore, connection: dict[str, Any], record_id: str) -> None:
    stored = await site.gateway.connection(connection["id"])
    body, headers = mystore.delivery("orders/create", {"type": "orders", "id": record_id}, stored.webhook_secrets[0])
    answer = await site.client.post(f"/webhooks/{stored.webhook_id}", content=body, headers=headers)
    assert answer.status_code == 200


async def until(enough: Callable[[], bool]) -> None:
    async with asyncio.timeout(400):
        while not enough():  # noqa: ASYNC110 - the simulator has no event for it
            await asyncio.sleep(0.05)


@pytest.mark.timeout(600)  # a minute of pace, and what a busy machine adds
async def test_two_processes_sync_300_orders_at_540_calls_a_minute(
    postgresql_database: str, redis_url: str, tmp_path: Path
) -> None:
    """One process syncs. To another, which sends the orders, comes a webhook in the middle, for the same token.

    Its order is read at once: only the few calls of the sync that are on their way already come between.
    """
    redis = ArqRedis.from_url(redis_url)
    async with open_site(postgresql_database, tmp_path, public_url="http://gateway.test") as site:
        mystore = SimulatedMystore.open(site.clock, calls_per_minute=540, extra_attributes=("orders.total_price",))
        site.gateway.paces = PaceKeeper(redis)
        connection = await active(site, mystore, calls_per_minute=540, page_size=100, processes={"articles": False})
        place(mystore, 300)
        site.wake_ups.waiting.clear()
        answer = await site.client.post("/sync/butikk", params={"process": "orders", "wait": 0})
        site.wake_ups.waiting.clear()
        run_id, key = answer.json()["id"], poll_key(connection["id"], Process.ORDERS)
        async with open_gateway(site.gateway.settings, site.wake_ups, site.clock) as other:
            other.paces = PaceKeeper(redis)
            syncing = asyncio.create_task(until_read(other, site, run_id, key))
            await until(lambda: len(reads_of_lines(mystore)) >= 100)
            late = mystore.order("KOPP", total_price=79.2, **ADDRESS)
            await announce(site, mystore, connection, late["id"])
            before = len(mystore.calls())
            await ingest(site.gateway, connection["id"])
            between = [call.path for call in mystore.calls()[before:]]
            assert between.index(f"/shops/demo/orders/{late['id']}") <= 8
            async with site.worker():
                await syncing
        await site.work(sweep=True)
    assert sorted(sent["orderNumber"] for sent in orders(site)) == [str(10_001 + place) for place in range(301)]
    calls = mystore.calls()
    assert [call.path for call in calls if call.status == 429] == []
    assert most_within(calls, 60) <= 540
    # A tenth may come at once, the others one every 0.1235 s. What was on its way a little longer comes closer together.
    assert most_within(calls, 10) <= 54 + 81 + 30
    await redis.aclose()
