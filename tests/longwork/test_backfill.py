"""A backfill transfers a shop's history, after today's orders; its dry run says what it will do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.engine.core import failpoints
from app.engine.core.queue import Task
from app.worker import work as answer
from tests.api.calling import Site
from tests.longwork.shops import SHOPS, AnyShop, connect, sync

GOES_LIVE = timedelta(days=1)
"""So long after the first orders the connection went live."""


async def begin(site: Site, since: Any, **more: Any) -> dict[str, Any]:
    begun = await site.client.post("/backfill", json={"connection": "butikk", "since": since.isoformat(), **more})
    assert begun.status_code == 202, begun.text
    found: dict[str, Any] = begun.json()
    return found


async def shown(site: Site, work: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await site.client.get(f"/backfill/{work['id']}")).json()
    return found


async def until_done(site: Site, work: dict[str, Any]) -> dict[str, Any]:
    """Works on it, waits included, until it has ended."""
    for _ in range(60):
        await site.work(sweep=True)
        found = await shown(site, work)
        if found["finished_at"] is not None:
            return found
        site.tick(3)
    raise AssertionError(found)


async def with_history(site: Site, shop: AnyShop, orders: int) -> list[str]:
    """Orders from before the connection went live, all read by a poll that left them out. Returns their numbers."""
    shop.product("SOKK-1", 7)
    numbers = [shop.order("SOKK-1") for _ in range(orders)]
    site.tick(GOES_LIVE.total_seconds())
    processes = {"articles": True, "orders": True, "stock": False, "shipments": False}
    await connect(site, shop, go_live=site.clock().isoformat(), processes=processes)
    await sync(site, "articles", "orders", full=True)
    return numbers


def in_warehouse(site: Site) -> list[str]:
    """The orders' numbers, in the order in which they came."""
    return [str(order.number) for order in site.warehouse.model.orders_by_id.values()]


@pytest.mark.parametrize("system", SHOPS)
async def test_the_dry_run_and_the_real_run_say_the_same(site: Site, system: str) -> None:
    shop = SHOPS[system](site)
    since = site.clock() - timedelta(hours=1)
    numbers = await with_history(site, shop, 3)
    assert in_warehouse(site) == []
    planned = await until_done(site, await begin(site, since, dry_run=True))
    assert planned["outcomes"] == {"created": 3, "updated": 0, "unchanged": 0, "held": 0, "failed": 0, "skipped": 0}, planned
    assert in_warehouse(site) == []
    done = await until_done(site, await begin(site, since))
    assert (done["state"], done["outcomes"], done["waiting"]) == ("done", planned["outcomes"], 0), done
    assert sorted(in_warehouse(site)) == sorted(numbers)
    again = await until_done(site, await begin(site, since, dry_run=True))
    assert (again["known"], again["outcomes"]["created"]) == (3, 0)


@pytest.mark.parametrize("system", SHOPS)
async def test_a_corrected_go_live_date_reaches_orders_seen_before_as_the_dry_run_says(site: Site, system: str) -> None:
    shop = SHOPS[system](site)
    since = site.clock() - timedelta(hours=1)
    numbers = await with_history(site, shop, 2)
    changed = await site.client.patch("/connections/butikk", json={"settings": {"go_live": since.isoformat()}})
    assert changed.status_code == 200, changed.text
    site.wake_ups.waiting.clear()  # what a corrected setting brings about by itself is not what is asked here
    params: dict[str, Any] = {"process": "orders", "full": True, "dry_run": True}
    async with site.worker():
        planned = (await site.client.post("/sync/butikk", params=params)).json()
    assert planned["counts"]["created"] == 2, planned
    async with site.worker():
        done = (await site.client.post("/sync/butikk", params={"process": "orders", "full": True})).json()
    assert done["counts"]["created"] == 2, done
    assert sorted(in_warehouse(site)) == sorted(numbers)


async def test_today_s_order_passes_before_the_rest_of_a_hundred(both_site: Site) -> None:
    site, shop = both_site, SHOPS["woocommerce"](both_site)
    since = site.clock() - timedelta(hours=1)
    await with_history(site, shop, 100)
    work = await begin(site, since)
    task, key = site.wake_ups.waiting.pop()
    assert task is Task.LONG_WORK
    await answer(site.gateway, task, key)
    assert (await shown(site, work))["waiting"] == 50
    assert 0 <= (await shown(site, work))["progress"]["share"] < 1
    today = shop.order("SOKK-1")
    site.wake_ups.waiting.clear()  # the lane looks again when today's order is queued
    await sync(site, "orders")
    came = in_warehouse(site)
    assert came.index(today) == 0, came
    done = await until_done(site, work)
    assert (done["outcomes"]["created"], len(in_warehouse(site)), done["progress"]["share"]) == (100, 101, 1.0)


async def test_it_is_paused_resumed_and_stopped(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    since = site.clock() - timedelta(hours=1)
    await with_history(site, shop, 60)
    work = await begin(site, since)
    path = f"/backfill/{work['id']}"
    assert (await site.client.post(f"{path}/pause")).json()["state"] == "paused"
    await site.work(sweep=True)
    assert in_warehouse(site) == []
    assert (await site.client.post(f"{path}/resume")).json()["state"] == "waiting"
    await site.work()
    stopped = (await site.client.post(f"{path}/stop")).json()
    assert stopped["state"] == "stopped"
    site.tick(60)
    await site.work(sweep=True)
    assert len(in_warehouse(site)) == 50
    assert (await site.client.post(f"{path}/resume")).status_code == 409


class Killed(BaseException):
    pass


def kill_at(number: int) -> Any:
    """Kills the worker when it comes by for the so-manieth time."""
    passed = iter(range(1, 1000))

    def kill() -> None:
        if next(passed) == number:
            raise Killed

    return kill


async def test_it_goes_on_where_a_worker_was_killed(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    since = site.clock() - timedelta(hours=1)
    await with_history(site, shop, 60)
    work = await begin(site, since)
    with failpoints.armed("long-work-before-commit", kill_at(3)), pytest.raises(Killed):  # begun, its run made, 50 orders
        await site.work()
    site.wake_ups.waiting.clear()
    await site.stored.expire_leases()
    done = await until_done(site, work)
    assert (done["progress"]["seen"], done["outcomes"]["created"], len(in_warehouse(site))) == (60, 60, 60)
    assert len(site.warehouse.writes()) == 60
