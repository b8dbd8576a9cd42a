"""Tells people of alerts, by mail and by a signed webhook: what is new at once, the same trouble once in a window."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Row, or_, select, update

from app.engine.core import leases
from app.engine.core.runtime import Gateway
from app.errors import RemoteError
from app.http import send
from app.logs import get_logger
from app.settings import Settings
from app.storage.tables import alerts, connections

log = get_logger(__name__)

MOST = 100
"""Alerts in one message; of more it says how many there are."""
SECONDS = 20.0
PAUSE_SECONDS = 300.0
"""After a message that could be sent in no way."""

MEANING = {
    "held": "Records that wait for a person",
    "dead-letter": "Records that could not be transferred",
    "login-refused": "Credentials that are no longer accepted",
    "other-shop": "Another shop sends with this connection's secret",
    "brake": "A run that waits to be confirmed",
    "silent": "No orders where there should be",
    "failing": "A connection that cannot be read",
    "recovered": "Connections that work again",
    "webhooks": "Webhooks that had to be put right",
    "signatures": "More wrong signatures than usual",
    "not-stored": "Records that the gateway could not keep",
    "stock": "Quantities that a shop did not take",
    "test": "A test of the way to you",
}


def is_wanted(settings: Settings) -> bool:
    return bool(settings.alert_mail_to and settings.smtp_host) or settings.alert_webhook_url is not None


async def notify(gateway: Gateway, now: datetime) -> int:
    """Sends what is due in one message; returns how many alerts were told of. One worker at a time does this."""
    if not is_wanted(gateway.settings) or not (await _due(gateway, now)):
        return 0
    lease = await leases.acquire(gateway.database, "notify", SECONDS * 3)
    if lease is None:
        return 0
    due = await _due(gateway, now)  # another may have told of it since
    if due and not await _tell(gateway, due[:MOST], len(due[MOST:])):
        # Nobody could be told. The lease is left to run out, so that no sweep waits for a dead mail server again before.
        async with gateway.database.begin() as db:
            await leases.renew(db, lease, at_least=PAUSE_SECONDS)
        return 0
    async with gateway.database.begin() as db:
        ids = [row.id for row in due]
        for start in range(0, len(ids), MOST):
            await db.execute(update(alerts).where(alerts.c.id.in_(ids[start : start + MOST])).values(sent_at=now))
    await leases.release(gateway.database, lease)
    return len(due)


async def _due(gateway: Gateway, now: datetime) -> list[Row[Any]]:
    """Alerts nobody was told of, or that came again since; but of one kind of trouble of one connection only once in a window."""
    window_began = now - timedelta(minutes=gateway.settings.alert_window_minutes)
    other = alerts.alias()
    same = (other.c.kind == alerts.c.kind, other.c.connection_id.is_not_distinct_from(alerts.c.connection_id))
    told_of = select(other.c.id).where(*same, other.c.sent_at > window_began).exists()
    query = (
        select(alerts, alerts.c.count.label("times"), connections.c.name.label("connection"))
        .outerjoin(connections, connections.c.id == alerts.c.connection_id)
        .where(or_(alerts.c.sent_at.is_(None), alerts.c.last_at > alerts.c.sent_at), ~told_of)
        .order_by(alerts.c.id)
    )
    async with gateway.database.read() as db:
        return list(await db.execute(query))


@dataclass(frozen=True)
class Told:
    """How one way of telling went. `error` is None when it worked."""

    way: str
    to: str
    error: str | None


async def _tell(gateway: Gateway, due: Sequence[Alert], more: int) -> bool:
    """Whether at least one way worked; what did not is logged."""
    told = await tell(gateway, due, more)
    for one in told:
        if one.error is not None:
            log.warning("alert_not_sent", way=one.way, error=one.error)
    return any(one.error is None for one in told)


async def tell(gateway: Gateway, due: Sequence[Alert], more: int = 0) -> list[Told]:
    """Sends one message in each way that is set up; `more` are not in it. Never raises for what a way makes of it."""
    told, settings = [], gateway.settings
    if settings.alert_mail_to and settings.smtp_host:
        told.append(Told("mail", ", ".join(settings.alert_mail_to), await asyncio.to_thread(_mail_error, settings, due, more)))
    if settings.alert_webhook_url:
        address = urlsplit(settings.alert_webhook_url)
        where = f"{address.scheme}://{address.hostname}"  # what follows may hold a secret
        told.append(Told("webhook", where, await _post(gateway, settings.alert_webhook_url, due, more)))
    return told


async def send_test(gateway: Gateway) -> list[Told]:
    """A message like any other, so that what is wrong with a way shows before there is trouble."""
    now = gateway.clock()
    return await tell(gateway, [Sample("test", None, "test", "A test: nothing is wrong", 1, now, now)])


@dataclass(frozen=True)
class Sample:
    """An alert that was never raised."""

    kind: str
    connection: str | None
    subject: str
    text: str
    times: int
    first_at: datetime
    last_at: datetime


Alert = Row[Any] | Sample


def _mail_error(settings: Settings, due: Sequence[Alert], more: int) -> str | None:
    try:
        _mail(settings, due, more)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return mail_words(settings, error)
    return None


def mail_words(settings: Settings, error: Exception) -> str:
    """What went wrong with the mail server, in words."""
    server = f"{settings.smtp_host}:{settings.smtp_port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{server} does not accept GATEWAY_SMTP_USER and GATEWAY_SMTP_PASSWORD ({_said(error.smtp_error)})"
        case smtplib.SMTPRecipientsRefused():
            return f"{server} refuses every address of GATEWAY_ALERT_MAIL_TO"
        case smtplib.SMTPSenderRefused():
            return f"{server} refuses the sender {error.sender} (GATEWAY_SMTP_FROM): {_said(error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"{server} offers no STARTTLS, or no login: check GATEWAY_SMTP_PORT and GATEWAY_SMTP_TLS"
        case smtplib.SMTPResponseException():
            return f"{server} answered {error.smtp_code}: {_said(error.smtp_error)}"
        case _:
            return f"{server} cannot be reached: {str(error) or type(error).__name__}"


def _said(answer: bytes | str) -> str:
    return (answer.decode(errors="replace") if isinstance(answer, bytes) else answer)[:200]


def subject_of(due: Sequence[Alert]) -> str:
    names = sorted({row.connection for row in due if row.connection})
    count = f"{len(due)} alerts" if len(due) > 1 else MEANING.get(due[0].kind, due[0].kind)
    return f"Gateway: {count}" + (f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})" if names else "")


def text_of(due: Sequence[Alert], more: int = 0) -> str:
    """By kind and connection, each with how often. Holds record ids, no personal data."""
    lines: list[str] = []
    for kind in dict.fromkeys(row.kind for row in due):
        lines += [MEANING.get(kind, kind), ""]
        for row in due:
            if row.kind == kind:
                times = f" ({row.times} times)" if row.times > 1 else ""
                lines.append(f"- {row.connection or 'gateway'}, {row.subject}: {row.text}{times}")
        lines.append("")
    lines += [f"And {more} more; see: gateway alerts", ""] if more else []
    return "\n".join(lines)


def _mail(settings: Settings, due: Sequence[Alert], more: int) -> None:
    message = EmailMessage()
    message["Subject"] = subject_of(due)
    message["From"] = settings.smtp_from or settings.alert_mail_to[0]
    message["To"] = ", ".join(settings.alert_mail_to)
    message.set_content(text_of(due, more))
    with mail_server(settings) as server:
        server.send_message(message)


@contextlib.contextmanager
def mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Connected and logged in. Raises OSError and SMTPException; `mail_words` says them."""
    assert settings.smtp_host is not None
    with _connected(settings, settings.smtp_host) as server:
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        yield server


