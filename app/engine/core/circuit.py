"""The circuit breaker (`budgets` in settings and tables): rests a method after some failures in a row.

The WMS locks a method out after too many failures in a row, at a number that it does not publish. We stop before. A counter's
key names the account and the method: one user of one WMS across goods owners, or one account of an outside system. The counters
are in SQL, so that all workers share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.errors import LoginRefused, RateLimited, RemoteError
from app.flows.articles import GET_ARTICLES, PUT_ARTICLE
from app.flows.orders import CANCEL_ORDER, GET_ORDER, PUT_ORDER
from app.flows.returns import REFUND, REFUNDS
from app.flows.shipments import ADD_NOTE, ADD_TRACKING, ORDER_STATE, SET_STATUS
from app.metrics import BUDGET_FAILURES
from app.records.connections import Connection
from app.settings import Settings
from app.storage.tables import budgets
from app.storage.upserts import insert_missing

ON_THE_WAY = (502, 503, 504)
"""Answers of a proxy in front of the WMS: the WMS itself has not seen the call."""

REPORT_PICKED = "PATCH /orders/lines/reportedNumberOfItems"
REPORT_RETURNED = "PATCH /orders/lines/reportedReturnedNumberOfItems"
REPORT_RECEIVED = "PATCH /purchaseOrders/lines/reportedNumberOfItems"

CALLS: dict[Process, tuple[str, ...]] = {
    Process.ORDERS: (GET_ORDER, PUT_ORDER, CANCEL_ORDER),
    Process.ARTICLES: (PUT_ARTICLE, GET_ARTICLES),
    Process.ACKNOWLEDGEMENTS: (REPORT_PICKED, REPORT_RETURNED, REPORT_RECEIVED),
    Process.SHIPMENTS: (ORDER_STATE, SET_STATUS, ADD_TRACKING, ADD_NOTE),
    Process.RETURNS: (ORDER_STATE, REFUNDS, REFUND),
    Process.NOTES: (ADD_NOTE,),
}
"""The calls that each process needs. While one of these is blocked, the process's jobs wait."""
TO_SHOP = frozenset({Process.SHIPMENTS, Process.RETURNS, Process.NOTES})


# --- the counters ---------------------------------------------------------------------------------------------------------


def of_warehouse(connection: Connection) -> str:
    """One user of one WMS."""
    return f"{connection.warehouse.url}|{connection.warehouse.user}"


def of_source(connection: Connection) -> str:
    """One account of the connection's outside system."""
    return connection.account.key


def key_for(counted: str, call: str) -> str:
    """`counted`: by `of_warehouse` or `of_source`."""
    return f"{counted}|{call}"[:300]


def keys_of(connection: Connection, process: Process) -> list[str]:
    """The counters of the calls that the process needs."""
    counted = of_source(connection) if process in TO_SHOP else of_warehouse(connection)
    return [key_for(counted, call) for call in CALLS[process]]


def all_keys(connections: Iterable[Connection]) -> dict[str, str]:
    """Every counter of these connections, with the call it counts. Most share one user, and so one counter per call."""
    return {
        key: call
        for connection in connections
        for process, calls in CALLS.items()
        for key, call in zip(keys_of(connection, process), calls, strict=True)
    }


# --- counting -------------------------------------------------------------------------------------------------------------


async def blocked_until(db: AsyncConnection, keys: Sequence[str], now: datetime) -> datetime | None:
    """Until when at least one of these methods is blocked; None when none is."""
    found = await db.execute(select(budgets.c.blocked_until).where(budgets.c.key.in_(keys), budgets.c.blocked_until > now))
    moments = [row.blocked_until for row in found]
    return max(moments) if moments else None


async def blocked(db: AsyncConnection, keys: Sequence[str], now: datetime) -> frozenset[str]:
    """Which of these methods are blocked now."""
    found = await db.scalars(select(budgets.c.key).where(budgets.c.key.in_(keys), budgets.c.blocked_until > now))
    return frozenset(found)


