"""The servers behind the tests: what a test is given, and what is said when PostgreSQL is not there."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

import app
from tests import services
from tests.conftest import NetworkBlocked

ROOT = Path(app.__file__).parent.parent

# A test run on a machine that has no PostgreSQL server, as far as the tests can see.
WITHOUT_POSTGRES = """
import sys
import pytest
from tests import services
services.postgres_programs = lambda: None
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""

ROW = "INSERT INTO alerts (kind, subject, text, count, first_at, last_at) VALUES ('held', gen_random_uuid(), '', 1, now(), now())"


class TestDatabase:
    @pytest.mark.parametrize("round_number", [1, 2])
    async def test_every_test_gets_a_migrated_empty_database(self, database_url: str, round_number: int) -> None:
        """Twice, so that the second would see what the first left."""
        engine = create_async_engine(database_url)
        async with engine.begin() as connection:
            assert "alembic_version" in await connection.run_sync(lambda plain: inspect(plain).get_table_names())
            await connection.execute(text("CREATE TABLE left_behind (n INTEGER)"))
        await engine.dispose()

    async def test_the_postgresql_server_lives_in_another_zone(self, postgres_url: str) -> None:
        """So that whoever relies on the server's zone being UTC is found out."""
        engine = create_async_engine(postgres_url)
        async with engine.connect() as connection:
            zone = (await connection.execute(text("SHOW timezone"))).scalar_one()
        await engine.dispose()
        assert zone == "Europe/Oslo" or os.environ.get(services.URL_VARIABLE)


class TestGivenBack:
    async def test_one_that_is_used_again_is_empty_and_counts_from_1(self, postgres_databases: services.Databases) -> None:
        async def a_row(url: str) -> tuple[int, int]:
            engine = create_async_engine(url)
            async with engine.begin() as connection:
                await connection.execute(text(ROW))
                found = (await connection.execute(text("SELECT count(*), max(id) FROM alerts"))).one()
            await engine.dispose()
            return found[0], found[1]

        first = postgres_databases.take()
        assert await a_row(first) == (1, 1)
        assert await a_row(first) == (2, 2)
        postgres_databases.give_back(first)
        again = postgres_databases.take()
        assert again == first
        assert await a_row(again) == (1, 1)
        postgres_databases.give_back(again)


class TestWithoutPostgres:
    def run_here(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_TEST_")}
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_POSTGRES, "tests/test_services.py", "-k", "TestDatabase", "-n0", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=kept | environment,
        )

    def test_its_half_is_left_out_and_that_is_said_loudly(self) -> None:
        run = self.run_here()
        assert run.returncode == 0, run.stdout + run.stderr
        assert "NOT TESTED ON POSTGRESQL" in run.stdout
        assert "4 tests against PostgreSQL were left out: this machine has no PostgreSQL server." in run.stdout
        assert "apt-get install postgresql" in run.stdout
        assert "2 passed" in run.stdout

    def test_the_run_fails_when_it_is_required(self) -> None:
        run = self.run_here(GATEWAY_TEST_REQUIRE_POSTGRES="1")
        assert run.returncode == 4
        assert "GATEWAY_TEST_REQUIRE_POSTGRES is set, but there is no PostgreSQL server here" in run.stderr


class TestValkey:
    @pytest.mark.parametrize("round_number", [1, 2])
    async def test_every_test_gets_an_empty_one(self, redis_url: str, round_number: int) -> None:
        async with Redis.from_url(redis_url) as client:
            assert await client.dbsize() == 0
            await client.set("left", "behind")


class TestNetwork:
    def test_another_machine_is_not_reached(self) -> None:
        with pytest.raises(NetworkBlocked):
            socket.create_connection(("192.0.2.1", 80))

    async def test_nor_from_async_code(self) -> None:
        with pytest.raises(NetworkBlocked):
            await asyncio.open_connection("192.0.2.1", 80)

    def test_names_are_not_looked_up(self) -> None:
        with pytest.raises(NetworkBlocked, match=r"look up 'shop\.example'"):
            socket.getaddrinfo("shop.example", 443)

    def test_addresses_and_localhost_are(self) -> None:
        assert socket.getaddrinfo("192.0.2.1", 443)
        assert socket.getaddrinfo("localhost", 443)
