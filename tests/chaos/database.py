"""A database that can be taken away and given back."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tests import services


class Outage(Protocol):
    """A database, and how it goes away for a while."""

    url: str

    def away(self) -> contextlib.AbstractContextManager[None]: ...


class LockedSqlite:
    """SQLite cannot be switched off: another connection has it to itself and lets nobody else write."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        connection = sqlite3.connect(self.url.partition("///")[2], isolation_level=None, timeout=30)
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()


class StoppedPostgres:
    """A server of its own, ended as by `pg_ctl stop -m immediate` and started again on the same files and port."""

    def __init__(self) -> None:
        programs = services.postgres_programs()
        assert programs is not None
        self._programs = programs
        self._directory = Path(tempfile.mkdtemp(prefix="gateway-chaos-"))
        self._port = services.free_port()
        self._running = contextlib.ExitStack()
        services.create_cluster(programs, self._directory, "chaos")
        self.url = self._start()

    def _start(self) -> str:
        return self._running.enter_context(
            services.serving(self._programs, self._directory, "chaos", self._port, outlives_itself=True)
        )

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        self._running.close()
        try:
            yield
        finally:
            self._start()

    def close(self) -> None:
        self._running.close()
        shutil.rmtree(self._directory)
