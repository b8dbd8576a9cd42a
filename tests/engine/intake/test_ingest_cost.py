"""What it costs to take in an order: counted statements and transactions, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from app.engine.intake.ingest import ingest
from tests.harness import Harness


@dataclass
class Statements:
    sent: list[str] = field(default_factory=list)
    transactions: int = 0


@contextmanager
def counted(harness: Harness) -> Iterator[Statements]:
    """Counts the statements that the gateway sends to its database, without the begin and the end of transactions."""
    found, engine = Statements(), harness.gateway.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.sent.append(statement)

    def begun(_connection: Any) -> None:
        found.transactions += 1

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "begin", begun)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "begin", begun)


async def taken_in(harness: Harness, orders: int, **more: Any) -> Statements:
    for _ in range(orders):
        await harness.announce(harness.shop.order("SOKK-1", "SOKK-2", **more), "order.created")
    await harness.gateway.connection(harness.connection.id)
    with counted(harness) as found:
        await ingest(harness.gateway, harness.connection.id)
    assert (await harness.stored.events())["queued"] == orders
    return found


async def test_an_order_alone(harness: Harness) -> None:
    found = await taken_in(harness, 1)
    assert len(found.sent) <= 14, "\n".join(found.sent)
    assert found.transactions <= 2


async def test_an_order_of_a_registered_customer_alone(harness: Harness) -> None:
    customer = harness.shop.model.customers.create({"email": "ola@example.com"})
    found = await taken_in(harness, 1, customer_id=customer["id"])
    assert len(found.sent) <= 17, "\n".join(found.sent)
    assert found.transactions <= 5


async def test_an_order_of_a_batch(harness: Harness) -> None:
    few = len((await taken_in(harness, 10)).sent)
    await harness.work()
    assert few <= 14  # 1.4 an order


async def test_a_batch_costs_the_same_however_large_it_is(harness: Harness) -> None:
    found = await taken_in(harness, 60)
    assert len(found.sent) <= 14, "\n".join(found.sent)


async def test_a_batch_of_changed_orders(harness: Harness) -> None:
    orders = [harness.shop.order() for _ in range(20)]
    for order in orders:
        await harness.announce(order, "order.created")
    await harness.work()
    for order in orders:
        await harness.announce(harness.shop.change(order["id"], customer_note="ring the bell"))
    with counted(harness) as found:
        await ingest(harness.gateway, harness.connection.id)
    assert await harness.stored.events() == {"done": 20, "queued": 20}
    assert len(found.sent) <= 14, "\n".join(found.sent)
