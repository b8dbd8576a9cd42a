"""The warehouse's part of a connection test, which must not lock out the user with whom live connections work.

The WMS locks a user out of a method after refused calls in a row, whoever made them. So refused tests of logins that were never
proven (`Connection.is_proven`) are counted by the user, across connections, apart from what live connections count. After some
in a row none of them is tested for a while. A proven login goes on, and its tests are counted by themselves: what others try with
its user costs it nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import Clock
from app.engine.core import circuit
from app.engine.core.circuit import Paused
from app.engine.core.runtime import Gateway
from app.errors import RateLimited
from app.records.connections import Connection
from app.settings import Settings
from app.storage.engine import Database
from app.warehouse.connection_test import Check
from app.warehouse.rest.client import OngoingClient

COUNTED = ("login", "goods-owner")
"""The checks that are one call each, to a method of their own."""


async def test_warehouse(gateway: Gateway, connection: Connection) -> tuple[Check, ...]:
    """Makes real calls, unless too many tests of the same user were refused lately."""
    return await guarded(gateway.database, gateway.settings, connection, gateway.warehouse(connection), gateway.clock)


async def guarded(
    database: Database, settings: Settings, connection: Connection, client: OngoingClient, clock: Clock
) -> tuple[Check, ...]:
    """The same with a client of one's own."""
    counted = f"{circuit.user_of(connection)}|{connection.id}" if connection.is_proven else circuit.user_of(connection)
    keys = {name: circuit.key_for(counted, f"test {name}") for name in COUNTED}
    async with database.read() as db:
        paused = await circuit.longest_pause(db, list(keys.values()), clock())
    if paused is not None:
        name = next(name for name, key in keys.items() if key == paused.key)
        return (_not_made(name, connection, paused),)
    checks = await client.test()

    async def work(db: AsyncConnection) -> None:
        for name, key in sorted(keys.items()):
            await _count(db, settings, (name, key, connection.lane), checks, clock())

    await database.run(work)
    return checks


def _not_made(name: str, connection: Connection, paused: Paused) -> Check:
    tries = f"{paused.failures} refused calls in a row" if paused.failures > 1 else "a refused call"
    others = "" if connection.is_proven else "; connections in use go on meanwhile"
    message = (
        f"not tried: too many tests of the user {connection.warehouse.user} were refused ({tries}; the last: {paused.error}). "
        f"The next test is possible at {paused.until:%H:%M} UTC{others}"
    )
    return Check(name, False, message, "correct the credentials meanwhile; more refused calls would lock the user out of the WMS")


async def _count(
    db: AsyncConnection, settings: Settings, counted: tuple[str, str, str], checks: Sequence[Check], now: datetime
) -> None:
    """`counted`: the check's name, its counter's key and the connection's lane."""
    name, key, lane = counted
    error = next((check.error for check in checks if check.asked == name and check.error is not None), None)
    if error is None:
        if any(check.ok for check in checks if check.name == name):
            await circuit.succeeded(db, key, now)
    elif isinstance(error, RateLimited):
        await circuit.count_failure(db, key, lane, error, now, settings)
    elif error.status is not None and error.status not in circuit.ON_THE_WAY:
        await circuit.failed(db, key, lane, error, now, settings)
