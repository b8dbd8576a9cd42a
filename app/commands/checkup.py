"""What `gateway doctor` looks at: settings, secrets, database, queue, mail, clocks, addresses, and every connection's credentials
and webhooks."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock, utc_now
from app.engine.upkeep import mail, webhook_guard, webhook_state
from app.errors import BadInput, RemoteError
from app.http import open_client, send
from app.integrations.protocol.integration import Opened
from app.processes.valkey import EmbeddedValkeyMissing, ask, find_server, socket_path
from app.records import connections
from app.records.connections import Connection, Status
from app.settings import Settings
from app.storage import migrations
from app.storage.engine import Database
from app.storage.secrets import Vault, open_vault
from app.storage.tables import connections as connection_rows
from app.storage.types import db_now
from app.warehouse.rest.client import OngoingClient

CLOCK_WARN_SECONDS = 5.0
CLOCK_FAIL_SECONDS = 300.0
"""Shops refuse OAuth 1.0a signatures whose time is more than 15 minutes off; a third of that leaves room for drift."""

REMOTE_SECONDS = 20.0


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` says what to do when it is not ok."""

    check: str
    state: State
    finding: str
    fix: str = ""

    def row(self) -> dict[str, Any]:
        return asdict(self)


def _ok(check: str, finding: str) -> Finding:
    return Finding(check, State.OK, finding)


def _warn(check: str, finding: str, fix: str) -> Finding:
    return Finding(check, State.WARN, finding, fix)


def _fail(check: str, finding: str, fix: str) -> Finding:
    return Finding(check, State.FAIL, finding, fix)


async def examine(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Finding]:
    """Looks at everything; changes nothing. Never raises for what it finds wrong."""
    for finding in (*_settings(settings), *_public_url(settings)):
        yield finding
    async for finding in _queue(settings):
        yield finding
    yield await asyncio.to_thread(_alerts, settings)
    database = Database(settings.sqlalchemy_url)
    try:
        async for finding in _stored(settings, database, clock):
            yield finding
    finally:
        await database.close()


# --- settings -----------------------------------------------------------------------------------------------------------


def _settings(settings: Settings) -> Iterator[Finding]:
    found = settings.contradictions()
    for sentence in found:
        yield _fail("settings", "two settings contradict one another", sentence)
    if not found:
        yield _ok("settings", "no setting contradicts another")
    for name, meaning in (("allow_private_addresses", "private and loopback addresses"), ("allow_plain_http", "plain http")):
        if getattr(settings, name):
            yield _warn(
                "outgoing calls", f"connections may use {meaning}", f"unset GATEWAY_{name.upper()} unless a shop really needs it"
            )


