"""A connection's way from a draft to use: made, changed or applied as declared, activated, paused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import POLLED, Process
from app.engine.core import circuit
from app.engine.core.queue import Look, Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.operations import connection_changes, connection_test
from app.engine.operations.carriers import refuse_unlisted
from app.engine.operations.connection_changes import differences, merged_into, plain, plain_of
from app.engine.operations.connection_test import Report
from app.engine.stock import places
from app.engine.upkeep import webhook_guard
from app.errors import BadInput, Conflict
from app.ids import unguessable
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.credentials import NEVER_SENT, secret_fields, sent_credentials
from app.integrations.protocol.integration import refuse
from app.integrations.registry import integration
from app.logs import get_logger
from app.records import connections, sessions
from app.records import cursors as cursor_records
from app.records.connection_lanes import draft_lane, shop_lane
from app.records.connections import Connection, Draft, Prepared, Status, prepare
from app.records.webhooks import checks, former_secrets
from app.storage.callers.tables import outgoing_addresses, outgoing_webhooks
from app.storage.outbound_tables import hooks
from app.storage.tables import alerts, cursors, inbox, jobs, lanes, mappings, run_parts
from app.storage.tables import connections as rows
from app.storage.tables import sessions as session_rows

log = get_logger(__name__)

Body = dict[str, Any]
WRITES_STOCK = {"settings.stock.look_only", "settings.processes.stock"}
"""Settings that say whether quantities are written."""
SECRET = "source.webhook_secret"  # noqa: S105 - its path


@dataclass(frozen=True)
class Saved:
    """`changed`: dotted paths of what is different now, without values."""

    connection: Connection
    created: bool
    changed: tuple[str, ...]


# --- saving ---------------------------------------------------------------------------------------------------------------


async def make(gateway: Gateway, draft: Draft) -> Connection:
    """Saves a new draft. A system that sends webhooks gets a secret for them when none is given; null means that it has none.

    Raises BadInput and Conflict, naming field and fix, and NotChecked when the WMS cannot be asked for its carriers.
    """
    _refuse_references(draft)
    prepared = prepare(_with_webhook_secret(draft), gateway.settings.reach)
    await refuse_unlisted(gateway, prepared)
    async with gateway.database.begin() as db:
        connection_id = await connections.create(db, gateway.vault, prepared, gateway.clock())
        made = await connections.find(db, gateway.vault, connection_id)
        connection_changes.note_made(db, made)
        return made


def _with_webhook_secret(draft: Draft) -> Draft:
    if integration(draft.integration).webhooks is None or "webhook_secret" in draft.source:
        return draft
    return draft.model_copy(update={"source": {**draft.source, "webhook_secret": unguessable()}})


async def patch(gateway: Gateway, current: Connection, change: Body) -> Saved:
    """Merges a change into the connection, part by part. A table with people's own keys is replaced as a whole, as a list is, and
    null takes a value back to its default.

    Changes of others since `current` was read are kept. Raises BadInput, and Conflict when one of them changed the same.
    """
    saved = await _patch(gateway, current, change)
    await _have_secret_renewed(gateway, saved)
    return saved


async def _patch(gateway: Gateway, current: Connection, change: Body, *, at_once: bool = False) -> Saved:
    def wanted(now: Connection) -> Draft:
        given = merged_into(now, change)
        return Draft(
            name=given.get("name", now.name),
            integration=now.integration,
            source=given.get("source", {}),
            warehouse=given.get("warehouse", {}),
            settings=given.get("settings", {}),
        )

    return await _save(gateway, current, wanted, Given(change, at_once=at_once))


async def apply(gateway: Gateway, current: Connection, draft: Draft, *, dry_run: bool = False) -> Saved:
    """Brings the connection in line with its declaration. Secrets and the go-live date stay as they are when left out.

    `dry_run` checks everything and saves nothing; `changed` says what would be different.
    """
    if draft.integration != current.integration:
        raise Conflict(
            f"{draft.name} is a connection to {current.integration}", field="integration", fix="declare it under another name"
        )

    def wanted(now: Connection) -> Draft:
        kept = plain(now)
        secrets = _secrets_there(now.source) - draft.source.keys()
        source = {**draft.source, **{name: kept["source"][name] for name in secrets}}
        there = _secrets_there(now.warehouse) - draft.warehouse.keys()
        warehouse = {**draft.warehouse, **{name: kept["warehouse"][name] for name in there}}
        settings = {"go_live": kept["settings"]["go_live"], **draft.settings}
        return Draft(name=draft.name, integration=draft.integration, source=source, warehouse=warehouse, settings=settings)

    given = Given({"source": draft.source, "warehouse": draft.warehouse}, dry_run=dry_run)
    saved = await _save(gateway, current, wanted, given)
    if not dry_run:
        await _have_secret_renewed(gateway, saved)
    return saved


async def _have_secret_renewed(gateway: Gateway, saved: Saved) -> None:
    """Wakes up the guard, which writes a new webhook secret into the shop."""
    if SECRET in saved.changed and webhook_guard.is_managed(gateway, saved.connection):
        await gateway.wake_ups.send(Task.HOOKS, saved.connection.id)


def changed_settings(gateway: Gateway, current: Connection, change: Mapping[str, Any]) -> ConnectionSettings:
    """The connection's settings with a change merged into them, checked and not saved. Raises BadInput."""
    given = merged_into(current, {"settings": dict(change)})
    draft = Draft(**{name: given[name] for name in ("name", "integration", "source", "warehouse", "settings")})
    return prepare(draft, gateway.settings.reach).settings


