"""`gateway keys …` on the gateway's own database."""

from __future__ import annotations

import asyncio
import getpass
import platform
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from app.processes.supervisor import ensure_admin_key
from app.storage.engine import Database
from app.storage.side_tables import audit
from tests.cli.gateway_command import as_json, gateway


@pytest.fixture(autouse=True)
def _own_gateway(sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", sqlite_database)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def test_a_new_key_is_printed_alone_on_standard_output() -> None:
    result = gateway("keys", "create", "ci", "--right", "sync")
    assert result.exit_code == 0
    assert result.stdout.strip().startswith("gw_")
    assert "shown this once" in result.stderr


def test_keys_are_listed_with_the_rights_that_theirs_imply_and_never_themselves() -> None:
    made = as_json(gateway("keys", "create", "ci", "--right", "sync", "--json"))
    (row,) = as_json(gateway("keys", "list", "--json"))["items"]
    assert (row["id"], row["name"], row["rights"], row["connections"]) == (made["id"], "ci", ["read", "sync"], None)
    assert made["key"] not in gateway("keys", "list").stdout


def test_without_a_right_a_key_may_read() -> None:
    gateway("keys", "create", "looker")
    assert as_json(gateway("keys", "list", "--json"))["items"][0]["rights"] == ["read"]


def test_a_revoked_key_is_shown_as_such_and_cannot_be_revoked_twice() -> None:
    made = as_json(gateway("keys", "create", "ci", "--json"))
    assert gateway("keys", "revoke", made["id"]).exit_code == 0
    assert as_json(gateway("keys", "list", "--json"))["items"][0]["revoked_at"] is not None
    again = gateway("keys", "revoke", made["id"])
    assert again.exit_code == 1
    assert "there is no key" in again.stderr


def test_a_key_for_a_connection_that_is_not_there_is_refused() -> None:
    result = gateway("keys", "create", "ci", "--connection", "nettbutikk")
    assert result.exit_code == 1
    assert "there is no connection 'nettbutikk'" in result.stderr


def test_an_unknown_right_is_wrong_usage() -> None:
    assert gateway("keys", "create", "ci", "--right", "everything").exit_code == 2


def test_a_database_without_tables_is_named_with_the_fix(tmp_path: Path) -> None:
    result = gateway("keys", "list", environment={"GATEWAY_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"})
    assert result.exit_code == 1
    assert "gateway migrate" in result.stderr


def test_a_secret_key_is_one_that_encrypts() -> None:
    key = gateway("keys", "secret").stdout.strip()
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x"


def test_a_key_may_expire_and_be_limited_to_addresses() -> None:
    limits = ("--expires", "2099-06-30", "--address", "10.0.0.0/8", "--address", "203.0.113.7")
    assert gateway("keys", "create", "office", *limits).exit_code == 0
    (row,) = as_json(gateway("keys", "list", "--json"))["items"]
    assert (row["expires_at"], row["addresses"]) == ("2099-06-30T00:00:00+00:00", ["10.0.0.0/8", "203.0.113.7/32"])


def test_a_number_of_days_is_counted_from_now() -> None:
    gateway("keys", "create", "guest", "--expires", "90d")
    (row,) = as_json(gateway("keys", "list", "--json"))["items"]
    made, ends = (datetime.fromisoformat(row[name]) for name in ("created_at", "expires_at"))
    assert ends - made == timedelta(days=90)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--expires", "soon"), 2, "'soon' is no moment"),
        (("--expires", "999999999d"), 2, "'999999999d' is no moment"),
        (("--expires", "2020-01-01"), 1, "2020-01-01T00:00:00+00:00 is over"),
        (("--address", "10.0.0.1/8"), 1, "'10.0.0.1/8' is no address and no range of addresses"),
    ],
)
def test_odd_limits_are_refused_and_no_key_is_made(options: tuple[str, ...], code: int, said: str) -> None:
    result = gateway("keys", "create", "office", *options)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert as_json(gateway("keys", "list", "--json"))["items"] == []


async def _audit(database_url: str) -> list[Any]:
    database = Database(database_url)
    async with database.read() as db:
        rows = list(await db.execute(select(audit).order_by(audit.c.id)))
    await database.close()
    return rows


def test_what_these_commands_change_is_kept_with_the_user_of_the_machine(sqlite_database: str) -> None:
    made = as_json(gateway("keys", "create", "ci", "--json"))
    gateway("keys", "list")
    gateway("keys", "revoke", made["id"])
    created, revoked = asyncio.run(_audit(sqlite_database))
    user = f"{getpass.getuser()}@{platform.node()}"
    for row, command in ((created, "gateway keys create"), (revoked, "gateway keys revoke")):
        assert (row.way, row.route, row.actor, row.key_id, row.address) == ("cli", command, user, None, None)
        assert row.subject == f"key {made['id']}"
    assert created.changes[0] == {"path": "name", "old": None, "new": "ci", "is_secret": False}
    assert [change["path"] for change in revoked.changes] == ["revoked_at"]
    assert made["key"] not in str([created, revoked])


async def test_the_first_key_of_all_is_kept_as_the_start_that_made_it(sqlite_database: str, tmp_path: Path) -> None:
    secret, is_new = await ensure_admin_key(sqlite_database, tmp_path)
    assert is_new
    (row,) = await _audit(sqlite_database)
    assert (row.way, row.route) == ("cli", "gateway up")
    assert str(secret) not in str(row)
