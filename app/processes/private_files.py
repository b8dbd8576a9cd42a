"""What the gateway writes is for its own user: the data directory, the database, the keys, the queue and its logs."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Every command sets the rights of what it writes. Only some have files to look at, and need more for it.
if TYPE_CHECKING:
    from app.settings import Settings

OTHERS = 0o077
"""The rights of the group and of everybody else."""
OURS = ("gateway.db*", "*.key", "valkey.*", "*.log", "dump.rdb", "*.aof")
"""Names in the data directory. What else lies there is not the gateway's."""
QUEUE = "appendonlydir"


def for_own_user_only() -> None:
    """What this process and those that it starts write is readable by their user only."""
    os.umask(OTHERS)


def _written(settings: Settings) -> Iterator[Path]:
    """What may be there of the gateway's: its directory first, then its files."""
    from app.storage import address

    directory = settings.data_directory.absolute()
    yield directory
    yield from (each for pattern in OURS for each in sorted(directory.glob(pattern)))
    queue = directory / QUEUE
    yield queue
    yield from sorted(queue.glob("*"))
    file = address.read(settings.sqlalchemy_url).file
    if file is not None:
        yield from (file.absolute().with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm"))


def open_to_others(settings: Settings) -> list[Path]:
    """What other users of this machine may enter, read or write."""
    return [path for path in dict.fromkeys(_written(settings)) if _is_open(path)]


def _is_open(path: Path) -> bool:
    """A link is not followed: what it points at is somebody else's."""
    try:
        mode = path.lstat().st_mode
    except OSError:  # it is not there
        return False
    return not stat.S_ISLNK(mode) and bool(stat.S_IMODE(mode) & OTHERS)


def keep_private(settings: Settings) -> None:
    """Takes the rights of others from what an earlier start has left. What belongs to another user stays: `doctor` names it."""
    for path in open_to_others(settings):
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
