"""A product that keeps one quantity for its variations is given their sum, or nothing: stock.parent_quantity."""

from __future__ import annotations

from typing import Any

from app.domain import Process
from app.engine.operations import connections, syncs
from app.engine.operations.syncs import Asker, Request
from app.records import runs
from tests.engine.stock.stock_steps import ON, in_both, in_warehouse, level, quantity, written
from tests.harness import Harness

SUM = {"parent_quantity": "sum"}


def family(harness: Harness, *, shop: int, **pieces: float) -> tuple[int, dict[str, int]]:
    """A product that keeps one quantity for its variations, each an article with so many pieces; gives the shop's ids."""
    parent = in_both(harness, "SOKK", shop=shop, wms=0, type="variable")
    found = {}
    for name, present in pieces.items():
        in_warehouse(harness, f"SOKK-{name}", present)
        body = {"sku": f"SOKK-{name}", "regular_price": "79.00"}
        found[name] = int(harness.shop.model.add_variation(parent, body)["id"])
    return parent, found


async def test_the_sum_of_what_may_be_sold_of_its_variations(bare_harness: Harness) -> None:
    parent, children = family(bare_harness, shop=0, R=12, B=13)
    await bare_harness.connect(processes=ON, stock=SUM)

    await bare_harness.poll("stock")
    await bare_harness.poll("stock", sweep=True)

    assert written(bare_harness) == [(parent, 25)]
    assert (await level(bare_harness, parent)).state == "same"
    row = await level(bare_harness, children["R"])
    assert (row.state, row.problem_code) == ("none", "stock-summed")


async def test_a_change_of_one_variation_changes_the_sum(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=25, R=12, B=13)
    await bare_harness.connect(processes=ON, stock=SUM)
    await bare_harness.poll("stock")
    assert written(bare_harness) == []
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-B", 3)

    await bare_harness.poll("stock")

    assert written(bare_harness) == [(parent, 15)]


async def test_each_variation_counts_whole_pieces_from_none_up(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=0, R=5, B=2.9, G=1)
    bare_harness.warehouse.model.lock_stock("SOKK-G", 4)
    await bare_harness.connect(processes=ON, stock=SUM)

    await bare_harness.poll("stock")

    assert written(bare_harness) == [(parent, 7)]


async def test_nothing_is_written_while_the_warehouse_has_not_said_all(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=25, R=12)
    bare_harness.shop.model.add_variation(parent, {"sku": "SOKK-NY", "regular_price": "79.00"})
    await bare_harness.connect(processes=ON, stock=SUM)

    await bare_harness.poll("stock")

    assert (quantity(bare_harness, parent), written(bare_harness)) == (25, [])
    assert (await level(bare_harness, parent)).state == "unknown"


async def test_a_variation_with_a_quantity_of_its_own_is_not_counted(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=0, R=12)
    body = {"sku": "SOKK-XL", "regular_price": "79.00", "manage_stock": True, "stock_quantity": 0}
    own = int(bare_harness.shop.model.add_variation(parent, body)["id"])
    in_warehouse(bare_harness, "SOKK-XL", 4)
    await bare_harness.connect(processes=ON, stock=SUM)

    await bare_harness.poll("stock")

    assert sorted(written(bare_harness)) == sorted([(parent, 12), (own, 4)])


async def test_what_the_shop_has_sold_of_a_variation_is_taken_off_the_sum(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=25, R=12, B=13)
    await bare_harness.connect(processes=ON, stock=SUM, order_statuses=["processing"])
    await bare_harness.poll("stock")
    bare_harness.tick(30)  # within a minute the quantity may have been read before the sale
    order = bare_harness.shop.order("SOKK-R")
    await bare_harness.announce(order)
    await bare_harness.ingest()

    row = await level(bare_harness, parent)
    assert (row.state, row.shop_quantity) == ("waiting", None)
    pieces = int(order["line_items"][0]["quantity"])
    await bare_harness.poll("stock")

    assert quantity(bare_harness, parent) == 25 - pieces


