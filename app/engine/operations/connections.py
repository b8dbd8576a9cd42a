"""A connection's way from a draft to use: made, changed or applied as declared, activated, paused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import POLLED
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.engine.operations import connection_test
from app.engine.operations.connection_test import Report
from app.errors import BadInput, Conflict
from app.ids import unguessable
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.credentials import secret_fields
from app.integrations.protocol.integration import refuse
from app.integrations.registry import integration
from app.records import connections, sessions
from app.records.connections import Connection, Draft, Prepared, Status, prepare, revealed, shop_lane
from app.storage.tables import alerts, cursors, inbox, jobs, mappings, run_parts
from app.storage.tables import connections as rows
from app.storage.tables import sessions as session_rows

Body = dict[str, Any]
NEVER_SENT = frozenset({"webhook_secret"})
"""Secrets that only check what comes in, and are never sent. A changed address cannot receive them."""


@dataclass(frozen=True)
class Saved:
    """`changed`: dotted paths of what is different now, without values."""

    connection: Connection
    created: bool
    changed: tuple[str, ...]


# --- saving ---------------------------------------------------------------------------------------------------------------


async def make(gateway: Gateway, draft: Draft) -> Connection:
    """Saves a new draft. A system that sends webhooks gets a secret for them when none is given; null means that it has none.

    Raises BadInput and Conflict, naming field and fix.
    """
    _refuse_references(draft)
    prepared = prepare(_with_webhook_secret(draft), gateway.settings.reach)
    async with gateway.database.begin() as db:
        connection_id = await connections.create(db, gateway.vault, prepared, gateway.clock())
        return await connections.find(db, gateway.vault, connection_id)


def _with_webhook_secret(draft: Draft) -> Draft:
    if integration(draft.integration).webhooks is None or "webhook_secret" in draft.source:
        return draft
    return draft.model_copy(update={"source": {**draft.source, "webhook_secret": unguessable()}})


async def patch(gateway: Gateway, current: Connection, change: Body) -> Saved:
    """Merges a change into the connection (RFC 7396: null removes a value). Raises BadInput and Conflict."""
    given = _merged(_plain(current), change)
    draft = Draft(
        name=given.get("name", current.name),
        integration=current.integration,
        source=given.get("source", {}),
        warehouse=given.get("warehouse", {}),
        settings=given.get("settings", {}),
    )
    return await _save(gateway, current, draft, change)


async def apply(gateway: Gateway, current: Connection, draft: Draft, *, dry_run: bool = False) -> Saved:
    """Brings the connection in line with its declaration. Secrets and the go-live date stay as they are when left out.

    `dry_run` checks everything and saves nothing; `changed` says what would be different.
    """
    kept = _plain(current)
    secrets = _secrets_there(current.source) - draft.source.keys()
    source = {**draft.source, **{name: kept["source"][name] for name in secrets}}
    there = _secrets_there(current.warehouse) - draft.warehouse.keys()
    warehouse = {**draft.warehouse, **{name: kept["warehouse"][name] for name in there}}
    settings = {"go_live": kept["settings"]["go_live"], **draft.settings}
    if draft.integration != current.integration:
        raise Conflict(
            f"{draft.name} is a connection to {current.integration}", field="integration", fix="declare it under another name"
        )
    whole = Draft(name=draft.name, integration=draft.integration, source=source, warehouse=warehouse, settings=settings)
    return await _save(gateway, current, whole, {"source": draft.source, "warehouse": draft.warehouse}, dry_run=dry_run)


def changed_settings(gateway: Gateway, current: Connection, change: Mapping[str, Any]) -> ConnectionSettings:
    """The connection's settings with a change merged into them, checked and not saved. Raises BadInput."""
    given = _merged(_plain(current), {"settings": dict(change)})
    draft = Draft(**{name: given[name] for name in ("name", "integration", "source", "warehouse", "settings")})
    return prepare(draft, gateway.settings.reach).settings


