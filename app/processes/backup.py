"""A backup of the embedded default, SQLite and the keys in the data directory, in one file; and the way back.

The database is copied by SQLite's own online backup: it is one moment's, whoever writes meanwhile. Redis needs none: SQL holds
everything.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from app import __version__
from app.errors import BadInput
from app.settings import KEY_FILE, Settings
from app.storage import address, migrations

DESCRIPTION, DATABASE = "backup.json", "gateway.db"
KEYS = ("secret.key", KEY_FILE)
"""Of the data directory: what opens the stored credentials, and the admin's API key."""
FORMAT = 1
LARGEST_DESCRIPTION = 100_000
OWNERS_ONLY = 0o600
NO_BACKUP = "name a file that `gateway backup` has made"


@dataclass(frozen=True)
class Backup:
    """What is in it. `made_at`: UTC. `revision`, `oldest`: of the database, as migrations have them. `sha256`: of each file."""

    version: str
    revision: int
    oldest: int
    made_at: datetime
    counts: dict[str, int]
    sha256: dict[str, str]

    @property
    def files(self) -> list[str]:
        return sorted(self.sha256)

    def plain(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": self.version,
            "revision": self.revision,
            "oldest": self.oldest,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "counts": self.counts,
            "sha256": self.sha256,
        }


# --- making one -----------------------------------------------------------------------------------------------------------


def make(settings: Settings, target: Path, now: datetime) -> Backup:
    """Raises BadInput where there is nothing to back up, for PostgreSQL, and for a file that is there already."""
    file = _database_file(settings)
    if not file.exists():
        raise BadInput(f"there is no database at {file}", field="GATEWAY_DATA_DIRECTORY", fix="name the gateway's data directory")
    with _folder_beside(target) as folder:
        copy = folder / DATABASE
        revision, oldest, counts = _copied(file, copy)
        parts = {DATABASE: copy, **{name: path for name in KEYS if (path := settings.data_directory / name).exists()}}
        sums = {name: _sha256(path) for name, path in parts.items()}
        made = Backup(__version__, revision, oldest, now, counts, sums)
        finished = folder / "backup.tar.gz"
        with tarfile.open(finished, "w:gz", compresslevel=3) as archive:
            _add(archive, DESCRIPTION, io.BytesIO(orjson.dumps(made.plain(), option=orjson.OPT_INDENT_2)), now)
            for name, path in parts.items():
                with path.open("rb") as opened:
                    _add(archive, name, opened, now)
        finished.chmod(OWNERS_ONLY)
        try:
            os.link(finished, target)  # it appears whole, or not at all, and over no other file
        except FileExistsError as error:
            raise BadInput(f"{target} is there already", fix="give another name") from error
        except OSError as error:
            raise BadInput(f"{target} cannot be written: {error.strerror}", fix="give another place") from error
    return made


def _database_file(settings: Settings) -> Path:
    found = address.read(settings.sqlalchemy_url)
    if found.file is None:
        words = f"the database is {found.words}, and this backs up SQLite"
        raise BadInput(words, field="DATABASE_URL", fix="use pg_dump, and keep GATEWAY_SECRET_KEYS (docs/backup.md)")
    return found.file