async def has_just_failed(db: AsyncConnection, keys: Sequence[str], since: datetime) -> bool:
    """Whether the last call of any of these methods failed at or after `since`. One more failure would then be two in a row."""
    query = select(budgets.c.key).where(budgets.c.key.in_(keys), budgets.c.failures > 0, budgets.c.updated_at >= since)
    return await db.scalar(query.limit(1)) is not None


async def succeeded(db: AsyncConnection, key: str, now: datetime) -> None:
    """A success sets the count back to zero."""
    done = await db.execute(
        update(budgets)
        .where(budgets.c.key == key, (budgets.c.failures > 0) | (budgets.c.pauses > 0))
        .values(failures=0, pauses=0, blocked_until=None, last_error=None, updated_at=now)
    )
    if done.rowcount:
        BUDGET_FAILURES.labels(key).set(0)


async def count_failure(
    db: AsyncConnection, key: str, lane: str, error: RemoteError, now: datetime, settings: Settings
) -> datetime | None:
    """Counts one failed call, once. A refused login and a 429 block at once; other failures block when there were too many.

    Returns until when the method is blocked if this failure opened its circuit.
    """
    if isinstance(error, LoginRefused):
        await block(db, key, lane, now + timedelta(seconds=settings.login_pause_seconds), error.message, now)
    elif isinstance(error, RateLimited):
        seconds = error.retry_after if error.retry_after is not None else settings.budget_pause_seconds
        await block(db, key, lane, now + timedelta(seconds=min(seconds, 3600)), error.message, now)
    else:
        return await failed(db, key, lane, error, now, settings)
    return None


async def failed(
    db: AsyncConnection, key: str, lane: str, error: RemoteError, now: datetime, settings: Settings
) -> datetime | None:
    """Counts a failure. Returns until when the method is blocked if this failure was one too many.

    Waiting does not reset the count: after a pause, a single failure is enough for the next, longer one. What the WMS itself
    answered also counts towards its lock-out. The pause then lasts until too few of those answers fall into one window.
    """
    counter = await _raised(db, key, now)
    until: datetime | None = None
    if counter.failures >= settings.budget_failures:
        seconds = min(settings.budget_pause_seconds * 2**counter.pauses, settings.retry_cap_seconds)
        if error.status is not None and error.status not in ON_THE_WAY:
            seconds = max(seconds, settings.refusal_pause_seconds)
        until, counter = now + timedelta(seconds=seconds), replace(counter, pauses=counter.pauses + 1)
    await _save(db, counter, lane, until, error.message, now)
    return until


async def block(db: AsyncConnection, key: str, lane: str, until: datetime, error: str, now: datetime) -> None:
    """Blocks the method at once: the WMS asked for it (429) or refuses the login."""
    await _save(db, await _raised(db, key, now), lane, until, error, now)


@dataclass(frozen=True)
class _Counter:
    """Failures in a row of one method, and how many pauses they have led to."""

    key: str
    failures: int
    pauses: int


async def _raised(db: AsyncConnection, key: str, now: datetime) -> _Counter:
    """Returns the counter with this failure in it.

    Makes the row if it is missing, and locks it until the transaction ends: the lanes of several goods owners count in it.
    """
    await insert_missing(db, budgets, key=key, failures=0, pauses=0, updated_at=now)
    row = (await db.execute(select(budgets).where(budgets.c.key == key).with_for_update())).one()
    return _Counter(key, row.failures + 1, row.pauses)


async def _save(db: AsyncConnection, counter: _Counter, lane: str, until: datetime | None, error: str, now: datetime) -> None:
    values = {
        "lane": lane,
        "failures": counter.failures,
        "pauses": counter.pauses,
        "blocked_until": until,
        "last_error": error[:500],
        "updated_at": now,
    }
    await db.execute(update(budgets).where(budgets.c.key == counter.key).values(**values))
    BUDGET_FAILURES.labels(counter.key).set(counter.failures)
