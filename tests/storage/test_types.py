"""Columns mean the same on PostgreSQL and on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import StatementError

from app.storage.engine import Database
from app.storage.side_tables import leases
from app.storage.tables import alerts, budgets, connections, mappings, runs
from app.storage.types import db_now, dumps, loads
from app.storage.upserts import insert_missing

MOMENT = datetime(2026, 11, 21, 10, 30, 15, 123456, UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


async def kept(database: Database, **values: Any) -> Any:
    """A budget row as it comes back."""
    row = {"key": "k", "failures": 0, "pauses": 0, "updated_at": MOMENT, **values}
    async with database.begin() as db:
        await db.execute(insert(budgets).values(**row))
    async with database.read() as db:
        return (await db.execute(select(budgets))).one()


class TestTimes:
    async def test_a_moment_comes_back_as_it_was_in_utc(self, database: Database) -> None:
        oslo = MOMENT.astimezone(timezone(timedelta(hours=1)))
        row = await kept(database, blocked_until=oslo)
        assert (row.blocked_until, row.blocked_until.tzinfo) == (MOMENT, UTC)

    async def test_a_time_without_a_zone_is_an_error(self, database: Database) -> None:
        with pytest.raises(StatementError, match="without zone"):
            await kept(database, blocked_until=MOMENT.replace(tzinfo=None))

    async def test_the_databases_clock_is_utc_and_compares_with_what_is_stored(self, database: Database) -> None:
        before = datetime.now(UTC) - timedelta(seconds=5)
        async with database.begin() as db:
            await db.execute(insert(leases).values(key="k", fence=1, until=db_now(60)))
        async with database.read() as db:
            row = (await db.execute(select(leases.c.until, db_now().label("now")))).one()
            ahead = await db.scalar(select(leases.c.until > db_now()))
            far = await db.scalar(select(leases.c.until > db_now(61)))
        assert before < row.now < datetime.now(UTC) + timedelta(seconds=5)
        assert timedelta(seconds=58) < row.until - row.now <= timedelta(seconds=60.01)
        assert (ahead, far) == (1, 0)

    async def test_the_past_is_told_too(self, database: Database) -> None:
        async with database.begin() as db:
            await db.execute(insert(leases).values(key="k", fence=1, until=db_now(-1)))
            expired = update(leases).where(leases.c.until < db_now()).values(fence=2)
            assert (await db.execute(expired)).rowcount == 1


class TestText:
    async def test_a_line_is_cut_to_its_column_in_values_and_in_comparisons(self, database: Database) -> None:

        async with database.begin() as db:
            common = {"created_at": MOMENT, "updated_at": MOMENT}
            shop = {
                "account_key": "",
                "warehouse_url": "",
                "goods_owner_id": 1,
                "lane": "l",
                "settings": {},
                "settings_version": 1,
            }
            await db.execute(
                insert(connections).values(
                    id="c", name="c", integration="x", webhook_id="w", status="active", secrets=b"", **shop, **common
                )
            )
            row = {"connection_id": "c", "kind": "order", "source_id": "1", "lane": "l", "wanted": "present", "transfer": "none"}
            await db.execute(insert(mappings).values(source_number="9\x009" * 100, **row, **common))
            found = await db.scalar(select(mappings.c.source_number).where(mappings.c.source_number == "9\x009" * 200))
        assert found == "99" * 60

    async def test_words_of_any_length_lose_only_what_postgresql_does_not_take(self, database: Database) -> None:
        row = await kept(database, last_error="a\x00b" * 5000)
        assert row.last_error == "ab" * 5000


class TestJson:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ({"a": [1, 2.5, None, True], "æ": "ø"}, {"a": [1, 2.5, None, True], "æ": "ø"}),
            ({"a": "x\x00y"}, {"a": "xy"}),
            ({"a": "\\u0000"}, {"a": "\\u0000"}),
            ({"a": "\\\x00"}, {"a": "\\"}),
            ({1: "a number for a key"}, {"1": "a number for a key"}),
            ({"a\x00": 1}, {"a": 1}),
        ],
    )
    async def test_what_goes_in_comes_out(self, database: Database, value: Any, shown: Any) -> None:
        async with database.begin() as db:
            await db.execute(insert(runs).values(id="r", trigger="api", target="t", options=value, created_at=MOMENT))
        async with database.read() as db:
            assert await db.scalar(select(runs.c.options)) == shown

    def test_json_is_written_without_blanks(self) -> None:
        assert dumps({"a": [1, 2]}) == '{"a":[1,2]}'
        assert loads(dumps({"a": "ø"})) == {"a": "ø"}


class TestInsertMissing:
    async def test_only_the_first_of_two_is_inserted_and_the_other_is_no_error(self, database: Database) -> None:
        async with database.begin() as db:
            first = await insert_missing(db, budgets, key="k", failures=1, pauses=0, updated_at=MOMENT)
            second = await insert_missing(db, budgets, key="k", failures=2, pauses=0, updated_at=MOMENT)
            assert (first, second) == (True, False)
            assert await db.scalar(select(budgets.c.failures)) == 1

    async def test_the_transaction_around_it_goes_on(self, database: Database) -> None:
        async with database.begin() as db:
            for _ in range(2):
                await insert_missing(db, budgets, key="k", failures=1, pauses=0, updated_at=MOMENT)
            await db.execute(insert(budgets).values(key="l", failures=0, pauses=0, updated_at=MOMENT))
        async with database.read() as db:
            assert {row.key for row in await db.execute(select(budgets.c.key))} == {"k", "l"}


class TestTransactions:
    async def test_what_raises_leaves_nothing_behind(self, database: Database) -> None:
        async def write() -> None:
            async with database.begin() as db:
                await db.execute(insert(budgets).values(key="k", failures=0, pauses=0, updated_at=MOMENT))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await write()
        async with database.read() as db:
            assert list(await db.execute(select(budgets))) == []

    async def test_reading_does_not_wait_for_whoever_writes(self, database: Database) -> None:
        async with database.begin() as writing:
            await writing.execute(insert(budgets).values(key="k", failures=0, pauses=0, updated_at=MOMENT))
            async with database.read() as reading:
                assert list(await reading.execute(select(alerts))) == []

    async def test_sqlite_is_on_the_disk_when_a_commit_returns(self, sqlite_database: str) -> None:
        database = Database(sqlite_database)
        async with database.read() as db:
            assert await db.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await db.scalar(text("PRAGMA synchronous")) == 2
            assert await db.scalar(text("PRAGMA foreign_keys")) == 1
        await database.close()
