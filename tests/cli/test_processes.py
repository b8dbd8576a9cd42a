"""`serve`, `worker`, `migrate`: what they need before they start, and what they say."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.commands.kit.terminal import EXIT_CODES
from tests.cli.gateway_command import as_json, gateway
from tests.services import free_port


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command sets up logging for its process, on a standard error that ends with the command."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = before


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("REDIS_URL", "GATEWAY_REDIS_URL", "DATABASE_URL", "GATEWAY_DATABASE_URL", "GATEWAY_QUEUE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path / "data"))


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_a_queue_the_way_out_is_named(command: str) -> None:
    result = gateway(command)
    assert result.exit_code == 2
    assert "REDIS_URL is not set" in result.stderr
    assert "gateway up" in result.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "up"])
def test_settings_that_contradict_one_another_are_refused(command: str) -> None:
    result = gateway(command, environment={"REDIS_URL": "redis://127.0.0.1:1", "GATEWAY_LEASE_SECONDS": "20"})
    assert result.exit_code == 1
    assert "GATEWAY_LEASE_SECONDS must be longer than a call's time-out" in result.stderr


def test_migrate_makes_the_database_and_may_be_repeated(tmp_path: Path) -> None:
    assert "The database is at revision" in gateway("migrate").stdout
    assert (tmp_path / "data" / "gateway.db").exists()
    assert as_json(gateway("migrate", "--json"))["revision"] >= 1


def test_database_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    gateway("migrate")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "gateway.db").stat().st_mode) == 0o600


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    gateway("migrate")
    (tmp_path / "data" / "gateway.db").chmod(0o644)
    gateway("migrate")
    assert stat.S_IMODE((tmp_path / "data" / "gateway.db").stat().st_mode) == 0o600


def test_whatever_an_earlier_start_has_left_is_closed_to_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "appendonlydir").mkdir(parents=True)
    ours = ["secret.key", "admin.key", "valkey.log", "serve.log", "gateway.db-wal", "appendonlydir/appendonly.aof.1.incr.aof"]
    for name in (*ours, "notes.txt"):
        (data / name).touch()
        (data / name).chmod(0o664)
    (tmp_path / "elsewhere").touch()
    (tmp_path / "elsewhere").chmod(0o644)
    (data / "linked.log").symlink_to(tmp_path / "elsewhere")
    for folder in (data, data / "appendonlydir"):
        folder.chmod(0o755)
    gateway("migrate")
    assert [stat.S_IMODE((data / name).stat().st_mode) for name in ours if (data / name).exists()] == [0o600] * 5
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (data, data / "appendonlydir")] == [0o700, 0o700]
    assert stat.S_IMODE((data / "notes.txt").stat().st_mode) == 0o664, "not the gateway's"
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o644, "not the gateway's either"


def test_what_the_command_writes_is_for_its_user_only(tmp_path: Path) -> None:
    script = "import os; from app import cli; cli.app = lambda **_: open('made', 'w').close() or os.mkdir('folder'); cli.main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, umask=0o022, check=True)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


def test_the_database_of_a_newer_gateway_is_refused_with_the_way_back(tmp_path: Path) -> None:
    gateway("migrate")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "gateway.db")) as db:
        db.execute("update alembic_version set version_num = '0909'")
        db.execute("update compatibility set oldest = 909")
        db.commit()
    assert "made by a newer gateway: it is at revision 909" in gateway("doctor").stdout
    for command in ("migrate", "up"):
        result = gateway(command, environment={"GATEWAY_PORT": str(free_port())})
        assert result.exit_code == 1
        assert "made by a newer gateway: it is at revision 909" in result.stderr
        assert "restore the backup" in result.stderr


def test_the_release_step_of_a_rollback_passes_when_the_newer_database_lets_this_version_run(tmp_path: Path) -> None:
    gateway("migrate")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "gateway.db")) as db:
        db.execute("update alembic_version set version_num = '0909'")
        db.commit()
    result = gateway("migrate")
    assert result.exit_code == 0
    assert "at revision 909, of a newer gateway." in result.stdout
    assert "can run on it. Nothing was changed." in result.stdout


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    gateway("migrate")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "gateway.db")) as db:
        db.execute("update alembic_version set version_num = '1b2f0'")
        db.commit()
    assert "belongs to another program: its revision is 1b2f0" in gateway("migrate").stderr


FAULTS = [
    ("migrate", {"GATEWAY_DATA_DIRECTORY": "file"}, "/file is no directory", "GATEWAY_DATA_DIRECTORY"),
    ("migrate", {"GATEWAY_DATA_DIRECTORY": "/proc/x"}, "/proc/x cannot be made", "GATEWAY_DATA_DIRECTORY"),
    ("migrate", {"DATABASE_URL": "mysql://gw:geheim@db/shop"}, "begins with mysql://", "postgresql://"),
    ("migrate", {"DATABASE_URL": "geheim"}, "is no database's address", "postgresql://"),
    ("migrate", {"DATABASE_URL": "postgres://gw:geheim@127.0.0.1:1/gw?sslmode=require"}, "127.0.0.1:1/gw cannot", "runs"),
    ("migrate", {"DATABASE_URL": "postgres://gw:geheim@db/gw?sslmod=require"}, "does not know: sslmod", "sslmode"),
    ("migrate", {"DATABASE_URL": "sqlite:////nowhere/gw.db"}, "/nowhere/gw.db cannot be used", "DATABASE_URL"),
    ("keys list", {"DATABASE_URL": "postgres://gw:geheim@127.0.0.1:1/gw"}, "nobody listens there", "DATABASE_URL"),
    ("migrate", {"GATEWAY_PORT": "abc"}, "GATEWAY_PORT: 'abc' is not a whole number", "like 8080"),
    ("migrate", {"GATEWAY_PORT": "80800"}, "GATEWAY_PORT: ", "Port that the API listens on"),
    ("migrate", {"GATEWAY_SMTP_TLS": "geheim?"}, "GATEWAY_SMTP_TLS: 'geheim?' is not true or false", "like true"),
    ("up", {"GATEWAY_SECRET_KEYS": "geheim"}, "GATEWAY_SECRET_KEYS", "gateway keys secret"),
    ("up", {"REDIS_URL": "geheim"}, "REDIS_URL is no address of a Redis", "redis://"),
    ("serve", {"REDIS_URL": "redis://127.0.0.1:1", "GATEWAY_HOST": "192.0.2.1"}, "192.0.2.1 is no address", "GATEWAY_HOST"),
]


@pytest.mark.parametrize(("command", "environment", "said", "fix"), FAULTS)
def test_what_an_operator_gets_wrong_is_one_sentence_with_the_fix(
    command: str, environment: dict[str, str], said: str, fix: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = gateway(*command.split(), environment={"GATEWAY_PORT": str(free_port()), **environment})
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    error, remedy = result.stderr.splitlines()
    assert error.startswith("Error: ")
    assert said in error
    assert remedy.startswith("Fix: ")
    assert fix in remedy
    if "geheim?" not in environment.values():
        assert "geheim" not in result.stderr


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_taken_port_is_named_with_its_setting(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.close()
        with socket.create_server(("127.0.0.1", port)):
            result = gateway(command, environment={"GATEWAY_PORT": str(port), "REDIS_URL": "redis://127.0.0.1:1"})
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in result.stderr
    assert f"GATEWAY_PORT={port + 1}" in result.stderr
    assert not (tmp_path / "data").exists(), "nothing was made for a gateway that does not start"


def test_a_variable_that_means_nothing_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GATEWAY_DATA_DIR=elsewhere\n")
    result = gateway("migrate", environment={"GATEWAY_PROT": "8", "GATEWAY_URL": "http://a", "GATEWAY_API_KEY": "k"})
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Warning: GATEWAY_DATA_DIR is no setting of the gateway: did you mean GATEWAY_DATA_DIRECTORY?",
        "Warning: GATEWAY_PROT is no setting of the gateway: did you mean GATEWAY_PORT?",
    ]


def test_help_lists_the_exit_codes() -> None:
    shown = " ".join(gateway("--help").stdout.split())
    assert " ".join(EXIT_CODES.split()) in shown


def test_an_unknown_command_is_wrong_usage() -> None:
    assert gateway("synk").exit_code == 2
