"""A sent order gets its status first, its comment after it, each once: when a worker ends, and when an answer gets lost.

contract: "PATCH the order (status + tracking in one call), then POST the history (failure of the second is logged, not fatal)".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.records.connections import Draft
from app.storage.tables import alerts
from tests.harness import Harness, open_harness
from tests.harness.connections import LONG_AGO, make_connection
from tests.harness.mystore import SimulatedMystore
from tests.steering import Ended, ended_at

ADDRESS: dict[str, Any] = {
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_country": "Norway",
}
ONCE = ["PATCH orders/10001", "POST order-status-history"]


@pytest.fixture
async def harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
def mystore(harness: Harness) -> SimulatedMystore:
    return SimulatedMystore.open(harness.clock)


async def shipped(harness: Harness, mystore: SimulatedMystore) -> None:
    """Order 10001 was sent by the warehouse with one parcel; the shop was told nothing yet."""
    draft = Draft(
        name="butikk",
        integration="mystore",
        source=mystore.credentials(),
        warehouse=harness.warehouse.credentials("gateway", 77, None),
        settings={"go_live": LONG_AGO, "calls_per_minute": 6000, "processes": {"stock": False}},
    )
    harness.connections["butikk"] = await make_connection(harness.gateway, draft)
    mystore.order("KOPP", **ADDRESS)
    await harness.poll("orders")
    harness.warehouse.model.ship("10001", "70300001")


async def later(harness: Harness) -> None:
    """The worker's lease is over, and what had been put aside is taken up."""
    harness.wake_ups.waiting.clear()
    await harness.stored.expire_leases()
    harness.tick(3600)
    await harness.stored.age_attempts()
    await harness.work(sweep=True)


def written(mystore: SimulatedMystore) -> list[str]:
    calls = [call for call in mystore.calls() if call.method != "GET"]
    return [f"{call.method} {call.path.removeprefix('/shops/demo/')}" for call in calls]


def in_shop(mystore: SimulatedMystore) -> tuple[str, Any, list[tuple[str, str]]]:
    """The order's status, its tracking number, and the comments in its history with the status beside each."""
    shown = mystore.shown("orders", 10001)
    history = mystore.shop.parts_of("order-status-history", "order", 10001)
    comments = [(each["attributes"]["comments"], status_of(each)) for each in history if each["attributes"].get("comments")]
    return status_of(shown), shown["attributes"]["tracking_number"], comments


def status_of(resource: dict[str, Any]) -> str:
    return str(resource["relationships"]["order-status"]["data"]["id"])


def is_told_once(mystore: SimulatedMystore) -> bool:
    status, tracking, comments = in_shop(mystore)
    (comment,) = comments
    return (status, tracking, comment[1]) == ("3", "70300001", "3") and comment[0].startswith(
        "Sendt fra lager. Sporing: 70300001"
    )


async def test_the_status_is_written_before_the_comment(harness: Harness, mystore: SimulatedMystore) -> None:
    await shipped(harness, mystore)
    await harness.poll("shipments")
    assert written(mystore) == ONCE
    assert is_told_once(mystore)


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("where", ["attempt-after-commit", "call-after-answer"])
async def test_a_worker_that_ends_at_a_call(harness: Harness, mystore: SimulatedMystore, where: str, call: int) -> None:
    """The first call is the order's, the second the comment's."""
    await shipped(harness, mystore)
    with ended_at(where, call), pytest.raises(Ended):
        await harness.poll("shipments")
    await later(harness)
    assert written(mystore) == ONCE
    assert is_told_once(mystore)


@pytest.mark.parametrize("where", ["claim-after-commit", "finish-before-commit", "finish-after-commit"])
async def test_a_worker_that_ends_beside_them(harness: Harness, mystore: SimulatedMystore, where: str) -> None:
    await shipped(harness, mystore)
    with ended_at(where), pytest.raises(Ended):
        await harness.poll("shipments")
    await later(harness)
    assert written(mystore) == ONCE
    assert is_told_once(mystore)


@pytest.mark.parametrize("call", ONCE)
async def test_an_answer_that_got_lost_is_looked_up(harness: Harness, mystore: SimulatedMystore, call: str) -> None:
    await shipped(harness, mystore)
    method, path = call.split()
    mystore.fail("hang-up", method=method, path=f"/shops/demo/{path}", times=1, after_write=True)
    await harness.poll("shipments")
    await later(harness)
    assert written(mystore) == ONCE
    assert is_told_once(mystore)


async def test_a_comment_that_never_got_there_is_written_and_the_order_is_not(
    harness: Harness, mystore: SimulatedMystore
) -> None:
    await shipped(harness, mystore)
    mystore.fail("status", status=503, method="POST", path="/shops/demo/order-status-history", times=1)
    await harness.poll("shipments")
    assert in_shop(mystore) == ("3", "70300001", [])
    await later(harness)
    assert written(mystore) == ["PATCH orders/10001", "POST order-status-history", "POST order-status-history"]
    assert is_told_once(mystore)


async def test_what_was_not_captured_is_told_though_the_comment_came_late(harness: Harness, mystore: SimulatedMystore) -> None:
    """Of the status it is told once: a further parcel tells no more of it."""
    mystore.change(captures=())
    await shipped(harness, mystore)
    mystore.fail("status", status=503, method="POST", path="/shops/demo/order-status-history", times=1)
    await harness.poll("shipments")
    await later(harness)
    (warning,) = await warnings(harness)
    assert "payment may not have been captured" in warning.text
    harness.tick(24 * 3600)
    harness.warehouse.model.track("10001", "70300001", ("70300002",))
    await harness.poll("shipments")
    assert in_shop(mystore)[:2] == ("3", "70300001, 70300002")
    (warning,) = await warnings(harness)
    assert warning.count == 1


async def test_a_refused_comment_is_told_of_and_keeps_the_order_from_nothing(harness: Harness, mystore: SimulatedMystore) -> None:
    await shipped(harness, mystore)
    mystore.fail("status", status=422, method="POST", path="/shops/demo/order-status-history")
    await harness.poll("shipments")
    assert in_shop(mystore) == ("3", "70300001", [])
    (warning,) = await warnings(harness)
    assert "the shop refused the comment in the order's history" in warning.text
    assert (await harness.stored.mapping("10001", "order")).delivery == "reported"


async def warnings(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(alerts.c.text, alerts.c.count).where(alerts.c.kind == "warning"))
