"""`gateway up`: one machine, everything supervised by one process: the embedded Valkey, the API and the worker.

Programs are processes of their own. One that ends is started again, after a pause that grows; all end with the supervisor,
however it ends (on Linux also when it is killed).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx

from app.clock import utc_now
from app.domain import Right
from app.errors import BadInput, GatewayError
from app.logs import get_logger
from app.processes import preflight
from app.processes.valkey import EmbeddedValkey, tied_to_parent
from app.records import keys
from app.settings import KEY_FILE, START_HEADER, START_VARIABLE, Settings
from app.storage import migrations
from app.storage.audit import acts
from app.storage.engine import Database
from app.storage.outages import said_plainly
from app.storage.secrets import open_vault

log = get_logger(__name__)
Result = TypeVar("Result")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A program that has run this long starts again with the first pause."""
MARGIN_SECONDS = 5.0
"""How much longer than its own drain time a program gets before it is killed."""


class NotReady(GatewayError):
    """Something did not answer in time."""


class DidNotStart(BadInput):
    """A program ended before it was of use."""


@dataclass(frozen=True)
class Program:
    """What is kept running, in which environment and directory (None: ours); what it writes goes to `log`, or where ours goes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    log: Path | None = None


GATEWAY = (sys.executable, "-m", "app.cli")
"""The command `gateway` of this installation, wherever it is on PATH."""


class Supervisor:
    """Keeps programs running until it is closed. `grace` is how long they may take to end, in seconds."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._keeping: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._codes: dict[str, int] = {}
        self._stopping = asyncio.Event()

    async def start(self, program: Program) -> None:
        """Starts it and returns; from then on it is started again whenever it ends."""
        process = await self._spawn(program)
        self._keeping[program.name] = asyncio.create_task(self._keep(program, process))

    def pid(self, name: str) -> int | None:
        """The process id of a program, None between two lives."""
        process = self._running.get(name)
        return process.pid if process is not None and process.returncode is None else None

    def ended_with(self, name: str) -> int | None:
        """The exit code of its last life; None while it lives its first."""
        return self._codes.get(name)

    async def stop(self, name: str) -> None:
        """Ends one program for good."""
        keeping = self._keeping.pop(name)
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await self._end(self._running.pop(name))

    async def close(self) -> None:
        """Ends all programs at the same time: asked first, killed when the grace is over."""
        self._stopping.set()
        await asyncio.gather(*(self._end(process) for process in self._running.values()))
        await asyncio.gather(*self._keeping.values())

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process:
        with _output(program.log) as output:
            process = await asyncio.create_subprocess_exec(
                *tied_to_parent(list(program.command)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=program.environment,
                cwd=program.directory,
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor, which then stops the others in order
            )
        self._running[program.name] = process
        return process

    async def _keep(self, program: Program, process: asyncio.subprocess.Process) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            code = self._codes[program.name] = await process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.warning("program_ended", program=program.name, code=code, starting_again_in_seconds=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
                return
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            process = await self._spawn(program)
            if self._stopping.is_set():  # closed while it was being started: nobody else has seen this one
                await self._end(process)
                return

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._grace)
        except TimeoutError:
            log.warning("program_killed", pid=process.pid, after_seconds=self._grace)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@contextlib.contextmanager
def _output(log_file: Path | None) -> Iterator[IO[bytes] | int]:
    if log_file is None:
        yield sys.stderr.fileno()
        return
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as file:
        yield file


@contextlib.asynccontextmanager
async def supervisor(grace: float) -> AsyncIterator[Supervisor]:
    """A supervisor that is closed at the end."""
    made = Supervisor(grace)
    try:
        yield made
    finally:
        await made.close()


async def until_answering(url: str, seconds: float = 60.0) -> None:
    """Waits until a GET of the address is answered with 200. Raises NotReady when the time is over."""
    ends = time.monotonic() + seconds
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass  # not listening yet: that is what is being waited for
            if time.monotonic() > ends:
                raise NotReady(f"{url} did not answer within {seconds:g} s")
            await asyncio.sleep(0.05)


async def until_told(work: Coroutine[Any, Any, Result]) -> Result | None:
    """Does the work. SIGTERM and SIGINT cancel it, so that everything it has opened is closed in order. None when they did."""
    task = asyncio.create_task(work)
    told = asyncio.Event()

    def tell() -> None:
        # Only once: a second Ctrl-C must not cut the closing short.
        if not told.is_set():
            told.set()
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, tell)
    try:
        return await task
    except asyncio.CancelledError:
        if told.is_set():
            return None
        raise


