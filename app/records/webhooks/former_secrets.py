"""Webhook secrets that were replaced, each accepted for some time more: until the new one is where deliveries are signed.

They are sealed like all secrets. Retention deletes those whose time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput
from app.records import connections
from app.records.connections import Connection, Status
from app.storage.outbound_tables import former_secrets
from app.storage.secrets import Vault
from app.storage.tables import connections as connection_rows

MOST_KEPT = 5
"""Of one part. Whoever replaces a secret more often within its time has the oldest refused."""
SOURCE = "source"
WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """`until`: when it ends to be accepted (UTC)."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whom a webhook address belongs to. `former`: the former secrets by part, `source` or `warehouse`; they may be over."""

    connection: Connection
    former: Mapping[str, tuple[FormerSecret, ...]]


def in_force(former: Sequence[FormerSecret], now: datetime) -> tuple[str, ...]:
    """Those that are still accepted."""
    return tuple(each.secret for each in former if now < each.until)


async def replaced(
    db: AsyncConnection, vault: Vault, before: Connection, after: Connection, now: datetime, *, at_once: bool = False
) -> None:
    """Keeps the secrets that a change of the connection has replaced, for `webhooks.old_secret_minutes`.

    With `at_once` none is kept. Nor is one of a connection that now points elsewhere, or takes no webhooks any more.
    """
    elsewhere = after.status is Status.DRAFT and before.status is not Status.DRAFT
    if elsewhere:
        await forget(db, after.id)
    minutes = 0.0 if at_once or elsewhere else after.settings.webhooks.old_secret_minutes
    for part, old, new in _changed(before, after):
        mine = (former_secrets.c.connection_id == after.id, former_secrets.c.part == part)
        before_it = await db.scalar(select(former_secrets.c.sealed).where(*mine))
        await db.execute(delete(former_secrets).where(*mine))
        if old and new and minutes > 0:
            until = now + timedelta(minutes=minutes)
            earlier = _opened(vault, before_it) if before_it else ()
            others = [each for each in earlier if each.until > now and each.secret not in (old, new)]
            kept = [FormerSecret(old, until), *others][:MOST_KEPT]
            sealed = vault.seal({"secrets": [[each.secret, each.until.isoformat()] for each in kept]})
            last = max(each.until for each in kept)
            await db.execute(insert(former_secrets).values(connection_id=after.id, part=part, sealed=sealed, until=last))


def _changed(before: Connection, after: Connection) -> Iterator[tuple[str, str | None, str | None]]:
    pairs = (
        (SOURCE, before.webhook_secret, after.webhook_secret),
        (WAREHOUSE, _of_warehouse(before), _of_warehouse(after)),
    )
    return (each for each in pairs if each[1] != each[2])


def _of_warehouse(connection: Connection) -> str | None:
    secret = connection.warehouse.webhook_secret
    return secret.get_secret_value() if secret is not None else None


async def by_webhook_id(db: AsyncConnection, vault: Vault, webhook_id: str) -> Addressed | None:
    """One statement, as a delivery waits for it."""
    former = (former_secrets.c.part, former_secrets.c.sealed, former_secrets.c.until)
    query = select(connection_rows, *former).outerjoin(former_secrets, former_secrets.c.connection_id == connection_rows.c.id)
    rows = list(await db.execute(query.where(connection_rows.c.webhook_id == webhook_id)))
    if not rows:
        return None
    known = {row.part: _opened(vault, row.sealed, row.until) for row in rows if row.part is not None}
    return Addressed(connections.opened(rows[0], vault), known)


def _opened(vault: Vault, sealed: bytes, until: datetime | None = None) -> tuple[FormerSecret, ...]:
    """The newest first; none when the key that they were sealed with is gone. `until`: of one that an older gateway has kept."""
    try:
        kept = vault.open(sealed)
    except BadInput:
        return ()
    if "secret" in kept:
        return (FormerSecret(str(kept["secret"]), until),) if until is not None else ()
    return tuple(FormerSecret(secret, datetime.fromisoformat(ends)) for secret, ends in kept["secrets"])


async def forget(db: AsyncConnection, connection_id: str) -> None:
    """Called before the connection is removed."""
    await db.execute(delete(former_secrets).where(former_secrets.c.connection_id == connection_id))


async def prune(db: AsyncConnection, now: datetime) -> bool:
    """Deletes what is over. Returns False: there is never more than one batch."""
    await db.execute(delete(former_secrets).where(former_secrets.c.until <= now))
    return False
