"""No poll is larger than its slice: what was read is stored, and the next slice goes on from there."""

from __future__ import annotations

from pathlib import Path

from app.engine.polling import lots
from tests.engine.polling.poll_steps import ORDERS, cursor, last_run, numbers, some_orders
from tests.harness import Harness, Resource, open_harness

CUSTOMERS = "/wp-json/wc/v3/customers/"


def of_customers(harness: Harness, count: int) -> list[Resource]:
    """Orders of registered customers, each of another one."""
    found = []
    for number in range(900, 900 + count):
        harness.shop.model.customers.make_up(number, f"{number}@example.com")
        found += some_orders(harness, 1, customer_id=number)
    return found


class TestAPageWhoseRecordsNeedReads:
    async def test_it_is_gone_on_with_in_its_middle(self, database_url: str, tmp_path: Path) -> None:
        async with open_harness(database_url, tmp_path, slice_seconds=0.0005) as harness:
            await harness.connect()
            orders = of_customers(harness, 10)
            await harness.poll()
            assert numbers(harness) == [str(order["id"]) for order in orders]
            slices = -(-len(orders) // lots.AT_ONCE)
            assert len(harness.shop.calls(ORDERS)) == slices + 1  # once a slice, and behind it
            assert len(harness.shop.calls(CUSTOMERS)) == len(orders)  # each customer is read once
            run = await last_run(harness)
            assert (run.state, run.counts["read"], run.counts["created"]) == ("done", 10, 10)
            assert (await cursor(harness)).cursor["modified"] == orders[-1]["date_modified_gmt"]

    async def test_what_is_done_of_it_is_kept_when_the_shop_fails(self, database_url: str, tmp_path: Path) -> None:
        async with open_harness(database_url, tmp_path) as harness:
            await harness.connect()
            orders = of_customers(harness, 8)
            harness.shop.fail("status", status=503, path=f"{CUSTOMERS}906")
            await harness.poll()
            place = await cursor(harness)
            assert ((await last_run(harness)).state, place.failures) == ("done", 0)
            assert place.cursor["wait_for_side_reads"] == [str(orders[6]["id"])]
            assert numbers(harness) == [str(order["id"]) for order in orders if order is not orders[6]]
            harness.mend()
            await harness.poll()
            assert numbers(harness) == [str(order["id"]) for order in orders]
