"""The guard reads a shop's webhooks on a schedule, and puts ours right: missing, switched off, elsewhere, without rights.

A shop switches a webhook off after failures in a row, and never sends again what it could not deliver. So the guard polls what
was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.engine.core import leases
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.polling import runner
from app.errors import RemoteError
from app.integrations.protocol import Fault, ManagesWebhooks, Mend, SignedError, WebhookAction, WebhookSeen
from app.logs import get_logger
from app.metrics import WEBHOOK_REPAIRS
from app.records import alerts, cursors
from app.records.connections import Connection, Status
from app.storage.outbound_tables import hooks
from app.storage.tables import inbox
from app.storage.upserts import insert_missing

log = get_logger(__name__)

MOST_FAILED = 1_000
"""How many of the last deliveries without a record are checked."""
FAILED_MINUTES = 10
"""The longest wait until the next check after one that failed."""


def address_of(gateway: Gateway, connection: Connection) -> str | None:
    """The address to which the shop sends. None without a public address, or without a secret to verify with."""
    public = gateway.settings.public_url
    if public is None or not connection.webhook_secret:
        return None
    return f"{public.rstrip('/')}/webhooks/{connection.webhook_id}"


async def state_of(db: AsyncConnection, connection_id: str) -> Any:
    return (await db.execute(select(hooks).where(hooks.c.connection_id == connection_id))).first()


async def due(db: AsyncConnection, connection: Connection, now: datetime) -> bool:
    """Whether the connection's webhooks are due for a check. The first check is due at once."""
    row = await state_of(db, connection.id)
    return row is None or row.next_check_at <= now


async def reconcile(gateway: Gateway, connection_id: str) -> None:
    """Checks the webhooks, repairs them, and polls what was missed. If the shop cannot be asked, the next check asks it again."""
    # Another process may have woken us up right after it changed the connection. Our cached one may still point at another shop.
    gateway.forget(connection_id)
    connection = await gateway.connection(connection_id)
    url, source = address_of(gateway, connection), gateway.source(connection)
    is_wanted = connection.settings.webhooks.managed and connection.status is Status.ACTIVE
    if not is_wanted or url is None or not isinstance(source, ManagesWebhooks):
        return
    lease = await leases.acquire(gateway.database, f"hooks:{connection_id}", gateway.settings.lease_seconds)
    if lease is None:
        return
    done: list[WebhookAction] = []
    try:
        async with leases.kept(gateway.database, lease):
            seen, actions = await _plan(gateway, connection, source, url)
            for action in actions:
                await _carry_out(source, action, url, connection.webhook_secret or "")
                done.append(action)
            if done:
                seen = await source.webhooks()
        await _saved(gateway, connection, done, seen=[_plain(each) for each in seen], last_error=None)
    except RemoteError as error:
        await _failed(gateway, connection, done, error)
    finally:
        await leases.release(gateway.database, lease)


async def _plan(
    gateway: Gateway, connection: Connection, source: ManagesWebhooks, url: str
) -> tuple[Sequence[WebhookSeen], Sequence[WebhookAction]]:
    async with gateway.database.read() as db:
        row = await state_of(db, connection.id)
        without_rights = await _without_rights(db, connection, row.checked_at if row else None)
    seen = await source.webhooks()
    return seen, source.webhook_plan(seen, url, without_rights)


async def _without_rights(db: AsyncConnection, connection: Connection, since: datetime | None) -> frozenset[str]:
    """Webhooks whose deliveries have said since the last check that their owner may not read the record."""
    webhooks = connection.system.webhooks
    if webhooks is None:
        return frozenset()
    query = select(inbox.c.headers, inbox.c.reason).where(
        inbox.c.connection_id == connection.id, inbox.c.state == EventState.IGNORED, inbox.c.reason_code == "no-record"
    )
    if since is not None:
        query = query.where(inbox.c.received_at > since)
    found = await db.execute(query.order_by(inbox.c.id.desc()).limit(MOST_FAILED))
    return webhooks.failed_webhook_ids([SignedError(row.headers, row.reason or "") for row in found])


