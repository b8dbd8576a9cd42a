"""The guard reads a shop's webhooks on a schedule, and puts ours right: missing, switched off, elsewhere, without rights.

A shop switches a webhook off after failures in a row, and never sends again what it could not deliver. So the guard polls what
was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import case, false, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.engine.core import leases
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.intake.understanding import NO_RIGHT
from app.engine.polling import runner
from app.errors import RemoteError
from app.integrations.protocol import Fault, ManagesWebhooks, Mend, WebhookAction, WebhookSeen
from app.integrations.protocol.capabilities import Capability
from app.logs import get_logger
from app.metrics import WEBHOOK_REPAIRS
from app.records import alerts, cursors
from app.records.connections import Connection, Status
from app.records.webhooks import given_secrets, never_rang, proofs
from app.records.webhooks.proofs import Proofs
from app.storage.audit.changes import Change, note
from app.storage.outbound_tables import hooks
from app.storage.tables import inbox
from app.storage.upserts import insert_missing

log = get_logger(__name__)

UNPROVEN = "unproven"
"""Subject of the alert about webhooks that never rang, and code of the finding."""
MOST_FAILED = 1_000
"""How many of the last deliveries that held an error about rights are looked at."""
STORED_WITHIN = timedelta(minutes=1)
"""What was settled so long before the last check may not have been stored yet when it began."""
FAILED_MINUTES = 10
"""The longest wait until the next check after one that failed."""


def address_of(gateway: Gateway, connection: Connection) -> str | None:
    """The address to which the shop sends. None without a public address, or without a secret to verify with."""
    public = gateway.settings.public_url
    if public is None or not connection.webhook_secrets:
        return None
    return f"{public.rstrip('/')}/webhooks/{connection.webhook_id}"


async def state_of(db: AsyncConnection, connection_id: str, *, lock: bool = False) -> Any:
    query = select(hooks).where(hooks.c.connection_id == connection_id)
    return (await db.execute(query.with_for_update() if lock else query)).first()


def is_managed(gateway: Gateway, connection: Connection) -> bool:
    """Whether the guard looks after this connection's webhooks, and can."""
    can = Capability.MANAGE_WEBHOOKS in connection.system.capabilities
    return can and connection.settings.webhooks.managed and address_of(gateway, connection) is not None


async def renew_secret(gateway: Gateway, connection_id: str) -> bool | None:
    """Puts the connection's secret into the webhooks in the shop, where that was asked for, and polls what was missed meanwhile.

    Returns whether the shop has taken it, and None where the gateway does not look after the webhooks. A shop that could not be
    asked is asked again by the next check, which comes at once if another process checks just now.
    """
    gateway.forget(connection_id)
    connection = await gateway.connection(connection_id)
    if not is_managed(gateway, connection) or connection.status is not Status.ACTIVE:
        return None
    await reconcile(gateway, connection_id)
    async with gateway.database.read() as db:
        row = await state_of(db, connection_id)
    return row is not None and not row.renews


async def reconcile(gateway: Gateway, connection_id: str) -> None:
    """Checks the webhooks, repairs them, and polls what was missed. If the shop cannot be asked, the next check asks it again.

    While another process checks, this does nothing: whoever has asked for more (`ask_for_check`) gets one more check.
    """
    lease = await leases.acquire(gateway.database, f"hooks:{connection_id}", gateway.settings.lease_seconds)
    if lease is None:
        return
    try:
        # Read under the lease: a secret that was changed while another process wrote the old one is written after it.
        gateway.forget(connection_id)
        connection = await gateway.connection(connection_id)
        url, source = address_of(gateway, connection), gateway.source(connection)
        is_wanted = connection.settings.webhooks.managed and connection.status is Status.ACTIVE
        if is_wanted and url is not None and isinstance(source, ManagesWebhooks):
            async with leases.kept(gateway.database, lease):
                await _check(gateway, connection, source, url)
    finally:
        await leases.release(gateway.database, lease)


async def _check(gateway: Gateway, connection: Connection, source: ManagesWebhooks, url: str) -> None:
    async with gateway.database.read() as db:
        row = await state_of(db, connection.id)
        without_rights = await _without_rights(db, connection, row.checked_at if row and row.state != "failed" else None)
        known = proofs.opened(row.proofs if row else None)
        delivered = await never_rang.delivered(db, connection, known)
    check = Check(connection, gateway.clock(), row.asked_at if row else None, delivered)
    try:
        seen = await source.webhooks()
        actions = source.webhook_plan(seen, url, without_rights)
        for action in (*actions, *(_renewals(seen, actions, url) if row and row.renews else ())):
            made = await _carry_out(source, action, url, connection.webhook_secret or "")
            await _keep_secret(gateway, connection, made)
            check.done.append(action)
            if made is not None and action.fault not in (Fault.PAUSED, Fault.SIGNATURE):
                check.made.append(made.id)
        if check.done:
            seen = await source.webhooks()
        check.ours = {each.id: each.topic for each in seen if each.delivery_url == url}
        await _ring_again(check, source, known, url)
        await _saved(gateway, check, seen=[_plain(each) for each in seen], last_error=None)
    except RemoteError as error:
        await _failed(gateway, check, error)