def _public_url(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    fix = "set GATEWAY_PUBLIC_URL to the https address under which shops reach the gateway, without redirects on the way"
    if not url:
        yield _warn("public address", "it is not set: webhook addresses cannot be shown as shops need them", fix)
    elif urlsplit(url).scheme != "https":
        doubt = _warn if settings.allow_plain_http else _fail
        yield doubt("public address", f"{url} is not https: webhooks would travel in the open", fix)
    else:
        yield _ok("public address", url)


# --- the queue ------------------------------------------------------------------------------------------------------------


async def _queue(settings: Settings) -> AsyncIterator[Finding]:
    if settings.redis_url is None:
        yield _embedded(settings)
        return
    address = urlsplit(settings.redis_url)
    where = f"{address.hostname or address.path}"
    client = Redis.from_url(settings.redis_url, socket_connect_timeout=5, socket_timeout=5)
    try:
        facts = {**await client.info("persistence"), **await client.info("memory")}
    except (RedisError, OSError, ValueError) as error:
        yield _fail("queue", f"Redis at {where} cannot be reached: {type(error).__name__}", "check REDIS_URL, and that it runs")
        return
    finally:
        await client.aclose()
    yield _ok("queue", f"Redis at {where} answers")
    for finding in judge_redis(facts):
        yield finding


def judge_redis(facts: dict[str, Any]) -> Iterator[Finding]:
    """From what INFO says of persistence and memory. Losing the queue costs seconds, never work: hence warnings."""
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        yield _ok("queue memory", "it never throws anything away (noeviction)")
    else:
        yield _warn(
            "queue memory", f"it may throw wake-ups away when memory is short ({policy})", "set maxmemory-policy noeviction"
        )
    if facts.get("aof_enabled") in (1, "1"):
        yield _ok("queue persistence", "every write is logged to disk (AOF)")
    else:
        yield _warn(
            "queue persistence",
            "a restart empties it; what was due is found again within seconds",
            "set appendonly yes, or live with it",
        )


def _embedded(settings: Settings) -> Finding:
    if ask(socket_path(settings.data_directory.absolute()), "PING") == "+PONG":
        return _ok("queue", "the embedded Valkey of `gateway up` answers")
    try:
        server = find_server()
    except EmbeddedValkeyMissing as error:
        return _fail("queue", "REDIS_URL is not set, and there is no server to embed", str(error))
    return _warn(
        "queue",
        f"REDIS_URL is not set; `gateway up` starts one of its own ({server.name})",
        "set REDIS_URL when `serve` and `worker` run on their own",
    )


# --- alerts ---------------------------------------------------------------------------------------------------------------


def _alerts(settings: Settings) -> Finding:
    """Logs in at the mail server and sends nothing; `gateway alerts test` does."""
    if settings.alert_mail_to and not settings.smtp_host:
        return _fail("alerts", "GATEWAY_ALERT_MAIL_TO is set, and no mail server", "set GATEWAY_SMTP_HOST")
    if settings.smtp_host and not settings.alert_mail_to:
        return _warn("alerts", "a mail server is set, and nobody to mail to", "set GATEWAY_ALERT_MAIL_TO")
    if settings.alert_mail_to:
        try:
            with mail.mail_server(settings) as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            return _fail("alerts", mail.words_of(settings, error), "correct the GATEWAY_SMTP_ settings")
        return _ok("alerts", f"{settings.smtp_host} takes mail for {', '.join(settings.alert_mail_to)}")
    if settings.alert_webhook_url:
        return _ok("alerts", "they are posted to a webhook; try it with: gateway alerts test")
    fix = "set GATEWAY_ALERT_MAIL_TO with GATEWAY_SMTP_HOST, or GATEWAY_ALERT_WEBHOOK_URL"
    return _warn("alerts", "nobody is told of trouble; it is only listed by: gateway alerts", fix)


# --- what is stored ---------------------------------------------------------------------------------------------------------


async def _stored(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Finding]:
    try:
        async with database.read() as db:
            revision = await migrations.current(db)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        yield _fail("database", f"it cannot be reached: {reason}", "check DATABASE_URL, and that the database runs")
        return
    yield _ok("database", "SQLite in this machine's files" if settings.is_sqlite else "PostgreSQL answers")
    if revision is None or revision < migrations.REVISION:
        has = "it has no tables yet" if revision is None else f"it is at revision {revision}"
        yield _fail("migrations", f"{has}, this version needs {migrations.REVISION}", "run: gateway migrate")
        return
    yield _ok("migrations", f"the database is at revision {revision}")
    async with database.read() as db:
        yield _skew("database clock", (await db.scalar(select(db_now())) or clock()) - clock())
        names = [row.name for row in await db.execute(select(connection_rows.c.name).order_by(connection_rows.c.name))]
    if not names:
        yield _warn("connections", "there are none yet", "add one: gateway connections apply FILE")
        return
    vault = _vault(settings)
    if vault is None:
        yield _fail(
            "secrets",
            "the keys for stored secrets are missing or wrong",
            "set GATEWAY_SECRET_KEYS; make one with: gateway keys secret",
        )
        return
    async for finding in _all_credentials(settings, database, vault, names, clock):
        yield finding


def _vault(settings: Settings) -> Vault | None:
    try:
        return open_vault(settings)
    except BadInput:
        return None


def _skew(check: str, ahead: Any) -> Finding:
    """How far another clock is ahead of ours (a timedelta)."""
    seconds = ahead.total_seconds()
    words = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's clock"
    if abs(seconds) < CLOCK_WARN_SECONDS:
        return _ok(check, "it agrees with this machine's clock")
    doubt = _fail if abs(seconds) >= CLOCK_FAIL_SECONDS else _warn
    return doubt(check, f"it is {words}", "let both machines take their time from NTP")


# --- connections --------------------------------------------------------------------------------------------------------------


async def _all_credentials(
    settings: Settings, database: Database, vault: Vault, names: Sequence[str], clock: Clock
) -> AsyncIterator[Finding]:
    found: list[Connection] = []
    async with database.read() as db:
        for name in names:
            try:
                found.append(await connections.find(db, vault, name))
            except BadInput as error:
                yield _fail(f"{name}: secrets", error.message, error.fix or "")
            else:
                yield _ok(f"{name}: secrets", "they can be decrypted")
    for one in found:
        if one.status is Status.ACTIVE and one.system.webhooks is not None:
            async with database.read() as db:
                yield _webhooks(settings, one, await webhook_guard.state_of(db, one.id), clock())
    async with open_client(settings.reach) as http:
        for findings in await asyncio.gather(*(_connection(settings, one, http, clock) for one in found)):
            for finding in findings:
                yield finding


def _webhooks(settings: Settings, connection: Connection, seen: Any, now: datetime) -> Finding:
    """As the worker's guard has written it down; the shop is not asked."""
    check, look = f"{connection.name}: webhooks", f"gateway connections webhooks {connection.name} --check"
    lacks = webhook_state.missing(settings, connection)
    if lacks:
        return _warn(check, f"{lacks[0].text}; what changes is found by polls only", lacks[0].fix)
    if seen is None or seen.checked_at is None:
        return _warn(check, "nobody has looked at them yet", f"run a worker, or: {look}")
    if seen.state == "failed":
        return _fail(check, f"they could not be looked after: {seen.last_error}", f"correct it, then: {look}")
    late = timedelta(minutes=connection.settings.webhooks.check_minutes) * 3
    when = f"{seen.checked_at:%Y-%m-%d %H:%M} UTC"
    if now - seen.checked_at > late:
        return _warn(check, f"nobody has looked at them since {when}", f"run a worker, or: {look}")
    return _ok(check, f"in order at {when}, put right {seen.repairs} times so far")


async def _connection(settings: Settings, connection: Connection, http: httpx.AsyncClient, clock: Clock) -> list[Finding]:
    name = connection.name
    source = connection.system.open(Opened(connection.settings, connection.source, lambda *, own=False: http, clock))
    client = OngoingClient(connection.warehouse, http, clock, connection.settings.warehouse)
    shop, warehouse = await asyncio.gather(source.test(), client.test())
    found = [
        Finding(f"{name}: {where} {check.name}", State.OK if check.ok else State.FAIL, check.message, check.fix)
        for where, checks in (("shop", shop.checks), ("warehouse", warehouse))
        for check in checks
    ]
    seconds = connection.settings.warehouse.call_timeout_seconds
    if seconds >= settings.lease_seconds:
        found.append(
            _fail(
                f"{name}: time-outs",
                f"a call may take {seconds:g} s, a lease lasts {settings.lease_seconds:g} s: no write could start",
                "raise GATEWAY_LEASE_SECONDS, or lower settings.warehouse.call_timeout_seconds",
            )
        )
    for where, url in (("shop", connection.account.base_url), ("warehouse", connection.warehouse.url)):
        if url is not None:
            found += await _clock_of(f"{name}: {where} clock", url, http, clock)
    return found


async def _clock_of(check: str, url: str, http: httpx.AsyncClient, clock: Clock) -> list[Finding]:
    """By the Date of any answer, whatever its status. Nothing when there is none: the credentials' findings say why."""
    try:
        answer = await send(http, http.build_request("GET", url), timeout=REMOTE_SECONDS, system=check)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (RemoteError, KeyError, ValueError):
        return []
    return [_skew(check, _utc(theirs) - clock())]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
