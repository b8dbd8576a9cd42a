"""What every test has at hand: a fresh database of both kinds, a Valkey, and no way out to the network."""

from __future__ import annotations

import functools
import gc
import importlib
import ipaddress
import json
import os
import shutil
import socket
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from app.http import send
from app.processes.valkey import EmbeddedValkey, ask
from tests import services
from tests.harness import wms_contract

# Databases: which tests run on both, and why PostgreSQL is left out

ONE_DATABASE = (
    *("api", "carriers", "console", "flows", "integrations", "longwork", "rules", "seam"),
    *("engine/dispatch/test_unknown_outcomes.py", "engine/polling", "engine/stock", "engine/upkeep"),
)
"""Here a test is about a shop, the WMS or a person. In a whole run half of these tests run on SQLite and half on PostgreSQL. What
is about claims, leases, statements and storage runs on both. `make test ARGS=--every-database` runs all on both."""
BOTH_DATABASES = ("engine/stock/test_stock_crashes.py", "engine/upkeep/test_sweeper.py")
"""In these folders, but about claims and leases."""
OTHER_DATABASE = pytest.StashKey[int]()
DATABASES = ("sqlite", "postgresql")
HERE = Path(__file__).parent
LEFT_OUT = pytest.StashKey[int]()
PAGES_LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-database", action="store_true", help="Run each test of a database on SQLite and on PostgreSQL.")


def pytest_configure(config: pytest.Config) -> None:
    if services.postgres_is_required() and not services.postgres_is_there():
        raise pytest.UsageError(
            f"{services.REQUIRE_VARIABLE} is set, but there is no PostgreSQL server here: install it "
            f"(Debian: apt-get install postgresql), or set {services.URL_VARIABLE} to a superuser's URL on one."
        )
    if services.browser_is_required() and services.chromium() is None:
        raise pytest.UsageError(
            f"{services.REQUIRE_BROWSER_VARIABLE} is set, but there is no Chromium here: install it "
            "(Debian: apt-get install chromium)."
        )


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is collected stays to the end: the garbage collector does not look at it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if services.chromium() is None:
        pages = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
        config.stash[PAGES_LEFT_OUT] = len(pages)
        config.hook.pytest_deselected(items=pages)
        items[:] = [item for item in items if item not in pages]
    if services.postgres_is_there():
        _leave_the_other_database_out(config, items)
        return
    left_out = [item for item in items if _needs_postgres(item)]
    config.stash[LEFT_OUT] = len(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _needs_postgres(item)]


def _leave_the_other_database_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--every-database") or [Path(each).name for each in config.args] != ["tests"]:
        return
    left_out = [item for item in items if _is_of_the_other_database(item)]
    config.stash[OTHER_DATABASE] = len(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_of_the_other_database(item)]


