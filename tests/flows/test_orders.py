"""Orders into the warehouse: created, changed until it starts, cancelled while they can be, held when a person is needed."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.operations import records
from app.errors import Conflict
from app.warehouse.rest.client import OngoingClient
from tests.house import ADDRESS, BILLING, House, Resource

STARTED = [320, 400, 450, 500, 800]


async def sent(house: House, **more: Any) -> Resource:
    order = house.order(**more)
    await house.deliver(order)
    assert house.wms_order(order["id"]) is not None
    return order


def there(house: House, order: Resource) -> Any:
    found: Any = house.wms_order(order["id"])
    return found


async def status(house: House, order: Resource) -> tuple[str, str, str | None]:
    mapping = await house.mapping(order["id"])
    return mapping.wanted, mapping.transfer, mapping.reason_code


async def release(house: House, order: Resource) -> None:
    await records.release(house.gateway, (await house.mapping(order["id"])).id)
    await house.work()


class TestChanges:
    async def test_a_changed_order_is_sent_again(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], customer_note="Bak huset"))
        assert there(house, order).body.order_remark == "Bak huset"
        assert await status(house, order) == ("present", "sent", None)

    async def test_an_unchanged_order_is_not_sent_again(self, house: House) -> None:
        order = await sent(house)
        before = len(house.warehouse_calls())
        house.tick()
        await house.deliver(house.change(order["id"]))
        assert len(house.warehouse_calls()) == before

    async def test_a_removed_line_is_removed_in_the_warehouse(self, house: House) -> None:
        order = house.order("A-1", "B-1")
        await house.deliver(order)
        gone = {"id": order["line_items"][1]["id"], "product_id": None, "quantity": 0}
        await house.deliver(house.change(order["id"], line_items=[gone]))
        assert [line.article_number for line in there(house, order).body.order_lines] == ["A-1"]

    @pytest.mark.parametrize("number", STARTED)
    async def test_a_change_after_the_warehouse_has_started_is_held_with_the_reason(self, house: House, number: int) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), number)
        await house.deliver(house.change(order["id"], customer_note="too late"))
        assert await status(house, order) == ("present", "held", "warehouse-started")
        mapping = await house.mapping(order["id"])
        assert (mapping.warehouse_status, str(number) in mapping.reason) == (number, True)
        assert there(house, order).body.order_remark is None
        assert len(house.writes()) == 1
        assert (await house.events()) == {"done": 1, "held": 1}

    async def test_one_that_starts_between_the_read_and_the_write_is_held_too(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await sent(house)
        real = OngoingClient.put_order

        async def put(self: OngoingClient, body: Any) -> Any:
            house.warehouse.set_order_status(str(order["id"]), 320)
            return await real(self, body)

        monkeypatch.setattr(OngoingClient, "put_order", put)
        await house.deliver(house.change(order["id"], customer_note="too late"))
        assert await status(house, order) == ("present", "held", "warehouse-started")

    async def test_a_change_that_the_warehouse_does_not_see_is_fine_after_it_has_started(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 400)
        await house.deliver(house.change(order["id"], customer_note="x"))
        await house.deliver(house.change(order["id"], customer_note=""))
        assert await status(house, order) == ("present", "sent", None)

    async def test_a_held_change_goes_through_when_it_is_released_and_the_warehouse_lets_it(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 320)
        await house.deliver(house.change(order["id"], customer_note="please"))
        house.warehouse.set_order_status(str(order["id"]), 300)
        await release(house, order)
        assert there(house, order).body.order_remark == "please"
        assert await status(house, order) == ("present", "sent", None)
        assert await house.events() == {"done": 2}

    async def test_a_released_change_that_the_warehouse_still_refuses_is_held_again(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 400)
        await house.deliver(house.change(order["id"], customer_note="please"))
        await release(house, order)
        assert await status(house, order) == ("present", "held", "warehouse-started")

    async def test_started_begins_where_the_warehouses_setting_says(self, house: House) -> None:
        await house.change_settings(house.connection, warehouse={"started_from_status": 300})
        order = await sent(house)
        await house.deliver(house.change(order["id"], customer_note="too late"))
        assert await status(house, order) == ("present", "held", "warehouse-started")


class TestCancellations:
    @pytest.mark.parametrize("word", ["cancelled", "refunded", "failed"])
    async def test_a_cancelled_order_is_cancelled_in_the_warehouse(self, house: House, word: str) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status=word))
        assert there(house, order).status == 1000
        assert await status(house, order) == ("absent", "sent", "cancelled")

    @pytest.mark.parametrize("number", [320, 450])
    async def test_a_cancellation_after_the_warehouse_has_started_is_held(self, house: House, number: int) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), number)
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert there(house, order).status == number
        assert await status(house, order) == ("absent", "held", "too-late-to-cancel")
        assert house.writes("DELETE") == []

    async def test_a_held_cancellation_goes_through_when_it_is_released_and_the_warehouse_lets_it(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 320)
        await house.deliver(house.change(order["id"], status="cancelled"))
        house.warehouse.set_order_status(str(order["id"]), 300)
        await release(house, order)
        assert there(house, order).status == 1000
        assert await status(house, order) == ("absent", "sent", "cancelled")

    async def test_an_order_that_the_warehouse_has_cancelled_already_is_done(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 1000)
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert await status(house, order) == ("absent", "sent", "cancelled")
        assert house.writes("DELETE") == []

    async def test_an_order_that_was_never_sent_is_left_out(self, house: House) -> None:
        order = house.order(status="pending")
        await house.deliver(order)
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert await status(house, order) == ("absent", "none", "not-wanted")
        assert house.warehouse_calls() == []

    async def test_an_order_that_was_held_and_never_sent_is_left_out(self, house: House) -> None:
        order = house.order(shipping={}, billing={**BILLING, "country": ""})
        await house.deliver(order)
        assert (await status(house, order))[1] == "held"
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert await status(house, order) == ("absent", "none", "not-wanted")

    async def test_an_order_that_vanished_from_the_warehouse_needs_no_cancelling(self, house: House) -> None:
        order = await sent(house)
        del house.warehouse.orders[77, str(order["id"])]
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert await status(house, order) == ("absent", "none", "not-wanted")
        assert house.writes("DELETE") == []

    async def test_a_cancellation_is_made_once(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status="cancelled"))
        await house.deliver(house.change(order["id"], status="failed"))
        assert len(house.writes("DELETE")) == 1


class TestReopened:
    async def test_an_order_that_is_reopened_after_its_cancellation_is_held(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status="cancelled"))
        await house.deliver(house.change(order["id"], status="processing"))
        assert await status(house, order) == ("present", "held", "reopened-after-cancel")
        assert there(house, order).status == 1000

    async def test_one_that_is_reopened_before_its_cancellation_was_sent_changes_nothing(self, house: House) -> None:
        order = await sent(house)
        await house.announce(house.change(order["id"], status="cancelled"))
        await house.announce(house.change(order["id"], status="processing"))
        await house.work()
        assert there(house, order).status == 300
        assert await status(house, order) == ("present", "sent", None)

    async def test_releasing_it_while_the_warehouse_still_has_it_as_cancelled_holds_it_again(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status="cancelled"))
        await house.deliver(house.change(order["id"], status="processing"))
        writes = len(house.writes())
        await release(house, order)
        assert len(house.writes()) == writes + 1  # it was tried
        assert (await status(house, order))[1:] == ("held", "cancelled-in-warehouse")

    async def test_releasing_it_once_the_warehouse_has_opened_it_by_hand_settles_it(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status="cancelled"))
        await house.deliver(house.change(order["id"], status="processing", customer_note="again"))
        house.warehouse.set_order_status(str(order["id"]), 300)
        await release(house, order)
        assert there(house, order).body.order_remark == "again"
        assert await status(house, order) == ("present", "sent", None)

    async def test_an_order_that_the_warehouse_cancelled_by_itself_is_held_when_the_shop_changes_it(self, house: House) -> None:
        order = await sent(house)
        house.warehouse.set_order_status(str(order["id"]), 1000)
        await house.deliver(house.change(order["id"], customer_note="x"))
        assert await status(house, order) == ("present", "held", "cancelled-in-warehouse")
        assert len(house.writes()) == 1


class TestOtherStatuses:
    @pytest.mark.parametrize("word", ["on-hold", "pending"])
    async def test_an_order_put_on_hold_after_it_was_sent_stays_in_the_warehouse(self, house: House, word: str) -> None:
        order = await sent(house)
        before = len(house.warehouse_calls())
        await house.deliver(house.change(order["id"], status=word))
        assert there(house, order).status == 300
        assert await status(house, order) == ("present", "sent", "kept")
        assert len(house.warehouse_calls()) == before

    async def test_an_order_that_is_paid_later_is_sent_then(self, house: House) -> None:
        order = house.order(status="on-hold")
        await house.deliver(order)
        assert await status(house, order) == ("present", "none", "not-wanted")
        await house.deliver(house.change(order["id"], status="processing"))
        assert there(house, order) is not None
        assert await status(house, order) == ("present", "sent", None)

    async def test_an_order_completed_by_hand_stays_in_the_warehouse(self, house: House) -> None:
        order = await sent(house)
        await house.deliver(house.change(order["id"], status="completed"))
        assert there(house, order).status == 300
        assert await status(house, order) == ("present", "sent", "kept")

    async def test_an_order_completed_before_it_was_ever_wanted_is_left_out(self, house: House) -> None:
        order = house.order(status="completed")
        await house.deliver(order)
        assert await status(house, order) == ("present", "none", "not-wanted")
        assert house.warehouse_calls() == []

    async def test_which_statuses_are_sent_is_a_setting(self, house: House) -> None:
        await house.change_settings(house.connection, order_statuses=["on-hold"])
        taken, left = house.order(status="on-hold"), house.order(status="processing")
        await house.deliver(taken)
        await house.deliver(left)
        assert there(house, taken) is not None
        assert there(house, left) is None

    async def test_a_plugins_own_status_is_waited_out(self, house: House) -> None:
        order = await sent(house)
        await house.deliver({**house.change(order["id"], customer_note="x"), "status": "utlevert"})
        assert await status(house, order) == ("present", "sent", "kept")


class TestVanished:
    async def test_an_order_that_was_sent_and_is_not_there_is_held(self, house: House) -> None:
        order = await sent(house)
        del house.warehouse.orders[77, str(order["id"])]
        await house.deliver(house.change(order["id"], customer_note="x"))
        assert await status(house, order) == ("present", "held", "vanished")
        assert there(house, order) is None

    async def test_released_it_is_sent_again_under_its_number(self, house: House) -> None:
        order = await sent(house)
        del house.warehouse.orders[77, str(order["id"])]
        await house.deliver(house.change(order["id"], customer_note="x"))
        await release(house, order)
        assert there(house, order).body.order_remark == "x"
        assert await status(house, order) == ("present", "sent", None)

    async def test_a_null_list_is_no_proof_that_it_vanished(self, house: House) -> None:
        order = await sent(house)
        house.fail_warehouse("null-answer", method="GET", path="/demo/api/v1/orders", times=1)
        await house.deliver(house.change(order["id"], customer_note="x"))
        assert (await house.job(order["id"])).state == "parked"
        house.tick(60)
        await house.work(sweep=True)
        assert there(house, order).body.order_remark == "x"


class TestGoLive:
    async def test_an_order_made_before_the_go_live_date_is_not_transferred(self, house: House) -> None:
        old = house.order()
        house.tick(3600)
        await house.change_settings(house.connection, go_live=house.clock().isoformat())
        house.tick(3600)
        new = house.order()
        for order in (old, new, house.change(old["id"], customer_note="changed since")):
            await house.deliver(order)
        assert await status(house, old) == ("present", "none", "before-go-live")
        assert [number for _, number in house.warehouse.orders] == [str(new["id"])]

    async def test_one_that_was_sent_before_the_date_was_moved_is_still_changed_and_cancelled(self, house: House) -> None:
        order = await sent(house)
        house.tick(3600)
        await house.change_settings(house.connection, go_live=house.clock().isoformat())
        await house.deliver(house.change(order["id"], customer_note="changed"))
        assert there(house, order).body.order_remark == "changed"
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert there(house, order).status == 1000


class TestHeldWithAReason:
    async def test_a_line_without_a_sku_holds_the_order(self, house: House) -> None:
        order = house.order("SOKK-1")
        line = {**order["line_items"][0], "sku": ""}
        await house.deliver({**order, "line_items": [line]})
        assert await status(house, order) == ("present", "held", "line-without-article-number")
        assert house.warehouse_calls() == []

    async def test_it_goes_through_once_it_is_put_right_in_the_shop(self, house: House) -> None:
        order = house.order("SOKK-1")
        await house.deliver({**order, "line_items": [{**order["line_items"][0], "sku": ""}]})
        await house.deliver(house.change(order["id"], customer_note="put right"))
        assert await status(house, order) == ("present", "sent", None)
        assert await house.events() == {"merged": 1, "done": 1}

    async def test_an_address_without_a_street_holds_the_order(self, house: House) -> None:
        order = house.order(shipping={**ADDRESS, "address_1": ""}, billing={**BILLING, "address_1": ""})
        await house.deliver(order)
        assert (await status(house, order))[1:] == ("held", "street-missing")

    async def test_a_held_record_that_no_release_can_help_is_not_released(self, house: House) -> None:
        order = house.order("SOKK-1")
        await house.deliver({**order, "line_items": [{**order["line_items"][0], "sku": ""}]})
        with pytest.raises(Conflict):
            await release(house, order)

    async def test_what_was_sent_before_stands_while_a_change_of_it_is_held(self, house: House) -> None:
        order = await sent(house)
        changed = house.change(order["id"], customer_note="x")
        await house.deliver({**changed, "line_items": [{**changed["line_items"][0], "sku": ""}]})
        assert await status(house, order) == ("present", "held", "line-without-article-number")
        assert there(house, order).body.order_remark is None


class TestSettings:
    async def test_the_prefix_goes_in_front_of_the_number(self, house: House) -> None:
        await house.change_settings(house.connection, order_number_prefix="FB-")
        order = house.order()
        await house.deliver(order)
        assert [number for _, number in house.warehouse.orders] == [f"FB-{order['id']}"]
        assert (await house.mapping(order["id"])).source_number == str(order["id"])

    async def test_a_new_prefix_leaves_what_was_sent_as_it_is(self, house: House) -> None:
        order = await sent(house)
        await house.change_settings(house.connection, order_number_prefix="FB-")
        await house.deliver(house.change(order["id"], customer_note="x"))
        assert [number for _, number in house.warehouse.orders] == [str(order["id"])]
        assert there(house, order).body.order_remark == "x"

    async def test_what_waits_is_mapped_again_when_a_setting_changes(self, house: House) -> None:
        order = house.order()
        await house.announce(order)
        await house.ingest()
        await house.change_settings(house.connection, notify_by_sms="not-sent", notify_by_email=False)
        await house.work(sweep=True)
        body = there(house, order).body
        assert not body.sms_notification.to_be_notified
        assert body.email_notification.to_be_notified is False

    async def test_the_history_tells_the_whole_way(self, house: House) -> None:
        await house.deliver(house.product("SOKK-1"), "product.created")
        order = await sent(house)
        await house.deliver(house.change(order["id"], customer_note="x"))
        await house.deliver(house.change(order["id"], status="cancelled"))
        assert await house.told(order["id"]) == [
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
