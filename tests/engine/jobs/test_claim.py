"""A lane is one target that takes one write at a time: whose turn it is, and that no record holds up the others."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Order
from app.engine.core import failpoints
from app.engine.core.queue import Task
from app.engine.dispatch import gate, lane_worker
from app.engine.operations import lanes as lane_commands
from app.engine.operations import replay
from app.flows.orders import transfer_order
from app.records.connections import Connection, Status
from app.records.dead_letters import Filter
from app.storage.tables import jobs
from tests.harness import Harness, Resource, open_harness

REFUSED = {"transporter_code": "NOBODY", "transporter_service_code": "NOTHING"}
"""A carrier that the warehouse does not have: it refuses such an order, and we cannot know before."""
BAD = [{"method_id": "bad", "method_title": "Bad", "total": "0"}]


def written(harness: Harness) -> list[str]:
    """What was written to the warehouse, in order: `PUT 5001`, `DELETE 50001`, `PUT SOKK-1`."""
    calls = [call for call in harness.warehouse.calls() if call.method != "GET"]
    return [f"{call.method} {_number(call)}" for call in calls]


def _number(call: Any) -> str:
    if call.method == "DELETE":
        return str(call.path.rpartition("/")[2])
    return str(call.body.get("orderNumber") or call.body["articleNumber"])


async def announce_all(harness: Harness, records: list[Resource], topic: str = "order.created", **more: Any) -> None:
    for record in records:
        await harness.announce(record, topic, **more)
    await harness.ingest()


async def work_off(harness: Harness, connection: Connection | None = None) -> int:
    """The lane alone, without any ring."""
    return await lane_worker.drain(harness.gateway, (connection or harness.connection).lane)


@pytest.fixture(params=["quick", "slow"])
def pace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of jobs that were claimed together, a machine that is slow gets to the first only, and gives the others back."""
    if request.param == "slow":
        monkeypatch.setattr(gate, "TOGETHER_SECONDS", 0.0)


class TestTurns:
    async def test_cancellations_go_before_orders_and_orders_before_articles(self, harness: Harness) -> None:
        first = harness.shop.order("SOKK-1")
        await harness.deliver(first)
        before = len(written(harness))
        await announce_all(harness, [harness.shop.product(f"VARE-{number}") for number in range(3)], "product.created")
        new = [harness.shop.order("SOKK-1") for _ in range(2)]
        await announce_all(harness, new)
        await announce_all(harness, [harness.shop.change(first["id"], status="cancelled")], "order.updated")
        await work_off(harness)
        cancelled: Any = harness.warehouse.order(first["id"])
        assert written(harness)[before:] == [
            f"DELETE {cancelled.id}",
            *(f"PUT {order['id']}" for order in new),
            *(f"PUT VARE-{number}" for number in range(3)),
        ]

    async def test_an_order_takes_the_articles_that_it_needs_with_it(self, sqlite_harness: Harness) -> None:
        await announce_all(
            sqlite_harness, [sqlite_harness.shop.product("ANNEN-1"), sqlite_harness.shop.product("SOKK-1")], "product.created"
        )
        order = sqlite_harness.shop.order("SOKK-1")
        await announce_all(sqlite_harness, [order])
        await work_off(sqlite_harness)
        assert written(sqlite_harness) == ["PUT SOKK-1", f"PUT {order['id']}", "PUT ANNEN-1"]

    @pytest.mark.usefixtures("pace")
    async def test_connections_take_turns_so_that_none_starves_another(self, harness: Harness) -> None:
        second = await harness.connect("b", order_number_prefix="B-", processes={"articles": False, "orders": True})
        third = await harness.connect("c", order_number_prefix="C-", processes={"articles": False, "orders": True})
        await announce_all(harness, [harness.shop.order() for _ in range(6)])
        await announce_all(harness, [harness.shop.order() for _ in range(2)], connection=second)
        await announce_all(harness, [harness.shop.order() for _ in range(2)], connection=third)
        await work_off(harness)
        shops = ["B" if "B-" in each else "C" if "C-" in each else "A" for each in written(harness) if "SOKK" not in each]
        assert sorted(shops[:3]) == sorted(shops[3:6]) == ["A", "B", "C"]
        assert shops[6:] == ["A"] * 4

    @pytest.mark.usefixtures("pace")
    async def test_what_has_waited_long_gets_every_fourth_turn(self, sqlite_harness: Harness) -> None:
        await announce_all(
            sqlite_harness, [sqlite_harness.shop.product(f"VARE-{number}") for number in range(3)], "product.created"
        )
        sqlite_harness.tick(20 * 60)
        orders = [sqlite_harness.shop.order("SOKK-1") for _ in range(8)]
        await announce_all(sqlite_harness, orders)
        await work_off(sqlite_harness)
        kinds = ["article" if "VARE" in each else "order" for each in written(sqlite_harness) if "SOKK" not in each]
        assert kinds == ["order"] * 3 + ["article"] + ["order"] * 3 + ["article"] + ["order"] * 2 + ["article"]

    async def test_what_has_not_waited_long_gets_no_turn_out_of_order(self, sqlite_harness: Harness) -> None:
        await announce_all(sqlite_harness, [sqlite_harness.shop.product("VARE-1")], "product.created")
        sqlite_harness.tick(10 * 60)
        await announce_all(sqlite_harness, [sqlite_harness.shop.order("SOKK-1") for _ in range(5)])
        await work_off(sqlite_harness)
        assert written(sqlite_harness)[-1] == "PUT VARE-1"

    async def test_a_drain_gives_the_lane_back_after_its_slice_and_looks_again(
        self, sqlite_database: str, tmp_path: Path
    ) -> None:
        async with open_harness(sqlite_database, tmp_path, slice_seconds=0.0005) as harness:
            await harness.connect()
            orders = [harness.shop.order() for _ in range(3)]
            await announce_all(harness, orders)
            assert await work_off(harness) == 1
            assert list(harness.wake_ups.waiting) == [(Task.DRAIN, harness.connection.lane)]
            await harness.work()
            assert {(await harness.stored.job(order["id"])).state for order in orders} == {"done"}

    async def test_a_stopping_worker_finishes_its_turn_and_takes_no_other(self, sqlite_harness: Harness) -> None:
        orders = [sqlite_harness.shop.order() for _ in range(3)]
        await announce_all(sqlite_harness, orders)

        def stop() -> None:
            sqlite_harness.gateway.stopping = True

        with failpoints.armed("attempt-after-commit", stop):
            assert await work_off(sqlite_harness) == 1
        assert [(await sqlite_harness.stored.job(order["id"])).state for order in orders] == ["done", "waiting", "waiting"]
        assert not sqlite_harness.wake_ups.waiting


