"""A gateway in this process with its simulators, and orders for it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.workload import databases
from tests.bench.workload.warehouse_process import WarehouseProcess
from tests.harness import FIXTURES, Harness, open_harness

Body = dict[str, Any]

FIRST = datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)
"""When the first order was last changed; the shop's clock is an hour ahead of UTC then."""


@cache
def _recorded() -> str:
    """An order of two lines that a real shop was recorded to announce."""
    recorded = json.loads((FIXTURES / "webhooks" / "115-order.created.json").read_text())
    return base64.b64decode(recorded["body_base64"]).decode()


def order(order_id: int, second: int = 0, pieces: int = 1) -> Body:
    """A paid order, last changed `second` seconds after FIRST; its first line asks for `pieces`."""
    body: Body = json.loads(_recorded())
    modified = FIRST + timedelta(seconds=second)
    body |= {"id": order_id, "number": str(order_id), "status": "processing", "customer_id": 0}
    body["date_modified_gmt"] = f"{modified:%Y-%m-%dT%H:%M:%S}"
    body["date_modified"] = f"{modified + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    body["line_items"][0]["quantity"] = pieces
    return body


@contextlib.asynccontextmanager
async def harness(url: str | None = None, warehouse: WarehouseProcess | None = None, **settings: Any) -> AsyncIterator[Harness]:
    """With one active connection; on SQLite when no database is given; to a WMS in another process when one is given."""
    with contextlib.ExitStack() as stack:
        database = url or stack.enter_context(databases.sqlite())
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-"))
        async with open_harness(database, Path(directory), **settings) as opened:
            if warehouse is not None:
                # `connect` asks it for credentials, and nothing here for more.
                opened.warehouse = warehouse  # type: ignore[assignment]
            await opened.connect()
            yield opened


LOOK_SECONDS = 0.01
"""Often enough for what is waited for, and seldom enough not to be what is measured."""


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 60.0) -> None:
    """Looks again and again. Raises TimeoutError saying what did not happen."""
    ends = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > ends:
            raise TimeoutError(f"within {seconds:g} s it did not happen that {what}")
        await asyncio.sleep(LOOK_SECONDS)
