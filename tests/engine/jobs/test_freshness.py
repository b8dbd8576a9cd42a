"""Freshness comes from the record, never from the order of arrival or from delivery ids; and "gone" must be proven."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.core import failpoints
from app.engine.intake import ingest, understanding
from app.engine.jobs import enqueue
from app.engine.jobs.enqueue import Found, FoundBy, RecordChange
from app.engine.jobs.mapper import enriched, map_record
from app.integrations.woocommerce.rest.resources import record
from app.metrics import EVENTS
from app.storage.tables import cursors, inbox, mappings
from tests.harness import Harness, Resource


async def verdicts(harness: Harness) -> list[tuple[str, str | None]]:
    rows = await harness.stored.rows(select(inbox.c.state, inbox.c.reason_code).order_by(inbox.c.id))
    return [tuple(row) for row in rows]


def remark(harness: Harness, order: Resource) -> Any:
    found: Any = harness.warehouse.order(order["id"])
    return found.body.order_remark


class TestOlderAndSame:
    async def test_what_is_older_than_what_is_stored_is_dropped(self, sqlite_harness: Harness) -> None:
        old = sqlite_harness.shop.order(customer_note="old")
        new = sqlite_harness.shop.change(old["id"], customer_note="new")
        await sqlite_harness.deliver(new)
        await sqlite_harness.deliver(old)
        assert remark(sqlite_harness, old) == "new"
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "older")]
        assert len(sqlite_harness.warehouse.writes()) == 1

    async def test_updated_may_come_before_created(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order, "order.updated")
        await sqlite_harness.deliver(order, "order.created")
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "unchanged")]

    async def test_the_same_delivery_again_is_dropped_without_a_call(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        before = (len(sqlite_harness.warehouse.calls()), len(sqlite_harness.shop.calls()))
        for _ in range(3):
            await sqlite_harness.deliver(order)
        assert (len(sqlite_harness.warehouse.calls()), len(sqlite_harness.shop.calls())) == before
        assert await sqlite_harness.stored.events() == {"done": 1, "ignored": 3}

    async def test_a_newer_version_with_the_same_content_is_dropped_and_keeps_older_ones_out(
        self, sqlite_harness: Harness
    ) -> None:
        first = sqlite_harness.shop.order(customer_note="a")
        second = sqlite_harness.shop.change(first["id"], customer_note="b")
        third = sqlite_harness.shop.change(first["id"], customer_note="a")
        await sqlite_harness.deliver(first)
        await sqlite_harness.deliver(third)  # the same content as the first, only newer
        await sqlite_harness.deliver(second)  # older than the third
        assert remark(sqlite_harness, first) == "a"
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "unchanged"), ("ignored", "older")]

    async def test_what_the_warehouse_does_not_need_changes_nothing(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(
            sqlite_harness.shop.change(order["id"], transaction_id="paid-1", payment_method_title="Vipps")
        )
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "unchanged")]

    async def test_a_webhook_delivered_late_shows_what_the_record_was_when_it_was_built(self, sqlite_harness: Harness) -> None:
        """Bodies are built when they are sent: the first delivery of two may already hold the second state."""
        order = sqlite_harness.shop.order(status="pending")
        late = sqlite_harness.shop.change(order["id"], status="processing")
        await sqlite_harness.deliver(late, "order.created")
        await sqlite_harness.deliver(late, "order.updated")
        assert sqlite_harness.warehouse.order(order["id"]) is not None
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "unchanged")]


class TestTheSameSecond:
    def twice(self, harness: Harness) -> tuple[Resource, Resource]:
        """An order and another content of it, with the same time of modification."""
        order = harness.shop.order(customer_note="first")
        harness.shop.model.orders.put({**harness.shop.model.orders[order["id"]], "customer_note": "second"})
        return order, harness.shop.shown(order["id"])

    async def test_other_content_of_the_same_second_is_read_once(self, sqlite_harness: Harness) -> None:
        first, second = self.twice(sqlite_harness)
        await sqlite_harness.deliver(first)
        before = len(sqlite_harness.shop.calls())
        await sqlite_harness.deliver(second)
        assert [call.path for call in sqlite_harness.shop.calls()[before:]] == [f"/wp-json/wc/v3/orders/{first['id']}"]
        assert remark(sqlite_harness, first) == "second"

    async def test_the_shops_own_word_decides_whatever_the_order_of_arrival(self, sqlite_harness: Harness) -> None:
        first, second = self.twice(sqlite_harness)
        await sqlite_harness.deliver(second)
        await sqlite_harness.deliver(first)
        assert remark(sqlite_harness, first) == "second"
        assert len(sqlite_harness.warehouse.writes()) == 1

    async def test_the_same_content_of_the_same_second_is_dropped_without_a_read(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        before = len(sqlite_harness.shop.calls())
        await sqlite_harness.deliver(order, "order.created")
        assert len(sqlite_harness.shop.calls()) == before

    async def test_a_read_that_fails_is_tried_again_and_nothing_is_lost(self, sqlite_harness: Harness) -> None:
        first, second = self.twice(sqlite_harness)
        await sqlite_harness.deliver(first)
        sqlite_harness.shop.fail("status", status=503, times=1)
        await sqlite_harness.deliver(second)
        assert await verdicts(sqlite_harness) == [("done", None), ("parked", "another-try")]
        sqlite_harness.tick(60)
        await sqlite_harness.work(sweep=True)
        assert remark(sqlite_harness, first) == "second"
        assert await sqlite_harness.stored.all_ended()


class TestThinBodies:
    @pytest.mark.parametrize(
        "thin", [{}, {"status": "processing"}, {"date_modified_gmt": "2026-11-21T10:00:00"}, {"date_modified_gmt": "rubbish"}]
    )
    async def test_a_body_that_says_too_little_is_one_read(self, sqlite_harness: Harness, thin: dict[str, str]) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver({"id": order["id"], **thin})
        assert [call.path for call in sqlite_harness.shop.calls()] == [f"/wp-json/wc/v3/orders/{order['id']}"]
        assert sqlite_harness.warehouse.order(order["id"]) is not None

    async def test_an_error_object_asks_for_a_sweep_of_what_is_open(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.tick()
        sqlite_harness.shop.model.trash_order(order["id"])
        error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 403}}
        await sqlite_harness.deliver(error)
        await sqlite_harness.poll()
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000
        assert await verdicts(sqlite_harness) == [("done", None), ("ignored", "no-right")]

    async def test_an_error_object_asks_for_a_sweep_even_before_the_first_poll(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        async with sqlite_harness.gateway.database.begin() as db:
            await db.execute(cursors.delete())
        sqlite_harness.shop.model.delete_order(order["id"])
        await sqlite_harness.deliver({"code": "x", "message": "y"})
        await sqlite_harness.poll()
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}", b'{"id": "x"}', b'{"id": -1}', b'{"id": true}', b"1e300"])
    async def test_a_body_that_names_no_record_is_kept_ignored_and_alerted(self, sqlite_harness: Harness, body: bytes) -> None:
        assert (await sqlite_harness.post(body, "order.updated")).status_code == 200
        await sqlite_harness.work()
        assert await verdicts(sqlite_harness) == [("ignored", "no-record")]
        assert await sqlite_harness.stored.alerts() == ["no-record"]


class TestDeleted:
    async def test_deleted_means_trashed_and_cancels(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.tick()
        sqlite_harness.shop.model.trash_order(order["id"])
        await sqlite_harness.deliver({"id": order["id"]}, "order.deleted")
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.wanted, mapping.source_status, mapping.reason_code) == ("absent", "trash", "cancelled")

    async def test_an_order_that_was_deleted_for_good_when_it_is_read_is_cancelled(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.shop.model.delete_order(order["id"])
        await sqlite_harness.deliver({"id": order["id"]}, "order.deleted")
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 1000
        assert (await sqlite_harness.stored.mapping(order["id"])).source_status == "deleted"

    async def test_one_that_was_never_ours_is_nothing_to_do_and_can_be_found_by_its_record(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.deliver({"id": 987}, "order.deleted")
        (row,) = await sqlite_harness.stored.rows(select(inbox))
        assert (row.state, row.reason_code, row.process, row.source_id) == ("ignored", "not-wanted", "orders", "987")
        assert await sqlite_harness.stored.rows(select(mappings)) == []

    async def test_a_restored_order_that_was_cancelled_in_the_warehouse_is_held(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.tick()
        sqlite_harness.shop.model.trash_order(order["id"])
        await sqlite_harness.deliver({"id": order["id"]}, "order.deleted")
        sqlite_harness.tick()
        sqlite_harness.shop.model.restore_order(order["id"])
        await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]), "order.restored")
        assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "reopened-after-cancel"

    async def test_a_restored_order_that_was_not_sent_before_is_sent(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        sqlite_harness.shop.model.trash_order(order["id"])
        await sqlite_harness.deliver({"id": order["id"]}, "order.deleted")
        sqlite_harness.tick()
        sqlite_harness.shop.model.restore_order(order["id"])
        await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]), "order.restored")
        assert sqlite_harness.warehouse.order(order["id"]) is not None

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
        self, sqlite_harness: Harness, fault: dict[str, Any], state: str
    ) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        sqlite_harness.shop.fail(**fault)
        await sqlite_harness.deliver({"id": order["id"]}, "order.deleted")
        assert (await verdicts(sqlite_harness))[1] == (state, "another-try")
        assert sqlite_harness.warehouse.writes("DELETE") == []
        sqlite_harness.mend()
        sqlite_harness.tick(60)
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.writes("DELETE") == []  # it is still there
        assert await sqlite_harness.stored.all_ended()


class TestTwoDoorsAtOnce:
    """A poll and a webhook offer the same record side by side: the newer one must win, whoever comes second."""

    async def test_the_older_version_is_never_stored_last(self, harness: Harness) -> None:
        for _ in range(5):
            old = harness.shop.order(customer_note="old")
            new = harness.shop.change(old["id"], customer_note="new")
            await asyncio.gather(self.offer(harness, old, 0.0), self.offer(harness, new, 0.02))
            assert (await harness.stored.job(old["id"])).source["customer_note"] == "new"
            assert (await harness.stored.mapping(old["id"])).source_modified_at.isoformat()[:19] == new["date_modified_gmt"]

    async def offer(self, harness: Harness, body: Resource, later: float) -> None:
        """Holds its transaction open for a while after the offer, so that the two overlap."""
        found = record(Process.ORDERS, body)
        assert found is not None
        full = await enriched(harness.gateway, harness.connection, found)
        made = RecordChange(full, map_record(harness.connection, full), Found(FoundBy.POLL))
        async with harness.gateway.database.begin() as db:
            await enqueue.enqueue_change(db, harness.connection, made, harness.clock())
            await asyncio.sleep(0.02 - later)

    async def test_the_same_record_for_the_first_time_makes_one_row(self, harness: Harness) -> None:
        order = harness.shop.order()
        await asyncio.gather(*(self.offer(harness, order, 0.0) for _ in range(4)))
        assert (await harness.stored.job(order["id"])).generation == 1
        assert len(await harness.stored.rows(select(mappings))) == 1


class TestOddRecords:
    """What is odd about one record costs the others nothing."""

    async def test_large_bodies_are_taken_a_few_at_a_time(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ingest, "BATCH_BYTES", 25_000)
        taken: list[int] = []
        ignored = EVENTS.labels("shop", "ignored")
        before = ignored._value.get()

        def batch() -> None:
            taken.append(int(ignored._value.get() - before) - sum(taken))

        for size in (10_000, 10_000, 10_000, 60_000, 10_000):
            await sqlite_harness.announce(sqlite_harness.shop.order(status="pending", customer_note="x" * size))
        with failpoints.armed("ingest-before-commit", batch):
            await sqlite_harness.work()
        assert taken == [2, 1, 1, 1]
        assert await sqlite_harness.stored.events() == {"ignored": 5}

    async def test_text_that_a_database_does_not_take_is_taken_all_the_same(self, harness: Harness) -> None:
        odd = harness.shop.order(customer_note="x")
        odd = {**odd, "number": "9" * 300, "customer_note": "a\x00b \\u0000 c"}
        good = harness.shop.order()
        for order in (odd, good):
            await harness.announce(order)
        await harness.work()
        assert harness.warehouse.order(good["id"]) is not None
        mapping = await harness.stored.mapping(odd["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "order-number-too-long")
        assert await harness.stored.events() == {"held": 1, "done": 1}

    @pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, RecursionError, AssertionError])
    async def test_an_event_that_cannot_be_judged_is_buried_even_when_it_comes_alone(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        order = sqlite_harness.shop.order()
        real = enqueue.enqueue_changes

        async def odd(db: Any, connection: Any, changes: Any, now: Any) -> Any:
            if any(made.source_id == str(order["id"]) for made in changes):
                raise error("odd")
            return await real(db, connection, changes, now)

        monkeypatch.setattr(enqueue, "enqueue_changes", odd)
        await sqlite_harness.announce(order)
        await sqlite_harness.work()
        assert await verdicts(sqlite_harness) == [("dead", "not-stored")]
        good = sqlite_harness.shop.order()
        await sqlite_harness.announce(order)
        await sqlite_harness.announce(good)
        await sqlite_harness.work()
        assert await sqlite_harness.stored.events() == {"dead": 2, "done": 1}
        assert await sqlite_harness.stored.alerts() == ["dead-letter", "dead-letter"]

    async def test_a_database_that_is_away_for_a_moment_buries_nothing(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = harness.shop.order()

        def away(*_: Any) -> Any:
            raise ConnectionError("the database is gone")

        await harness.announce(order)
        with monkeypatch.context() as patch:
            patch.setattr(understanding, "completed", away)
            with pytest.raises(ConnectionError):
                await harness.ingest()
        await harness.stored.expire_leases()
        with failpoints.armed("ingest-before-commit", away), pytest.raises(ConnectionError):
            await harness.ingest()
        await harness.stored.expire_leases()
        assert await harness.stored.events() == {"received": 1}
        await harness.work(sweep=True)
        assert await harness.stored.events() == {"done": 1}

    async def test_what_cannot_be_understood_is_in_the_dead_letters_with_its_body(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(understanding, "map_record", broken)
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        (row,) = await sqlite_harness.stored.rows(select(inbox))
        assert (row.state, row.reason_code) == ("dead", "not-understood")
        assert json.loads(row.body)["id"] == order["id"]
