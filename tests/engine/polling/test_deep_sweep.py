"""The deep sweep: which orders it reads, how it goes on in a slow shop, and what one order that cannot be read costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from app.records import mappings
from app.storage.outbound_tables import reservations
from app.storage.tables import OPEN_ORDER, alerts, run_parts
from app.storage.tables import mappings as mapping_rows
from tests.engine.polling.poll_steps import ORDERS, cursor, last_run, numbers, some_orders
from tests.harness import ADDRESS, Harness, open_harness

DAY = 24 * 3600


async def open_ones(harness: Harness) -> list[str]:
    async with harness.gateway.database.read() as db:
        return [source_id for _, source_id in await mappings.open_orders(db, harness.connection.id, 0, 100)]


async def closing_ones(harness: Harness) -> list[str]:
    async with harness.gateway.database.read() as db:
        page = await mappings.closing_orders(db, harness.connection.id, harness.clock(), (0, 100))
    return [source_id for _, source_id in page]


class TestOrdersThatAreNotInTheWarehouse:
    async def test_a_held_order_that_is_deleted_for_good_lets_go_of_its_stock(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, processes={"stock": True})
        order = harness.shop.order("SOKK-1", shipping={**ADDRESS, "country": "QQ"})
        await harness.deliver(order)
        assert (await harness.stored.mapping(order["id"])).transfer == "held"
        assert len(await harness.stored.rows(select(reservations))) == 1
        harness.shop.model.delete_order(order["id"])
        await harness.poll(sweep=True)
        assert await harness.stored.rows(select(reservations)) == []
        assert (await harness.stored.job(order["id"])).state == "done"
        assert (await harness.stored.mapping(order["id"])).transfer == "none"
        assert await open_ones(harness) == []

    async def test_a_dead_order_in_the_trash_does_too_when_its_webhook_was_lost(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, processes={"stock": True})
        harness.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
        order = harness.shop.order("SOKK-1")
        await harness.deliver(order)
        harness.mend()
        assert (await harness.stored.job(order["id"])).state == "dead"
        harness.shop.model.trash_order(order["id"])
        await harness.poll(sweep=True)
        assert await harness.stored.rows(select(reservations)) == []
        assert (await harness.stored.job(order["id"])).state == "done"

    async def test_one_that_is_still_wanted_stays_as_it_is(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order("SOKK-1", shipping={**ADDRESS, "country": "QQ"})
        await sqlite_harness.deliver(order)
        before = await sqlite_harness.stored.job(order["id"])
        await sqlite_harness.poll(sweep=True)
        after = await sqlite_harness.stored.job(order["id"])
        assert (after.state, after.generation) == ("held", before.generation)

    async def test_many_of_them_are_no_case_for_the_brake(self, sqlite_harness: Harness) -> None:
        orders = [sqlite_harness.shop.order("SOKK-1", shipping={**ADDRESS, "country": "QQ"}) for _ in range(6)]
        for order in orders:
            await sqlite_harness.deliver(order)
            sqlite_harness.shop.model.delete_order(order["id"])
        await sqlite_harness.poll(sweep=True)
        assert (await last_run(sqlite_harness)).state == "done"


class TestOrdersThatTheShopHasCompleted:
    async def test_they_are_read_for_a_week_and_then_no_more(self, harness: Harness) -> None:
        orders = some_orders(harness, 3)
        for order in orders:
            await harness.deliver(order)
            harness.warehouse.model.ship(str(order["id"]), "WB-1")
            await harness.deliver(harness.shop.change(order["id"], status="completed"))
        assert await open_ones(harness) == []
        assert await closing_ones(harness) == [str(order["id"]) for order in orders]
        harness.tick(6 * DAY)
        before = len(harness.shop.calls(ORDERS))
        await harness.poll(sweep=True)
        assert len(harness.shop.calls(ORDERS)) == before + 2  # the poll, and one list of ids
        harness.tick(2 * DAY)
        assert await closing_ones(harness) == []
        before = len(harness.shop.calls(ORDERS))
        await harness.poll(sweep=True)
        assert len(harness.shop.calls(ORDERS)) == before + 1

    async def test_one_that_is_deleted_in_that_week_is_found(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="completed"))
        sqlite_harness.tick(DAY)
        sqlite_harness.shop.model.delete_order(order["id"])
        await sqlite_harness.poll(sweep=True)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000

    async def test_one_that_is_opened_again_is_read_as_before(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="completed"))
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="processing"))
        assert (await open_ones(sqlite_harness), await closing_ones(sqlite_harness)) == ([str(order["id"])], [])

    async def test_one_that_was_completed_before_this_was_kept_is_closed_by_the_sweep(self, sqlite_harness: Harness) -> None:
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="completed"))
        async with sqlite_harness.gateway.database.begin() as db:
            await db.execute(text("update mappings set closes_at = null"))
        await sqlite_harness.poll(sweep=True)
        assert (await open_ones(sqlite_harness), await closing_ones(sqlite_harness)) == ([], [str(order["id"])])


class TestASlowShop:
    async def test_a_sweep_stores_as_it_goes_and_reads_each_order_once(self, database_url: str, tmp_path: Path) -> None:
        async with open_harness(database_url, tmp_path, slice_seconds=0.0005) as harness:
            await harness.connect(brake={"max_count": 100, "max_share": 1})
            orders = some_orders(harness, 14)
            await harness.poll()
            for order in orders[1:]:
                harness.shop.model.delete_order(order["id"])
            before = len(harness.shop.calls())
            slices: list[Any] = []
            with_parts = harness.wake_ups.send

            async def send(task: Any, key: str) -> bool:
                if task == "poll":
                    (part,) = await harness.stored.rows(select(run_parts).order_by(run_parts.c.id.desc()).limit(1))
                    slices.append(part.read)
                return await with_parts(task, key)

            harness.wake_ups.send = send  # type: ignore[method-assign]
            await harness.poll(sweep=True)
            paths = [call.path for call in harness.shop.calls()[before:]]
            alone = [path for path in paths if path != ORDERS]
            assert sorted(alone) == sorted(f"{ORDERS}/{order['id']}" for order in orders[1:])  # each once
            assert paths.count(ORDERS) == 2 + slices.count(0)  # the poll, one list by ids; a slice that only polled
            assert len(slices) >= 3
            assert slices == sorted(slices)
            shown: list[Any] = [harness.warehouse.order(order["id"]) for order in orders]
            assert [each.status for each in shown] == [300] + [1000] * 13
            assert (await last_run(harness)).state == "done"

    async def test_one_order_that_breaks_its_answer_is_left_out_and_named(self, harness: Harness) -> None:
        orders = some_orders(harness, 3)
        await harness.poll()
        for order in orders:
            harness.shop.model.trash_order(order["id"])
        harness.shop.fail("status", status=500, path=f"{ORDERS}/{orders[1]['id']}")
        await harness.poll(sweep=True)
        shown: list[Any] = [harness.warehouse.order(order["id"]) for order in orders]
        assert [each.status for each in shown] == [1000, 300, 1000]
        assert (await last_run(harness)).state == "done"
        (alert,) = await harness.stored.rows(select(alerts.c.kind, alerts.c.subject))
        assert tuple(alert) == ("not-stored", f"orders:{orders[1]['id']}")

    async def test_a_shop_that_gives_no_order_ends_the_part_and_is_tried_again(self, harness: Harness) -> None:
        orders = some_orders(harness, 4)
        await harness.poll()
        for order in orders:
            harness.shop.model.trash_order(order["id"])
        for order in orders:
            harness.shop.fail("status", status=500, path=f"{ORDERS}/{order['id']}")
        await harness.poll(sweep=True)
        assert ((await last_run(harness)).state, (await cursor(harness)).failures) == ("failed", 1)
        harness.mend()
        await harness.poll(sweep=True)
        shown: list[Any] = [harness.warehouse.order(number) for number in numbers(harness)]
        assert [each.status for each in shown] == [1000] * 4


class TestItsCost:
    async def test_its_queries_use_the_indexes_of_open_orders(self, harness: Harness) -> None:
        now, of = harness.clock(), harness.connection
        done = {"connection_id": of.id, "lane": of.lane, "kind": "order", "wanted": "present", "transfer": "sent", "wms_id": 1}
        done |= {"completed_at": now, "created_at": now, "updated_at": now}
        async with harness.gateway.database.begin() as db:
            await db.execute(insert(mapping_rows), [{**done, "source_id": str(number)} for number in range(3000)])
            await db.execute(text("analyze mappings"))
        for name, where in (
            ("ix_mappings_swept", f"{OPEN_ORDER} and id > 0 order by id limit 100"),
            ("ix_mappings_closing", "closes_at > '2026-01-01 00:00:00' and id > 0 order by id limit 100"),
        ):
            query = f"select id, source_id from mappings where connection_id = '{of.id}' and {where}"
            async with harness.gateway.database.read() as db:
                if harness.gateway.database.is_sqlite:
                    plan = str(list(await db.execute(text(f"explain query plan {query}"))))
                else:
                    await db.execute(text("set local enable_seqscan = off"))
                    plan = str(list(await db.execute(text(f"explain {query}"))))
            assert name in plan
