"""`gateway demo --json` as a process, as any program would start it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from app.clock import utc_now
from app.http import encode_query
from app.integrations.woocommerce.rest.oauth import Signer, signed
from app.integrations.woocommerce.settings import SignatureMethod

T = TypeVar("T")
START_SECONDS = 90.0
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Demo:
    """A running demo and what it said about itself."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    line: str

    @property
    def connection(self) -> dict[str, Any]:
        found: dict[str, Any] = self.said["connections"]["woocommerce"]
        return found

    @property
    def environment(self) -> dict[str, str]:
        """For commands that are to use it."""
        return {"GATEWAY_URL": self.said["api"], "GATEWAY_API_KEY": self.said["api_key"]}

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.said['api_key']}"}
        with httpx.Client(trust_env=False, timeout=90) as http:
            return http.request(method, f"{self.said['api']}/{path}", headers=headers, **options)

    def shop(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the shop's REST API, signed as over plain http."""
        url = f"{self.connection['shop_url']}/wp-json/wc/v3/{path}"
        key, secret = self.connection["consumer_key"], self.connection["consumer_secret"]
        query = signed(method, url, [], Signer(key, secret, SignatureMethod.HMAC_SHA256), now=utc_now())
        with httpx.Client(trust_env=False, timeout=30) as http:
            answer = http.request(method, f"{url}?{encode_query(query)}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def warehouse_order(self, number: str) -> dict[str, Any] | None:
        place = self.said["warehouse"]
        params = {"goodsOwnerId": place["goods_owner_id"], "orderNumber": number}
        with httpx.Client(trust_env=False, timeout=30) as http:
            answer = http.get(f"{place['url']}/orders", params=params, auth=(place["user"], place["password"]))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found[0] if found else None


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Looks until what it sees counts as true."""
    ends = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < ends, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.05)
    return seen


def start_demo(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def first_line(process: subprocess.Popen[str]) -> str:
    """What it says when it is ready."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else ""
    if not line:
        process.kill()
        raise AssertionError(f"the demo did not get ready: {process.communicate()[1]}")
    return line


@contextmanager
def running_demo(*arguments: str) -> Iterator[Demo]:
    process = start_demo("--json", *arguments)
    try:
        line = first_line(process)
        yield Demo(process, json.loads(line), line)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def processes_of(directory: Path) -> list[str]:
    """Processes that work in the directory, or have it on their command line (Linux)."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            inside = os.readlink(place / "cwd")
        except OSError:  # ended meanwhile, or not ours
            continue
        if (str(directory) in command or inside == str(directory)) and int(place.name) != os.getpid():
            found.append(f"{place.name} {command}")
    return found
