"""Failure budgets follow the WMS's lock-out; retries wait longer each time; what does not help ends in the dead letters."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.core import circuit
from app.engine.core.retry import pause_before
from app.engine.operations import replay
from app.errors import Unavailable
from app.flows.orders import PUT_ORDER
from app.records.dead_letters import Filter
from app.storage.tables import budgets as rows
from app.storage.tables import inbox, jobs
from tests.harness import Harness, open_harness

ORDERS = "/demo/api/v1/orders"


async def failures(harness: Harness, call: str = PUT_ORDER) -> Any:
    (row,) = await harness.stored.rows(select(rows).where(rows.c.key.endswith(call)))
    return row


def down() -> Unavailable:
    return Unavailable("it is down", system="Ongoing WMS", call=PUT_ORDER)


class TestBudgets:
    async def test_after_so_many_failures_in_a_row_nothing_is_sent_for_a_while(self, harness: Harness) -> None:
        most = harness.gateway.settings.budget_failures
        harness.warehouse.fail("status", method="PUT", path=ORDERS, status=500)
        orders = [harness.shop.order("SOKK-1") for _ in range(most + 3)]
        for order in orders:
            await harness.announce(order)
        await harness.work()
        assert len(harness.warehouse.writes()) == most
        blocked = await failures(harness)
        assert (blocked.failures, blocked.pauses) == (most, 1)
        assert (blocked.blocked_until - harness.clock()).total_seconds() > 0.9 * harness.gateway.settings.budget_pause_seconds
        await harness.work(sweep=True)
        assert len(harness.warehouse.writes()) == most
        harness.mend()
        harness.tick((blocked.blocked_until - harness.clock()).total_seconds() + 60)
        await harness.work(sweep=True)
        assert {(await harness.stored.job(order["id"])).state for order in orders} == {"done"}

    async def test_one_success_sets_the_count_to_nothing(self, sqlite_harness: Harness) -> None:
        for _ in range(2):
            sqlite_harness.warehouse.fail("status", method="PUT", path=ORDERS, status=500, times=1)
            await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        assert (await failures(sqlite_harness)).failures == 2
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        after = await failures(sqlite_harness)
        assert (after.failures, after.pauses, after.blocked_until) == (0, 0, None)

    async def test_after_a_pause_one_failure_is_enough_for_the_next_longer_one(self, sqlite_harness: Harness) -> None:
        sqlite_harness.warehouse.fail("hang-up", method="PUT", path=ORDERS)
        for _ in range(sqlite_harness.gateway.settings.budget_failures):
            await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        pauses = []
        for _ in range(3):
            blocked = await failures(sqlite_harness)
            pauses.append((blocked.blocked_until - sqlite_harness.clock()).total_seconds())
            before = len(sqlite_harness.warehouse.writes())
            sqlite_harness.tick(pauses[-1] + 1)
            await sqlite_harness.work(sweep=True)
            assert len(sqlite_harness.warehouse.writes()) == before + 1
        assert pauses == sorted(pauses)
        assert pauses[2] > 3 * pauses[0] > 0

    async def test_a_pause_is_never_longer_than_the_retry_cap(self, harness: Harness) -> None:
        settings, now = harness.gateway.settings, harness.clock()
        async with harness.gateway.database.begin() as db:
            for _ in range(20):
                until = await circuit.failed(db, "key", "lane", down(), now, settings)
        assert until is not None
        assert (until - now).total_seconds() == settings.retry_cap_seconds

    async def test_methods_are_counted_apart(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.deliver(sqlite_harness.shop.product("SOKK-1"), "product.created")
        sqlite_harness.warehouse.fail("status", method="PUT", path="/demo/api/v1/articles", status=500)
        for number in range(5):
            await sqlite_harness.deliver(sqlite_harness.shop.product(f"VARE-{number}"), "product.created")
        assert (await failures(sqlite_harness, "PUT /articles")).blocked_until is not None
        order = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.deliver(order)
        assert sqlite_harness.warehouse.order(order["id"]) is not None

    async def test_goods_owners_share_the_count_of_their_user(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", goods_owner_id=78)
        sqlite_harness.warehouse.fail("status", method="PUT", path=ORDERS, status=500)
        for number in range(sqlite_harness.gateway.settings.budget_failures):
            await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"), connection=other if number % 2 else None)
        before = len(sqlite_harness.warehouse.writes())
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"), connection=other)
        assert len(sqlite_harness.warehouse.writes()) == before

    async def test_another_user_is_not_held_up(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", goods_owner_id=78, user="other")
        sqlite_harness.warehouse.fail("status", method="PUT", path=ORDERS, status=500, times=3)
        for _ in range(3):
            await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        order = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.deliver(order, connection=other)
        assert sqlite_harness.warehouse.order(order["id"], 78) is not None

    async def test_the_warehouse_never_gets_to_lock_us_out(self, sqlite_harness: Harness) -> None:
        """It locks out after five refusals in a row within ten minutes, and the gateway stops before."""
        await sqlite_harness.change_settings(
            sqlite_harness.connection, transporters={"bad": {"transporter_code": "NO", "transporter_service_code": "NO"}}
        )
        bad = [{"method_id": "bad", "method_title": "Bad", "total": "0"}]
        for _ in range(8):
            await sqlite_harness.announce(sqlite_harness.shop.order("SOKK-1", shipping_lines=bad))
        for _ in range(30):
            await sqlite_harness.work(sweep=True)
            sqlite_harness.tick(60)
        assert 429 not in {call.status for call in sqlite_harness.warehouse.calls()}

    async def test_counts_of_two_lanes_that_fail_at_once_are_both_kept(self, harness: Harness) -> None:
        settings, now = harness.gateway.settings, harness.clock()

        async def fail() -> None:
            async with harness.gateway.database.begin() as db:
                await circuit.failed(db, "shared", "lane", down(), now, settings)

        await asyncio.gather(*(fail() for _ in range(6)))
        (row,) = await harness.stored.rows(select(rows.c.failures))
        assert row.failures == 6


class TestTheWarehouseAsksForLess:
    @pytest.mark.parametrize("retry_after", ["120", None])
    async def test_429_blocks_the_method_for_as_long_as_it_says(self, sqlite_harness: Harness, retry_after: str | None) -> None:
        sqlite_harness.warehouse.fail("status", method="PUT", path=ORDERS, status=429, retry_after=retry_after, times=1)
        first, second = sqlite_harness.shop.order("SOKK-1"), sqlite_harness.shop.order("SOKK-1")
        for order in (first, second):
            await sqlite_harness.announce(order)
        await sqlite_harness.work()
        assert len(sqlite_harness.warehouse.writes()) == 1
        job = await sqlite_harness.stored.job(first["id"])
        assert (job.state, job.tries) == ("parked", 0)  # a busy WMS costs the record no try
        wanted = 120 if retry_after else sqlite_harness.gateway.settings.budget_pause_seconds
        assert 0 < ((await failures(sqlite_harness)).blocked_until - sqlite_harness.clock()).total_seconds() - wanted + 10 <= 10
        sqlite_harness.tick(wanted - 10)
        await sqlite_harness.work(sweep=True)
        assert len(sqlite_harness.warehouse.writes()) == 1
        sqlite_harness.tick(20)
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.order(first["id"]) is not None
        assert sqlite_harness.warehouse.order(second["id"]) is not None

    @pytest.mark.parametrize("fault", [{"kind": "status", "status": 401}, {"kind": "login-500"}], ids=["401", "login-500"])
    async def test_a_refused_login_pauses_and_alerts(self, sqlite_harness: Harness, fault: dict[str, Any]) -> None:
        sqlite_harness.warehouse.fail(**fault)
        orders = [sqlite_harness.shop.order("SOKK-1") for _ in range(4)]
        for order in orders:
            await sqlite_harness.announce(order)
        await sqlite_harness.work()
        await sqlite_harness.work(sweep=True)
        assert len(sqlite_harness.warehouse.calls()) == 1
        assert await sqlite_harness.stored.alerts() == ["login-refused"]
        sqlite_harness.mend()
        sqlite_harness.tick(sqlite_harness.gateway.settings.login_pause_seconds + 10)
        await sqlite_harness.work(sweep=True)
        assert {(await sqlite_harness.stored.job(order["id"])).state for order in orders} == {"done"}


class TestRetries:
    def test_pauses_double_up_to_the_cap_with_jitter_over_the_upper_half(self) -> None:
        for tries, least, most in [(0, 2.5, 5), (1, 5, 10), (2, 10, 20), (5, 80, 160), (8, 450, 900), (1000, 450, 900)]:
            drawn = {pause_before(tries, 5, 900).total_seconds() for _ in range(200)}
            assert least <= min(drawn) <= max(drawn) <= most
            assert len(drawn) > 100

    async def test_too_many_tries_end_in_the_dead_letters_and_can_be_replayed(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, max_tries=3, budget_failures=100) as harness:
            await harness.connect()
            order = harness.shop.order("SOKK-1")
            harness.warehouse.fail("status", method="PUT", path=ORDERS, status=500)
            await harness.deliver(order)
            for _ in range(5):
                harness.tick(900)
                await harness.work(sweep=True)
            job = await harness.stored.job(order["id"])
            assert (job.state, job.reason_code) == ("dead", "given-up")
            assert len(harness.warehouse.writes()) == 3
            assert (await harness.stored.events(), await harness.stored.alerts()) == ({"dead": 1}, ["dead-letter"])
            harness.mend()
            harness.tick(900)
            await replay.replay_filtered(harness.gateway, Filter())
            await harness.work(sweep=True)
            assert harness.warehouse.order(order["id"]) is not None
            assert await harness.stored.events() == {"done": 1}

    async def test_an_outcome_that_was_unknown_when_it_was_given_up_is_still_looked_at_first(
        self, sqlite_database: str, tmp_path: Path
    ) -> None:
        async with open_harness(sqlite_database, tmp_path, max_tries=3, budget_failures=100) as harness:
            await harness.connect()
            order = harness.shop.order("SOKK-1")
            harness.warehouse.fail("hang-up", method="PUT", path=ORDERS, after_write=True, times=1)
            await harness.deliver(order)
            harness.warehouse.fail("status", method="GET", path=ORDERS, status=503)
            for _ in range(4):
                harness.tick(900)
                await harness.work(sweep=True)
            assert (await harness.stored.job(order["id"])).state == "dead"
            assert (await harness.stored.mapping(order["id"])).transfer == "unknown"
            harness.mend()
            await harness.change_settings(harness.connection, order_number_prefix="NY-")
            harness.tick(900)
            await replay.replay_filtered(harness.gateway, Filter())
            await harness.work(sweep=True)
            assert [number for _, number in harness.warehouse.model.orders] == [str(order["id"])]

    async def test_a_warehouse_that_is_down_as_a_whole_costs_no_record_its_tries(self, sqlite_harness: Harness) -> None:
        sqlite_harness.warehouse.fail("status", status=503)
        orders = [sqlite_harness.shop.order("SOKK-1") for _ in range(2)]
        for order in orders:
            await sqlite_harness.announce(order)
        for _ in range(20):
            await sqlite_harness.work(sweep=True)
            sqlite_harness.tick(900)
        assert {(await sqlite_harness.stored.job(order["id"])).state for order in orders} <= {"parked", "waiting"}
        sqlite_harness.mend()
        sqlite_harness.tick(900)
        await sqlite_harness.work(sweep=True)
        assert {(await sqlite_harness.stored.job(order["id"])).state for order in orders} == {"done"}

    async def test_an_event_whose_shop_does_not_answer_is_tried_again_later_each_time(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.shop.fail("status", status=503)
        await sqlite_harness.deliver({"id": order["id"]})
        pauses = []
        for _ in range(3):
            (row,) = await sqlite_harness.stored.rows(select(inbox))
            assert (row.state, row.reason_code) == ("parked", "another-try")
            pauses.append((row.due_at - sqlite_harness.clock()).total_seconds())
            sqlite_harness.tick(pauses[-1] + 1)
            await sqlite_harness.work(sweep=True)
        assert pauses[0] <= 5
        assert pauses[2] > 8
        sqlite_harness.mend()
        sqlite_harness.tick(60)
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.order(order["id"]) is not None

    async def test_an_event_that_the_shop_will_not_let_be_read_ends_in_the_dead_letters(
        self, sqlite_database: str, tmp_path: Path
    ) -> None:
        async with open_harness(sqlite_database, tmp_path, max_tries=3) as harness:
            await harness.connect()
            order = harness.shop.order()
            harness.shop.fail("status", status=400)
            await harness.deliver({"id": order["id"]})
            for _ in range(3):
                harness.tick(900)
                await harness.work(sweep=True)
            (row,) = await harness.stored.rows(select(inbox))
            assert (row.state, row.reason_code) == ("dead", "shop-refused")

    async def test_a_rate_limited_shop_is_asked_again_no_sooner_than_it_says(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.shop.fail("status", status=429, retry_after="300", times=1)
        await sqlite_harness.deliver({"id": order["id"]})
        (row,) = await sqlite_harness.stored.rows(select(inbox))
        assert 290 < (row.due_at - sqlite_harness.clock()).total_seconds() <= 300


class TestNothingIsLostOnTheWay:
    async def test_everything_accepted_is_accounted_for_after_a_bad_day(self, harness: Harness) -> None:
        orders = [harness.shop.order("SOKK-1") for _ in range(6)]
        accepted = 0
        for index, order in enumerate(orders):
            if index % 2:
                harness.warehouse.fail("hang-up", method="PUT", path=ORDERS, after_write=True, times=1)
            if index == 4:
                harness.warehouse.fail("status", method="GET", path=ORDERS, status=500, times=1)
            await harness.deliver(order)
            await harness.deliver(order)
            await harness.announce(harness.shop.change(order["id"], customer_note="x"))
            accepted += 3
        for _ in range(4):
            harness.tick(900)
            await harness.work(sweep=True)
        assert await harness.stored.all_ended()
        assert sum((await harness.stored.events()).values()) == accepted
        assert {row.state for row in await harness.stored.rows(select(jobs.c.state))} == {"done"}
        shown: list[Any] = [harness.warehouse.order(order["id"]) for order in orders]
        assert [each.body.order_remark for each in shown] == ["x"] * 6
        assert len(harness.warehouse.model.orders) == 6
