"""Sessions of people who have logged in to the console with an API key. Of the cookie only its hash is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ids import unguessable
from app.records import keys
from app.records.keys import ApiKey
from app.storage.audit.changes import Change, note
from app.storage.side_tables import api_keys, console_sessions


@dataclass(frozen=True)
class Session:
    """`token`: what the browser's cookie holds."""

    token: str = field(repr=False)
    begins_at: datetime
    ends_at: datetime


def hashed(token: str) -> str:
    """The token is 192 random bits: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin(db: AsyncConnection, key: ApiKey, now: datetime, ends_at: datetime) -> Session:
    token = unguessable()
    await db.execute(insert(console_sessions).values(token=hashed(token), key_id=key.id, begins_at=now, ends_at=ends_at))
    note(db, f"key {key.id}", [Change("console_session", None, "begins")])
    return Session(token, now, ends_at)


async def find(db: AsyncConnection, token: str, now: datetime) -> tuple[Session, ApiKey] | None:
    """The session and its key, in one statement; None when the session or the key is over. The key's addresses are not asked."""
    row = (
        await db.execute(
            select(api_keys, console_sessions.c.begins_at, console_sessions.c.ends_at)
            .join_from(console_sessions, api_keys, api_keys.c.id == console_sessions.c.key_id)
            .where(console_sessions.c.token == hashed(token), console_sessions.c.ends_at > now, api_keys.c.revoked_at.is_(None))
        )
    ).first()
    if row is None:
        return None
    key = keys.opened(row)
    return None if key.is_over(now) else (Session(token, row.begins_at, row.ends_at), key)


async def in_force(db: AsyncConnection, tokens: Collection[str], now: datetime) -> set[str]:
    """Those of these sessions that are not over."""
    by_hash = {hashed(token): token for token in tokens}
    rows = await db.execute(
        select(console_sessions.c.token, api_keys.c.expires_at)
        .join(api_keys, api_keys.c.id == console_sessions.c.key_id)
        .where(console_sessions.c.token.in_(by_hash), console_sessions.c.ends_at > now, api_keys.c.revoked_at.is_(None))
    )
    return {by_hash[row.token] for row in rows if row.expires_at is None or row.expires_at > now}


async def end(db: AsyncConnection, token: str, key: ApiKey) -> None:
    await db.execute(delete(console_sessions).where(console_sessions.c.token == hashed(token)))
    note(db, f"key {key.id}", [Change("console_session", None, "ends")])


async def prune(db: AsyncConnection, now: datetime) -> bool:
    """Deletes what is over, all at once, as there are few; returns False."""
    await db.execute(delete(console_sessions).where(console_sessions.c.ends_at < now))
    return False
