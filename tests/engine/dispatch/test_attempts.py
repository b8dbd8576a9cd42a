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
from app.engine.dispatch import attempts as recorded_calls
from app.engine.dispatch import lane_worker
from app.engine.intake import ingest
from app.engine.polling import runner
from app.errors import Refused
from app.storage.tables import attempts
from app.warehouse.rest.client import OngoingClient
from tests.house import House, Resource, open_house


class Killed(BaseException):
    """As `kill -9`: nothing of ours goes on, no lease is given back."""


MODULES = (lane_worker, recorded_calls, ingest, runner)


async def killed_at(house: House, failpoint: str, time: int = 1) -> bool:
    """Works until the worker is killed at its `time`-th pass of the failpoint, then as the next worker does. True if it was."""
    passes = 0

    def pass_by(name: str) -> None:
        nonlocal passes
        passes += name == failpoint
        if name == failpoint and passes == time:
            raise Killed

    async def not_released(*_: Any) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        for module in MODULES:
            patch.setattr(module, "failpoint", pass_by)
        patch.setattr(leases, "release", not_released)
        try:
            await house.work(sweep=True)
        except Killed:
            house.wake_ups.waiting.clear()  # they may be lost too
    hit = passes >= time
    await house.expire_leases()
    await house.work(sweep=True)
    await house.age_attempts()
    house.tick(3600)
    await house.work(sweep=True)
    return hit


def writes(house: House) -> list[str]:
    """Every writing call that reached the warehouse and was not refused, with its content."""
    calls = [call for call in house.warehouse_calls() if call.method != "GET"]
    return [f"{call.method} {call.path} {json.dumps(call.body, sort_keys=True)}" for call in calls]


def assert_nothing_doubled(house: House) -> None:
    assert [write for write, count in Counter(writes(house)).items() if count > 1] == []


async def open_attempts(house: House) -> int:
    return len(await house.rows(select(attempts).where(attempts.c.finished_at.is_(None))))


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
    async def test_there_is_exactly_one_order_and_no_second_identical_write(self, lite: House, failpoint: str, time: int) -> None:
        await self.die_and_go_on(lite, failpoint, time)

    @pytest.mark.parametrize("failpoint", ["ingest-before-commit", "call-after-answer", "finish-before-commit"])
    async def test_so_it_is_on_both_databases(self, house: House, failpoint: str) -> None:
        await self.die_and_go_on(house, failpoint, 1)

    async def die_and_go_on(self, house: House, failpoint: str, time: int) -> None:
        order = house.order("SOKK-1")
        await house.announce(order)
        assert await killed_at(house, failpoint, time), "the failpoint was not hit"
        assert house.wms_order(order["id"]) is not None
        assert len(house.writes()) == 1
        assert_nothing_doubled(house)
        job = await house.job(order["id"])
        assert (job.state, job.done_generation) == ("done", 1)
        assert await house.events() == {"done": 1}
        assert await open_attempts(house) == 0

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_a_change_is_written_once(self, lite: House, failpoint: str) -> None:
        order = lite.order()
        await lite.deliver(order)
        await lite.announce(lite.change(order["id"], customer_note="changed"))
        assert await killed_at(lite, failpoint)
        assert [call.body.get("orderRemark") for call in lite.writes()] == [None, "changed"]
        assert await lite.events() == {"done": 2}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_an_order_is_cancelled_once(self, lite: House, failpoint: str) -> None:
        order = lite.order()
        await lite.deliver(order)
        await lite.announce(lite.change(order["id"], status="cancelled"))
        assert await killed_at(lite, failpoint)
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000
        assert len(lite.writes("DELETE")) == 1
        assert await lite.events() == {"done": 2}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_an_article_is_written_once(self, lite: House, failpoint: str) -> None:
        await lite.announce(lite.product("VARE-1"), "product.created")
        assert await killed_at(lite, failpoint)
        assert len(lite.writes(path="/articles")) == 1
        assert await lite.events() == {"done": 1}

    @pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
    async def test_what_came_while_it_was_dead_is_sent_too_and_nothing_twice(self, lite: House, failpoint: str) -> None:
        order = lite.order()
        await lite.announce(order)
        passed = []

        def die(name: str) -> None:
            passed.append(name)
            if name == failpoint and passed.count(name) == (2 if "attempt" in name or "call" in name else 1):
                raise Killed

        with pytest.MonkeyPatch.context() as patch:
            for module in MODULES:
                patch.setattr(module, "failpoint", die)
            with pytest.raises(Killed):
                await lite.work()
        await lite.announce(lite.change(order["id"], customer_note="meanwhile"))
        await lite.expire_leases()
        await lite.work(sweep=True)
        await lite.age_attempts()
        lite.tick(3600)
        await lite.work(sweep=True)
        found: Any = lite.wms_order(order["id"])
        assert found.body.order_remark == "meanwhile"
        assert_nothing_doubled(lite)
        assert await lite.all_ended()

    async def test_a_poll_that_dies_between_two_pages_goes_on_from_the_first(self, lite: House) -> None:
        await lite.change_settings(lite.connection, page_size=2)
        orders = []
        for _ in range(5):
            lite.tick()
            orders.append(lite.order("SOKK-1"))
        await lite.poll("articles")
        await lite.make_due("orders")
        assert await killed_at(lite, "poll-after-page", 2)
        await lite.poll()
        assert sorted(call.body["orderNumber"] for call in lite.writes()) == [str(order["id"]) for order in orders]

    async def test_an_open_call_is_waited_out_before_the_record_is_looked_at(self, house: House) -> None:
        order = house.order()
        await house.announce(order)
        await house.ingest()
        with pytest.MonkeyPatch.context() as patch:

            def die(name: str) -> None:
                if name == "attempt-after-commit":
                    raise Killed

            patch.setattr(recorded_calls, "failpoint", die)
            with pytest.raises(Killed):
                await lane_worker.drain(house.gateway, house.connection.lane)
        before = len(house.warehouse_calls())
        await house.expire_leases()
        await house.work(sweep=True)
        job = await house.job(order["id"])
        assert (job.state, job.reason_code) == ("parked", "attempt-open")
        assert len(house.warehouse_calls()) == before
        assert await open_attempts(house) == 1


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


