"""An account that is plainly away rests for all processes. One call goes first afterwards, and its answer ends it for all."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.core import circuit
from app.engine.core.account_circuit import is_good
from app.engine.core.circuit import ANY_CALL, key_for, of_source
from app.engine.core.queue import MemoryWakeUps
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.core.sources import record_source
from app.errors import RemoteError, Resting, Unavailable
from app.storage.tables import budgets, cursors, inbox
from tests.harness import Harness


async def ask(gateway: Gateway, harness: Harness) -> str:
    """What comes of reading an order from the shop."""
    try:
        await record_source(gateway, harness.connection).read(Process.ORDERS, "4711")
    except RemoteError as error:
        return type(error).__name__
    return "answered"


async def be_away(harness: Harness) -> None:
    """The shop breaks off so many calls that its account rests."""
    harness.shop.fail("hang-up")
    assert [await ask(harness.gateway, harness) for _ in range(4)] == ["Unavailable"] * 3 + ["Resting"]


async def stored(harness: Harness) -> Any:
    key = key_for(of_source(harness.connection), ANY_CALL)
    rows = await harness.stored.rows(select(budgets).where(budgets.c.key == key))
    return rows[0] if rows else None


class TestResting:
    async def test_after_some_calls_without_an_answer_none_is_made(self, harness: Harness) -> None:
        await be_away(harness)
        before = len(harness.shop.calls())
        assert [await ask(harness.gateway, harness) for _ in range(5)] == ["Resting"] * 5
        assert len(harness.shop.calls()) == before == 3

    async def test_it_rests_for_another_process_too(self, harness: Harness) -> None:
        await be_away(harness)
        harness.mend()
        async with open_gateway(harness.gateway.settings, MemoryWakeUps(), harness.clock) as other:
            assert await ask(other, harness) == "Resting"

    async def test_failures_of_several_processes_add_up(self, harness: Harness) -> None:
        harness.shop.fail("hang-up")
        async with open_gateway(harness.gateway.settings, MemoryWakeUps(), harness.clock) as other:
            found = [await ask(each, harness) for each in (harness.gateway, other, harness.gateway)]
            assert found == ["Unavailable"] * 3
            assert await ask(harness.gateway, harness) == "Resting"

    async def test_what_it_answers_does_not_count_however_bad(self, harness: Harness) -> None:
        harness.shop.fail("status", status=503)
        assert [await ask(harness.gateway, harness) for _ in range(5)] == ["Unavailable"] * 5
        assert await stored(harness) is None

    async def test_an_answer_in_between_sets_the_count_back(self, harness: Harness) -> None:
        for _ in range(3):
            harness.shop.fail("hang-up", times=2)
            assert [await ask(harness.gateway, harness) for _ in range(3)] == ["Unavailable", "Unavailable", "answered"]
        assert (await stored(harness)).failures == 0

    async def test_calls_that_fail_side_by_side_open_it_once(self, harness: Harness) -> None:
        harness.shop.fail("hang-up")
        await asyncio.gather(*(ask(harness.gateway, harness) for _ in range(8)))
        assert (await stored(harness)).pauses == 1

    async def test_an_operators_test_of_the_connection_asks_all_the_same(self, harness: Harness) -> None:
        await be_away(harness)
        harness.mend()
        assert (await harness.gateway.open_source(harness.connection, {}, print).test()).checks


class TestAfterTheRest:
    async def test_one_goes_first_and_its_answer_ends_it_for_all(self, harness: Harness) -> None:
        await be_away(harness)
        harness.tick(61)
        harness.mend()
        async with open_gateway(harness.gateway.settings, MemoryWakeUps(), harness.clock) as other:
            gateways = [harness.gateway, other] * 4
            found = await asyncio.gather(*(ask(each, harness) for each in gateways))
        assert found.count("answered") >= 1
        assert set(found) <= {"answered", "Resting"}
        harness.gateway.circuits._known.clear()  # as KNOWN_SECONDS later
        assert await ask(harness.gateway, harness) == "answered"
        row = await stored(harness)
        assert (row.failures, row.pauses, row.blocked_until) == (0, 0, None)

    async def test_while_one_is_asking_the_others_rest(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        await be_away(harness)
        harness.tick(61)
        harness.mend()
        asking, go_on = asyncio.Event(), asyncio.Event()
        send = harness.gateway.http.send

        async def slow(request: httpx.Request, **options: Any) -> httpx.Response:
            asking.set()
            await go_on.wait()
            return await send(request, **options)

        monkeypatch.setattr(harness.gateway.http, "send", slow)
        first = asyncio.create_task(ask(harness.gateway, harness))
        await asking.wait()
        assert [await ask(harness.gateway, harness) for _ in range(3)] == ["Resting"] * 3
        go_on.set()
        assert await first == "answered"
        assert await ask(harness.gateway, harness) == "answered"

    async def test_without_an_answer_it_rests_longer(self, harness: Harness) -> None:
        await be_away(harness)
        for seconds in (5, 10, 20, 20):
            harness.tick(seconds - 1)
            assert await ask(harness.gateway, harness) == "Resting"
            harness.tick(2)
            assert await ask(harness.gateway, harness) == "Unavailable"
        assert (await stored(harness)).pauses == 5

    async def test_one_that_never_came_back_keeps_the_others_waiting_no_longer_than_a_call(self, harness: Harness) -> None:
        """Its process has ended."""
        await be_away(harness)
        harness.tick(61)
        key = key_for(of_source(harness.connection), ANY_CALL)
        until = (await stored(harness)).blocked_until
        over = harness.clock().replace(microsecond=0)
        assert await harness.gateway.circuits._goes_first(key, until, over)
        harness.mend()
        harness.tick(61)
        assert await ask(harness.gateway, harness) == "answered"


class TestWhatWaits:
    async def test_an_event_that_needs_a_read_waits_and_loses_no_try(self, harness: Harness) -> None:
        await be_away(harness)
        order = harness.shop.order("SOKK-1")
        await harness.deliver({"id": order["id"]})
        (event,) = await harness.stored.rows(select(inbox.c.state, inbox.c.tries, inbox.c.reason))
        assert (event.state, event.tries) == ("parked", 0)
        assert event.reason.startswith("the shop has not answered lately")

    async def test_an_event_that_needs_none_goes_on(self, harness: Harness) -> None:
        await be_away(harness)
        order = harness.shop.order("SOKK-1", customer_id=0)
        await harness.deliver(order)
        assert harness.warehouse.order(order["number"]) is not None

    async def test_a_poll_comes_back_when_the_rest_is_over(self, harness: Harness) -> None:
        await be_away(harness)
        calls = len(harness.shop.calls())
        await harness.poll("orders")
        (due,) = await harness.stored.rows(select(cursors.c.next_poll_at).where(cursors.c.process == "orders"))
        assert len(harness.shop.calls()) == calls
        assert 0 < (due.next_poll_at - harness.clock()).total_seconds() <= 60

    async def test_reports_to_the_shop_are_blocked_meanwhile(self, harness: Harness) -> None:
        await be_away(harness)
        for process in circuit.TO_SHOP:
            async with harness.gateway.database.read() as db:
                assert await circuit.blocked(db, circuit.keys_of(harness.connection, process), harness.clock())


@pytest.mark.parametrize(
    ("status", "kind", "text", "good"),
    [
        (200, "text/xml; charset=utf-8", "<a/>", True),
        (200, "application/soap+xml", "<a/>", True),
        (500, "text/xml", "<a/>", False),
        (200, "text/html", "<html/>", False),
        (200, "application/json", "[]", True),
        (200, "text/plain", "no", False),
    ],
)
async def test_what_a_good_answer_is(status: int, kind: str, text: str, good: bool) -> None:
    assert await is_good(httpx.Response(status, headers={"Content-Type": kind}, text=text)) is good


def test_resting_is_no_answer_of_the_shop() -> None:
    error = Resting("away", system="the shop", call="GET /", retry_after=5)
    assert (error.status, error.retry_after, isinstance(error, Unavailable)) == (None, 5, False)