@dataclass(frozen=True)
class Given:
    """What a caller gave. `dry_run`: save nothing. `at_once`: a webhook secret that is replaced is not accepted any more."""

    body: Body
    dry_run: bool = False
    at_once: bool = False


async def _save(gateway: Gateway, current: Connection, wanted: Callable[[Connection], Draft], given: Given) -> Saved:
    """Saves what is wanted of the connection as it is now, read under lock. `current`: as the caller has seen it."""
    dry_run = given.dry_run
    first = wanted(current)
    _refuse_references(first)
    asked = prepare(first, gateway.settings.reach)
    await refuse_unlisted(gateway, asked, current)
    await places.refuse_unlisted(gateway, current, asked.settings)

    async def work(db: AsyncConnection) -> Saved:
        now = await connections.find(db, gateway.vault, current.id, lock=not dry_run)
        draft = wanted(now)
        _refuse_references(draft)
        prepared = prepare(draft, gateway.settings.reach)
        _ask_for_secrets(now, prepared, given.body)
        changed = tuple(sorted(differences(plain(now), plain_of(prepared))))
        _refuse_overwriting(current, now, changed)
        if not changed or dry_run:
            return Saved(now, created=False, changed=changed)
        await connections.change(db, gateway.vault, now, prepared, gateway.clock())
        if _has_new_credentials(now, prepared):
            await sessions.forget(db, now.id)  # the session belongs to the old credentials
        after = await connections.find(db, gateway.vault, now.id)
        connection_changes.note_change(db, now, after)
        await former_secrets.replaced(db, gateway.vault, now, after, gateway.clock(), at_once=given.at_once)
        if places.COMPARES_AGAIN & set(changed):
            due = gateway.clock()
            await cursor_records.change(db, now.id, Process.STOCK, next_poll_at=due, next_sweep_at=due)
        if SECRET in changed and webhook_guard.is_managed(gateway, after):
            await checks.ask_for_check(db, now.id, gateway.clock(), renews=True, apart=timedelta())
        saved = Saved(after, created=False, changed=changed)
        if (why := _looked_at_again(saved)) is not None:
            # Another process may decide by the settings it has kept for a moment more: the next poll looks once more.
            await cursor_records.owe_a_look(db, now.id, why)
        return saved

    saved = await gateway.database.run(work)
    gateway.forget(current.id)
    if not dry_run and _has_new_credentials(current, saved.connection) and saved.connection.status is Status.ACTIVE:
        await go_on(gateway, saved.connection)
    if not dry_run and WRITES_STOCK & set(saved.changed):
        await gateway.wake_ups.send(Task.STOCK, current.id)  # what waits is written, or its runs end
    if not dry_run and (why := _looked_at_again(saved)) is not None:
        await gateway.wake_ups.send(Task.LOOK_AGAIN, Look(current.id, why).key)
    return saved


