"""`serve`, `worker`, `migrate`: what they need before they start, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.kit.terminal import EXIT_CODES
from tests.cli.gateway_command import as_json, gateway


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


def test_help_lists_the_exit_codes() -> None:
    shown = " ".join(gateway("--help").stdout.split())
    assert " ".join(EXIT_CODES.split()) in shown


def test_an_unknown_command_is_wrong_usage() -> None:
    assert gateway("synk").exit_code == 2
