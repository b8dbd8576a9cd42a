"""An order that the shop keeps waiting, and whose goods it has taken off its stock, is not offered a second time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations import records
from app.storage.outbound_tables import reservations
from tests.engine.stock.stock_steps import ON, in_both, quantity
from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """On both databases: what is taken off is reckoned in SQL."""
    async with open_harness(database_url, tmp_path) as opened:
        yield opened


async def opened(harness: Harness, **settings: Any) -> int:
    """A product with ten pieces on both sides, all of it known."""
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON, **settings)
    await harness.poll("stock")
    return product


async def restocked(harness: Harness, product: int, pieces: int) -> Any:
    """So many pieces come into the warehouse; what the shop shows then."""
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", pieces)
    await harness.poll("stock")
    return quantity(harness, product)


async def test_an_order_on_hold_is_taken_off_though_it_is_not_to_be_sent(harness: Harness) -> None:
    product = await opened(harness)
    order = harness.shop.order("SOKK-1", status="on-hold")
    await harness.deliver(order)
    assert harness.warehouse.order(order["number"]) is None
    assert await restocked(harness, product, 15) == 14


async def test_one_that_waits_for_its_payment_has_taken_nothing(harness: Harness) -> None:
    product = await opened(harness)
    await harness.deliver(harness.shop.order("SOKK-1", status="pending"))
    assert await restocked(harness, product, 15) == 15
    assert await harness.stored.rows(select(reservations)) == []


@pytest.mark.parametrize("status", ["cancelled", "pending", "trash"])
async def test_taken_back_it_is_for_sale_again_once(harness: Harness, status: str) -> None:
    product = await opened(harness)
    order = harness.shop.order("SOKK-1", status="on-hold")
    await harness.deliver(order)
    assert await restocked(harness, product, 15) == 14
    await harness.deliver(harness.shop.change(order["id"], status=status))
    assert await restocked(harness, product, 16) == 16
    await harness.deliver(harness.shop.shown(order["id"]))
    assert await restocked(harness, product, 17) == 17


async def test_paid_it_goes_to_the_warehouse_and_is_taken_off_once(harness: Harness) -> None:
    product = await opened(harness)
    order = harness.shop.order("SOKK-1", status="on-hold")
    await harness.deliver(order)
    assert await restocked(harness, product, 15) == 14
    await harness.deliver(harness.shop.change(order["id"], status="processing"))
    assert harness.warehouse.order(order["number"]) is not None
    assert await restocked(harness, product, 15) == 14


async def test_an_order_that_waits_in_the_gateway_and_is_put_on_hold_stays_taken_off(harness: Harness) -> None:
    product = await opened(harness)
    order = harness.shop.order("SOKK-1")
    harness.warehouse.fail("status", status=503, path="/demo/api/v1/orders")
    await harness.deliver(order)
    harness.mend()
    await harness.announce(harness.shop.change(order["id"], status="on-hold"))
    harness.tick(1200)
    await harness.work(sweep=True)
    assert harness.warehouse.order(order["number"]) is None
    assert await restocked(harness, product, 15) == 14


async def test_a_plugins_own_status_leaves_it_as_it_was(harness: Harness) -> None:
    product = await opened(harness)
    unpaid, paid = harness.shop.order("SOKK-1", status="pending"), harness.shop.order("SOKK-1", status="on-hold")
    for order in (unpaid, paid):
        await harness.deliver(order)
        await harness.deliver(harness.shop.change(order["id"], status="awaiting-call"))
    assert await restocked(harness, product, 15) == 14


async def test_settled_by_an_operator_or_deleted_it_holds_nothing_back(harness: Harness) -> None:
    product = await opened(harness)
    nowhere = {"first_name": "Kari", "last_name": "Nordmann", "address_1": "", "city": "", "postcode": "", "country": ""}
    held = harness.shop.order("SOKK-1", shipping=nowhere, billing={**nowhere, "email": "kari@example.com"})
    deleted = harness.shop.order("SOKK-1", status="on-hold")
    for order in (held, deleted):
        await harness.deliver(order)
    assert await restocked(harness, product, 15) == 13
    await records.resolve(harness.gateway, (await harness.stored.mapping(held["id"])).id, "sent by hand")
    harness.shop.model.delete_order(deleted["id"])
    await harness.deliver({"id": deleted["id"]}, "order.deleted")
    assert await restocked(harness, product, 16) == 16


async def test_before_its_go_live_a_connection_takes_nothing_off(harness: Harness) -> None:
    product = await opened(harness, go_live="2090-01-01T00:00:00Z")
    await harness.deliver(harness.shop.order("SOKK-1", status="on-hold"))
    assert await restocked(harness, product, 15) == 15