async def ensure_admin_key(database_url: str, data_directory: Path) -> tuple[str | None, bool]:
    """The admin key in the data directory, and whether it was made just now: on the first start, when there is no key at all."""
    path = data_directory / KEY_FILE
    database = Database(database_url)
    try:
        with acts.separate(acts.of_this_machine("gateway up")):
            async with database.begin() as db:
                if await keys.every(db):
                    return (path.read_text(encoding="ascii").strip() if path.exists() else None), False
                _, secret = await keys.create(db, "admin", [Right.ADMIN], None, utc_now())
                # Written before the commit: a key that is in force and that nobody has would be of no use.
                _write_secret(path, secret)
                return secret, True
    finally:
        await database.close()


def _write_secret(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(secret)


@contextlib.asynccontextmanager
async def queue_url(settings: Settings) -> AsyncIterator[str]:
    """REDIS_URL as it is set; else a Valkey of our own in the data directory, for as long as the block lasts."""
    if settings.redis_url:
        yield settings.redis_url
        return
    valkey = EmbeddedValkey(keep_alive=True)
    url = await asyncio.to_thread(valkey.start, settings.data_directory)
    try:
        yield url
    finally:
        await asyncio.to_thread(valkey.stop)


async def until_up(programs: Supervisor, settings: Settings, start: str, seconds: float = 60.0) -> None:
    """Waits until the API that was started as `start` answers, and no other program on its port. Raises DidNotStart."""
    url = f"{settings.own_address}/livez"
    ends = time.monotonic() + seconds
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while time.monotonic() < ends:
            code = programs.ended_with("serve")
            if code is not None:
                raise DidNotStart(f"the API ended at its start (exit code {code})", fix="what it said stands above")
            with contextlib.suppress(httpx.TransportError):  # not listening yet: that is what is being waited for
                if (await http.get(url)).headers.get(START_HEADER) == start:
                    return
            await asyncio.sleep(0.05)
    raise DidNotStart(f"the API did not answer at {url} within {seconds:g} s", fix="look at the lines above")


async def run(settings: Settings) -> None:
    """Everything on this machine, until cancelled. Raises BadInput and EmbeddedValkeyError, each with what to do."""
    preflight.refuse_taken_port(settings)
    directory = preflight.prepare_directory(settings)
    open_vault(settings)
    trouble = await preflight.queue_trouble(settings)
    with said_plainly(settings.sqlalchemy_url):
        await migrations.upgrade_async(settings.sqlalchemy_url)
        _, is_new = await ensure_admin_key(settings.sqlalchemy_url, directory)
    start = secrets.token_hex(8)
    async with queue_url(settings) as redis, supervisor(settings.drain_seconds + MARGIN_SECONDS) as programs:
        environment = {**os.environ, "GATEWAY_REDIS_URL": redis, START_VARIABLE: start}
        for name in ("serve", "worker"):
            await programs.start(Program(name, [*GATEWAY, name], environment))
        await until_up(programs, settings, start)
        _greet(settings, directory, is_new=is_new)
        if trouble:
            print(f"But {trouble}. Until it answers, webhooks are kept and nothing else is done.", file=sys.stderr, flush=True)
        await asyncio.Event().wait()


def _greet(settings: Settings, directory: Path, *, is_new: bool) -> None:
    lines = [f"The gateway is up: {settings.own_address}/docs", f"Its data is in {directory}"]
    if is_new:
        lines += [
            "This is a new, empty gateway. If you have another, start it in its own folder, or set GATEWAY_DATA_DIRECTORY.",
            f"The admin API key is in {directory / KEY_FILE}, readable by you only. Commands on this machine find it there.",
        ]
    print("\n".join(lines), flush=True)
