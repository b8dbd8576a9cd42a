"""`gateway up`: programs kept running, ended together, and everything on one machine with nothing to set up."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.processes import supervisor as supervision
from app.processes.supervisor import DidNotStart, Program, ensure_admin_key, supervisor
from app.sandbox.kit.server import Server, free_port
from app.settings import Settings
from tests.e2e.demo_process import processes_of, until

PYTHON = sys.executable
COUNTING = "import sys, pathlib, time; p = pathlib.Path(sys.argv[1]); p.open('a').write('x'); time.sleep(float(sys.argv[2]))"


async def until_lives(marks: Path, lives: int) -> None:
    await asyncio.to_thread(until, lambda: marks.exists() and len(marks.read_text()) >= lives, f"life {lives}")


class TestTheSupervisor:
    async def test_what_ends_is_started_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.01)
        marks = tmp_path / "marks"
        async with supervisor(5) as programs:
            await programs.start(Program("short", [PYTHON, "-c", COUNTING, str(marks), "0"], log=tmp_path / "log"))
            await until_lives(marks, 3)

    async def test_the_pause_before_it_grows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.01)
        pauses: list[float] = []
        monkeypatch.setattr(supervision.log, "warning", lambda event, **facts: pauses.append(facts["starting_again_in_seconds"]))
        marks = tmp_path / "marks"
        async with supervisor(5) as programs:
            await programs.start(Program("short", [PYTHON, "-c", COUNTING, str(marks), "0"], log=tmp_path / "log"))
            await until_lives(marks, 4)
        assert pauses[:3] == [0.01, 0.02, 0.04]

    async def test_one_that_is_killed_comes_back_with_another_process_id(self, tmp_path: Path) -> None:
        marks = tmp_path / "marks"
        async with supervisor(5) as programs:
            await programs.start(Program("long", [PYTHON, "-c", COUNTING, str(marks), "600"], log=tmp_path / "log"))
            await until_lives(marks, 1)
            first = programs.pid("long")
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until_lives(marks, 2)
            assert programs.pid("long") not in (first, None)
        assert processes_of(tmp_path) == []

    async def test_what_does_not_end_when_asked_is_killed(self, tmp_path: Path) -> None:
        stubborn = "import signal, pathlib, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        stubborn += "pathlib.Path(sys.argv[1]).write_text('x'); time.sleep(600)"
        async with supervisor(0.1) as programs:
            await programs.start(Program("stubborn", [PYTHON, "-c", stubborn, str(tmp_path / "marks")], log=tmp_path / "log"))
            await until_lives(tmp_path / "marks", 1)
        assert processes_of(tmp_path) == []

    async def test_one_can_be_ended_alone(self, tmp_path: Path) -> None:
        async with supervisor(5) as programs:
            for name in ("one", "other"):
                command = [PYTHON, "-c", COUNTING, str(tmp_path / name), "600"]
                await programs.start(Program(name, command, log=tmp_path / "log"))
            await until_lives(tmp_path / "one", 1)
            await programs.stop("one")
            assert programs.pid("one") is None
            assert programs.pid("other") is not None


class TestUp:
    """It is up when it answers itself."""

    async def test_another_program_on_its_port_is_not_taken_for_it(self, tmp_path: Path) -> None:
        with Server(another_gateway()) as other:
            settings = Settings(port=other.port)
            async with supervisor(5) as programs:
                await programs.start(Program("serve", [PYTHON, "-c", "import time; time.sleep(600)"], log=tmp_path / "log"))
                with pytest.raises(DidNotStart, match="did not answer"):
                    await supervision.until_up(programs, settings, "this-start", seconds=0.3)
                await supervision.until_up(programs, settings, "another-start", seconds=5)

    async def test_an_api_that_ends_at_its_start_is_not_started_for_ever(self, tmp_path: Path) -> None:
        async with supervisor(5) as programs:
            await programs.start(Program("serve", [PYTHON, "-c", "raise SystemExit(3)"], log=tmp_path / "log"))
            with pytest.raises(DidNotStart, match="exit code 3"):
                await supervision.until_up(programs, Settings(port=free_port()), "this-start", seconds=30)


def another_gateway() -> Starlette:
    async def livez(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"}, headers={"X-Gateway-Start": "another-start"})

    return Starlette(routes=[Route("/livez", livez)])


class TestTheFirstKey:
    async def test_it_is_made_once_and_only_its_owner_may_read_it(self, sqlite_database: str, tmp_path: Path) -> None:
        key, is_new = await ensure_admin_key(sqlite_database, tmp_path)
        assert key is not None
        assert is_new
        assert (tmp_path / "admin.key").read_text() == key
        assert stat.S_IMODE((tmp_path / "admin.key").stat().st_mode) == 0o600
        assert await ensure_admin_key(sqlite_database, tmp_path) == (key, False)

    async def test_one_that_was_taken_away_is_not_made_again(self, sqlite_database: str, tmp_path: Path) -> None:
        await ensure_admin_key(sqlite_database, tmp_path)
        (tmp_path / "admin.key").unlink()
        assert await ensure_admin_key(sqlite_database, tmp_path) == (None, False)


@pytest.fixture
def running_up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`gateway up` in a directory of its own, on a free port, with no setting but that."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    bare = {name: value for name, value in bare.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    settings = {
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_METRICS_PORT": "0",
        "GATEWAY_WORKER_METRICS_PORT": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = subprocess.Popen(
        [PYTHON, "-m", "app.cli", "up"],
        env={**bare, **settings},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process
    process.kill()
    process.communicate(timeout=30)


def test_everything_runs_on_one_machine_and_ends_in_order(running_up: subprocess.Popen[str], tmp_path: Path) -> None:
    assert running_up.stdout is not None
    address = running_up.stdout.readline().split(": ", 1)[1].strip().removesuffix("/docs")
    assert running_up.stdout.readline() == f"Its data is in {tmp_path / 'data'}\n"
    assert "a new, empty gateway" in running_up.stdout.readline()
    file = tmp_path / "data" / "admin.key"
    said = running_up.stdout.readline()
    assert said.startswith(f"The admin API key is in {file}, readable by you only.")
    key = file.read_text()
    assert key.startswith("gw_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with httpx.Client(trust_env=False) as http:
        ready = until(lambda: http.get(f"{address}/readyz"), "an answer")
        assert ready.status_code == 200
        assert http.get(f"{address}/lanes", headers={"Authorization": f"Bearer {key}"}).json()["items"] == []
    assert len(processes_of(tmp_path)) == 4, "the supervisor, Valkey, the API and the worker"
    running_up.send_signal(signal.SIGTERM)
    assert running_up.wait(40) == 0
    assert key not in running_up.stdout.read(), "what is printed ends up in a journal"
    others = [path for path in (tmp_path / "data").rglob("*") if not path.is_socket() and path.stat().st_mode & 0o077]
    assert others == []
    assert processes_of(tmp_path) == []