def _is_of_the_other_database(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    database = item.callspec.params.get("database_url")
    place = item.path.relative_to(HERE)
    inside = {place.as_posix(), *(each.as_posix() for each in place.parents)}
    if database not in DATABASES or inside.isdisjoint(ONE_DATABASE) or not inside.isdisjoint(BOTH_DATABASES):
        return False
    name = item.nodeid.replace(database, "")
    return DATABASES[zlib.crc32(name.encode()) % 2] != database


def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than there are cores: tests with real processes wait for most of their time."""
    return (os.cpu_count() or 1) + 2


def _needs_postgres(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function):
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("database_url") == "postgresql" or "postgres_url" in item.fixturenames


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each of the processes collects all tests; the first one hears of it from them."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = session.config.stash.get(LEFT_OUT, 0)
        output["other_database"] = session.config.stash.get(OTHER_DATABASE, 0)
        output["pages_left_out"] = session.config.stash.get(PAGES_LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT] = output.get("left_out", 0)
    node.config.stash[OTHER_DATABASE] = output.get("other_database", 0)
    node.config.stash[PAGES_LEFT_OUT] = output.get("pages_left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(LEFT_OUT, 0)
    if left_out:
        terminalreporter.section("NOT TESTED ON POSTGRESQL", sep="!", yellow=True, bold=True)
        terminalreporter.line(
            f"{left_out} tests against PostgreSQL were left out: this machine has no PostgreSQL server. The others ran on SQLite."
        )
        terminalreporter.line(
            f"To include them: apt-get install postgresql (the server is enough), or set {services.URL_VARIABLE}."
        )
    other = config.stash.get(OTHER_DATABASE, 0)
    if other:
        terminalreporter.line(f"{other} tests ran on one of the two databases. ARGS=--every-database runs them on both.")
    pages = config.stash.get(PAGES_LEFT_OUT, 0)
    if pages:
        terminalreporter.section("PAGES NOT TESTED", sep="!", yellow=True, bold=True)
        terminalreporter.line(f"{pages} tests in a browser were left out: this machine has no Chromium.")
        terminalreporter.line("To include them: apt-get install chromium.")


# Databases


class _Compiled(LRUCache[Any, Any]):
    """Statements that were compiled, for all engines of one dialect."""

    def __repr__(self) -> str:
        return f"{len(self)} compiled statements"  # a traceback with its frames' variables shows it

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """A statement is compiled once for all tests of a process: each test's own engine would compile it again."""
    patch = pytest.MonkeyPatch()
    once = functools.partial(create_async_engine, execution_options={"compiled_cache": _Compiled(3_000)})
    patch.setattr("app.storage.engine.create_async_engine", once)
    yield
    patch.undo()


def _migrate(url: str) -> None:
    migrations = importlib.import_module("app.storage.migrations")
    services.in_thread(lambda: migrations.upgrade(url))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A superuser on a real PostgreSQL server."""
    with services.running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Iterator[services.Databases]:
    """Migrated, empty PostgreSQL databases, as copies of one: cheaper than migrating each."""
    databases = services.Databases(postgres_url, f"gateway_test_{os.getpid()}")
    _migrate(databases.template_url)
    yield databases
    databases.drop_all()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "gateway.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database of the test's own."""
    for part in migrated_sqlite.parent.glob("gateway.db*"):
        shutil.copy(part, tmp_path / part.name)
    return f"sqlite+aiosqlite:///{tmp_path / 'gateway.db'}"


@pytest.fixture
def postgresql_database(postgres_databases: services.Databases) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of the test's own; whoever is still connected afterwards is cut off."""
    url = postgres_databases.take()
    yield url
    postgres_databases.give_back(url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of the test's own, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


# Valkey


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The session's Valkey, as it was left by the test before."""
    valkey = EmbeddedValkey()
    yield valkey.start(tmp_path_factory.mktemp("valkey"))
    valkey.stop()


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """A Valkey with nothing in it (`unix://…`)."""
    assert ask(Path(valkey_url.removeprefix("unix://")), "FLUSHALL", patience=10) == "+OK"
    return valkey_url


# The WMS's contract

_wms_faults: list[str] = []


@pytest.fixture(scope="session", autouse=True)
def held_against_the_contract() -> Iterator[None]:
    """Every call that the gateway makes to the WMS in this process, where the contract lies beside the checkout."""
    contract = wms_contract.beside()
    if contract is None:
        yield
        return
    patch = pytest.MonkeyPatch()

    async def checked(http: httpx.AsyncClient, request: httpx.Request, **options: Any) -> Any:
        body = json.loads(request.content) if request.content else None
        _wms_faults.extend(contract.faults_of(request.method, str(request.url), body))
        return await send(http, request, **options)

    patch.setattr("app.warehouse.rest.calls.send", checked)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def keeps_to_the_contract(request: pytest.FixtureRequest, held_against_the_contract: None) -> Iterator[None]:
    """Fails the test in which the gateway has asked the WMS for something that its contract does not have."""
    _wms_faults.clear()
    yield
    if request.node.get_closest_marker("against_the_contract") is None:
        assert not _wms_faults, "the WMS's contract does not allow:\n" + "\n".join(_wms_faults)


# Network


class NetworkBlocked(RuntimeError):
    """A test tried to leave this machine. Not an OSError: code under test must not take it for an outage."""


def _stays_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Sockets reach loopback and unix sockets, names other than localhost are not looked up."""
    patch = pytest.MonkeyPatch()

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _stays_here(address[0]):
                self.close()  # who tried closes it after an OSError only
                raise NetworkBlocked(f"A test tried to connect to {address}.")
            return original(self, address)

        return connect

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            ipaddress.ip_address(str(host).partition("%")[0])
        except ValueError:
            if not _stays_here(host):
                raise NetworkBlocked(f"A test tried to look up {host!r}; pass in a resolver.") from None
        return resolve(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    patch.undo()
