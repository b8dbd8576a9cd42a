"""The real servers that tests run against: PostgreSQL of our own, and the embedded Valkey exactly as the gateway starts it."""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from app.processes.valkey import tied_to_parent

URL_VARIABLE = "GATEWAY_TEST_POSTGRES_URL"
REQUIRE_VARIABLE = "GATEWAY_TEST_REQUIRE_POSTGRES"
REQUIRE_BROWSER_VARIABLE = "GATEWAY_TEST_REQUIRE_BROWSER"
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


def chromium() -> str | None:
    """The browser that pages are looked at with; None when this machine has none."""
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


def browser_is_required() -> bool:
    return bool(os.environ.get(REQUIRE_BROWSER_VARIABLE))


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


class Databases:
    """Empty databases of one shape. One that a test has given back as it was, apart from rows, is emptied and used again."""

    def __init__(self, server_url: str, prefix: str) -> None:
        self._server_url = server_url
        self._prefix = prefix
        self._numbers = itertools.count(1)
        self._made: set[str] = set()
        self._clean: list[str] = []
        self._shape = ""
        self._template = f"{prefix}_template"
        self.template_url = with_database(server_url, self._template)
        """The first one. It is to be migrated before one is taken."""
        execute(server_url, f"CREATE DATABASE {self._template}")

    def take(self) -> str:
        """The URL of one that nobody else has."""
        name = self._clean.pop() if self._clean else self._copy()
        return with_database(self._server_url, name)

    def give_back(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        if run(lambda: self._emptied(url)):
            self._clean.append(name)
        else:
            execute(self._server_url, f"DROP DATABASE {name} WITH (FORCE)")
            self._made.discard(name)

    def drop_all(self) -> None:
        execute(self._server_url, *(f"DROP DATABASE {name} WITH (FORCE)" for name in (*self._made, self._template)))

    def _copy(self) -> str:
        self._shape = self._shape or run(self._template_shape)
        name = f"{self._prefix}_{next(self._numbers)}"
        run(lambda: self._copied(name))
        self._made.add(name)
        return name

    async def _copied(self, name: str) -> None:
        """File by file where the server can: a third of the time that it takes through its log."""
        async with _connected(self._server_url) as connection:
            strategy = " STRATEGY FILE_COPY" if connection.get_server_version().major >= 15 else ""
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}{strategy}")

    async def _template_shape(self) -> str:
        async with _connected(self.template_url) as connection:
            return str(await connection.fetchval(SHAPE))

    async def _emptied(self, url: str) -> bool:
        """Whether it is as new. It is not when its shape is another, when it was analyzed, or when a table has grown large."""
        async with _connected(url) as connection:
            await connection.execute(CUT_OTHERS)
            if await connection.fetchval(SHAPE) != self._shape:
                return False
            await connection.execute(EMPTY)
            return True


_TABLES = "c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('alembic_version', 'compatibility')"
SHAPE = f"""
    SELECT md5(string_agg(concat_ws(' ', c.relname, c.relkind, c.relnatts, c.relpages, c.reltuples), ',' ORDER BY c.relname))
        || (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database())
        || (SELECT coalesce(max(pg_relation_size(c.oid)), 0) > 131072 FROM pg_class c WHERE {_TABLES})
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
"""
CUT_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY = f"""
    DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT c.oid::regclass::text FROM pg_class c WHERE {_TABLES} AND pg_relation_size(c.oid) > 0
        LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect("postgresql://" + url.partition("://")[2])
    try:
        yield connection
    finally:
        await connection.close()


def execute(url: str, *statements: str) -> None:
    """Run statements one by one outside any transaction (CREATE DATABASE asks for that)."""

    async def work() -> None:
        async with _connected(url) as connection:
            for statement in statements:
                await connection.execute(statement)

    run(work)


def with_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    address, mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{query}"


FIRST_PORT, PORTS_EACH = 18_000, 1_500
"""Ports of each process of a test run. They are below those that the machine gives to connections: one that is free now is free
when a program that was told of it begins to listen."""
_ports = itertools.cycle(range(PORTS_EACH))


def free_port() -> int:
    """A loopback TCP port that nobody listens on now."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    for number in _ports:
        port = FIRST_PORT + worker * PORTS_EACH + number
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable")


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
