"""Pieces that the shop refunds: before the warehouse starts, after, and after they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.woocommerce.model.sales import refunding
from tests.flows.order_steps import release, sent, status, there
from tests.harness import Harness, Resource

REFUNDS_READ = "/refunds"


def refund(harness: Harness, order: Resource, *pieces: int, reason: str = "Mangler", amount: str = "10.00") -> Resource:
    """Refunds so many pieces of each line. Returns the order as the shop shows it now."""
    lines = [
        {"id": line["id"], "quantity": some, "refund_total": 1}
        for line, some in zip(order["line_items"], pieces, strict=False)
        if some
    ]
    body = {"amount": amount, "reason": reason, "api_refund": False, "line_items": lines}
    refunding.create(harness.shop.model.orders, order["id"], body)
    harness.tick()
    return harness.shop.change(order["id"], customer_note="moved")


def quantities(harness: Harness, order: Resource) -> dict[str, int]:
    """What the WMS has, without lines that were set to 0."""
    body = there(harness, order).body
    return {line.article_number: int(line.number_of_items) for line in body.order_lines if line.number_of_items}


def side_reads(harness: Harness) -> int:
    return len([call for call in harness.shop.calls() if call.path.endswith(REFUNDS_READ) and call.method == "GET"])


@pytest.fixture
def two_lines(harness: Harness) -> dict[str, Any]:
    harness.shop.product("KAFFE-1", "Kaffe")
    return {
        "line_items": [
            {"product_id": harness.shop.product_id("SOKK-1"), "quantity": 2},
            {"product_id": harness.shop.product_id("KAFFE-1"), "quantity": 3},
        ]
    }


class TestBeforeTheWarehouseStarts:
    async def test_refunded_pieces_are_taken_off_the_order_in_the_wms(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        assert side_reads(harness) == 0
        await harness.deliver(refund(harness, order, 1))
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 3}
        assert await status(harness, order) == ("present", "sent", None)

    async def test_the_same_refunds_are_read_once(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order, 1))
        harness.tick()
        await harness.deliver(harness.shop.change(order["id"], customer_note="again"))
        assert side_reads(harness) == 1
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 3}

    async def test_a_line_that_is_refunded_wholly_drops_out(self, harness: Harness, two_lines: Any) -> None:
        order = harness.shop.order(**two_lines)
        await harness.deliver(refund(harness, order, 2, 1))
        assert quantities(harness, order) == {"KAFFE-1": 2}

    async def test_all_pieces_refunded_cancels_it(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order, 2, 3))
        assert there(harness, order).status == 1000
        assert await status(harness, order) == ("absent", "sent", "cancelled")

    async def test_a_refund_of_an_amount_only_changes_nothing(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order))
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}

    async def test_our_own_refund_of_returned_goods_reduces_nothing(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order, 1, reason=f"Retur (R-{order['id']}-0a1b2c3d)"))
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}
        assert side_reads(harness) == 0

    async def test_ignore_is_a_setting(self, harness: Harness, two_lines: Any) -> None:
        await harness.change_settings(harness.connection, part_refund="ignore")
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order, 1))
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}
        assert side_reads(harness) == 0

    async def test_hold_is_a_setting_and_a_release_takes_them_off(self, harness: Harness, two_lines: Any) -> None:
        await harness.change_settings(harness.connection, part_refund="hold")
        order = await sent(harness, **two_lines)
        await harness.deliver(refund(harness, order, 1))
        assert await status(harness, order) == ("present", "held", "refunded-in-part")
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}
        await release(harness, order)
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 3}
        assert await status(harness, order) == ("present", "sent", None)

    async def test_an_order_whose_refunds_cannot_be_read_waits(self, harness: Harness, two_lines: Any) -> None:
        order = harness.shop.order(**two_lines)
        shown = refund(harness, order, 1)
        harness.shop.fail("status", status=503, path=f"/wp-json/wc/v3/orders/{order['id']}/refunds")
        await harness.deliver(shown)
        assert harness.warehouse.order(order["id"]) is None
        assert await harness.stored.events() == {"parked": 1}
        harness.mend()
        harness.tick(3600)
        await harness.work(sweep=True)
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 3}

    async def test_an_order_whose_refunds_the_key_may_not_read_is_held(self, harness: Harness, two_lines: Any) -> None:
        order = harness.shop.order(**two_lines)
        shown = refund(harness, order, 1)
        harness.shop.fail("status", status=403, path=f"/wp-json/wc/v3/orders/{order['id']}/refunds")
        await harness.deliver(shown)
        assert await status(harness, order) == ("present", "held", "refunds-unreadable")


class TestAfterTheWarehouseHasStarted:
    async def test_it_is_held_and_says_which_pieces(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        there(harness, order).status = 320
        await harness.deliver(refund(harness, order, 1))
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "refunded-in-part")
        assert "1 of 2 SOKK-1" in (mapping.reason or "")
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}

    async def test_what_was_sent_is_shown_and_held_by_nothing(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        there(harness, order).status = 450
        body = {"amount": "10.00", "reason": "x", "api_refund": False}
        line = {"id": order["line_items"][0]["id"], "quantity": 1, "refund_total": 1}
        refunding.create(harness.shop.model.orders, order["id"], {**body, "line_items": [line]})
        await harness.deliver(harness.shop.shown(order["id"]))
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("sent", "refunded-after-sending")
        assert "1 of 2 SOKK-1" in (mapping.reason or "")


def refunded(harness: Harness, order: Resource, pieces: int = 1) -> Resource:
    """Refunds so many of the first line, as the shop tells of it. Returns the order as the shop shows it now."""
    line = {"id": order["line_items"][0]["id"], "quantity": pieces, "refund_total": 1}
    body = {"amount": "10.00", "reason": "x", "api_refund": False, "line_items": [line]}
    harness.tick()
    refunding.create(harness.shop.model.orders, order["id"], body)
    return harness.shop.shown(order["id"])


class TestAfterTheOrderWasCompleted:
    async def completed(self, harness: Harness, two_lines: Any, status: int) -> Resource:
        order = await sent(harness, **two_lines)
        harness.warehouse.model.set_order_status(str(order["id"]), status)
        await harness.deliver(harness.shop.change(order["id"], status="completed"))
        return order

    async def test_what_was_sent_is_shown(self, harness: Harness, two_lines: Any) -> None:
        order = await self.completed(harness, two_lines, 450)
        await harness.deliver(refunded(harness, order))
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("sent", "refunded-after-sending")
        assert "1 of 2 SOKK-1, which the warehouse has sent" in (mapping.reason or "")
        assert "refunded-after-sending" in await harness.stored.history(order["id"])
        assert len(harness.warehouse.writes()) == 1

    async def test_a_completed_order_without_a_refund_is_not_read_for_one(self, harness: Harness, two_lines: Any) -> None:
        order = await self.completed(harness, two_lines, 450)
        assert side_reads(harness) == 0
        assert await status(harness, order) == ("present", "sent", "kept")

    async def test_one_of_before_the_connection_went_live_is_not_read_for_its_refunds(self, harness: Harness) -> None:
        order = harness.shop.order(status="completed")
        harness.tick()
        await harness.change_settings(harness.connection, go_live=harness.clock().isoformat())
        await harness.deliver(refunded(harness, order))
        assert side_reads(harness) == 0
        assert (await harness.stored.mapping(order["id"])).reason_code == "before-go-live"

    async def test_a_refund_of_an_amount_only_is_kept_as_it_is(self, harness: Harness, two_lines: Any) -> None:
        order = await self.completed(harness, two_lines, 450)
        await harness.deliver(refund(harness, order))
        assert await status(harness, order) == ("present", "sent", "kept")

    async def test_our_own_refund_of_returned_goods_says_nothing(self, harness: Harness, two_lines: Any) -> None:
        order = await self.completed(harness, two_lines, 450)
        await harness.deliver(refund(harness, order, 1, reason=f"Retur (R-{order['id']}-0a1b2c3d)"))
        assert await status(harness, order) == ("present", "sent", "kept")
        assert side_reads(harness) == 0

    @pytest.mark.parametrize("there_at", [300, 320])
    async def test_completed_by_hand_and_not_sent_it_is_held(self, harness: Harness, two_lines: Any, there_at: int) -> None:
        order = await self.completed(harness, two_lines, there_at)
        await harness.deliver(refunded(harness, order))
        mapping = await harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "refunded-in-part")
        assert "1 of 2 SOKK-1" in (mapping.reason or "")
        await release(harness, order)
        assert await status(harness, order) == ("present", "sent", "kept")

    async def test_pieces_that_were_taken_off_before_are_not_told_of_again(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refunded(harness, order))
        harness.warehouse.model.set_order_status(str(order["id"]), 450)
        await harness.deliver(harness.shop.change(order["id"], status="completed"))
        assert await status(harness, order) == ("present", "sent", "kept")


class TestARefundThatIsDeleted:
    """The shop fires nothing and leaves the order's time as it was (observed): whatever shows the order next tells of it."""

    async def taken_off(self, harness: Harness, two_lines: Any) -> Resource:
        order = await sent(harness, **two_lines)
        await harness.deliver(refunded(harness, order))
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 3}
        (found,) = harness.shop.shown(order["id"])["refunds"]
        refunding.remove(harness.shop.model.orders, order["id"], found["id"])
        return order

    async def test_a_webhook_that_shows_the_order_puts_them_back(self, harness: Harness, two_lines: Any) -> None:
        order = await self.taken_off(harness, two_lines)
        await harness.deliver(harness.shop.shown(order["id"]))
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}

    async def test_so_does_the_deep_sweep(self, harness: Harness, two_lines: Any) -> None:
        order = await self.taken_off(harness, two_lines)
        harness.tick(3600)
        await harness.poll(sweep=True)
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}

    async def test_so_does_a_poll_that_lists_it(self, harness: Harness, two_lines: Any) -> None:
        order = await self.taken_off(harness, two_lines)
        await harness.poll()
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 3}

    async def test_one_of_two_puts_back_its_own(self, harness: Harness, two_lines: Any) -> None:
        order = await sent(harness, **two_lines)
        await harness.deliver(refunded(harness, order))
        first = harness.shop.shown(order["id"])["refunds"][0]
        await harness.deliver(refund(harness, order, 0, 2))
        assert quantities(harness, order) == {"SOKK-1": 1, "KAFFE-1": 1}
        refunding.remove(harness.shop.model.orders, order["id"], first["id"])
        await harness.deliver(harness.shop.shown(order["id"]))
        assert quantities(harness, order) == {"SOKK-1": 2, "KAFFE-1": 1}