class TestTheLaneGoesOn:
    async def test_a_failed_record_is_parked_and_the_lane_goes_on(self, sqlite_harness: Harness) -> None:
        orders = [sqlite_harness.shop.order("SOKK-1") for _ in range(3)]
        await announce_all(sqlite_harness, orders)
        sqlite_harness.warehouse.fail("status", method="PUT", path="/demo/api/v1/orders", status=500, times=1)
        await work_off(sqlite_harness)
        assert [(await sqlite_harness.stored.job(order["id"])).state for order in orders] == ["parked", "done", "done"]
        parked = await sqlite_harness.stored.job(orders[0]["id"])
        assert (parked.tries, parked.reason_code) == (1, "another-try")
        sqlite_harness.tick(10)
        await sqlite_harness.work(sweep=True)
        assert (await sqlite_harness.stored.job(orders[0]["id"])).state == "done"
        assert sqlite_harness.warehouse.order(orders[0]["id"]) is not None

    async def test_a_poison_record_in_the_middle_of_a_lane_costs_nobody_else(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = [sqlite_harness.shop.order() for _ in range(3)]

        async def poisoned(order: Order, *args: Any) -> Any:
            if order.source_id == str(orders[1]["id"]):
                raise ZeroDivisionError
            return await transfer_order(order, *args)

        monkeypatch.setattr(lane_worker, "transfer_order", poisoned)
        for order in orders:
            await sqlite_harness.announce(order)
        await sqlite_harness.work()
        assert [(await sqlite_harness.stored.job(order["id"])).state for order in orders] == ["done", "dead", "done"]
        assert (await sqlite_harness.stored.job(orders[1]["id"])).reason_code == "internal-error"
        assert await sqlite_harness.stored.alerts() == ["dead-letter"]
        assert await sqlite_harness.stored.events() == {"done": 2, "dead": 1}

    async def test_a_refused_record_ends_in_the_dead_letters_with_the_warehouses_own_words(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, transporters={"bad": REFUSED})
        orders = [sqlite_harness.shop.order(), sqlite_harness.shop.order(shipping_lines=BAD), sqlite_harness.shop.order()]
        for order in orders:
            await sqlite_harness.announce(order)
        await sqlite_harness.work()
        job = await sqlite_harness.stored.job(orders[1]["id"])
        assert (job.state, job.reason_code) == ("dead", "refused")
        assert "there is no transporter contract for code 'NOBODY'" in job.reason
        assert [(await sqlite_harness.stored.job(order["id"])).state for order in orders] == ["done", "dead", "done"]
        assert await sqlite_harness.stored.events() == {"done": 2, "dead": 1}

    async def test_a_lane_whose_database_goes_away_in_the_middle_of_a_turn_buries_nothing(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await announce_all(sqlite_harness, [order])

        def away() -> None:
            raise ConnectionError("the database is gone")

        with failpoints.armed("finish-before-commit", away), pytest.raises(ConnectionError):
            await work_off(sqlite_harness)
        assert (await sqlite_harness.stored.job(order["id"])).state == "running"
        await sqlite_harness.work(sweep=True)
        assert (await sqlite_harness.stored.job(order["id"])).state == "done"
        assert await sqlite_harness.stored.alerts() == []

    async def test_a_record_that_ends_its_workers_ends_in_the_dead_letters(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, max_tries=3) as harness:
            await harness.connect()
            order = harness.shop.order()
            await announce_all(harness, [order])

            def die() -> None:
                raise KeyboardInterrupt  # as close to being killed as a test may come

            with failpoints.armed("claim-after-commit", die):
                for _ in range(3):
                    with pytest.raises(KeyboardInterrupt):
                        await work_off(harness)
            await work_off(harness)
            job = await harness.stored.job(order["id"])
            assert (job.state, job.reason_code) == ("dead", "given-up")

    async def test_no_shop_is_called_from_inside_a_lane(self, sqlite_harness: Harness) -> None:
        sent = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.deliver(sent)
        await announce_all(
            sqlite_harness, [sqlite_harness.shop.product("VARE-1"), sqlite_harness.shop.product("VARE-2")], "product.created"
        )
        await announce_all(
            sqlite_harness,
            [
                sqlite_harness.shop.order("LUE-1", "VARE-1"),
                sqlite_harness.shop.order("", "SOKK-1"),
                sqlite_harness.shop.order("SOKK-1"),
            ],
        )
        await announce_all(sqlite_harness, [sqlite_harness.shop.change(sent["id"], status="cancelled")], "order.updated")
        sqlite_harness.warehouse.fail("status", status=500, times=2)
        before = len(sqlite_harness.shop.calls())
        await work_off(sqlite_harness)
        sqlite_harness.tick(60)
        await work_off(sqlite_harness)
        assert len(sqlite_harness.shop.calls()) == before
        assert {row.state for row in await sqlite_harness.stored.rows(select(jobs.c.state))} <= {"done", "held"}


class TestRefusedBefore:
    async def dead(self, harness: Harness, count: int) -> list[Resource]:
        """So many orders that the warehouse has refused, with good ones in between."""
        await harness.change_settings(harness.connection, transporters={"bad": REFUSED})
        bad = [harness.shop.order("SOKK-1", shipping_lines=BAD) for _ in range(count)]
        for order in bad:
            await harness.deliver(order)
            await harness.deliver(harness.shop.order("SOKK-1"))
        assert {(await harness.stored.job(order["id"])).state for order in bad} == {"dead"}
        return bad

    async def test_two_refused_records_never_run_back_to_back(self, harness: Harness) -> None:
        await self.dead(harness, 4)
        before = len(harness.warehouse.writes())
        await announce_all(harness, [harness.shop.order("SOKK-1") for _ in range(6)])
        assert await replay.replay_filtered(harness.gateway, Filter()) == 4
        harness.wake_ups.waiting.clear()
        for _ in range(8):  # in whatever slice
            await work_off(harness)
        statuses = [call.status for call in harness.warehouse.writes()[before:]]
        assert statuses.count(400) >= 1
        assert (400, 400) not in set(itertools.pairwise(statuses))

    async def test_with_nothing_else_to_do_there_is_a_pause_between_them(self, sqlite_harness: Harness) -> None:
        await self.dead(sqlite_harness, 3)
        before = len(sqlite_harness.warehouse.writes())
        await replay.replay_filtered(sqlite_harness.gateway, Filter())
        await sqlite_harness.work()
        await sqlite_harness.work(sweep=True)
        assert len(sqlite_harness.warehouse.writes()) == before + 1
        sqlite_harness.tick(61)
        await sqlite_harness.work(sweep=True)
        assert len(sqlite_harness.warehouse.writes()) == before + 2

    async def test_the_warehouse_never_locks_us_out_over_them(self, sqlite_harness: Harness) -> None:
        await self.dead(sqlite_harness, 6)
        for _ in range(10):
            await replay.replay_filtered(sqlite_harness.gateway, Filter())
            await sqlite_harness.work(sweep=True)
            sqlite_harness.tick(120)
        assert 429 not in {call.status for call in sqlite_harness.warehouse.calls()}

    async def test_a_corrected_record_is_no_longer_suspect(self, sqlite_harness: Harness) -> None:
        (bad,) = await self.dead(sqlite_harness, 1)
        assert (await sqlite_harness.stored.job(bad["id"])).suspect == 1
        line = bad["shipping_lines"][0]
        fixed = sqlite_harness.shop.change(bad["id"], shipping_lines=[{"id": line["id"], "method_id": "flat_rate"}])
        await sqlite_harness.announce(fixed)
        await sqlite_harness.ingest()
        assert (await sqlite_harness.stored.job(bad["id"])).suspect == 0
        await work_off(sqlite_harness)
        assert sqlite_harness.warehouse.order(bad["id"]) is not None

    async def test_a_replayed_order_does_not_wait_behind_all_articles(self, sqlite_harness: Harness) -> None:
        (bad,) = await self.dead(sqlite_harness, 1)
        await sqlite_harness.change_settings(sqlite_harness.connection, transporters={})
        await announce_all(
            sqlite_harness, [sqlite_harness.shop.product(f"VARE-{number}") for number in range(3)], "product.created"
        )
        before = len(written(sqlite_harness))
        await replay.replay_filtered(sqlite_harness.gateway, Filter())
        await work_off(sqlite_harness)
        assert written(sqlite_harness)[before] == f"PUT {bad['id']}"


class TestPauses:
    async def test_a_paused_lane_keeps_its_work_and_goes_on_when_it_is_resumed(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        gateway = sqlite_harness.gateway
        lane = await lane_commands.find(gateway, lane_commands.id_of(sqlite_harness.connection.lane))
        await lane_commands.pause_lane(gateway, lane, "stock-taking")
        await sqlite_harness.deliver(order)
        await sqlite_harness.work(sweep=True)
        assert (await sqlite_harness.stored.job(order["id"])).state == "waiting"
        await lane_commands.resume_lane(gateway, lane)
        await sqlite_harness.work()
        assert (await sqlite_harness.stored.job(order["id"])).state == "done"

    async def test_a_paused_connections_work_waits_and_the_others_goes_on(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("b", order_number_prefix="B-", processes={"articles": False, "orders": True})
        mine, theirs = sqlite_harness.shop.order(), sqlite_harness.shop.order()
        await announce_all(sqlite_harness, [mine])
        await announce_all(sqlite_harness, [theirs], connection=other)
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        await work_off(sqlite_harness)
        assert (sqlite_harness.warehouse.order(mine["id"]), (await sqlite_harness.stored.job(mine["id"])).state) == (
            None,
            "waiting",
        )
        assert sqlite_harness.warehouse.order(f"B-{theirs['id']}") is not None
        await sqlite_harness.set_status(sqlite_harness.connection, Status.ACTIVE)
        await work_off(sqlite_harness)
        assert sqlite_harness.warehouse.order(mine["id"]) is not None

    async def test_what_waits_for_a_process_that_was_switched_off_is_not_sent(self, sqlite_harness: Harness) -> None:
        await announce_all(sqlite_harness, [sqlite_harness.shop.product("VARE-1")], "product.created")
        changed = await sqlite_harness.change_settings(sqlite_harness.connection, processes={"articles": False, "orders": True})
        await work_off(sqlite_harness)
        assert written(sqlite_harness) == []
        await sqlite_harness.change_settings(changed, processes={"articles": True, "orders": True})
        await work_off(sqlite_harness)
        assert written(sqlite_harness) == ["PUT VARE-1"]

    async def test_a_lane_with_nothing_but_paused_work_is_not_rung_for_again(self, sqlite_harness: Harness) -> None:
        await announce_all(sqlite_harness, [sqlite_harness.shop.order()])
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        assert await work_off(sqlite_harness) == 0
        assert not sqlite_harness.wake_ups.waiting
