"""Migrations bring an empty database to exactly the tables that the code speaks of, on both databases."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from app.errors import BadInput
from app.storage.engine import Database
from app.storage.migrations import OLDEST, REVISION, config, current, upgrade_async
from app.storage.tables import metadata


async def looked_at(url: str, look: Callable[[Connection], Any]) -> Any:
    database = Database(url)
    async with database.engine.connect() as db:
        found = await db.run_sync(look)
    await database.close()
    return found


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def test_the_migrated_database_is_what_the_code_speaks_of(database_url: str) -> None:
    assert await looked_at(database_url, differences) == []


async def test_every_table_and_every_index_is_there(database_url: str) -> None:
    def indexes(connection: Connection) -> set[str | None]:
        inspector = inspect(connection)
        return {index["name"] for table in inspector.get_table_names() for index in inspector.get_indexes(table)}

    tables = await looked_at(database_url, lambda connection: set(inspect(connection).get_table_names()))
    assert tables - {"alembic_version"} == set(metadata.tables)
    expected = {index.name for table in metadata.tables.values() for index in table.indexes}
    assert expected <= await looked_at(database_url, indexes)


async def test_partial_indexes_are_partial(database_url: str) -> None:
    """They keep what waits cheap to find however much is done."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'index'"
    if not database_url.startswith("sqlite"):
        query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"

    def definitions(connection: Connection) -> list[str]:
        return [row[0] for row in connection.execute(text(query)) if row[0]]

    partial = [each for each in await looked_at(database_url, definitions) if " WHERE " in each]
    for name in ("ix_jobs_claim", "ix_jobs_parked", "ix_jobs_running", "ix_inbox_ready", "ix_mappings_swept"):
        assert any(name in each for each in partial), name


async def test_the_revision_is_the_one_that_this_code_needs(database_url: str) -> None:
    database = Database(database_url)
    async with database.engine.connect() as db:
        assert await current(db) == REVISION
    await database.close()


async def test_a_database_without_our_tables_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    async with database.engine.connect() as db:
        assert await current(db) is None
    await database.close()


async def test_upgrading_twice_does_nothing_the_second_time(database_url: str) -> None:
    await upgrade_async(database_url)
    assert await looked_at(database_url, differences) == []


async def test_revisions_are_numbers_that_count_up() -> None:
    """So that "at least ours" can be told without knowing later ones."""
    versions = sorted((Path(__file__).parents[2] / "app" / "storage" / "migrations" / "versions").glob("[0-9]*.py"))
    assert [int(file.name[:4]) for file in versions] == list(range(1, len(versions) + 1))
    assert len(versions) == REVISION


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_has_a_key(table: str) -> None:
    assert list(metadata.tables[table].primary_key)


async def test_another_programs_revision_is_none_of_ours(sqlite_database: str) -> None:
    database = Database(sqlite_database)
    async with database.engine.begin() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '1b2f0c'"))
        assert await current(db) is None
    await database.close()


class TestANewerDatabase:
    """An older gateway after a rollback: its release step passes if the database says that it may run on it."""

    @pytest.fixture
    async def newer(self, database_url: str) -> AsyncIterator[Callable[[int | None], Awaitable[None]]]:
        """Makes it one of a newer gateway; `oldest` is what that wrote into it, None: a gateway that wrote nothing."""

        async def make(oldest: int | None, revision: int = REVISION + 2) -> None:
            database = Database(database_url)
            async with database.engine.begin() as db:
                await db.execute(text(f"UPDATE alembic_version SET version_num = '{revision:04d}'"))
                await db.execute(text("DELETE FROM compatibility"))
                if oldest is not None:
                    await db.execute(text(f"INSERT INTO compatibility (id, oldest) VALUES (1, {oldest})"))
            await database.close()

        yield make
        await make(OLDEST, REVISION)  # the database is used again

    async def test_it_is_left_as_it_is_when_this_version_may_run_on_it(self, database_url: str, newer: Any) -> None:
        await newer(REVISION)

        assert await upgrade_async(database_url) == REVISION + 2
        assert await looked_at(database_url, differences) == []

    @pytest.mark.parametrize("oldest", [REVISION + 1, None])
    async def test_it_is_refused_in_one_sentence_when_it_may_not(self, database_url: str, newer: Any, oldest: int | None) -> None:
        await newer(oldest)

        with pytest.raises(BadInput) as refused:
            await upgrade_async(database_url)
        words = f"the database was made by a newer gateway: it is at revision {REVISION + 2}, and this version knows {REVISION}"
        assert refused.value.message == words
        assert "docs/upgrading.md" in (refused.value.fix or "")


def test_what_is_added_since_the_oldest_gateway_that_may_run_on_it_is_only_added(tmp_path: Path) -> None:
    """A migration that takes away, or that an older gateway's inserts would break, has to raise OLDEST to its own number."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'steps.db'}"
    assert 25 <= OLDEST <= REVISION
    command.upgrade(config(url), f"{OLDEST:04d}")
    before = _columns(tmp_path / "steps.db")
    command.upgrade(config(url), "head")
    after = _columns(tmp_path / "steps.db")
    assert before.keys() <= after.keys()
    added = {name for name in after.keys() - before.keys() if name[0] in {table for table, _ in before}}
    assert {name for name in added if after[name]} == set(), "a new column needs a default, or may be empty"


def _columns(file: Path) -> dict[tuple[str, str], bool]:
    """By table and column: whether an insert must name it."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {table: list(db.execute(f"PRAGMA table_info({table})")) for table in tables}
    return {(table, row[1]): bool(row[3]) and row[4] is None for table, rows in found.items() for row in rows}