@contextlib.contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A folder for its owner alone, on the same disk."""
    try:
        made = tempfile.mkdtemp(prefix=".gateway-backup-", dir=target.absolute().parent)
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror}", fix="give another place") from error
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _copied(file: Path, copy: Path) -> tuple[int, int, dict[str, int]]:
    """Copies the database. Returns its revision, the oldest gateway that may run on it, and how many rows the copy has."""
    source = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    with contextlib.closing(source) as db, contextlib.closing(sqlite3.connect(copy)) as made:
        db.backup(made)
        made.execute("PRAGMA journal_mode=DELETE")  # one file, whatever the copied one needs
        found = made.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise BadInput(f"the copy of the database is damaged: {found}", fix="look at the disk, then try again")
        try:
            revision = int(made.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            counts = {name: _count(made, name) for name in ("connections", "mappings", "inbox")}
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise BadInput(f"{file} is no gateway's database", field="DATABASE_URL", fix="name the gateway's own") from error
        return revision, _oldest(made, revision), counts


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # a name of ours


def _oldest(db: sqlite3.Connection, revision: int) -> int:
    try:
        return int(db.execute("SELECT oldest FROM compatibility").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return revision


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: Any, now: datetime) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, os.SEEK_END)
    content.seek(0)
    entry.mode, entry.mtime = OWNERS_ONLY, int(now.timestamp())
    archive.addfile(entry, content)


# --- the way back ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restored:
    """`kept`: where the database that was there lies now; None when there was none."""

    backup: Backup
    kept: Path | None


def restore(settings: Settings, source: Path, now: datetime) -> Restored:
    """Puts database and keys of a backup where this gateway has them. What was there is kept beside them.

    Raises BadInput while a gateway runs on the database, for a backup that is damaged or of a newer gateway, and for PostgreSQL.
    """
    file = _database_file(settings)
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _folder_beside(file) as folder:
        found = _unpacked(source, folder)
        migrations.is_newer(str(found.revision), found.oldest)  # raises
        refuse_running(file)
        stamp = f"{now:%Y%m%d-%H%M%S}"
        kept = _put_aside(file, stamp)
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        for name in found.files:
            target = file if name == DATABASE else settings.data_directory / name
            if name != DATABASE and target.exists() and _sha256(target) != found.sha256[name]:
                _put_aside(target, stamp)
            os.replace(folder / name, target)
    return Restored(found, kept)


def _put_aside(file: Path, stamp: str) -> Path | None:
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.before-{stamp}")
    os.replace(file, kept)
    return kept


def _unpacked(source: Path, folder: Path) -> Backup:
    """Unpacks what the description names, and nothing else. Raises BadInput for anything but a whole backup of ours."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            described = orjson.loads(_member(archive, DESCRIPTION).read(LARGEST_DESCRIPTION))
            found = _described(described)
            for name in found.files:
                with (folder / name).open("wb") as made:
                    shutil.copyfileobj(_member(archive, name), made)
                (folder / name).chmod(OWNERS_ONLY)
    except FileNotFoundError as error:
        raise BadInput(f"there is no file {source}", fix=NO_BACKUP) from error
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{source} is no backup of a gateway, or not a whole one", fix=NO_BACKUP) from error
    damaged = [name for name in found.files if _sha256(folder / name) != found.sha256[name]]
    if damaged:
        raise BadInput(f"{source} is damaged: {', '.join(damaged)}", fix="use another backup")
    return found


def _member(archive: tarfile.TarFile, name: str) -> Any:
    opened = archive.extractfile(name)
    if opened is None:
        raise ValueError(f"{name} is no file")
    return opened


def _described(given: dict[str, Any]) -> Backup:
    if given["format"] != FORMAT or DATABASE not in given["sha256"] or set(given["sha256"]) - {DATABASE, *KEYS}:
        raise ValueError("not a format of ours")
    made_at = datetime.fromisoformat(given["made_at"])
    return Backup(given["version"], int(given["revision"]), int(given["oldest"]), made_at, given["counts"], given["sha256"])


def refuse_running(file: Path) -> None:
    """Raises BadInput while any process has the database open: SQLite leaves its log (WAL) behind only when it is alone."""
    if not file.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=1)) as db:
            db.execute("PRAGMA journal_mode=DELETE").fetchone()
            db.execute("BEGIN EXCLUSIVE")
            db.rollback()
    except sqlite3.OperationalError as error:
        raise BadInput(
            f"a gateway is running on {file}", fix="stop it first: `gateway up`, `serve` and every `worker`"
        ) from error
    except sqlite3.DatabaseError:
        return  # what lies there is no database any more: nobody works on it
