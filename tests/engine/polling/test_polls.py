"""Polls are reconciliation: what no webhook announced is found, page by page, and nothing unchanged costs a write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.core import failpoints
from app.engine.jobs import enqueue
from app.engine.operations import syncs
from app.engine.operations.syncs import Asker, Request
from app.metrics import DRIFT
from app.records.connections import Status
from app.storage.tables import cursors, jobs
from tests.engine.polling.poll_steps import ORDERS, cursor, last_run, numbers, some_orders, sync
from tests.harness import Harness, open_harness


class TestFinding:
    async def test_what_no_webhook_announced_is_found_and_counted_as_drift(self, harness: Harness) -> None:
        before = DRIFT.labels("shop", "orders")._value.get()
        orders = some_orders(harness, 3)
        await harness.poll()
        assert numbers(harness) == [str(order["id"]) for order in orders]
        assert DRIFT.labels("shop", "orders")._value.get() == before + 3
        assert await harness.stored.history(orders[0]["id"]) == ["found-by-poll", "call-ok", "call-ok", "created"]

    async def test_what_a_webhook_announced_before_is_no_drift(self, sqlite_harness: Harness) -> None:
        before = DRIFT.labels("shop", "orders")._value.get()
        for order in some_orders(sqlite_harness, 2):
            await sqlite_harness.deliver(order)
        await sqlite_harness.poll()
        assert DRIFT.labels("shop", "orders")._value.get() == before
        assert (await last_run(sqlite_harness)).counts["unchanged"] == 2

    async def test_the_gap_after_missed_webhooks_is_found_changes_and_cancellations_included(
        self, sqlite_harness: Harness
    ) -> None:
        orders = some_orders(sqlite_harness, 3)
        await sqlite_harness.poll()
        sqlite_harness.shop.change(orders[0]["id"], customer_note="missed")
        sqlite_harness.shop.change(orders[1]["id"], status="cancelled")
        new = some_orders(sqlite_harness, 1)
        await sqlite_harness.poll()
        shown: list[Any] = [sqlite_harness.warehouse.order(order["id"]) for order in [*orders, *new]]
        assert [(each.status, each.body.order_remark) for each in shown] == [
            (300, "missed"),
            (1000, None),
            (300, None),
            (300, None),
        ]

    async def test_articles_are_found_with_their_variations(self, sqlite_harness: Harness) -> None:
        parent = sqlite_harness.shop.product(
            "SOKK", type="variable", attributes=[{"name": "Farge", "options": ["Blå"], "variation": True}]
        )
        sqlite_harness.shop.model.add_variation(
            parent["id"], {"sku": "SOKK-B", "attributes": [{"name": "Farge", "option": "Blå"}]}
        )
        sqlite_harness.shop.product("VARE-1")
        await sqlite_harness.poll("articles")
        assert {number for _, number in sqlite_harness.warehouse.model.articles} == {"SOKK", "SOKK-B", "VARE-1"}

    async def test_a_change_in_the_same_second_as_the_cursor_is_found(self, sqlite_harness: Harness) -> None:
        first = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.poll()
        sqlite_harness.shop.model.orders.put(
            {**sqlite_harness.shop.model.orders[first["id"]], "customer_note": "in the same second"}
        )
        await sqlite_harness.poll()
        found: Any = sqlite_harness.warehouse.order(first["id"])
        assert found.body.order_remark == "in the same second"


class TestNothingNew:
    async def test_orders_that_have_not_changed_cost_no_write_and_a_call_a_page(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, page_size=20)
        for _ in range(100):
            harness.shop.order("SOKK-1", status="pending")
            harness.tick(10)
        await harness.poll()
        assert len(harness.shop.calls(ORDERS)) in (5, 6)
        before = (len(harness.shop.calls()), len(harness.warehouse.calls()))
        await harness.poll()
        assert (len(harness.shop.calls()), len(harness.warehouse.calls())) == (before[0] + 1, before[1])

    async def test_a_full_sync_of_what_has_not_changed_writes_nothing(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, page_size=5)
        orders = some_orders(sqlite_harness, 12)
        await sqlite_harness.poll()
        writes, calls = len(sqlite_harness.warehouse.writes()), len(sqlite_harness.shop.calls(ORDERS))
        run = await sync(sqlite_harness, full=True)
        assert (run.state, run.counts["unchanged"], run.counts["updated"]) == ("done", 24, 0)  # listed, and looked at by id
        assert len(sqlite_harness.warehouse.writes()) == writes == len(orders)
        pages = 3
        assert len(sqlite_harness.shop.calls(ORDERS)) - calls <= pages + 3 + 1


class TestTheCursor:
    async def test_it_moves_page_by_page_and_a_failing_shop_leaves_it_where_it_was(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, page_size=2)
        orders = some_orders(harness, 5)
        with failpoints.armed("poll-after-page", lambda: harness.shop.fail("status", status=503)):
            await harness.poll()
        place = await cursor(harness)
        assert place.cursor["modified"] == orders[1]["date_modified_gmt"]
        assert (place.failures, "503" in place.last_error) == (1, True)
        failed_at = (await last_run(harness)).finished_at
        assert failed_at is not None
        assert place.next_poll_at > failed_at
        assert numbers(harness) == [str(order["id"]) for order in orders[:2]]
        assert (await last_run(harness)).state == "failed"
        harness.mend()
        await harness.poll()
        assert numbers(harness) == [str(order["id"]) for order in orders]
        after = await cursor(harness)
        assert (after.failures, after.last_error, after.cursor["modified"]) == (0, None, orders[4]["date_modified_gmt"])

    @pytest.mark.parametrize(
        "fault",
        [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "hang-up"}, {"kind": "status", "status": 404}],
        ids=["500", "html", "hang-up", "404"],
    )
    async def test_a_shop_that_does_not_answer_as_it_should_proves_nothing(
        self, sqlite_harness: Harness, fault: dict[str, Any]
    ) -> None:
        orders = some_orders(sqlite_harness, 2)
        await sqlite_harness.poll()
        before = (await cursor(sqlite_harness)).cursor
        sqlite_harness.shop.fail(**fault)
        await sqlite_harness.poll(sweep=True)
        assert (await cursor(sqlite_harness)).cursor == before
        assert sqlite_harness.warehouse.writes("DELETE") == []
        shown: list[Any] = [sqlite_harness.warehouse.order(order["id"]) for order in orders]
        assert [each.status for each in shown] == [300, 300]

    async def test_a_poll_goes_on_after_its_slice_where_it_was(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, slice_seconds=0.0005) as harness:
            await harness.connect(page_size=2)
            orders = some_orders(harness, 5)
            await harness.poll()
            assert numbers(harness) == [str(order["id"]) for order in orders]
            assert (await last_run(harness)).state == "done"

    async def test_products_with_many_variations_are_gone_on_with_one_by_one(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, slice_seconds=1e-9) as harness:
            await harness.connect()
            attributes = [{"name": "Farge", "options": ["Blå", "Grå"], "variation": True}]
            expected = set()
            for number in range(4):
                harness.tick(10)
                parent = harness.shop.product(f"SOKK-{number}", type="variable", attributes=attributes)
                for option in ("Blå", "Grå"):
                    sku = f"SOKK-{number}-{option}"
                    harness.shop.model.add_variation(
                        parent["id"], {"sku": sku, "attributes": [{"name": "Farge", "option": option}]}
                    )
                    expected.add(sku)
                expected.add(f"SOKK-{number}")
            harness.tick(3600)  # what was just changed is read twice
            await harness.poll("articles")
            assert {number for _, number in harness.warehouse.model.articles} == expected
            assert len(harness.shop.calls("/wp-json/wc/v3/products/")) == 4  # each family once
            calls = len(harness.shop.calls())
            await harness.poll("articles")
            assert len(harness.shop.calls()) == calls + 1

    async def test_the_next_poll_is_due_within_the_connections_interval_and_at_most_a_tenth_early(
        self, sqlite_harness: Harness
    ) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, poll_interval_minutes=7)
        await sqlite_harness.poll()
        due = (await cursor(sqlite_harness)).next_poll_at
        assert 6.2 * 60 < (due - sqlite_harness.clock()).total_seconds() <= 7 * 60

    async def test_pauses_after_failures_grow_to_less_than_a_minute(self, sqlite_harness: Harness) -> None:
        sqlite_harness.shop.fail("status", status=500)
        pauses = []
        for _ in range(12):
            await sqlite_harness.poll()
            pauses.append(((await cursor(sqlite_harness)).next_poll_at - sqlite_harness.clock()).total_seconds())
        assert pauses[0] <= 5
        assert 0.5 * 50 - 5 <= pauses[-1] <= 50

    async def test_a_login_that_is_refused_is_tried_again_with_the_interval_in_the_end(self, sqlite_harness: Harness) -> None:
        sqlite_harness.shop.fail("status", status=401)
        for _ in range(12):
            await sqlite_harness.poll()
        pause = ((await cursor(sqlite_harness)).next_poll_at - sqlite_harness.clock()).total_seconds()
        assert 0.5 * 900 - 5 <= pause <= 900

    async def test_a_shop_that_asks_for_fewer_calls_is_left_alone_for_as_long_as_it_says(self, sqlite_harness: Harness) -> None:
        sqlite_harness.shop.fail("status", status=429, retry_after="400", times=1)
        await sqlite_harness.poll()
        assert 390 < ((await cursor(sqlite_harness)).next_poll_at - sqlite_harness.clock()).total_seconds() <= 400

    async def test_a_refused_login_alerts(self, sqlite_harness: Harness) -> None:
        sqlite_harness.shop.fail("status", status=401)
        await sqlite_harness.poll()
        assert await sqlite_harness.stored.alerts() == ["login-refused"]


class TestOddRecords:
    async def test_one_record_that_cannot_be_stored_is_left_out_and_the_others_go_on(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = some_orders(harness, 3)
        real = enqueue.enqueue_changes

        async def odd(db: Any, connection: Any, made: Any, now: Any) -> Any:
            if any(each.source_id == str(orders[1]["id"]) for each in made):
                raise ValueError("odd")
            return await real(db, connection, made, now)

        monkeypatch.setattr(enqueue, "enqueue_changes", odd)
        await harness.poll()
        assert numbers(harness) == [str(orders[0]["id"]), str(orders[2]["id"])]
        assert await harness.stored.alerts() == ["not-stored"]
        run = await last_run(harness)
        assert (run.state, run.counts["read"], run.counts["skipped"], run.counts["created"]) == ("done", 3, 1, 2)
        assert (await cursor(harness)).cursor["modified"] == orders[2]["date_modified_gmt"]


class TestSweep:
    async def test_an_order_that_was_deleted_for_good_is_found(self, harness: Harness) -> None:
        kept, gone = some_orders(harness, 2)
        await harness.poll()
        harness.shop.model.delete_order(gone["id"])
        await harness.poll()
        assert harness.warehouse.writes("DELETE") == []  # no list shows what is not there
        await harness.poll(sweep=True)
        shown: list[Any] = [harness.warehouse.order(order["id"]) for order in (kept, gone)]
        assert [each.status for each in shown] == [300, 1000]
        assert (await harness.stored.mapping(gone["id"])).source_status == "deleted"

    async def test_an_order_in_the_trash_is_found(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.poll()
        sqlite_harness.tick()
        sqlite_harness.shop.model.trash_order(order["id"])
        await sqlite_harness.poll(sweep=True)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000

    async def test_held_orders_are_looked_at_too(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.poll()
        sqlite_harness.warehouse.model.set_order_status(str(order["id"]), 320)
        sqlite_harness.shop.change(order["id"], customer_note="too late")
        await sqlite_harness.poll()
        assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "held"
        sqlite_harness.warehouse.model.set_order_status(str(order["id"]), 300)
        sqlite_harness.shop.model.delete_order(order["id"])
        await sqlite_harness.poll(sweep=True)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000

    async def test_it_is_done_again_after_its_interval(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, deep_sweep_hours=6)
        await sqlite_harness.poll(sweep=True)
        place = await cursor(sqlite_harness)
        assert place.swept_at is not None
        assert 5.9 * 3600 < (place.next_sweep_at - sqlite_harness.clock()).total_seconds() <= 6 * 3600


class TestOnRequest:
    async def test_a_full_sync_reads_everything_and_moves_no_cursor(self, sqlite_harness: Harness) -> None:
        orders = some_orders(sqlite_harness, 3)
        for order in orders:
            await sqlite_harness.deliver(order)
        await sqlite_harness.poll()
        before = (await cursor(sqlite_harness)).cursor
        sqlite_harness.shop.model.delete_order(orders[0]["id"])
        run = await sync(sqlite_harness, full=True)
        assert (run.state, run.counts["cancelled"]) == ("done", 1)
        assert (await cursor(sqlite_harness)).cursor == before

    async def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(self, harness: Harness) -> None:
        some_orders(harness, 2)
        run = await sync(harness, dry_run=True)
        assert (run.state, run.counts["created"], len(run.parts[0].preview)) == ("done", 2, 2)
        assert harness.warehouse.calls() == []
        assert await harness.stored.rows(select(jobs)) == []
        assert (await cursor(harness)).cursor is None

    async def test_a_dry_run_that_fails_postpones_no_poll(self, sqlite_harness: Harness) -> None:
        before = await cursor(sqlite_harness)
        sqlite_harness.shop.fail("status", status=500)
        run = await sync(sqlite_harness, dry_run=True)
        assert run.state == "failed"
        assert await cursor(sqlite_harness) == before

    async def test_what_a_run_has_found_is_counted_by_its_outcome(self, sqlite_harness: Harness) -> None:
        done, held = some_orders(sqlite_harness, 2)
        sqlite_harness.shop.model.orders.put(
            {**sqlite_harness.shop.model.orders[held["id"]], "shipping": {}, "billing": {**held["billing"], "address_1": ""}}
        )
        run = await sync(sqlite_harness)
        assert (run.state, run.counts["created"], run.counts["held"], run.counts["read"]) == ("done", 1, 1, 2)
        assert [(each["record"], each["code"]) for each in run.parts[0].reasons] == [(str(held["id"]), "street-missing")]
        assert sqlite_harness.warehouse.order(done["id"]) is not None


class TestNotNow:
    async def test_a_paused_connection_is_not_polled(self, sqlite_harness: Harness) -> None:
        some_orders(sqlite_harness, 1)
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        await sqlite_harness.make_due("orders")
        await sqlite_harness.work(sweep=True)
        await sqlite_harness.poll()
        assert sqlite_harness.shop.calls() == []

    async def test_what_a_run_has_left_to_read_waits_for_the_connection(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await syncs.start(sqlite_harness.gateway, Request("shop", Process.ORDERS), Asker("key_1", None))
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        await sqlite_harness.work()
        assert (sqlite_harness.shop.calls(), (await last_run(sqlite_harness)).state) == ([], "waiting")
        await sqlite_harness.set_status(sqlite_harness.connection, Status.ACTIVE)
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.order(order["id"]) is not None

    async def test_a_process_that_is_switched_off_is_not_polled(self, sqlite_harness: Harness) -> None:
        sqlite_harness.shop.product("VARE-1")
        await sqlite_harness.change_settings(sqlite_harness.connection, processes={"articles": False, "orders": True})
        await sqlite_harness.make_due("articles")
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.shop.calls("/wp-json/wc/v3/products") == []

    async def test_the_first_poll_is_due_as_soon_as_a_connection_is_active(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        async with sqlite_harness.gateway.database.begin() as db:
            await db.execute(cursors.delete())
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.order(order["id"]) is not None