async def try_again(house: House) -> None:
    house.mend()
    house.tick(60)
    await house.work(sweep=True)


class TestAnOutcomeIsUnknown:
    @pytest.mark.parametrize("fault", UNKNOWN, ids=IDS)
    async def test_the_order_is_read_and_not_written_again(self, lite: House, fault: dict[str, Any]) -> None:
        order = lite.order("SOKK-1")
        lite.fail_warehouse(**fault, method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(order)
        assert lite.wms_order(order["id"]) is not None
        assert (await lite.job(order["id"])).state == "parked"
        assert (await lite.mapping(order["id"])).transfer == "unknown"
        before = len(lite.warehouse_calls())
        await try_again(lite)
        assert [call.method for call in lite.warehouse_calls()[before:]] == ["GET"]
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id) == ("sent", 50001)
        assert await lite.events() == {"done": 1}

    @pytest.mark.parametrize("fault", UNKNOWN[:6], ids=IDS[:6])
    async def test_an_order_that_did_not_arrive_is_written_once_more(self, lite: House, fault: dict[str, Any]) -> None:
        order = lite.order("SOKK-1")
        lite.fail_warehouse(**fault, method="PUT", path="/demo/api/v1/orders")
        await lite.deliver(order)
        assert lite.wms_order(order["id"]) is None
        await try_again(lite)
        assert lite.wms_order(order["id"]) is not None
        assert len(lite.warehouse.orders) == 1

    async def test_a_call_that_takes_too_long_is_read_too(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_house(sqlite_database, tmp_path) as house:
            await house.connect(warehouse={"call_timeout_seconds": 0.3})
            order = house.order("SOKK-1")
            house.fail_warehouse("slow", seconds=1.0, method="PUT", path="/demo/api/v1/orders", after_write=True)
            await house.deliver(order)
            assert (await house.mapping(order["id"])).transfer == "unknown"
            await try_again(house)
            assert len([call for call in house.writes() if call.fault is None]) == 0
            assert (await house.mapping(order["id"])).transfer == "sent"

    @pytest.mark.parametrize("fault", UNKNOWN[:6], ids=IDS[:6])
    async def test_an_article_is_read_and_not_written_again(self, lite: House, fault: dict[str, Any]) -> None:
        product = lite.product("VARE-1")
        lite.fail_warehouse(**fault, method="PUT", path="/demo/api/v1/articles", after_write=True)
        await lite.deliver(product, "product.created")
        await try_again(lite)
        assert len(lite.writes(path="/articles")) == 1
        assert (await lite.mapping(product["id"], "article")).transfer == "sent"

    @pytest.mark.parametrize("fault", UNKNOWN[:5], ids=IDS[:5])
    async def test_a_cancellation_is_read_and_not_made_again(self, lite: House, fault: dict[str, Any]) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.fail_warehouse(**fault, method="DELETE", after_write=True)
        await lite.deliver(lite.change(order["id"], status="cancelled"))
        await try_again(lite)
        assert len(lite.writes("DELETE")) == 1
        mapping = await lite.mapping(order["id"])
        assert (mapping.wanted, mapping.reason_code, mapping.warehouse_status) == ("absent", "cancelled", 1000)

    async def test_an_update_is_read_and_not_written_again(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.fail_warehouse("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(lite.change(order["id"], customer_note="changed"))
        await try_again(lite)
        assert len(lite.writes()) == 2
        assert_nothing_doubled(lite)
        assert (await lite.job(order["id"])).state == "done"

    async def test_a_newer_state_that_came_meanwhile_is_written_once(self, lite: House) -> None:
        order = lite.order()
        lite.fail_warehouse("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(order)
        await lite.deliver(lite.change(order["id"], customer_note="newer"))
        await try_again(lite)
        assert [call.body.get("orderRemark") for call in lite.writes()] == [None, "newer"]
        assert len(lite.warehouse.orders) == 1

    async def test_a_cancellation_that_came_meanwhile_takes_the_order_back(self, lite: House) -> None:
        order = lite.order()
        lite.fail_warehouse("html", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(order)
        await lite.deliver(lite.change(order["id"], status="cancelled"))
        await try_again(lite)
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000

    async def test_the_order_keeps_its_number_though_the_prefix_was_changed_meanwhile(self, lite: House) -> None:
        order = lite.order()
        lite.fail_warehouse("hang-up", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(order)
        await lite.change_settings(lite.connection, order_number_prefix="NY-")
        await try_again(lite)
        assert [number for _, number in lite.warehouse.orders] == [str(order["id"])]
        assert (await lite.mapping(order["id"])).number == str(order["id"])

    async def test_the_order_keeps_its_number_though_the_shop_gave_it_another_meanwhile(self, lite: House) -> None:
        order = lite.order()
        lite.fail_warehouse("html", method="PUT", path="/demo/api/v1/orders", after_write=True)
        await lite.deliver(order)
        await lite.deliver({**lite.change(order["id"], customer_note="x"), "number": "A-1001"})
        await try_again(lite)
        assert [number for _, number in lite.warehouse.orders] == [str(order["id"])]


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
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = lite.order()
        refuse_after(monkeypatch, "put_order", write=True)
        await lite.deliver(order)
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id, mapping.reason_code) == ("sent", 50001, None)
        assert await lite.events() == {"done": 1}

    async def test_it_stands_when_the_warehouse_has_nothing(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
        order = lite.order()
        refuse_after(monkeypatch, "put_order", write=False)
        await lite.deliver(order)
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("refused", "refused")
        assert "It has been entered already." in mapping.reason
        last = lite.warehouse_calls()[-1]
        assert (last.method, last.path) == ("GET", "/demo/api/v1/orders")

    async def test_an_articles_refusal_is_followed_by_a_read(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
        taken, refused = lite.product("VARE-1"), lite.product("VARE-2")
        refuse_after(monkeypatch, "put_article", write=True)
        await lite.deliver(taken, "product.created")
        monkeypatch.undo()
        refuse_after(monkeypatch, "put_article", write=False)
        await lite.deliver(refused, "product.created")
        assert (await lite.mapping(taken["id"], "article")).transfer == "sent"
        assert (await lite.mapping(refused["id"], "article")).transfer == "refused"

    async def test_a_cancellations_refusal_is_followed_by_a_read(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
        order = lite.order()
        await lite.deliver(order)
        refuse_after(monkeypatch, "cancel_order", write=True)
        await lite.deliver(lite.change(order["id"], status="cancelled"))
        assert (await lite.mapping(order["id"])).reason_code == "cancelled"


class TestWhatIsKept:
    async def test_each_write_leaves_its_request_and_answer_and_no_secret(self, house: House) -> None:
        order: Resource = house.order("SOKK-1")
        await house.deliver(order)
        rows = await house.rows(select(attempts).order_by(attempts.c.id))
        assert [(row.call, row.result, row.status) for row in rows] == [("PUT /articles", "ok", 200), ("PUT /orders", "ok", 201)]
        assert rows[1].request["orderNumber"] == str(order["id"])
        assert "50001" in rows[1].answer
        assert all("gateway" not in str(row.request) for row in rows)
        assert {row.generation for row in rows} == {1}
        assert all(row.finished_at >= row.started_at for row in rows)
