"""Whatever a shop answers, the other records go on, the odd one is named, and every part of a run ends."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.operations import syncs
from app.engine.operations.syncs import Asker, Request
from app.engine.polling import runner, shop_records
from app.integrations.woocommerce.client import WooCommerceClient
from app.storage.tables import alerts
from tests.engine.polling.poll_steps import ORDERS, changed_answers, cursor, last_run, numbers, some_orders, sync
from tests.harness import Harness

ENTITY = "&#" + "1" * 5000 + ";"


ODD = "ODD"
"""Stands in an order where something odd is put on its way."""


def nested(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


class TestARecordThatNobodyThoughtOf:
    @pytest.mark.parametrize(
        "odd",
        [
            nested(300),
            nested(500),
            f'"ring {ENTITY}"',
            '"nul \\u0000 inside"',
            '"half \\ud83d a character"',
            "1e400",
            "1" * 5000,
            "18446744073709551616",
        ],
        ids=["300-levels", "500-levels", "entity", "nul", "surrogate", "1e400", "5000-digits", "over-64-bits"],
    )
    async def test_it_goes_to_the_warehouse_with_the_others(self, harness: Harness, odd: str) -> None:
        orders = some_orders(harness, 3)
        harness.shop.change(orders[1]["id"], customer_note=ODD)
        with changed_answers(harness, ORDERS, lambda content: content.replace(b'"ODD"', odd.encode())):
            await harness.poll()
            assert numbers(harness) == [str(order["id"]) for order in orders]
            assert (await last_run(harness)).state == "done"
            await harness.poll(sweep=True)
            assert ((await last_run(harness)).state, (await cursor(harness)).failures) == ("done", 0)

    @pytest.mark.parametrize("odd", ["9999-12-31T23:59:59", "0000-00-00T00:00:00", "0001-01-01T00:00:00", "soon"])
    async def test_a_time_that_is_none_stops_nothing(self, sqlite_harness: Harness, odd: str) -> None:
        orders = some_orders(sqlite_harness, 3)
        sqlite_harness.tick()
        said = b'"date_modified_gmt":"%s"'
        before, after = said % str(orders[1]["date_modified_gmt"]).encode(), said % odd.encode()
        with changed_answers(sqlite_harness, ORDERS, lambda content: content.replace(before, after)):
            await sqlite_harness.poll()
            assert numbers(sqlite_harness) == [str(order["id"]) for order in orders]
            sqlite_harness.tick(60)
            (later,) = some_orders(sqlite_harness, 1)
            await sqlite_harness.poll(sweep=True)
            assert str(later["id"]) in numbers(sqlite_harness)
        assert (await last_run(sqlite_harness)).state == "done"

    async def test_one_whose_extra_data_cannot_be_read_is_left_out(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        orders = some_orders(harness, 3)
        real = WooCommerceClient.enrich

        async def enrich(self: WooCommerceClient, record: Any) -> Any:
            if record.source_id == str(orders[1]["id"]):
                raise OverflowError("odd")
            return await real(self, record)

        monkeypatch.setattr(WooCommerceClient, "enrich", enrich)
        monkeypatch.setattr(WooCommerceClient, "lacks", lambda self, record: True)
        await harness.poll()
        assert numbers(harness) == [str(orders[0]["id"]), str(orders[2]["id"])]
        (alert,) = await harness.stored.rows(select(alerts.c.kind, alerts.c.subject))
        assert tuple(alert) == ("not-stored", f"orders:{orders[1]['id']}")
        run = await last_run(harness)
        assert (run.state, run.counts["read"], run.counts["skipped"]) == ("done", 3, 1)

    @pytest.mark.parametrize("odd", ['"no object"', "null", "[]", '{"id": 0}', '{"id": "x"}', '{"id": 99999999999999999999}'])
    async def test_one_that_is_no_object_or_has_no_id_stops_nothing(self, sqlite_harness: Harness, odd: str) -> None:
        orders = some_orders(sqlite_harness, 2)
        with changed_answers(sqlite_harness, ORDERS, lambda content: content.replace(b"[{", b"[" + odd.encode() + b",{", 1)):
            await sqlite_harness.poll()
            assert numbers(sqlite_harness) == [str(order["id"]) for order in orders]
            await sqlite_harness.poll(sweep=True)
        assert (await last_run(sqlite_harness)).state == "done"
        (alert,) = await sqlite_harness.stored.rows(select(alerts.c.kind, alerts.c.text))
        assert alert.kind == "odd-answers"
        assert alert.text.startswith(
            "The shop listed 1 orders that are no records, or could not give them; they are left out: page 1, entry 1: "
        )


class TestAPartThatFailsInAWayNobodyThoughtOf:
    @pytest.mark.parametrize("error", [RuntimeError("odd"), OverflowError("odd"), AssertionError("odd"), RecursionError()])
    async def test_it_ends_as_failed_and_backs_off(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        some_orders(harness, 1)

        async def read_changes(*args: Any) -> bool:
            raise error

        monkeypatch.setattr(shop_records, "read_changes", read_changes)
        for failures in (1, 2, 3):
            await harness.poll()
            place = await cursor(harness)
            assert (place.failures, (await last_run(harness)).state) == (failures, "failed")
            assert place.next_poll_at > harness.clock()
            assert type(error).__name__ in place.last_error
        assert await harness.stored.alerts() == ["failing"]

    async def test_so_does_one_that_fails_at_its_end(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        async def finish(*args: Any) -> None:
            raise KeyError("odd")

        monkeypatch.setattr(runner, "_finish", finish)
        await sqlite_harness.poll()
        assert (await last_run(sqlite_harness)).state == "failed"

    async def test_a_database_that_is_away_ends_nothing(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        async def read_changes(*args: Any) -> bool:
            raise ConnectionError("away")

        with monkeypatch.context() as patch:
            patch.setattr(shop_records, "read_changes", read_changes)
            with pytest.raises(ConnectionError):
                await sqlite_harness.poll()
        assert (await last_run(sqlite_harness)).state == "running"
        (order,) = some_orders(sqlite_harness, 1)
        await sqlite_harness.work(sweep=True)
        assert numbers(sqlite_harness) == [str(order["id"])]
        assert (await last_run(sqlite_harness)).state == "done"


class TestARunWhoseProcessIsSwitchedOff:
    async def test_it_ends_as_failed_with_the_reason(self, harness: Harness) -> None:
        some_orders(harness, 1)
        run_id = await syncs.start(harness.gateway, Request("shop", Process.ORDERS), Asker("key_1", None))
        await harness.change_settings(harness.connection, processes={"orders": False})
        await harness.work()
        run = await last_run(harness)
        assert (run.id, run.state, run.parts[0].error) == (run_id, "failed", "orders is switched off for this connection")
        assert harness.shop.calls() == []
        await harness.change_settings(harness.connection, processes={"orders": True})
        assert (await sync(harness)).state == "done"

    async def test_one_that_was_switched_on_just_before_is_read(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another process has switched it on; this one still has the connection as it was a moment ago."""
        (order,) = some_orders(harness, 1)
        off = await harness.change_settings(harness.connection, processes={"orders": False})
        assert not (await harness.gateway.connection(off.id)).settings.processes.orders
        with monkeypatch.context() as patch:
            patch.setattr(type(harness.gateway), "forget", lambda *_: None)
            await harness.change_settings(off, processes={"orders": True})
        await syncs.start(harness.gateway, Request("shop", Process.ORDERS), Asker("key_1", None))
        await harness.work()
        assert (await last_run(harness)).state == "done"
        assert numbers(harness) == [str(order["id"])]
