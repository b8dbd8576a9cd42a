"""Sessions: tokens and logins that a system gives for a while. Sealed, with a version of their own.

A renewal changes nothing of the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.integrations.protocol.session import Session
from app.storage.secrets import Vault
from app.storage.tables import sessions
from app.storage.upserts import insert_missing


@dataclass(frozen=True)
class Ended:
    """A session that cannot be renewed without a person: since when (UTC), and what the system said."""

    at: datetime
    words: str


@dataclass(frozen=True)
class StoredSession:
    """`version` is 0 while no session is stored."""

    session: Session | None
    version: int
    ended: Ended | None = None


async def find(db: AsyncConnection, vault: Vault, connection_id: str) -> StoredSession:
    row = (await db.execute(select(sessions).where(sessions.c.connection_id == connection_id))).first()
    if row is None:
        return StoredSession(None, 0)
    ended = Ended(row.ended_at, row.ended_words or "") if row.ended_at is not None else None
    return StoredSession(Session(vault.open(row.sealed), row.expires_at), row.version, ended)


async def state(db: AsyncConnection, connection_id: str) -> tuple[bool, Ended | None]:
    """Whether there is a session, and its end if it has ended."""
    query = select(sessions.c.ended_at, sessions.c.ended_words).where(sessions.c.connection_id == connection_id)
    row = (await db.execute(query)).first()
    if row is None or row.ended_at is None:
        return row is not None, None
    return True, Ended(row.ended_at, row.ended_words or "")


async def end(db: AsyncConnection, connection_id: str, known: StoredSession, words: str, now: datetime) -> bool:
    """Marks it as one that only a person can renew. False when it was marked before, or another one is there by now."""
    same = (sessions.c.connection_id == connection_id, sessions.c.version == known.version, sessions.c.ended_at.is_(None))
    return (await db.execute(update(sessions).where(*same).values(ended_at=now, ended_words=words, updated_at=now))).rowcount == 1


async def set_standing(db: AsyncConnection, vault: Vault, connection_id: str, ended: str | None, now: datetime) -> None:
    """Stores of credentials that are no login that they are good, or with which words they ended."""
    values = {"ended_at": now if ended is not None else None, "ended_words": ended, "updated_at": now}
    if not await insert_missing(db, sessions, connection_id=connection_id, sealed=vault.seal({}), version=1, **values):
        await db.execute(update(sessions).where(sessions.c.connection_id == connection_id).values(**values))


async def replace(
    db: AsyncConnection, vault: Vault, connection_id: str, known: StoredSession, fresh: Session, now: datetime
) -> bool:
    """Stores `fresh` in place of `known`.

    Returns False when somebody else has stored another one since. Raises IntegrityError for a second first session, and for a
    deleted connection.
    """
    values = {
        "sealed": vault.seal(dict(fresh.values)),
        "version": known.version + 1,
        "expires_at": fresh.expires_at,
        "updated_at": now,
        "ended_at": None,
        "ended_words": None,
    }
    if known.version == 0:
        await db.execute(insert(sessions).values(connection_id=connection_id, **values))
        return True
    same = (sessions.c.connection_id == connection_id, sessions.c.version == known.version)
    return (await db.execute(update(sessions).where(*same).values(**values))).rowcount == 1


async def forget(db: AsyncConnection, connection_id: str) -> None:
    """Deletes the session. Called when the credentials are replaced, and before the connection is removed."""
    await db.execute(delete(sessions).where(sessions.c.connection_id == connection_id))
