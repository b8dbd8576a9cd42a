"""Tells people of alerts, by mail and by a signed webhook: what is new at once, the same trouble once in a window."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import orjson
from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine import leases
from app.engine.gateway import Gateway
from app.errors import RemoteError
from app.http import send
from app.logs import get_logger
from app.settings import Settings
from app.storage.tables import alerts, connections

log = get_logger(__name__)

MOST = 100
"""Alerts in one message."""
SECONDS = 20.0

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
}


def is_wanted(settings: Settings) -> bool:
    return bool(settings.alert_mail_to and settings.smtp_host) or settings.alert_webhook_url is not None


async def notify(gateway: Gateway, now: datetime) -> int:
    """Sends what is due in one message; returns how many alerts were told of. One worker at a time does this."""
    if not is_wanted(gateway.settings):
        return 0
    lease = await leases.acquire(gateway.database, "notify", SECONDS * 3)
    if lease is None:
        return 0
    try:
        async with gateway.database.read() as db:
            due = await _due(db, now - timedelta(minutes=gateway.settings.alert_window_minutes))
        if due and await _tell(gateway, due):
            async with gateway.database.begin() as db:
                await db.execute(update(alerts).where(alerts.c.id.in_([row.id for row in due])).values(sent_at=now))
            return len(due)
    finally:
        await leases.release(gateway.database, lease)
    return 0


async def _due(db: AsyncConnection, window_began: datetime) -> list[Row[Any]]:
    """Alerts nobody was told of, or that came again after a window has passed."""
    again = (alerts.c.last_at > alerts.c.sent_at) & (alerts.c.sent_at <= window_began)
    query = (
        select(alerts, alerts.c.count.label("times"), connections.c.name.label("connection"))
        .outerjoin(connections, connections.c.id == alerts.c.connection_id)
        .where(or_(alerts.c.sent_at.is_(None), again))
        .order_by(alerts.c.id)
        .limit(MOST)
    )
    return list(await db.execute(query))


async def _tell(gateway: Gateway, due: Sequence[Row[Any]]) -> bool:
    """Whether at least one way worked; what did not is logged and tried again with the next alerts."""
    told = False
    settings = gateway.settings
    if settings.alert_mail_to and settings.smtp_host:
        try:
            await asyncio.to_thread(_mail, settings, due)
            told = True
        except (OSError, smtplib.SMTPException) as error:
            log.warning("alert_mail_failed", error=type(error).__name__)
    if settings.alert_webhook_url:
        told = await _post(gateway, settings.alert_webhook_url, due) or told
    return told


def subject_of(due: Sequence[Row[Any]]) -> str:
    names = sorted({row.connection for row in due if row.connection})
    count = f"{len(due)} alerts" if len(due) > 1 else MEANING.get(due[0].kind, due[0].kind)
    return f"Gateway: {count}" + (f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})" if names else "")


def text_of(due: Sequence[Row[Any]]) -> str:
    """By kind and connection, each with how often. Holds record ids, no personal data."""
    lines: list[str] = []
    for kind in dict.fromkeys(row.kind for row in due):
        lines += [MEANING.get(kind, kind), ""]
        for row in due:
            if row.kind == kind:
                times = f" ({row.times} times)" if row.times > 1 else ""
                lines.append(f"- {row.connection or 'gateway'}, {row.subject}: {row.text}{times}")
        lines.append("")
    return "\n".join(lines)


def _mail(settings: Settings, due: Sequence[Row[Any]]) -> None:
    message = EmailMessage()
    message["Subject"] = subject_of(due)
    message["From"] = settings.smtp_from or settings.alert_mail_to[0]
    message["To"] = ", ".join(settings.alert_mail_to)
    message.set_content(text_of(due))
    assert settings.smtp_host is not None
    at_once = settings.smtp_tls and settings.smtp_port == 465
    connect = smtplib.SMTP_SSL if at_once else smtplib.SMTP
    with connect(settings.smtp_host, settings.smtp_port, timeout=SECONDS) as server:
        if settings.smtp_tls and not at_once:
            server.starttls()
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)


async def _post(gateway: Gateway, url: str, due: Sequence[Row[Any]]) -> bool:
    body = orjson.dumps({"alerts": [_plain(row) for row in due]})
    headers = {"Content-Type": "application/json"}
    secret = gateway.settings.alert_webhook_secret
    if secret is not None:
        digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).digest()
        headers["X-Gateway-Signature"] = base64.b64encode(digest).decode()
    request = gateway.http.build_request("POST", url, content=body, headers=headers)
    try:
        answer = await send(gateway.http, request, timeout=SECONDS, system="the alert webhook")
    except RemoteError as error:
        log.warning("alert_webhook_failed", error=type(error).__name__)
        return False
    if answer.status >= 300:
        log.warning("alert_webhook_failed", status=answer.status)
    return answer.status < 300


def _plain(row: Row[Any]) -> dict[str, Any]:
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
