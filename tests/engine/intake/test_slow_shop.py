"""A slow shop holds up nothing that does not need it, and no batch is larger than its time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain import Process, SourceRecord
from app.engine.intake import ingest as ingesting
from app.engine.intake import shop_reads
from app.engine.intake.ingest import ingest
from app.integrations.woocommerce.client import WooCommerceClient
from tests.engine.intake.test_shop_away import cancelled, events, sent, trash
from tests.harness import Harness, open_harness


@dataclass
class Gate:
    """Holds reads of the shop back until it is opened, and counts them."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def is_full(self) -> bool:
        """Whether as many reads go on as may: they begin beside the rest of the turn, soon or late."""
        return self.running == 4


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made, real = Gate(), WooCommerceClient.read

    async def read(self: WooCommerceClient, process: Process, source_id: str) -> SourceRecord | None:
        made.begun.append(source_id)
        made.running += 1
        made.most = max(made.most, made.running)
        try:
            await made.open.wait()
            return await real(self, process, source_id)
        finally:
            made.running -= 1

    monkeypatch.setattr(WooCommerceClient, "read", read)
    monkeypatch.setattr(shop_reads, "LOOK_SECONDS", 0.01)
    return made


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - the database tells no event of it
            await asyncio.sleep(0.01)


async def test_a_new_order_is_queued_while_the_reads_of_those_before_it_go_on(harness: Harness, gate: Gate) -> None:
    gone = await sent(harness, 20)
    await trash(harness, gone)
    together = harness.shop.order()
    await harness.announce(together, "order.created")

    turn = asyncio.create_task(ingest(harness.gateway, harness.connection.id))

    async def queued() -> int:
        return (await harness.stored.events()).get("queued", 0)

    await until(queued)
    assert (await harness.stored.job(together["id"])).state == "waiting"
    later = harness.shop.order()
    await harness.announce(later, "order.created")

    async def both_queued() -> bool:
        return await queued() == 2

    await until(both_queued)
    assert (await harness.stored.job(later["id"])).state == "waiting"
    await until(gate.is_full)
    assert gate.most == len(gate.begun) == 4
    gate.open.set()
    await turn
    await harness.work()
    assert (cancelled(harness), gate.most) == (20, 4)
    assert Counter(gate.begun) == {str(order["id"]): 1 for order in gone}


@pytest.mark.parametrize("slice_seconds", [0.001, 0.2])
async def test_a_batch_that_is_larger_than_its_time_goes_on_where_it_was(
    database_url: str, tmp_path: Path, gate: Gate, slice_seconds: float
) -> None:
    gate.open.set()
    async with open_harness(database_url, tmp_path, slice_seconds=slice_seconds) as harness:
        await harness.connect()
        gone = await sent(harness, 30)
        await trash(harness, gone)
        await harness.work()
        assert Counter(gate.begun) == {str(order["id"]): 1 for order in gone}
        assert cancelled(harness) == 30
        assert await harness.stored.all_ended()


async def test_more_reads_than_are_kept_in_memory_let_a_new_order_pass(
    harness: Harness, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_reads, "MOST_WAITING", 5)
    monkeypatch.setattr(harness.gateway.settings, "ingest_batch", 8)
    gone = await sent(harness, 30)
    await trash(harness, gone)
    new = harness.shop.order()
    await harness.announce(new, "order.created")

    turn = asyncio.create_task(ingest(harness.gateway, harness.connection.id))

    async def queued() -> int:
        return (await harness.stored.events()).get("queued", 0)

    await until(queued)
    await until(gate.is_full)
    assert len(gate.begun) == 4
    gate.open.set()
    await turn
    await harness.work()
    assert harness.warehouse.order(new["id"]) is not None
    assert Counter(gate.begun) == {str(order["id"]): 1 for order in gone}
    assert cancelled(harness) == 30


async def test_two_events_about_one_record_are_one_read(sqlite_harness: Harness, gate: Gate) -> None:
    gate.open.set()
    (order,) = await sent(sqlite_harness, 1)
    await trash(sqlite_harness, [order])
    for _ in range(2):
        await sqlite_harness.announce({"id": order["id"]}, "order.deleted")
    await sqlite_harness.work()
    assert gate.begun == [str(order["id"])]
    assert cancelled(sqlite_harness) == 1
    assert [row.state for row in await events(sqlite_harness)] == ["done", "done", "ignored", "ignored"]


async def test_a_read_without_an_end_is_given_up_before_the_task_is(
    database_url: str, tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_harness(database_url, tmp_path, slice_seconds=0.05, task_timeout_seconds=60) as harness:
        await harness.connect()
        gone = await sent(harness, 9)
        await trash(harness, gone)
        with monkeypatch.context() as patch:
            patch.setattr(ingesting, "TIME_TO_END", 59.8)
            await harness.ingest()
        assert [(row.state, row.tries) for row in await events(harness)][9:] == [("parked", 0)] * 9
        assert len(gate.begun) == 4
        gate.open.set()
        harness.tick(3600)
        await harness.work(sweep=True)
        assert cancelled(harness) == 9


async def test_a_turn_whose_lease_was_lost_meanwhile_stores_nothing(harness: Harness, gate: Gate) -> None:
    gone = await sent(harness, 2)
    await trash(harness, gone)
    turn = asyncio.create_task(ingest(harness.gateway, harness.connection.id))

    async def begun() -> bool:
        return len(gate.begun) == 2

    await until(begun)
    await harness.stored.expire_leases()
    gate.open.set()
    await turn
    assert await harness.stored.events() == {"done": 2, "received": 2}
    await harness.work(sweep=True)
    assert cancelled(harness) == 2
