"""Returned goods as refunds: line by line with their taxes, each returned quantity once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations import records
from app.records import deliveries
from app.sandbox.woocommerce.model.sales import refunding
from app.storage.outbound_tables import reports
from app.storage.tables import attempts
from tests.engine.polling.shipment_steps import BOTH, ON, in_warehouse, later, row, status
from tests.harness import Harness
from tests.steering import Ended, ended_at

REFUNDS = "/wp-json/wc/v3/orders/"


async def delivered(harness: Harness, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """An order that was sent, and that the shop has as completed."""
    if not harness.connections:
        await harness.connect(processes=BOTH, **more)
    order = await in_warehouse(harness, *(lines or (("SOKK-1", 3),)))
    harness.warehouse.model.ship(order["number"], "70300001")
    await harness.poll("shipments")
    assert status(harness, order) == "completed"
    harness.tick(60)
    return order


def refunds(harness: Harness, order: dict[str, Any]) -> list[dict[str, Any]]:
    return harness.shop.model.refunds.get(order["id"], [])


def pieces(harness: Harness, order: dict[str, Any]) -> int:
    """How many pieces were refunded in all."""
    return sum(-line["quantity"] for refund in refunds(harness, order) for line in refund["line_items"])


def posted(harness: Harness) -> list[Any]:
    """The bodies of all refunds that were asked for."""
    calls = harness.shop.calls(REFUNDS)
    return [call.body for call in calls if call.method == "POST" and call.path.endswith("/refunds")]


def back(harness: Harness, order: dict[str, Any], *quantities: float, cause: str | None = None) -> None:
    by_row = {row(order, index): quantity for index, quantity in enumerate(quantities) if quantity}
    harness.warehouse.model.return_goods(order["number"], by_row, cause)


class TestTheRefund:
    async def test_by_default_nothing_is_refunded(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")
        await bare_harness.poll("shipments")

        assert posted(bare_harness) == []

    async def test_a_returned_piece_is_refunded_with_its_tax_and_moves_neither_money_nor_stock(
        self, bare_harness: Harness
    ) -> None:
        """A price of 100 with 25 % tax in it: 80 and 20 for each of three pieces."""
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        (body,) = posted(bare_harness)
        assert body["amount"] == "100.00"
        assert (body["api_refund"], body["api_restock"]) == (False, False)
        assert body["line_items"] == [
            {
                "id": order["line_items"][0]["id"],
                "quantity": 1,
                "refund_total": 80.0,
                "refund_tax": [{"id": 1, "refund_total": 20.0}],
            }
        ]
        assert body["reason"].startswith(f"Retur (R-{order['id']}-")
        assert pieces(bare_harness, order) == 1

    async def test_money_and_stock_move_where_the_connection_says_so(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, returns={"api_refund": True, "restock": True, "reason": "Angret"})
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        (body,) = posted(bare_harness)
        assert (body["api_refund"], body["api_restock"]) == (True, True)
        assert body["reason"].startswith("Angret (R-")

    async def test_the_warehouse_is_told_line_by_line_what_was_refunded(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, ("SOKK-1", 2), ("SOKK-2", 3))
        back(bare_harness, order, 0, 2)

        await bare_harness.poll("returns")

        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert [line.reported_returned for line in found.lines] == [None, 2]
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"


class TestScrapped:
    async def test_scrapped_pieces_are_refunded_apart_and_raise_no_stock(self, bare_harness: Harness) -> None:
        """Of three, two come back well and one is broken. The shop raises its own stock, by the two alone."""
        order = await delivered(bare_harness, returns={"restock": True})
        back(bare_harness, order, 2)
        back(bare_harness, order, 1, cause="BROKEN")

        await bare_harness.poll("returns")
        bare_harness.tick(60)
        await bare_harness.poll("returns")

        told = [(body["line_items"][0]["quantity"], body["api_restock"]) for body in posted(bare_harness)]
        assert told == [(2, True), (1, False)]

    async def test_a_worker_that_ends_between_the_two_makes_the_second_alone(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, returns={"restock": True})
        back(bare_harness, order, 1)
        back(bare_harness, order, 1, cause="BROKEN")
        first = len(posted(bare_harness))

        with ended_at("call-after-answer"), pytest.raises(Ended):
            await bare_harness.poll("returns")
        bare_harness.wake_ups.waiting.clear()
        await bare_harness.stored.expire_leases()
        await later(bare_harness)

        told = [(body["line_items"][0]["quantity"], body["api_restock"]) for body in posted(bare_harness)[first:]]
        assert told == [(1, True), (1, False)]


class TestOnce:
    async def test_however_often_it_is_read(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)

        for process in ("returns", "returns", "shipments", "returns"):
            bare_harness.tick(60)
            await bare_harness.poll(process)

        assert (len(posted(bare_harness)), pieces(bare_harness, order)) == (1, 1)

    async def test_whoever_reads_it_first(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)
        await bare_harness.poll("shipments")
        await bare_harness.poll("returns")
        back(bare_harness, order, 1)
        bare_harness.tick(3600)
        await bare_harness.poll("shipments")
        await bare_harness.poll("returns")

        assert (len(posted(bare_harness)), pieces(bare_harness, order)) == (2, 2)

    async def test_several_partial_returns_add_up_to_the_line_to_the_penny(self, bare_harness: Harness) -> None:
        """A third of 100 kroner each: the last piece takes what rounding left."""
        await bare_harness.connect(processes=BOTH)
        bare_harness.shop.product("TREDJEDEL", regular_price="33.33")
        order = await delivered(bare_harness, ("TREDJEDEL", 3))
        for _ in range(3):
            back(bare_harness, order, 1)
            await bare_harness.poll("returns")
            bare_harness.tick(3600)

        assert pieces(bare_harness, order) == 3
        total = sum(Decimal(refund["amount"]) for refund in refunds(bare_harness, order))
        assert total == Decimal(order["line_items"][0]["total"]) + Decimal(order["line_items"][0]["total_tax"])

    @pytest.mark.parametrize(
        "where",
        ["claim-after-commit", "attempt-after-commit", "call-after-answer", "finish-before-commit", "finish-after-commit"],
    )
    async def test_a_worker_that_ends_on_the_way(self, bare_harness: Harness, where: str) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)

        with ended_at(where), pytest.raises(Ended):
            await bare_harness.poll("returns")
        bare_harness.wake_ups.waiting.clear()
        await bare_harness.stored.expire_leases()
        await later(bare_harness)

        assert pieces(bare_harness, order) == 1
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 1

    @pytest.mark.parametrize("done", [True, False])
    async def test_an_answer_that_got_lost_and_more_that_came_back_meanwhile(self, bare_harness: Harness, done: bool) -> None:
        """The second piece makes another refund of it: the first one must be found by its own name."""
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)
        bare_harness.shop.fail(
            "hang-up" if done else "status", status=503, method="POST", path=REFUNDS, times=1, after_write=done
        )
        await bare_harness.poll("returns")
        assert pieces(bare_harness, order) == (1 if done else 0)
        back(bare_harness, order, 1)
        bare_harness.tick(60)
        await bare_harness.poll("returns")

        await later(bare_harness)
        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2

    async def test_a_crash_between_the_refund_and_what_is_owed_for_it(
        self, bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)

        async def ended(*given: Any) -> None:
            raise Ended

        with monkeypatch.context() as patched:
            patched.setattr(deliveries, "queue_acknowledgement", ended)
            with pytest.raises(Ended):
                await bare_harness.poll("returns")
        back(bare_harness, order, 1)
        bare_harness.wake_ups.waiting.clear()
        await bare_harness.stored.expire_leases()
        await bare_harness.poll("returns")
        await later(bare_harness)

        assert pieces(bare_harness, order) == 2
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 2

    async def test_what_was_refunded_is_known_after_personal_data_is_gone(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)
        await bare_harness.poll("returns")
        bare_harness.tick(200 * 86400)
        await bare_harness.work(sweep=True)
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2

    async def test_on_after_it_was_off_for_a_while(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)
        await bare_harness.poll("returns")
        await bare_harness.change_settings(bare_harness.connection, processes=ON)
        back(bare_harness, order, 1)
        await bare_harness.poll("shipments")
        await bare_harness.change_settings(bare_harness.connection, processes=BOTH)

        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2


class TestWhatCannotBeRefunded:
    async def test_a_refusal_comes_as_500_is_final_and_is_held(self, bare_harness: Harness) -> None:
        """`api_refund` with a payment that cannot: the shop answers 500."""
        order = await delivered(bare_harness, returns={"api_refund": True})
        back(bare_harness, order, 1)

        for _ in range(4):
            await bare_harness.poll("returns")
            await later(bare_harness)

        mapping = await bare_harness.stored.mapping(order["id"])
        assert len(posted(bare_harness)) == 1
        assert (mapping.delivery, mapping.delivery_code) == ("held", "refund-refused")
        assert "does not support automatic refunds" in mapping.delivery_reason
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned is None

    async def test_released_it_is_tried_again(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, returns={"api_refund": True})
        back(bare_harness, order, 1)
        await bare_harness.poll("returns")
        await bare_harness.change_settings(bare_harness.connection, returns={"api_refund": False})

        await records.release(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id)
        await bare_harness.work()

        assert pieces(bare_harness, order) == 1
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_resolved_it_is_not_refunded_with_the_next_piece(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, returns={"api_refund": True})
        back(bare_harness, order, 1)
        await bare_harness.poll("returns")
        await records.resolve(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id, "refunded by hand")
        await bare_harness.change_settings(bare_harness.connection, returns={"api_refund": False})
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(bare_harness)] == [1, 1]
        assert pieces(bare_harness, order) == 1

    async def test_refunded_by_hand_before_it_is_held_and_not_refunded_twice(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, ("SOKK-1", 1))
        line = {"id": order["line_items"][0]["id"], "quantity": 1, "refund_total": 80.0, "refund_tax": []}
        _refund_by_hand(bare_harness, order, line, "80.00")
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        assert (await bare_harness.stored.mapping(order["id"])).delivery_code == "returned-more-than-sold"
        assert posted(bare_harness) == []

    async def test_part_of_a_piece_is_for_a_person(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 0.5)

        await bare_harness.poll("returns")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (posted(bare_harness), mapping.delivery_code) == ([], "returned-fraction")

    async def test_an_order_deleted_in_the_shop_is_acknowledged(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        bare_harness.shop.model.delete_order(order["id"])
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 1

    async def test_a_shop_that_is_down_gets_it_later(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 1)
        bare_harness.shop.fail("status", status=503)
        for _ in range(6):
            await bare_harness.poll("returns")
            await later(bare_harness, 600)
        bare_harness.mend()
        await later(bare_harness)

        assert pieces(bare_harness, order) == 1


class TestAllComesBack:
    async def test_the_order_that_the_refund_made_refunded_is_not_held_as_cancelled_too_late(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 3)
        await bare_harness.poll("returns")
        assert status(bare_harness, order) == "refunded"

        bare_harness.tick()
        await bare_harness.deliver(bare_harness.shop.shown(order["id"]))

        assert (await bare_harness.stored.job(order["id"])).state == "done"
        assert "held" not in await bare_harness.stored.alerts()

    async def test_nor_where_the_warehouse_has_no_status_for_it(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness)
        back(bare_harness, order, 3)
        bare_harness.warehouse.model.set_order_status(order["number"], 450)
        await bare_harness.poll("returns")

        bare_harness.tick()
        await bare_harness.deliver(bare_harness.shop.shown(order["id"]))

        assert (await bare_harness.stored.job(order["id"])).state == "done"


async def test_every_refund_is_written_down_before_it_is_asked_for(bare_harness: Harness) -> None:
    order = await delivered(bare_harness)
    back(bare_harness, order, 1)
    await bare_harness.poll("returns")

    (intent,) = await bare_harness.stored.rows(select(reports).where(reports.c.kind == "refund"))
    assert intent.request["pieces"] == {row(order): "1"}
    assert intent.remote_id == str(refunds(bare_harness, order)[0]["id"])
    (attempt,) = await bare_harness.stored.rows(select(attempts).where(attempts.c.call == "POST shop refund"))
    assert attempt.result == "ok"


def _refund_by_hand(harness: Harness, order: dict[str, Any], line: dict[str, Any], amount: str) -> None:
    with harness.shop.model.lock:
        refunding.create(
            harness.shop.model.orders,
            order["id"],
            {"amount": amount, "api_refund": False, "api_restock": False, "line_items": [line], "reason": "by hand"},
        )