@dataclass
class Check:
    """One check, and the repairs that it has made so far. `asked_at`: what was asked until then is answered by it.

    `delivered`: unproven webhooks of which a delivery has come. `made`: those that it has made or given another address. `ours`:
    topics by id, once the shop has shown them.
    """

    connection: Connection
    began_at: datetime
    asked_at: datetime | None
    delivered: frozenset[str] = frozenset()
    done: list[WebhookAction] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    ours: dict[str, str] = field(default_factory=dict)

    def proofs(self, stored: dict[str, Any] | None, now: datetime) -> Proofs:
        """What is known of the webhooks now, by what is stored of them."""
        known = proofs.made(proofs.proven(proofs.opened(stored), self.delivered, now), self.made, self.began_at)
        return {each: proof for each, proof in known.items() if each in self.ours} if self.ours else known


async def _ring_again(check: Check, source: ManagesWebhooks, known: Proofs, url: str) -> None:
    """A webhook that still waits for a good answer to its greeting greets again when it is saved."""
    if not check.connection.system.webhooks_greet:
        return
    unheard = {each: proof for each, proof in known.items() if each not in check.delivered}
    for webhook_id in never_rang.silent(check.connection, unheard, check.ours, check.began_at):
        await source.repair(webhook_id, url, check.connection.webhook_secret or "")


def _renewals(seen: Sequence[WebhookSeen], planned: Sequence[WebhookAction], url: str) -> list[WebhookAction]:
    """Writes the secret again into those of ours of which nothing else is done."""
    ours = [each for each in seen if each.delivery_url == url and each.id not in {action.webhook_id for action in planned}]
    words = "the secret of webhook {id} ({topic}) was written again"
    return [
        WebhookAction(Mend.REPAIR, Fault.SIGNATURE, each.topic, each.id, words.format(id=each.id, topic=each.topic))
        for each in ours
    ]


async def _without_rights(db: AsyncConnection, connection: Connection, since: datetime | None) -> frozenset[str]:
    """Webhooks whose deliveries have said since the last check that their owner may not read the record."""
    webhooks = connection.system.webhooks
    if webhooks is None:
        return frozenset()
    query = select(inbox.c.headers).where(
        inbox.c.connection_id == connection.id, inbox.c.state == EventState.IGNORED, inbox.c.reason_code == NO_RIGHT
    )
    if since is not None:
        query = query.where(inbox.c.settled_at >= since - STORED_WITHIN)
    found = await db.scalars(query.order_by(inbox.c.id.desc()).limit(MOST_FAILED))
    return frozenset(sender for headers in found if (sender := webhooks.webhook_id(headers)) is not None)


async def _carry_out(source: ManagesWebhooks, action: WebhookAction, url: str, secret: str) -> WebhookSeen | None:
    """Returns the webhook, unless it is deleted."""
    match action.mend:
        case Mend.REGISTER:
            return await source.register(action.topic, url, secret)
        case Mend.REPAIR:
            assert action.webhook_id is not None
            return await source.repair(action.webhook_id, url, secret)
        case Mend.DELETE:
            assert action.webhook_id is not None
            await source.delete_webhook(action.webhook_id)
            return None


async def _keep_secret(gateway: Gateway, connection: Connection, seen: WebhookSeen | None) -> None:
    """Keeps the secret that a shop gives for a webhook, at once: its deliveries are signed with it from now on."""
    if seen is None or not seen.secret or seen.secret in connection.webhook_secrets:
        return
    async with gateway.database.begin() as db:
        await given_secrets.add(db, gateway.vault, connection.id, [seen.secret], gateway.clock())
    gateway.forget(connection.id)


class HookChange(TypedDict, total=False):
    """What a check found out about a connection's webhooks, and when the next check is due."""

    state: str
    checked_at: datetime
    next_check_at: datetime
    renews: bool
    repairs: int
    last_repair_at: datetime
    seen: list[dict[str, Any]]
    last_error: str | None
    proofs: dict[str, Any]


