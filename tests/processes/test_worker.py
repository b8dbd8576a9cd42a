"""The worker as a process: it makes its own event loop, takes what is asked of it through Redis, and ends in order."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.engine.core.queue import ArqWakeUps, Task, patient_pool

PATIENCE_SECONDS = 60.0

AS_IN_PYTHON_3_14 = """
import asyncio
asyncio.get_event_loop = asyncio.get_running_loop  # a loop that does not run is neither found nor made
from app.cli import main
main()
"""


def test_it_needs_no_event_loop_that_somebody_else_has_made(redis_url: str, sqlite_database: str, tmp_path: Path) -> None:
    """Python makes none any more since 3.14, and arq's worker asks for one."""
    said = tmp_path / "said"
    settings = {
        "DATABASE_URL": sqlite_database,
        "REDIS_URL": redis_url,
        "GATEWAY_DATA_DIRECTORY": str(tmp_path),
        "GATEWAY_WORKER_METRICS_PORT": "0",
        "GATEWAY_POLL_DELAY_SECONDS": "0.05",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    with said.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", AS_IN_PYTHON_3_14, "worker"], env={**kept, **settings}, cwd=tmp_path, stdout=file, stderr=file
        )
    try:
        wait_for("worker_started", said, process)
        asyncio.run(send(redis_url))
        wait_for("ring_for_nothing", said, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
    assert "worker_stopped" in said.read_text()


async def send(redis_url: str) -> None:
    """For a connection that is not there: the worker says so."""
    pool = await patient_pool(redis_url)
    await ArqWakeUps(pool, "gateway:queue").send(Task.INGEST, "con_nobody")
    await pool.aclose(close_connection_pool=True)


def wait_for(event: str, said: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the event is in the log."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while event not in (text := said.read_text()):
        assert time.monotonic() < ends, f"no {event} in: {text}"
        assert process.poll() is None, f"ended without {event}: {text}"
        time.sleep(0.02)
