"""Corrections of the warehouse's stock are read beside it, kept once, told, and confirmed to the warehouse once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.engine.core import leases
from app.records.stock import adjustments
from app.records.stock.adjustments import KeptAdjustment, Wanted
from app.sandbox.ongoing.model.stock.adjustments import Change
from app.storage.callers.tables import outgoing_webhooks
from app.storage.tables import alerts, lanes
from tests.engine.stock.stock_steps import ON, in_both, quantity
from tests.harness import Harness, SimulatedWarehouse, open_harness
from tests.harness.warehouse import WAREHOUSE

CONFIRMED = "/setReported"


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def lite(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """For what is the same on every database."""
    async with open_harness(sqlite_database, tmp_path) as opened:
        yield opened


async def opened(harness: Harness, name: str = "shop", **settings: Any) -> int:
    """A connection that reads corrections, and an article of ten pieces."""
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    harness.warehouse.model.adjustments.forget()
    stock = {"adjustments": True, **settings.pop("stock", {})}
    await harness.connect(name, processes=ON, stock=stock, **settings)
    await harness.poll("stock")
    return product


def correct(harness: Harness, pieces: float, cause: str = "COUNTED", **more: Any) -> None:
    harness.tick(60)
    harness.warehouse.model.change_stock("SOKK-1", Change(pieces, cause, **more))


async def kept(harness: Harness) -> list[KeptAdjustment]:
    """The oldest first."""
    async with harness.gateway.database.read() as db:
        found = await adjustments.search(db, [harness.connections[next(iter(harness.connections))].lane], Wanted(), 50)
    return found[::-1]


def told(harness: Harness) -> list[str]:
    """The confirmations that the warehouse has got."""
    return [call.path for call in harness.warehouse.calls() if call.path.endswith(CONFIRMED)]


async def test_they_are_kept_and_confirmed_once_and_scrapped_goods_come_not_back(harness: Harness) -> None:
    product = await opened(harness, stock={"scrapped_causes": ["scrap"]})
    correct(harness, -2, "SCRAP", batch="L-7", serial="S-1", location="A-12", comment="water damage")
    correct(harness, 5)
    await harness.poll("stock")
    first, second = await kept(harness)
    made_at = harness.warehouse.model.adjustments.of(77)[0].made
    assert (first.number, first.pieces, first.cause_code, first.cause_name) == ("SOKK-1", -2.0, "SCRAP", "Scrap")
    assert (first.is_scrapped, first.batch, first.serial, first.location) == (True, "L-7", "S-1", "A-12")
    assert (first.warehouse, first.comment, first.made_at) == ("demo", "water damage", made_at)
    assert (second.pieces, second.is_scrapped) == (5.0, False)
    assert None not in (first.confirmed_at, second.confirmed_at)
    assert quantity(harness, product) == 13
    assert len(told(harness)) == 2
    harness.tick(900)
    await harness.poll("stock")
    assert len(await kept(harness)) == len(told(harness)) == 2
    assert harness.warehouse.model.concurrency == {77: 1}


async def test_none_is_read_where_nobody_asks_for_them(lite: Harness) -> None:
    in_both(lite, "SOKK-1", shop=10, wms=10)
    await lite.connect(processes=ON)
    await lite.poll("stock")
    assert [call for call in lite.warehouse.calls() if "inventoryAdjustments" in call.path] == []


async def test_two_shops_of_a_goods_owner_confirm_each_once(harness: Harness) -> None:
    await opened(harness, "first", order_number_prefix="A-")
    both: dict[str, Any] = {"processes": {**ON, "articles": False}, "order_number_prefix": "B-", "stock": {"adjustments": True}}
    await harness.connect("second", **both)
    correct(harness, -1)
    for connection in list(harness.connections.values()):
        await harness.poll("stock", connection)
    assert len(await kept(harness)) == len(told(harness)) == 1


async def test_same_corrections_of_one_stock_taking_are_all_kept(lite: Harness) -> None:
    await opened(lite)
    correct(lite, -1)
    lite.warehouse.model.adjustments.again()
    await lite.poll("stock")
    assert [each.pieces for each in await kept(lite)] == [-1.0, -1.0]
    assert len(told(lite)) == 1


async def test_a_confirmation_that_fails_is_made_later_and_a_refused_one_is_told(lite: Harness) -> None:
    product = await opened(lite)
    correct(lite, -1)
    lite.warehouse.fail("status", status=503, method="PATCH")
    await lite.poll("stock")
    assert quantity(lite, product) == 9
    assert [each.confirmed_at for each in await kept(lite)] == [None]
    lite.mend()
    lite.tick(1800)
    await lite.poll("stock")
    assert [each.confirmed_at is None for each in await kept(lite)] == [False]
    correct(lite, -1)
    lite.warehouse.fail("status", status=400, method="PATCH")
    await lite.poll("stock")
    lite.mend()
    lite.tick(1800)
    await lite.poll("stock")
    *_, last = await kept(lite)
    assert last.confirmed_at is None
    assert last.problem
    raised = await lite.stored.rows(select(alerts.c.text).where(alerts.c.subject == "stock adjustments"))
    assert ["corrections of the warehouse's stock" in row.text for row in raised] == [True]


async def test_the_confirmation_waits_for_the_goods_owner_s_turn(lite: Harness) -> None:
    await opened(lite)
    correct(lite, -1)
    lane = lite.connection.lane
    taken = await leases.acquire(lite.gateway.database, lane, 60)
    assert taken is not None
    await lite.poll("stock")
    await leases.release(lite.gateway.database, taken)
    await _pause(lite, True)
    await lite.poll("stock")
    assert told(lite) == []
    await _pause(lite, False)
    await lite.poll("stock")
    assert len(told(lite)) == 1


async def _pause(harness: Harness, paused: bool) -> None:
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=paused))


async def test_a_newer_warehouse_says_itself_what_is_scrapped_and_the_address_is_told(lite: Harness) -> None:
    lite.warehouse = SimulatedWarehouse.open(lite.clock, replace(WAREHOUSE, tells_scrapped=True))
    await opened(lite, outgoing_webhooks={"url": "https://erp.example/events"})
    correct(lite, -3, "BROKEN", scrapped=True)
    await lite.poll("stock")
    (event,) = await lite.stored.rows(select(outgoing_webhooks))
    (one,) = await kept(lite)
    assert one.is_scrapped
    assert event.type == "stock.adjusted"
    made = lite.warehouse.model.adjustments.of(77)[0].made.isoformat()
    assert event.data == {
        "number": "SOKK-1",
        "article_name": "SOKK-1",
        "pieces": -3.0,
        "made_at": made,
        "cause": {"code": "BROKEN", "name": "Broken"},
        "scrapped": True,
        "batch": None,
        "serial": None,
        "expires_at": None,
        "location": None,
        "warehouse": {"id": 1, "name": "demo"},
        "comment": None,
        "inventory_id": one.inventory_id,
    }
