"""What `gateway doctor` looks at: settings, secrets, database, queue, mail, clocks, addresses, and every connection's credentials
and webhooks."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock, utc_now
from app.commands.kit.findings import Finding, State, fail, ok, warn
from app.engine.core.sessions import SharedSessions
from app.engine.operations.lanes import paused_calls
from app.engine.operations.warehouse_test import guarded
from app.engine.upkeep import webhook_guard, webhook_state
from app.engine.upkeep.alerting import mail
from app.errors import BadInput, RemoteError
from app.http import GuardedTransport, ListeningClient, account_client, client_on, http_date, send
from app.integrations.kit.odd_answers import what_stands_around
from app.integrations.protocol.integration import Opened
from app.integrations.registry import deployment_variables
from app.processes import private_files
from app.processes.valkey import EmbeddedValkeyMissing, ask, find_server, socket_path
from app.records import connections
from app.records.connections import Connection, Status
from app.settings import Settings, given_variables, misspelt_variables
from app.storage import address, migrations
from app.storage.engine import Database
from app.storage.outages import explained, refuse_missing_file
from app.storage.secrets import Vault, open_vault
from app.storage.types import db_now
from app.warehouse.rest.client import OngoingClient

CLOCK_WARN_SECONDS = 5.0
CLOCK_FAIL_SECONDS = 300.0
"""Shops refuse OAuth 1.0a signatures whose time differs by more than 15 minutes. A third of that leaves room for drift."""

REMOTE_SECONDS = 20.0
MOST_NAMED = 5


async def examine(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Finding]:
    """Checks everything and changes nothing. Never raises for a fault that it finds."""
    for finding in (*_settings(settings), *_public_url(settings)):
        yield finding
    yield _data_directory(settings)
    yield await _own_api(settings)
    async for finding in _queue(settings):
        yield finding
    yield await asyncio.to_thread(_alerts, settings)
    try:
        refuse_missing_file(settings.sqlalchemy_url)
        database = Database(settings.sqlalchemy_url)
    except BadInput as error:
        yield fail("database", error.message, error.fix or "")
        return
    try:
        async for finding in _stored(settings, database, clock):
            yield finding
    finally:
        await database.close()


# --- settings -----------------------------------------------------------------------------------------------------------


def _settings(settings: Settings) -> Iterator[Finding]:
    found = settings.contradictions()
    for sentence in misspelt_variables(given_variables(), deployment_variables()):
        yield warn("settings", sentence, "docs/configuration.md lists every setting")
    if settings.secret_keys and _vault(settings) is None:
        yield fail("settings", "GATEWAY_SECRET_KEYS holds no Fernet key", "make one with: gateway keys secret")
    for sentence in found:
        yield fail("settings", "two settings contradict one another", sentence)
    if not found:
        yield ok("settings", "no setting contradicts another")
    for name, meaning in (("allow_private_addresses", "private and loopback addresses"), ("allow_plain_http", "plain http")):
        if getattr(settings, name):
            yield warn(
                "outgoing calls", f"connections may use {meaning}", f"unset GATEWAY_{name.upper()} unless a shop really needs it"
            )


def _public_url(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    fix = "set GATEWAY_PUBLIC_URL to the https address under which shops reach the gateway, without redirects on the way"
    if not url:
        yield warn("public address", "it is not set: webhook addresses cannot be shown as shops need them", fix)
    elif urlsplit(url).scheme != "https":
        doubt = warn if settings.allow_plain_http else fail
        yield doubt("public address", f"{url} is not https: webhooks would travel in the open", fix)
    else:
        yield ok("public address", url)
        if not settings.trusted_proxies:
            why = "the proxy before the gateway is taken for every caller: what one address may do, all may together"
            yield warn("callers' addresses", why, "set GATEWAY_TRUSTED_PROXIES to the addresses of your proxies")


async def _own_api(settings: Settings) -> Finding:
    """Whether the gateway of these settings answers on this machine."""
    check, url = "gateway", settings.own_address
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            said = (await http.get(f"{url}/")).json()
    except (httpx.HTTPError, ValueError):
        said = None
    if isinstance(said, dict) and said.get("name") == "gateway":
        return ok(check, f"version {said.get('version')} answers at {url}")
    what = "nobody answers" if said is None else "another program answers"
    return warn(check, f"{what} at {url}", "start it: gateway up; with another port, set GATEWAY_PORT here too")


def _data_directory(settings: Settings) -> Finding:
    """Keys, names and addresses lie there."""
    check, found = "data directory", private_files.open_to_others(settings)
    if not found:
        return ok(check, str(settings.data_directory.absolute()))
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    named = ", ".join(str(path) for path in found[:MOST_NAMED]) + more
    fix = f"chmod go= {' '.join(str(path) for path in found[:MOST_NAMED])}; `gateway up` does it at its start for what is its own"
    return warn(check, f"other users of this machine may use {named}", fix)


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
        yield fail("queue", f"Redis at {where} cannot be reached: {type(error).__name__}", "check REDIS_URL, and that it runs")
        return
    finally:
        await client.aclose()
    yield ok("queue", f"Redis at {where} answers")
    for finding in judge_redis(facts):
        yield finding


def judge_redis(facts: dict[str, Any]) -> Iterator[Finding]:
    """Judges what INFO says about persistence and memory. Losing the queue costs seconds and no orders, so these are warnings."""
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        yield ok("queue memory", "it never throws anything away (noeviction)")
    else:
        yield warn(
            "queue memory", f"it may throw wake-ups away when memory is short ({policy})", "set maxmemory-policy noeviction"
        )
    if facts.get("aof_enabled") in (1, "1"):
        yield ok("queue persistence", "every write is logged to disk (AOF)")
    else:
        yield warn(
            "queue persistence",
            "a restart empties it; what was due is found again within seconds",
            "set appendonly yes, or live with it",
        )


def _embedded(settings: Settings) -> Finding:
    if ask(socket_path(settings.data_directory.absolute()), "PING") == "+PONG":
        return ok("queue", "the embedded Valkey of `gateway up` answers")
    try:
        server = find_server()
    except EmbeddedValkeyMissing as error:
        return fail("queue", "REDIS_URL is not set, and there is no server to embed", str(error))
    return warn(
        "queue",
        f"REDIS_URL is not set; `gateway up` starts one of its own ({server.name})",
        "set REDIS_URL when `serve` and `worker` run on their own",
    )


# --- alerts ---------------------------------------------------------------------------------------------------------------


def _alerts(settings: Settings) -> Finding:
    """Logs in at the mail server and sends nothing; `gateway alerts test` does."""
    if settings.alert_mail_to and not settings.smtp_host:
        return fail("alerts", "GATEWAY_ALERT_MAIL_TO is set, and no mail server", "set GATEWAY_SMTP_HOST")
    if settings.smtp_host and not settings.alert_mail_to:
        return warn("alerts", "a mail server is set, and nobody to mail to", "set GATEWAY_ALERT_MAIL_TO")
    if settings.alert_mail_to:
        try:
            with mail.mail_server(settings) as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            return fail("alerts", mail.words_of(settings, error), "correct the GATEWAY_SMTP_ settings")
        return ok("alerts", f"{settings.smtp_host} takes mail for {', '.join(settings.alert_mail_to)}")
    if settings.alert_webhook_url:
        return ok("alerts", "they are posted to a webhook; try it with: gateway alerts test")
    fix = "set GATEWAY_ALERT_MAIL_TO with GATEWAY_SMTP_HOST, or GATEWAY_ALERT_WEBHOOK_URL"
    return warn("alerts", "nobody is told of trouble; it is only listed by: gateway alerts", fix)


# --- what is stored ---------------------------------------------------------------------------------------------------------


async def _newer(database: Database, revision: int) -> Finding:
    async with database.read() as db:
        oldest = await migrations.oldest(db)
    try:
        migrations.is_newer(str(revision), oldest)
    except BadInput as error:
        return fail("migrations", error.message, error.fix or "")
    return warn("migrations", f"the database was made by a newer gateway (revision {revision}), and this one can run on it", "")


async def _stored(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Finding]:
    try:
        async with database.read() as db:
            revision = await migrations.current(db)
    except (SQLAlchemyError, OSError) as error:
        trouble = explained(error, settings.sqlalchemy_url)
        yield fail("database", trouble.message, trouble.fix or "")
        return
    yield ok("database", f"{address.read(settings.sqlalchemy_url).words} answers")
    if revision is not None and revision > migrations.REVISION:
        yield await _newer(database, revision)
    if revision is None or revision < migrations.REVISION:
        has = "it has no tables yet" if revision is None else f"it is at revision {revision}"
        yield fail("migrations", f"{has}, this version needs {migrations.REVISION}", "run: gateway migrate")
        return
    if revision == migrations.REVISION:
        yield ok("migrations", f"the database is at revision {revision}")
    async with database.read() as db:
        yield _skew("database clock", (await db.scalar(select(db_now())) or clock()) - clock())
        names = await connections.names(db)
    if not names:
        yield warn("connections", "there are none yet", "add one: gateway connections apply FILE")
        return
    vault = _vault(settings)
    if vault is None:
        yield fail(
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
        return ok(check, "it agrees with this machine's clock")
    doubt = fail if abs(seconds) >= CLOCK_FAIL_SECONDS else warn
    return doubt(check, f"it is {words}", "let both machines take their time from NTP")


# --- connections --------------------------------------------------------------------------------------------------------------


async def _all_credentials(
    settings: Settings, database: Database, vault: Vault, names: Mapping[str, str], clock: Clock
) -> AsyncIterator[Finding]:
    async with database.read() as db:
        found, closed = await connections.opened_and_closed(db, vault)
    for connection_id, error in closed.items():
        yield fail(f"{names[connection_id]}: secrets", error.message, error.fix or "")
    for one in found:
        yield ok(f"{one.name}: secrets", "they can be decrypted")
        for words in one.adjusted:
            yield warn(f"{one.name}: settings", words, "look at it; it is saved so with the next change of the settings")
    for one in found:
        if one.status is Status.ACTIVE and one.system.webhooks is not None:
            async with database.read() as db:
                yield _webhooks(settings, one, await webhook_guard.state_of(db, one.id), clock())
    transport = GuardedTransport(settings.reach)
    async with client_on(transport):
        checks = (_connection(settings, database, one, account_client(transport, ListeningClient), clock) for one in found)
        for findings in await asyncio.gather(*checks):
            for finding in findings:
                yield finding


def _webhooks(settings: Settings, connection: Connection, seen: Any, now: datetime) -> Finding:
    """What the worker's webhook guard found last. The shop is not asked."""
    check, look = f"{connection.name}: webhooks", f"gateway connections webhooks {connection.name} --check"
    lacks = webhook_state.missing(settings, connection)
    if lacks:
        return warn(check, f"{lacks[0].text}; what changes is found by polls only", lacks[0].fix)
    if seen is None or seen.checked_at is None:
        return warn(check, "nobody has looked at them yet", f"run a worker, or: {look}")
    if seen.state == "failed":
        return fail(check, f"they could not be looked after: {seen.last_error}", f"correct it, then: {look}")
    for unheard in webhook_state.unproven(settings, connection, seen):
        return warn(check, f"{unheard.text}; what changes is found by polls only", unheard.fix)
    late = timedelta(minutes=connection.settings.webhooks.check_minutes) * 3
    when = f"{seen.checked_at:%Y-%m-%d %H:%M} UTC"
    if now - seen.checked_at > late:
        return warn(check, f"nobody has looked at them since {when}", f"run a worker, or: {look}")
    return ok(check, f"in order at {when}, put right {seen.repairs} times so far")


