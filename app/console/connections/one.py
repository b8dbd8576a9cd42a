"""One connection: all that is known of it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from app.api.connections.views import warehouse_webhook_url, webhook_url
from app.console.connections.health import by_counter, counters_of, health_of, pace_of
from app.console.connections.listing import Row
from app.console.kit.page import Page
from app.domain import Process, Right
from app.engine.core import circuit
from app.engine.operations.syncs import ORDER_OF_READING
from app.engine.upkeep import webhook_state
from app.engine.upkeep.webhook_state import WebhookState
from app.integrations.protocol.capabilities import Capability, without_impossible
from app.integrations.protocol.credentials import secret_fields, shown
from app.integrations.protocol.integration import can
from app.records.connections import Connection, Status
from app.records.console import connection_standing
from app.web.texts import Text

CONNECTIONS = "/console/connections"
NEEDS_ADMIN = Text("Your key may not do this: it needs the right admin.")
NEEDS_SYNC = Text("Your key may not do this: it needs the right sync.")
IS_DRAFT = Text("It is a draft: activate it first.")


def address_of(connection: Connection) -> str:
    return f"{CONNECTIONS}/{connection.name}"


def consent_address(connection: Connection) -> str | None:
    """The page where a person connects it again; None for a system that asks nobody for consent."""
    system = connection.system
    return f"/oauth/{system.name}/start?connection={connection.name}" if system.consent is not None else None


async def named(page: Page) -> Connection:
    """The connection in the address. Raises NotFound, also for another customer's."""
    return await page.viewer.connection(page.path["connection"])


async def one_page(page: Page) -> Response:
    connection = await named(page)
    async with page.gateway.database.read() as db:
        standing = (await connection_standing.of(db, [connection.id]))[connection.id]
        paused = by_counter(await circuit.all_paused(db, list(counters_of(connection)), page.gateway.clock()))
    row = Row(connection, health_of(connection, standing, paused), standing, pace_of(connection))
    return page.render(
        "connections/one.html",
        row=row,
        connection=connection,
        address=address_of(connection),
        credentials=shown(connection.source),
        secrets=_secrets(connection),
        chosen=dict(chosen_settings(connection)),
        webhook_url=webhook_url(page.request, connection)[0] if connection.system.webhooks is not None else None,
        warehouse_webhook_url=warehouse_webhook_url(page.request, connection),
        consent_url=consent_address(connection),
        webhooks=await _webhooks(page, connection),
        manages=Capability.MANAGE_WEBHOOKS in connection.system.capabilities,
        processes=[each.value for each in ORDER_OF_READING if _is_on(connection, each)],
        why_not=why_not(page, connection),
    )


def _is_on(connection: Connection, process: Process) -> bool:
    return can(connection.system, process) and connection.settings.processes.is_on(process)


def why_not(page: Page, connection: Connection) -> dict[str, Text | None]:
    """By action, why it is not possible now; None when it is."""
    key, status = page.viewer.key, connection.status
    no_admin = None if key.may(Right.ADMIN) else NEEDS_ADMIN
    no_sync = None if key.may(Right.SYNC) else NEEDS_SYNC
    is_draft = IS_DRAFT if status is Status.DRAFT else None
    is_paused = Text("It is paused already.") if status is Status.PAUSED else None
    runs = Text("It is active: it runs already.") if status is Status.ACTIVE else None
    in_use = Text("It has been in use. Pause it instead: its history stays.") if connection.activated_at is not None else None
    rests = Text("It is paused: resume it first.") if status is Status.PAUSED else None
    return {
        "admin": no_admin,
        "test": no_admin,
        "pause": no_admin or is_draft or is_paused,
        "resume": no_admin or is_draft or runs,
        "delete": no_admin or in_use,
        "sync": no_sync or is_draft or rests,
        "check": no_admin or is_draft or rests,
    }


def _secrets(connection: Connection) -> dict[str, bool]:
    parts = {"source": connection.source, "warehouse": connection.warehouse}
    return {
        f"{part}.{name}": getattr(model, name) is not None
        for part, model in parts.items()
        for name in sorted(secret_fields(type(model)))
    }


async def _webhooks(page: Page, connection: Connection) -> WebhookState | None:
    """None for a system that sends none."""
    return await webhook_state.read(page.gateway, connection) if connection.system.webhooks is not None else None


def chosen_settings(connection: Connection) -> Iterator[tuple[str, Any]]:
    """The settings that are not at their defaults, by dotted name."""
    system = connection.system
    defaults = system.settings_model.model_validate(without_impossible({}, system.capabilities)).model_dump(mode="json")
    return _different(connection.settings.model_dump(mode="json"), defaults)


def _different(values: Mapping[str, Any], defaults: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict) and default:
            yield from _different(value, default, f"{before}{name}.")
        elif value != default:
            yield f"{before}{name}", value
