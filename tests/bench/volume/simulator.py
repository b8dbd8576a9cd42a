"""`python -m tests.bench.volume.simulator SYSTEM PRODUCTS ORDERS PORT`: a large shop in a process of its own.

Its memory and its computing are then not the gateway's.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from app.processes.valkey import tied_to_parent
from app.sandbox.kit.server import free_port
from tests.bench.volume.system import FillingClock, Size
from tests.bench.volume.systems import SYSTEMS

START_SECONDS = 300.0
"""A large shop is filled first."""


@dataclass(frozen=True)
class LargeShop:
    """A shop that serves at `url`, and how many calls to its API it has answered."""

    url: str

    def calls(self) -> int:
        answer = httpx.get(f"{self.url}/_sandbox/journal", trust_env=False, timeout=60)
        return max((int(call["number"]) for call in answer.raise_for_status().json()), default=0)


@contextlib.contextmanager
def large_shop(system: str, size: Size) -> Iterator[LargeShop]:
    port = free_port()
    asked = [system, str(size.products), str(size.orders), str(port)]
    command = tied_to_parent([sys.executable, "-m", "tests.bench.volume.simulator", *asked], signal.SIGKILL)
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    try:
        shop = LargeShop(f"http://127.0.0.1:{port}")
        _wait_until_full(shop, process)
        yield shop
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_full(shop: LargeShop, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            shop.calls()
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return


def main(name: str, products: int, orders: int, port: int) -> None:
    app = SYSTEMS[name].fill(Size(products, orders), FillingClock(products + orders))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, date_header=False)


if __name__ == "__main__":
    main(sys.argv[1], *(int(each) for each in sys.argv[2:5]))