async def test_by_default_it_is_left_as_it_is_and_listed_with_the_reason(bare_harness: Harness) -> None:
    parent, _ = family(bare_harness, shop=3, R=12, B=13)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    row = await level(bare_harness, parent)
    assert (quantity(bare_harness, parent), row.problem_code) == (3, "stock-shared-by-variations")
    assert "stock.parent_quantity" in row.problem


async def test_the_setting_taken_back_writes_no_more(bare_harness: Harness) -> None:
    family(bare_harness, shop=0, R=12)
    await bare_harness.connect(processes=ON, stock=SUM)
    await bare_harness.poll("stock")
    await connections.patch(
        bare_harness.gateway, bare_harness.connection, {"settings": {"stock": {"parent_quantity": "nothing"}}}
    )
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-R", 3)

    await bare_harness.poll("stock")
    await bare_harness.poll("stock", sweep=True)

    assert len(written(bare_harness)) == 1


async def test_the_setting_counts_at_once(bare_harness: Harness) -> None:
    """What changed in neither system is compared again by the next poll."""
    parent, _ = family(bare_harness, shop=3, R=12, B=13)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    bare_harness.tick(60)

    await connections.patch(bare_harness.gateway, bare_harness.connection, {"settings": {"stock": SUM}})
    await bare_harness.work(sweep=True)

    assert quantity(bare_harness, parent) == 25


class TestTheDryRunSaysTheSame:
    async def run(self, harness: Harness) -> Any:
        run_id = await syncs.start(harness.gateway, Request("shop", Process.STOCK, dry_run=True), Asker("key_1", None))
        await harness.work()
        async with harness.gateway.database.read() as db:
            found = await runs.find(db, run_id)
        assert found is not None
        return found

    async def test_of_a_quantity_that_is_its_variations(self, bare_harness: Harness) -> None:
        parent, _ = family(bare_harness, shop=3, R=12, B=13)
        await bare_harness.connect(processes=ON)
        await bare_harness.poll("articles")

        (part,) = (await self.run(bare_harness)).parts

        assert part.preview == []
        reasons = {each["code"]: each["count"] for each in part.reasons}
        assert reasons == {"stock-shared-by-variations": 1, "stock-kept-by-parent": 2}
        assert quantity(bare_harness, parent) == 3

    async def test_of_their_sum(self, bare_harness: Harness) -> None:
        family(bare_harness, shop=3, R=12, B=13)
        await bare_harness.connect(processes=ON, stock=SUM)
        await bare_harness.poll("articles")

        (part,) = (await self.run(bare_harness)).parts

        assert [(each["number"], each["fields"]) for each in part.preview] == [
            ("SOKK", [{"field": "quantity", "before": 3, "after": 25}])
        ]
        assert written(bare_harness) == []

    async def test_of_a_variation_that_has_its_products_number(self, bare_harness: Harness) -> None:
        parent = in_both(bare_harness, "BUFF", shop=9, wms=0, type="variable")
        body = {"manage_stock": True, "stock_quantity": 9, "regular_price": "1"}
        child = int(bare_harness.shop.model.add_variation(parent, body)["id"])
        bare_harness.shop.model.products[child]["sku"] = "BUFF"
        await bare_harness.connect(processes={**ON, "articles": False}, stock={"look_only": True})
        await bare_harness.poll("stock")

        (part,) = (await self.run(bare_harness)).parts

        assert [each["record"] for each in part.preview] == [str(parent)]
        assert "stock-number-of-parent" in {each["code"] for each in part.reasons}

    async def test_of_a_quantity_that_the_shop_has_put_back(self, bare_harness: Harness) -> None:
        product = in_both(bare_harness, "LUE", shop=7, wms=20)
        await bare_harness.connect(processes=ON)
        for _ in range(3):
            bare_harness.tick(60)
            await bare_harness.poll("stock", sweep=True)
            bare_harness.shop.model.products.put({**bare_harness.shop.model.products[product], "stock_quantity": 7})

        (part,) = (await self.run(bare_harness)).parts

        assert (part.preview, [each["code"] for each in part.reasons]) == ([], ["stock-not-taken"])
