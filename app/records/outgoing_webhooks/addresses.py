"""What is known of a connection's address for events: its secret, and how it answered of late."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput
from app.records.connections import Connection
from app.storage.callers.tables import outgoing_addresses as table
from app.storage.secrets import Vault
from app.storage.upserts import insert_missing

PREFIX = "whsec_"
SECRET_BYTES = 32
MOST_KEPT = 5
"""Former secrets. Whoever makes a new one more often within their time has the oldest left out."""


@dataclass(frozen=True)
class OutgoingAddress:
    """How one address stands. Times in UTC. `failures`: in a row. Nothing is sent before `blocked_until`."""

    connection_id: str
    has_secret: bool
    secret_made_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    blocked_until: datetime | None = None
    last_error: str | None = None
    last_sent_at: datetime | None = None

    def is_blocked(self, now: datetime) -> bool:
        return self.blocked_until is not None and now < self.blocked_until


def new_secret() -> str:
    """As Standard Webhooks writes them: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


async def rotate(db: AsyncConnection, vault: Vault, connection: Connection, now: datetime, *, at_once: bool = False) -> str:
    """Makes a new secret, and returns it. The one before it signs beside it for `outgoing_webhooks.old_secret_minutes`, unless
    `at_once`."""
    await insert_missing(db, table, connection_id=connection.id, updated_at=now)
    mine = table.c.connection_id == connection.id
    before = await db.scalar(select(table.c.sealed).where(mine).with_for_update())
    ends = now + timedelta(minutes=connection.settings.outgoing_webhooks.old_secret_minutes)
    former = [] if at_once or before is None else _kept(vault, before, ends, now)
    secret = new_secret()
    sealed = vault.seal({"secret": secret, "former": [[each, until.isoformat()] for each, until in former[:MOST_KEPT]]})
    fresh = {"sealed": sealed, "secret_made_at": now, "blocked_until": None, "updated_at": now}
    await db.execute(update(table).where(mine).values(**fresh))
    return secret


def _kept(vault: Vault, sealed: bytes, ends: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """The secret that is replaced and those before it that still sign, the newest first. None when no key opens them."""
    try:
        known = vault.open(sealed)
    except BadInput:
        return []
    former = [(str(each), datetime.fromisoformat(until)) for each, until in known["former"]]
    return [(each, until) for each, until in [(str(known["secret"]), ends), *former] if until > now]


async def signing_secrets(db: AsyncConnection, vault: Vault, connection_id: str, now: datetime) -> tuple[str, ...]:
    """Those that an event is signed with now, the newest first; none before one was made. Raises BadInput when no key opens
    them."""
    sealed = await db.scalar(select(table.c.sealed).where(table.c.connection_id == connection_id))
    if sealed is None:
        return ()
    known = vault.open(sealed)
    former = [str(each) for each, until in known["former"] if datetime.fromisoformat(until) > now]
    return (str(known["secret"]), *former)


async def of(db: AsyncConnection, connection_ids: Collection[str]) -> dict[str, OutgoingAddress]:
    """By the connection's id. A connection that nothing is known of has no entry."""
    shown = [column for column in table.c if column.name not in ("sealed", "updated_at")]
    query = select(*shown, table.c.sealed.is_not(None).label("has_secret")).where(table.c.connection_id.in_(connection_ids))
    return {row.connection_id: OutgoingAddress(**row._mapping) for row in await db.execute(query)}


async def answered(db: AsyncConnection, connection_id: str, now: datetime) -> None:
    """It took an event."""
    fine: dict[str, Any] = {"failures": 0, "failing_since": None, "blocked_until": None, "last_error": None}
    await db.execute(update(table).where(table.c.connection_id == connection_id).values(**fine, last_sent_at=now, updated_at=now))


async def failed(db: AsyncConnection, address: OutgoingAddress, error: str, blocked_until: datetime, now: datetime) -> None:
    """It did not take an event, or nothing can be sent to it. Nothing is sent before `blocked_until`."""
    await insert_missing(db, table, connection_id=address.connection_id, updated_at=now)
    since = address.failing_since or now
    values = {"failures": address.failures + 1, "failing_since": since, "blocked_until": blocked_until, "last_error": error}
    await db.execute(update(table).where(table.c.connection_id == address.connection_id).values(**values, updated_at=now))


async def unblock(db: AsyncConnection, connection_ids: Sequence[str], now: datetime) -> None:
    """Something was changed or replayed: it is tried again at once."""
    await db.execute(update(table).where(table.c.connection_id.in_(connection_ids)).values(blocked_until=None, updated_at=now))


async def forget(db: AsyncConnection, connection_id: str) -> None:
    """Called before the connection is removed."""
    await db.execute(delete(table).where(table.c.connection_id == connection_id))
