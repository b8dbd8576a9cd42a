"""Freshness comes from the record, never from the order of arrival or from delivery ids; and "gone" must be proven."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.intake import ingest
from app.engine.intake.ingest import enriched
from app.engine.jobs import enqueue
from app.engine.jobs.enqueue import FoundBy, RecordChange
from app.engine.jobs.mapper import map_record
from app.integrations.woocommerce.rest.resources import record
from app.storage.tables import cursors, inbox, mappings
from tests.house import House, Resource


async def verdicts(house: House) -> list[tuple[str, str | None]]:
    rows = await house.rows(select(inbox.c.state, inbox.c.reason_code).order_by(inbox.c.id))
    return [tuple(row) for row in rows]


def remark(house: House, order: Resource) -> Any:
    found: Any = house.wms_order(order["id"])
    return found.body.order_remark


class TestOlderAndSame:
    async def test_what_is_older_than_what_is_stored_is_dropped(self, lite: House) -> None:
        old = lite.order(customer_note="old")
        new = lite.change(old["id"], customer_note="new")
        await lite.deliver(new)
        await lite.deliver(old)
        assert remark(lite, old) == "new"
        assert await verdicts(lite) == [("done", None), ("ignored", "older")]
        assert len(lite.writes()) == 1

    async def test_updated_may_come_before_created(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order, "order.updated")
        await lite.deliver(order, "order.created")
        assert await verdicts(lite) == [("done", None), ("ignored", "unchanged")]

    async def test_the_same_delivery_again_is_dropped_without_a_call(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        before = (len(lite.warehouse_calls()), len(lite.shop_calls()))
        for _ in range(3):
            await lite.deliver(order)
        assert (len(lite.warehouse_calls()), len(lite.shop_calls())) == before
        assert await lite.events() == {"done": 1, "ignored": 3}

    async def test_a_newer_version_with_the_same_content_is_dropped_and_keeps_older_ones_out(self, lite: House) -> None:
        first = lite.order(customer_note="a")
        second = lite.change(first["id"], customer_note="b")
        third = lite.change(first["id"], customer_note="a")
        await lite.deliver(first)
        await lite.deliver(third)  # the same content as the first, only newer
        await lite.deliver(second)  # older than the third
        assert remark(lite, first) == "a"
        assert await verdicts(lite) == [("done", None), ("ignored", "unchanged"), ("ignored", "older")]

    async def test_what_the_warehouse_does_not_need_changes_nothing(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        await lite.deliver(lite.change(order["id"], transaction_id="paid-1", payment_method_title="Vipps"))
        assert await verdicts(lite) == [("done", None), ("ignored", "unchanged")]

    async def test_a_webhook_delivered_late_shows_what_the_record_was_when_it_was_built(self, lite: House) -> None:
        """Bodies are built when they are sent: the first delivery of two may already hold the second state."""
        order = lite.order(status="pending")
        late = lite.change(order["id"], status="processing")
        await lite.deliver(late, "order.created")
        await lite.deliver(late, "order.updated")
        assert lite.wms_order(order["id"]) is not None
        assert await verdicts(lite) == [("done", None), ("ignored", "unchanged")]


class TestTheSameSecond:
    def twice(self, house: House) -> tuple[Resource, Resource]:
        """An order and another content of it, with the same time of modification."""
        order = house.order(customer_note="first")
        house.shop.orders.put({**house.shop.orders[order["id"]], "customer_note": "second"})
        return order, house.shown(order["id"])

    async def test_other_content_of_the_same_second_is_read_once(self, lite: House) -> None:
        first, second = self.twice(lite)
        await lite.deliver(first)
        before = len(lite.shop_calls())
        await lite.deliver(second)
        assert [call.path for call in lite.shop_calls()[before:]] == [f"/wp-json/wc/v3/orders/{first['id']}"]
        assert remark(lite, first) == "second"

    async def test_the_shops_own_word_decides_whatever_the_order_of_arrival(self, lite: House) -> None:
        first, second = self.twice(lite)
        await lite.deliver(second)
        await lite.deliver(first)
        assert remark(lite, first) == "second"
        assert len(lite.writes()) == 1

    async def test_the_same_content_of_the_same_second_is_dropped_without_a_read(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        before = len(lite.shop_calls())
        await lite.deliver(order, "order.created")
        assert len(lite.shop_calls()) == before

    async def test_a_read_that_fails_is_tried_again_and_nothing_is_lost(self, lite: House) -> None:
        first, second = self.twice(lite)
        await lite.deliver(first)
        lite.fail_shop("status", status=503, times=1)
        await lite.deliver(second)
        assert await verdicts(lite) == [("done", None), ("parked", "another-try")]
        lite.tick(60)
        await lite.work(sweep=True)
        assert remark(lite, first) == "second"
        assert await lite.all_ended()


class TestThinBodies:
    @pytest.mark.parametrize(
        "thin", [{}, {"status": "processing"}, {"date_modified_gmt": "2026-11-21T10:00:00"}, {"date_modified_gmt": "rubbish"}]
    )
    async def test_a_body_that_says_too_little_is_one_read(self, lite: House, thin: dict[str, str]) -> None:
        order = lite.order()
        await lite.deliver({"id": order["id"], **thin})
        assert [call.path for call in lite.shop_calls()] == [f"/wp-json/wc/v3/orders/{order['id']}"]
        assert lite.wms_order(order["id"]) is not None

    async def test_an_error_object_asks_for_a_sweep_of_what_is_open(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.tick()
        lite.shop.trash_order(order["id"])
        error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 403}}
        await lite.deliver(error)
        await lite.poll()
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000
        assert await verdicts(lite) == [("done", None), ("ignored", "no-record")]

    async def test_an_error_object_asks_for_a_sweep_even_before_the_first_poll(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        async with lite.gateway.database.begin() as db:
            await db.execute(cursors.delete())
        lite.shop.delete_order(order["id"])
        await lite.deliver({"code": "x", "message": "y"})
        await lite.poll()
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}", b'{"id": "x"}', b'{"id": -1}', b'{"id": true}', b"1e300"])
    async def test_a_body_that_names_no_record_is_kept_ignored_and_alerted(self, lite: House, body: bytes) -> None:
        assert (await lite.post(body, "order.updated")).status_code == 200
        await lite.work()
        assert await verdicts(lite) == [("ignored", "no-record")]
        assert await lite.alerts() == ["no-record"]


class TestDeleted:
    async def test_deleted_means_trashed_and_cancels(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.tick()
        lite.shop.trash_order(order["id"])
        await lite.deliver({"id": order["id"]}, "order.deleted")
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000
        mapping = await lite.mapping(order["id"])
        assert (mapping.wanted, mapping.source_status, mapping.reason_code) == ("absent", "trash", "cancelled")

    async def test_an_order_that_was_deleted_for_good_when_it_is_read_is_cancelled(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.shop.delete_order(order["id"])
        await lite.deliver({"id": order["id"]}, "order.deleted")
        found: Any = lite.wms_order(order["id"])
        assert found.status == 1000
        assert (await lite.mapping(order["id"])).source_status == "deleted"

    async def test_one_that_was_never_ours_is_nothing_to_do_and_can_be_found_by_its_record(self, lite: House) -> None:
        await lite.deliver({"id": 987}, "order.deleted")
        (row,) = await lite.rows(select(inbox))
        assert (row.state, row.reason_code, row.process, row.source_id) == ("ignored", "not-wanted", "orders", "987")
        assert await lite.rows(select(mappings)) == []

    async def test_a_restored_order_that_was_cancelled_in_the_warehouse_is_held(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.tick()
        lite.shop.trash_order(order["id"])
        await lite.deliver({"id": order["id"]}, "order.deleted")
        lite.tick()
        lite.shop.restore_order(order["id"])
        await lite.deliver(lite.shown(order["id"]), "order.restored")
        assert (await lite.mapping(order["id"])).reason_code == "reopened-after-cancel"

    async def test_a_restored_order_that_was_not_sent_before_is_sent(self, lite: House) -> None:
        order = lite.order()
        lite.shop.trash_order(order["id"])
        await lite.deliver({"id": order["id"]}, "order.deleted")
        lite.tick()
        lite.shop.restore_order(order["id"])
        await lite.deliver(lite.shown(order["id"]), "order.restored")
        assert lite.wms_order(order["id"]) is not None

    @pytest.mark.parametrize(
        ("fault", "state"),
        [
            ({"kind": "html"}, "parked"),
            ({"kind": "status", "status": 500}, "parked"),
            ({"kind": "status", "status": 404}, "parked"),  # a 404 that is not the shop's own word
            ({"kind": "status", "status": 410}, "parked"),
            ({"kind": "hang-up"}, "parked"),
        ],
        ids=["html", "500", "404", "410", "hang-up"],
    )
    async def test_nothing_but_the_shops_own_word_proves_that_an_order_is_gone(
        self, lite: House, fault: dict[str, Any], state: str
    ) -> None:
        order = lite.order()
        await lite.deliver(order)
        lite.fail_shop(**fault)
        await lite.deliver({"id": order["id"]}, "order.deleted")
        assert (await verdicts(lite))[1] == (state, "another-try")
        assert lite.writes("DELETE") == []
        lite.mend()
        lite.tick(60)
        await lite.work(sweep=True)
        assert lite.writes("DELETE") == []  # it is still there
        assert await lite.all_ended()


class TestTwoDoorsAtOnce:
    """A poll and a webhook offer the same record side by side: the newer one must win, whoever comes second."""

    async def test_the_older_version_is_never_stored_last(self, house: House) -> None:
        for _ in range(5):
            old = house.order(customer_note="old")
            new = house.change(old["id"], customer_note="new")
            await asyncio.gather(self.offer(house, old, 0.0), self.offer(house, new, 0.02))
            assert (await house.job(old["id"])).source["customer_note"] == "new"
            assert (await house.mapping(old["id"])).source_modified_at.isoformat()[:19] == new["date_modified_gmt"]

    async def offer(self, house: House, body: Resource, later: float) -> None:
        """Holds its transaction open for a while after the offer, so that the two overlap."""
        found = record(Process.ORDERS, body)
        assert found is not None
        full = await enriched(house.gateway, house.connection, found)
        made = RecordChange(full, map_record(house.connection, full), FoundBy.POLL)
        async with house.gateway.database.begin() as db:
            await enqueue.enqueue_change(db, house.connection, made, house.clock())
            await asyncio.sleep(0.02 - later)

    async def test_the_same_record_for_the_first_time_makes_one_row(self, house: House) -> None:
        order = house.order()
        await asyncio.gather(*(self.offer(house, order, 0.0) for _ in range(4)))
        assert (await house.job(order["id"])).generation == 1
        assert len(await house.rows(select(mappings))) == 1


class TestOddRecords:
    """What is odd about one record costs the others nothing."""

    async def test_large_bodies_are_taken_a_few_at_a_time(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ingest, "BATCH_BYTES", 25_000)
        taken: list[int] = []
        real = ingest._ingest_batch

        async def batch(gateway: Any, connection: Any, events: Any) -> None:
            taken.append(len(events))
            await real(gateway, connection, events)

        monkeypatch.setattr(ingest, "_ingest_batch", batch)
        for size in (10_000, 10_000, 10_000, 60_000, 10_000):
            await lite.announce(lite.order(status="pending", customer_note="x" * size))
        await lite.work()
        assert taken == [2, 1, 1, 1]
        assert await lite.events() == {"ignored": 5}

    async def test_text_that_a_database_does_not_take_is_taken_all_the_same(self, house: House) -> None:
        odd = house.order(customer_note="x")
        odd = {**odd, "number": "9" * 300, "customer_note": "a\x00b \\u0000 c"}
        good = house.order()
        for order in (odd, good):
            await house.announce(order)
        await house.work()
        assert house.wms_order(good["id"]) is not None
        mapping = await house.mapping(odd["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "order-number-too-long")
        assert await house.events() == {"held": 1, "done": 1}

    async def test_an_event_that_cannot_be_judged_is_buried_even_when_it_comes_alone(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = lite.order()
        real = enqueue.enqueue_change

        async def odd(db: Any, connection: Any, made: RecordChange, now: Any) -> Any:
            if made.record.source_id == str(order["id"]):
                raise ValueError("odd")
            return await real(db, connection, made, now)

        monkeypatch.setattr(enqueue, "enqueue_change", odd)
        await lite.announce(order)
        await lite.work()
        assert await verdicts(lite) == [("dead", "not-stored")]
        good = lite.order()
        await lite.announce(order)
        await lite.announce(good)
        await lite.work()
        assert await lite.events() == {"dead": 2, "done": 1}
        assert await lite.alerts() == ["dead-letter", "dead-letter"]

    async def test_a_database_that_is_away_for_a_moment_buries_nothing(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = house.order()

        async def away(*_: Any) -> Any:
            raise ConnectionError("the database is gone")

        await house.announce(order)
        for name in ("enriched", "_decide_one"):
            with monkeypatch.context() as patch:
                patch.setattr(ingest, name, away)
                with pytest.raises(ConnectionError):
                    await house.ingest()
            await house.expire_leases()
        assert await house.events() == {"received": 1}
        await house.work(sweep=True)
        assert await house.events() == {"done": 1}

    async def test_what_cannot_be_understood_is_in_the_dead_letters_with_its_body(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(ingest, "map_record", broken)
        order = lite.order()
        await lite.deliver(order)
        (row,) = await lite.rows(select(inbox))
        assert (row.state, row.reason_code) == ("dead", "not-understood")
        assert json.loads(row.body)["id"] == order["id"]
