"""`python -m tests.bench.volume.simulator SYSTEM PRODUCTS ORDERS`: a large shop in a process of its own.

Its memory and its computing are then not the gateway's.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from app.processes.valkey import tied_to_parent
from tests.bench.volume.system import FillingClock, Size
from tests.bench.volume.systems import SYSTEMS


@dataclass(frozen=True)
class LargeShop:
    """A shop that serves at `url`, and how many calls to its API it has answered."""

    url: str

    def calls(self) -> int:
        answer = httpx.get(f"{self.url}/_sandbox/journal", trust_env=False, timeout=60)
        return max((int(call["number"]) for call in answer.raise_for_status().json()), default=0)


@contextlib.contextmanager
def large_shop(system: str, size: Size) -> Iterator[LargeShop]:
    asked = [system, str(size.products), str(size.orders)]
    command = tied_to_parent([sys.executable, "-m", "tests.bench.volume.simulator", *asked], signal.SIGKILL)
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"the simulator of {system} ended with {process.wait()}")
        yield LargeShop(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


def main(name: str, products: int, orders: int) -> None:
    """Says its port when it is full. The port is its own before that: nobody else can be given it meanwhile."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        app = SYSTEMS[name].fill(Size(products, orders), FillingClock(products + orders))
        print(own.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, date_header=False)).run([own])


if __name__ == "__main__":
    main(sys.argv[1], *(int(each) for each in sys.argv[2:4]))
