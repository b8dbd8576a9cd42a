"""Tells people of alerts, by mail and by a webhook: a new trouble at once, the same one once in a window, and its end."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson

from app.engine.core import leases
from app.engine.core.runtime import Gateway
from app.engine.upkeep.alerting import mail, over
from app.engine.upkeep.alerting.kinds import RULES, TEST
from app.engine.upkeep.alerting.message import BODIES, Item, Message, item_of
from app.errors import RemoteError
from app.http import send
from app.logs import get_logger
from app.records import alerts
from app.records.alerts import Alert, closing, sending
from app.settings import Settings

log = get_logger(__name__)

MOST = 100
"""The most alerts in one message. Of the rest, it says how many there are."""
PAUSE_SECONDS = 300.0
"""The pause after a message that could not be sent in any way."""
AT_A_TIME = 100
"""Open alerts of which one look asks whether they are over."""


def is_wanted(settings: Settings) -> bool:
    return bool(settings.alert_mail_to and settings.smtp_host) or settings.alert_webhook_url is not None


# --- the end of trouble ---------------------------------------------------------------------------------------------------


async def look(gateway: Gateway, after: int, now: datetime) -> int:
    """Closes alerts whose trouble is over, of the next open ones behind this id. Returns where to go on; 0: from the beginning.

    One statement while none is open.
    """
    async with gateway.database.read() as db:
        found = await alerts.open_ones(db, after, AT_A_TIME)
    await _close_over(gateway, found, now)
    return found[-1].id if len(found) == AT_A_TIME else 0


async def _close_over(gateway: Gateway, found: Sequence[Alert], now: datetime) -> set[int]:
    """Returns the ids of those that are closed now."""
    ended: dict[int, tuple[Alert, str]] = {}
    for start in range(0, len(found), AT_A_TIME):
        async with gateway.database.read() as db:
            ended |= await over.over(over.Look(gateway, db, now), found[start : start + AT_A_TIME], RULES)
    if ended:
        async with gateway.database.begin() as db:
            await closing.close_seen(db, ended, now)
        log.info("alerts_closed", count=len(ended), kinds=sorted({each.kind for each, _ in ended.values()}))
    return set(ended)


# --- telling --------------------------------------------------------------------------------------------------------------


async def notify(gateway: Gateway, now: datetime) -> int:
    """Sends the alerts that are due in one message. Returns how many. One worker at a time does this.

    Trouble that is over before anybody was told of it is closed, and left out: nobody has to do anything about it any more.
    """
    if not is_wanted(gateway.settings) or not any(await _due(gateway, now)):
        return 0
    lease = await leases.acquire(gateway.database, "notify", mail.SECONDS * 3)
    if lease is None:
        return 0
    raised, closed = await _due(gateway, now)  # another worker may have sent it since
    ended = await _close_over(gateway, raised, now)
    raised = [each for each in raised if each.id not in ended]
    told = [*raised, *closed]
    if told and not await _tell(gateway, await _message(gateway, raised, closed)):
        # No message got out. We let the lease run out, so that no sweep before then waits for a dead mail server again.
        async with gateway.database.begin() as db:
            await leases.renew(db, lease, at_least=PAUSE_SECONDS)
        return 0
    async with gateway.database.begin() as db:
        await sending.were_sent(db, raised, closed, now)
    await leases.release(gateway.database, lease)
    return len(told)


async def _due(gateway: Gateway, now: datetime) -> tuple[list[Alert], list[Alert]]:
    window_began = now - timedelta(minutes=gateway.settings.alert_window_minutes)
    async with gateway.database.read() as db:
        return await sending.due(db, window_began, now)


async def _message(gateway: Gateway, raised: Sequence[Alert], closed: Sequence[Alert]) -> Message:
    shown = raised[:MOST], closed[: MOST - len(raised[:MOST])]
    more = len(raised) + len(closed) - sum(map(len, shown))
    async with gateway.database.read() as db:
        about = await alerts.records_of(db, [*shown[0], *shown[1]])
    first, last = ([item_of(each, about.get(each.id), gateway.settings) for each in part] for part in shown)
    return Message(first, last, more)


@dataclass(frozen=True)
class Told:
    """How one way of sending went. `error` is None when it worked."""

    way: str
    to: str
    error: str | None


async def _tell(gateway: Gateway, message: Message) -> bool:
    """Returns whether at least one way worked. Failures are logged."""
    told = await tell(gateway, message)
    for one in told:
        if one.error is not None:
            log.warning("alert_not_sent", way=one.way, error=one.error)
    return any(one.error is None for one in told)


async def tell(gateway: Gateway, message: Message) -> list[Told]:
    """Sends one message in each way that is set up. Never raises when a way fails."""
    told, settings = [], gateway.settings
    if settings.alert_mail_to and settings.smtp_host:
        told.append(Told("mail", ", ".join(settings.alert_mail_to), await mail.error_within(settings, message)))
    if settings.alert_webhook_url:
        address = urlsplit(settings.alert_webhook_url)
        where = f"{address.scheme}://{address.hostname}"  # the rest of the address may hold a secret
        told.append(Told("webhook", where, await _post(gateway, settings.alert_webhook_url, message)))
    return told


async def send_test(gateway: Gateway) -> list[Told]:
    """Sends a test message, so that a wrong setting shows before there is trouble."""
    now = gateway.clock()
    return await tell(gateway, Message([Item(TEST, None, TEST, "A test: nothing is wrong", 1, now, now)]))


async def _post(gateway: Gateway, url: str, message: Message) -> str | None:
    """Sends the message to the webhook. Returns what went wrong; None when it arrived."""
    body = orjson.dumps(BODIES[gateway.settings.alert_webhook_format](message))
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
