"""Failure budgets: the WMS locks a method out after so many failures in a row, at a number it does not publish. We stop before.

Per WMS address, user and method, across goods owners, kept in SQL so that all workers share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.metrics import BUDGET_FAILURES
from app.settings import Settings
from app.storage.tables import budgets
from app.warehouse.credentials import OngoingCredentials


@dataclass(frozen=True)
class Budget:
    failures: int
    pauses: int
    blocked_until: datetime | None


def key_of(warehouse: OngoingCredentials, call: str) -> str:
    return f"{warehouse.url}|{warehouse.user}|{call}"[:300]


async def blocked_until(db: AsyncConnection, keys: Sequence[str], now: datetime) -> datetime | None:
    """The latest moment until which any of these methods may not be used; None when all may."""
    found = await db.execute(select(budgets.c.blocked_until).where(budgets.c.key.in_(keys), budgets.c.blocked_until > now))
    moments = [row.blocked_until for row in found]
    return max(moments) if moments else None


async def succeeded(db: AsyncConnection, key: str, now: datetime) -> None:
    """One success sets the count to nothing."""
    done = await db.execute(
        update(budgets)
        .where(budgets.c.key == key, (budgets.c.failures > 0) | (budgets.c.pauses > 0))
        .values(failures=0, pauses=0, blocked_until=None, last_error=None, updated_at=now)
    )
    if done.rowcount:
        BUDGET_FAILURES.labels(key).set(0)


async def failed(db: AsyncConnection, key: str, lane: str, error: str, now: datetime, settings: Settings) -> datetime | None:
    """Counts a failure. Returns until when the method is blocked, when this one was one too many.

    After a pause a single failure is enough for the next, longer one: the count is not forgotten by waiting.
    """
    row = (await db.execute(select(budgets).where(budgets.c.key == key))).first()
    failures = (row.failures if row else 0) + 1
    pauses = row.pauses if row else 0
    until: datetime | None = None
    if failures >= settings.budget_failures:
        seconds = min(settings.budget_pause_seconds * 2**pauses, settings.retry_cap_seconds)
        until, pauses = now + timedelta(seconds=seconds), pauses + 1
    await _save(db, key, lane, failures, pauses, until, error, now)
    return until


async def block(db: AsyncConnection, key: str, lane: str, until: datetime, error: str, now: datetime) -> None:
    """Blocks at once: the WMS has asked for it (429), or it refuses the login."""
    row = (await db.execute(select(budgets).where(budgets.c.key == key))).first()
    await _save(db, key, lane, (row.failures if row else 0) + 1, row.pauses if row else 0, until, error, now)


async def _save(
    db: AsyncConnection, key: str, lane: str, failures: int, pauses: int, until: datetime | None, error: str, now: datetime
) -> None:
    values = {
        "lane": lane,
        "failures": failures,
        "pauses": pauses,
        "blocked_until": until,
        "last_error": error[:500],
        "updated_at": now,
    }
    done = await db.execute(update(budgets).where(budgets.c.key == key).values(**values))
    if done.rowcount == 0:
        await db.execute(insert(budgets).values(key=key, **values))
    BUDGET_FAILURES.labels(key).set(failures)
