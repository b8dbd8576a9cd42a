"""Intake: signed 4 KB orders, committed before they are answered, beside a plain ASGI app that stores nothing."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.clock import utc_now
from app.processes.valkey import EmbeddedValkey, tied_to_parent
from app.records import connections
from app.records.connections import Draft
from app.sandbox.kit.server import free_port
from app.settings import Settings
from app.storage.engine import Database
from app.storage.secrets import open_vault
from tests.bench.compared.servers import SECRET
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases, load
from tests.bench.workload.load import Load
from tests.harness import FIXTURES

CONNECTIONS = 64
BODY_BYTES = 4096
ROUNDS = 5
SECONDS = 4.0
WARM_UP_SECONDS = 1.0
START_SECONDS = 60.0
WANTED = {"SQLite": 0.85, "PostgreSQL": 0.7}
SHOP = "http://127.0.0.1:1/"


@dataclass(frozen=True)
class Server:
    """One of the two that are compared."""

    port: int
    pid: int

    def computed(self) -> float | None:
        """Seconds of computing since it was started; None where the system does not tell (only Linux does)."""
        told = Path(f"/proc/{self.pid}/stat")
        if not told.exists():
            return None
        fields = told.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Rates:
    """Requests per second, run by run."""

    reference: list[float] = field(default_factory=list)
    gateway: list[float] = field(default_factory=list)
    reference_computing: list[float] = field(default_factory=list)
    """Seconds of computing for each request, all threads of the process; empty where the system does not tell."""
    gateway_computing: list[float] = field(default_factory=list)
    last: Load = field(default_factory=Load)
    """The gateway's last run."""

    @property
    def ratios(self) -> list[float]:
        return [ours / plain for ours, plain in zip(self.gateway, self.reference, strict=True)]


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return [_figure("intake-sqlite", "SQLite", url, options)]


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return [_figure("intake-postgresql", "PostgreSQL", url, options)]


def _figure(bench: str, database: str, url: str, options: Options) -> Figure:
    rounds, seconds = options.rounds or ROUNDS, options.seconds or SECONDS
    rates = _measure(url, rounds, seconds)
    ratio, wanted = statistics.median(rates.ratios), WANTED[database]
    reference, gateway = statistics.median(rates.reference), statistics.median(rates.gateway)
    times = ", ".join(f"{name} {rates.last.percentile(share) * 1000:.1f} ms" for name, share in PERCENTILES)
    return Figure(
        bench,
        f"Intake on {database}, of a plain ASGI app that stores nothing",
        f"{ratio:.2f}",
        f"at least {wanted}",
        ratio >= wanted,
        (
            f"signed {BODY_BYTES} B order, committed before the answer, {CONNECTIONS} connections, one uvicorn process each",
            f"the plain app {reference:.0f}/s, the gateway {gateway:.0f}/s: medians of {rounds} runs in turn of {seconds:g} s",
            f"run by run {', '.join(f'{each:.2f}' for each in rates.ratios)}",
            f"the gateway's answer: {times}",
            *_computing(rates),
        ),
    )


def _computing(rates: Rates) -> list[str]:
    """Beside the rates, because a machine that is busy with other things disturbs this less."""
    if not rates.gateway_computing:
        return []
    plain, ours = statistics.median(rates.reference_computing), statistics.median(rates.gateway_computing)
    return [
        f"computing for a request: the plain app {plain * 1e6:.0f} µs, the gateway {ours * 1e6:.0f} µs, {plain / ours:.2f} of it"
    ]


PERCENTILES = (("median", 0.5), ("p95", 0.95), ("p99", 0.99))


def _measure(url: str, rounds: int, seconds: float) -> Rates:
    with _environment(url) as environment:
        settings = Settings(
            data_directory=Path(environment["GATEWAY_DATA_DIRECTORY"]),
            database_url=url,
            allow_private_addresses=True,
            allow_plain_http=True,
        )
        webhook_id = asyncio.run(_connect(settings))
        with _server("reference", environment) as plain, _server("gateway", environment) as ours:
            return _in_turn(plain, ours, webhook_id, rounds, seconds)


@contextlib.contextmanager
def _environment(url: str) -> Iterator[dict[str, str]]:
    """What the gateway is started with, and a Valkey for its rings."""
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory:
        valkey = EmbeddedValkey()
        try:
            yield {
                "GATEWAY_DATA_DIRECTORY": directory,
                "GATEWAY_DATABASE_URL": url,
                "GATEWAY_REDIS_URL": valkey.start(Path(directory) / "valkey"),
                "GATEWAY_ALLOW_PRIVATE_ADDRESSES": "true",
                "GATEWAY_ALLOW_PLAIN_HTTP": "true",
                "GATEWAY_METRICS_PORT": "0",
            }
        finally:
            valkey.stop()


async def _connect(settings: Settings) -> str:
    """A connection in the database; returns its webhook id."""
    draft = Draft(
        name="bench",
        integration="woocommerce",
        source={"shop_url": SHOP, "consumer_key": "ck", "consumer_secret": "cs", "webhook_secret": SECRET},
        warehouse={"url": "http://127.0.0.1:1/demo/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77},
    )
    vault, database = open_vault(settings), Database(settings.sqlalchemy_url)
    async with database.begin() as db:
        made = await connections.create(db, vault, connections.prepare(draft, settings.reach), utc_now())
        found = await connections.find(db, vault, made)
    await database.close()
    return found.webhook_id


@contextlib.contextmanager
def _server(kind: str, environment: dict[str, str]) -> Iterator[Server]:
    """`tests.bench.compared.servers` in a process of its own."""
    port = free_port()
    command = tied_to_parent([sys.executable, "-m", "tests.bench.compared.servers", kind, str(port)], signal.SIGKILL)
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_until_answering(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_answering(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.post(f"http://127.0.0.1:{port}/nothing", trust_env=False)
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return


def _in_turn(plain: Server, ours: Server, webhook_id: str, rounds: int, seconds: float) -> Rates:
    body = order_of(BODY_BYTES)
    headers = _headers(body)
    rates = Rates()
    sides = ((plain, rates.reference, rates.reference_computing), (ours, rates.gateway, rates.gateway_computing))
    for number in range(rounds + 1):
        warms_up = number == 0
        for server, per_second, computing in sides:
            request = load.request_bytes(server.port, f"/webhooks/{webhook_id}", headers, body)
            before = server.computed()
            rates.last = load.run(server.port, request, CONNECTIONS, WARM_UP_SECONDS if warms_up else seconds)
            after = server.computed()
            if set(rates.last.statuses) != {200}:
                raise RuntimeError(f"not every request was answered 200: {rates.last.statuses}")
            if warms_up:
                continue
            per_second.append(rates.last.per_second)
            if before is not None and after is not None:
                computing.append((after - before) / rates.last.answers)
    return rates


def order_of(size: int) -> bytes:
    """An order's body of exactly `size` bytes."""
    recorded = json.loads((FIXTURES / "webhooks" / "027-order.created.json").read_text())
    order = json.loads(recorded["body"])
    order["customer_note"] = ""
    order["customer_note"] = "x" * (size - len(json.dumps(order)))
    return json.dumps(order).encode()


def _headers(body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": SHOP,
        "X-WC-Webhook-Topic": "order.updated",
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": "updated",
        "X-WC-Webhook-ID": "2",
        "X-WC-Webhook-Delivery-ID": load.NUMBER.decode(),
        "X-WC-Webhook-Signature": base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode(),
        "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.1)",
    }
