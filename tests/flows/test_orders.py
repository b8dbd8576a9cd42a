"""Orders into the warehouse: created, changed until it starts, cancelled while they can be, held when a person is needed."""

from __future__ import annotations

from typing import Any

import pytest

from app.warehouse.rest.client import OngoingClient
from tests.flows.order_steps import STARTED, release, sent, status, there
from tests.harness import BILLING, Harness


class TestChanges:
    async def test_a_changed_order_is_sent_again(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], customer_note="Bak huset"))
        assert there(harness, order).body.order_remark == "Bak huset"
        assert await status(harness, order) == ("present", "sent", None)

    async def test_an_unchanged_order_is_not_sent_again(self, harness: Harness) -> None:
        order = await sent(harness)
        before = len(harness.warehouse.calls())
        harness.tick()
        await harness.deliver(harness.shop.change(order["id"]))
        assert len(harness.warehouse.calls()) == before

    async def test_a_removed_line_is_removed_in_the_warehouse(self, harness: Harness) -> None:
        order = harness.shop.order("A-1", "B-1")
        await harness.deliver(order)
        gone = {"id": order["line_items"][1]["id"], "product_id": None, "quantity": 0}
        await harness.deliver(harness.shop.change(order["id"], line_items=[gone]))
        assert [line.article_number for line in there(harness, order).body.order_lines] == ["A-1"]

    @pytest.mark.parametrize("number", STARTED)
    async def test_a_change_after_the_warehouse_has_started_is_held_with_the_reason(self, harness: Harness, number: int) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), number)
        await harness.deliver(harness.shop.change(order["id"], customer_note="too late"))
        assert await status(harness, order) == ("present", "held", "warehouse-started")
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.warehouse_status, str(number) in mapping.reason) == (number, True)
        assert there(harness, order).body.order_remark is None
        assert len(harness.warehouse.writes()) == 1
        assert (await harness.stored.events()) == {"done": 1, "held": 1}

    async def test_one_that_starts_between_the_read_and_the_write_is_held_too(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await sent(harness)
        real = OngoingClient.put_order

        async def put(self: OngoingClient, body: Any) -> Any:
            harness.warehouse.model.set_order_status(str(order["id"]), 320)
            return await real(self, body)

        monkeypatch.setattr(OngoingClient, "put_order", put)
        await harness.deliver(harness.shop.change(order["id"], customer_note="too late"))
        assert await status(harness, order) == ("present", "held", "warehouse-started")

    async def test_a_change_that_the_warehouse_does_not_see_is_fine_after_it_has_started(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 400)
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        await harness.deliver(harness.shop.change(order["id"], customer_note=""))
        assert await status(harness, order) == ("present", "sent", None)

    async def test_a_held_change_goes_through_when_it_is_released_and_the_warehouse_lets_it(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 320)
        await harness.deliver(harness.shop.change(order["id"], customer_note="please"))
        harness.warehouse.model.set_order_status(str(order["id"]), 300)
        await release(harness, order)
        assert there(harness, order).body.order_remark == "please"
        assert await status(harness, order) == ("present", "sent", None)
        assert await harness.stored.events() == {"done": 2}

    async def test_a_released_change_that_the_warehouse_still_refuses_is_held_again(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 400)
        await harness.deliver(harness.shop.change(order["id"], customer_note="please"))
        await release(harness, order)
        assert await status(harness, order) == ("present", "held", "warehouse-started")

    async def test_started_begins_where_the_warehouses_setting_says(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, warehouse={"started_from_status": 300})
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], customer_note="too late"))
        assert await status(harness, order) == ("present", "held", "warehouse-started")


