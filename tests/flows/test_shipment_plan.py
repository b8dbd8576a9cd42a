"""What is to be reported of a source order's shipments, in each of the three policies of partial deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.domain.shipment import PartialDeliveries, Shipment, ShipmentLine, TrackingNumber
from app.flows.shipment_plan import Acknowledgement, ShipmentPlan, plan_shipments

NONE, STOCK, OWNER = PartialDeliveries.NONE, PartialDeliveries.STOCK_BASED, PartialDeliveries.GOODS_OWNER_CONTROLLED
ALL = (NONE, STOCK, OWNER)
SENT_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def line(row: str, ordered: int, picked: int, line_id: int = 1) -> ShipmentLine:
    return ShipmentLine(line_id, row, Decimal(ordered), Decimal(picked), Decimal(0))


def shipment(
    *lines: ShipmentLine, order_id: int = 1, rest: bool = False, made: bool = True, cancelled: bool = False, tracking: str = ""
) -> Shipment:
    numbers = tuple(TrackingNumber(number) for number in tracking.split())
    sent_at = SENT_AT if made else None
    return Shipment(order_id, f"W-{order_id}", 450, rest, cancelled, made and not cancelled, sent_at, "Bring", numbers, lines)


def plan(policy: PartialDeliveries, *shipments: Shipment) -> ShipmentPlan:
    return plan_shipments(shipments, policy)


@pytest.mark.parametrize("policy", ALL)
def test_sent_in_full_it_is_closed_in_every_policy(policy: PartialDeliveries) -> None:
    made = plan(policy, shipment(line("1", 2, 2), line("2", 1, 1, 2), tracking="A B"))

    assert (made.is_made, made.closes, made.held, made.short) == (True, True, False, ())
    assert [number.number for number in made.tracking] == ["A", "B"]
    assert made.carrier == "Bring"


@pytest.mark.parametrize("policy", ALL)
def test_not_sent_nothing_is_to_be_told(policy: PartialDeliveries) -> None:
    made = plan(policy, shipment(line("1", 2, 2), made=False))

    assert (made.is_made, made.closes, made.held, made.acknowledgements) == (False, False, False, ())


@pytest.mark.parametrize("policy", ALL)
def test_cancelled_in_the_warehouse_it_is_no_shipment(policy: PartialDeliveries) -> None:
    assert not plan(policy, shipment(line("1", 2, 0), cancelled=True)).is_made


@pytest.mark.parametrize(("policy", "closes", "held"), [(NONE, False, True), (STOCK, False, False), (OWNER, True, False)])
def test_sent_short(policy: PartialDeliveries, closes: bool, held: bool) -> None:
    made = plan(policy, shipment(line("1", 5, 3), line("2", 1, 1, 2)))

    assert (made.is_made, made.closes, made.held) == (True, closes, held)
    assert made.short == (("1", Decimal(3), Decimal(5)),)


@pytest.mark.parametrize("policy", ALL)
def test_the_rest_in_a_back_order_closes_it(policy: PartialDeliveries) -> None:
    first = shipment(line("1", 5, 3), tracking="A")
    rest = shipment(line("1", 2, 2, 7), order_id=2, rest=True, tracking="B")

    made = plan(policy, first, rest)

    assert (made.closes, made.held, made.short) == (True, False, ())
    assert [number.number for number in made.tracking] == ["A", "B"]


def test_a_back_order_that_is_not_sent_yet_leaves_it_open() -> None:
    rest = shipment(line("1", 2, 2, 7), order_id=2, rest=True, made=False)

    made = plan(STOCK, shipment(line("1", 5, 3)), rest)

    assert (made.closes, made.short) == (False, (("1", Decimal(3), Decimal(5)),))


def test_the_rest_of_a_rest_counts_too() -> None:
    shipments = [shipment(line("1", 5, 2)), shipment(line("1", 3, 1, 7), order_id=2, rest=True)]
    assert not plan(STOCK, *shipments).closes

    assert plan(STOCK, *shipments, shipment(line("1", 2, 2, 8), order_id=3, rest=True)).closes


def test_a_cancelled_back_order_brings_nothing() -> None:
    rest = shipment(line("1", 2, 0, 7), order_id=2, rest=True, cancelled=True)

    assert not plan(STOCK, shipment(line("1", 5, 3)), rest).closes


def test_nothing_picked_at_all_is_short_in_every_line() -> None:
    made = plan(STOCK, shipment(line("1", 2, 0), line("2", 1, 0, 2)))

    assert [row for row, _, _ in made.short] == ["1", "2"]


def test_more_than_was_ordered_is_not_short() -> None:
    assert plan(NONE, shipment(line("1", 2, 3))).closes


def test_two_lines_of_one_row_are_one() -> None:
    """The WMS may split a row; it is the source's line all the same."""
    assert plan(STOCK, shipment(line("1", 1, 1, 1), line("1", 1, 1, 2))).closes


def test_a_number_that_two_shipments_have_is_told_once() -> None:
    made = plan(
        STOCK, shipment(line("1", 5, 3), tracking="A B"), shipment(line("1", 2, 2, 7), order_id=2, rest=True, tracking="B C")
    )

    assert [number.number for number in made.tracking] == ["A", "B", "C"]


def test_what_is_confirmed_is_what_was_read_of_each_line_that_was_sent() -> None:
    waiting = shipment(line("1", 2, 1, 7), order_id=2, rest=True, made=False)

    made = plan(STOCK, shipment(line("1", 5, 3), line("2", 4, 4, 2)), waiting)

    assert made.acknowledgements == (Acknowledgement(1, 1, Decimal(3)), Acknowledgement(1, 2, Decimal(4)))
