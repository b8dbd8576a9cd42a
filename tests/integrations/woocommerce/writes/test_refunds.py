"""Refunds: what goes back of each line, what is sent, and which errors are final. Amounts are those of the recordings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused, Unavailable
from app.integrations.protocol import (
    MakesRefunds,
    RefundLine,
    RefundPlan,
    RefundRequest,
    RefundSeen,
    ShopOrderLine,
    ShopOrderState,
    find_refund,
)
from app.integrations.woocommerce.writes.refunds import refund_plan, refund_seen
from app.integrations.woocommerce.writes.shipments import order_state
from tests.integrations.woocommerce.fake_shop import recorded, scripted
from tests.integrations.woocommerce.recordings import rest


def dec(value: str) -> Decimal:
    return Decimal(value)


def coffee(quantity: int, amount: str, tax: str) -> RefundLine:
    """Pieces of line 22 of the recorded order 38: three for 234.52 and 35.18 tax."""
    return RefundLine("22", quantity, dec(amount), {"2": dec(tax)})


def order_38() -> ShopOrderState:
    return order_state(rest("100")["body"])


def order_of(*lines: ShopOrderLine, total: str) -> ShopOrderState:
    return ShopOrderState("1", "1", "completed", None, "NOK", dec(total), lines, (), ())


BEFORE = [refund_seen(each) for each in rest("183")["body"]]
"""Of order 38: one piece of line 22, and a compensation of 50 without lines."""


class TestWhatGoesBack:
    def test_one_of_three_pieces_is_what_was_recorded(self) -> None:
        """Recorded: 78.17 and 11.73 tax, 89.90 in all."""
        plan = refund_plan(order_38(), {"22": 1}, [])
        assert plan == RefundPlan((coffee(1, "78.17", "11.73"),))
        assert plan.lines[0].total == dec("89.90")

    def test_the_parts_add_up_whatever_was_rounded_and_the_last_takes_the_rest(self) -> None:
        first = RefundSeen("39", "", dec("89.90"), (coffee(1, "78.17", "11.73"),))
        second = refund_plan(order_38(), {"22": 1}, [first])
        assert second == RefundPlan((coffee(1, "78.18", "11.73"),))
        third = refund_plan(order_38(), {"22": 1}, [first, RefundSeen("40", "", dec("89.91"), second.lines)])
        assert third == RefundPlan((coffee(1, "78.17", "11.72"),))

    def test_what_was_refunded_before_is_not_refunded_again(self) -> None:
        assert refund_plan(order_38(), {"22": 2}, BEFORE) == RefundPlan((coffee(2, "156.35", "23.45"),))

    def test_all_at_once_is_the_lines_own_amounts(self) -> None:
        plan = refund_plan(order_38(), {"22": 3, "23": 1}, [])
        assert plan.lines == (
            coffee(3, "234.52", "35.18"),
            RefundLine("23", 1, dec("839.60"), {"1": dec("209.90")}),
        )
        assert plan.problems == ()

    def test_more_than_is_left_is_held(self) -> None:
        plan = refund_plan(order_38(), {"22": 3, "23": 1}, BEFORE)
        assert [line.line_id for line in plan.lines] == ["23"]
        (problem,) = plan.problems
        assert (problem.code, problem.field) == ("returned-more-than-sold", "line_items[22]")
        assert "2 are left" in problem.message

    def test_a_line_the_order_does_not_have_is_held(self) -> None:
        (problem,) = refund_plan(order_38(), {"99": 1}, []).problems
        assert problem.code == "return-line-unknown"

    def test_nothing_came_back(self) -> None:
        assert refund_plan(order_38(), {"22": 0, "99": 0}, []) == RefundPlan(())

    def test_a_compensation_lowers_what_is_left_of_the_order(self) -> None:
        line = ShopOrderLine("1", "A", 1, dec("100.00"), {"1": dec("25.00")})
        paid_back = [RefundSeen("9", "Kompensasjon", dec("50.00"))]
        (problem,) = refund_plan(order_of(line, total="125.00"), {"1": 1}, paid_back).problems
        assert problem.code == "refund-exceeds-order"
        assert "125.00 NOK would be refunded, and 75.00" in problem.message

    def test_an_amount_refunded_without_pieces_lowers_what_the_pieces_are_worth(self) -> None:
        line = ShopOrderLine("1", "A", 2, dec("100.00"), {"1": dec("25.00")})
        part = RefundLine("1", 0, dec("20.00"), {"1": dec("5.00")})
        plan = refund_plan(order_of(line, total="125.00"), {"1": 1}, [RefundSeen("9", "", dec("25.00"), (part,))])
        assert plan.lines == (RefundLine("1", 1, dec("40.00"), {"1": dec("10.00")}),)

    def test_every_tax_of_a_line_is_shared(self) -> None:
        line = ShopOrderLine("1", "A", 3, dec("10.00"), {"1": dec("2.50"), "7": dec("0.10")})
        plan = refund_plan(order_of(line, total="12.60"), {"1": 2}, [])
        assert plan.lines == (RefundLine("1", 2, dec("6.67"), {"1": dec("1.67"), "7": dec("0.07")}),)

    def test_goods_without_tax_and_free_goods(self) -> None:
        lines = (ShopOrderLine("1", "A", 2, dec("10.00")), ShopOrderLine("2", "B", 1, dec("0.00"), {}))
        plan = refund_plan(order_of(*lines, total="10.00"), {"1": 1, "2": 1}, [])
        assert plan.lines == (RefundLine("1", 1, dec("5.00")), RefundLine("2", 1, dec("0.00")))


def request(*lines: RefundLine, **changed: Any) -> RefundRequest:
    return RefundRequest(**{"reference": "gateway R-7", "reason": "Skadet pose", "lines": lines} | changed)


class TestMaking:
    def test_the_client_makes_refunds(self) -> None:
        assert isinstance(scripted({}).client(), MakesRefunds)

    async def test_what_is_sent_is_what_was_recorded(self) -> None:
        shop = scripted({"POST orders/38/refunds": recorded("039")})
        made = await shop.client().refund("38", request(coffee(1, "78.17", "11.73"), restock=True))
        assert made == "39"
        assert shop.asked[0].body == rest("039")["request"]["body"] | {"reason": "Skadet pose (gateway R-7)"}

    async def test_no_money_and_no_stock_moves_unless_it_is_said(self) -> None:
        """Both are true in the shop when they are left out."""
        shop = scripted({"POST orders/38/refunds": recorded("039")})
        await shop.client().refund("38", request(coffee(1, "78.17", "11.73")))
        assert shop.asked[0].body["api_refund"] is False
        assert shop.asked[0].body["api_restock"] is False

    async def test_an_older_shop_takes_its_lines_as_a_table(self) -> None:
        shop = scripted({"POST orders/38/refunds": recorded("039")}, {"rest": "wc/v2"}, base="/wp-json/wc/v2/")
        await shop.client().refund("38", request(coffee(1, "78.17", "11.73")))
        assert shop.asked[0].body["line_items"] == {"22": {"qty": 1, "refund_total": 78.17, "refund_tax": {"2": 11.73}}}

    @pytest.mark.parametrize("rest_version", ["wc/v1", "wc-api/v3", "wc-api/v2"])
    async def test_a_shop_too_old_for_it_is_a_final_no_without_a_call(self, rest_version: str) -> None:
        shop = scripted({}, {"rest": rest_version})
        with pytest.raises(Refused, match="cannot refund single lines"):
            await shop.client().refund("38", request(coffee(1, "78.17", "11.73")))
        assert shop.asked == []


class TestErrors:
    @pytest.mark.parametrize(
        ("number", "words"), [("178", "Invalid refund amount"), ("181", "does not support automatic refunds")]
    )
    async def test_a_refusal_that_comes_as_500_is_final(self, number: str, words: str) -> None:
        shop = scripted({"POST orders/64/refunds": recorded(number)})
        with pytest.raises(Refused, match=words) as caught:
            await shop.client().refund("64", request(coffee(1, "78.17", "11.73")))
        assert caught.value.status == 500

    @pytest.mark.parametrize(
        "body",
        [
            {"code": "internal_server_error", "message": "critical error", "data": {"status": 500}},
            {"code": "internal_server_error", "message": "critical error", "data": 500},
            {"code": "woocommerce_rest_something", "message": "x", "data": {"status": 500}},
            {},
        ],
    )
    async def test_a_fault_of_the_server_is_passing_and_its_outcome_unknown(self, body: dict[str, Any]) -> None:
        shop = scripted({"POST orders/64/refunds": (500, body)})
        with pytest.raises(Unavailable) as caught:
            await shop.client().refund("64", request(coffee(1, "78.17", "11.73")))
        assert caught.value.sent

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ((404, {"code": "woocommerce_rest_invalid_order_id", "message": "Invalid order ID."}), NoSuchRecord),
            (recorded("207"), LoginRefused),
            ((201, {"amount": "89.90"}), Malformed),
            ((201, {"id": 39, "amount": "0.00"}), Malformed),
        ],
    )
    async def test_others(self, answer: tuple[int, Any], error: type[Exception]) -> None:
        with pytest.raises(error):
            await scripted({"POST orders/38/refunds": answer}).client().refund("38", request(coffee(1, "78.17", "11.73")))


class TestKnownAgain:
    async def test_refunds_are_read_with_their_lines_as_recorded(self) -> None:
        found = await scripted({"GET orders/38/refunds": recorded("183")}).client().refunds("38")
        assert found == (
            RefundSeen("40", "Kompensasjon", dec("50.00")),
            RefundSeen("39", "Skadet pose", dec("89.90"), (coffee(1, "78.17", "11.73"),)),
        )

    def test_one_of_ours_by_the_reference_in_its_reason(self) -> None:
        twelve, one = RefundSeen("1", "Retur (gateway R-12)", dec("1")), RefundSeen("2", "Retur (gateway R-1)", dec("1"))
        assert find_refund([twelve, one], "gateway R-1") == one
        assert find_refund([twelve, one], "gateway R-12") == twelve
        assert find_refund([twelve, one], "gateway R-2") is None
