"""API keys. Only their hash is kept. A key is limited by right and by connection, and may be by time and by address."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Right
from app.errors import BadInput, NotFound
from app.ids import new_id, unguessable
from app.storage.audit.changes import Change, note
from app.storage.side_tables import api_keys

IMPLIED = {
    Right.READ: {Right.READ},
    Right.SYNC: {Right.READ, Right.SYNC},
    Right.ADMIN: {Right.READ, Right.SYNC, Right.ADMIN},
}


@dataclass(frozen=True)
class ApiKey:
    """`connection_ids` None means all connections, including later ones; `addresses` None means from anywhere."""

    id: str
    name: str
    rights: frozenset[Right]
    connection_ids: tuple[str, ...] | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None = None
    addresses: tuple[str, ...] | None = None

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def may_come_from(self, address: str) -> bool:
        """`address`: as it is usually spelled; empty for a connection without one."""
        if self.addresses is None:
            return True
        return bool(address) and any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in self.addresses)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def sees(self, connection_id: str) -> bool:
        return self.connection_ids is None or connection_id in self.connection_ids


@dataclass(frozen=True)
class Limits:
    """What a key is limited to beside rights and connections. Raises BadInput for a moment that is over, and odd addresses."""

    expires_at: datetime | None = None
    addresses: tuple[str, ...] | None = None

    @classmethod
    def of(cls, expires_at: datetime | None, addresses: Sequence[str] | None, now: datetime) -> Limits:
        if expires_at is not None and expires_at <= now:
            words = f"{expires_at.isoformat()} is over: a key that has expired opens nothing"
            raise BadInput(words, field="expires_at", fix="give a moment in the future, or none for a key that does not expire")
        return cls(expires_at, None if addresses is None else tuple(dict.fromkeys(map(_network, addresses))))


WITHOUT = Limits()


def _network(given: str) -> str:
    try:
        found = ipaddress.ip_network(given.strip())
    except ValueError as error:
        fix = "give addresses (203.0.113.7) or ranges that begin with their first address (10.0.0.0/8, 2001:db8::/32)"
        raise BadInput(f"{given[:60]!r} is no address and no range of addresses", field="addresses", fix=fix) from error
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped is not None:
        words = f"{given[:60]!r} is an IPv4 address written as IPv6"
        raise BadInput(words, field="addresses", fix=f"write {found.network_address.ipv4_mapped}")
    return str(found)


def hashed(secret: str) -> str:
    # Keys are 192 random bits. A plain hash is enough: they cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()


async def create(
    db: AsyncConnection,
    name: str,
    rights: Sequence[Right],
    connection_ids: Sequence[str] | None,
    now: datetime,
    limits: Limits = WITHOUT,
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
            expires_at=limits.expires_at,
            addresses=list(limits.addresses) if limits.addresses is not None else None,
        )
    )
    given = {"name": name, "rights": sorted(every), "connections": connection_ids, **asdict(limits)}
    note(db, f"key {key_id}", [Change(path, None, value) for path, value in given.items() if value is not None])
    return key_id, secret


def opened(row: Row[Any]) -> ApiKey:
    """From a row with every column of the table."""
    return ApiKey(
        id=row.id,
        name=row.name,
        rights=frozenset(Right(right) for right in row.rights),
        connection_ids=tuple(row.connection_ids) if row.connection_ids is not None else None,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        expires_at=row.expires_at,
        addresses=tuple(row.addresses) if row.addresses is not None else None,
    )


async def find(db: AsyncConnection, secret: str) -> ApiKey | None:
    """Returns the key; None when it is unknown or revoked. It may have expired."""
    row = (await db.execute(select(api_keys).where(api_keys.c.hash == hashed(secret), api_keys.c.revoked_at.is_(None)))).first()
    return opened(row) if row else None


async def in_force(db: AsyncConnection, key_id: str, now: datetime) -> ApiKey | None:
    """The key by its id; None when it is unknown, revoked or has expired."""
    row = (await db.execute(select(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)))).first()
    key = opened(row) if row else None
    return None if key is None or key.is_over(now) else key


async def every(db: AsyncConnection) -> list[ApiKey]:
    return [opened(row) for row in await db.execute(select(api_keys).order_by(api_keys.c.created_at))]


async def touch(db: AsyncConnection, key_id: str, now: datetime) -> None:
    await db.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


async def revoke(db: AsyncConnection, key_id: str, now: datetime) -> None:
    """Raises NotFound."""
    done = await db.execute(
        update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if done.rowcount == 0:
        raise NotFound(f"there is no key {key_id!r} in force", field="key", fix="list them with: gateway keys list")
    note(db, f"key {key_id}", [Change("revoked_at", None, now)])