async def _save(gateway: Gateway, current: Connection, draft: Draft, given: Body, *, dry_run: bool = False) -> Saved:
    _refuse_references(draft)
    prepared = prepare(draft, gateway.settings.reach)
    _ask_for_secrets(current, prepared, given)
    changed = tuple(sorted(_differences(_plain(current), _plain_of(prepared))))
    if not changed or dry_run:
        return Saved(current, created=False, changed=changed)
    async with gateway.database.begin() as db:
        await connections.change(db, gateway.vault, current, prepared, gateway.clock())
        if any(path.startswith("source.") for path in changed):
            await sessions.forget(db, current.id)  # the session belongs to the old credentials
        saved = await connections.find(db, gateway.vault, current.id)
    gateway.forget(current.id)
    return Saved(saved, created=False, changed=changed)


def _plain(connection: Connection) -> Body:
    return {
        "name": connection.name,
        "integration": connection.integration,
        "source": revealed(connection.source),
        "warehouse": revealed(connection.warehouse),
        "settings": connection.settings.model_dump(mode="json"),
    }


def _plain_of(prepared: Prepared) -> Body:
    return {
        "name": prepared.name,
        "integration": prepared.integration,
        "source": revealed(prepared.source),
        "warehouse": revealed(prepared.warehouse),
        "settings": prepared.settings.model_dump(mode="json"),
    }


def _merged(target: Any, change: Any) -> Any:
    if not isinstance(change, dict):
        return change
    kept = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merged(kept.get(key), value)
    return kept


def _differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {*before, *after}:
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after:
        yield path


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
        what = "address" if prepared.account.base_url or not missing[0].startswith("source.") else "account"
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


async def rotate_webhook_secret(gateway: Gateway, current: Connection) -> str:
    """Makes a new secret for the shop's webhooks, and returns it this once.

    Deliveries signed with the old one are refused from now on.
    """
    if current.system.webhooks is None:
        raise refuse(current.system, Capability.SEND_WEBHOOKS, "connection")
    secret = unguessable()
    await patch(gateway, current, {"source": {"webhook_secret": secret}})
    return secret


async def remove(gateway: Gateway, current: Connection) -> None:
    """Deletes a draft of which nothing was ever kept. Raises Conflict for any other connection."""
    async with gateway.database.begin() as db:
        if current.status is not Status.DRAFT or await _has_records(db, current.id):
            raise Conflict(
                f"{current.name} has been in use", fix="pause it with POST /connections/{connection}/pause; its history stays"
            )
        for table in (cursors, alerts, session_rows):
            await db.execute(delete(table).where(table.c.connection_id == current.id))
        await db.execute(delete(rows).where(rows.c.id == current.id))
    gateway.forget(current.id)


async def _has_records(db: AsyncConnection, connection_id: str) -> bool:
    for table in (inbox, jobs, mappings, run_parts):
        query = select(table.c.id).where(table.c.connection_id == connection_id).limit(1)
        if await db.scalar(query) is not None:
            return True
    return False


# --- use ------------------------------------------------------------------------------------------------------------------


async def activate(gateway: Gateway, connection: Connection) -> Report:
    """Tests the connection, and makes it active when every check passes. The report tells whether it did."""
    report = await connection_test.test(gateway, connection)
    if report.ok:
        async with gateway.database.begin() as db:
            await connections.activate(db, connection, gateway.clock())
        await _begin(gateway, connection)
    return report


async def pause(gateway: Gateway, connection: Connection) -> None:
    """Pauses the connection: webhooks are still kept, nothing is polled or sent. Raises Conflict if it was never active."""
    if connection.status is Status.DRAFT:
        raise Conflict(f"{connection.name} is a draft, nothing of it runs", fix="activate it first, or leave it")
    async with gateway.database.begin() as db:
        await connections.set_status(db, connection.id, Status.PAUSED, gateway.clock())
    gateway.forget(connection.id)


async def resume(gateway: Gateway, connection: Connection) -> None:
    """Resumes a paused connection where it stopped. Raises Conflict for a draft, which is activated instead."""
    if connection.status is Status.DRAFT:
        raise Conflict(f"{connection.name} is a draft", fix="activate it: POST /connections/{connection}/activate tests it first")
    async with gateway.database.begin() as db:
        await connections.set_status(db, connection.id, Status.ACTIVE, gateway.clock())
    await _begin(gateway, connection)


async def _begin(gateway: Gateway, connection: Connection) -> None:
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
