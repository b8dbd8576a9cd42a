"""Intake: signed 4 KB orders, committed before they are answered, against a route that stores nothing. Interleaved runs, ratios."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from app.embedded import EmbeddedValkey
from app.records import connections
from app.records.connections import Draft
from app.sandbox.server import free_port
from app.settings import Settings
from app.storage.engine import Database
from app.storage.migrations import upgrade
from app.storage.secrets import open_vault
from tests.bench import load
from tests.bench.servers import SECRET

CONNECTIONS = 64
BODY_BYTES = 4096


def order_of(size: int) -> bytes:
    """An order's body of exactly `size` bytes."""
    recorded = Path(__file__).parents[1] / "fixtures" / "woocommerce" / "webhooks" / "027-order.created.json"
    order = json.loads(json.loads(recorded.read_text())["body"])
    order["customer_note"] = ""
    missing = size - len(json.dumps(order))
    order["customer_note"] = "x" * missing
    return json.dumps(order).encode()


async def _connect(settings: Settings) -> str:
    """A connection in the database; returns its webhook id."""
    from datetime import UTC, datetime

    vault = open_vault(settings)
    draft = Draft(
        name="bench",
        integration="woocommerce",
        shop={"shop_url": "http://127.0.0.1:1/", "consumer_key": "ck", "consumer_secret": "cs", "webhook_secret": SECRET},
        warehouse={"url": "http://127.0.0.1:1/demo/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77},
    )
    database = Database(settings.sqlalchemy_url)
    async with database.begin() as db:
        made = await connections.create(db, vault, connections.prepare(draft, settings.reach), datetime.now(UTC))
        found = await connections.find(db, vault, made)
    await database.close()
    return found.webhook_id


@contextlib.contextmanager
def server(kind: str, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.servers", kind, str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.TransportError):
                httpx.post(f"http://127.0.0.1:{port}/nothing")
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def compare(database_url: str | None, rounds: int, seconds: float) -> tuple[list[float], list[float], load.Load]:
    """(requests per second of the reference, of the gateway, the gateway's last load), run in turn."""
    with tempfile.TemporaryDirectory() as directory:
        valkey = EmbeddedValkey()
        environment = {
            "GATEWAY_DATA_DIRECTORY": directory,
            "GATEWAY_REDIS_URL": valkey.start(Path(directory) / "valkey"),
            "GATEWAY_ALLOW_PRIVATE_ADDRESSES": "true",
            "GATEWAY_ALLOW_PLAIN_HTTP": "true",
            "GATEWAY_METRICS_PORT": "0",
            **({"GATEWAY_DATABASE_URL": database_url} if database_url else {}),
        }
        try:
            settings = Settings(
                data_directory=Path(directory), database_url=database_url, allow_private_addresses=True, allow_plain_http=True
            )
            upgrade(settings.sqlalchemy_url)
            webhook_id = asyncio.run(_connect(settings))
            with server("reference", environment) as plain, server("gateway", environment) as ours:
                return _in_turn(plain, ours, webhook_id, rounds, seconds)
        finally:
            valkey.stop()


def _in_turn(plain: int, ours: int, webhook_id: str, rounds: int, seconds: float) -> tuple[list[float], list[float], load.Load]:
    body = order_of(BODY_BYTES)
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": "http://127.0.0.1:1/",
        "X-WC-Webhook-Topic": "order.updated",
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": "updated",
        "X-WC-Webhook-ID": "2",
        "X-WC-Webhook-Delivery-ID": "0" * 32,
        "X-WC-Webhook-Signature": signature,
        "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.1)",
    }
    rates: tuple[list[float], list[float]] = ([], [])
    last = load.Load()
    for number in range(rounds + 1):
        for port, found in ((plain, rates[0]), (ours, rates[1])):
            request = load.request_bytes(port, f"/webhooks/{webhook_id}", headers, body)
            last = load.run(port, request, CONNECTIONS, seconds if number else 1.0)
            if set(last.statuses) != {200}:
                raise RuntimeError(f"not every request was answered 200: {last.statuses}")
            if number:  # the first round warms up
                found.append(last.per_second)
    return (*rates, last)


def report(name: str, database_url: str | None, wanted: float, rounds: int = 5, seconds: float = 4.0) -> bool:
    """Prints the figure; whether it is reached."""
    plain, ours, last = compare(database_url, rounds, seconds)
    ratios = [one / other for one, other in zip(ours, plain, strict=True)]
    ratio = statistics.median(ratios)
    print(f"intake, {name}, {CONNECTIONS} connections, {BODY_BYTES} B, commit before the answer")
    print(
        f"  reference {statistics.median(plain):8.0f}/s   gateway {statistics.median(ours):8.0f}/s   ratio {ratio:.2f} (wanted {wanted})"
    )
    print(f"  ratios of {rounds} interleaved runs: {', '.join(f'{each:.2f}' for each in ratios)}")
    print(
        f"  answer in the median {last.percentile(0.5) * 1000:.1f} ms, p95 {last.percentile(0.95) * 1000:.1f} ms, p99 {last.percentile(0.99) * 1000:.1f} ms"
    )
    return ratio >= wanted
