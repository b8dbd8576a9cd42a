"""What is done about an order, cell by cell: the table here was written from the requirement, not from the code."""

from __future__ import annotations

import itertools

import pytest

from app.domain import ShopState, WarehouseState
from app.flows.order_table import TABLE, Action, decide
from app.flows.outcomes import Transfer

COLUMNS = (None, *WarehouseState)
WAREHOUSE = "         not read   absent    open      started   shipped   returned  cancelled"
EXPECTED = """
wanted    none       read       create    update    started   started   started   reopen
wanted    pending    read       create    update    started   started   started   reopen
wanted    sent       read       vanished  update    started   started   started   reopen
wanted    held       read       create    update    started   started   started   reopen
wanted    refused    read       create    update    started   started   started   reopen
wanted    unknown    read       create    update    started   started   started   reopen

waiting   none       leave      leave     keep      keep      keep      keep      keep
waiting   pending    leave      leave     keep      keep      keep      keep      keep
waiting   sent       keep       leave     keep      keep      keep      keep      keep
waiting   held       leave      leave     keep      keep      keep      keep      keep
waiting   refused    leave      leave     keep      keep      keep      keep      keep
waiting   unknown    read       leave     keep      keep      keep      keep      keep

completed none       leave      leave     keep      keep      keep      keep      keep
completed pending    leave      leave     keep      keep      keep      keep      keep
completed sent       keep       leave     keep      keep      keep      keep      keep
completed held       leave      leave     keep      keep      keep      keep      keep
completed refused    leave      leave     keep      keep      keep      keep      keep
completed unknown    read       leave     keep      keep      keep      keep      keep

cancelled none       leave      leave     cancel    too-late  too-late  keep      done
cancelled pending    leave      leave     cancel    too-late  too-late  keep      done
cancelled sent       read       leave     cancel    too-late  too-late  keep      done
cancelled held       read       leave     cancel    too-late  too-late  keep      done
cancelled refused    read       leave     cancel    too-late  too-late  keep      done
cancelled unknown    read       leave     cancel    too-late  too-late  keep      done

gone      none       leave      leave     cancel    too-late  too-late  keep      done
gone      pending    leave      leave     cancel    too-late  too-late  keep      done
gone      sent       read       leave     cancel    too-late  too-late  keep      done
gone      held       read       leave     cancel    too-late  too-late  keep      done
gone      refused    read       leave     cancel    too-late  too-late  keep      done
gone      unknown    read       leave     cancel    too-late  too-late  keep      done
"""
WORDS = {
    "read": Action.READ,
    "create": Action.CREATE,
    "update": Action.UPDATE,
    "cancel": Action.CANCEL,
    "leave": Action.LEAVE_OUT,
    "keep": Action.KEEP,
    "started": Action.HOLD_STARTED,
    "too-late": Action.HOLD_TOO_LATE,
    "reopen": Action.HOLD_CANCELLED,
    "vanished": Action.HOLD_VANISHED,
    "done": Action.DONE,
}
CELLS = [
    (ShopState(shop), Transfer(transfer), warehouse, WORDS[word])
    for shop, transfer, *words in (line.split() for line in EXPECTED.splitlines() if line)
    for warehouse, word in zip(COLUMNS, words, strict=True)
]


@pytest.mark.parametrize(("shop", "transfer", "warehouse", "action"), CELLS)
def test_each_cell_says_what_the_requirement_asks(
    shop: ShopState, transfer: Transfer, warehouse: WarehouseState | None, action: Action
) -> None:
    assert decide(shop, transfer, warehouse) is action


def test_there_is_a_cell_for_every_combination_and_no_other() -> None:
    every = set(itertools.product(ShopState, Transfer, COLUMNS))
    assert {cell[:3] for cell in CELLS} == every
    assert TABLE.keys() == every


def test_the_columns_of_this_table_are_the_warehouses_states_in_order() -> None:
    assert WAREHOUSE.split()[2:] == [state.value for state in WarehouseState]


def test_once_the_warehouse_is_known_nothing_is_read_again() -> None:
    assert [cell for cell in CELLS if cell[2] is not None and cell[3] is Action.READ] == []


def test_only_what_the_shop_wants_is_ever_sent() -> None:
    assert {cell[0] for cell in CELLS if cell[3] in (Action.CREATE, Action.UPDATE)} == {ShopState.WANTED}


def test_only_a_cancellation_takes_anything_back() -> None:
    assert {cell[0] for cell in CELLS if cell[3] is Action.CANCEL} == {ShopState.CANCELLED, ShopState.GONE}
