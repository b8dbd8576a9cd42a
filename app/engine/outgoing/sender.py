"""Sends the events of one connection, one after the other, under a lease of its own.

An address that does not answer keeps no other connection's events waiting. An event that its reader refuses lets those behind it
pass, and is tried again later by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.engine.outgoing import schedule, signing
from app.errors import BadInput, LeaseLost, RemoteError
from app.http import retry_after_seconds, send
from app.logs import get_logger
from app.metrics import OUTGOING_WEBHOOKS
from app.outgoing.addresses import check_address
from app.records import alerts
from app.records.connections import Connection, Status
from app.records.outgoing_webhooks import addresses, events
from app.records.outgoing_webhooks.addresses import OutgoingAddress
from app.records.outgoing_webhooks.events import Outcome, OutgoingEvent, OutgoingState

log = get_logger(__name__)

KIND = "outgoing-webhooks"
"""The kind of the alerts."""
ADDRESS, DEAD, NO_SECRET = "address", "dead", "no-secret"
"""Their subjects."""
CALL_SECONDS = 20.0
FAILING_FOR = timedelta(minutes=10)
"""After so long without one answer that is fine, an alert says so."""
UNSENDABLE = timedelta(minutes=5)
"""The pause when nothing can be sent at all: no secret, no key that opens it."""
MOST_WORDS = 300
"""Characters of an answer that are kept."""


@dataclass(frozen=True)
class _Next:
    """What is sent now, and with which secrets."""

    event: OutgoingEvent
    address: OutgoingAddress
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class _Tried:
    """One try. `error` is None when the event was taken. `pause`: as its reader asked for."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    pause: timedelta | None = None


def lease_key(connection_id: str) -> str:
    return f"outgoing:{connection_id}"


async def deliver(gateway: Gateway, connection_id: str) -> None:
    """Sends what is due, until nothing is, the address fails, or the slice of time ends: the sweeper wakes it up again."""
    connection = await gateway.connection_now(connection_id)
    if connection.status is not Status.ACTIVE:
        return
    seconds = max(gateway.settings.lease_seconds, CALL_SECONDS * leases.LEASE_PER_CALL)
    lease = await leases.acquire(gateway.database, lease_key(connection_id), seconds)
    if lease is None:
        return
    ends = time.monotonic() + gateway.settings.slice_seconds
    try:
        chosen = await _choose(gateway, connection, lease)
        while chosen is not None:
            tried = await _try(gateway, connection, chosen)
            goes_on = tried.error is None and not gateway.stopping and time.monotonic() < ends
            chosen = await _keep(gateway, connection, lease, chosen, tried, goes_on)
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
    finally:
        await leases.release(gateway.database, lease)


async def _choose(gateway: Gateway, connection: Connection, lease: Lease) -> _Next | None:
    async with gateway.database.begin() as db:
        await leases.renew(db, lease)
        return await _next(gateway, db, connection)


async def _next(gateway: Gateway, db: AsyncConnection, connection: Connection) -> _Next | None:
    now = gateway.clock()
    event = await events.next_due(db, connection.id, now)
    if event is None:
        return None
    known = await addresses.of(db, [connection.id])
    address = known.get(connection.id) or OutgoingAddress(connection.id, has_secret=False)
    if address.is_blocked(now):
        return None
    why, secrets = None, tuple[str, ...]()
    if connection.settings.outgoing_webhooks.url is None:
        why = "the connection gives no address any more"
    elif not address.has_secret:
        why = "no secret has been made: make one with POST /connections/{connection}/outgoing-webhooks/secret"
    else:
        try:
            secrets = await addresses.signing_secrets(db, gateway.vault, connection.id, now)
        except BadInput as error:
            why = error.message
    if why is None:
        return _Next(event, address, secrets)
    await _cannot(db, address, why.replace("{connection}", connection.name), now)
    return None


async def _cannot(db: AsyncConnection, address: OutgoingAddress, why: str, now: datetime) -> None:
    """Nothing can be sent."""
    await addresses.failed(db, address, why, now + UNSENDABLE, now)
    await alerts.raise_daily(db, KIND, address.connection_id, NO_SECRET, f"Events wait and cannot be sent: {why}", now)
    await _give_up(db, address, why, now)


