"""Tells people of alerts, by mail and by a signed webhook: a new trouble at once, the same one once in a window."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import or_, select, update

from app.engine.core import leases
from app.engine.core.runtime import Gateway
from app.engine.upkeep import mail
from app.engine.upkeep.mail import MEANING, Alert, Sample
from app.errors import RemoteError
from app.http import send
from app.logs import get_logger
from app.records import alerts as alert_records
from app.records.alerts import Alert as StoredAlert
from app.settings import Settings
from app.storage.tables import alerts

log = get_logger(__name__)

MOST = 100
"""The most alerts in one message. Of the rest, it says how many there are."""
PAUSE_SECONDS = 300.0
"""The pause after a message that could not be sent in any way."""


def is_wanted(settings: Settings) -> bool:
    return bool(settings.alert_mail_to and settings.smtp_host) or settings.alert_webhook_url is not None


async def notify(gateway: Gateway, now: datetime) -> int:
    """Sends the alerts that are due in one message. Returns how many. One worker at a time does this.

    A record that is no longer held or dead is left out: nobody has to do anything about it any more.
    """
    if not is_wanted(gateway.settings) or not (await _due(gateway, now)):
        return 0
    lease = await leases.acquire(gateway.database, "notify", mail.SECONDS * 3)
    if lease is None:
        return 0
    due = await _due(gateway, now)  # another worker may have sent it since
    open_ones = await _open_ones(gateway, due)
    if open_ones and not await _tell(gateway, open_ones[:MOST], len(open_ones[MOST:])):
        # No message got out. We let the lease run out, so that no sweep before then waits for a dead mail server again.
        async with gateway.database.begin() as db:
            await leases.renew(db, lease, at_least=PAUSE_SECONDS)
        return 0
    async with gateway.database.begin() as db:
        ids = [row.id for row in due]
        for start in range(0, len(ids), MOST):
            await db.execute(update(alerts).where(alerts.c.id.in_(ids[start : start + MOST])).values(sent_at=now))
    await leases.release(gateway.database, lease)
    return len(open_ones)


async def _due(gateway: Gateway, now: datetime) -> list[StoredAlert]:
    """Alerts that were never sent, or came again since. One kind of alert of one connection is sent only once per window."""
    window_began = now - timedelta(minutes=gateway.settings.alert_window_minutes)
    told_of = select(alerts.c.kind, alerts.c.connection_id).where(alerts.c.sent_at > window_began)
    untold = or_(alerts.c.sent_at.is_(None), alerts.c.last_at > alerts.c.sent_at)
    async with gateway.database.read() as db:
        told = {tuple(row) for row in await db.execute(told_of)}
        found = await db.execute(alert_records.listed().where(untold).order_by(alerts.c.id))
        return [alert_records.opened(row) for row in found if (row.kind, row.connection_id) not in told]


async def _open_ones(gateway: Gateway, due: Sequence[StoredAlert]) -> list[StoredAlert]:
    """Those that are not about a record that has been solved since."""
    async with gateway.database.read() as db:
        about: dict[int, alert_records.About] = {}
        for start in range(0, len(due), MOST):
            about |= await alert_records.records_of(db, due[start : start + MOST])
    return [row for row in due if row.id not in about or about[row.id].is_open]


@dataclass(frozen=True)
class Told:
    """How one way of sending went. `error` is None when it worked."""

    way: str
    to: str
    error: str | None


async def _tell(gateway: Gateway, due: Sequence[Alert], more: int) -> bool:
    """Returns whether at least one way worked. Failures are logged."""
    told = await tell(gateway, due, more)
    for one in told:
        if one.error is not None:
            log.warning("alert_not_sent", way=one.way, error=one.error)
    return any(one.error is None for one in told)


async def tell(gateway: Gateway, due: Sequence[Alert], more: int = 0) -> list[Told]:
    """Sends one message in each way that is set up. It says that `more` alerts are not in it. Never raises when a way fails."""
    told, settings = [], gateway.settings
    if settings.alert_mail_to and settings.smtp_host:
        told.append(Told("mail", ", ".join(settings.alert_mail_to), await mail.error_within(settings, due, more)))
    if settings.alert_webhook_url:
        address = urlsplit(settings.alert_webhook_url)
        where = f"{address.scheme}://{address.hostname}"  # the rest of the address may hold a secret
        told.append(Told("webhook", where, await _post(gateway, settings.alert_webhook_url, due, more)))
    return told


async def send_test(gateway: Gateway) -> list[Told]:
    """Sends a test message, so that a wrong setting shows before there is trouble."""
    now = gateway.clock()
    return await tell(gateway, [Sample("test", None, "test", "A test: nothing is wrong", 1, now, now)])


async def _post(gateway: Gateway, url: str, due: Sequence[Alert], more: int) -> str | None:
    """Sends the message to the webhook. Returns what went wrong; None when it arrived."""
    body = orjson.dumps({"alerts": [_plain(row) for row in due], "more": more})
    headers = {"Content-Type": "application/json"}
    secret = gateway.settings.alert_webhook_secret
    if secret is not None:
        digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).digest()
        headers["X-Gateway-Signature"] = base64.b64encode(digest).decode()
    request = gateway.http.build_request("POST", url, content=body, headers=headers)
    try:
        answer = await send(gateway.http, request, timeout=mail.SECONDS, system="the alert webhook")
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
