"""Databases as in production: on the disk when a commit returns, migrated, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.storage.migrations import upgrade
from tests import services

PASSWORD = "bench"
NAME = "gateway_bench"


@contextlib.contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory:
        url = f"sqlite+aiosqlite:///{Path(directory) / 'gateway.db'}"
        upgrade(url)
        yield url


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """An empty database of its own, on a server of its own, with fsync and synchronous_commit on.

    With GATEWAY_TEST_POSTGRES_URL set it is made on that server instead, as durable as that one is.
    """
    with _server() as server:
        name = f"{NAME}_{os.getpid()}"
        services.execute(server, f"CREATE DATABASE {name}")
        url = services.with_database(server, name)
        try:
            upgrade(url)
            yield url
        finally:
            services.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def _server() -> Iterator[str]:
    if os.environ.get(services.URL_VARIABLE):
        with services.running_postgres() as url:
            yield url
        return
    programs = services.postgres_programs()
    if programs is None:
        raise services.PostgresFailed("This machine has no PostgreSQL server (initdb and postgres).")
    directory = Path(tempfile.mkdtemp(prefix="gateway-bench-postgres-"))
    try:
        services.create_cluster(programs, directory, PASSWORD)
        with services.serving(programs, directory, PASSWORD, durable=True) as url:
            yield url
    finally:
        shutil.rmtree(directory, ignore_errors=True)
