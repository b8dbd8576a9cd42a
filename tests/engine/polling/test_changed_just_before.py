"""Another process has changed the connection just before a poll begins: the poll reads with what holds now."""

from __future__ import annotations

from app.integrations.protocol.credentials import revealed
from app.records import connections
from app.records.connections import Connection, Draft
from tests.engine.polling.poll_steps import last_run, numbers, some_orders
from tests.harness import Harness


async def with_secret(harness: Harness, secret: str) -> Connection:
    """The connection as it is with this secret of the shop's."""
    now = harness.connection
    draft = Draft(
        name=now.name,
        integration=now.integration,
        source={**revealed(now.source), "consumer_secret": secret},
        warehouse=revealed(now.warehouse),
        settings=now.settings.model_dump(mode="json"),
    )
    prepared = connections.prepare(draft, harness.gateway.settings.reach)
    async with harness.gateway.database.begin() as db:
        await connections.change(db, harness.gateway.vault, now, prepared, harness.clock())
        harness.connections[now.name] = await connections.find(db, harness.gateway.vault, now.id)
    return harness.connection


async def test_a_secret_that_was_pasted_a_moment_ago_is_used(sqlite_harness: Harness) -> None:
    right = sqlite_harness.connection.source
    orders = some_orders(sqlite_harness, 1)
    old = await with_secret(sqlite_harness, "cs_replaced")
    await with_secret(sqlite_harness, revealed(right)["consumer_secret"])
    sqlite_harness.gateway._connections.put(old.id, old)  # as a worker knows it that has read it just before
    await sqlite_harness.poll()
    assert (await last_run(sqlite_harness)).state == "done"
    assert numbers(sqlite_harness) == [orders[0]["number"]]
