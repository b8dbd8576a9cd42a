"""The bare loop that the gateway's computing is compared with.

For each order it makes the two HTTP calls that the gateway makes (is the order there? put it), with the gateway's own client of
the WMS, and three commits of one row each. It decides nothing, keeps nothing and could explain nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, insert

from app.engine.core.runtime import Gateway
from app.records.connections import Connection

COMMITS = 3
_committed = Table(
    "bench_committed", MetaData(), Column("id", Integer, primary_key=True, autoincrement=True), Column("at", Integer)
)


async def computing_of(gateway: Gateway, connection: Connection, bodies: Sequence[dict[str, Any]]) -> float:
    """Seconds of computing for one order, all threads of this process. `bodies`: what PUT /orders takes; each is a new order."""
    async with gateway.database.begin() as db:
        await db.run_sync(_committed.create, checkfirst=True)
    client = gateway.warehouse(connection)
    began = time.process_time()
    for number, body in enumerate(bodies):
        assert await client.get_order_by_number(body["orderNumber"]) is None
        await client.put_order(body)
        for _ in range(COMMITS):
            async with gateway.database.begin() as db:
                await db.execute(insert(_committed).values(at=number))
    return (time.process_time() - began) / len(bodies)
