"""The circuit breaker (`budgets` in settings and tables): rests a method after some failures in a row.

The WMS locks a method out after too many failures in a row, at a number that it does not publish. We stop before. A counter's
key names the account and the method: one user of one WMS across goods owners, or one account of an outside system. The counters
are in SQL, so that all workers share them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Process
from app.errors import LoginRefused, RateLimited, RemoteError
from app.flows.articles import GET_ARTICLES, PUT_ARTICLE
from app.flows.orders import CANCEL_ORDER, GET_ORDER, PUT_ORDER
from app.flows.purchases.orders import CANCEL_PURCHASE_ORDER, GET_PURCHASE_ORDER, PUT_PURCHASE_ORDER
from app.flows.returning.announced import ANNOUNCING
from app.flows.returns import REFUND, REFUNDS
from app.flows.shipments import ADD_NOTE, ADD_TRACKING, ORDER_STATE, SET_STATUS
from app.metrics import BUDGET_FAILURES
from app.records.connections import Connection
from app.settings import Settings
from app.storage.tables import budgets
from app.storage.upserts import insert_missing

ON_THE_WAY = (502, 503, 504)
"""Answers of a proxy in front of the WMS: the WMS itself has not seen the call."""
FROM_THE_EDGE = tuple(range(520, 525))
"""Answers of Cloudflare where it got none, or none in time, from the system behind it, which may still be at work."""

READ_RECORDS = "GET records"
"""Reads of an outside system's records by their ids, counted together: what makes one fail makes the others fail too."""
WRITE_STOCK = "POST shop stock"
REPORT_PICKED = "PATCH /orders/lines/reportedNumberOfItems"
REPORT_RETURNED = "PATCH /orders/lines/reportedReturnedNumberOfItems"
REPORT_RECEIVED = "PATCH /purchaseOrders/lines/reportedNumberOfItems"
CONFIRM_ADJUSTMENT = "PATCH /inventoryAdjustments/setReported"
"""It belongs to no job: a read of the stock makes it."""

ANY_CALL = "any call"
"""Counts calls without an answer, whatever they asked for (`account_circuit`)."""

CALLS: dict[Process, tuple[str, ...]] = {
    Process.ORDERS: (GET_ORDER, PUT_ORDER, CANCEL_ORDER),
    Process.PURCHASE_ORDERS: (GET_PURCHASE_ORDER, PUT_PURCHASE_ORDER, CANCEL_PURCHASE_ORDER),
    Process.ARTICLES: (PUT_ARTICLE, GET_ARTICLES),
    Process.SUPPLIERS: (),
    Process.ACKNOWLEDGEMENTS: (REPORT_PICKED, REPORT_RETURNED, REPORT_RECEIVED),
    Process.RETURN_ORDERS: ANNOUNCING,
    Process.SHIPMENTS: (ANY_CALL, ORDER_STATE, SET_STATUS, ADD_TRACKING, ADD_NOTE),
    Process.RETURNS: (ANY_CALL, ORDER_STATE, REFUNDS, REFUND),
    Process.NOTES: (ANY_CALL, ADD_NOTE),
    Process.IMPORT_STATUS: (ANY_CALL, ORDER_STATE, SET_STATUS),
}
"""The calls that each process needs. While one of these is blocked, the process's jobs wait."""
TO_SHOP = frozenset({Process.SHIPMENTS, Process.RETURNS, Process.NOTES, Process.IMPORT_STATUS})
OF_SHOPS = (ANY_CALL, READ_RECORDS, WRITE_STOCK, ORDER_STATE, SET_STATUS, ADD_TRACKING, ADD_NOTE, REFUNDS, REFUND)
"""Every call of an outside system that is counted."""
READS = "reads of the WMS"
"""Its lists, as polls read them. They are counted only when the WMS has locked the user out."""
OF_WAREHOUSES = (
    *(call for process, calls in CALLS.items() if process not in TO_SHOP for call in calls),
    CONFIRM_ADJUSTMENT,
    READS,
)
"""Every call of a WMS that is counted."""
LONGEST_ASKED_SECONDS = 3600.0
"""The longest pause that a system can ask for."""


@dataclass(frozen=True)
class Counter:
    """Failures in a row of one method, and how many pauses they have led to. Times in UTC."""

    key: str
    failures: int
    pauses: int
    blocked_until: datetime | None = None
    counted_at: datetime | None = None


# --- the counters ---------------------------------------------------------------------------------------------------------