async def _give_up(db: AsyncConnection, address: OutgoingAddress, why: str, now: datetime) -> int:
    """What has waited for all of its schedule, behind an address that has failed for as long. Returns how many.

    What has waited for a connection that was paused, or a gateway that was away, has its tries before it.
    """
    if address.failing_since is None or now - address.failing_since < schedule.LASTS:
        return 0
    return await events.give_up(db, address.connection_id, now - schedule.LASTS, why, now)


def body_of(event: OutgoingEvent) -> bytes:
    """What is sent: the event's type, when it happened, its connection, and its data. The same at every try."""
    connection = {"id": event.connection_id, "name": event.connection}
    timestamp = event.created_at.isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": event.type, "timestamp": timestamp, "connection": connection, "data": event.data or {}})


async def _try(gateway: Gateway, connection: Connection, chosen: _Next) -> _Tried:
    """One call. Never raises for what its reader does."""
    url = connection.settings.outgoing_webhooks.url
    assert url is not None
    began, at, body = time.monotonic(), gateway.clock(), body_of(chosen.event)

    def tried(status: int | None, error: str | None, pause: timedelta | None = None) -> _Tried:
        return _Tried(at, round((time.monotonic() - began) * 1000), status, error, pause)

    try:
        check_address(url, gateway.settings.reach, "settings.outgoing_webhooks.url")
        signed = signing.headers(chosen.secrets, chosen.event.message_id, at, body)
        request = gateway.http.build_request("POST", url, content=body, headers={"Content-Type": "application/json", **signed})
        answer = await send(gateway.http, request, timeout=CALL_SECONDS, system="the address for events")
    except (RemoteError, BadInput) as error:
        return tried(getattr(error, "status", None), error.message)
    if 200 <= answer.status < 300:
        return tried(answer.status, None)
    asked = retry_after_seconds(answer.headers, at)
    words = f"it answered {answer.status}: {answer.text(MOST_WORDS)}".rstrip(": ")
    return tried(answer.status, words, timedelta(seconds=asked) if asked is not None else None)


async def _keep(
    gateway: Gateway, connection: Connection, lease: Lease, chosen: _Next, tried: _Tried, goes_on: bool
) -> _Next | None:
    """Stores what came of a try, and chooses the next event in the same transaction. A lease that ran out stores nothing: then
    another process sends the event again, with the same id."""
    event, now = chosen.event, gateway.clock()
    async with gateway.database.begin() as db:
        await leases.renew(db, lease)
        if tried.error is None:
            await events.keep_outcome(db, event, Outcome(OutgoingState.SENT, tried.at, tried.status, None, tried.milliseconds))
            await addresses.answered(db, connection.id, now)
        else:
            await _keep_failure(db, connection, chosen, tried, now)
        following = await _next(gateway, db, connection) if goes_on else None
    OUTGOING_WEBHOOKS.labels(connection.name, event.type, "sent" if tried.error is None else "failed").inc()
    if tried.error is not None:
        log.warning("outgoing_webhook_failed", connection=connection.name, id=event.id, status=tried.status)
    return following


async def _keep_failure(db: AsyncConnection, connection: Connection, chosen: _Next, tried: _Tried, now: datetime) -> None:
    event, address, error = chosen.event, chosen.address, tried.error or ""
    due_at = schedule.next_try(event.tries + 1, max(event.asked_at, address.failing_since or now), now)
    state = OutgoingState.DEAD if due_at is None else OutgoingState.WAITING
    await events.keep_outcome(db, event, Outcome(state, tried.at, tried.status, error, tried.milliseconds, due_at))
    pause = max(schedule.address_pause(address.failures + 1), tried.pause or timedelta())
    await addresses.failed(db, address, error, now + pause, now)
    where = _shown(connection.settings.outgoing_webhooks.url or "")
    given_up = await _give_up(db, address, error, now)
    if due_at is None or given_up:
        text = f"Events for {where} were given up after {schedule.LASTS}: {error}. Replay them when the address works."
        await alerts.raise_alert(db, KIND, connection.id, DEAD, text, now)
    if address.failing_since is not None and now - address.failing_since >= FAILING_FOR:
        await alerts.raise_daily(db, KIND, connection.id, ADDRESS, f"{where} does not take events: {error}", now)


def _shown(url: str) -> str:
    """The rest of the address may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"
