"""Whose rows are whose in an order that others have made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain import Address, Order, OrderLine, ShopState
from app.warehouse.adopted import AdoptedRows, adopted_rows, in_our_rows, in_their_rows, match_rows
from app.warehouse.reads.resources import WarehouseOrder, read_order


def ours(*lines: tuple[str, str, int]) -> tuple[OrderLine, ...]:
    return tuple(OrderLine(row, article, "", Decimal(pieces), None, None, "NOK") for row, article, pieces in lines)


def theirs(*lines: tuple[int, str | None, str, int]) -> WarehouseOrder:
    shown: list[dict[str, Any]] = [
        {"id": line_id, "rowNumber": row, "article": {"articleNumber": article}, "orderedNumberOfItems": pieces}
        for line_id, row, article, pieces in lines
    ]
    info = {"orderId": 50001, "orderNumber": "5001", "orderStatus": {"number": 300}}
    return read_order({"orderInfo": info, "orderLines": shown})


def test_our_own_row_numbers_need_nothing() -> None:
    found = match_rows(ours(("11", "A", 1), ("12", "B", 2)), theirs((1, "11", "A", 1), (2, "12", "B", 2)).lines)
    assert (found.theirs, found.has_unnumbered) == ({}, False)


def test_a_row_whose_article_was_changed_keeps_its_number() -> None:
    found = match_rows(ours(("11", "A", 1), ("12", "C", 2)), theirs((1, "11", "A", 1), (2, "12", "B", 2)).lines)
    assert found.theirs == {}


def test_other_numbers_are_matched_by_article_and_pieces_each_line_once() -> None:
    there = theirs((1, "1", "A", 5), (2, "2", "A", 1), (3, "3", "B", 1))
    found = match_rows(ours(("21", "A", 1), ("22", "B", 1), ("23", "A", 4)), there.lines)
    assert found.theirs == {"21": "2", "22": "3", "23": "1"}
    assert found.ours == {2: "21", 3: "22", 1: "23"}


def test_a_new_line_never_takes_the_number_of_another_one() -> None:
    found = match_rows(ours(("2", "A", 1), ("1", "C", 1)), theirs((7, "1", "A", 1)).lines)
    assert found.theirs == {"2": "1", "1": "1-2"}


def test_what_is_sent_has_their_numbers_and_what_is_read_has_ours() -> None:
    there = theirs((1, "1", "A", 1), (2, "2", "B", 1))
    rows = match_rows(ours(("21", "A", 1), ("22", "B", 1)), there.lines)
    kept = adopted_rows(rows.stored())
    assert kept == AdoptedRows(rows.theirs, rows.ours)
    order = Order(
        "5001", "5001", "5001", ShopState.WANTED, "processing", None, None, None, "NOK", Address(), None,
        ours(("21", "A", 1), ("22", "B", 3)),
    )  # fmt: skip
    assert [line.row_number for line in in_their_rows(order, kept).lines] == ["1", "2"]
    assert [line.row_number for line in in_our_rows(there, kept).lines] == ["21", "22"]
    back_order = theirs((9, "2", "B", 1))
    assert [line.row_number for line in in_our_rows(back_order, kept).lines] == ["22"]
    assert in_their_rows(order, None) is order
    assert replace(order) == in_their_rows(order, adopted_rows({}))


def test_a_line_without_a_number_is_read_by_the_id_that_the_wms_gives_it() -> None:
    there = theirs((1, None, "A", 1))
    rows = match_rows(ours(("21", "A", 1)), there.lines)
    assert rows.has_unnumbered
    assert [line.row_number for line in in_our_rows(there, adopted_rows(rows.stored())).lines] == ["21"]
