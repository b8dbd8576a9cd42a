"""API keys. Only their hash is kept. A key is limited by right and by connection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Right
from app.errors import NotFound
from app.ids import new_id, unguessable
from app.storage.tables import api_keys

IMPLIED = {
    Right.READ: {Right.READ},
    Right.SYNC: {Right.READ, Right.SYNC},
    Right.ADMIN: {Right.READ, Right.SYNC, Right.ADMIN},
}


@dataclass(frozen=True)
class ApiKey:
    """`connection_ids` None means all connections, including later ones."""

    id: str
    name: str
    rights: frozenset[Right]
    connection_ids: tuple[str, ...] | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def may(self, right: Right) -> bool:
        return right in self.rights

    def sees(self, connection_id: str) -> bool:
        return self.connection_ids is None or connection_id in self.connection_ids


def hashed(secret: str) -> str:
    # Keys are 192 random bits. A plain hash is enough: they cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()


async def create(
    db: AsyncConnection, name: str, rights: Sequence[Right], connection_ids: Sequence[str] | None, now: datetime
) -> tuple[str, str]:
    """Makes a key. Returns (id, the key itself). The key is shown only this once."""
    secret = f"gw_{unguessable()}"
    key_id = new_id("key")
    every: set[Right] = set().union(*(IMPLIED[right] for right in rights))
    await db.execute(
        insert(api_keys).values(
            id=key_id,
            name=name,
            hash=hashed(secret),
            rights=sorted(every),
            connection_ids=list(connection_ids) if connection_ids is not None else None,
            created_at=now,
        )
    )
    return key_id, secret


def _open(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        rights=frozenset(Right(right) for right in row.rights),
        connection_ids=tuple(row.connection_ids) if row.connection_ids is not None else None,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


async def find(db: AsyncConnection, secret: str) -> ApiKey | None:
    """Returns the key; None when it is unknown or revoked."""
    row = (await db.execute(select(api_keys).where(api_keys.c.hash == hashed(secret), api_keys.c.revoked_at.is_(None)))).first()
    return _open(row) if row else None


async def in_force(db: AsyncConnection, key_id: str) -> ApiKey | None:
    """The key by its id; None when it is unknown or revoked."""
    row = (await db.execute(select(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)))).first()
    return _open(row) if row else None


async def every(db: AsyncConnection) -> list[ApiKey]:
    return [_open(row) for row in await db.execute(select(api_keys).order_by(api_keys.c.created_at))]


async def touch(db: AsyncConnection, key_id: str, now: datetime) -> None:
    await db.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


async def revoke(db: AsyncConnection, key_id: str, now: datetime) -> None:
    """Raises NotFound."""
    done = await db.execute(
        update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if done.rowcount == 0:
        raise NotFound(f"there is no key {key_id!r} in force", field="key", fix="list them with: gateway keys list")
