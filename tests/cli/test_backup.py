"""`gateway backup` and `restore`: the embedded default in one file, and back."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from app.storage.migrations import REVISION
from tests.cli.gateway_command import as_json, gateway


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gateway with one API key, stopped."""
    monkeypatch.chdir(tmp_path)
    for name in ("REDIS_URL", "DATABASE_URL", "GATEWAY_DATABASE_URL", "GATEWAY_SECRET_KEYS", "GATEWAY_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(folder))
    assert gateway("migrate").exit_code == 0
    (folder / "secret.key").write_text("the secret key")
    _write(folder, "INSERT INTO runs (id, trigger, target, options, created_at) VALUES ('run_1', 'api', 'x', '{}', '2026-11-30')")
    return folder


def _write(folder: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "gateway.db")) as db:
        db.execute(statement)
        db.commit()


def _runs(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "gateway.db")) as db:
        return [row[0] for row in db.execute("SELECT id FROM runs ORDER BY id")]


def _describe(file: Path, **values: object) -> None:
    """Writes other values into a backup's description."""
    with tarfile.open(file, "r:gz") as archive:
        content = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    content["backup.json"] = json.dumps({**json.loads(content["backup.json"]), **values}).encode()
    folder = file.parent / "content"
    folder.mkdir()
    with tarfile.open(file, "w:gz") as archive:
        for name, body in content.items():
            (folder / name).write_bytes(body)
            archive.add(folder / name, name)


def test_what_was_there_comes_back_and_what_is_there_is_kept(data: Path, tmp_path: Path) -> None:
    made = gateway("backup", "b.tar.gz")
    assert made.exit_code == 0
    assert f"gateway.db, secret.key (revision {REVISION}" in made.stdout
    assert "0 connections, 0 records and 0 events" in made.stdout
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600
    _write(data, "DELETE FROM runs")
    (data / "secret.key").write_text("another key")

    done = gateway("restore", "b.tar.gz", "--yes")

    assert done.exit_code == 0, done.stderr
    assert _runs(data) == ["run_1"]
    assert (data / "secret.key").read_text() == "the secret key"
    assert stat.S_IMODE((data / "gateway.db").stat().st_mode) == 0o600
    kept = sorted(each.name.partition(".before-")[0] for each in data.glob("*.before-*"))
    assert kept == ["gateway.db", "secret.key"]
    assert gateway("migrate").exit_code == 0


def test_it_is_one_moments_while_the_gateway_writes(data: Path) -> None:
    with contextlib.closing(sqlite3.connect(data / "gateway.db", isolation_level=None)) as db:
        assert db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
        db.execute("UPDATE runs SET target = 'committed'")
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO runs SELECT 'run_2', trigger, 'open', options, NULL, NULL, created_at, NULL FROM runs")
        assert as_json(gateway("backup", "b.tar.gz", "--json"))["revision"] == REVISION
        db.execute("COMMIT")
    assert gateway("restore", "b.tar.gz", "--yes").exit_code == 0
    with contextlib.closing(sqlite3.connect(data / "gateway.db")) as db:
        assert list(db.execute("SELECT id, target FROM runs")) == [("run_1", "committed")]


def test_a_gateway_that_runs_is_not_replaced(data: Path) -> None:
    gateway("backup", "b.tar.gz")
    with contextlib.closing(sqlite3.connect(data / "gateway.db", isolation_level=None)) as running:
        running.execute("PRAGMA journal_mode=WAL")
        running.execute("SELECT id FROM runs").fetchall()
        refused = gateway("restore", "b.tar.gz", "--yes")
    assert refused.exit_code == 1
    assert f"a gateway is running on {data / 'gateway.db'}" in refused.stderr
    assert not list(data.glob("*.before-*"))


def test_a_backup_of_a_newer_gateway_is_refused_in_one_sentence_unless_this_one_can_run_on_it(data: Path, tmp_path: Path) -> None:
    gateway("backup", "b.tar.gz")
    _describe(tmp_path / "b.tar.gz", revision=REVISION + 2, oldest=REVISION + 1)
    refused = gateway("restore", "b.tar.gz", "--yes")
    assert refused.exit_code == 1
    newer = f"the database was made by a newer gateway: it is at revision {REVISION + 2}, and this version knows {REVISION}"
    assert newer in refused.stderr
    assert not list(data.glob("*.before-*"))


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_what_is_no_backup_changes_nothing(data: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar.gz").write_bytes(content)
    refused = gateway("restore", "b.tar.gz", "--yes")
    assert (refused.exit_code, _runs(data)) == (1, ["run_1"])
    assert "is no backup of a gateway, or not a whole one" in refused.stderr


def test_a_damaged_one_is_named_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    gateway("backup", "b.tar.gz")
    _describe(tmp_path / "b.tar.gz", sha256={"gateway.db": "0" * 64, "secret.key": "0" * 64})
    refused = gateway("restore", "b.tar.gz", "--yes")
    assert (refused.exit_code, _runs(data)) == (1, ["run_1"])
    assert "is damaged: gateway.db, secret.key" in refused.stderr


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("mine")
    refused = gateway("backup", "b.tar.gz")
    assert (refused.exit_code, (tmp_path / "b.tar.gz").read_text()) == (1, "mine")
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".gateway-backup")] == []


def test_postgresql_has_its_own_way() -> None:
    refused = gateway("backup", environment={"DATABASE_URL": "postgres://u:geheim@127.0.0.1/gw"})
    assert refused.exit_code == 1
    assert "the database is PostgreSQL at 127.0.0.1:5432/gw, and this backs up SQLite" in refused.stderr
    assert "geheim" not in refused.stderr
