"""Orders in the shop, and what a poll left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.operations import syncs
from app.engine.operations.syncs import Asker, Request
from app.records import runs
from app.records.runs import Run
from app.storage.tables import cursors
from app.storage.tables import runs as run_rows
from tests.harness import Harness, Resource

ORDERS = "/wp-json/wc/v3/orders"


async def cursor(harness: Harness, process: str = "orders") -> Any:
    (row,) = await harness.stored.rows(
        select(cursors).where(cursors.c.process == process, cursors.c.connection_id == harness.connection.id)
    )
    return row


async def last_run(harness: Harness) -> Run:
    (row, *_) = await harness.stored.rows(select(run_rows.c.id).order_by(run_rows.c.created_at.desc()))
    async with harness.gateway.database.read() as db:
        found = await runs.find(db, row.id)
    assert found is not None
    return found


async def sync(harness: Harness, **asked: Any) -> Run:
    """As an operator asks for it."""
    run_id = await syncs.start(harness.gateway, Request("shop", Process.ORDERS, **asked), Asker("key_1", None))
    await harness.work()
    async with harness.gateway.database.read() as db:
        found = await runs.find(db, run_id)
    assert found is not None
    return found


def some_orders(harness: Harness, count: int, **more: Any) -> list[Resource]:
    found = []
    for _ in range(count):
        harness.tick()
        found.append(harness.shop.order("SOKK-1", **more))
    return found


def numbers(harness: Harness) -> list[str]:
    return sorted(number for _, number in harness.warehouse.model.orders)


@contextmanager
def changed_answers(harness: Harness, path: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """Within the block, what the systems answer under this path is changed on its way."""
    send = harness.gateway.http.send

    async def sent(request: httpx.Request, **named: Any) -> httpx.Response:
        response = await send(request, **named)
        if path not in request.url.path:
            return response
        headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-length"]
        return httpx.Response(response.status_code, headers=headers, content=change(response.content), request=request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness.gateway.http, "send", sent)
        yield