async def _saved(gateway: Gateway, check: Check, **values: Unpack[HookChange]) -> None:
    """Stores what was found and done. After a repair, what was missed is polled now."""
    now, connection, done = gateway.clock(), check.connection, check.done
    minutes = connection.settings.webhooks.check_minutes
    async with gateway.database.begin() as db:
        before = await state_of(db, connection.id, lock=True)
        first = before is None or before.seen is None
        repairs = [action for action in done if not (first and action.fault is Fault.MISSING)]
        said: HookChange = {
            "checked_at": check.began_at,
            "renews": False,
            "next_check_at": now + timedelta(minutes=minutes),
            "state": "repaired" if repairs else "fine",
            "repairs": (before.repairs if before else 0) + len(repairs),
        }
        if repairs:
            said["last_repair_at"] = check.began_at
        known = check.proofs(before.proofs if before else None, now)
        late = never_rang.silent(connection, known, check.ours, now)
        said["proofs"] = proofs.closed({**known, **{each: replace(known[each], told=True) for each in late}})
        await _save(db, check, {**said, **values})
        changes = [Change(f"webhooks.{each.topic}.{each.mend.value}", None, each.message) for each in done]
        changes.append(Change("webhooks.checked_at", before.checked_at if before else None, check.began_at))
        note(db, f"webhooks of {connection.name}", changes, connection_ids=(connection.id,))
        if any(not known[each].told for each in late):
            await _say_they_never_rang(db, gateway, connection, [check.ours[each] for each in late], now)
        if repairs:
            text = "; ".join(dict.fromkeys(action.message for action in repairs))
            await alerts.raise_alert(db, "webhooks", connection.id, repairs[0].fault.value, text, now)
        can_again = before is not None and before.state == "failed" and values.get("state") != "failed"
        if done or can_again:
            await _poll_the_gap(db, connection, now)
        if done:
            await _say_they_will_not_come(db, gateway, connection, now)
    for action in done:
        WEBHOOK_REPAIRS.labels(connection.name, action.fault.value).inc()
        log.info(
            "webhook_put_right", connection=connection.name, topic=action.topic, fault=action.fault.value, mend=action.mend.value
        )
    if done or can_again:
        for process in runner.SHOP_POLLS:
            await gateway.wake_ups.send(Task.POLL, poll_key(connection.id, process))


async def _say_they_never_rang(
    db: AsyncConnection, gateway: Gateway, connection: Connection, topics: Sequence[str], now: datetime
) -> None:
    command = f"gateway connections webhooks {connection.name} --check"
    fix = never_rang.fix(connection, gateway.settings.public_url, command)
    text = f"{never_rang.words(connection, topics)}. Fix: {fix}"
    await alerts.raise_alert(db, "webhooks", connection.id, UNPROVEN, text, now)


async def _say_they_will_not_come(db: AsyncConnection, gateway: Gateway, connection: Connection, now: datetime) -> None:
    """The shop makes webhooks for an address that it will never call, and shows them as active."""
    webhooks, address = connection.system.webhooks, gateway.settings.public_url
    found = webhooks.not_called(address, connection.source, connection.facts) if webhooks and address else None
    if found is not None:
        await alerts.raise_alert(db, "webhooks", connection.id, found.code, f"{found.text}. Fix: {found.fix}", now)


def _plain(seen: WebhookSeen) -> dict[str, Any]:
    plain = asdict(replace(seen, secret=""))
    del plain["secret"]
    plain["modified_at"] = seen.modified_at.isoformat() if seen.modified_at else None
    return plain


async def _poll_the_gap(db: AsyncConnection, connection: Connection, now: datetime) -> None:
    for process in runner.SHOP_POLLS:
        if connection.settings.processes.is_on(process):
            await cursors.ensure(db, connection, process, now)
            await cursors.change(db, connection.id, process, next_poll_at=now)


async def _failed(gateway: Gateway, check: Check, error: RemoteError) -> None:
    """Stores the repairs made before the failure. The rest is checked again soon."""
    now, connection = gateway.clock(), check.connection
    again = now + timedelta(minutes=min(connection.settings.webhooks.check_minutes, FAILED_MINUTES))
    await _saved(gateway, check, state="failed", next_check_at=again, last_error=error.message)
    async with gateway.database.begin() as db:
        text = f"The shop's webhooks could not be looked at or put right: {error.message}"
        await alerts.raise_alert(db, "webhooks", connection.id, "failed", text, now)
    log.warning("webhooks_not_checked", connection=connection.name, error=type(error).__name__)


async def _save(db: AsyncConnection, check: Check, values: HookChange) -> None:
    """What was asked for since the check began is still to be done, and at once."""
    connection_id = check.connection.id
    if await insert_missing(db, hooks, connection_id=connection_id, **values):
        return
    answered = hooks.c.asked_at.is_not_distinct_from(check.asked_at)
    changed: dict[str, Any] = {**values, "next_check_at": case((answered, values["next_check_at"]), else_=hooks.c.asked_at)}
    changed["renews"] = case((answered, false()), else_=hooks.c.renews) if values["state"] != "failed" else hooks.c.renews
    await db.execute(update(hooks).where(hooks.c.connection_id == connection_id).values(**changed))
