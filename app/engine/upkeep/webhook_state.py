"""A shop's webhooks as the guard saw them last, and what the guard lacks to keep them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.engine.core.runtime import Gateway
from app.engine.upkeep import webhook_guard
from app.errors import Conflict
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import refuse
from app.records.connections import Connection, Status
from app.records.webhooks import never_rang, proofs
from app.settings import Settings


@dataclass(frozen=True)
class Missing:
    """Why the guard does nothing, or cannot succeed. `code` is stable."""

    code: str
    text: str
    fix: str
    only_writing: bool = False
    """The webhooks can be read all the same: they cannot be repaired, or will not come."""


@dataclass(frozen=True)
class WebhookState:
    """`webhooks` are this connection's, as the shop showed them at `checked_at`. `state` is unknown before the first check."""

    managed: bool
    address: str | None
    state: str = "unknown"
    checked_at: datetime | None = None
    next_check_at: datetime | None = None
    repairs: int = 0
    last_repair_at: datetime | None = None
    last_error: str | None = None
    webhooks: tuple[dict[str, Any], ...] = ()
    missing: tuple[Missing, ...] = field(default=())


def missing(settings: Settings, connection: Connection) -> tuple[Missing, ...]:
    """What the guard lacks, the first thing to do first. Empty for a system that sends no webhooks."""
    webhooks = connection.system.webhooks
    if webhooks is None:
        return ()
    found = []
    if not connection.settings.webhooks.managed and Capability.MANAGE_WEBHOOKS in connection.system.capabilities:
        found.append(
            Missing("not-managed", "webhooks.managed is off: the webhooks are made by hand", "set settings.webhooks.managed")
        )
    if settings.public_url is None:
        fix = "set GATEWAY_PUBLIC_URL to the address under which the shop reaches the gateway, for API and worker"
        found.append(Missing("no-public-url", "the gateway does not know its own address", fix))
    elif (unheard := webhooks.not_called(settings.public_url, connection.source, connection.facts)) is not None:
        found.append(Missing(unheard.code, unheard.text, unheard.fix, only_writing=True))
    if not connection.webhook_secrets:
        fix = f"POST /connections/{connection.name}/rotate-webhook-secret makes one"
        found.append(Missing("no-secret", "the connection has no webhook secret", fix))
    rights = webhooks.rights_missing(connection.facts)
    if rights is not None:
        found.append(Missing(rights.code, rights.text, rights.fix, only_writing=True))
    if connection.status is not Status.ACTIVE:
        act = "resume" if connection.status is Status.PAUSED else "activate"
        fix = f"POST /connections/{connection.name}/{act}"
        found.append(Missing("not-active", f"the connection is {connection.status.value}", fix))
    return tuple(found)


async def read(gateway: Gateway, connection: Connection) -> WebhookState:
    """The state as it was last seen. Makes no call. Raises BadInput for a system that sends no webhooks."""
    if connection.system.webhooks is None:
        raise refuse(connection.system, Capability.SEND_WEBHOOKS, "connection")
    async with gateway.database.read() as db:
        row = await webhook_guard.state_of(db, connection.id)
    lacks = missing(gateway.settings, connection)
    managed, address = connection.settings.webhooks.managed, webhook_guard.address_of(gateway, connection)
    if row is None:
        return WebhookState(managed, address, missing=lacks)
    known = proofs.opened(row.proofs)
    ours = tuple(
        {**each, "is_proven": known.get(str(each["id"]), proofs.Proof()).is_proven}
        for each in row.seen or ()
        if str(each.get("delivery_url", "")).endswith(f"/{connection.webhook_id}")
    )
    return WebhookState(
        managed,
        address,
        row.state,
        row.checked_at,
        row.next_check_at,
        row.repairs,
        row.last_repair_at,
        row.last_error,
        ours,
        (*lacks, *unproven(gateway.settings, connection, row)),
    )


def unproven(settings: Settings, connection: Connection, row: Any) -> tuple[Missing, ...]:
    """Webhooks that never rang, as the guard's last check has told of them. `row`: what is stored of the webhooks."""
    topics = never_rang.told_of(row)
    if not topics:
        return ()
    fix = never_rang.fix(connection, settings.public_url, f"POST /connections/{connection.name}/webhooks/check")
    return (Missing(webhook_guard.UNPROVEN, never_rang.words(connection, topics), fix, only_writing=True),)


async def check(gateway: Gateway, connection: Connection) -> WebhookState:
    """Lets the guard check now, and repair what it finds.

    Raises Conflict when something is missing for that, BadInput when the gateway cannot manage the system's webhooks.
    """
    if Capability.MANAGE_WEBHOOKS not in connection.system.capabilities:
        raise refuse(connection.system, Capability.MANAGE_WEBHOOKS, "connection")
    lacks = [each for each in missing(gateway.settings, connection) if not each.only_writing]
    if lacks:
        raise Conflict(f"the webhooks cannot be looked after: {lacks[0].text}", field="webhooks", fix=lacks[0].fix)
    await webhook_guard.reconcile(gateway, connection.id)
    return await read(gateway, connection)
