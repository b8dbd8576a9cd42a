"""Stock: an article whose number or quantity nobody means stops no other, and a dry run goes on from slice to slice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.operations import syncs
from app.engine.operations.syncs import Asker, Request
from app.engine.stock import dry_run
from app.records import runs
from app.storage.outbound_tables import stock_levels
from tests.harness import Harness, open_harness


@pytest.mark.parametrize("odd", ["SOKK\x00-1", "x" * 200])
async def test_a_number_that_no_column_holds_stops_no_other(harness: Harness, odd: str) -> None:
    await harness.change_settings(harness.connection, processes={"stock": True, "articles": False})
    for sku in (odd, "SOKK-2"):
        harness.shop.product(sku, manage_stock=True, stock_quantity=10**15)
    await harness.poll("stock", sweep=True)
    rows = await harness.stored.rows(select(stock_levels.c.number, stock_levels.c.shop_quantity))
    assert [tuple(row) for row in rows] == [("SOKK-2", 2**31 - 1)]


async def test_a_dry_run_is_gone_on_with_after_its_slice(
    sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "AT_A_TIME", 2)
    async with open_harness(sqlite_database, tmp_path, slice_seconds=0.0005) as harness:
        await harness.connect(processes={"stock": True})
        for number in range(5):
            harness.shop.product(f"SOKK-{number}", manage_stock=True)
        await harness.poll("articles")
        run_id = await syncs.start(harness.gateway, Request("shop", Process.STOCK, dry_run=True), Asker("key_1", None))
        await harness.work()
        async with harness.gateway.database.read() as db:
            run = await runs.find(db, run_id)
        assert run is not None
        assert (run.state, run.counts["read"]) == ("done", 5)