async def _carry_out(source: ManagesWebhooks, action: WebhookAction, url: str, secret: str) -> None:
    match action.mend:
        case Mend.REGISTER:
            await source.register(action.topic, url, secret)
        case Mend.REPAIR:
            assert action.webhook_id is not None
            await source.repair(action.webhook_id, url, secret)
        case Mend.DELETE:
            assert action.webhook_id is not None
            await source.delete_webhook(action.webhook_id)


class HookChange(TypedDict, total=False):
    """What a check found out about a connection's webhooks, and when the next check is due."""

    state: str
    checked_at: datetime
    next_check_at: datetime
    repairs: int
    last_repair_at: datetime
    seen: list[dict[str, Any]]
    last_error: str | None


async def _saved(gateway: Gateway, connection: Connection, done: Sequence[WebhookAction], **values: Unpack[HookChange]) -> None:
    """Stores what was found and done. After a repair, what was missed is polled now."""
    now = gateway.clock()
    minutes = connection.settings.webhooks.check_minutes
    async with gateway.database.begin() as db:
        before = await state_of(db, connection.id)
        first = before is None or before.seen is None
        repairs = [action for action in done if not (first and action.fault is Fault.MISSING)]
        said: HookChange = {
            "checked_at": now,
            "next_check_at": now + timedelta(minutes=minutes),
            "state": "repaired" if repairs else "fine",
            "repairs": (before.repairs if before else 0) + len(repairs),
        }
        if repairs:
            said["last_repair_at"] = now
        await _save(db, connection, {**said, **values})
        if repairs:
            text = "; ".join(dict.fromkeys(action.message for action in repairs))
            await alerts.raise_alert(db, "webhooks", connection.id, repairs[0].fault.value, text, now)
        if done:
            await _poll_the_gap(db, connection, now)
    for action in done:
        WEBHOOK_REPAIRS.labels(connection.name, action.fault.value).inc()
        log.info(
            "webhook_put_right", connection=connection.name, topic=action.topic, fault=action.fault.value, mend=action.mend.value
        )
    if done:
        for process in runner.SHOP_POLLS:
            await gateway.wake_ups.send(Task.POLL, poll_key(connection.id, process))


def _plain(seen: WebhookSeen) -> dict[str, Any]:
    plain = asdict(seen)
    plain["modified_at"] = seen.modified_at.isoformat() if seen.modified_at else None
    return plain


async def _poll_the_gap(db: AsyncConnection, connection: Connection, now: datetime) -> None:
    for process in runner.SHOP_POLLS:
        if connection.settings.processes.is_on(process):
            await cursors.ensure(db, connection, process, now)
            await cursors.change(db, connection.id, process, next_poll_at=now)


async def _failed(gateway: Gateway, connection: Connection, done: Sequence[WebhookAction], error: RemoteError) -> None:
    """Stores the repairs made before the failure. The rest is checked again soon."""
    now = gateway.clock()
    again = now + timedelta(minutes=min(connection.settings.webhooks.check_minutes, FAILED_MINUTES))
    await _saved(gateway, connection, done, state="failed", next_check_at=again, last_error=error.message)
    async with gateway.database.begin() as db:
        text = f"The shop's webhooks could not be looked at or put right: {error.message}"
        await alerts.raise_alert(db, "webhooks", connection.id, "failed", text, now)
    log.warning("webhooks_not_checked", connection=connection.name, error=type(error).__name__)


async def _save(db: AsyncConnection, connection: Connection, values: HookChange) -> None:
    same = hooks.c.connection_id == connection.id
    if not await insert_missing(db, hooks, connection_id=connection.id, **values):
        await db.execute(update(hooks).where(same).values(**values))
