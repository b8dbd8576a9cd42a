"""A database that 97d0881 has filled comes to today's tables with everything that was in it, on both databases."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, func, select

from app.integrations.protocol.credentials import revealed
from app.records import connections
from app.storage.engine import Database
from app.storage.migrations import REVISION, current, upgrade
from app.storage.outbound_tables import acknowledgements, reports, reservations, stock_levels
from app.storage.secrets import Vault
from app.storage.side_tables import api_keys
from app.storage.tables import alerts, attempts, history, inbox, jobs, lanes, mappings, metadata, run_parts
from app.storage.tables import connections as connection_rows
from tests import services

DUMPS = Path(__file__).parents[1] / "fixtures" / "databases"
KEY = (DUMPS / "97d0881.key").read_text().strip()

ROWS = {
    "acknowledgements": 4,
    "alerts": 3,
    "api_keys": 3,
    "attempts": 21,
    "budgets": 1,
    "connections": 2,
    "cursors": 5,
    "deliveries": 3,
    "history": 57,
    "hooks": 1,
    "inbox": 18,
    "jobs": 16,
    "lanes": 4,
    "leases": 10,
    "mappings": 13,
    "reports": 5,
    "reservations": 11,
    "returned_goods": 1,
    "run_items": 8,
    "run_parts": 18,
    "runs": 18,
    "shop_writes": 4,
    "stock_levels": 3,
}
"""How many rows 97d0881 left in each of its tables."""

SHOP_WRITE = ("id", "connection_id", "call", "items", "request", "started_at", "over_at", "finished_at", "result", "error")
CHANGED = {
    ("connections", "shop_url"),
    ("connections", "settings"),
    ("connections", "lane"),
    *(("shop_writes", column) for column in SHOP_WRITE),
}
"""Columns (table, column) that a migration changes on purpose, or takes away; a test of its own says what has become of them."""

GROWN: set[str] = {"attempts", "lanes"}
"""Tables that a migration puts rows of another table into."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Migrated:
    """A database of 97d0881 that was brought to today's revision, and what it held before that."""

    url: str
    before: Rows

    def rows(self, query: Any) -> list[Any]:
        return _in(self.url, lambda db: list(db.execute(query)))

    def row(self, table: Table, **values: Any) -> Any:
        """The one row with these values."""
        (found,) = self.rows(select(table).where(*(table.c[name] == value for name, value in values.items())))
        return found

    def counted(self, column: Any) -> dict[str | None, int]:
        """How many rows have each of the column's values."""
        return {row[0]: row[1] for row in self.rows(select(column, func.count()).group_by(column))}


def _in(url: str, look: Any) -> Any:
    async def work() -> Any:
        database = Database(url)
        async with database.engine.connect() as db:
            found = await db.run_sync(look)
        await database.close()
        return found

    return services.run(work)


def _utc(moment: datetime | None) -> datetime | None:
    """As it is read from today's tables: SQLite gives a moment without its zone when nobody says what it is."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _everything(connection: Connection) -> Rows:
    """Every row of every table as it lies there, whatever today's code calls the tables."""
    found = MetaData()
    found.reflect(connection)
    return {
        name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for name, table in found.tables.items()
        if name != "alembic_version"
    }


