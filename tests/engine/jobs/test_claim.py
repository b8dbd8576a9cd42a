"""A lane is one target that takes one write at a time: whose turn it is, and that no record holds up the others."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Order
from app.engine.core.queue import Task
from app.engine.dispatch import lane_worker
from app.engine.operations import records as record_commands
from app.flows.orders import transfer_order
from app.records.connections import Connection, Status
from app.records.dead_letters import Filter
from app.storage.tables import jobs
from tests.house import House, Resource, open_house

REFUSED = {"transporter_code": "NOBODY", "transporter_service_code": "NOTHING"}
"""A carrier that the warehouse does not have: it refuses such an order, and we cannot know before."""
BAD = [{"method_id": "bad", "method_title": "Bad", "total": "0"}]


def written(house: House) -> list[str]:
    """What was written to the warehouse, in order: `PUT 5001`, `DELETE 50001`, `PUT SOKK-1`."""
    calls = [call for call in house.warehouse_calls() if call.method != "GET"]
    return [f"{call.method} {_number(call)}" for call in calls]


def _number(call: Any) -> str:
    if call.method == "DELETE":
        return str(call.path.rpartition("/")[2])
    return str(call.body.get("orderNumber") or call.body["articleNumber"])


async def announce_all(house: House, records: list[Resource], topic: str = "order.created", **more: Any) -> None:
    for record in records:
        await house.announce(record, topic, **more)
    await house.ingest()


async def work_off(house: House, connection: Connection | None = None) -> int:
    """The lane alone, without any ring."""
    return await lane_worker.drain(house.gateway, (connection or house.connection).lane)


class TestTurns:
    async def test_cancellations_go_before_orders_and_orders_before_articles(self, house: House) -> None:
        first = house.order("SOKK-1")
        await house.deliver(first)
        before = len(written(house))
        await announce_all(house, [house.product(f"VARE-{number}") for number in range(3)], "product.created")
        new = [house.order("SOKK-1") for _ in range(2)]
        await announce_all(house, new)
        await announce_all(house, [house.change(first["id"], status="cancelled")], "order.updated")
        await work_off(house)
        cancelled: Any = house.wms_order(first["id"])
        assert written(house)[before:] == [
            f"DELETE {cancelled.id}",
            *(f"PUT {order['id']}" for order in new),
            *(f"PUT VARE-{number}" for number in range(3)),
        ]

    async def test_an_order_takes_the_articles_that_it_needs_with_it(self, lite: House) -> None:
        await announce_all(lite, [lite.product("ANNEN-1"), lite.product("SOKK-1")], "product.created")
        order = lite.order("SOKK-1")
        await announce_all(lite, [order])
        await work_off(lite)
        assert written(lite) == ["PUT SOKK-1", f"PUT {order['id']}", "PUT ANNEN-1"]

    async def test_connections_take_turns_so_that_none_starves_another(self, house: House) -> None:
        second = await house.connect("b", order_number_prefix="B-", processes={"articles": False, "orders": True})
        third = await house.connect("c", order_number_prefix="C-", processes={"articles": False, "orders": True})
        await announce_all(house, [house.order() for _ in range(6)])
        await announce_all(house, [house.order() for _ in range(2)], connection=second)
        await announce_all(house, [house.order() for _ in range(2)], connection=third)
        await work_off(house)
        shops = ["B" if "B-" in each else "C" if "C-" in each else "A" for each in written(house) if "SOKK" not in each]
        assert sorted(shops[:3]) == sorted(shops[3:6]) == ["A", "B", "C"]
        assert shops[6:] == ["A"] * 4

    async def test_what_has_waited_long_gets_every_fourth_turn(self, lite: House) -> None:
        await announce_all(lite, [lite.product(f"VARE-{number}") for number in range(3)], "product.created")
        lite.tick(20 * 60)
        orders = [lite.order("SOKK-1") for _ in range(8)]
        await announce_all(lite, orders)
        await work_off(lite)
        kinds = ["article" if "VARE" in each else "order" for each in written(lite) if "SOKK" not in each]
        assert kinds == ["order"] * 3 + ["article"] + ["order"] * 3 + ["article"] + ["order"] * 2 + ["article"]

    async def test_what_has_not_waited_long_gets_no_turn_out_of_order(self, lite: House) -> None:
        await announce_all(lite, [lite.product("VARE-1")], "product.created")
        lite.tick(10 * 60)
        await announce_all(lite, [lite.order("SOKK-1") for _ in range(5)])
        await work_off(lite)
        assert written(lite)[-1] == "PUT VARE-1"

    async def test_a_drain_gives_the_lane_back_after_its_slice_and_looks_again(
        self, sqlite_database: str, tmp_path: Path
    ) -> None:
        async with open_house(sqlite_database, tmp_path, slice_seconds=0.0005) as house:
            await house.connect()
            orders = [house.order() for _ in range(3)]
            await announce_all(house, orders)
            assert await work_off(house) == 1
            assert list(house.wake_ups.waiting) == [(Task.DRAIN, house.connection.lane)]
            await house.work()
            assert {(await house.job(order["id"])).state for order in orders} == {"done"}

    async def test_a_stopping_worker_finishes_its_turn_and_takes_no_other(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = [lite.order() for _ in range(3)]
        await announce_all(lite, orders)

        async def stop(order: Order, *args: Any) -> Any:
            lite.gateway.stopping = True
            return await transfer_order(order, *args)

        monkeypatch.setattr(lane_worker, "transfer_order", stop)
        assert await work_off(lite) == 1
        assert [(await lite.job(order["id"])).state for order in orders] == ["done", "waiting", "waiting"]
        assert not lite.wake_ups.waiting


class TestTheLaneGoesOn:
    async def test_a_failed_record_is_parked_and_the_lane_goes_on(self, lite: House) -> None:
        orders = [lite.order("SOKK-1") for _ in range(3)]
        await announce_all(lite, orders)
        lite.fail_warehouse("status", method="PUT", path="/demo/api/v1/orders", status=500, times=1)
        await work_off(lite)
        assert [(await lite.job(order["id"])).state for order in orders] == ["parked", "done", "done"]
        parked = await lite.job(orders[0]["id"])
        assert (parked.tries, parked.reason_code) == (1, "another-try")
        lite.tick(10)
        await lite.work(sweep=True)
        assert (await lite.job(orders[0]["id"])).state == "done"
        assert lite.wms_order(orders[0]["id"]) is not None

    async def test_a_poison_record_in_the_middle_of_a_lane_costs_nobody_else(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = [lite.order() for _ in range(3)]

        async def poisoned(order: Order, *args: Any) -> Any:
            if order.source_id == str(orders[1]["id"]):
                raise ZeroDivisionError
            return await transfer_order(order, *args)

        monkeypatch.setattr(lane_worker, "transfer_order", poisoned)
        for order in orders:
            await lite.announce(order)
        await lite.work()
        assert [(await lite.job(order["id"])).state for order in orders] == ["done", "dead", "done"]
        assert (await lite.job(orders[1]["id"])).reason_code == "internal-error"
        assert await lite.alerts() == ["dead-letter"]
        assert await lite.events() == {"done": 2, "dead": 1}

    async def test_a_refused_record_ends_in_the_dead_letters_with_the_warehouses_own_words(self, lite: House) -> None:
        await lite.change_settings(lite.connection, transporters={"bad": REFUSED})
        orders = [lite.order(), lite.order(shipping_lines=BAD), lite.order()]
        for order in orders:
            await lite.announce(order)
        await lite.work()
        job = await lite.job(orders[1]["id"])
        assert (job.state, job.reason_code) == ("dead", "refused")
        assert "there is no transporter contract for code 'NOBODY'" in job.reason
        assert [(await lite.job(order["id"])).state for order in orders] == ["done", "dead", "done"]
        assert await lite.events() == {"done": 2, "dead": 1}

    async def test_a_lane_whose_database_goes_away_in_the_middle_of_a_turn_buries_nothing(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = lite.order()
        await announce_all(lite, [order])

        async def away(*args: Any) -> Any:
            raise ConnectionError("the database is gone")

        with monkeypatch.context() as patch:
            patch.setattr(lane_worker, "transfer_order", away)
            with pytest.raises(ConnectionError):
                await work_off(lite)
        assert (await lite.job(order["id"])).state == "running"
        await lite.work(sweep=True)
        assert (await lite.job(order["id"])).state == "done"
        assert await lite.alerts() == []

    async def test_a_record_that_ends_its_workers_ends_in_the_dead_letters(
        self, sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_house(sqlite_database, tmp_path, max_tries=3) as house:
            await house.connect()
            order = house.order()
            await announce_all(house, [order])

            async def die(*args: Any) -> Any:
                raise KeyboardInterrupt  # as close to being killed as a test may come

            monkeypatch.setattr(lane_worker, "transfer_order", die)
            for _ in range(3):
                with pytest.raises(KeyboardInterrupt):
                    await work_off(house)
            await work_off(house)
            job = await house.job(order["id"])
            assert (job.state, job.reason_code) == ("dead", "given-up")

    async def test_no_shop_is_called_from_inside_a_lane(self, lite: House) -> None:
        sent = lite.order("SOKK-1")
        await lite.deliver(sent)
        await announce_all(lite, [lite.product("VARE-1"), lite.product("VARE-2")], "product.created")
        await announce_all(lite, [lite.order("LUE-1", "VARE-1"), lite.order("", "SOKK-1"), lite.order("SOKK-1")])
        await announce_all(lite, [lite.change(sent["id"], status="cancelled")], "order.updated")
        lite.fail_warehouse("status", status=500, times=2)
        before = len(lite.shop_calls())
        await work_off(lite)
        lite.tick(60)
        await work_off(lite)
        assert len(lite.shop_calls()) == before
        assert {row.state for row in await lite.rows(select(jobs.c.state))} <= {"done", "held"}


class TestRefusedBefore:
    async def dead(self, house: House, count: int) -> list[Resource]:
        """So many orders that the warehouse has refused, with good ones in between."""
        await house.change_settings(house.connection, transporters={"bad": REFUSED})
        bad = [house.order("SOKK-1", shipping_lines=BAD) for _ in range(count)]
        for order in bad:
            await house.deliver(order)
            await house.deliver(house.order("SOKK-1"))
        assert {(await house.job(order["id"])).state for order in bad} == {"dead"}
        return bad

    async def test_two_refused_records_never_run_back_to_back(self, house: House) -> None:
        await self.dead(house, 4)
        before = len(house.writes())
        await announce_all(house, [house.order("SOKK-1") for _ in range(6)])
        assert await record_commands.replay_filtered(house.gateway, Filter()) == 4
        house.wake_ups.waiting.clear()
        for _ in range(8):  # in whatever slice
            await work_off(house)
        statuses = [call.status for call in house.writes()[before:]]
        assert statuses.count(400) >= 1
        assert (400, 400) not in set(itertools.pairwise(statuses))

    async def test_with_nothing_else_to_do_there_is_a_pause_between_them(self, lite: House) -> None:
        await self.dead(lite, 3)
        before = len(lite.writes())
        await record_commands.replay_filtered(lite.gateway, Filter())
        await lite.work()
        await lite.work(sweep=True)
        assert len(lite.writes()) == before + 1
        lite.tick(61)
        await lite.work(sweep=True)
        assert len(lite.writes()) == before + 2

    async def test_the_warehouse_never_locks_us_out_over_them(self, lite: House) -> None:
        await self.dead(lite, 6)
        for _ in range(10):
            await record_commands.replay_filtered(lite.gateway, Filter())
            await lite.work(sweep=True)
            lite.tick(120)
        assert 429 not in {call.status for call in lite.warehouse_calls()}

    async def test_a_corrected_record_is_no_longer_suspect(self, lite: House) -> None:
        (bad,) = await self.dead(lite, 1)
        assert (await lite.job(bad["id"])).suspect == 1
        line = bad["shipping_lines"][0]
        fixed = lite.change(bad["id"], shipping_lines=[{"id": line["id"], "method_id": "flat_rate"}])
        await lite.announce(fixed)
        await lite.ingest()
        assert (await lite.job(bad["id"])).suspect == 0
        await work_off(lite)
        assert lite.wms_order(bad["id"]) is not None

    async def test_a_replayed_order_does_not_wait_behind_all_articles(self, lite: House) -> None:
        (bad,) = await self.dead(lite, 1)
        await lite.change_settings(lite.connection, transporters={})
        await announce_all(lite, [lite.product(f"VARE-{number}") for number in range(3)], "product.created")
        before = len(written(lite))
        await record_commands.replay_filtered(lite.gateway, Filter())
        await work_off(lite)
        assert written(lite)[before] == f"PUT {bad['id']}"


class TestPauses:
    async def test_a_paused_lane_keeps_its_work_and_goes_on_when_it_is_resumed(self, lite: House) -> None:
        order = lite.order()
        await record_commands.pause_lane(lite.gateway, lite.connection.lane, "stock-taking")
        await lite.deliver(order)
        await lite.work(sweep=True)
        assert (await lite.job(order["id"])).state == "waiting"
        await record_commands.resume_lane(lite.gateway, lite.connection.lane)
        await lite.work()
        assert (await lite.job(order["id"])).state == "done"

    async def test_a_paused_connections_work_waits_and_the_others_goes_on(self, lite: House) -> None:
        other = await lite.connect("b", order_number_prefix="B-", processes={"articles": False, "orders": True})
        mine, theirs = lite.order(), lite.order()
        await announce_all(lite, [mine])
        await announce_all(lite, [theirs], connection=other)
        await lite.set_status(lite.connection, Status.PAUSED)
        await work_off(lite)
        assert (lite.wms_order(mine["id"]), (await lite.job(mine["id"])).state) == (None, "waiting")
        assert lite.wms_order(f"B-{theirs['id']}") is not None
        await lite.set_status(lite.connection, Status.ACTIVE)
        await work_off(lite)
        assert lite.wms_order(mine["id"]) is not None

    async def test_what_waits_for_a_process_that_was_switched_off_is_not_sent(self, lite: House) -> None:
        await announce_all(lite, [lite.product("VARE-1")], "product.created")
        changed = await lite.change_settings(lite.connection, processes={"articles": False, "orders": True})
        await work_off(lite)
        assert written(lite) == []
        await lite.change_settings(changed, processes={"articles": True, "orders": True})
        await work_off(lite)
        assert written(lite) == ["PUT VARE-1"]

    async def test_a_lane_with_nothing_but_paused_work_is_not_rung_for_again(self, lite: House) -> None:
        await announce_all(lite, [lite.order()])
        await lite.set_status(lite.connection, Status.PAUSED)
        assert await work_off(lite) == 0
        assert not lite.wake_ups.waiting
