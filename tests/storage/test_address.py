"""Database URLs as Fly, Heroku, Neon, Supabase and RDS write them."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.errors import BadInput
from app.settings import Settings
from app.storage.address import Address, read
from app.storage.engine import Database


def address(url: str) -> Address:
    return read(Settings(database_url=url).sqlalchemy_url)


PLATFORMS = [
    ("postgres://gw:pw@gw-db.flycast:5432/gw?sslmode=disable", {"dsn": "postgresql:///?sslmode=disable"}),
    ("postgres://u:p@ec2-1.eu-west-1.compute.amazonaws.com:5432/d?sslmode=require", {"dsn": "postgresql:///?sslmode=require"}),
    (
        "postgresql://u:p@ep-a-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
        {"dsn": "postgresql:///?sslmode=require"},
    ),
    (
        "postgresql://u:p@h/d?options=endpoint%3Dep-cool-1&application_name=gw",
        {"server_settings": {"options": "endpoint=ep-cool-1", "application_name": "gw"}},
    ),
    (
        "postgres://u:p@x.rds.amazonaws.com/d?sslmode=verify-full&sslrootcert=/etc/rds.pem&connect_timeout=5",
        {"dsn": "postgresql:///?sslmode=verify-full&sslrootcert=%2Fetc%2Frds.pem", "timeout": 5.0},
    ),
    ("postgresql+psycopg2://u:p@h/d?ssl=true", {"dsn": "postgresql:///?sslmode=require"}),
    ("postgresql://u:p@h/d?ssl=require", {"dsn": "postgresql:///?sslmode=require"}),
    ("postgresql://u:p@h/d?schema=shop&connection_limit=5", {"server_settings": {"search_path": "shop"}}),
    ("postgresql://u:p@h/d?target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
    ("postgresql://u:p@h/d", {}),
]


@pytest.mark.parametrize(("url", "options"), PLATFORMS)
def test_what_a_platform_puts_into_the_url_reaches_the_driver_as_the_driver_takes_it(url: str, options: dict[str, Any]) -> None:
    found = address(url)
    assert found.options == options
    assert found.url.drivername == "postgresql+asyncpg"
    assert found.url.query == {}


@pytest.mark.parametrize(("mode", "by_name"), [("verify-full", True), ("verify-ca", False)])
@pytest.mark.parametrize("root", ["", "&sslrootcert=system"])
def test_a_certificate_is_checked_against_the_machines_authorities_when_none_are_named(
    mode: str, by_name: bool, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    context = address(f"postgres://u:p@h/d?sslmode={mode}{root}").options["ssl"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is by_name


def test_behind_pgbouncer_no_statement_is_kept() -> None:
    found = address("postgres://u:p@aws-0.pooler.supabase.com:6543/postgres?pgbouncer=true")
    assert found.options["statement_cache_size"] == 0
    assert found.url.query == {"prepared_statement_cache_size": "0"}
    name = found.options["prepared_statement_name_func"]
    assert name() != name()


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("postgres://u:geheim@h/d?sslmode=requir", "did you mean require?"),
        ("postgres://u:geheim@h/d?ssl_mode=require", "did you mean sslmode?"),
        ("postgres://u:geheim@h/d?colour=red", "leave it out"),
        ("postgres://u:geheim@h/d?connect_timeout=soon", "give seconds, like 10"),
        ("postgres://u:geheim@h:port/d", "give postgresql://USER:PASSWORD@HOST:5432/NAME"),
        ("mssql+pyodbc://u:geheim@h/d", "give postgresql://USER:PASSWORD@HOST:5432/NAME"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_a_secret(url: str, fix: str) -> None:
    with pytest.raises(BadInput) as refused:
        address(url)
    assert (refused.value.fix or "").startswith(fix)
    assert "geheim" not in refused.value.message + (refused.value.fix or "")


def test_where_it_leads_is_said_without_user_and_password() -> None:
    assert address("postgres://u:geheim@db.example/gw?sslmode=require").words == "PostgreSQL at db.example:5432/gw"
    assert address("sqlite:////var/lib/gw.db").words == "SQLite in /var/lib/gw.db"


@pytest.mark.parametrize(
    "parameters", ["sslmode=disable", "sslmode=prefer&channel_binding=prefer&application_name=gw", "pgbouncer=true"]
)
async def test_a_real_server_takes_them(postgresql_database: str, parameters: str) -> None:
    database = Database(f"{postgresql_database}{'&' if '?' in postgresql_database else '?'}{parameters}")
    try:
        async with database.read() as db:
            assert await db.scalar(text("select 1")) == 1
    finally:
        await database.close()