@pytest.fixture(scope="module")
def sqlite_of_97d0881(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("old") / "gateway.db"
    database = sqlite3.connect(file)
    database.executescript((DUMPS / "97d0881.sqlite.sql").read_text())
    database.close()
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(scope="module")
def postgresql_of_97d0881(postgres_url: str) -> Iterator[str]:
    name = f"gateway_test_{os.getpid()}_97d0881"
    services.execute(postgres_url, f"CREATE DATABASE {name}")
    url = services.with_database(postgres_url, name)
    services.execute(url, (DUMPS / "97d0881.postgresql.sql").read_text())
    yield url
    services.execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database as 97d0881 left it, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_of_97d0881")
    return url


@pytest.fixture(scope="module")
def migrated(database_url: str) -> Migrated:
    before = _in(database_url, _everything)
    upgrade(database_url)
    return Migrated(database_url, before)


class TestTheTables:
    def test_the_dump_has_rows_in_every_table_of_its_time(self, migrated: Migrated) -> None:
        assert {name: len(rows) for name, rows in migrated.before.items()} == ROWS

    def test_they_are_what_todays_code_speaks_of(self, migrated: Migrated) -> None:
        def differences(connection: Connection) -> list[Any]:
            return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

        assert _in(migrated.url, differences) == []

    async def test_the_revision_is_todays(self, migrated: Migrated) -> None:
        database = Database(migrated.url)
        async with database.engine.connect() as db:
            assert await current(db) == REVISION
        await database.close()

    def test_every_value_is_what_it_was(self, migrated: Migrated) -> None:
        after = _in(migrated.url, _everything)
        for table, rows in migrated.before.items():
            kept = [name for name in rows[0] if (table, name) not in CHANGED]
            if not kept:
                continue
            found = [{name: row[name] for name in kept} for row in after[table]]
            assert [row for row in rows if {name: row[name] for name in kept} not in found] == [], table
            assert len(found) == len(rows) or table in GROWN, table

    def test_upgrading_again_changes_nothing(self, migrated: Migrated) -> None:
        before = _in(migrated.url, _everything)
        upgrade(migrated.url)
        assert _in(migrated.url, _everything) == before


class TestConnections:
    async def found(self, migrated: Migrated, name: str) -> connections.Connection:
        database = Database(migrated.url)
        async with database.read() as db:
            found = await connections.find(db, Vault([KEY]), name)
        await database.close()
        return found

    def test_it_is_opened_with_its_secrets(self, migrated: Migrated) -> None:
        found = asyncio.run(self.found(migrated, "nordlys"))
        assert (found.integration, found.status, found.settings_version) == ("woocommerce", "active", 2)
        shop = revealed(found.source)
        assert (shop["consumer_key"], shop["consumer_secret"], shop["webhook_secret"]) == ("ck_test", "cs_test", "whsec-test")
        warehouse = revealed(found.warehouse)
        assert (warehouse["user"], warehouse["password"], warehouse["goods_owner_id"]) == ("gateway", "gateway", 77)
        assert warehouse["webhook_secret"] == "tok-nordlys-sixteen"

    def test_what_was_chosen_for_it_still_counts(self, migrated: Migrated) -> None:
        settings = asyncio.run(self.found(migrated, "nordlys")).settings.model_dump(mode="json")
        assert settings["go_live"] == "2020-01-01T00:00:00Z"
        switched_on = {name for name, on in settings["processes"].items() if on}
        assert switched_on == {"articles", "orders", "stock", "shipments", "returns", "purchase_orders"}
        assert settings["extra_order_fields"] == {"consigneeOrderNumber": "meta_data._innkjopsordre"}
        assert settings["returns"]["by"] == ["order", "purchase-order"]
        assert (settings["brake"]["max_count"], settings["brake"]["max_share"]) == (1, 1.0)

    def test_a_draft_stays_one(self, migrated: Migrated) -> None:
        found = asyncio.run(self.found(migrated, "utkast"))
        assert (found.status, found.warehouse.goods_owner_id) == ("draft", 78)
        assert found.settings.order_number_prefix == "U-"
        assert found.lane == f"draft:{found.id}#78", "it counts for nothing in the goods owner's lane"

    def test_its_address_is_its_account(self, migrated: Migrated) -> None:
        before = {row["id"]: row["shop_url"] for row in migrated.before["connections"]}
        query = select(connection_rows.c.id, connection_rows.c.account_key)
        assert {row.id: row.account_key for row in migrated.rows(query)} == before
        found = asyncio.run(self.found(migrated, "nordlys"))
        assert (found.account.key, found.account.base_url) == (before[found.id], before[found.id])

    def test_all_other_settings_are_what_they_were(self, migrated: Migrated) -> None:
        before = {row["id"]: row["settings"] for row in migrated.before["connections"]}
        for row in migrated.rows(select(connection_rows.c.id, connection_rows.c.settings)):
            old = before[row.id]
            kept = {key: value for key, value in old["warehouse"].items() if key != "stock_full_sweep_hours"}
            assert row.settings == {**old, "warehouse": kept}

    def test_both_have_a_setting_in_the_dump_that_nobody_has_ever_read(self, migrated: Migrated) -> None:
        assert [row["settings"]["warehouse"]["stock_full_sweep_hours"] for row in migrated.before["connections"]] in (
            [6.0, 12.0],
            [12.0, 6.0],
        )


class TestRecords:
    def test_an_order_that_was_sent_and_reported(self, migrated: Migrated) -> None:
        mapping = migrated.row(mappings, kind="order", source_id="5004")
        assert (mapping.number, mapping.wms_id, mapping.transfer, mapping.wanted) == ("5004", 50001, "sent", "present")
        assert (mapping.delivery, mapping.warehouse_status, mapping.warehouse_status_text) == ("reported", 800, "Returned")

    def test_states_of_all_of_them(self, migrated: Migrated) -> None:
        assert migrated.counted(mappings.c.transfer) == {"held": 1, "pending": 2, "refused": 1, "sent": 8, "unknown": 1}
        assert migrated.counted(mappings.c.kind) == {"article": 3, "order": 10}

    def test_why_one_is_held(self, migrated: Migrated) -> None:
        mapping = migrated.row(mappings, source_id="5009")
        assert mapping.reason == "The delivery address has no post code. Complete the address in the shop"
        told = migrated.rows(select(history.c.code).where(history.c.mapping_id == mapping.id).order_by(history.c.id))
        assert [row.code for row in told] == ["found-by-webhook", "post-code-missing"]


class TestWork:
    def test_events_of_every_state(self, migrated: Migrated) -> None:
        assert migrated.counted(inbox.c.state) == {
            "received": 1,
            "parked": 1,
            "queued": 3,
            "done": 9,
            "merged": 1,
            "ignored": 1,
            "held": 1,
            "dead": 1,
        }

    def test_jobs_of_every_state(self, migrated: Migrated) -> None:
        assert migrated.counted(jobs.c.state) == {"waiting": 1, "parked": 1, "running": 2, "held": 4, "dead": 1, "done": 7}

    def test_a_job_that_a_brake_keeps(self, migrated: Migrated) -> None:
        job = migrated.row(jobs, process="orders", source_id="5011")
        assert (job.state, job.reason_code, job.generation, job.done_generation) == ("held", "brake", 2, 1)

    def test_an_attempt_that_was_answered(self, migrated: Migrated) -> None:
        attempt = migrated.row(attempts, id=4)
        assert (attempt.call, attempt.result, attempt.status) == ("PUT /orders", "ok", 201)
        assert (
            attempt.answer
            == "{'orderId': 50001, 'message': 'The order 5004 was created.<br/>Customer Kari Nordmann was created.'}"
        )
        assert attempt.request["orderNumber"] == "5004"
        assert attempt.finished_at > attempt.started_at

    def test_calls_whose_worker_ended(self, migrated: Migrated) -> None:
        open_ = (attempts.c.finished_at.is_(None), attempts.c.job_id.is_not(None))
        begun = migrated.rows(select(attempts).where(*open_).order_by(attempts.c.id))
        assert [(attempt.id, attempt.call) for attempt in begun] == [(16, "POST shop refund"), (21, "PUT /orders")]

    def test_runs(self, migrated: Migrated) -> None:
        assert migrated.counted(run_parts.c.state) == {"done": 15, "working": 2, "braked": 1}
        dry = migrated.row(run_parts, dry_run=True)
        assert (dry.process, dry.read) == ("articles", 3)

    def test_alerts_keys_and_lanes(self, migrated: Migrated) -> None:
        assert migrated.counted(alerts.c.kind) == {"held": 1, "brake": 1, "dead-letter": 1}
        keys = {key.name: (key.rights, key.revoked_at is None) for key in migrated.rows(select(api_keys))}
        assert keys == {"test": (["admin", "read", "sync"], True), "robot": (["read", "sync"], True), "gone": (["read"], False)}
        paused = migrated.row(lanes, paused=True)
        assert (paused.key[-3:], paused.pause_reason) == ("#78", "telling")


class TestTheWayBack:
    def test_stock(self, migrated: Migrated) -> None:
        rows = migrated.rows(select(stock_levels).order_by(stock_levels.c.number))
        assert [(row.number, row.source_id, row.sellable, row.state) for row in rows] == [
            ("KOPP-1", "5002", 10.0, "waiting"),
            ("SOKK-1", "5001", 38.0, "waiting"),
            ("TELT-1", "5003", 7.0, "waiting"),
        ]

    def test_writes_of_stock_are_calls_like_any_other(self, migrated: Migrated) -> None:
        rows = migrated.rows(select(attempts).where(attempts.c.job_id.is_(None)).order_by(attempts.c.id))
        assert [(row.call, row.request, row.timeout_seconds, row.result, row.mapping_id) for row in rows] == [
            ("POST shop stock", {"5001": 40, "5002": 12}, 80.0, "ok", None),
            ("POST shop stock", {"5001": 38, "5002": 12}, 80.0, "ok", None),
            ("POST shop stock", {"5001": 37}, 80.0, "ok", None),
            ("POST shop stock", {"5001": 35, "5002": 7, "5003": 6}, 80.0, None, None),
        ]
        before = migrated.before["shop_writes"]
        assert [row.lane for row in rows] == [f"stock:{row['connection_id']}" for row in before]
        assert [(row.started_at, row.finished_at) for row in rows] == [
            (_utc(row["started_at"]), _utc(row["finished_at"])) for row in before
        ]

    def test_a_write_of_stock_whose_worker_ended(self, migrated: Migrated) -> None:
        begun = migrated.row(attempts, result=None, job_id=None)
        assert (begun.call, len(begun.request), begun.finished_at) == ("POST shop stock", 3, None)

    def test_what_the_shop_was_told(self, migrated: Migrated) -> None:
        rows = migrated.rows(select(reports).order_by(reports.c.id))
        assert [(row.kind, row.remote_id, row.done_at is not None) for row in rows] == [
            ("note", "5", True),
            ("tracking", "5", True),
            ("refund", "5005", True),
            ("refund", "5006", True),
            ("refund", None, False),
        ]

    def test_what_the_warehouse_was_told(self, migrated: Migrated) -> None:
        rows = migrated.rows(select(acknowledgements).order_by(acknowledgements.c.id))
        assert [(row.kind, row.quantity, row.acknowledged) for row in rows] == [
            ("picked", 3.0, 3.0),
            ("picked", 1.0, 1.0),
            ("returned", 1.0, 1.0),
            ("received", 1.0, 1.0),
        ]

    def test_what_is_sold_and_not_yet_taken_off(self, migrated: Migrated) -> None:
        sold = select(reservations.c.number, func.sum(reservations.c.quantity)).group_by(reservations.c.number)
        assert {row[0]: row[1] for row in migrated.rows(sold)} == {"SOKK-1": 7.0, "KOPP-1": 6.0, "TELT-1": 3.0}
