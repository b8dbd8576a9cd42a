"""Alerts about connections: no orders where there should be some, polls that fail, carriers that the WMS does not list any
more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core.runtime import Gateway
from app.errors import RemoteError
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.carriers import carrier_choices
from app.logs import get_logger
from app.records import alerts
from app.records.alerts import Heard, closing
from app.records.connections import Connection
from app.storage.engine import Database
from app.warehouse.writes.transporters import transporter_problems

log = get_logger(__name__)

MOST_NAMED = 10
FAILING_FROM = 3
"""An alert is raised from so many failed polls in a row."""


async def look_for_silence(database: Database, of: Sequence[Connection], now: datetime) -> None:
    """Alerts once for each silence: no new order for `silent_hours`, on a connection that has been active as long.

    One statement for all connections, and no write while there is nothing to say.
    """
    listened = {each.id: each for each in of if _is_listened_to(each)}
    if not listened:
        return
    async with database.read() as db:
        heard = [each for each in await alerts.heard(db) if each.connection_id in listened]
    news = [found for each in heard if (found := _news(listened[each.connection_id], each, now)) is not None]
    if news:
        async with database.begin() as db:
            for connection_id, subject, text in news:
                await alerts.raise_alert(db, "silent", connection_id, subject, text, now)


def _is_listened_to(connection: Connection) -> bool:
    settings = connection.settings
    return settings.silent_hours is not None and settings.processes.orders and connection.activated_at is not None


def _news(connection: Connection, heard: Heard, now: datetime) -> tuple[str, str, str] | None:
    """The silence to tell of, if there is one: connection, subject and text."""
    hours = connection.settings.silent_hours
    assert hours is not None
    assert connection.activated_at is not None
    since = max(connection.activated_at, heard.newest or connection.activated_at)
    subject = f"since {since:%Y-%m-%d %H:%M}"
    if (now - since).total_seconds() < hours * 3600 or heard.silence == subject:
        return None
    return connection.id, subject, f"No new order {subject} UTC; look whether {_what_may_fail(connection)}"


def _what_may_fail(connection: Connection) -> str:
    noun = connection.system.noun
    if Capability.SEND_WEBHOOKS in connection.system.capabilities:
        return f"the {noun}'s checkout and its webhooks work"
    return f"the {noun} works and shows its orders to the gateway"


async def look_for_transporters(gateway: Gateway, connection: Connection) -> None:
    """Alerts about each setting whose carrier the WMS lists no longer. One call, where a setting names one; the next look follows
    if it fails."""
    choices = carrier_choices(connection.settings)
    try:
        contracts = await gateway.warehouse(connection).transporter_contracts() if choices else ()
    except RemoteError as error:
        log.warning("transporters_not_checked", connection=connection.name, error=type(error).__name__)
        return
    found = transporter_problems(choices, contracts)
    now = gateway.clock()
    async with gateway.database.begin() as db:
        for problem in found:
            text = f"{problem.field}: {problem.message}. Fix: {problem.fix}"
            await alerts.raise_alert(db, "transporter-gone", connection.id, problem.field, text, now)
        listed = [problem.field for problem in found]
        await closing.close_others(db, ("transporter-gone", connection.id), listed, "the warehouse lists it again", now)


async def poll_failed(
    db: AsyncConnection, connection: Connection, process: str, failures: int, error: str, now: datetime
) -> None:
    if failures == FAILING_FROM:
        text = f"{process}: {failures} polls have failed in a row; the last one: {error}"
        await alerts.raise_alert(db, "failing", connection.id, process, text, now)


async def records_wait(
    db: AsyncConnection, connection: Connection, process: str, polls: int, found: tuple[Sequence[str], str], now: datetime
) -> None:
    """Alerts when records have waited for FAILING_FROM polls in a row. `found`: their ids, and the last error's words."""
    ids, error = found
    if polls == FAILING_FROM:
        named = ", ".join(ids[:MOST_NAMED]) + (f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else "")
        text = f"{process}: what belongs beside {named} could not be read in {polls} polls in a row: {error}"
        await alerts.raise_alert(db, "failing", connection.id, f"{process} waiting", text, now)