def _connected(settings: Settings, host: str) -> smtplib.SMTP:
    if settings.smtp_tls and settings.smtp_port == 465:
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=SECONDS, context=ssl.create_default_context())
    with contextlib.ExitStack() as stack:
        server = smtplib.SMTP(host, settings.smtp_port, timeout=SECONDS)
        stack.callback(server.close)
        if settings.smtp_tls:
            server.starttls(context=ssl.create_default_context())
        stack.pop_all()
    return server


async def _post(gateway: Gateway, url: str, due: Sequence[Alert], more: int) -> str | None:
    """What went wrong; None when it arrived."""
    body = orjson.dumps({"alerts": [_plain(row) for row in due], "more": more})
    headers = {"Content-Type": "application/json"}
    secret = gateway.settings.alert_webhook_secret
    if secret is not None:
        digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).digest()
        headers["X-Gateway-Signature"] = base64.b64encode(digest).decode()
    request = gateway.http.build_request("POST", url, content=body, headers=headers)
    try:
        answer = await send(gateway.http, request, timeout=SECONDS, system="the alert webhook")
    except RemoteError as error:
        return error.message
    return None if answer.status < 300 else f"it answered {answer.status}"


def _plain(row: Alert) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "meaning": MEANING.get(row.kind, row.kind),
        "connection": row.connection,
        "subject": row.subject,
        "text": row.text,
        "count": row.times,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
    }
