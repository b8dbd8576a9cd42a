"""A simulated WMS in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.processes.valkey import tied_to_parent
from app.sandbox.kit.server import free_port

START_SECONDS = 60.0


@dataclass(frozen=True)
class WarehouseProcess:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/demo/api/v1/"

    def credentials(self, user: str = "gateway", goods_owner_id: int = 77, webhook_secret: str | None = None) -> dict[str, Any]:
        """A connection's `warehouse`."""
        secret = {"webhook_secret": webhook_secret}
        return {"url": self.url, "user": user, "password": user, "goods_owner_id": goods_owner_id, **secret}

    def answer_after(self, seconds: float) -> None:
        """Every call is answered as usual, `seconds` later."""
        self._sandbox("DELETE", "faults").raise_for_status()
        self._sandbox("POST", "faults", json={"kind": "slow", "seconds": seconds}).raise_for_status()

    def written(self) -> list[dict[str, Any]]:
        """The orders' writes, oldest first."""
        return self.calls("PUT", "/orders")

    def calls(self, method: str, path: str) -> list[dict[str, Any]]:
        """The calls of this method whose path holds `path`, oldest first."""
        calls = self._sandbox("GET", "journal").json()
        return [call for call in calls if call["method"] == method and path in call["path"]]

    def _sandbox(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, f"http://127.0.0.1:{self.port}/_sandbox/{path}", trust_env=False, timeout=60, **more)


@contextlib.contextmanager
def warehouse_process() -> Iterator[WarehouseProcess]:
    port = free_port()
    command = tied_to_parent([sys.executable, "-m", "tests.bench.compared.warehouse", str(port)], signal.SIGKILL)
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], env=dict(os.environ))
    try:
        _wait_until_answering(port, process)
        yield WarehouseProcess(port)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_answering(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/_sandbox/faults", trust_env=False).raise_for_status()
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return