class TestCancellations:
    @pytest.mark.parametrize("word", ["cancelled", "refunded", "failed"])
    async def test_a_cancelled_order_is_cancelled_in_the_warehouse(self, harness: Harness, word: str) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status=word))
        assert there(harness, order).status == 1000
        assert await status(harness, order) == ("absent", "sent", "cancelled")

    @pytest.mark.parametrize("number", [320, 450])
    async def test_a_cancellation_after_the_warehouse_has_started_is_held(self, harness: Harness, number: int) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), number)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert there(harness, order).status == number
        assert await status(harness, order) == ("absent", "held", "too-late-to-cancel")
        assert harness.warehouse.writes("DELETE") == []

    async def test_a_held_cancellation_goes_through_when_it_is_released_and_the_warehouse_lets_it(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 320)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        harness.warehouse.model.set_order_status(str(order["id"]), 300)
        await release(harness, order)
        assert there(harness, order).status == 1000
        assert await status(harness, order) == ("absent", "sent", "cancelled")

    async def test_an_order_that_the_warehouse_has_cancelled_already_is_done(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 1000)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert await status(harness, order) == ("absent", "sent", "cancelled")
        assert harness.warehouse.writes("DELETE") == []

    async def test_an_order_that_was_never_sent_is_left_out(self, harness: Harness) -> None:
        order = harness.shop.order(status="pending")
        await harness.deliver(order)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert await status(harness, order) == ("absent", "none", "not-wanted")
        assert harness.warehouse.calls() == []

    async def test_an_order_that_was_held_and_never_sent_is_left_out(self, harness: Harness) -> None:
        order = harness.shop.order(shipping={}, billing={**BILLING, "country": ""})
        await harness.deliver(order)
        assert (await status(harness, order))[1] == "held"
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert await status(harness, order) == ("absent", "none", "not-wanted")

    async def test_an_order_that_vanished_from_the_warehouse_needs_no_cancelling(self, harness: Harness) -> None:
        order = await sent(harness)
        del harness.warehouse.model.orders[77, str(order["id"])]
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert await status(harness, order) == ("absent", "none", "not-wanted")
        assert harness.warehouse.writes("DELETE") == []

    async def test_a_cancellation_is_made_once(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        await harness.deliver(harness.shop.change(order["id"], status="failed"))
        assert len(harness.warehouse.writes("DELETE")) == 1


class TestReopened:
    async def test_an_order_that_is_reopened_after_its_cancellation_is_held(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        assert await status(harness, order) == ("present", "held", "reopened-after-cancel")
        assert there(harness, order).status == 1000

    async def test_one_that_is_reopened_before_its_cancellation_was_sent_changes_nothing(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.announce(harness.shop.change(order["id"], status="cancelled"))
        await harness.announce(harness.shop.change(order["id"], status="processing"))
        await harness.work()
        assert there(harness, order).status == 300
        assert await status(harness, order) == ("present", "sent", None)

    async def test_releasing_it_while_the_warehouse_still_has_it_as_cancelled_holds_it_again(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        writes = len(harness.warehouse.writes())
        await release(harness, order)
        assert len(harness.warehouse.writes()) == writes + 1  # it was tried
        assert (await status(harness, order))[1:] == ("held", "reopened-after-cancel")

    async def test_releasing_it_once_the_warehouse_has_opened_it_by_hand_settles_it(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        await harness.deliver(harness.shop.change(order["id"], status="processing", customer_note="again"))
        harness.warehouse.model.set_order_status(str(order["id"]), 300)
        await release(harness, order)
        assert there(harness, order).body.order_remark == "again"
        assert await status(harness, order) == ("present", "sent", None)

    async def test_an_order_that_the_warehouse_cancelled_by_itself_is_held_when_the_shop_changes_it(
        self, harness: Harness
    ) -> None:
        order = await sent(harness)
        harness.warehouse.model.set_order_status(str(order["id"]), 1000)
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        assert await status(harness, order) == ("present", "held", "cancelled-in-warehouse")
        assert len(harness.warehouse.writes()) == 1


class TestOtherStatuses:
    @pytest.mark.parametrize("word", ["on-hold", "pending"])
    async def test_an_order_put_on_hold_after_it_was_sent_stays_in_the_warehouse(self, harness: Harness, word: str) -> None:
        order = await sent(harness)
        before = len(harness.warehouse.calls())
        await harness.deliver(harness.shop.change(order["id"], status=word))
        assert there(harness, order).status == 300
        assert await status(harness, order) == ("present", "sent", "kept")
        assert len(harness.warehouse.calls()) == before

    @pytest.mark.parametrize("word", ["on-hold", "pending"])
    async def test_it_goes_on_when_it_is_back_and_nothing_is_sent_twice(self, harness: Harness, word: str) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status=word))
        mapping = await harness.stored.mapping(order["id"])
        assert mapping.reason == (
            f"The shop's status is '{word}'; the order stays in the warehouse, only a cancellation takes it back"
        )
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        assert await status(harness, order) == ("present", "sent", None)
        assert len(harness.warehouse.writes()) == 1

    @pytest.mark.parametrize("word", ["on-hold", "pending"])
    @pytest.mark.parametrize("by_poll", [False, True])
    async def test_an_order_that_waits_when_first_seen_is_shown(self, harness: Harness, word: str, by_poll: bool) -> None:
        order = harness.shop.order(status=word)
        await (harness.poll() if by_poll else harness.deliver(order))
        assert await status(harness, order) == ("present", "none", "not-wanted")
        assert (await harness.stored.mapping(order["id"])).reason.startswith(f"The shop's status is '{word}'. It goes on when ")
        assert await harness.stored.history(order["id"]) == ["not-wanted"]
        assert harness.warehouse.writes() == []

    async def test_an_order_that_is_paid_later_is_sent_then(self, harness: Harness) -> None:
        order = harness.shop.order(status="on-hold")
        await harness.deliver(order)
        assert await status(harness, order) == ("present", "none", "not-wanted")
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        assert there(harness, order) is not None
        assert await status(harness, order) == ("present", "sent", None)

    async def test_an_order_completed_by_hand_stays_in_the_warehouse(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], status="completed"))
        assert there(harness, order).status == 300
        assert await status(harness, order) == ("present", "sent", "kept")

    async def test_an_order_completed_before_it_was_ever_wanted_is_left_out(self, harness: Harness) -> None:
        order = harness.shop.order(status="completed")
        await harness.deliver(order)
        assert await status(harness, order) == ("present", "none", "not-wanted")
        assert harness.warehouse.calls() == []

    @pytest.mark.parametrize("by_poll", [False, True])
    async def test_an_order_completed_by_itself_is_shown_as_ignored_with_that_reason(
        self, harness: Harness, by_poll: bool
    ) -> None:
        """By a plugin that completes orders, before the shop tells of them."""
        order = harness.shop.order(status="completed")
        await (harness.poll() if by_poll else harness.deliver(order))
        words = "The shop has completed the order (status 'completed'), and it was never in the warehouse"
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("none", "not-wanted")
        assert mapping.reason.startswith(words)
        assert await harness.stored.history(order["id"]) == ["not-wanted"]
        assert await harness.stored.events() == ({} if by_poll else {"ignored": 1})
        await harness.poll()
        assert (await harness.stored.mapping(order["id"])).reason.startswith(words)
        assert harness.warehouse.writes() == []

    async def test_which_statuses_are_sent_is_a_setting(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, order_statuses=["on-hold"])
        taken, left = harness.shop.order(status="on-hold"), harness.shop.order(status="processing")
        await harness.deliver(taken)
        await harness.deliver(left)
        assert there(harness, taken) is not None
        assert there(harness, left) is None

    async def test_a_plugins_own_status_is_waited_out(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.deliver({**harness.shop.change(order["id"], customer_note="x"), "status": "utlevert"})
        assert await status(harness, order) == ("present", "sent", "kept")


class TestVanished:
    async def test_an_order_that_was_sent_and_is_not_there_is_held(self, harness: Harness) -> None:
        order = await sent(harness)
        del harness.warehouse.model.orders[77, str(order["id"])]
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        assert await status(harness, order) == ("present", "held", "vanished")
        assert there(harness, order) is None

    async def test_released_it_is_sent_again_under_its_number(self, harness: Harness) -> None:
        order = await sent(harness)
        del harness.warehouse.model.orders[77, str(order["id"])]
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        await release(harness, order)
        assert there(harness, order).body.order_remark == "x"
        assert await status(harness, order) == ("present", "sent", None)

    async def test_a_null_list_is_no_proof_that_it_vanished(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.warehouse.fail("null-answer", method="GET", path="/demo/api/v1/orders", times=1)
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        assert (await harness.stored.job(order["id"])).state == "parked"
        harness.tick(60)
        await harness.work(sweep=True)
        assert there(harness, order).body.order_remark == "x"


class TestGoLive:
    async def test_an_order_made_before_the_go_live_date_is_not_transferred(self, harness: Harness) -> None:
        old = harness.shop.order()
        harness.tick(3600)
        await harness.change_settings(harness.connection, go_live=harness.clock().isoformat())
        harness.tick(3600)
        new = harness.shop.order()
        for order in (old, new, harness.shop.change(old["id"], customer_note="changed since")):
            await harness.deliver(order)
        assert await status(harness, old) == ("present", "none", "before-go-live")
        assert [number for _, number in harness.warehouse.model.orders] == [str(new["id"])]

    async def test_one_that_was_sent_before_the_date_was_moved_is_still_changed_and_cancelled(self, harness: Harness) -> None:
        order = await sent(harness)
        harness.tick(3600)
        await harness.change_settings(harness.connection, go_live=harness.clock().isoformat())
        await harness.deliver(harness.shop.change(order["id"], customer_note="changed"))
        assert there(harness, order).body.order_remark == "changed"
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert there(harness, order).status == 1000


class TestSettings:
    async def test_the_prefix_goes_in_front_of_the_number(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, order_number_prefix="FB-")
        order = harness.shop.order()
        await harness.deliver(order)
        assert [number for _, number in harness.warehouse.model.orders] == [f"FB-{order['id']}"]
        assert (await harness.stored.mapping(order["id"])).source_number == str(order["id"])

    async def test_a_new_prefix_leaves_what_was_sent_as_it_is(self, harness: Harness) -> None:
        order = await sent(harness)
        await harness.change_settings(harness.connection, order_number_prefix="FB-")
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        assert [number for _, number in harness.warehouse.model.orders] == [str(order["id"])]
        assert there(harness, order).body.order_remark == "x"

    async def test_what_waits_is_mapped_again_when_a_setting_changes(self, harness: Harness) -> None:
        order = harness.shop.order()
        await harness.announce(order)
        await harness.ingest()
        await harness.change_settings(harness.connection, notify_by_sms="not-sent", notify_by_email=False)
        await harness.work(sweep=True)
        body = there(harness, order).body
        assert not body.sms_notification.to_be_notified
        assert body.email_notification.to_be_notified is False

    async def test_the_history_tells_the_whole_way(self, harness: Harness) -> None:
        await harness.deliver(harness.shop.product("SOKK-1"), "product.created")
        order = await sent(harness)
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
        assert await harness.stored.history(order["id"]) == [
            "found-by-webhook",
            "call-ok",
            "created",
            "found-by-webhook",
            "call-ok",
            "updated",
            "found-by-webhook",
            "call-ok",
            "cancelled",
        ]
