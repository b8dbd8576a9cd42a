"""The circuit of an outside account: one that is plainly away rests, for every process and for whatever it is to be asked for.

Calls that cannot be made or get no answer in time are counted (`circuit`, under ANY_CALL). After some in a row, no call is made
until the pause is over. Then one goes first. Its answer ends the pause for all. A good answer to any call, a test's too, also
ends the pauses of the account's single methods, and wakes what waited for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app import json_answers
from app.clock import Clock
from app.domain import EventState, JobState
from app.engine.core import circuit
from app.errors import Malformed, Resting, Unavailable
from app.http import CallLimits, ListeningClient
from app.logs import get_logger
from app.records.connection_lanes import SHOP_LANE, shop_lane
from app.records.connections import Connection
from app.settings import Settings
from app.storage.engine import Database
from app.storage.tables import budgets, inbox, jobs
from app.storage.upserts import insert_missing
from app.ttl_cache import TtlCache

log = get_logger(__name__)

KNOWN_SECONDS = 2.0
"""How old may be what this process knows of an account that another process calls too."""
MOST_KNOWN = 10_000
XML = ("text/xml", "application/soap+xml")
"""How SOAP is answered. A page for people is neither."""


@dataclass(frozen=True)
class _Known:
    """The account's own count, and whether one of its methods is paused."""

    failures: int = 0
    blocked_until: datetime | None = None
    is_paused: bool = False