def user_of(connection: Connection) -> str:
    """One user of one WMS, whoever gives it as theirs."""
    return f"{connection.warehouse.url}|{connection.warehouse.user}"


def of_warehouse(connection: Connection) -> str:
    """One user of one WMS. A connection whose login no test has proven is counted apart: it may name a user that is another's."""
    return user_of(connection) if connection.is_proven else f"{user_of(connection)}|{connection.id}"


def of_source(connection: Connection) -> str:
    """One account of the connection's outside system. A draft is counted apart: it may name an account that is not its own."""
    return connection.account.key if connection.is_in_use else f"{connection.account.key}|{connection.id}"


def key_for(counted: str, call: str) -> str:
    """`counted`: by `of_warehouse` or `of_source`."""
    return f"{counted}|{call}"[:300]


def keys_of(connection: Connection, process: Process) -> list[str]:
    """The counters of the calls that the process needs."""
    counted = of_source(connection) if process in TO_SHOP else of_warehouse(connection)
    return [key_for(counted, call) for call in CALLS[process]]


def all_keys(connections: Iterable[Connection], processes: Collection[Process] = tuple(CALLS)) -> dict[str, str]:
    """Every counter of these connections, with the call it counts. Most share one user, and so one counter per call."""
    return {
        key: call
        for connection in connections
        for process in processes
        for key, call in zip(keys_of(connection, process), CALLS[process], strict=True)
    }


def keys_of_shop(counted: str) -> list[str]:
    """Every counter of one account of an outside system. `counted`: by `of_source`."""
    return [key_for(counted, call) for call in OF_SHOPS]


@dataclass
class Counters:
    """What the worker of a lane knows of its counters, as of its last transaction. Those at zero are left out."""

    keys: tuple[str, ...]
    at: dict[str, Counter] = field(default_factory=dict)

    async def read(self, db: AsyncConnection, *, is_troubled: bool = True) -> None:
        """Reads them, unless they are all known to be at zero."""
        self.at = {}
        if is_troubled and self.keys:
            found = select(budgets).where(budgets.c.key.in_(self.keys))
            rows = await db.execute(found)
            self.at = {row.key: Counter(row.key, row.failures, row.pauses, row.blocked_until, row.updated_at) for row in rows}

    def blocked_until(self, key: str, now: datetime) -> datetime | None:
        until = self.at[key].blocked_until if key in self.at else None
        return until if until is not None and until > now else None

    def blocked(self, now: datetime) -> frozenset[str]:
        return frozenset(key for key in self.at if self.blocked_until(key, now))

    def has_just_failed(self, since: datetime) -> bool:
        """Whether the last call of any method failed at or after `since`."""
        return any(each.failures > 0 and each.counted_at is not None and each.counted_at >= since for each in self.at.values())

    def counts(self, key: str) -> bool:
        """Whether a success has something to set back to zero."""
        return key in self.at and bool(self.at[key].failures or self.at[key].pauses)


# --- counting -------------------------------------------------------------------------------------------------------------


async def blocked_until(db: AsyncConnection, keys: Sequence[str], now: datetime) -> datetime | None:
    """Until when at least one of these methods is blocked; None when none is."""
    found = await db.execute(select(budgets.c.blocked_until).where(budgets.c.key.in_(keys), budgets.c.blocked_until > now))
    moments = [row.blocked_until for row in found]
    return max(moments) if moments else None


@dataclass(frozen=True)
class Paused:
    """A method that is not called before `until` (UTC): how often it has failed in a row, and the last error's words."""

    key: str
    until: datetime
    failures: int
    error: str

    def said(self, call: str, noun: str) -> str:
        """`noun`: whose method it is, in people's words."""
        times = f"{self.failures} failed calls" if self.failures > 1 else "a failed call"
        return f"{call.replace(' shop ', f' {noun} ')} is paused until {self.until:%H:%M:%S} UTC after {times}: {self.error}"


async def all_paused(db: AsyncConnection, keys: Collection[str], now: datetime) -> list[Paused]:
    """Those of these methods that are paused now, the longest first."""
    query = select(budgets).where(budgets.c.key.in_(keys), budgets.c.blocked_until > now)
    rows = await db.execute(query.order_by(budgets.c.blocked_until.desc(), budgets.c.key))
    return [Paused(row.key, row.blocked_until, row.failures, row.last_error or "it failed") for row in rows]


@dataclass(frozen=True)
class Troubles:
    """What stands against calls: the methods that are paused now, longest first, and the keys of those that failed of late."""

    paused: tuple[Paused, ...]
    failed: frozenset[str]

    def pause_of(self, keys: Collection[str]) -> Paused | None:
        """Of these methods, the one that is paused for longest; None when none is."""
        return next((each for each in self.paused if each.key in keys), None)


