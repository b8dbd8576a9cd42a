"""The brake: a poll that finds far more than usual waits for a person."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.engine.jobs import brake
from app.errors import Conflict
from app.storage.tables import jobs
from tests.engine.polling.poll_steps import last_run, some_orders
from tests.harness import Harness, Resource


class TestTheBrake:
    async def gone(self, harness: Harness, sent: int, deleted: int, **limits: Any) -> list[Resource]:
        """So many orders are in the warehouse, so many of them deleted in the shop; then a sweep."""
        await harness.change_settings(harness.connection, brake=limits)
        orders = some_orders(harness, sent)
        await harness.poll()
        for order in orders[:deleted]:
            harness.shop.model.delete_order(order["id"])
        await harness.poll(sweep=True)
        return orders

    async def test_a_run_that_would_cancel_too_many_is_held_until_it_is_confirmed(self, harness: Harness) -> None:
        await self.gone(harness, 4, 3, max_count=2, max_share=1.0)
        assert harness.warehouse.writes("DELETE") == []
        assert await harness.stored.alerts() == ["brake"]
        run = await last_run(harness)
        assert run.state == "braked"
        assert [
            row.reason_code for row in await harness.stored.rows(select(jobs.c.reason_code).where(jobs.c.state == "held"))
        ] == ["brake"] * 3
        assert await brake.confirm(harness.gateway, run, None) == 3
        await harness.work()
        assert len(harness.warehouse.writes("DELETE")) == 3
        assert (await last_run(harness)).counts["cancelled"] == 3

    async def test_the_shop_s_own_webhook_lifts_it_for_its_order(self, harness: Harness) -> None:
        orders = await self.gone(harness, 4, 3, max_count=2, max_share=1.0)
        await harness.deliver({"id": orders[0]["id"]}, "order.deleted")
        (cancelled,) = harness.warehouse.writes("DELETE")
        assert cancelled.path.endswith(f"/{(await harness.stored.mapping(orders[0]['id'])).wms_id}")
        assert await brake.confirm(harness.gateway, await last_run(harness), None) == 2
        await harness.work()
        assert len(harness.warehouse.writes("DELETE")) == 3
        assert (await last_run(harness)).counts["cancelled"] == 3

    async def test_so_does_the_webhook_of_a_cancellation_that_a_poll_had_found(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, brake={"max_count": 1, "max_share": 1.0})
        orders = some_orders(harness, 3)
        await harness.poll()
        told = [harness.shop.change(order["id"], status="cancelled") for order in orders[:2]]
        await harness.poll()
        assert harness.warehouse.writes("DELETE") == []
        for each in told:
            await harness.deliver(each)
        assert len(harness.warehouse.writes("DELETE")) == 2
        assert (await harness.stored.mapping(orders[0]["id"])).reason_code == "cancelled"

    async def test_another_poll_does_not(self, sqlite_harness: Harness) -> None:
        await self.gone(sqlite_harness, 4, 3, max_count=2, max_share=1.0)
        await sqlite_harness.poll(sweep=True)
        assert sqlite_harness.warehouse.writes("DELETE") == []

    async def test_a_run_that_would_cancel_too_large_a_share_is_held(self, sqlite_harness: Harness) -> None:
        await self.gone(sqlite_harness, 8, 5, max_count=100, max_share=0.5)
        assert sqlite_harness.warehouse.writes("DELETE") == []
        assert (await last_run(sqlite_harness)).state == "braked"

    async def test_a_few_are_never_too_large_a_share(self, sqlite_harness: Harness) -> None:
        await self.gone(sqlite_harness, 4, 4, max_count=100, max_share=0.1)
        assert len(sqlite_harness.warehouse.writes("DELETE")) == 4
        assert (await last_run(sqlite_harness)).state == "done"

    async def test_up_to_the_limit_they_go_through_unasked(self, sqlite_harness: Harness) -> None:
        await self.gone(sqlite_harness, 4, 2, max_count=2, max_share=1.0)
        assert len(sqlite_harness.warehouse.writes("DELETE")) == 2

    async def test_it_holds_cancellations_that_a_poll_lists_too_those_of_waiting_jobs_included(
        self, sqlite_harness: Harness
    ) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, brake={"max_count": 1, "max_share": 1.0})
        orders = some_orders(sqlite_harness, 3)
        await sqlite_harness.poll()
        for order in orders:
            await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="waits"))
        await sqlite_harness.ingest()
        for order in orders:
            sqlite_harness.shop.change(order["id"], status="cancelled")
        await sqlite_harness.poll()
        assert sqlite_harness.warehouse.writes("DELETE") == []
        assert (await last_run(sqlite_harness)).state == "braked"

    async def test_what_webhooks_announce_is_not_braked(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, brake={"max_count": 0, "max_share": 0.0})
        orders = some_orders(sqlite_harness, 3)
        await sqlite_harness.poll()
        for order in orders:
            await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="cancelled"))
        assert len(sqlite_harness.warehouse.writes("DELETE")) == 3

    async def test_a_record_that_the_shop_changes_again_is_let_go_of(self, sqlite_harness: Harness) -> None:
        orders = await self.gone(sqlite_harness, 4, 0, max_count=0, max_share=1.0)
        sqlite_harness.shop.change(orders[0]["id"], status="cancelled")
        await sqlite_harness.poll()
        assert (await sqlite_harness.stored.job(orders[0]["id"])).state == "held"
        await sqlite_harness.deliver(
            sqlite_harness.shop.change(orders[0]["id"], status="processing", customer_note="wanted after all")
        )
        found: Any = sqlite_harness.warehouse.order(orders[0]["id"])
        assert (found.status, found.body.order_remark) == (300, "wanted after all")

    async def test_a_run_that_is_not_braked_cannot_be_confirmed(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.poll()
        with pytest.raises(Conflict):
            await brake.confirm(sqlite_harness.gateway, await last_run(sqlite_harness), None)