def _has_new_credentials(before: Connection, after: Connection | Prepared) -> bool:
    return sent_credentials(before.source) != sent_credentials(after.source)


def _looked_at_again(saved: Saved) -> str | None:
    """What is looked at again after its settings have changed; None: nothing."""
    names = {path.split(".")[1] for path in saved.changed if path.startswith("settings.")}
    settings = names - saved.connection.settings.for_people
    if any(name.endswith("_statuses") or name in saved.connection.settings.filters for name in settings):
        return "filters"
    return "settings" if settings else None


def _refuse_overwriting(seen: Connection, now: Connection, changed: Iterable[str]) -> None:
    """A change of what somebody else has changed meanwhile is not made: whoever asks for it has not seen what is there."""
    theirs = list(differences(plain(seen), plain(now)))
    for path in changed:
        if any(path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.") for other in theirs):
            raise connections.changed_meanwhile(now.name, path)


def _secrets_there(model: BaseModel) -> set[str]:
    return {name for name in secret_fields(type(model)) if getattr(model, name) is not None}


def _ask_for_secrets(current: Connection, prepared: Prepared, given: Body) -> None:
    """Asks again for the stored secrets when an address or an account changes.

    Whoever may change those must not get at secrets stored for another.
    """
    missing = []
    if not prepared.account.is_at(current.account):
        missing += [
            f"source.{name}" for name in sorted(_secrets_there(current.source) - NEVER_SENT - set(given.get("source") or ()))
        ]
    if prepared.warehouse.url != current.warehouse.url:
        secrets = _secrets_there(current.warehouse) - NEVER_SENT - set(given.get("warehouse") or ())
        missing += [f"warehouse.{name}" for name in sorted(secrets)]
    if missing:
        named = " and ".join(missing)
        is_elsewhere = prepared.account.base_url != current.account.base_url or not missing[0].startswith("source.")
        what = "address" if is_elsewhere else "account"
        raise BadInput(f"the {what} changes, so {named} must be given again", field=missing[0], fix=f"send {named} with it")


def _refuse_references(draft: Draft) -> None:
    for part, fields in (("source", draft.source), ("warehouse", draft.warehouse)):
        for name, value in fields.items():
            if isinstance(value, str) and value.startswith("env:"):
                raise BadInput(
                    f"{part}.{name} is a reference ({value[:80]}), and the gateway's server resolves none",
                    field=f"{part}.{name}",
                    fix="use `gateway connections apply`, which resolves it where it is typed, or send the value itself",
                )


async def rotate_webhook_secret(gateway: Gateway, current: Connection, part: str = "source", *, at_once: bool = False) -> str:
    """Makes a new secret for the webhooks of the shop (source) or the WMS (warehouse), and returns it this once.

    Deliveries with the old one are taken for `webhooks.old_secret_minutes` more; with `at_once` they are refused from now on.
    Raises Conflict when somebody else has just changed it: the secret that they were shown would not hold.
    """
    if part == "source" and current.system.webhooks is None:
        raise refuse(current.system, Capability.SEND_WEBHOOKS, "connection")
    secret = unguessable()
    await _patch(gateway, current, {part: {"webhook_secret": secret}}, at_once=at_once)
    return secret


async def remove(gateway: Gateway, current: Connection) -> None:
    """Deletes a draft that was never in use, with the webhooks that it has taken. Raises Conflict for any other connection."""
    fix = f"pause it with POST /connections/{current.name}/pause; its history stays"
    in_use = Conflict(f"{current.name} has been in use", fix=fix)

    async def work(db: AsyncConnection) -> None:
        now = await connections.find(db, gateway.vault, current.id, lock=True)
        if now.status is not Status.DRAFT or await _has_records(db, now.id):
            raise in_use
        for table in (inbox, cursors, alerts, session_rows, hooks, outgoing_webhooks, outgoing_addresses):
            await db.execute(delete(table).where(table.c.connection_id == now.id))
        await former_secrets.forget(db, now.id)
        connection_changes.note_removed(db, now)
        await db.execute(delete(rows).where(rows.c.id == now.id))
        own = (shop_lane(now.id), draft_lane(now.id, now.warehouse.goods_owner_id))
        await db.execute(delete(lanes).where(lanes.c.key.in_(own)))

    try:
        await gateway.database.run(work)
    except IntegrityError as error:  # something of it was kept at this very moment
        raise in_use from error
    gateway.forget(current.id)


async def _has_records(db: AsyncConnection, connection_id: str) -> bool:
    for table in (jobs, mappings, run_parts):
        query = select(table.c.id).where(table.c.connection_id == connection_id).limit(1)
        if await db.scalar(query) is not None:
            return True
    return False


# --- use ------------------------------------------------------------------------------------------------------------------


async def activate(gateway: Gateway, connection: Connection) -> Report:
    """Tests the connection, and makes it active when every check passes. The report tells whether it did.

    Settings that are changed during the test are kept. Raises Conflict when it cannot share its goods owner, and when what was
    tested is not what is there now: other credentials or addresses, or a pause.
    """
    report = await connection_test.test(gateway, connection)
    if not report.ok:
        return report

    async def work(db: AsyncConnection) -> Connection:
        now = await connections.find(db, gateway.vault, connection.id, lock=True)
        if not connection_test.is_of(connection, now) or now.status not in (connection.status, Status.ACTIVE):
            raise Conflict(f"{now.name} was changed while it was tested", fix="activate it again: it is then tested as it is now")
        await connections.activate(db, now, gateway.clock())
        after = await connections.find(db, gateway.vault, now.id)
        connection_changes.note_change(db, now, after)
        return after

    await begin(gateway, await gateway.database.run(work))
    return report


def without_foreign_names(clash: Conflict) -> Conflict:
    """For those who may not learn which other connection is in the way."""
    if clash.field != "settings":
        return clash
    return Conflict("it clashes with another connection of that goods owner", field=clash.field, fix=clash.fix)


async def pause(gateway: Gateway, connection: Connection) -> None:
    """Pauses the connection: webhooks are still kept, nothing is polled or sent. Raises Conflict if it was never active."""

    async def work(db: AsyncConnection) -> None:
        now = await connections.find(db, gateway.vault, connection.id, lock=True)
        if now.status is Status.DRAFT:
            raise Conflict(f"{now.name} is a draft, nothing of it runs", fix="activate it first, or leave it")
        await connections.set_status(db, now.id, Status.PAUSED, gateway.clock())
        connection_changes.note_change(db, now, replace(now, status=Status.PAUSED))

    await gateway.database.run(work)
    gateway.forget(connection.id)


async def resume(gateway: Gateway, connection: Connection) -> None:
    """Resumes a paused connection where it stopped. Raises Conflict for a draft, which is activated instead."""

    async def work(db: AsyncConnection) -> Connection:
        now = await connections.find(db, gateway.vault, connection.id, lock=True)
        if now.status is Status.DRAFT:
            fix = f"activate it: POST /connections/{now.name}/activate tests it first"
            raise Conflict(f"{now.name} is a draft", fix=fix)
        await connections.set_status(db, now.id, Status.ACTIVE, gateway.clock())
        connection_changes.note_change(db, now, replace(now, status=Status.ACTIVE))
        return now

    await begin(gateway, await gateway.database.run(work))


async def go_on(gateway: Gateway, connection: Connection) -> None:
    """What waits for the account is due now: it was given new credentials."""
    await gateway.circuits.answered_well(circuit.of_source(connection), shop_lane(connection.id))
    await begin(gateway, connection)


async def begin(gateway: Gateway, connection: Connection) -> None:
    """Starts on the webhooks that were kept meanwhile, and polls the shop's changes now instead of at the next poll."""
    gateway.forget(connection.id)
    async with gateway.database.begin() as db:
        await db.execute(update(cursors).where(cursors.c.connection_id == connection.id).values(next_poll_at=gateway.clock()))
    await gateway.wake_ups.send(Task.INGEST, connection.id)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection.id))
    await gateway.wake_ups.send(Task.HOOKS, connection.id)
    for process in POLLED:
        if connection.settings.processes.is_on(process):
            await gateway.wake_ups.send(Task.POLL, poll_key(connection.id, process))
