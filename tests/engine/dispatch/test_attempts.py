"""Calls are fenced by attempts: whatever ends a worker, and whatever an answer looks like, there is one order and no second
identical write.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.core import leases
from app.engine.dispatch import lane_worker
from app.errors import Refused
from app.storage.tables import attempts
from app.warehouse.rest.client import OngoingClient
from tests.harness import Harness, Resource, open_harness
from tests.steering import Ended, ended_at


async def killed_at(harness: Harness, failpoint: str, time: int = 1) -> bool:
    """Works until the worker is killed at its `time`-th pass of the failpoint, then as the next worker does. True if it was."""

    async def not_released(*_: Any) -> None:
        return None

    hit = False
    with pytest.MonkeyPatch.context() as patch, ended_at(failpoint, time):
        patch.setattr(leases, "release", not_released)
        try:
            await harness.work(sweep=True)
        except Ended:
            hit = True
            harness.wake_ups.waiting.clear()  # they may be lost too
    await harness.stored.expire_leases()
    await harness.work(sweep=True)
    await harness.stored.age_attempts()
    harness.tick(3600)
    await harness.work(sweep=True)
    return hit


def writes(harness: Harness) -> list[str]:
    """Every writing call that reached the warehouse and was not refused, with its content."""
    calls = [call for call in harness.warehouse.calls() if call.method != "GET"]
    return [f"{call.method} {call.path} {json.dumps(call.body, sort_keys=True)}" for call in calls]


def assert_nothing_doubled(harness: Harness) -> None:
    assert [write for write, count in Counter(writes(harness)).items() if count > 1] == []


async def open_attempts(harness: Harness) -> int:
    return len(await harness.stored.rows(select(attempts).where(attempts.c.finished_at.is_(None))))


EVERY_PASS = [
    ("ingest-before-commit", 1),
    ("ingest-after-commit", 1),
    ("claim-after-commit", 1),
    ("attempt-after-commit", 1),  # the article's
    ("attempt-after-commit", 2),  # the order's
    ("call-after-answer", 1),
    ("call-after-answer", 2),
    ("finish-before-commit", 1),
    ("finish-after-commit", 1),
]


class TestAWorkerDies:
    @pytest.mark.parametrize(("failpoint", "time"), EVERY_PASS)
    async def test_there_is_exactly_one_order_and_no_second_identical_write(
        self, sqlite_harness: Harness, failpoint: str, time: int
    ) -> None:
        await self.die_and_go_on(sqlite_harness, failpoint, time)

    @pytest.mark.parametrize("failpoint", ["ingest-before-commit", "call-after-answer", "finish-before-commit"])
    async def test_so_it_is_on_both_databases(self, harness: Harness, failpoint: str) -> None:
        await self.die_and_go_on(harness, failpoint, 1)

    async def die_and_go_on(self, harness: Harness, failpoint: str, time: int) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.announce(order)
        assert await killed_at(harness, failpoint, time), "the failpoint was not hit"
        assert harness.warehouse.order(order["id"]) is not None
        assert len(harness.warehouse.writes()) == 1
        assert_nothing_doubled(harness)
        job = await harness.stored.job(order["id"])
        assert (job.state, job.done_generation) == ("done", 1)
        assert await harness.stored.events() == {"done": 1}
        assert await open_attempts(harness) == 0

    @pytest.mark.parametrize(
        ("failpoint", "time"),
        [("claim-after-commit", 1), ("attempt-after-commit", 2), ("call-after-answer", 2), ("finish-before-commit", 1)],
    )
    async def test_of_orders_that_are_worked_on_together_none_is_lost_or_doubled(
        self, harness: Harness, failpoint: str, time: int
    ) -> None:
        await harness.deliver(harness.shop.order("SOKK-1"))  # its article is there
        orders = [harness.shop.order("SOKK-1") for _ in range(3)]
        for order in orders:
            await harness.announce(order)
        assert await killed_at(harness, failpoint, time), "the failpoint was not hit"
        assert_nothing_doubled(harness)
        assert len(harness.warehouse.model.orders) == 4
        assert {(await harness.stored.job(order["id"])).state for order in orders} == {"done"}
        assert [(await harness.stored.job(order["id"])).tries for order in orders] == [0, 0, 0]
        assert await open_attempts(harness) == 0

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_a_change_is_written_once(self, sqlite_harness: Harness, failpoint: str) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="changed"))
        assert await killed_at(sqlite_harness, failpoint)
        assert [call.body.get("orderRemark") for call in sqlite_harness.warehouse.writes()] == [None, "changed"]
        assert await sqlite_harness.stored.events() == {"done": 2}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_an_order_is_cancelled_once(self, sqlite_harness: Harness, failpoint: str) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], status="cancelled"))
        assert await killed_at(sqlite_harness, failpoint)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000
        assert len(sqlite_harness.warehouse.writes("DELETE")) == 1
        assert await sqlite_harness.stored.events() == {"done": 2}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_an_article_is_written_once(self, sqlite_harness: Harness, failpoint: str) -> None:
        await sqlite_harness.announce(sqlite_harness.shop.product("VARE-1"), "product.created")
        assert await killed_at(sqlite_harness, failpoint)
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1
        assert await sqlite_harness.stored.events() == {"done": 1}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_what_came_while_it_was_dead_is_sent_too_and_nothing_twice(
        self, sqlite_harness: Harness, failpoint: str
    ) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.announce(order)
        with ended_at(failpoint, 2 if "attempt" in failpoint or "call" in failpoint else 1), pytest.raises(Ended):
            await sqlite_harness.work()
        await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="meanwhile"))
        await sqlite_harness.stored.expire_leases()
        await sqlite_harness.work(sweep=True)
        await sqlite_harness.stored.age_attempts()
        sqlite_harness.tick(3600)
        await sqlite_harness.work(sweep=True)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.body.order_remark == "meanwhile"
        assert_nothing_doubled(sqlite_harness)
        assert await sqlite_harness.stored.all_ended()

    async def test_a_poll_that_dies_between_two_pages_goes_on_from_the_first(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, page_size=2)
        orders = []
        for _ in range(5):
            sqlite_harness.tick()
            orders.append(sqlite_harness.shop.order("SOKK-1"))
        await sqlite_harness.poll("articles")
        await sqlite_harness.make_due("orders")
        assert await killed_at(sqlite_harness, "poll-after-page", 2)
        await sqlite_harness.poll()
        assert sorted(call.body["orderNumber"] for call in sqlite_harness.warehouse.writes()) == [
            str(order["id"]) for order in orders
        ]

    async def test_an_open_call_is_waited_out_before_the_record_is_looked_at(self, harness: Harness) -> None:
        order = harness.shop.order()
        await harness.announce(order)
        await harness.ingest()
        with ended_at("attempt-after-commit"), pytest.raises(Ended):
            await lane_worker.drain(harness.gateway, harness.connection.lane)
        before = len(harness.warehouse.calls())
        await harness.stored.expire_leases()
        await harness.work(sweep=True)
        job = await harness.stored.job(order["id"])
        assert (job.state, job.reason_code) == ("parked", "attempt-open")
        assert len(harness.warehouse.calls()) == before
        assert await open_attempts(harness) == 1


UNKNOWN: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 408},
    {"kind": "hang-up"},
    {"kind": "html"},
    {"kind": "no-id"},
    {"kind": "null-answer"},
]
IDS = [f"{fault['kind']}{fault.get('status', '')}" for fault in UNKNOWN]


async def try_again(harness: Harness) -> None:
    harness.mend()
    harness.tick(60)
    await harness.work(sweep=True)


class TestAnOutcomeIsUnknown:
    @pytest.mark.parametrize("fault", UNKNOWN, ids=IDS)
    async def test_the_order_is_read_and_not_written_again(self, sqlite_harness: Harness, fault: dict[str, Any]) -> None:
        order = sqlite_harness.shop.order("SOKK-1")
        sqlite_harness.warehouse.fail(**fault, method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(order)
        assert sqlite_harness.warehouse.order(order["id"]) is not None
        assert (await sqlite_harness.stored.job(order["id"])).state == "parked"
        assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "unknown"
        before = len(sqlite_harness.warehouse.calls())
        await try_again(sqlite_harness)
        assert [call.method for call in sqlite_harness.warehouse.calls()[before:]] == ["GET"]
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id) == ("sent", 50001)
        assert await sqlite_harness.stored.events() == {"done": 1}

    @pytest.mark.parametrize("fault", UNKNOWN[:6], ids=IDS[:6])
    async def test_an_order_that_did_not_arrive_is_written_once_more(
        self, sqlite_harness: Harness, fault: dict[str, Any]
    ) -> None:
        order = sqlite_harness.shop.order("SOKK-1")
        sqlite_harness.warehouse.fail(**fault, method="PUT", path="/demo/api/v1/orders")
        await sqlite_harness.deliver(order)
        assert sqlite_harness.warehouse.order(order["id"]) is None
        await try_again(sqlite_harness)
        assert sqlite_harness.warehouse.order(order["id"]) is not None
        assert len(sqlite_harness.warehouse.model.orders) == 1

    async def test_a_call_that_takes_too_long_is_read_too(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path) as harness:
            await harness.connect(warehouse={"call_timeout_seconds": 0.3})
            order = harness.shop.order("SOKK-1")
            harness.warehouse.fail("slow", seconds=1.0, method="PUT", path="/demo/api/v1/orders", after_write=True)
            await harness.deliver(order)
            assert (await harness.stored.mapping(order["id"])).transfer == "unknown"
            await try_again(harness)
            assert len([call for call in harness.warehouse.writes() if call.fault is None]) == 0
            assert (await harness.stored.mapping(order["id"])).transfer == "sent"

    @pytest.mark.parametrize("fault", UNKNOWN[:6], ids=IDS[:6])
    async def test_an_article_is_read_and_not_written_again(self, sqlite_harness: Harness, fault: dict[str, Any]) -> None:
        product = sqlite_harness.shop.product("VARE-1")
        sqlite_harness.warehouse.fail(**fault, method="PUT", path="/demo/api/v1/articles", after_write=True)
        await sqlite_harness.deliver(product, "product.created")
        await try_again(sqlite_harness)
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1
        assert (await sqlite_harness.stored.mapping(product["id"], "article")).transfer == "sent"

    @pytest.mark.parametrize("fault", UNKNOWN[:5], ids=IDS[:5])
    async def test_a_cancellation_is_read_and_not_made_again(self, sqlite_harness: Harness, fault: dict[str, Any]) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.warehouse.fail(**fault, method="DELETE", after_write=True)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="cancelled"))
        await try_again(sqlite_harness)
        assert len(sqlite_harness.warehouse.writes("DELETE")) == 1
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.wanted, mapping.reason_code, mapping.warehouse_status) == ("absent", "cancelled", 1000)

    async def test_an_update_is_read_and_not_written_again(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], customer_note="changed"))
        await try_again(sqlite_harness)
        assert len(sqlite_harness.warehouse.writes()) == 2
        assert_nothing_doubled(sqlite_harness)
        assert (await sqlite_harness.stored.job(order["id"])).state == "done"

    async def test_a_newer_state_that_came_meanwhile_is_written_once(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], customer_note="newer"))
        await try_again(sqlite_harness)
        assert [call.body.get("orderRemark") for call in sqlite_harness.warehouse.writes()] == [None, "newer"]
        assert len(sqlite_harness.warehouse.model.orders) == 1

    async def test_a_cancellation_that_came_meanwhile_takes_the_order_back(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.warehouse.fail("html", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="cancelled"))
        await try_again(sqlite_harness)
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000

    async def test_the_order_keeps_its_number_though_the_prefix_was_changed_meanwhile(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(order)
        await sqlite_harness.change_settings(sqlite_harness.connection, order_number_prefix="NY-")
        await try_again(sqlite_harness)
        assert [number for _, number in sqlite_harness.warehouse.model.orders] == [str(order["id"])]
        assert (await sqlite_harness.stored.mapping(order["id"])).number == str(order["id"])

    async def test_the_order_keeps_its_number_though_the_shop_gave_it_another_meanwhile(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.warehouse.fail("html", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver({**sqlite_harness.shop.change(order["id"], customer_note="x"), "number": "A-1001"})
        await try_again(sqlite_harness)
        assert [number for _, number in sqlite_harness.warehouse.model.orders] == [str(order["id"])]


def refuse_after(monkeypatch: pytest.MonkeyPatch, call: str, *, write: bool) -> None:
    """The warehouse says no, though (`write`) it has done what was asked."""
    real = getattr(OngoingClient, call)

    async def refused(self: OngoingClient, *args: Any) -> Any:
        if write:
            await real(self, *args)
        raise Refused("It has been entered already.", system="Ongoing WMS", call=call, status=400)

    monkeypatch.setattr(OngoingClient, call, refused)


class TestARefusal:
    async def test_it_is_followed_by_a_read_and_what_the_warehouse_has_was_transferred(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = sqlite_harness.shop.order()
        refuse_after(monkeypatch, "put_order", write=True)
        await sqlite_harness.deliver(order)
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id, mapping.reason_code) == ("sent", 50001, None)
        assert await sqlite_harness.stored.events() == {"done": 1}

    async def test_it_stands_when_the_warehouse_has_nothing(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = sqlite_harness.shop.order()
        refuse_after(monkeypatch, "put_order", write=False)
        await sqlite_harness.deliver(order)
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("refused", "refused")
        assert "It has been entered already." in mapping.reason
        last = sqlite_harness.warehouse.calls()[-1]
        assert (last.method, last.path) == ("GET", "/demo/api/v1/orders")

    async def test_an_articles_refusal_is_followed_by_a_read(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken, refused = sqlite_harness.shop.product("VARE-1"), sqlite_harness.shop.product("VARE-2")
        refuse_after(monkeypatch, "put_article", write=True)
        await sqlite_harness.deliver(taken, "product.created")
        monkeypatch.undo()
        refuse_after(monkeypatch, "put_article", write=False)
        await sqlite_harness.deliver(refused, "product.created")
        assert (await sqlite_harness.stored.mapping(taken["id"], "article")).transfer == "sent"
        assert (await sqlite_harness.stored.mapping(refused["id"], "article")).transfer == "refused"

    async def test_a_cancellations_refusal_is_followed_by_a_read(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        refuse_after(monkeypatch, "cancel_order", write=True)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="cancelled"))
        assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "cancelled"


class TestWhatIsKept:
    async def test_each_write_leaves_its_request_and_answer_and_no_secret(self, harness: Harness) -> None:
        order: Resource = harness.shop.order("SOKK-1")
        await harness.deliver(order)
        rows = await harness.stored.rows(select(attempts).order_by(attempts.c.id))
        assert [(row.call, row.result, row.status) for row in rows] == [("PUT /articles", "ok", 200), ("PUT /orders", "ok", 201)]
        assert rows[1].request["orderNumber"] == str(order["id"])
        assert "50001" in rows[1].answer
        assert all("gateway" not in str(row.request) for row in rows)
        assert {row.generation for row in rows} == {1}
        assert all(row.finished_at >= row.started_at for row in rows)


async def test_a_slice_that_is_over_at_once_still_does_one_job(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its wake-up would be answered by another one, for ever, with nothing done."""
    monkeypatch.setattr(sqlite_harness.gateway.settings, "slice_seconds", 1e-9)
    await sqlite_harness.announce(sqlite_harness.shop.order())
    await sqlite_harness.work()
    assert len(sqlite_harness.warehouse.writes(path="/orders")) == 1
    assert await sqlite_harness.stored.events() == {"done": 1}
