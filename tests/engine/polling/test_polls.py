"""Polls are reconciliation: what no webhook announced is found, page by page, and nothing unchanged costs a write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.jobs import brake, enqueue
from app.engine.operations import syncs
from app.engine.operations.syncs import Asker, Request
from app.engine.polling import runner
from app.errors import Conflict
from app.metrics import DRIFT
from app.records import runs
from app.records.connections import Status
from app.records.runs import Run
from app.storage.tables import cursors, jobs
from app.storage.tables import runs as run_rows
from tests.house import House, Resource, open_house

ORDERS = "/wp-json/wc/v3/orders"


async def cursor(house: House, process: str = "orders") -> Any:
    (row,) = await house.rows(select(cursors).where(cursors.c.process == process, cursors.c.connection_id == house.connection.id))
    return row


async def last_run(house: House) -> Run:
    (row, *_) = await house.rows(select(run_rows.c.id).order_by(run_rows.c.created_at.desc()))
    async with house.gateway.database.read() as db:
        found = await runs.find(db, row.id)
    assert found is not None
    return found


async def sync(house: House, **asked: Any) -> Run:
    """As an operator asks for it."""
    run_id = await syncs.start(house.gateway, Request("shop", Process.ORDERS, **asked), Asker("key_1", None))
    await house.work()
    async with house.gateway.database.read() as db:
        found = await runs.find(db, run_id)
    assert found is not None
    return found


def some_orders(house: House, count: int, **more: Any) -> list[Resource]:
    found = []
    for _ in range(count):
        house.tick()
        found.append(house.order("SOKK-1", **more))
    return found


def numbers(house: House) -> list[str]:
    return sorted(number for _, number in house.warehouse.orders)


class TestFinding:
    async def test_what_no_webhook_announced_is_found_and_counted_as_drift(self, house: House) -> None:
        before = DRIFT.labels("shop", "orders")._value.get()
        orders = some_orders(house, 3)
        await house.poll()
        assert numbers(house) == [str(order["id"]) for order in orders]
        assert DRIFT.labels("shop", "orders")._value.get() == before + 3
        assert await house.told(orders[0]["id"]) == ["found-by-poll", "call-ok", "call-ok", "created"]

    async def test_what_a_webhook_announced_before_is_no_drift(self, lite: House) -> None:
        before = DRIFT.labels("shop", "orders")._value.get()
        for order in some_orders(lite, 2):
            await lite.deliver(order)
        await lite.poll()
        assert DRIFT.labels("shop", "orders")._value.get() == before
        assert (await last_run(lite)).counts["unchanged"] == 2

    async def test_the_gap_after_missed_webhooks_is_found_changes_and_cancellations_included(self, lite: House) -> None:
        orders = some_orders(lite, 3)
        await lite.poll()
        lite.change(orders[0]["id"], customer_note="missed")
        lite.change(orders[1]["id"], status="cancelled")
        new = some_orders(lite, 1)
        await lite.poll()
        shown: list[Any] = [lite.wms_order(order["id"]) for order in [*orders, *new]]
        assert [(each.status, each.body.order_remark) for each in shown] == [
            (300, "missed"),
            (1000, None),
            (300, None),
            (300, None),
        ]

    async def test_articles_are_found_with_their_variations(self, lite: House) -> None:
        parent = lite.product("SOKK", type="variable", attributes=[{"name": "Farge", "options": ["Blå"], "variation": True}])
        lite.shop.add_variation(parent["id"], {"sku": "SOKK-B", "attributes": [{"name": "Farge", "option": "Blå"}]})
        lite.product("VARE-1")
        await lite.poll("articles")
        assert {number for _, number in lite.warehouse.articles} == {"SOKK", "SOKK-B", "VARE-1"}

    async def test_a_change_in_the_same_second_as_the_cursor_is_found(self, lite: House) -> None:
        first = lite.order("SOKK-1")
        await lite.poll()
        lite.shop.orders.put({**lite.shop.orders[first["id"]], "customer_note": "in the same second"})
        await lite.poll()
        found: Any = lite.wms_order(first["id"])
        assert found.body.order_remark == "in the same second"


class TestNothingNew:
    async def test_orders_that_have_not_changed_cost_no_write_and_a_call_a_page(self, house: House) -> None:
        await house.change_settings(house.connection, page_size=20)
        for _ in range(100):
            house.order("SOKK-1", status="pending")
            house.tick(10)
        await house.poll()
        assert len(house.shop_calls(ORDERS)) in (5, 6)
        before = (len(house.shop_calls()), len(house.warehouse_calls()))
        await house.poll()
        assert (len(house.shop_calls()), len(house.warehouse_calls())) == (before[0] + 1, before[1])

    async def test_a_full_sync_of_what_has_not_changed_writes_nothing(self, lite: House) -> None:
        await lite.change_settings(lite.connection, page_size=5)
        orders = some_orders(lite, 12)
        await lite.poll()
        writes, calls = len(lite.writes()), len(lite.shop_calls(ORDERS))
        run = await sync(lite, full=True)
        assert (run.state, run.counts["unchanged"], run.counts["updated"]) == ("done", 24, 0)  # listed, and looked at by id
        assert len(lite.writes()) == writes == len(orders)
        pages = 3
        assert len(lite.shop_calls(ORDERS)) - calls <= pages + 3 + 1


class TestTheCursor:
    async def test_it_moves_page_by_page_and_a_failing_shop_leaves_it_where_it_was(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await house.change_settings(house.connection, page_size=2)
        orders = some_orders(house, 5)
        stored: list[str] = []

        def after_page(name: str) -> None:
            stored.append(name)
            if len(stored) == 1:
                house.fail_shop("status", status=503)

        with monkeypatch.context() as patch:
            patch.setattr(runner, "failpoint", after_page)
            await house.poll()
        place = await cursor(house)
        assert place.cursor["modified"] == orders[1]["date_modified_gmt"]
        assert (place.failures, "503" in place.last_error) == (1, True)
        assert place.next_poll_at > house.clock()
        assert numbers(house) == [str(order["id"]) for order in orders[:2]]
        assert (await last_run(house)).state == "failed"
        house.mend()
        await house.poll()
        assert numbers(house) == [str(order["id"]) for order in orders]
        after = await cursor(house)
        assert (after.failures, after.last_error, after.cursor["modified"]) == (0, None, orders[4]["date_modified_gmt"])

    @pytest.mark.parametrize(
        "fault",
        [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "hang-up"}, {"kind": "status", "status": 404}],
        ids=["500", "html", "hang-up", "404"],
    )
    async def test_a_shop_that_does_not_answer_as_it_should_proves_nothing(self, lite: House, fault: dict[str, Any]) -> None:
        orders = some_orders(lite, 2)
        await lite.poll()
        before = (await cursor(lite)).cursor
        lite.fail_shop(**fault)
        await lite.poll(sweep=True)
        assert (await cursor(lite)).cursor == before
        assert lite.writes("DELETE") == []
        shown: list[Any] = [lite.wms_order(order["id"]) for order in orders]
        assert [each.status for each in shown] == [300, 300]

    async def test_a_poll_goes_on_after_its_slice_where_it_was(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_house(sqlite_database, tmp_path, slice_seconds=0.0005) as house:
            await house.connect(page_size=2)
            orders = some_orders(house, 5)
            await house.poll()
            assert numbers(house) == [str(order["id"]) for order in orders]
            assert (await last_run(house)).state == "done"

    async def test_products_with_many_variations_are_gone_on_with_one_by_one(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_house(sqlite_database, tmp_path, slice_seconds=0.0005) as house:
            await house.connect()
            attributes = [{"name": "Farge", "options": ["Blå", "Grå"], "variation": True}]
            expected = set()
            house.tick(-3600)  # long ago by the shop's own word: what was just changed is read twice
            for number in range(4):
                house.tick(10)
                parent = house.product(f"SOKK-{number}", type="variable", attributes=attributes)
                for option in ("Blå", "Grå"):
                    sku = f"SOKK-{number}-{option}"
                    house.shop.add_variation(parent["id"], {"sku": sku, "attributes": [{"name": "Farge", "option": option}]})
                    expected.add(sku)
                expected.add(f"SOKK-{number}")
            await house.poll("articles")
            assert {number for _, number in house.warehouse.articles} == expected
            assert len(house.shop_calls("/wp-json/wc/v3/products/")) == 4  # each family once
            calls = len(house.shop_calls())
            await house.poll("articles")
            assert len(house.shop_calls()) == calls + 1

    async def test_the_next_poll_is_due_after_the_connections_interval(self, lite: House) -> None:
        await lite.change_settings(lite.connection, poll_interval_minutes=7)
        await lite.poll()
        due = (await cursor(lite)).next_poll_at
        assert 6.9 * 60 < (due - lite.clock()).total_seconds() <= 7 * 60

    async def test_pauses_after_failures_grow_up_to_the_interval(self, lite: House) -> None:
        lite.fail_shop("status", status=500)
        pauses = []
        for _ in range(12):
            await lite.poll()
            pauses.append(((await cursor(lite)).next_poll_at - lite.clock()).total_seconds())
        assert pauses[0] <= 5
        assert 0.5 * 900 - 5 <= pauses[-1] <= 900

    async def test_a_shop_that_asks_for_fewer_calls_is_left_alone_for_as_long_as_it_says(self, lite: House) -> None:
        lite.fail_shop("status", status=429, retry_after="400", times=1)
        await lite.poll()
        assert 390 < ((await cursor(lite)).next_poll_at - lite.clock()).total_seconds() <= 400

    async def test_a_refused_login_alerts(self, lite: House) -> None:
        lite.fail_shop("status", status=401)
        await lite.poll()
        assert await lite.alerts() == ["login-refused"]


class TestOddRecords:
    async def test_one_record_that_cannot_be_stored_is_left_out_and_the_others_go_on(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = some_orders(house, 3)
        real = enqueue.enqueue_change

        async def odd(db: Any, connection: Any, made: Any, now: Any) -> Any:
            if made.record.source_id == str(orders[1]["id"]):
                raise ValueError("odd")
            return await real(db, connection, made, now)

        monkeypatch.setattr(enqueue, "enqueue_change", odd)
        await house.poll()
        assert numbers(house) == [str(orders[0]["id"]), str(orders[2]["id"])]
        assert await house.alerts() == ["not-stored"]
        run = await last_run(house)
        assert (run.state, run.counts["read"], run.counts["skipped"], run.counts["created"]) == ("done", 3, 1, 2)
        assert (await cursor(house)).cursor["modified"] == orders[2]["date_modified_gmt"]


class TestSweep:
    async def test_an_order_that_was_deleted_for_good_is_found(self, house: House) -> None:
        kept, gone = some_orders(house, 2)
        await house.poll()
        house.shop.delete_order(gone["id"])
        await house.poll()
        assert house.writes("DELETE") == []  # no list shows what is not there
        await house.poll(sweep=True)
        shown: list[Any] = [house.wms_order(order["id"]) for order in (kept, gone)]
        assert [each.status for each in shown] == [300, 1000]
        assert (await house.mapping(gone["id"])).source_status == "deleted"

    async def test_an_order_in_the_trash_is_found(self, lite: House) -> None:
        (order,) = some_orders(lite, 1)
        await lite.poll()
        lite.tick()
        lite.shop.trash_order(order["id"])
        await lite.poll(sweep=True)
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000

    async def test_held_orders_are_looked_at_too(self, lite: House) -> None:
        (order,) = some_orders(lite, 1)
        await lite.poll()
        lite.warehouse.set_order_status(str(order["id"]), 320)
        lite.change(order["id"], customer_note="too late")
        await lite.poll()
        assert (await lite.mapping(order["id"])).transfer == "held"
        lite.warehouse.set_order_status(str(order["id"]), 300)
        lite.shop.delete_order(order["id"])
        await lite.poll(sweep=True)
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000

    async def test_it_is_done_again_after_its_interval(self, lite: House) -> None:
        await lite.change_settings(lite.connection, deep_sweep_hours=6)
        await lite.poll(sweep=True)
        place = await cursor(lite)
        assert place.swept_at is not None
        assert 5.9 * 3600 < (place.next_sweep_at - lite.clock()).total_seconds() <= 6 * 3600


class TestTheBrake:
    async def gone(self, house: House, sent: int, deleted: int, **limits: Any) -> list[Resource]:
        """So many orders are in the warehouse, so many of them deleted in the shop; then a sweep."""
        await house.change_settings(house.connection, brake=limits)
        orders = some_orders(house, sent)
        await house.poll()
        for order in orders[:deleted]:
            house.shop.delete_order(order["id"])
        await house.poll(sweep=True)
        return orders

    async def test_a_run_that_would_cancel_too_many_is_held_until_it_is_confirmed(self, house: House) -> None:
        await self.gone(house, 4, 3, max_count=2, max_share=1.0)
        assert house.writes("DELETE") == []
        assert await house.alerts() == ["brake"]
        run = await last_run(house)
        assert run.state == "braked"
        assert [row.reason_code for row in await house.rows(select(jobs.c.reason_code).where(jobs.c.state == "held"))] == [
            "brake"
        ] * 3
        assert await brake.confirm(house.gateway, run, None) == 3
        await house.work()
        assert len(house.writes("DELETE")) == 3
        assert (await last_run(house)).counts["cancelled"] == 3

    async def test_a_run_that_would_cancel_too_large_a_share_is_held(self, lite: House) -> None:
        await self.gone(lite, 8, 5, max_count=100, max_share=0.5)
        assert lite.writes("DELETE") == []
        assert (await last_run(lite)).state == "braked"

    async def test_a_few_are_never_too_large_a_share(self, lite: House) -> None:
        await self.gone(lite, 4, 4, max_count=100, max_share=0.1)
        assert len(lite.writes("DELETE")) == 4
        assert (await last_run(lite)).state == "done"

    async def test_up_to_the_limit_they_go_through_unasked(self, lite: House) -> None:
        await self.gone(lite, 4, 2, max_count=2, max_share=1.0)
        assert len(lite.writes("DELETE")) == 2

    async def test_it_holds_cancellations_that_a_poll_lists_too_those_of_waiting_jobs_included(self, lite: House) -> None:
        await lite.change_settings(lite.connection, brake={"max_count": 1, "max_share": 1.0})
        orders = some_orders(lite, 3)
        await lite.poll()
        for order in orders:
            await lite.announce(lite.change(order["id"], customer_note="waits"))
        await lite.ingest()
        for order in orders:
            lite.change(order["id"], status="cancelled")
        await lite.poll()
        assert lite.writes("DELETE") == []
        assert (await last_run(lite)).state == "braked"

    async def test_what_webhooks_announce_is_not_braked(self, lite: House) -> None:
        await lite.change_settings(lite.connection, brake={"max_count": 0, "max_share": 0.0})
        orders = some_orders(lite, 3)
        await lite.poll()
        for order in orders:
            await lite.deliver(lite.change(order["id"], status="cancelled"))
        assert len(lite.writes("DELETE")) == 3

    async def test_a_record_that_the_shop_changes_again_is_let_go_of(self, lite: House) -> None:
        orders = await self.gone(lite, 4, 0, max_count=0, max_share=1.0)
        lite.change(orders[0]["id"], status="cancelled")
        await lite.poll()
        assert (await lite.job(orders[0]["id"])).state == "held"
        await lite.deliver(lite.change(orders[0]["id"], status="processing", customer_note="wanted after all"))
        found: Any = lite.wms_order(orders[0]["id"])
        assert (found.status, found.body.order_remark) == (300, "wanted after all")

    async def test_a_run_that_is_not_braked_cannot_be_confirmed(self, lite: House) -> None:
        await lite.poll()
        with pytest.raises(Conflict):
            await brake.confirm(lite.gateway, await last_run(lite), None)


class TestOnRequest:
    async def test_a_full_sync_reads_everything_and_moves_no_cursor(self, lite: House) -> None:
        orders = some_orders(lite, 3)
        for order in orders:
            await lite.deliver(order)
        await lite.poll()
        before = (await cursor(lite)).cursor
        lite.shop.delete_order(orders[0]["id"])
        run = await sync(lite, full=True)
        assert (run.state, run.counts["cancelled"]) == ("done", 1)
        assert (await cursor(lite)).cursor == before

    async def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(self, house: House) -> None:
        some_orders(house, 2)
        run = await sync(house, dry_run=True)
        assert (run.state, run.counts["created"], len(run.parts[0].preview)) == ("done", 2, 2)
        assert house.warehouse_calls() == []
        assert await house.rows(select(jobs)) == []
        assert (await cursor(house)).cursor is None

    async def test_a_dry_run_that_fails_postpones_no_poll(self, lite: House) -> None:
        before = await cursor(lite)
        lite.fail_shop("status", status=500)
        run = await sync(lite, dry_run=True)
        assert run.state == "failed"
        assert await cursor(lite) == before

    async def test_what_a_run_has_found_is_counted_by_its_outcome(self, lite: House) -> None:
        done, held = some_orders(lite, 2)
        lite.shop.orders.put({**lite.shop.orders[held["id"]], "shipping": {}, "billing": {**held["billing"], "address_1": ""}})
        run = await sync(lite)
        assert (run.state, run.counts["created"], run.counts["held"], run.counts["read"]) == ("done", 1, 1, 2)
        assert [(each["record"], each["code"]) for each in run.parts[0].reasons] == [(str(held["id"]), "street-missing")]
        assert lite.wms_order(done["id"]) is not None


class TestNotNow:
    async def test_a_paused_connection_is_not_polled(self, lite: House) -> None:
        some_orders(lite, 1)
        await lite.set_status(lite.connection, Status.PAUSED)
        await lite.make_due("orders")
        await lite.work(sweep=True)
        await lite.poll()
        assert lite.shop_calls() == []

    async def test_what_a_run_has_left_to_read_waits_for_the_connection(self, lite: House) -> None:
        (order,) = some_orders(lite, 1)
        await syncs.start(lite.gateway, Request("shop", Process.ORDERS), Asker("key_1", None))
        await lite.set_status(lite.connection, Status.PAUSED)
        await lite.work()
        assert (lite.shop_calls(), (await last_run(lite)).state) == ([], "waiting")
        await lite.set_status(lite.connection, Status.ACTIVE)
        await lite.work(sweep=True)
        assert lite.wms_order(order["id"]) is not None

    async def test_a_process_that_is_switched_off_is_not_polled(self, lite: House) -> None:
        lite.product("VARE-1")
        await lite.change_settings(lite.connection, processes={"articles": False, "orders": True})
        await lite.make_due("articles")
        await lite.work(sweep=True)
        assert lite.shop_calls("/wp-json/wc/v3/products") == []

    async def test_the_first_poll_is_due_as_soon_as_a_connection_is_active(self, lite: House) -> None:
        (order,) = some_orders(lite, 1)
        async with lite.gateway.database.begin() as db:
            await db.execute(cursors.delete())
        await lite.work(sweep=True)
        assert lite.wms_order(order["id"]) is not None
