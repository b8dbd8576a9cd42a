"""Connections in the gateway's database: made, changed and paused as an operator would, and seen by this process at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain import INBOUND
from app.engine.core.runtime import Gateway
from app.integrations.protocol.credentials import revealed
from app.records import connections
from app.records import cursors as cursor_rows
from app.records.connections import Connection, Draft, Status

LONG_AGO = "2020-01-01T00:00:00Z"
RECORDED_SHOP = "http://127.0.0.1:8099/"
NEVER = timedelta(days=3650)


async def make_connection(gateway: Gateway, draft: Draft) -> Connection:
    """Active at once. Its polls are not due before a test says so: polls would mix with what webhooks bring about."""
    now = gateway.clock()
    prepared = connections.prepare(draft, gateway.settings.reach)
    async with gateway.database.begin() as db:
        made = await connections.create(db, gateway.vault, prepared, now)
        await connections.activate(db, await connections.find(db, gateway.vault, made), now)
        found = await connections.find(db, gateway.vault, made)
        for process in INBOUND:
            await cursor_rows.ensure(db, found, process, now)
            await cursor_rows.change(db, found.id, process, next_poll_at=now + NEVER, next_sweep_at=now + NEVER)
    gateway.forget(found.id)
    return found


async def change_settings(gateway: Gateway, connection: Connection, settings: dict[str, Any]) -> Connection:
    draft = Draft(
        name=connection.name,
        integration=connection.integration,
        source=revealed(connection.source),
        warehouse=revealed(connection.warehouse),
        settings={
            **connection.settings.model_dump(mode="json"),
            **settings,
            **(way_back_off(settings) if "processes" in settings else {}),
        },
    )
    prepared = connections.prepare(draft, gateway.settings.reach)
    async with gateway.database.begin() as db:
        await connections.change(db, gateway.vault, connection, prepared, gateway.clock())
        found = await connections.find(db, gateway.vault, connection.id)
    gateway.forget(connection.id)
    return found


async def set_status(gateway: Gateway, connection: Connection, status: Status) -> None:
    async with gateway.database.begin() as db:
        await connections.set_status(db, connection.id, status, gateway.clock())
    gateway.forget(connection.id)


def way_back_off(settings: dict[str, Any]) -> dict[str, Any]:
    """The processes that write to the shop are off unless a test asks for them."""
    return {"processes": {"stock": False, "shipments": False, "returns": False, **settings.get("processes", {})}}
