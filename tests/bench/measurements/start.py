"""What it costs to start: a command of the CLI, and the API until it answers."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from app.processes.valkey import EmbeddedValkey
from app.sandbox.kit.server import free_port
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases

ROUNDS = 5
WANTED_CALL, WANTED_SERVE = 0.6, 2.0
GATEWAY = [sys.executable, "-m", "app.cli"]
CALL = [*GATEWAY, "runs", "list", "--url", "http://127.0.0.1:1", "--api-key", "none"]
LIBRARIES = [sys.executable, "-c", "import typer, rich.table, orjson, httpx, pydantic"]
"""What any command of this kind imports."""


def measure(options: Options) -> list[Figure]:
    rounds = options.rounds or ROUNDS
    call, helping, libraries = (min(_computing(each) for _ in range(rounds)) for each in (CALL, [*GATEWAY, "--help"], LIBRARIES))
    serve, answering = _serve()
    return [
        Figure(
            "start",
            "Computing of a CLI call to a running gateway",
            f"{call:.2f} s",
            f"under {WANTED_CALL:g} s",
            call < WANTED_CALL,
            (f"importing its libraries alone {libraries:.2f} s; gateway --help {helping:.2f} s; the best of {rounds} runs each",),
        ),
        Figure(
            "start",
            "Cold start of `gateway serve` until /livez answers, computing",
            f"{serve:.2f} s",
            f"under {WANTED_SERVE:g} s",
            serve < WANTED_SERVE,
            (f"{answering:.2f} s by the clock",),
        ),
    ]


def _computing(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _serve() -> tuple[float, float]:
    """Seconds of computing, and by the clock."""
    valkey, port = EmbeddedValkey(), free_port()
    with databases.sqlite() as url, tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory:
        try:
            given = {"DATA_DIRECTORY": directory, "DATABASE_URL": url, "REDIS_URL": valkey.start(Path(directory) / "valkey")}
            environment = {**os.environ, **{f"GATEWAY_{name}": value for name, value in given.items()}}
            environment |= {"GATEWAY_PORT": str(port), "GATEWAY_METRICS_PORT": "0"}
            began = time.perf_counter()
            process = subprocess.Popen([*GATEWAY, "serve"], env=environment, stderr=subprocess.DEVNULL)
            try:
                _until_answering(port, process)
                fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), time.perf_counter() - began
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        finally:
            valkey.stop()


def _until_answering(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/livez", trust_env=False).raise_for_status()
        except httpx.TransportError:
            if process.poll() is not None:
                raise
            time.sleep(0.02)
        else:
            return
