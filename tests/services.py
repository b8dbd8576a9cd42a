"""The real servers that tests run against: PostgreSQL of our own, and the embedded Valkey exactly as the gateway starts it."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from app.processes.valkey import tied_to_parent

URL_VARIABLE = "GATEWAY_TEST_POSTGRES_URL"
REQUIRE_VARIABLE = "GATEWAY_TEST_REQUIRE_POSTGRES"
START_SECONDS = 60.0

Result = TypeVar("Result")


class PostgresFailed(Exception):
    """The server did not come up; the end of its log is in the message."""


def in_thread(work: Callable[[], Result]) -> Result:
    """Run it where no event loop is, so that it may start one without touching the test's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine to its end from a fixture that is not async."""
    return in_thread(lambda: asyncio.run(work()))


def postgres_programs() -> Path | None:
    """The folder with `initdb` and `postgres`, None when the machine has no PostgreSQL server. Debian keeps them off PATH."""
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: _version(place.parent.name), reverse=True)
    for place in [*([Path(on_path).resolve().parent] if on_path else []), *installed]:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    return None


def postgres_is_there() -> bool:
    """Whether PostgreSQL's half of the tests can run here."""
    return bool(os.environ.get(URL_VARIABLE)) or postgres_programs() is not None


def postgres_is_required() -> bool:
    return os.environ.get(REQUIRE_VARIABLE, "").lower() in {"1", "true", "yes"}


@contextmanager
def running_postgres() -> Iterator[str]:
    """A throw-away PostgreSQL server; gives the URL of a superuser on it (`postgresql+asyncpg://…`).

    Its files are in a temporary directory, it listens on loopback and on a unix socket in that directory, asks for a password,
    ends with this process, and does not sync to disk: tests judge what is committed, never a machine that loses its power.
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield "postgresql+asyncpg://" + given.partition("://")[2]
        return
    programs = postgres_programs()
    if programs is None:
        raise PostgresFailed("This machine has no PostgreSQL server (initdb and postgres).")
    directory = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    try:
        password = secrets.token_hex(8)
        create_cluster(programs, directory, password)
        with serving(programs, directory, password) as url:
            yield url
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def create_cluster(programs: Path, directory: Path, password: str) -> None:
    """The files of an empty server in `directory`, for whoever the server runs as."""
    secret = directory / "password"
    secret.write_text(password)
    account = _account()
    if account is not None:
        shutil.chown(directory, account.pw_uid, account.pw_gid)
        shutil.chown(secret, account.pw_uid, account.pw_gid)
    options = ["--username=gateway", "--auth=password", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        _as_account([str(programs / "initdb"), *options, "-D", str(directory / "data")]),
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
    )
    if made.returncode != 0:
        raise PostgresFailed(f"initdb failed:\n{made.stdout}{made.stderr}")


@contextmanager
def serving(
    programs: Path,
    directory: Path,
    password: str,
    port: int | None = None,
    *,
    outlives_itself: bool = False,
    durable: bool = False,
) -> Iterator[str]:
    """The server on these files until the block ends, and then without any farewell; gives its URL.

    With `outlives_itself` what was committed is still there when it is started again on the same files; when it is `durable` it
    is on the disk, as in production.
    """
    port = port or free_port()
    settings = [
        f"fsync={'on' if durable else 'off'}",
        f"synchronous_commit={'on' if outlives_itself or durable else 'off'}",
        f"full_page_writes={'on' if durable else 'off'}",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={directory}",
        f"port={port}",
        "max_connections=200",
        "shared_buffers=64MB",
        "timezone=Europe/Oslo",  # not UTC on purpose: nothing may depend on the server's zone
    ]
    command = [str(programs / "postgres"), "-D", str(directory / "data"), *(part for line in settings for part in ("-c", line))]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(_as_account(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
    try:
        url = f"postgresql+asyncpg://gateway:{password}@127.0.0.1:{port}/postgres"
        _wait_until_answering(url, process, directory / "log")
        yield url
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing in it is kept
        process.wait(30)


def _wait_until_answering(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            execute(url, "SELECT 1")
        except (OSError, asyncpg.PostgresError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL did not come up. Its log:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)
        else:
            return


def execute(url: str, *statements: str) -> None:
    """Run statements one by one outside any transaction (CREATE DATABASE asks for that)."""

    async def work() -> None:
        connection = await asyncpg.connect("postgresql://" + url.partition("://")[2])
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    run(work)


def with_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    address, mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{query}"


def free_port() -> int:
    """A loopback TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _as_account(command: list[str]) -> list[str]:
    account = _account()
    if account is None:
        return tied_to_parent(command, signal.SIGQUIT)
    # Changing the user clears the tie to the parent, so both are left to one program; every Debian has it.
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--pdeathsig=QUIT", *command]