async def _connection(
    settings: Settings, database: Database, connection: Connection, http: ListeningClient, clock: Clock
) -> list[Finding]:
    name = connection.name
    junk: list[str] = []
    http.heard = junk.append
    system = connection.system
    sessions = SharedSessions(database, open_vault(settings), clock, connection.id, connection.source, system.title)
    opened = Opened(connection.settings, connection.source, lambda *, own=False: http, clock, sessions=sessions, token=sessions)
    source = system.open(opened)
    client = OngoingClient(connection.warehouse, http, clock, connection.settings.warehouse)
    shop, warehouse = await asyncio.gather(source.test(), guarded(database, settings, connection, client, clock))
    found = [
        Finding(f"{name}: {where} {check.name}", State.OK if check.ok else State.FAIL, check.message, check.fix)
        for where, checks in (("shop", shop.checks), ("warehouse", warehouse))
        for check in checks
    ]
    if junk:
        found.append(warn(f"{name}: shop answers", *what_stands_around(junk[0], connection.system.reference.php_messages)))
    async with database.read() as db:
        found += [warn(f"{name}: paused", each.words, each.fix) for each in await paused_calls(db, connection, clock())]
    seconds = connection.settings.warehouse.call_timeout_seconds
    if seconds >= settings.lease_seconds:
        found.append(
            fail(
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
    """Compares with the Date header of any answer. Without an answer there is no finding here: the check of the credentials says
    why."""
    try:
        answer = await send(http, http.build_request("GET", url), timeout=REMOTE_SECONDS, system=check)
    except RemoteError:
        return []
    theirs = http_date(answer.headers.get("Date"))
    return [_skew(check, theirs - clock())] if theirs else []