@dataclass
class AccountCircuits:
    """One process's view of the accounts' circuits, which are in SQL."""

    database: Database
    clock: Clock
    settings: Settings
    _known: TtlCache[str, _Known] = field(default_factory=lambda: TtlCache(KNOWN_SECONDS, MOST_KNOWN))

    async def admit(self, key: str, limits: CallLimits, call: str) -> bool:
        """Before a call. Returns whether it is the one that goes first after a pause. Raises Resting while the account rests."""
        try:
            known = self._known.get(key) or self._known.put(key, await self._read(key))
            if known.blocked_until is None:
                return False
            now = self.clock()
            over = now + timedelta(seconds=limits.seconds)
            if known.blocked_until <= now and await self._goes_first(key, known.blocked_until, over):
                return True
        except (SQLAlchemyError, OSError) as error:
            log.warning("circuit_not_read", account=key, error=type(error).__name__)
            return False
        rest = known.blocked_until if known.blocked_until > now else over
        message = f"{limits.system} has not answered lately, and is not called before {rest:%Y-%m-%d %H:%M:%S} UTC"
        raise Resting(message, system=limits.system, call=call, retry_after=(rest - now).total_seconds())

    async def _read(self, key: str) -> _Known:
        keys = circuit.keys_of_shop(_account(key))
        query = select(budgets.c.key, budgets.c.failures, budgets.c.blocked_until).where(budgets.c.key.in_(keys))
        async with self.database.read() as db:
            rows = {row.key: row for row in await db.execute(query)}
        own, is_paused = rows.get(key), any(row.blocked_until is not None for row in rows.values())
        return _Known(own.failures, own.blocked_until, is_paused) if own is not None else _Known(is_paused=is_paused)

    def forget(self, counted: str) -> None:
        """Called when this process has counted a failure of one of the account's methods (`circuit.of_source`)."""
        self._known.forget(circuit.key_for(counted, circuit.ANY_CALL))

    async def _goes_first(self, key: str, until: datetime, over: datetime) -> bool:
        """Whether this call is the one. The others wait until it must be over."""
        self._known.forget(key)
        async with self.database.begin() as db:
            mine = update(budgets).where(budgets.c.key == key, budgets.c.blocked_until == until).values(blocked_until=over)
            return bool((await db.execute(mine)).rowcount)

    async def answered(self, key: str, *, went_first: bool) -> None:
        """After an answer, whatever it says: the account is there."""
        known = self._known.get(key)
        if not went_first and (known is None or not known.failures):
            return
        self._known.forget(key)
        try:
            async with self.database.begin() as db:
                await circuit.succeeded(db, key, self.clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("circuit_not_saved", account=key, error=type(error).__name__)

    def is_paused(self, key: str) -> bool:
        """Whether a method of the account is known to be paused."""
        known = self._known.get(key)
        return known is not None and known.is_paused

    async def answered_well(self, counted: str, lane: str) -> None:
        """After a good answer to any call of the account: no method of it is paused any longer, and what waited is due now."""
        key = circuit.key_for(counted, circuit.ANY_CALL)
        self._known.forget(key)
        try:
            async with self.database.begin() as db:
                await circuit.succeeded(db, key, self.clock())
                paused = await circuit.end_pauses(db, counted)
            if not paused:
                return
            async with self.database.begin() as db:
                await _wake(db, sorted(paused | {lane}), self.clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("circuit_not_saved", account=key, error=type(error).__name__)
        else:
            log.info("pauses_ended", account=key, lanes=len(paused))

    async def unanswered(self, key: str, lane: str, error: Unavailable, *, went_first: bool) -> None:
        """After a call that could not be made, or had no answer in time. Calls that ran side by side open the circuit once."""
        self._known.forget(key)
        now = self.clock()
        try:
            async with self.database.begin() as db:
                if went_first or await _is_closed(db, key, now):
                    until = await circuit.shop_failed(db, key, lane, error, now, self.settings)
                    if until is not None:
                        log.warning("account_rests", account=key, until=until.isoformat(), error=error.message)
        except (SQLAlchemyError, OSError) as failure:
            log.warning("circuit_not_saved", account=key, error=type(failure).__name__)


def _account(key: str) -> str:
    return key.removesuffix(f"|{circuit.ANY_CALL}")


async def _wake(db: AsyncConnection, lanes: Sequence[str], now: datetime) -> None:
    """Makes due what waits for a method of the shops with these lanes: reports, and events that need a read.

    An event whose own read has failed before keeps its pause.
    """
    waits = select(jobs.c.id).where(
        jobs.c.lane.in_(lanes), jobs.c.state == JobState.PARKED, jobs.c.reason_code == "method-paused"
    )
    free = waits.order_by(jobs.c.id).with_for_update(key_share=True, skip_locked=True)
    await db.execute(update(jobs).where(jobs.c.id.in_(free)).values(due_at=now))
    shops = [lane.removeprefix(SHOP_LANE) for lane in lanes if lane.startswith(SHOP_LANE)]
    parked = select(inbox.c.id).where(inbox.c.connection_id.in_(shops), inbox.c.state == EventState.PARKED, inbox.c.tries == 0)
    events = parked.order_by(inbox.c.id).with_for_update(key_share=True, skip_locked=True)
    await db.execute(update(inbox).where(inbox.c.id.in_(events)).values(due_at=now))


async def _is_closed(db: AsyncConnection, key: str, now: datetime) -> bool:
    """Whether no failure has opened the circuit yet. Locks its row: what failed side by side is counted one after the other."""
    await insert_missing(db, budgets, key=key, failures=0, pauses=0, updated_at=now)
    until = await db.scalar(select(budgets.c.blocked_until).where(budgets.c.key == key).with_for_update(key_share=True))
    return until is None or until <= now


async def is_good(response: httpx.Response) -> bool:
    """Whether the system did what it was asked: a page for people and the words of a firewall are no such answer."""
    if response.is_success and response.headers.get("Content-Type", "").partition(";")[0].strip() in XML:
        return True
    try:
        await json_answers.read(response.content)
    except json_answers.NotJson:
        return False
    return response.is_success


class RestingClient(ListeningClient):
    """A client of one account that makes no call while the account rests."""

    circuits: AccountCircuits
    key: str
    counted: str
    lane: str

    def count_for(self, circuits: AccountCircuits, connection: Connection) -> None:
        """Called before the first call."""
        self.circuits = circuits
        self.key = circuit.key_for(circuit.of_source(connection), circuit.ANY_CALL)
        self.counted = circuit.of_source(connection)
        self.lane = shop_lane(connection.id)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        limits, call = CallLimits.of(request), f"{request.method} {request.url.path}"
        went_first = await self.circuits.admit(self.key, limits, call)
        try:
            response = await super().send(request, **options)
        except Unavailable as error:
            await self.circuits.unanswered(self.key, self.lane, error, went_first=went_first)
            raise
        except Malformed:
            await self.circuits.answered(self.key, went_first=went_first)
            raise
        is_paused = self.circuits.is_paused(self.key)  # `answered` may forget it
        await self.circuits.answered(self.key, went_first=went_first)
        if is_paused and await is_good(response):
            await self.circuits.answered_well(self.counted, self.lane)
        return response
