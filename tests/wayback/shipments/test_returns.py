"""Returned goods as refunds: line by line with their taxes, each returned quantity once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.dispatch import attempts as recorded_calls
from app.engine.dispatch import lane_worker
from app.engine.dispatch import reports as report_jobs
from app.engine.operations import records
from app.sandbox.woocommerce.model.sales import refunding
from app.storage.outbound_tables import reports
from app.storage.tables import attempts
from tests.house import House
from tests.wayback.shipments.dispatch import BOTH, ON, in_warehouse, later, row, status

REFUNDS = "/wp-json/wc/v3/orders/"


class Ended(BaseException):
    """A worker that ends here, as with kill -9."""


async def delivered(house: House, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """An order that was sent, and that the shop has as completed."""
    if not house.connections:
        await house.connect(processes=BOTH, **more)
    order = await in_warehouse(house, *(lines or (("SOKK-1", 3),)))
    house.warehouse.ship(order["number"], "70300001")
    await house.poll("shipments")
    assert status(house, order) == "completed"
    house.tick(60)
    return order


def refunds(house: House, order: dict[str, Any]) -> list[dict[str, Any]]:
    return house.shop.refunds.get(order["id"], [])


def pieces(house: House, order: dict[str, Any]) -> int:
    """How many pieces were refunded in all."""
    return sum(-line["quantity"] for refund in refunds(house, order) for line in refund["line_items"])


def posted(house: House) -> list[Any]:
    """The bodies of all refunds that were asked for."""
    calls = house.shop_calls(REFUNDS)
    return [call.body for call in calls if call.method == "POST" and call.path.endswith("/refunds")]


def back(house: House, order: dict[str, Any], *quantities: float, cause: str | None = None) -> None:
    by_row = {row(order, index): quantity for index, quantity in enumerate(quantities) if quantity}
    house.warehouse.return_goods(order["number"], by_row, cause)


class TestTheRefund:
    async def test_by_default_nothing_is_refunded(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await delivered(house)
        back(house, order, 1)

        await house.poll("returns")
        await house.poll("shipments")

        assert posted(house) == []

    async def test_a_returned_piece_is_refunded_with_its_tax_and_moves_neither_money_nor_stock(self, house: House) -> None:
        """A price of 100 with 25 % tax in it: 80 and 20 for each of three pieces."""
        order = await delivered(house)
        back(house, order, 1)

        await house.poll("returns")

        (body,) = posted(house)
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
        assert pieces(house, order) == 1

    async def test_money_and_stock_move_where_the_connection_says_so(self, house: House) -> None:
        order = await delivered(house, returns={"api_refund": True, "restock": True, "reason": "Angret"})
        back(house, order, 1)

        await house.poll("returns")

        (body,) = posted(house)
        assert (body["api_refund"], body["api_restock"]) == (True, True)
        assert body["reason"].startswith("Angret (R-")

    async def test_the_warehouse_is_told_line_by_line_what_was_refunded(self, house: House) -> None:
        order = await delivered(house, ("SOKK-1", 2), ("SOKK-2", 3))
        back(house, order, 0, 2)

        await house.poll("returns")

        found = house.wms_order(order["number"])
        assert found is not None
        assert [line.reported_returned for line in found.lines] == [None, 2]
        assert (await house.mapping(order["id"])).delivery == "reported"


class TestOnce:
    async def test_however_often_it_is_read(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 1)

        for process in ("returns", "returns", "shipments", "returns"):
            house.tick(60)
            await house.poll(process)

        assert (len(posted(house)), pieces(house, order)) == (1, 1)

    async def test_whoever_reads_it_first(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 1)
        await house.poll("shipments")
        await house.poll("returns")
        back(house, order, 1)
        house.tick(3600)
        await house.poll("shipments")
        await house.poll("returns")

        assert (len(posted(house)), pieces(house, order)) == (2, 2)

    async def test_several_partial_returns_add_up_to_the_line_to_the_penny(self, house: House) -> None:
        """A third of 100 kroner each: the last piece takes what rounding left."""
        await house.connect(processes=BOTH)
        house.product("TREDJEDEL", regular_price="33.33")
        order = await delivered(house, ("TREDJEDEL", 3))
        for _ in range(3):
            back(house, order, 1)
            await house.poll("returns")
            house.tick(3600)

        assert pieces(house, order) == 3
        total = sum(Decimal(refund["amount"]) for refund in refunds(house, order))
        assert total == Decimal(order["line_items"][0]["total"]) + Decimal(order["line_items"][0]["total_tax"])

    @pytest.mark.parametrize(
        "where",
        ["claim-after-commit", "attempt-after-commit", "call-after-answer", "finish-before-commit", "finish-after-commit"],
    )
    async def test_a_worker_that_ends_on_the_way(self, house: House, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
        order = await delivered(house)
        back(house, order, 1)

        def failpoint(reached: str) -> None:
            if reached == where:
                raise Ended

        with monkeypatch.context() as patched:
            patched.setattr(recorded_calls, "failpoint", failpoint)
            patched.setattr(lane_worker, "failpoint", failpoint)
            with pytest.raises(Ended):
                await house.poll("returns")
        house.wake_ups.waiting.clear()
        await house.expire_leases()
        await later(house)

        assert pieces(house, order) == 1
        found = house.wms_order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 1

    @pytest.mark.parametrize("done", [True, False])
    async def test_an_answer_that_got_lost_and_more_that_came_back_meanwhile(self, house: House, done: bool) -> None:
        """The second piece makes another refund of it: the first one must be found by its own name."""
        order = await delivered(house)
        back(house, order, 1)
        house.fail_shop("hang-up" if done else "status", status=503, method="POST", path=REFUNDS, times=1, after_write=done)
        await house.poll("returns")
        assert pieces(house, order) == (1 if done else 0)
        back(house, order, 1)
        house.tick(60)
        await house.poll("returns")

        await later(house)
        await house.poll("returns")

        assert pieces(house, order) == 2

    async def test_a_crash_between_the_refund_and_what_is_owed_for_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await delivered(house)
        back(house, order, 1)

        async def ended(*given: Any) -> None:
            raise Ended

        with monkeypatch.context() as patched:
            patched.setattr(report_jobs, "_owe", ended)
            with pytest.raises(Ended):
                await house.poll("returns")
        back(house, order, 1)
        house.wake_ups.waiting.clear()
        await house.expire_leases()
        await house.poll("returns")
        await later(house)

        assert pieces(house, order) == 2
        found = house.wms_order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 2

    async def test_what_was_refunded_is_known_after_personal_data_is_gone(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 1)
        await house.poll("returns")
        house.tick(200 * 86400)
        await house.work(sweep=True)
        back(house, order, 1)

        await house.poll("returns")

        assert pieces(house, order) == 2

    async def test_on_after_it_was_off_for_a_while(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 1)
        await house.poll("returns")
        await house.change_settings(house.connection, processes=ON)
        back(house, order, 1)
        await house.poll("shipments")
        await house.change_settings(house.connection, processes=BOTH)

        await house.poll("returns")

        assert pieces(house, order) == 2


class TestWhatCannotBeRefunded:
    async def test_a_refusal_comes_as_500_is_final_and_is_held(self, house: House) -> None:
        """`api_refund` with a payment that cannot: the shop answers 500."""
        order = await delivered(house, returns={"api_refund": True})
        back(house, order, 1)

        for _ in range(4):
            await house.poll("returns")
            await later(house)

        mapping = await house.mapping(order["id"])
        assert len(posted(house)) == 1
        assert (mapping.delivery, mapping.delivery_code) == ("held", "refund-refused")
        assert "does not support automatic refunds" in mapping.delivery_reason
        found = house.wms_order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned is None

    async def test_released_it_is_tried_again(self, house: House) -> None:
        order = await delivered(house, returns={"api_refund": True})
        back(house, order, 1)
        await house.poll("returns")
        await house.change_settings(house.connection, returns={"api_refund": False})

        await records.release(house.gateway, (await house.mapping(order["id"])).id)
        await house.work()

        assert pieces(house, order) == 1
        assert (await house.mapping(order["id"])).delivery == "reported"

    async def test_resolved_it_is_not_refunded_with_the_next_piece(self, house: House) -> None:
        order = await delivered(house, returns={"api_refund": True})
        back(house, order, 1)
        await house.poll("returns")
        await records.resolve(house.gateway, (await house.mapping(order["id"])).id, "refunded by hand")
        await house.change_settings(house.connection, returns={"api_refund": False})
        back(house, order, 1)

        await house.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(house)] == [1, 1]
        assert pieces(house, order) == 1

    async def test_refunded_by_hand_before_it_is_held_and_not_refunded_twice(self, house: House) -> None:
        order = await delivered(house, ("SOKK-1", 1))
        line = {"id": order["line_items"][0]["id"], "quantity": 1, "refund_total": 80.0, "refund_tax": []}
        _refund_by_hand(house, order, line, "80.00")
        back(house, order, 1)

        await house.poll("returns")

        assert (await house.mapping(order["id"])).delivery_code == "returned-more-than-sold"
        assert posted(house) == []

    async def test_part_of_a_piece_is_for_a_person(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 0.5)

        await house.poll("returns")

        mapping = await house.mapping(order["id"])
        assert (posted(house), mapping.delivery_code) == ([], "returned-fraction")

    async def test_an_order_deleted_in_the_shop_is_acknowledged(self, house: House) -> None:
        order = await delivered(house)
        house.shop.delete_order(order["id"])
        back(house, order, 1)

        await house.poll("returns")

        found = house.wms_order(order["number"])
        assert found is not None
        assert found.lines[0].reported_returned == 1

    async def test_a_shop_that_is_down_gets_it_later(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 1)
        house.fail_shop("status", status=503)
        for _ in range(6):
            await house.poll("returns")
            await later(house, 600)
        house.mend()
        await later(house)

        assert pieces(house, order) == 1


class TestAllComesBack:
    async def test_the_order_that_the_refund_made_refunded_is_not_held_as_cancelled_too_late(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 3)
        await house.poll("returns")
        assert status(house, order) == "refunded"

        house.tick()
        await house.deliver(house.shown(order["id"]))

        assert (await house.job(order["id"])).state == "done"
        assert "held" not in await house.alerts()

    async def test_nor_where_the_warehouse_has_no_status_for_it(self, house: House) -> None:
        order = await delivered(house)
        back(house, order, 3)
        house.warehouse.set_order_status(order["number"], 450)
        await house.poll("returns")

        house.tick()
        await house.deliver(house.shown(order["id"]))

        assert (await house.job(order["id"])).state == "done"


async def test_every_refund_is_written_down_before_it_is_asked_for(house: House) -> None:
    order = await delivered(house)
    back(house, order, 1)
    await house.poll("returns")

    (intent,) = await house.rows(select(reports).where(reports.c.kind == "refund"))
    assert intent.request["pieces"] == {row(order): "1"}
    assert intent.remote_id == str(refunds(house, order)[0]["id"])
    (attempt,) = await house.rows(select(attempts).where(attempts.c.call == "POST shop refund"))
    assert attempt.result == "ok"


def _refund_by_hand(house: House, order: dict[str, Any], line: dict[str, Any], amount: str) -> None:
    with house.shop.lock:
        refunding.create(
            house.shop.orders,
            order["id"],
            {"amount": amount, "api_refund": False, "api_restock": False, "line_items": [line], "reason": "by hand"},
        )
