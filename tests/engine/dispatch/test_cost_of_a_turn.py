"""What an order costs in its lane: statements and transactions, alone and among others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import event

from app.domain import Order
from app.engine.dispatch import lane_worker
from app.flows.orders import transfer_order
from tests.harness import Harness


@dataclass
class Cost:
    statements: list[str] = field(default_factory=list)
    transactions: int = 0


@contextmanager
def counted(harness: Harness) -> Iterator[Cost]:
    """Counts what the database is asked, without BEGIN and COMMIT."""
    cost, engine = Cost(), harness.gateway.database.engine.sync_engine

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            cost.statements.append(statement)

    def on_end(_connection: Any) -> None:
        cost.transactions += 1

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_end)
    yield cost
    event.remove(engine, "before_cursor_execute", on_statement)
    event.remove(engine, "commit", on_end)


async def drained(harness: Harness) -> Cost:
    """The cost of a drain of all that waits. Nothing is left."""
    await harness.gateway.on_lane(harness.connection.lane)  # connections are kept for a while
    with counted(harness) as cost:
        await lane_worker.drain(harness.gateway, harness.connection.lane)
    return cost


async def warm(harness: Harness) -> Any:
    """An order that has gone through: its article is known."""
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    return order


async def test_a_new_order_alone_costs_14_statements_in_3_transactions(harness: Harness) -> None:
    await warm(harness)
    order = harness.shop.order("SOKK-1")
    await harness.announce(order)
    await harness.ingest()
    cost = await drained(harness)
    assert harness.warehouse.order(order["id"]) is not None
    assert len(cost.statements) <= 14, cost.statements
    assert cost.transactions <= 3


async def test_a_change_and_a_cancellation_cost_no_more(harness: Harness) -> None:
    order = await warm(harness)
    await harness.announce(harness.shop.change(order["id"], customer_note="changed"))
    await harness.ingest()
    changed = await drained(harness)
    await harness.announce(harness.shop.change(order["id"], status="cancelled"))
    await harness.ingest()
    cancelled = await drained(harness)
    assert [call.method for call in harness.warehouse.calls() if call.method != "GET"][-2:] == ["PUT", "DELETE"]
    for cost in (changed, cancelled):
        assert len(cost.statements) <= 14, cost.statements
        assert cost.transactions <= 3


async def test_of_20_orders_each_costs_2_statements_and_a_seventh_of_a_transaction(harness: Harness) -> None:
    await warm(harness)
    orders = [harness.shop.order("SOKK-1") for _ in range(20)]
    for order in orders:
        await harness.announce(order)
    await harness.ingest()
    harness.gateway.job_seconds.clear()  # a lane that was slow with its first order takes few at a time
    cost = await drained(harness)
    assert {(await harness.stored.job(order["id"])).state for order in orders} == {"done"}
    assert [call.body["orderNumber"] for call in harness.warehouse.writes(path="/orders")[1:]] == [
        str(order["id"]) for order in orders
    ]
    if cost.transactions == 3:  # all were taken together, however slow this machine is
        assert len(cost.statements) <= 2 * len(orders), cost.statements


async def test_an_article_alone_costs_no_more(harness: Harness) -> None:
    await warm(harness)
    await harness.announce(harness.shop.product("VARE-1"), "product.created")
    await harness.ingest()
    cost = await drained(harness)
    assert harness.warehouse.writes(path="/articles")[-1].body["articleNumber"] == "VARE-1"
    assert len(cost.statements) <= 14, cost.statements
    assert cost.transactions <= 3


async def test_one_whose_end_cannot_be_stored_costs_only_itself(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [harness.shop.order("SOKK-1") for _ in range(3)]
    for order in orders:
        await harness.announce(order)
    await harness.ingest()

    unstorable: Any = object()

    async def odd(order: Order, *more: Any) -> Any:
        result = await transfer_order(order, *more)
        return replace(result, wms_id=unstorable) if order.source_id == str(orders[1]["id"]) else result

    monkeypatch.setattr(lane_worker, "transfer_order", odd)
    await harness.work(sweep=True)
    assert [(await harness.stored.job(order["id"])).state for order in orders] == ["done", "dead", "done"]
    assert await harness.stored.alerts() == ["dead-letter"]
