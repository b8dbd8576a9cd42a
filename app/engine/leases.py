"""Leases: who works on what, decided in SQL and by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import LeaseLost
from app.ids import unguessable
from app.storage.engine import Database
from app.storage.tables import leases
from app.storage.types import db_now


@dataclass(frozen=True)
class Lease:
    """Held by `holder` until its time runs out. `fence` counts up with every new holder."""

    key: str
    holder: str
    fence: int
    seconds: float


async def acquire(database: Database, key: str, seconds: float) -> Lease | None:
    """The lease, or None when somebody else has it."""
    holder = unguessable()
    try:
        async with database.begin() as db:
            taken = await db.execute(
                update(leases)
                .where(leases.c.key == key, or_(leases.c.until.is_(None), leases.c.until < db_now()))
                .values(holder=holder, until=db_now(seconds), fence=leases.c.fence + 1)
            )
            if taken.rowcount == 1:
                fence = await db.scalar(select(leases.c.fence).where(leases.c.key == key))
                return Lease(key, holder, int(fence or 0), seconds)
            if await db.scalar(select(leases.c.key).where(leases.c.key == key)):
                return None
            await db.execute(insert(leases).values(key=key, holder=holder, until=db_now(seconds), fence=1))
            return Lease(key, holder, 1, seconds)
    except IntegrityError:
        # Two were first at the same time, and the other one was.
        return None


async def renew(db: AsyncConnection, lease: Lease) -> None:
    """Sets the full time again, inside the caller's transaction. Raises LeaseLost when it ran out: what follows must not happen."""
    kept = await db.execute(
        update(leases)
        .where(leases.c.key == lease.key, leases.c.holder == lease.holder, leases.c.until > db_now())
        .values(until=db_now(lease.seconds))
    )
    if kept.rowcount != 1:
        raise LeaseLost(f"the lease on {lease.key} ran out")


async def release(database: Database, lease: Lease) -> None:
    async with database.begin() as db:
        await db.execute(
            update(leases).where(leases.c.key == lease.key, leases.c.holder == lease.holder).values(holder=None, until=None)
        )