async def troubles(db: AsyncConnection, keys: Collection[str], now: datetime, since: datetime) -> Troubles:
    """Of these methods, in one statement. `since`: what counts as of late."""
    blocked, failed = budgets.c.blocked_until > now, (budgets.c.failures > 0) & (budgets.c.updated_at >= since)
    query = select(budgets).where(budgets.c.key.in_(keys), blocked | failed)
    rows = list(await db.execute(query.order_by(budgets.c.blocked_until.desc(), budgets.c.key)))
    paused = [row for row in rows if row.blocked_until is not None and row.blocked_until > now]
    return Troubles(
        tuple(Paused(row.key, row.blocked_until, row.failures, row.last_error or "it failed") for row in paused),
        frozenset(row.key for row in rows if row.failures > 0 and row.updated_at >= since),
    )


async def longest_pause(db: AsyncConnection, keys: Collection[str], now: datetime) -> Paused | None:
    """Of these methods, the one that is paused for longest; None when none is."""
    return next(iter(await all_paused(db, keys, now)), None)


@dataclass(frozen=True)
class Standing:
    """How often a method has failed in a row, until when it is blocked (UTC), which may be over, and its last error."""

    failures: int = 0
    blocked_until: datetime | None = None
    last_error: str | None = None


async def standing(db: AsyncConnection, key: str) -> Standing:
    columns = (budgets.c.failures, budgets.c.blocked_until, budgets.c.last_error)
    row = (await db.execute(select(*columns).where(budgets.c.key == key))).first()
    return Standing(row.failures, row.blocked_until, row.last_error) if row else Standing()


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
        await block(db, key, lane, now + timedelta(seconds=min(seconds, LONGEST_ASKED_SECONDS)), error.message, now)
    else:
        return await failed(db, key, lane, error, now, settings)
    return None


# --- shops: they lock nobody out ------------------------------------------------------------------------------------------


def shop_pause(error: Exception, earlier: int, settings: Settings) -> timedelta:
    """How long a shop's method rests after its failure, with `earlier` pauses behind it: seconds that double, up to a cap.

    A shop that names a time itself is left alone for so long.
    """
    pause = min(settings.shop_pause_seconds * 2 ** min(earlier, 30), settings.shop_pause_cap_seconds)
    asked = error.retry_after if isinstance(error, RateLimited) else None
    if asked is not None and asked >= 0:
        pause = max(pause, min(asked, LONGEST_ASKED_SECONDS))
    return timedelta(seconds=pause)


async def shop_failed(
    db: AsyncConnection, key: str, lane: str, error: RemoteError, now: datetime, settings: Settings
) -> datetime | None:
    """Counts one failed call of a shop's method. Returns and blocks as `count_failure` does, with `shop_pause`."""
    counter = await _raised(db, key, now)
    at_once = isinstance(error, LoginRefused | RateLimited)
    until: datetime | None = None
    if at_once or counter.failures >= settings.budget_failures:
        until = now + shop_pause(error, counter.pauses, settings)
        counter = replace(counter, pauses=counter.pauses + 1)
    await _save(db, counter, lane, until, error.message, now)
    return None if at_once else until


async def end_pauses(db: AsyncConnection, counted: str) -> set[str]:
    """A shop's account has answered well: none of its methods is paused any longer. Returns the lanes whose calls were.

    Their counts stay until the method itself goes well: one that fails on is paused at once, and for longer.
    """
    keys = keys_of_shop(counted)
    done = update(budgets).where(budgets.c.key.in_(keys), budgets.c.blocked_until.is_not(None)).values(blocked_until=None)
    return {row.lane for row in await db.execute(done.returning(budgets.c.lane)) if row.lane}


# --- rows -----------------------------------------------------------------------------------------------------------------


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


async def _raised(db: AsyncConnection, key: str, now: datetime) -> Counter:
    """Returns the counter with this failure in it.

    Makes the row if it is missing, and locks it until the transaction ends: the lanes of several goods owners count in it.
    """
    await insert_missing(db, budgets, key=key, failures=0, pauses=0, updated_at=now)
    row = (await db.execute(select(budgets).where(budgets.c.key == key).with_for_update())).one()
    return Counter(key, row.failures + 1, row.pauses)


async def _save(db: AsyncConnection, counter: Counter, lane: str, until: datetime | None, error: str, now: datetime) -> None:
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
