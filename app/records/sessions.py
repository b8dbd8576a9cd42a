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


@dataclass(frozen=True)
class StoredSession:
    """`version` is 0 while no session is stored."""

    session: Session | None
    version: int


async def find(db: AsyncConnection, vault: Vault, connection_id: str) -> StoredSession:
    row = (await db.execute(select(sessions).where(sessions.c.connection_id == connection_id))).first()
    if row is None:
        return StoredSession(None, 0)
    return StoredSession(Session(vault.open(row.sealed), row.expires_at), row.version)


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
    }
    if known.version == 0:
        await db.execute(insert(sessions).values(connection_id=connection_id, **values))
        return True
    same = (sessions.c.connection_id == connection_id, sessions.c.version == known.version)
    return (await db.execute(update(sessions).where(*same).values(**values))).rowcount == 1


async def forget(db: AsyncConnection, connection_id: str) -> None:
    """Deletes the session. Called when the credentials are replaced, and before the connection is removed."""
    await db.execute(delete(sessions).where(sessions.c.connection_id == connection_id))
