"""Leases: which worker works on what. SQL decides, by the database's clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import LeaseLost
from app.ids import unguessable
from app.logs import get_logger
from app.storage.engine import Database
from app.storage.side_tables import leases
from app.storage.types import db_now
from app.storage.upserts import insert_missing

log = get_logger(__name__)

LEASE_PER_CALL = 4 / 3
"""A lease lasts at least this many times the longest call."""


@dataclass(frozen=True)
class Lease:
    """Held by `holder` until its time runs out. `fence` counts up with every new holder."""

    key: str
    holder: str
    fence: int
    seconds: float


async def acquire(database: Database, key: str, seconds: float) -> Lease | None:
    """Returns the lease, or None when somebody else holds it."""
    async with database.begin() as db:
        return await take(db, key, seconds)


async def take(db: AsyncConnection, key: str, seconds: float) -> Lease | None:
    """Does the same in the caller's transaction: the lease is held once that commits."""
    holder = unguessable()
    taken = (
        update(leases)
        .where(leases.c.key == key, or_(leases.c.until.is_(None), leases.c.until < db_now()))
        .values(holder=holder, until=db_now(seconds), fence=leases.c.fence + 1)
        .returning(leases.c.fence)
    )
    fence = await db.scalar(taken)
    if fence is not None:
        return Lease(key, holder, int(fence), seconds)
    # There is no row yet, or somebody else holds it. Two processes may insert at the same time: one of them wins.
    made = await insert_missing(db, leases, key=key, holder=holder, until=db_now(seconds), fence=1)
    return Lease(key, holder, 1, seconds) if made else None


async def renew(db: AsyncConnection, lease: Lease, at_least: float = 0.0) -> None:
    """Sets the full time again, or `at_least` seconds if that is longer, inside the caller's transaction.

    Raises LeaseLost when the lease has run out: the caller must not go on.
    """
    done = await db.execute(
        update(leases)
        .where(leases.c.key == lease.key, leases.c.holder == lease.holder, leases.c.until > db_now())
        .values(until=db_now(max(lease.seconds, at_least)))
    )
    if done.rowcount != 1:
        raise LeaseLost(f"the lease on {lease.key} ran out")


@asynccontextmanager
async def kept(database: Database, lease: Lease) -> AsyncIterator[None]:
    """Renews the lease every third of its time while the block runs: reading a slow shop may take longer than one lease.

    A process that was stopped for longer finds the lease lost at its next `renew`, before it stores anything.
    """
    over = asyncio.Event()
    renewing = asyncio.get_running_loop().create_task(_renew_until(database, lease, over))
    try:
        yield
    finally:
        over.set()
        await renewing


async def _renew_until(database: Database, lease: Lease, over: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), lease.seconds / 3)
        if over.is_set():
            return
        try:
            async with database.begin() as db:
                await renew(db, lease)
        except LeaseLost:
            return
        except (SQLAlchemyError, OSError) as error:
            log.warning("lease_not_renewed", lease=lease.key, error=type(error).__name__)


async def give_back(db: AsyncConnection, lease: Lease) -> None:
    """Ends the lease with the caller's transaction. Nobody else gets it before. Raises LeaseLost when it has run out."""
    done = await db.execute(
        update(leases)
        .where(leases.c.key == lease.key, leases.c.holder == lease.holder, leases.c.until > db_now())
        .values(holder=None, until=None)
    )
    if done.rowcount != 1:
        raise LeaseLost(f"the lease on {lease.key} ran out")


async def release(database: Database, lease: Lease) -> None:
    async with database.begin() as db:
        await db.execute(
            update(leases).where(leases.c.key == lease.key, leases.c.holder == lease.holder).values(holder=None, until=None)
        )
