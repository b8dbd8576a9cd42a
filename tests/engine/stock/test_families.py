"""A product that keeps one quantity for its variations: nothing is written to it that is not its own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.storage.tables import alerts, cursors
from tests.engine.stock.stock_steps import ON, in_both, in_warehouse, level, quantity, written
from tests.harness import Harness


def family(harness: Harness, *, shop: int, kept_by: str = "product") -> tuple[int, list[int]]:
    """A product with two variations that are articles of their own; gives the shop's ids."""
    keeps: dict[str, Any] = {"manage_stock": True, "stock_quantity": shop}
    parent = int(harness.shop.product("SOKK", type="variable", **(keeps if kept_by == "product" else {}))["id"])
    bodies = [
        {"sku": sku, "regular_price": "79.00", **(keeps if kept_by == "variations" else {})} for sku in ("SOKK-R", "SOKK-B")
    ]
    return parent, [int(harness.shop.model.add_variation(parent, body)["id"]) for body in bodies]


async def swept_before_they_came(harness: Harness) -> None:
    """A connection whose sweep of the shop is done, so that the next poll of stock reads only what changed in the WMS."""
    await harness.connect(processes=ON)
    await harness.poll("stock")
    harness.tick(60)


class TestTransferredSinceTheLastSweep:
    async def test_a_product_with_variations_is_not_written_before_the_shop_was_seen(self, bare_harness: Harness) -> None:
        """Observed on WooCommerce 10.5.0: the product was sold out, though 25 of its variations lay on the shelf."""
        await swept_before_they_came(bare_harness)
        parent, _ = family(bare_harness, shop=25)
        await bare_harness.poll("articles")
        for number, present in (("SOKK", 0), ("SOKK-R", 12), ("SOKK-B", 13)):
            bare_harness.warehouse.model.put_in_stock(number, present)

        await bare_harness.poll("stock")

        assert quantity(bare_harness, parent) == 25
        assert not [each for each in written(bare_harness) if each[0] == parent]
        row = await level(bare_harness, parent)
        assert (row.state, row.problem_code) == ("unknown", "stock-not-seen")

        bare_harness.tick(60)
        await bare_harness.poll("stock", sweep=True)

        assert quantity(bare_harness, parent) == 25
        row = await level(bare_harness, parent)
        assert (row.state, row.problem_code) == ("problem", "stock-shared-by-variations")

    async def test_a_product_with_its_own_quantity_is_written_at_once(self, bare_harness: Harness) -> None:
        await swept_before_they_came(bare_harness)
        product = int(bare_harness.shop.product("LUE", manage_stock=True, stock_quantity=3)["id"])
        await bare_harness.poll("articles")
        in_warehouse(bare_harness, "LUE", 8)

        await bare_harness.poll("stock")

        assert written(bare_harness) == [(product, 8)]

    async def test_variations_with_their_own_quantities_are_written_at_once(self, bare_harness: Harness) -> None:
        await swept_before_they_came(bare_harness)
        parent, children = family(bare_harness, shop=1, kept_by="variations")
        await bare_harness.poll("articles")
        in_warehouse(bare_harness, "SOKK-R", 12)

        await bare_harness.poll("stock")

        assert (children[0], 12) in written(bare_harness)
        assert not [each for each in written(bare_harness) if each[0] == parent]


VARIATIONS = "/wp-json/wc/v3/products/{}/variations"
FAILS = [
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 429},
    {"kind": "html"},
    {"kind": "hang-up"},
]


class TestAListOfVariationsThatFails:
    @pytest.mark.parametrize("fault", FAILS, ids=lambda fault: str(fault.get("status", fault["kind"])))
    async def test_its_family_is_left_as_it_is_and_the_rest_goes_on(self, bare_harness: Harness, fault: dict[str, Any]) -> None:
        parent, children = family(bare_harness, shop=3, kept_by="variations")
        in_warehouse(bare_harness, "SOKK-R", 3)
        await bare_harness.connect(processes=ON)
        await bare_harness.poll("stock")
        other = in_both(bare_harness, "LUE", shop=1, wms=6)
        trousers = int(bare_harness.shop.product("BUKSE", type="variable")["id"])
        body = {"sku": "BUKSE-S", "regular_price": "1", "manage_stock": True, "stock_quantity": 1}
        short = int(bare_harness.shop.model.add_variation(trousers, body)["id"])
        in_warehouse(bare_harness, "BUKSE-S", 4)
        bare_harness.shop.fail(path=VARIATIONS.format(parent), **fault)
        bare_harness.tick(60)

        await bare_harness.poll("stock", sweep=True)

        assert (quantity(bare_harness, other), quantity(bare_harness, short)) == (6, 4)
        row = await level(bare_harness, children[0])
        assert (row.state, row.shop_quantity) == ("same", 3)
        assert str(parent) in await named(bare_harness)

        bare_harness.mend()
        bare_harness.shop.model.products.put({**bare_harness.shop.model.products[children[0]], "stock_quantity": 50})
        bare_harness.tick(60)
        await bare_harness.poll("stock", sweep=True)
        assert quantity(bare_harness, children[0]) == 3

    async def test_a_quantity_that_may_be_the_variations_is_not_written(self, bare_harness: Harness) -> None:
        parent, _ = family(bare_harness, shop=25)
        in_warehouse(bare_harness, "SOKK", 0)
        bare_harness.shop.fail("status", path=VARIATIONS.format(parent), status=403)
        await bare_harness.connect(processes=ON)

        await bare_harness.poll("stock")

        assert (quantity(bare_harness, parent), written(bare_harness)) == (25, [])

    async def test_several_in_a_row_are_the_shops_own_fault(self, bare_harness: Harness) -> None:
        for number in range(3):
            parent = int(bare_harness.shop.product(f"BUKSE-{number}", type="variable")["id"])
            bare_harness.shop.model.add_variation(parent, {"sku": f"BUKSE-{number}-S", "regular_price": "1"})
            bare_harness.shop.fail("status", path=VARIATIONS.format(parent), status=500)
        await bare_harness.connect(processes=ON)

        await bare_harness.poll("stock")

        (row,) = await bare_harness.stored.rows(select(cursors).where(cursors.c.process == "stock"))
        assert row.failures == 1


async def named(harness: Harness) -> str:
    (alert,) = await harness.stored.rows(select(alerts).where(alerts.c.kind == "failing"))
    return str(alert.text)
